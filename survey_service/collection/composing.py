"""What is made of a draft when it is sent: two sealed parts, and a copy for the respondent."""

from __future__ import annotations

from datetime import date

from schemas.consent import Circumstances
from survey_service.collection.code import Code, CodeKeys
from survey_service.collection.drafts import Draft
from survey_service.collection.submission import Submission
from survey_service.consent.lost_codes import agreed_cell, declined_cell
from survey_service.consent.service import receipt_commitment
from survey_service.escrow.sealing import sealed_code
from survey_service.stores.canonical import plainly_canonical
from survey_service.surveys.waves import Wave

# What the answers are kept with. `contact` is no business of the answers' store.
ANSWER_PURPOSES = ("participation", "ethnic_health", "research_reuse")


def escrow_cell(wave: Wave, code: Code, keys: CodeKeys, draft: Draft) -> bytes | None:
    """What finds the code again, and the same of who did not want that; None without escrow."""
    if wave.notice.escrow is None:
        return None
    yes = draft.escrow not in ("", "no")
    officers = wave.notice.escrow.keys
    sealed = sealed_code(wave.survey, wave.id, officers, code.symbols if yes else None)
    if not yes:
        return declined_cell(sealed).octets
    cell = agreed_cell(keys.receipt_salt, bytes.fromhex(draft.escrow), sealed)
    return cell.octets


def composed(wave: Wave, keys: CodeKeys, draft: Draft, day: date, cell: bytes | None) -> Submission:
    """Return what a draft says, in the form in which it is sealed; precise raw values end here.

    `day` is when it is sent, `cell` what `escrow_cell` returns.
    """
    contact = plainly_canonical(draft.contact if "contact" in draft.purposes else None)
    return Submission(wave.id, _answers(wave, draft), _consent(keys, draft, day), contact, cell)


def _answers(wave: Wave, draft: Draft) -> bytes:
    purposes = draft.purposes
    record = wave.form.settle_record(
        draft.answers,
        purposes,
        interview_language=draft.language,
        assisted=None if draft.assisted is None else True,
    )
    return plainly_canonical(
        {
            "purposes": [p for p in ANSWER_PURPOSES if p in purposes],
            "questionnaire": wave.form.questionnaire.id,
            "record": record,
            "version": wave.form.questionnaire.version,
        }
    )


def _consent(keys: CodeKeys, draft: Draft, day: date) -> bytes:
    helped = {} if draft.assisted is None else {**draft.assisted, "channel": "assisted"}
    said = Circumstances.model_validate(
        {"language": draft.language, **draft.circumstances, **helped}
    )
    return plainly_canonical(
        {
            "day": day.isoformat(),
            "decisions": draft.decisions,
            "notice": draft.notice,
            "receipt": receipt_commitment(keys.receipt_salt, said),
        }
    )
