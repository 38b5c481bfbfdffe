"""Where a respondent stands: which survey, in which language, with which code."""

import re
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response

from survey_service.collection.code import ALPHABET, LENGTH, Code
from survey_service.collection.drafts import Draft
from survey_service.problems import NotFound
from survey_service.surveys.waves import Wave
from survey_service.web.context import services_of
from survey_service.web.cookies import CODE, drop_cookie, read_cookie, set_cookie
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


def code_of(request: AnyRequest) -> Code | None:
    """The code that this browser holds during the interview.

    Its check symbols are not computed again: a cookie is never mistyped, and an invented one
    opens nothing.
    """
    symbols = read_cookie(request, CODE)
    return Code(symbols) if symbols and _SYMBOLS.fullmatch(symbols) else None


def keep_code(request: AnyRequest, code: Code) -> str:
    """The Set-Cookie line that carries the code through the interview."""
    return set_cookie(request, CODE, code.symbols)


def forget_code(request: AnyRequest) -> str:
    """The Set-Cookie line after which this browser no longer holds the code."""
    return drop_cookie(request, CODE)


async def wave_of(request: AnyRequest, place: Place) -> Wave:
    """The wave in the field.

    Raises:
        NotFound: there is no such survey.
        SurveyClosed: it takes no answers now.
    """
    return await services_of(request).collection.survey(place.slug)


async def draft_of(request: AnyRequest, place: Place, wave: Wave) -> tuple[Code, Draft] | None:
    """The code and the draft it opens in this wave, or nothing."""
    code = code_of(request)
    if code is None:
        return None
    draft = await services_of(request).collection.draft(place.slug, code)
    return (code, draft) if draft is not None and draft.wave_id == wave.id else None


async def without_draft(request: AnyRequest, place: Place) -> Response[bytes]:
    """Where somebody goes who has no open form here: to his receipt, or to a page that says so."""
    code = code_of(request)
    if code is None:
        return see_other(place.at())
    standing = await services_of(request).collection.standing(place.slug, code)
    if standing in ("waiting", "settled"):
        return see_other(place.at("receipt"))
    headers = {"Set-Cookie": forget_code(request)}
    return page(request, "collection/no_form.html", 404, place=place, headers=headers)
