"""Pictures and recordings from a folder, for the command that stores a questionnaire."""

from __future__ import annotations

import unicodedata
from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.canonical import digest
from schemas.questionnaire import Questionnaire
from survey_service.surveys.media.cleaning import clean
from survey_service.surveys.media.files import named_files
from survey_service.surveys.media.limits import MOST_SOUND, CleanFile, MediaRefused, Medium
from survey_service.surveys.xlsform.findings import Finding, Outcome
from survey_service.surveys.xlsform.wording import NamedFile

_SOUNDS = "audio"


def files_beside(
    folder: Path | None, named: Iterable[NamedFile]
) -> tuple[dict[str, CleanFile], list[Finding]]:
    """The clean files of the folder by the names of the sheet, and those that are refused."""
    files: dict[str, CleanFile] = {}
    refused: list[Finding] = []
    beside = folder.iterdir() if folder else ()
    there = {unicodedata.normalize("NFC", one.name): one for one in beside}
    for name, place in named:
        path = there.get(name)
        if path is None or not path.is_file():
            continue
        medium = Medium.AUDIO if _SOUNDS in (place.column or "").lower() else Medium.IMAGE
        try:
            made = clean(_read(path), medium)
        except MediaRefused as why:
            values = dict(why.values)
            words = f"{name}: {why.message % values}"
            refused.append(Finding(Outcome.REFUSED, place, words, why.remedy % values))
        else:
            files[name] = made
    return files, refused


def _read(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(MOST_SOUND + 1)


def in_lines(
    survey: str, questionnaire: Questionnaire, files: dict[str, CleanFile]
) -> Iterator[dict[str, str]]:
    """What the running service is asked, one file at a time."""
    sha = digest(questionnaire)
    for name in dict.fromkeys(named.file for named in named_files(questionnaire)):
        if name in files:
            yield {
                "survey": survey,
                "questionnaire": sha,
                "name": name,
                "medium": files[name].medium.value,
                "data": b64encode(files[name].data).decode(),
            }
