"""Notes as a page shows them: their words, and what is seen and heard beside these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from schemas.questionnaire import Remark
from schemas.response import AnswerDict
from schemas.texts import Texts
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import Files, Seen, StoredFile


class ShownRemark(NamedTuple):
    """A note with the answers that it quotes, and its files in the language of the page."""

    words: Texts
    picture: Seen | None
    sound: StoredFile | None


def shown_remarks(
    found: Iterable[Remark],
    form: CompiledForm,
    files: Files,
    live: Mapping[str, AnswerDict],
    language: str,
) -> list[ShownRemark]:
    """Return notes in the order in which they stand."""
    return [shown_remark(remark, form, files, live, language) for remark in found]


def shown_remark(
    remark: Remark,
    form: CompiledForm,
    files: Files,
    live: Mapping[str, AnswerDict],
    language: str,
) -> ShownRemark:
    """Return one note; a picture that nobody described is described by the note's words."""
    words = form.quotes.filled(remark.text, live, language)
    return ShownRemark(
        words,
        files.seen(remark.media, words, language),
        files.heard(remark.media, remark.text, language),
    )
