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
    described: bool
    """Whether the picture has a description of its own; else it adds nothing to the words."""
    sound: StoredFile | None


def shown_remarks(
    found: Iterable[Remark],
    form: CompiledForm,
    files: Files,
    live: Mapping[str, AnswerDict],
    language: str,
) -> list[ShownRemark]:
    """Return notes in the order in which they stand."""
    return [
        ShownRemark(
            form.quotes.filled(remark.text, live, language),
            files.seen(remark.media, remark.text, language),
            bool(remark.media and remark.media.alt),
            files.heard(remark.media, remark.text, language),
        )
        for remark in found
    ]
