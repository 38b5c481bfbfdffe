"""The pictures and recordings that a questionnaire names, by language."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.texts import LanguageTag, Texts
from schemas.vocabulary import Frozen

FileName = Annotated[str, StringConstraints(pattern=r'^[^./\\:*?"<>|\s][^/\\:*?"<>|]{0,119}$')]
"""A file's own name, never a path. Which file is meant, the office decides before a wave opens."""


class Media(Frozen):
    """What is seen and heard beside words: a file's name for each language that has one."""

    image: dict[LanguageTag, FileName] = Field(default_factory=dict)
    audio: dict[LanguageTag, FileName] = Field(default_factory=dict)
    alt: Texts | None = None
    """What the picture shows, for those who do not see it."""
