"""An answer and its state. Having no value has several reasons, and they never mix."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Self, TypedDict

from pydantic import StrictInt, StrictStr, model_validator

from schemas.vocabulary import Frozen


class State(StrEnum):
    """Whether there is a value, and if not, why not."""

    ANSWERED = "answered"
    REFUSED = "refused"
    DONT_KNOW = "dont_know"
    MISSING = "missing"
    NOT_ASKED = "not_asked"


PlainValue = str | int | list[str] | dict[str, int]
Value = StrictStr | StrictInt | list[StrictStr] | dict[str, StrictInt]


class AnswerDict(TypedDict):
    """An answer as drafts and the form carry it; `Answer` checks one that comes from outside."""

    state: str
    value: str | int | list[str] | dict[str, int] | None


class Answer(Frozen):
    """A state, and a value exactly where the state is "answered"."""

    state: State
    value: Value | None = None

    @model_validator(mode="after")
    def _has_a_value_where_answered(self) -> Self:
        if (self.state is State.ANSWERED) != (self.value is not None):
            raise ValueError("an answer has a value exactly where its state says so")
        return self

    def as_dict(self) -> AnswerDict:
        """The plain form, as drafts carry it."""
        return {"state": self.state.value, "value": self.value}


Answers = Mapping[str, AnswerDict]
"""Answers by the id of their question."""


class SettledResponse(Frozen):
    """One respondent's stored variables, with the purposes in force and nothing that names him."""

    wave: str
    questionnaire: str
    questionnaire_version: int
    purposes: tuple[str, ...]
    answers: dict[str, Answer]
