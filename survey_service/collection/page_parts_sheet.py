"""The question page, written once per version, language and question, then only filled in.

A template is rendered with marks where an answer will stand; what lies between the marks never
changes, so a request costs one join. A page with errors takes the template itself.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape
from pydantic_core import to_json

from schemas.questionnaire import Option, Question, QuestionKind
from schemas.response import AnswerDict
from survey_service.collection.page_parts_place import HeldWindow, Place
from survey_service.problems import N_, FieldError
from survey_service.surveys.browser_checks import checks_of
from survey_service.surveys.form import CompiledForm, in_digits
from survey_service.surveys.media.files import Files
from survey_service.surveys.quotes import reworded, with_said
from survey_service.surveys.reading import (
    ALONE,
    DATE_PARTS,
    MOST_SHOWN,
    NOT_FITTING,
    SAY_SOMETHING,
    STATE_PREFIX,
)
from survey_service.surveys.repeats import entry_of
from survey_service.web.rendering import render
from survey_service.web.translation import translator

Slot = Callable[[str], Markup]

_MARK = re.compile("\x02([^\x03]*)\x03")
OWN = "%(words)s"
"""The message of an error whose words the questionnaire gives."""
QUOTED, QUOTED_IN_JSON = "quote:", "json quote:"
"""Begin the names of places where an earlier answer is quoted, in words and within JSON."""
CHECKED = b" checked"
SELECTED = b" selected"


@dataclass(frozen=True)
class Sheet:
    """A page in pieces: texts that stay, and places by name that an answer fills."""

    pieces: Sequence[bytes]
    places: Mapping[str, int]
    quotes: Sequence[tuple[int, str]] = ()
    """Where earlier answers are quoted; one may be quoted several times."""

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """The page with the values in their places, the other places empty."""
        pieces = list(self.pieces)
        for name, value in values.items():
            place = self.places.get(name)
            if place is not None:
                pieces[place] = value
        for place, name in self.quotes:
            pieces[place] = values[name]
        return b"".join(pieces)


def cut(text: str) -> Sheet:
    """The sheet of a rendered page: every odd piece is a place."""
    pieces = _MARK.split(text)
    every = [(at, name) for at, name in enumerate(pieces) if at % 2]
    quotes = [(at, name) for at, name in every if name.startswith((QUOTED, QUOTED_IN_JSON))]
    places = {name: at for at, name in every}
    texts = [b"" if at % 2 else piece.encode() for at, piece in enumerate(pieces)]
    return Sheet(texts, places, quotes)


def shape(question: Question, options: Sequence[Option]) -> str:
    """How the question is put: radios, scale, list, checkboxes, number, date, group or text."""
    if question.kind in (QuestionKind.SINGLE, QuestionKind.CODE):
        return "radios" if len(options) <= MOST_SHOWN else "list"
    return {
        QuestionKind.SCALE: "scale",
        QuestionKind.MULTI: "checkboxes",
        QuestionKind.INTEGER: "number",
        QuestionKind.DECIMAL: "number",
        QuestionKind.DATE: "date",
        QuestionKind.GROUP: "group",
    }.get(question.kind, "text")


def context(
    form: CompiledForm,
    place: Place,
    question: Question,
    options: Sequence[Option],
    slot: Slot,
    *,
    files: Files,
    demonstration: bool,
    errors: Sequence[FieldError] = (),
    checked: Question | None = None,
) -> dict[str, Any]:
    """What the template of a question needs; `checked` is it as the page's checks quote answers.

    A browser's history keeps what stands in the tab, so no answer is quoted there.
    """
    sections = list(dict.fromkeys(asked.section for asked in form.questions))
    checks = checks_of(checked or question, place.language, translator(place.language))
    return {
        "checks": with_marks(as_json(checks)) if checks else None,
        "tab": with_said(form.by_id[question.id].text, lambda _name: "…"),
        "place": place,
        "question": question,
        "section": form.sections[question.section],
        "part": sections.index(question.section) + 1,
        "parts": len(sections),
        "options": options,
        "entry": entry_of(question),
        "repeat": form.repeats.get(question.repeat or ""),
        "date_parts": DATE_PARTS,
        "shape": shape(question, options),
        "slot": slot,
        "seen": lambda media, words: files.seen(media, words, place.language),
        "heard": lambda media, words: files.heard(media, words, place.language),
        "errors": worded(errors, options, place.language),
        "demonstration": demonstration,
        "language_form": "question",
        "path": place.at(f"q/{question.id}"),
        "link": lambda path: path,
    }


def as_json(plain: Any) -> str:
    """What an attribute carries for the page's own script."""
    return to_json(plain).decode()


def with_marks(plain: str) -> str:
    """JSON with the marks that its writer took for signs to be escaped."""
    return plain.replace("\\u0002", "\x02").replace("\\u0003", "\x03")


def quote_values(
    form: CompiledForm, question: Question, live: Mapping[str, AnswerDict], language: str
) -> dict[str, bytes]:
    """What goes into the places where the page quotes earlier answers."""
    values: dict[str, bytes] = {}
    for name in form.quotes.of(question.id):
        words = form.quotes.words(name, live, language)
        values[QUOTED + name] = escape(words).encode()
        values[QUOTED_IN_JSON + name] = escape(as_json(words)[1:-1]).encode()
    return values


def worded(
    errors: Sequence[FieldError], options: Sequence[Option], language: str
) -> list[FieldError]:
    """The errors, with an option's words where the message carries its code."""
    words = {option.code: option.text.text(language) for option in options}
    said = []
    for error in errors:
        values = dict(error.values)
        if error.message == ALONE:
            values["option"] = words.get(str(values["option"]), "")
        said.append(replace(error, values=values))
    return said


@lru_cache(maxsize=4096)
def sheet(
    form: CompiledForm,
    files: Files,
    place: Place,
    qid: str,
    offered: tuple[str, ...] | None,
    demonstration: bool,
) -> Sheet:
    """The sheet of a question; `offered` where not all is on offer, or in another order."""
    return drawn(form, files, place, qid, offered, demonstration)


def drawn(
    form: CompiledForm,
    files: Files,
    place: Place,
    qid: str,
    offered: tuple[str, ...] | None,
    demonstration: bool,
) -> Sheet:
    """A sheet that is not kept: nearly every person has an order of his own."""
    question = form.by_id[qid]
    options = in_order(form.options_for(qid), offered)

    def mark(name: str) -> Markup:
        return Markup("\x02" + name + "\x03")  # noqa: S704 - names are codes of our own schema

    told = context(
        form,
        place,
        reworded(question, lambda name: str(mark(QUOTED + name))),
        options,
        mark,
        files=files,
        demonstration=demonstration,
        checked=reworded(question, lambda name: str(mark(QUOTED_IN_JSON + name))),
    )
    made = cut(render(place.language, "collection/question.html", told))
    usual = {name: value for name, value in usual_back(place, qid).items() if name in made.places}
    at = {made.places[name]: value for name, value in usual.items()}
    pieces = [at.get(i, piece) for i, piece in enumerate(made.pieces)]
    return Sheet(pieces, made.places, made.quotes)


def in_order(options: Sequence[Option], offered: tuple[str, ...] | None) -> Sequence[Option]:
    """The options on offer, in the order in which they are."""
    if offered is None:
        return options
    by_code = {option.code: option for option in options}
    return tuple(by_code[code] for code in offered)


def default_values(question: Question, language: str) -> dict[str, bytes]:
    """What stands there before anything was said."""
    if question.default is None:
        return {}
    several = question.kind is QuestionKind.MULTI
    value = question.default.split() if several else question.default
    return answer_values(question, {"state": "answered", "value": value}, language)


def answer_values(question: Question, answer: AnswerDict | None, language: str) -> dict[str, bytes]:
    """What goes into which place, to show the answer given before."""
    if answer is None:
        return {}
    value = answer["value"]
    if answer["state"] in ("refused", "dont_know"):
        return {STATE_PREFIX + answer["state"]: CHECKED}
    if value is None:
        return {}
    if isinstance(value, dict):
        return {f"text:{name}": str(number).encode() for name, number in value.items()}
    if isinstance(value, list):
        return {f"choice:{code}": CHECKED for code in value}
    if question.kind is QuestionKind.DATE:
        year, month, day = str(value).split("-")
        typed = (str(int(day)), str(int(month)), year)
        return {f"text:{n}": t.encode() for n, t in zip(DATE_PARTS, typed, strict=True)}
    if question.kind is QuestionKind.DECIMAL:
        return {"text:value": in_digits(str(value), language).encode()}
    if question.kind in (QuestionKind.INTEGER, QuestionKind.TEXT):
        return {"text:value": str(escape(str(value))).encode()}
    return {f"choice:{value}": CHECKED, f"pick:{value}": SELECTED}


def posted_slot(posted: Mapping[str, list[str]], values: Mapping[str, bytes]) -> Slot:
    """Fills the places of a page with errors with what was typed and chosen."""
    chosen = set(posted.get("value", ())) | {STATE_PREFIX + s for s in posted.get("state", ())}

    def slot(name: str) -> Markup:
        kind, _, what = name.partition(":")
        if kind == "text":
            return escape("".join(posted.get(what, [])[:1]))
        if kind == "choice" and what in chosen:
            return Markup(" checked")
        if kind == "pick" and what in chosen:
            return Markup(" selected")
        if kind == "state" and name in chosen:
            return Markup(" checked")
        return Markup(values.get(name, b"").decode())  # noqa: S704 - our own words and paths

    return slot


def error_page(
    form: CompiledForm,
    place: Place,
    question: Question,
    options: Sequence[Option],
    slot: Slot,
    errors: Sequence[FieldError],
    *,
    files: Files,
    demonstration: bool,
) -> str:
    """The question again, with what is wrong and everything as it was typed."""
    errors = [own_words(error, question, place.language) for error in errors]
    told = context(
        form,
        place,
        question,
        options,
        slot,
        files=files,
        demonstration=demonstration,
        errors=errors,
    )
    return render(place.language, "collection/question.html", told)


def own_words(error: FieldError, question: Question, language: str) -> FieldError:
    """The error in the words that the questionnaire has for it, where it has any."""
    texts = {NOT_FITTING: question.constraint_message, SAY_SOMETHING: question.required_message}
    found = texts.get(error.message)
    if found is None:
        return error
    return replace(error, message=OWN, values={"words": found.text(language)})


def usual_back(place: Place, qid: str) -> dict[str, bytes]:
    """The way back that a question page has unless it was opened from the check page."""
    words = translator(place.language)(N_("Back"))
    return {
        "back": place.at(f"q/{qid}/back").encode(),
        "back words": str(escape(words)).encode(),
    }


def hand_link(window: HeldWindow, place: Place) -> dict[str, bytes]:
    """The link with which a device changes hands, in a window in which somebody is helped."""
    path, words = window.hand(place.language)
    link = Markup('<a href="{}">{}</a>').format(path, translator(place.language)(words))
    return {"window": str(link).encode()}


def from_check(place: Place) -> dict[str, bytes]:
    """The places that differ when somebody comes to change an answer from the check page."""
    words = translator(place.language)(N_("Back to your answers"))
    return {
        "back": place.at("check").encode(),
        "back words": str(escape(words)).encode(),
        "from": b'<input type="hidden" name="from" value="check">',
    }
