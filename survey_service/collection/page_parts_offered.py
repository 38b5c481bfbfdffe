"""Which choices a question page offers, in which order, and what stands around the question."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from markupsafe import Markup, escape

from schemas.questionnaire import Question
from schemas.response import AnswerDict
from survey_service.collection.code import CodeKeys
from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_place import Place
from survey_service.collection.page_parts_remarks import shown_remarks
from survey_service.collection.page_parts_sheet import (
    answer_values,
    as_json,
    default_values,
    quote_values,
)
from survey_service.problems import N_
from survey_service.surveys.browser_checks import earlier_of
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import Files
from survey_service.surveys.repeats import asks_for_more
from survey_service.web.rendering import render
from survey_service.web.translation import texts

LAST = N_("last question of this part")


class Entry(NamedTuple):
    """What was said of one of several: its number, where to change it, its first words."""

    number: int
    first: str
    words: str


def depends(question: Question) -> bool:
    """Whether earlier answers decide what is on offer."""
    return bool(question.options_from or question.choice_filter)


def codes_shown(
    form: CompiledForm, question: Question, live: Mapping[str, AnswerDict], keys: CodeKeys
) -> tuple[str, ...] | None:
    """The codes on offer in the order of the page; None where they are as the form has them."""
    if not depends(question) and not question.randomize:
        return None
    options = form.options_for(question.id, live)
    if not question.randomize:
        return tuple(option.code for option in options)
    # The same code gives the same order again, after going back and in another language.
    mixed = sorted(
        (option for option in options if not option.exclusive),
        key=lambda option: _rank(keys.order_seed, question.id, option.code),
    )
    return tuple(option.code for option in (*mixed, *(o for o in options if o.exclusive)))


def _rank(seed: bytes, qid: str, code: str) -> bytes:
    return hmac.digest(seed, f"{qid}\0{code}".encode(), "sha256")


def questions_left(
    form: CompiledForm, question: Question, route: Sequence[str], language: str
) -> bytes:
    """How many questions of this part are left as the route stands, in words for the page."""
    after = route[route.index(question.id) :]
    return left_words(language, sum(form.by_id[qid].section == question.section for qid in after))


@lru_cache(maxsize=1024)
def left_words(language: str, left: int) -> bytes:
    """The end of the line of progress; the question on the page counts as left."""
    say = texts(language)
    if left == 1:
        words = say.gettext(LAST)
    else:
        words = say.ngettext(
            "about %(num)s question left in this part",
            "about %(num)s questions left in this part",
            left,
        ) % {"num": left}
    return str(Markup(" · {}").format(words)).encode()


def values_shown(
    form: CompiledForm,
    files: Files,
    place: Place,
    question: Question,
    draft: Draft,
    route: list[str],
    live: Mapping[str, AnswerDict],
) -> dict[str, bytes]:
    """What goes into the places of the page: the answer, remarks, what is there of a roster."""
    given = draft.answers.get(question.id)
    answer = live.get(question.id)
    if given is None:
        values = default_values(question, place.language)
    else:
        values = answer_values(question, answer, place.language)
    values |= earlier_values(form, question, live)
    values |= quote_values(form, question, live, place.language)
    told: dict[str, Any] = {}
    if given is not None and answer is None:
        told["again"] = True
    if form.remarks:
        found = form.remarks.before(question.id, route, live)
        told["remarks"] = shown_remarks(found, form, files, live, place.language)
    if asks_for_more(question):
        told["entries"] = _entries(form, question, live, place.language)
        told["repeat"] = form.repeats[str(question.repeat)].title
    if any(told.values()):
        usual = {"again": False, "remarks": (), "entries": (), "repeat": None, "place": place}
        values["above"] = render(
            place.language, "collection/above_question.html", usual | told
        ).encode()
    return values


def earlier_values(
    form: CompiledForm, question: Question, live: Mapping[str, AnswerDict]
) -> dict[str, bytes]:
    """The earlier answers that the page's own checks look at."""
    earlier = earlier_of(question, form.by_id, live)
    return {"earlier": escape(as_json(earlier)).encode()} if earlier else {}


def _entries(
    form: CompiledForm, question: Question, live: Mapping[str, AnswerDict], language: str
) -> list[Entry]:
    inside = [q.id for q in form.questionnaire.questions if q.repeat == question.repeat]
    found = []
    for number in range(1, (asks_for_more(question) or 0) + 1):
        asked = [f"{name}.{number}" for name in inside if f"{name}.{number}" in live]
        words = [word for qid in asked for word in form.display(qid, live[qid], language)]
        first = asked[0] if asked else f"{inside[0]}.{number}"
        found.append(Entry(number, first, ", ".join(words[:3])))
    return found
