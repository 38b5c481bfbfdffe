"""What is kept as proof of consent, and what the respondent gets as a receipt.

Source: GDPR Art. 7(1); ISO/IEC TS 27560 for the fields of a receipt.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from schemas.notice import PurposeId
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


InterviewLanguage = Literal["lv", "ru", "en", "rom"]
Channel = Literal["web", "assisted", "paper"]
YesNo = Literal["yes", "no"]
ReadBy = Literal["self", "mediator", "companion", "interpreter", "other"]
"""Who read the notice and the decisions out, as a role; "self" read them himself."""


class Circumstances(Frozen):
    """How a consent was given. The vault keeps a salted commitment to this and nothing else.

    Every field is a closed list: what was committed is found again by trying all there are.
    """

    language: InterviewLanguage
    channel: Channel = "web"
    helped: YesNo = "no"
    read_by: ReadBy = "self"
    interpreter: YesNo = "no"
    parental: YesNo = "no"
    """Whether a parent agreed too. As a plain fact it would tell an age, which answers hold."""

    @classmethod
    def all(cls) -> Iterator[Self]:
        """Return everything that can have been committed to (a few hundred)."""
        names = list(cls.model_fields)
        for values in product(*(get_args(cls.model_fields[name].annotation) for name in names)):
            yield cls.model_validate(dict(zip(names, values, strict=True)))


class ConsentReceipt(Frozen):
    """What the respondent takes home; of its circumstances the vault has only a commitment."""

    id: str
    subject: str
    """A pseudonym: like `id` it follows from the code and is kept nowhere."""
    survey: str
    notice_id: str
    notice_version: int
    notice_hash: Sha256
    decisions: tuple[Decision, ...]
    withdrawn: tuple[PurposeId, ...] = ()
    """Taken back since; the decision stands beside it, for it was one."""
    day: date
    circumstances: Circumstances | None
    """None where the record's commitment fits none of the closed list."""
