"""Which files a questionnaire names, which of them are there, and what a page shows of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from schemas.media import Media
from schemas.questionnaire import Questionnaire
from schemas.texts import FALLBACKS, Texts
from survey_service.surveys.media.limits import Medium

ENDINGS: Final[Mapping[str, str]] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "audio/mpeg": "mp3",
    "audio/ogg": "opus",
    "audio/mp4": "m4a",
    "audio/wav": "wav",
}
"""How the address of each kind ends."""


class Named(NamedTuple):
    """One place where a file is named."""

    question: str
    """Or the note."""
    option: str
    """The code of the choice it belongs to; empty where it is the question's own."""
    medium: Medium
    language: str
    file: str


class StoredFile(NamedTuple):
    """A file that is there: what it is, under the hash of what it holds."""

    sha: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None

    @property
    def address(self) -> str:
        """Where it is served."""
        return f"/media/{self.sha}.{ENDINGS[self.media_type]}"


class Seen(NamedTuple):
    """A picture for a page."""

    file: StoredFile
    alt: str


class Files:
    """The files of a questionnaire by name; the same object stands for the same files."""

    def __init__(self, by_name: Mapping[str, StoredFile]) -> None:
        self.by_name = dict(by_name)

    def missing(self, questionnaire: Questionnaire) -> Iterator[Named]:
        """The places whose file is not there, or is of the other kind."""
        for named in named_files(questionnaire):
            found = self.by_name.get(named.file)
            if found is None or not found.media_type.startswith(named.medium):
                yield named

    def seen(self, media: Media | None, words: Texts, language: str) -> Seen | None:
        """The picture in a language, or in the next that has one; described, if anybody did."""
        if media is None:
            return None
        file = self._first(media.image, (language, *FALLBACKS, *media.image))
        if file is None:
            return None
        return Seen(file, (media.alt or words).text(language))

    def heard(self, media: Media | None, words: Texts, language: str) -> StoredFile | None:
        """The recording in the language of the page, or in that of the words on it."""
        if media is None:
            return None
        return self._first(media.audio, (language, words.said_in(language).language))

    def _first(self, names: Mapping[str, str], languages: tuple[str, ...]) -> StoredFile | None:
        named = (names[tag] for tag in languages if tag in names)
        return next((self.by_name[name] for name in named if name in self.by_name), None)


NO_FILES: Final = Files({})


def named_files(questionnaire: Questionnaire) -> tuple[Named, ...]:
    """Every place where the questionnaire names a file: questions in their order, then notes."""
    places = [
        (question.id, code, media)
        for question in questionnaire.questions
        for code, media in (("", question.media), *((o.code, o.media) for o in question.options))
    ]
    places += [(remark.id, "", remark.media) for remark in questionnaire.remarks]
    return tuple(
        named
        for name, code, media in places
        if media is not None
        for named in _of(name, code, media)
    )


def _of(question: str, code: str, media: Media) -> Iterator[Named]:
    for medium, names in ((Medium.IMAGE, media.image), (Medium.AUDIO, media.audio)):
        for language, file in names.items():
            yield Named(question, code, medium, language, file)
