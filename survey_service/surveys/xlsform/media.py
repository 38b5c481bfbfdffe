"""Pictures and recordings that a row names: which file, in which language, described how."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import TypeVar

from schemas.media import Media
from schemas.texts import Texts
from survey_service.surveys.xlsform.columns import Cell, Row
from survey_service.surveys.xlsform.findings import Findings
from survey_service.surveys.xlsform.wording import NamedFile, Wording

IMAGE, AUDIO, ALT = "media::image", "media::audio", "media::image_alt"
_FILE = re.compile(r'[^./\\:*?"<>|\s][^/\\:*?"<>|]{0,119}')
Said = TypeVar("Said")
_NONE = "-"
"""What other programmes write where a language has no file."""


def media_of(row: Row, wording: Wording) -> Media | None:
    """What the row shows and plays; names that are none, and films, are found and refused."""
    findings = wording.findings
    refuse_films(row, findings)
    image, audio = (
        {tag: name for tag, name in _files(row, column, wording) if name is not None}
        for column in (IMAGE, AUDIO)
    )
    alt = _every_language({tag: cell.text for tag, cell in row.tagged(ALT).items()}, wording)
    if alt and not image:
        findings.warn(
            row.at(ALT), "It describes a picture that the row does not name.", "Name the picture."
        )
    if not image and not audio:
        return None
    return Media(image=image, audio=audio, alt=Texts(alt) if alt and image else None)


def refuse_films(row: Row, findings: Findings) -> None:
    """Find what is neither a picture beside the words nor a recording."""
    for cell in row.films():
        findings.refuse(
            cell.place,
            "Films and large pictures are not taken.",
            "Use media::image and media::audio.",
        )


def refuse_media(row: Row, findings: Findings) -> None:
    """Find pictures and recordings where only words can stand."""
    refuse_films(row, findings)
    for column in (IMAGE, AUDIO):
        for cell in row.tagged(column).values():
            if cell.text != _NONE:
                findings.refuse(
                    cell.place,
                    "Only questions, notes and choices can have pictures and recordings.",
                    "Put it beside the question that follows.",
                )


def say_wanted(named: list[NamedFile], there: frozenset[str], findings: Findings) -> None:
    """Warn once of each file that is not there yet, where it is first named."""
    told = set(there)
    for name, place in named:
        if name not in told:
            findings.warn(place, wanted(name), "Upload it before a wave opens.")
            told.add(name)


def wanted(name: str) -> str:
    """The words for a file that is named and not there yet; the check before opening looks for
    them, to say where it is named."""
    return f"The questionnaire needs the file '{name}'."


def _files(row: Row, column: str, wording: Wording) -> Iterator[tuple[str, str | None]]:
    cells = _every_language(row.tagged(column), wording)
    for tag, cell in cells.items():
        yield tag, _named(cell, wording)


def _every_language(said: dict[str, Said], wording: Wording) -> dict[str, Said]:
    """What is said for no language in particular holds for each that has nothing of its own."""
    usual = said.get("")
    found = {tag: said.get(tag, usual) for tag in wording.languages}
    return {tag: one for tag, one in found.items() if one is not None}


def _named(cell: Cell, wording: Wording) -> str | None:
    name = cell.text.strip()
    if name == _NONE:
        return None
    # Signs that turn the direction of writing would show another name than the one that is meant.
    hidden = any(unicodedata.category(sign) in ("Cf", "Cc", "Co", "Cn") for sign in name)
    if hidden or not _FILE.fullmatch(name):
        wording.findings.refuse(
            cell.place,
            "This is no name of a file.",
            "Write the file's own name, without folders, such as question-1.mp3.",
        )
        return None
    wording.named.append(NamedFile(name, cell.place))
    return name
