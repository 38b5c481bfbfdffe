"""What a person is told before deciding, as versioned data with a hash that proofs can name."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
    model_validator,
)

from schemas.canonical import digest
from schemas.escrow import Escrow
from schemas.texts import FALLBACKS, LanguageTag, Said, Texts
from schemas.vocabulary import Frozen

SHORT_SENTENCES = 8
MINIMUM_AGE = 16
"""From here on people decide for themselves, unless a notice says otherwise.

Source: GDPR Art. 8(1). Latvia's own rule for information-society services is 13 (Personal Data
Processing Law, section 33); a survey on special categories asks more of itself.
"""
OLDEST_MINIMUM = 21
PARENT_SENTENCES = 8
PARENT_WORDS = 12
"""Most words of a sentence that a parent reads before deciding."""


class PurposeId(StrEnum):
    """The purposes a person decides about, each for itself."""

    PARTICIPATION = "participation"
    ETHNIC_HEALTH = "ethnic_health"
    RESEARCH_REUSE = "research_reuse"
    CONTACT = "contact"


class LawfulBasis(StrEnum):
    """Source: GDPR Art. 6(1). Consent and public task are different: a survey has one."""

    CONSENT = "6(1)(a)"
    PUBLIC_TASK = "6(1)(e)"


class Article9Condition(StrEnum):
    """Source: GDPR Art. 9(2)."""

    EXPLICIT_CONSENT = "9(2)(a)"
    RESEARCH = "9(2)(j)"


class Purpose(Frozen):
    """One thing the data are wanted for, and the question that asks for a yes or no."""

    id: PurposeId
    lawful_basis: LawfulBasis
    condition: Article9Condition | None = None
    mandatory: bool = False
    """Whether no one can take part without it."""
    title: Texts
    question: Texts
    categories: Texts
    retention: Texts
    retention_months: Annotated[int, Field(ge=1)]
    recipients: Texts


class Controller(Frozen):
    """Who answers for the processing, and how to reach them and their data protection officer."""

    name: Texts
    contact: Annotated[str, StringConstraints(min_length=3)]
    dpo_contact: Annotated[str, StringConstraints(min_length=3)]


class ParentalPath(Frozen):
    """That younger people may take part where a parent agrees too, and what a parent is told."""

    from_age: Annotated[int, Field(ge=1, le=OLDEST_MINIMUM - 1)]
    """The youngest who may; whoever is younger cannot take part at all."""
    short: Annotated[tuple[Texts, ...], Field(min_length=1, max_length=PARENT_SENTENCES)]

    @model_validator(mode="after")
    def _is_short(self) -> Self:
        for sentence in self.short:
            for words in sentence.root.values():
                if len(words.split()) > PARENT_WORDS:
                    raise ValueError(f"a sentence has more than {PARENT_WORDS} words")
        return self


class Notice(Frozen):
    """One version of the notice in all its languages; changing one letter changes its hash."""

    id: str
    version: Annotated[int, Field(ge=1)]
    valid_from: date
    languages: tuple[LanguageTag, ...]
    controller: Controller
    short: Annotated[
        tuple[Texts, ...], Field(min_length=SHORT_SENTENCES, max_length=SHORT_SENTENCES)
    ]
    full: dict[LanguageTag, str]
    """The whole notice as Markdown."""
    purposes: tuple[Purpose, ...]
    minimum_age: Annotated[int, Field(ge=1, le=OLDEST_MINIMUM)] = MINIMUM_AGE
    """From this age on people decide for themselves."""
    parental: ParentalPath | None = None
    escrow: Escrow | None = None
    """Who can find a lost code; None: nobody can."""

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what a notice does not use: those of before keep the hash people were told."""
        data: dict[str, Any] = write(self)
        if self.minimum_age == MINIMUM_AGE:
            data.pop("minimum_age", None)
        if self.parental is None:
            data.pop("parental", None)
        if self.escrow is None:
            data.pop("escrow", None)
        return data

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        ids = [purpose.id for purpose in self.purposes]
        if len(set(ids)) != len(ids):
            raise ValueError("a purpose stands twice")
        if PurposeId.PARTICIPATION not in ids:
            raise ValueError("a notice needs the purpose of taking part")
        if not self.full:
            raise ValueError("a notice needs its full text in some language")
        if self.parental is not None and self.parental.from_age >= self.minimum_age:
            raise ValueError("with a parent people may take part below the minimum age only")
        return self

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON of everything a person could have read."""
        return digest(self)

    def purpose(self, purpose_id: str) -> Purpose:
        """The purpose of that name.

        Raises:
            KeyError: this notice does not ask for it.
        """
        for purpose in self.purposes:
            if purpose.id == purpose_id:
                return purpose
        raise KeyError(purpose_id)

    def full_in(self, language: str) -> Said:
        """The whole notice in that language, else in the first fallback that has it."""
        for tag in (language, *FALLBACKS, *self.full):
            if tag in self.full:
                return Said(self.full[tag], tag)
        raise KeyError(language)
