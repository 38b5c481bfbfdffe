"""Texts in four languages, from .po catalogues read at start.

A catalogue is a folder of .po files, one per room, so that each room's words stand together;
they are merged when read. Romani falls back to Latvian, visibly (see `romani_falls_back`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALES = Path(__file__).parent / "locale"

# In their own language, as people look for them.
LANGUAGES: Mapping[str, str] = {
    "lv": "Latviešu",
    "ru": "Русский",
    "en": "English",
    "rom": "Romani",
}
DEFAULT_LANGUAGE = "lv"
SOURCE_LANGUAGE = "en"
ROMANI = "rom"

# CLDR knows no Romani: numbers and dates follow Latvian, as the texts do.
FORMATS: Mapping[str, Locale] = {
    language: Locale.parse({"en": "en_GB", ROMANI: DEFAULT_LANGUAGE}.get(language, language))
    for language in LANGUAGES
}

Translate = Callable[..., str]


@dataclass(frozen=True)
class Texts:
    """All texts of one language: single ones by msgid, plural ones as lists of forms."""

    language: str
    single: Mapping[str, str]
    plural: Mapping[str, tuple[str, ...]]

    def gettext(self, message: str) -> str:
        """The text in this language, or the source text where it has none."""
        return self.single.get(message) or message

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The form of the text that goes with the number."""
        forms = self.plural.get(one)
        if not forms:
            return one if number == 1 else many
        return forms[plural_form(self.language, number)] or many


PLURALS: Mapping[str, tuple[str, ...]] = {
    "lv": ("one", "other", "zero"),
    ROMANI: ("one", "other", "zero"),
    "ru": ("one", "few", "many"),
    "en": ("one", "other"),
}
"""The forms in the order of the catalogues. Latvian counts 10, 11 to 19, 20, 30 as "zero"."""


def plural_form(language: str, number: int) -> int:
    """Which plural form goes with a whole number. Source: Unicode CLDR, plural rules."""
    return PLURALS[language].index(str(FORMATS[language].plural_form(number)))


def read_catalogue(language: str) -> list[Catalog]:
    """The .po files of one language, in order of name."""
    catalogues = []
    for path in sorted((LOCALES / language).glob("*.po")):
        with path.open("rb") as lines:
            catalogues.append(read_po(lines, abort_invalid=True))
    return catalogues


@cache
def texts(language: str) -> Texts:
    """The texts of a language; Romani ones over Latvian ones."""
    fallback = texts(DEFAULT_LANGUAGE) if language == ROMANI else None
    single = dict(fallback.single) if fallback else {}
    plural = dict(fallback.plural) if fallback else {}
    for catalogue in read_catalogue(language):
        for message in catalogue:
            if not message.id or message.fuzzy or not message.string:
                continue
            if isinstance(message.id, str):
                single[message.id] = str(message.string)
            elif all(message.string):
                plural[message.id[0]] = tuple(message.string)
    return Texts(language, single, plural)


@cache
def romani_falls_back() -> bool:
    """Whether no native speaker has translated anything yet: pages then say so."""
    return not any(
        message.id and message.string
        for catalogue in read_catalogue(ROMANI)
        for message in catalogue
    )


def written_language(language: str) -> str:
    """The language a page is really written in: what `lang` must say (WCAG 3.1.1)."""
    return DEFAULT_LANGUAGE if language == ROMANI and romani_falls_back() else language


@cache
def translator(language: str) -> Translate:
    """A function that translates a source text and fills its `%(name)s` places, if given any."""
    look_up = texts(language).gettext

    def translate(message: str, /, **values: object) -> str:
        text = look_up(message)
        return text % values if values else text

    return translate


def say_day(day: date | datetime | str, language: str) -> str:
    """A date as people of that language write it; text is read as ISO 8601."""
    if isinstance(day, str):
        day = datetime.fromisoformat(day)
    return format_date(day, format="long", locale=FORMATS[language])


def say_number(number: float, language: str) -> str:
    """A number with the digit groups and decimal sign of that language."""
    return format_decimal(number, locale=FORMATS[language])
