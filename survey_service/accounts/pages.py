"""Somebody's own account, and everybody's for administrators."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from schemas.vocabulary import Role
from survey_service.accounts import sign_in_pages
from survey_service.accounts.people import Person
from survey_service.accounts.service import AccountLine
from survey_service.accounts.sign_in_pages import EMPTY, START, gone
from survey_service.accounts.tokens import LONGEST_DAYS, TokenWish
from survey_service.accounts.words import PERMISSION_WORDS, ROLE_WORDS, STATE_WORDS
from survey_service.problems import N_, FieldError, InvalidInput, NotFound
from survey_service.stores.ids import new_id
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.permissions import (
    FOR_PROGRAMMES,
    ROLE_PERMISSIONS,
    SIGNED_IN,
    Permission,
    needs,
)
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


async def _own(
    request: AnyRequest,
    status: int = 200,
    form: Form = EMPTY,
    errors: list[FieldError] | None = None,
) -> Response[bytes]:
    accounts = services_of(request).accounts
    person = signed_in(request)
    permissions = sorted(ROLE_PERMISSIONS[person.role] & FOR_PROGRAMMES)
    return page(
        request,
        "accounts/account.html",
        status,
        role=ROLE_WORDS[person.role],
        sessions=await accounts.sessions.own(person),
        tokens=await accounts.tokens.own(person),
        scopes=[(scope.value, PERMISSION_WORDS[scope]) for scope in permissions],
        words={scope.value: words for scope, words in PERMISSION_WORDS.items()},
        key=new_id(),
        longest=LONGEST_DAYS,
        form=form,
        errors=errors or [],
    )


@get("/office/account", include_in_schema=False, **needs(SIGNED_IN))
async def own_account(request: AnyRequest) -> Response[bytes]:
    """Own sessions and tokens."""
    return await _own(request)


@post(
    "/office/account/sign-out-everywhere",
    include_in_schema=False,
    status_code=303,
    **needs(SIGNED_IN),
)
async def sign_out_everywhere(request: AnyRequest) -> Response[bytes]:
    """End all own sessions, this one too."""
    await read_form(request)
    await services_of(request).accounts.sign_out_everywhere(signed_in(request))
    return gone(request, f"{START}?out=1")


@post("/office/account/tokens", include_in_schema=False, status_code=200, **needs(SIGNED_IN))
async def create_token(request: AnyRequest) -> Response[bytes]:
    """Make a token and show it, this once: no redirect, because it is kept nowhere."""
    form = await read_form(request)
    wish = TokenWish(
        key=form.one("key"),
        name=form.one("name"),
        scopes=tuple(form.all("scopes")),
        days=form.one("days"),
    )
    try:
        token = await services_of(request).accounts.tokens.create(signed_in(request), wish)
    except InvalidInput as wrong:
        return await _own(request, wrong.status, form, wrong.fields)
    return page(request, "accounts/token_made.html", token=token, name=wish.name.strip())


@post(
    "/office/account/tokens/{token_id:str}/revoke",
    include_in_schema=False,
    status_code=303,
    **needs(SIGNED_IN),
)
async def revoke_token(request: AnyRequest, token_id: FromPath[str]) -> Response[bytes]:
    """End one of the own tokens."""
    await read_form(request)
    await services_of(request).accounts.tokens.revoke(signed_in(request), token_id)
    return see_other("/office/account")


async def _everybody(
    request: AnyRequest,
    status: int = 200,
    form: Form = EMPTY,
    errors: list[FieldError] | None = None,
) -> Response[bytes]:
    lines = await services_of(request).accounts.all(signed_in(request))
    return page(
        request,
        "accounts/accounts.html",
        status,
        lines=lines,
        roles=[(role.value, words) for role, words in ROLE_WORDS.items()],
        role_words={role.value: words for role, words in ROLE_WORDS.items()},
        state_words=STATE_WORDS,
        key=new_id(),
        form=form,
        errors=errors or [],
    )


@get("/office/accounts", include_in_schema=False, **needs(Permission.ACCOUNTS_WRITE))
async def accounts_page(request: AnyRequest) -> Response[bytes]:
    """Everybody who works here."""
    return await _everybody(request)


@post(
    "/office/accounts",
    include_in_schema=False,
    status_code=200,
    **needs(Permission.ACCOUNTS_WRITE),
)
async def create_account(request: AnyRequest) -> Response[bytes]:
    """Make an account and show its one-time password, this once."""
    form = await read_form(request)
    try:
        role = _role(form.one("role"))
        made = await services_of(request).accounts.create(
            signed_in(request), form.one("username"), role, form.one("key")
        )
    except InvalidInput as wrong:
        return await _everybody(request, wrong.status, form, wrong.fields)
    return page(request, "accounts/password_shown.html", made=made, role=ROLE_WORDS[made.role])


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        message = N_("Please choose what this person does here.")
        raise InvalidInput([FieldError("role", message)]) from error


@get(
    "/office/accounts/{account_id:str}",
    include_in_schema=False,
    **needs(Permission.ACCOUNTS_WRITE),
)
async def one_account(request: AnyRequest, account_id: FromPath[str]) -> Response[bytes]:
    """One account, with what can be done about it."""
    person = signed_in(request)
    line = await _line(request, person, account_id)
    return page(
        request,
        "accounts/one_account.html",
        line=line,
        role=ROLE_WORDS[line.role],
        state=STATE_WORDS[line.state],
        own=line.id == person.id,
    )


async def _line(request: AnyRequest, person: Person, account_id: str) -> AccountLine:
    for line in await services_of(request).accounts.all(person):
        if line.id == account_id:
            return line
    raise NotFound


@post(
    "/office/accounts/{account_id:str}/renew",
    include_in_schema=False,
    status_code=200,
    **needs(Permission.ACCOUNTS_WRITE),
)
async def renew_account(request: AnyRequest, account_id: FromPath[str]) -> Response[bytes]:
    """Give a new one-time password and show it, this once."""
    await read_form(request)
    made = await services_of(request).accounts.renew(signed_in(request), account_id)
    return page(request, "accounts/password_shown.html", made=made, role=ROLE_WORDS[made.role])


@post(
    "/office/accounts/{account_id:str}/deactivate",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.ACCOUNTS_WRITE),
)
async def deactivate_account(request: AnyRequest, account_id: FromPath[str]) -> Response[bytes]:
    """End an account."""
    await read_form(request)
    await services_of(request).accounts.deactivate(signed_in(request), account_id)
    return see_other("/office/accounts")


ROUTES = (
    *sign_in_pages.ROUTES,
    own_account,
    sign_out_everywhere,
    create_token,
    revoke_token,
    accounts_page,
    create_account,
    one_account,
    renew_account,
    deactivate_account,
)
