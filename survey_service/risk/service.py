"""The coordinator's look ahead, logged before it is shown."""

from __future__ import annotations

from functools import lru_cache

from schemas.audit import Act, ObjectType, Purpose
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.releases.codebook import Codebook, codebook
from survey_service.releases.protecting import policy_of
from survey_service.risk.even import Shares, even_shares
from survey_service.risk.preview import RiskPreview, risk_preview
from survey_service.risk.sample import Area
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.waves import Wave


@lru_cache(maxsize=8)
def _prepared(form: CompiledForm) -> tuple[Codebook, Shares]:
    """What a questionnaire offers for tables, and its even answers; forms never change."""
    book = codebook(form, load().hierarchies)
    return book, even_shares(form, book)


def preview_now(
    audit: AuditLog, wave: Wave, sample: tuple[Area, ...], person: Person | None = None
) -> tuple[Codebook, RiskPreview]:
    """Return what the wave's questionnaire could ever reveal under a plan; logged."""
    audit.append_now(
        AuditEntry(
            act=Act.RISK_PREVIEWED,
            object_type=ObjectType.WAVE,
            object_ref=wave.id,
            actor=person,
            purpose=Purpose.DISCLOSURE_CONTROL,
        )
    )
    book, shares = _prepared(wave.form)
    return book, risk_preview(book, shares, sample, policy_of(book))
