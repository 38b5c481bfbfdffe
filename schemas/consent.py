"""What is kept as proof of consent, and what the respondent gets as a receipt.

Source: GDPR Art. 7(1); ISO/IEC TS 27560 for the fields of a receipt.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.notice import PurposeId
from schemas.texts import LanguageTag
from schemas.vocabulary import Frozen

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Decision(Frozen):
    """Yes or no to one purpose."""

    purpose: PurposeId
    granted: bool


def _each_purpose_once(decisions: tuple[Decision, ...]) -> None:
    if len({decision.purpose for decision in decisions}) != len(decisions):
        raise ValueError("a purpose is decided twice")


class ConsentRecord(Frozen):
    """What the vault keeps: no answer, no survey variable, no time finer than the day."""

    survey: str
    notice_hash: Sha256
    decisions: Annotated[tuple[Decision, ...], Field(min_length=1)]
    day: date
    receipt_commitment: str | None = None

    @model_validator(mode="after")
    def _decides_once(self) -> Self:
        _each_purpose_once(self.decisions)
        return self

    @property
    def granted(self) -> frozenset[str]:
        """The purposes that were said yes to."""
        return frozenset(d.purpose.value for d in self.decisions if d.granted)


class Contact(Frozen):
    """How somebody wishes to be reached again. Kept in the vault, encrypted, and nowhere else."""

    name: Line | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^\+?[0-9 ()-]{5,24}$")] | None = None
    email: (
        Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
        | None
    ) = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.phone is None and self.email is None:
            raise ValueError("a contact needs a phone number or an e-mail address")
        return self


class ConsentReceipt(Frozen):
    """What the respondent takes home. The vault has only a commitment to the last three."""

    survey: str
    notice_id: str
    notice_version: int
    notice_hash: Sha256
    decisions: tuple[Decision, ...]
    day: date
    language: LanguageTag
    channel: Literal["web", "assisted", "paper"]
    helped: bool
