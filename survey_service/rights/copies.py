"""A copy of all that is kept under a code: as JSON, and its answers as CSV.

Source: GDPR Art. 15(3) and 20(1): a commonly used, machine-readable format.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from schemas.questionnaire import Question
from schemas.response import Answers
from survey_service.releases.formats.table_csv import neutral
from survey_service.rights.kept import Kept
from survey_service.rights.reading import parts_of
from survey_service.surveys.derivations import item_names
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.waves import Wave

COLUMNS = ("survey", "question", "item", "text", "state", "value", "answer")


def copy_of(kept: Kept, wave: Wave | None, language: str) -> dict[str, Any]:
    """Return what is kept in one survey, ready to be written as JSON."""
    form = wave.form if wave is not None else None
    found: dict[str, Any] = {"survey": kept.slug, "title": kept.title.text(language)}
    if kept.draft is not None:
        found["unfinished_form"] = {
            "decisions": kept.draft.decisions,
            "language": kept.draft.language,
            "answers": _worded(form, kept.draft.answers, language),
            "contact": kept.draft.contact,
        }
    if kept.body is None and kept.consent is None:
        return found
    found["in_force"] = sorted(kept.in_force)
    found["restricted"] = kept.restricted
    sent: dict[str, Any] = {"consent": kept.record, "contact": kept.contact}
    if kept.cell is not None:
        sent["lost_code"] = {
            "two_officers_may_find_it": bool(kept.can_be_found),
            "handed_out_on": kept.cell.day,
        }
    if kept.body is not None:
        record = _worded(form, kept.body["record"], language)
        sent["answers"] = {**kept.body, "wave": kept.wave, "record": record}
    if kept.waiting is not None:
        found["submitted_and_waiting"] = sent
    else:
        found.update(sent)
    return found


def _asked(form: CompiledForm, question: Question, answers: Answers, language: str) -> str:
    return form.quotes.filled(question.text, answers, language).text(language)


def _worded(form: CompiledForm | None, answers: Answers, language: str) -> dict[str, Any]:
    words = _words(form, answers, language) if form is not None else {}
    worded = {}
    for name, answer in answers.items():
        question = form.question_of(name) if form is not None else None
        text = _asked(form, question, answers, language) if form and question else name
        said = {"words": words[name]} if words.get(name) else {}
        worded[name] = {
            "id": question.id if question is not None else name,
            "question": text,
            **answer,
            **said,
        }
    return worded


def _words(form: CompiledForm, answers: Answers, language: str) -> dict[str, list[str]]:
    if not all(name in answers for q in form.by_id.values() for name in item_names(q)):
        # An unfinished form holds what was said, question by question.
        return {
            qid: form.display(qid, answer, language)
            for qid, answer in answers.items()
            if qid in form.by_id
        }
    return {
        item.name: item.words
        for part in parts_of(form, answers, language)
        for line in part.lines
        for item in line.items
    }


def as_csv(copy: Mapping[str, Any]) -> bytes:
    """Return the answers of a copy as CSV: one line per stored item, each state by its name.

    What a spreadsheet would take for a formula has an apostrophe before it.
    Source: RFC 4180; OWASP, CSV Injection.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for survey in copy["surveys"]:
        for name, answer in _answers(survey).items():
            value = answer["value"]
            values = value if isinstance(value, list) else [] if value is None else [value]
            lines.writerow(
                [
                    neutral(str(cell))
                    for cell in (
                        survey["survey"],
                        answer["id"],
                        name,
                        answer["question"],
                        answer["state"],
                        ";".join(str(one) for one in values),
                        "; ".join(answer.get("words", ())),
                    )
                ]
            )
    # Spreadsheets read UTF-8 as such only behind a byte order mark.
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _answers(survey: Mapping[str, Any]) -> Mapping[str, Any]:
    sent = survey.get("submitted_and_waiting", survey)
    if "answers" in sent:
        found: Mapping[str, Any] = sent["answers"]["record"]
        return found
    unfinished: Mapping[str, Any] = survey.get("unfinished_form", {}).get("answers", {})
    return unfinished
