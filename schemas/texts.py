"""Words by language, and the rule for what is shown where a language has none."""

from __future__ import annotations

import re
from typing import Annotated, Final, NamedTuple

from pydantic import ConfigDict, Field, RootModel

FALLBACKS = ("lv", "en", "ru")
"""Asked in this order for a language that has no words of its own."""

QUOTE: Final = re.compile(r"\$\{\s*([A-Za-z_][\w.]*)\s*\}")
"""Words that quote an answer name its question: `How old is ${name}?`."""

LanguageTag = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
"""`lv`, `ru`, `en` for those that ISO 639-1 knows, `rom` for Romani."""


class Said(NamedTuple):
    """Words and the language they really are in, so that a fallback stays visible."""

    text: str
    language: str


class Texts(RootModel[dict[LanguageTag, Annotated[str, Field(min_length=1)]]]):
    """The same words by language tag; JSON `{"lv": "…", "ru": "…", "en": "…"}`."""

    model_config = ConfigDict(frozen=True)
    root: dict[LanguageTag, Annotated[str, Field(min_length=1)]] = Field(min_length=1)

    def said_in(self, language: str) -> Said:
        """The words in the language asked for, else in the first fallback that has any."""
        for tag in (language, *FALLBACKS):
            if tag in self.root:
                return Said(self.root[tag], tag)
        tag = next(iter(self.root))
        return Said(self.root[tag], tag)

    def text(self, language: str) -> str:
        """The words alone, whatever language they are in."""
        return self.said_in(language).text

    def missing(self, languages: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the languages for which nobody has written the words yet."""
        return tuple(language for language in languages if language not in self.root)


def quoted_in(*texts: Texts | None) -> frozenset[str]:
    """The names of all answers that the words quote, in any language."""
    return frozenset(
        name
        for found in texts
        if found is not None
        for text in found.root.values()
        if "${" in text
        for name in QUOTE.findall(text)
    )
