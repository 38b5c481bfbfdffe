"""Headings and what they mean: names in every spelling in use, and languages.

One module, most of it the tables of names.
Source: XLSForm reference (xlsform.org), and the older spellings that pyxform still takes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale

from survey_service.surveys.xlsform.findings import Findings, Place
from survey_service.surveys.xlsform.sheets import Sheet, column_name

TRANSLATED: Final = frozenset(
    {
        "label",
        "hint",
        "constraint_message",
        "required_message",
        "short_label",
        "scale_low",
        "scale_high",
        "form_title",
        "translated_title",
    }
)
_FILES: Final = frozenset({"image", "audio", "image_alt"})
_FILMS: Final = frozenset({"video", "big_image"})
_SURVEY: Final = frozenset({
    "type", "name", "label", "hint", "constraint", "constraint_message", "relevant", "required",
    "required_message", "read_only", "default", "appearance", "calculation", "choice_filter",
    "parameters", "repeat_count", "short_label", "scale_low", "scale_high", "privacy_role",
    "gdpr_category", "purpose", "helper", "generalise", "derive", "indicators", "release_level",
    "releasable", "asked", "filled_by", "ends_below", "code_list", "one_answer", "disabled",
})  # fmt: skip
_CHOICES: Final = frozenset({
    "list_name", "name", "label", "exclusive", "icon",
})  # fmt: skip
_SETTINGS: Final = frozenset({
    "form_title", "form_id", "version", "default_language", "reference_day", "style",
})  # fmt: skip
KNOWN: Final = {"survey": _SURVEY, "choices": _CHOICES, "settings": _SETTINGS}
_ALIASES: Final = {
    "survey": {
        "command": "type", "caption": "label", "relevance": "relevant", "calculate": "calculation",
        "constraintmsg": "constraint_message", "jr:constraintmsg": "constraint_message",
        "requiredmsg": "required_message", "jr:requiredmsg": "required_message",
        "constraining_message": "constraint_message", "readonly": "read_only",
        "count": "repeat_count", "jr:count": "repeat_count", "bind::relevant": "relevant",
        "bind::constraint": "constraint", "bind::required": "required",
        "bind::calculate": "calculation", "bind::readonly": "read_only",
        "control::appearance": "appearance",
    },
    "choices": {"list": "list_name", "value": "name", "listname": "list_name"},
    "settings": {"title": "form_title", "id_string": "form_id", "set_form_title": "form_title",
                 "set_form_id": "form_id"},
}  # fmt: skip
_LANGUAGES: Final = {
    "latviešu": "lv", "latvian": "lv", "english": "en", "russian": "ru", "русский": "ru",
    "romani": "rom", "romanes": "rom", "deutsch": "de", "german": "de", "français": "fr",
    "french": "fr", "español": "es", "spanish": "es", "lietuvių": "lt", "lithuanian": "lt",
    "eesti": "et", "estonian": "et", "українська": "uk", "ukrainian": "uk", "polski": "pl",
    "polish": "pl", "português": "pt", "portuguese": "pt", "italiano": "it", "italian": "it",
    "chinese": "zh", "中文": "zh", "arabic": "ar", "العربية": "ar", "swahili": "sw",
    "kiswahili": "sw", "amharic": "am", "nederlands": "nl", "dutch": "nl", "čeština": "cs",
    "magyar": "hu", "hungarian": "hu", "română": "ro", "romanian": "ro", "ελληνικά": "el",
}  # fmt: skip
_TURNED_ROUND: Final = re.compile("[\u202d\u202e]")
"""With these, words read otherwise than they are stored (Unicode Standard Annex 9, 2.2)."""
_TAGGED: Final = re.compile(r".*\(\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]+)*\s*\)")
UNKNOWN_LANGUAGE: Final = "und"
"""ISO 639's own tag for a language that nobody has named."""


def language_tag(name: str) -> str | None:
    """The tag of a language as people write it: "Latviešu (lv)", "lv" or "Latvian"."""
    name = name.strip()
    tagged = _TAGGED.fullmatch(name)
    if tagged:
        return tagged[1].lower()
    known = _LANGUAGES.get(name.casefold()) or _english_names().get(name.casefold())
    if known or not name:
        return known
    return name.lower() if re.fullmatch(r"[a-z]{2}|rom", name.lower()) else None


@cache
def _english_names() -> dict[str, str]:
    """Tags by English name, as CLDR has them."""
    names = Locale("en").languages.items()
    return {name.casefold(): tag for tag, name in names if re.fullmatch(r"[a-z]{2,3}", tag)}


@dataclass(frozen=True, slots=True)
class Cell:
    """A text and where it stands."""

    text: str
    place: Place


class Row:
    """A row's cells by the meaning of their columns."""

    def __init__(self, place: Place, cells: dict[str, Cell], said: dict[str, dict[str, Cell]]):
        self.place = place
        self._cells = cells
        self._said = said

    def cell(self, column: str) -> Cell | None:
        """The cell in that column, if it holds anything."""
        return self._cells.get(column)

    def text(self, column: str) -> str:
        """The text in that column; empty where there is none."""
        found = self._cells.get(column)
        return found.text if found else ""

    def said(self, column: str) -> dict[str, str]:
        """The words of a translated column, by language tag."""
        return {tag: cell.text for tag, cell in self._said.get(column, {}).items()}

    def at(self, column: str) -> Place:
        """Where the column's cell is, or would be."""
        found = self._cells.get(column)
        return found.place if found else self.place.at(column)

    def tagged(self, column: str) -> dict[str, Cell]:
        """The cells of a column by language tag; under "" the one that names no language."""
        plain = self._cells.get(column)
        return {**({"": plain} if plain else {}), **self._said.get(column, {})}

    def films(self) -> Iterator[Cell]:
        """Cells that name what can be neither shown beside words nor played beside them."""
        films = {f"media::{kind}" for kind in _FILMS}
        return (cell for name, cell in self._cells.items() if name in films)

    def others(self) -> dict[str, str]:
        """Every plain cell: what a choice_filter can look at."""
        return {name: cell.text for name, cell in self._cells.items()}


class Columns:
    """The headings of one sheet, understood."""

    def __init__(self, sheet: Sheet, default_language: str, findings: Findings) -> None:
        """Understand the headings; what is twice, unknown or in no known language is found."""
        self._sheet = sheet.name
        headings, self._rows = sheet.table()
        self.row = sheet.rows[0][0] if sheet.rows else None
        self._meaning: dict[int, tuple[str, str | None, str]] = {}
        taken: dict[tuple[str, str | None], str] = {}
        for index, heading in sorted(headings.items()):
            place = Place(sheet.name, self.row, heading)
            name, language = self._understood(heading, default_language, place, findings)
            if (name, language) in taken:
                findings.refuse(
                    place,
                    f"The column says the same as '{taken[name, language]}'.",
                    "Remove one, or name its language: label::Latviešu (lv).",
                )
            taken[name, language] = heading
            self._meaning[index] = (name, language, heading)
        self.languages = tuple(dict.fromkeys(tag for _, tag, _ in self._meaning.values() if tag))

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return any(found == name for found, _, _ in self._meaning.values())

    def twice(self, name: str) -> bool:
        """Whether the column is there once with a language and once without."""
        said = {tag for found, tag, _ in self._meaning.values() if found == name}
        return UNKNOWN_LANGUAGE in said and len(said) > 1

    def rows(self, findings: Findings) -> Iterator[Row]:
        """The rows below the headings; texts with control characters are found."""
        for number, texts in self._rows:
            place = Place(self._sheet, number)
            cells: dict[str, Cell] = {}
            said: dict[str, dict[str, Cell]] = {}
            for index, text in sorted(texts.items()):
                name, language, heading = self._meaning.get(
                    index, (f"column {column_name(index)}", None, f"column {column_name(index)}")
                )
                cell = Cell(unicodedata.normalize("NFC", text), place.at(heading))
                if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text.replace("\n", "")
                       .replace("\t", "").replace("\r", "")):  # fmt: skip
                    findings.refuse(cell.place, "The cell holds control characters.", "Retype it.")
                if _TURNED_ROUND.search(text):
                    findings.refuse(
                        cell.place,
                        "The cell holds signs that turn the direction of writing round.",
                        "Retype it; right-to-left writing needs no such sign.",
                    )
                if language is not None:
                    said.setdefault(name, {})[language] = cell
                else:
                    cells[name] = cell
            yield Row(place, cells, said)

    def _understood(
        self, heading: str, default_language: str, place: Place, findings: Findings
    ) -> tuple[str, str | None]:
        base, _, language = re.sub(r"\s*::?\s*", "::", heading.strip(), count=1).partition("::")
        key = re.sub(r"[\s-]+", "_", base.strip().lower())
        aliases = _ALIASES[self._sheet]
        whole = re.sub(r"\s+", "_", heading.strip().lower())
        key = aliases.get(whole) or aliases.get(key) or key
        if (medium := _medium(heading)) is not None:
            key, language = medium
            if not language or key.removeprefix("media::") in _FILMS:
                return key, None
        elif key not in TRANSLATED:
            return self._plain(heading, key, whole, place, findings), None
        elif not language:
            return key, default_language
        tag = language_tag(language)
        if tag is None:
            findings.refuse(
                place,
                f"Nobody knows which language '{language}' is.",
                f"Add its tag: {base.strip()}::{language} (xx).",
            )
            return whole, None
        return key, tag

    def _plain(self, heading: str, key: str, whole: str, place: Place, findings: Findings) -> str:
        """The name of a column that is in no language."""
        if key not in KNOWN[self._sheet]:
            if self._sheet != "choices":
                findings.warn(place, "The column is not known here and is left out.")
            return re.sub(r"\s+", "_", heading.strip()) if self._sheet == "choices" else whole
        return key


def _medium(heading: str) -> tuple[str, str] | None:
    """The column of pictures or recordings that a heading means, and its language.

    `media::image::Latviešu (lv)`, `image::Latviešu (lv)` and `image` are in use.
    """
    kind, *rest = re.split(r"\s*::?\s*", heading.strip())
    if kind.lower() == "media" and rest:
        kind, *rest = rest
    name = re.sub(r"[\s-]+", "_", kind.lower())
    return (f"media::{name}", "::".join(rest)) if name in _FILES | _FILMS else None
