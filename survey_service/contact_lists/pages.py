"""Pages of contact lists and of consent statistics."""

import csv
import io
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from survey_service.problems import Conflict, FieldError, InvalidInput, NotReady
from survey_service.releases.formats.table_csv import neutral
from survey_service.stores.ids import is_id, new_id
from survey_service.two_people.deciding import decided
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, may, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]
PLACE = "/office/contact-lists"
FIELDS = ("name", "phone", "email")
NOTHING_SENT = Form({})


async def _list(
    request: AnyRequest,
    status: int = 200,
    form: Form = NOTHING_SENT,
    errors: list[FieldError] | None = None,
) -> Response[bytes]:
    services, person = services_of(request), signed_in(request)
    language = language_of(request)
    surveys = [(slug, title.text(language)) for slug, _, title in services.surveys.surveys_now()]
    return page(
        request,
        "contact_lists/lists.html",
        status,
        found=await services.contact_lists.all(),
        me=person.id,
        names=await services.accounts.directory(),
        titles=dict(surveys),
        surveys=surveys,
        asks=may(person, Permission.CONTACTS_ASK),
        form=form,
        key=form.one("key") or new_id(),
        errors=errors or [],
    )


@get(PLACE, include_in_schema=False, **needs(Permission.CONTACTS_DECIDE))
async def contact_lists_page(request: AnyRequest) -> Response[bytes]:
    """What was asked for and what became of it; for coordinators also the request."""
    return await _list(request)


@post(PLACE + "/new", include_in_schema=False, status_code=303, **needs(Permission.CONTACTS_ASK))
async def ask(request: AnyRequest) -> Response[bytes]:
    """Ask for a list."""
    form = await read_form(request)
    key = form.one("key")
    try:
        if not is_id(key):
            raise Conflict
        await services_of(request).contact_lists.ask(
            signed_in(request),
            form.one("survey"),
            form.one("reason"),
            form.one("passphrase"),
            form.one("again"),
            key,
        )
    except InvalidInput as wrong:
        return await _list(request, wrong.status, form, wrong.fields)
    return see_other(f"{PLACE}/{key}")


async def _one(
    request: AnyRequest,
    list_id: str,
    status: int = 200,
    errors: list[FieldError] | None = None,
    **more: Any,
) -> Response[bytes]:
    services, person = services_of(request), signed_in(request)
    found = await services.contact_lists.one(list_id)
    titles = {slug: title for slug, _, title in services.surveys.surveys_now()}
    return page(
        request,
        "contact_lists/list.html",
        status,
        found=found,
        title=titles[found.survey].text(language_of(request)),
        own=found.asked_by == person.id,
        names=await services.accounts.directory(),
        errors=errors or [],
        **{"contacts": None, "waits": False, **more},
    )


@get(PLACE + "/{list_id:str}", include_in_schema=False, **needs(Permission.CONTACTS_DECIDE))
async def contact_list_page(request: AnyRequest, list_id: FromPath[str]) -> Response[bytes]:
    """One request: to be decided by somebody else, to be opened by whoever asked."""
    return await _one(request, list_id)


@post(
    PLACE + "/{list_id:str}/decide",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.CONTACTS_DECIDE),
)
async def decide(request: AnyRequest, list_id: FromPath[str]) -> Response[bytes]:
    """Grant or refuse."""
    return await decided(request, services_of(request).contact_lists, list_id, PLACE)


@post(
    PLACE + "/{list_id:str}/open",
    include_in_schema=False,
    status_code=200,
    **needs(Permission.CONTACTS_ASK),
)
async def open_list(request: AnyRequest, list_id: FromPath[str]) -> Response[bytes]:
    """Show the contacts, or hand them out as a file; only with the passphrase, every time."""
    form = await read_form(request)
    lists = services_of(request).contact_lists
    try:
        contacts = await lists.open(signed_in(request), list_id, form.one("passphrase"))
    except InvalidInput as wrong:
        return await _one(request, list_id, wrong.status, wrong.fields)
    except NotReady as early:
        return await _one(request, list_id, early.status, waits=True)
    if form.one("as") == "file":
        headers = {"Content-Disposition": 'attachment; filename="contacts.csv"'}
        return Response(as_csv(contacts), media_type="text/csv", headers=headers)
    return await _one(request, list_id, contacts=contacts)


def as_csv(contacts: list[dict[str, str]]) -> bytes:
    """The contacts as a file for a spreadsheet, which takes none of it for a formula."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for contact in contacts:
        writer.writerow([neutral(contact.get(field, "")) for field in FIELDS])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


@get("/office/consents", include_in_schema=False, **needs(Permission.CONSENT_STATISTICS_READ))
async def consents_page(request: AnyRequest) -> Response[bytes]:
    """How many have each purpose in force, in tens."""
    services = services_of(request)
    return page(
        request,
        "contact_lists/consents.html",
        found=await services.contact_lists.statistics(signed_in(request)),
        titles={slug: title for slug, _, title in services.surveys.surveys_now()},
        purposes={
            (wave.survey, purpose.id.value): purpose.title
            for wave in services.surveys.waves_now()
            for purpose in wave.notice.purposes
        },
    )


ROUTES = (contact_lists_page, ask, contact_list_page, decide, open_list, consents_page)
