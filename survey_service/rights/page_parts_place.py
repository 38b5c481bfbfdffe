"""Where a person stands on the pages of `/my-answers`: the language, and what the code opens."""

from typing import Any

from litestar import Request, Response

from survey_service.collection.code import Code
from survey_service.collection.page_parts_place import code_of, forget_code
from survey_service.problems import N_, NotFound
from survey_service.rights.kept import Kept
from survey_service.web.context import services_of
from survey_service.web.languages import language_of, path_language
from survey_service.web.redirects import see_other

AnyRequest = Request[Any, Any, Any]

HERE = "/my-answers/{lang:str}"
PURPOSES = {
    "participation": N_("Taking part"),
    "ethnic_health": N_("Questions about ethnic origin and health"),
    "research_reuse": N_("Later use in research"),
    "contact": N_("Being contacted again"),
}

FINDING = N_("Two officers may find a lost code")


def at(language: str, step: str = "") -> str:
    """The path of a step."""
    return f"/my-answers/{language}/{step}" if step else f"/my-answers/{language}"


def here(request: AnyRequest) -> str:
    """The language the path names, or the request's where it names none.

    Raises:
        NotFound: the path names a language we do not have.
    """
    named = request.scope["path_params"].get("lang")
    return path_language(named) if named is not None else language_of(request)


async def sent_under(request: AnyRequest) -> tuple[Code, Kept] | None:
    """The browser's code and what was sent under it, if anything is kept."""
    code = code_of(request)
    if code is None:
        return None
    try:
        return code, await services_of(request).rights.sent(code)
    except NotFound:
        return None


def ask_for_code(request: AnyRequest) -> Response[bytes]:
    """Back to where the code is asked for: nothing was sent under this one, or it was erased."""
    return see_other(at(here(request)), [forget_code(request)])
