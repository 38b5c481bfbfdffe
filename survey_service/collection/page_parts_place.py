"""Where a respondent stands: which survey, in which language, with which code."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from litestar import Request, Response

from schemas.response import AnswerDict
from schemas.texts import Texts
from survey_service.collection.code import ALPHABET, LENGTH, Code
from survey_service.collection.drafts import Draft
from survey_service.invitations.slips import read_slip
from survey_service.problems import AssentAwaited, NotFound, NoticeChanged
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.cookies import CODE, SLIP, drop_cookie, read_cookie, set_cookie
from survey_service.web.languages import path_language
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_SYMBOLS = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Place:
    """A survey in a language; `at` makes the paths within it."""

    slug: str
    language: str

    @property
    def preview(self) -> str:
        """Where a preview is explained; empty where the form is real."""
        return ""

    def at(self, step: str = "") -> str:
        """The path of a step: `at("check")`; the notice without one."""
        start = f"/survey/{self.slug}/{self.language}"
        return f"{start}/{step}" if step else start

    def said_in(self, language: str) -> "Place":
        """The same survey in another language."""
        return Place(self.slug, language)


def slug_of(request: AnyRequest) -> str:
    """The survey that the path names.

    Raises:
        NotFound: it could never be one of ours.
    """
    slug: str = request.scope["path_params"]["slug"]
    if not _SLUG.fullmatch(slug):
        raise NotFound
    return slug


def place_of(request: AnyRequest) -> Place:
    """The survey and the language that the path names.

    Raises:
        NotFound: neither could ever be one of ours.
    """
    return Place(slug_of(request), path_language(request.scope["path_params"]["lang"]))


class HeldWindow(Protocol):
    """A window in which somebody is helped: its code travels sealed, its gate was passed."""

    @property
    def code(self) -> Code | None:
        """The code of the interview, if there is one already."""

    @property
    def said(self) -> dict[str, str] | None:
        """What the receipt commits to; None where nobody is helped to answer."""

    @property
    def is_own(self) -> bool:
        """Whether the respondent has the device."""

    def keep(self, request: AnyRequest, code: Code | None) -> str:
        """The Set-Cookie line with this code sealed in it."""

    def hand(self, language: str) -> tuple[str, str]:
        """Path and words of the link with which the device changes hands."""

    def shown(self, form: CompiledForm, draft: Draft) -> frozenset[str] | None:
        """The questions that may be shown now; None for all."""

    async def after_saving(self, form: CompiledForm, draft: Draft, place: Place) -> str | None:
        """Where the form goes on, if not simply at the following question."""


WINDOW = "assisted_window"


def within(
    shown: frozenset[str], route: Sequence[str], live: Mapping[str, AnswerDict]
) -> tuple[list[str], dict[str, AnswerDict]]:
    """The route and the answers as far as they are shown: what else was said decides nothing."""
    return (
        [qid for qid in route if qid in shown],
        {qid: answer for qid, answer in live.items() if qid in shown},
    )


def window_of(request: AnyRequest) -> HeldWindow | None:
    """The window of an interview with help, put here by its gate; nothing on any other device."""
    return cast("HeldWindow | None", request.scope["state"].get(WINDOW))


def code_of(request: AnyRequest) -> Code | None:
    """The code that this browser holds during the interview.

    Its check symbols are not computed again: a cookie is never mistyped, and an invented one
    opens nothing.
    """
    if (window := window_of(request)) is not None:
        return window.code
    symbols = read_cookie(request, CODE)
    return Code(symbols) if symbols and _SYMBOLS.fullmatch(symbols) else None


def keep_code(request: AnyRequest, code: Code) -> str:
    """The Set-Cookie line that carries the code through the interview."""
    if (window := window_of(request)) is not None:
        return window.keep(request, code)
    return set_cookie(request, CODE, code.symbols)


def forget_code(request: AnyRequest) -> str:
    """The Set-Cookie line after which this browser no longer holds the code."""
    if (window := window_of(request)) is not None:
        return window.keep(request, None)
    return drop_cookie(request, CODE)


def decides_at(wave: Wave) -> str:
    """Where somebody new begins to decide: with the age, where a parent may come first."""
    return "consent" if wave.notice.parental is None else "age"


def slip_of(request: AnyRequest) -> str:
    """The invitation slip that this browser came with, or nothing."""
    return read_slip(read_cookie(request, SLIP) or "") or ""


def keep_slip(request: AnyRequest, slip: str) -> str:
    """The Set-Cookie line that carries a slip from the door to the decisions."""
    return set_cookie(request, SLIP, slip)


def forget_slip(request: AnyRequest) -> str:
    """The Set-Cookie line after which this browser no longer holds the slip."""
    return drop_cookie(request, SLIP)


async def wave_of(request: AnyRequest, place: Place) -> Wave:
    """The wave in the field.

    Raises:
        NotFound: there is no such survey.
        SurveyClosed: it takes no answers now.
    """
    return await services_of(request).collection.survey(place.slug)


async def draft_of(
    request: AnyRequest, place: Place, wave: Wave, *, decided: bool = True
) -> tuple[Code, Draft] | None:
    """The code and the draft it opens in this wave, or nothing.

    With `decided=False` it may be one whose decisions were made under another notice.

    Raises:
        NoticeChanged: they were; the person is led to the notice that is in force.
        AssentAwaited: a parent has agreed and the young person has not decided yet.
    """
    code = code_of(request)
    if code is None:
        return None
    draft = await services_of(request).collection.draft(place.slug, code)
    if draft is None or draft.wave_id != wave.id:
        return None
    if decided and draft.notice != wave.notice.hash:
        raise NoticeChanged
    if decided and draft.awaits_assent:
        raise AssentAwaited
    return code, draft


async def without_draft(
    request: AnyRequest, place: Place, typed: Sequence[str] = (), asked: Texts | None = None
) -> Response[bytes]:
    """Where somebody goes who has no open form here: to his receipt, or to a page that says so.

    `typed` are words he has just sent, to the question `asked`: that page shows them once more, so
    that none is lost.
    """
    code = code_of(request)
    if code is None and not typed:
        return see_other(place.at())
    if code is None:
        return page(request, "collection/no_form.html", 404, place=place, typed=typed, asked=asked)
    standing = await services_of(request).collection.standing(place.slug, code)
    if standing in ("waiting", "settled"):
        return see_other(place.at("receipt"))
    headers = {"Set-Cookie": forget_code(request)}
    return page(
        request,
        "collection/no_form.html",
        404,
        place=place,
        typed=typed,
        asked=asked,
        headers=headers,
    )
