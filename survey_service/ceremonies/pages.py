"""Pages of ceremonies: the administrator proposes, the data protection officer decides."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.vocabulary import Role
from survey_service.ceremonies.kinds import Kind
from survey_service.ceremonies.service import Ceremony
from survey_service.ceremonies.words import KIND_WORDS, STATE_WORDS, effect_words, subject_words
from survey_service.problems import Conflict, FieldError, InvalidInput
from survey_service.stores.ids import is_id, new_id
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
PLACE = "/office/ceremonies"
NOTHING_SENT = Form({})


async def _list(
    request: AnyRequest,
    status: int = 200,
    form: Form = NOTHING_SENT,
    errors: list[FieldError] | None = None,
) -> Response[bytes]:
    services = services_of(request)
    person = signed_in(request)
    subjects = services.ceremonies.subjects()
    return page(
        request,
        "ceremonies/ceremonies.html",
        status,
        found=await services.ceremonies.all(person),
        names=await services.accounts.directory(),
        proposes=person.role is Role.ADMINISTRATOR,
        subjects=[(kind.value, subject) for kind, some in subjects.items() for subject in some],
        kind_words={kind.value: words for kind, words in KIND_WORDS.items()},
        state_words=STATE_WORDS,
        subject_words=subject_words,
        form=form,
        key=form.one("key") or new_id(),
        errors=errors or [],
    )


@get(PLACE, include_in_schema=False, **needs(Permission.CEREMONIES_READ))
async def ceremonies_page(request: AnyRequest) -> Response[bytes]:
    """What waits for a decision and what was decided; for administrators also the proposal."""
    return await _list(request)


@post(PLACE, include_in_schema=False, status_code=303, **needs(Permission.CEREMONIES_PROPOSE))
async def propose(request: AnyRequest) -> Response[bytes]:
    """Propose a ceremony."""
    form = await read_form(request)
    kind, _, subject = form.one("subject").partition("/")
    try:
        if not is_id(form.one("key")):
            raise Conflict
        await services_of(request).ceremonies.propose(
            signed_in(request),
            Kind.DESTROY if kind == Kind.DESTROY else Kind.ROTATE,
            subject,
            form.one("reason"),
            form.one("key"),
        )
    except InvalidInput as wrong:
        return await _list(request, wrong.status, form, wrong.fields)
    return see_other(PLACE)


@get(PLACE + "/{ceremony_id:str}", include_in_schema=False, **needs(Permission.CEREMONIES_CONFIRM))
async def one_ceremony(request: AnyRequest, ceremony_id: FromPath[str]) -> Response[bytes]:
    """A proposal with its reason and what will be true, to be decided."""
    found: Ceremony = await services_of(request).ceremonies.one(ceremony_id)
    return page(
        request,
        "ceremonies/ceremony.html",
        found=found,
        kind=KIND_WORDS[found.kind],
        subject=subject_words(found.subject),
        effect=effect_words(found.kind, found.subject),
        state=STATE_WORDS[found.state],
        names=await services_of(request).accounts.directory(),
    )


@post(
    PLACE + "/{ceremony_id:str}",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.CEREMONIES_CONFIRM),
)
async def decide(request: AnyRequest, ceremony_id: FromPath[str]) -> Response[bytes]:
    """Confirm a proposal, which carries it out, or decline it."""
    form = await read_form(request)
    ceremonies = services_of(request).ceremonies
    if form.one("decision") == "confirm":
        await ceremonies.confirm(signed_in(request), ceremony_id)
    elif form.one("decision") == "decline":
        await ceremonies.decline(signed_in(request), ceremony_id)
    return see_other(PLACE)


ROUTES = (ceremonies_page, propose, one_ceremony, decide)
