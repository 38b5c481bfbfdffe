"""The pages of signing in and out."""

import io
from typing import Any
from urllib.parse import quote

import segno
from litestar import Request, Response, get, post

from survey_service.accounts.sessions import Stage
from survey_service.accounts.sign_in import SignedIn
from survey_service.accounts.totp import otpauth
from survey_service.problems import InvalidInput, NotFound, NotSignedIn, Problem, TooMany
from survey_service.web.context import services_of, signed_in
from survey_service.web.cookies import (
    BROWSER,
    PENDING,
    SESSION,
    drop_cookie,
    read_cookie,
    set_cookie,
)
from survey_service.web.forms import Form, read_form
from survey_service.web.permissions import PUBLIC, SIGNED_IN, needs
from survey_service.web.redirects import safe_next, see_other
from survey_service.web.rendering import page
from survey_service.web.responses import Ready

AnyRequest = Request[Any, Any, Any]

BROWSER_LIVES = 90 * 24 * 3600
START = "/office/sign-in"
STEPS = {Stage.CODE: "/office/sign-in/code", Stage.ENROL: "/office/sign-in/enrol"}
EMPTY = Form({})


def _next_query(asked: str) -> str:
    """The query that carries the wanted page on, empty where it is the office's first."""
    wanted = safe_next(asked)
    return "" if wanted == "/office" else f"?next={quote(wanted, safe='/')}"


def _asked(request: AnyRequest) -> str:
    return str(request.query_params.get("next", ""))


def _pending(request: AnyRequest) -> str:
    """The id of the sign-in that waits for its second step, or one that there never is."""
    return (read_cookie(request, PENDING) or "")[:200]


def _refusal(wrong: Problem) -> dict[str, Any]:
    """What a page needs to say why: fields to correct, or how long to wait."""
    return {"errors": wrong.fields, "wait": wrong if isinstance(wrong, TooMany) else None}


@get(START, include_in_schema=False, **needs(PUBLIC))
async def sign_in_page(request: AnyRequest) -> Response[bytes]:
    """The form for user name and password."""
    out = request.query_params.get("out") == "1"
    wanted = _next_query(_asked(request))
    return page(
        request, "accounts/sign_in.html", form=EMPTY, errors=(), wait=None, out=out, wanted=wanted
    )


@post(START, include_in_schema=False, status_code=303, **needs(PUBLIC))
async def give_password(request: AnyRequest) -> Response[bytes]:
    """Go on to the second step, or say that name or password is not right."""
    form = await read_form(request)
    wanted = _next_query(_asked(request))
    sign_ins = services_of(request).accounts.sign_ins
    try:
        step = await sign_ins.password(
            form.one("username"), form.one("password"), read_cookie(request, BROWSER)
        )
    except (InvalidInput, TooMany) as wrong:
        return page(
            request,
            "accounts/sign_in.html",
            wrong.status,
            headers=wrong.headers,
            form=form,
            out=False,
            wanted=wanted,
            **_refusal(wrong),
        )
    return see_other(STEPS[step.stage] + wanted, [set_cookie(request, PENDING, step.secret)])


@get("/office/sign-in/code", include_in_schema=False, **needs(PUBLIC))
async def code_page(request: AnyRequest) -> Response[bytes]:
    """The form for the one-time code; without a password given just before, the one for that."""
    sessions = services_of(request).accounts.sessions
    wanted = _next_query(_asked(request))
    if await sessions.pending(_pending(request), Stage.CODE) is None:
        return see_other(START + wanted)
    return page(request, "accounts/sign_in_code.html", errors=(), wait=None, wanted=wanted)


@post("/office/sign-in/code", include_in_schema=False, status_code=303, **needs(PUBLIC))
async def give_code(request: AnyRequest) -> Response[bytes]:
    """Begin the session, or say that the code is not right."""
    form = await read_form(request)
    wanted = _next_query(_asked(request))
    sign_ins = services_of(request).accounts.sign_ins
    try:
        done = await sign_ins.code(
            _pending(request), form.one("code"), read_cookie(request, BROWSER)
        )
    except (InvalidInput, TooMany) as wrong:
        return page(
            request,
            "accounts/sign_in_code.html",
            wrong.status,
            headers=wrong.headers,
            wanted=wanted,
            **_refusal(wrong),
        )
    except NotSignedIn:
        return see_other(START + wanted)
    return await _welcome(request, done)


@get("/office/sign-in/enrol", include_in_schema=False, **needs(PUBLIC))
async def enrol_page(request: AnyRequest) -> Response[bytes]:
    """The first sign-in: an own password and a second factor."""
    return await _enrolment(request, 200, errors=())


@get("/office/sign-in/enrol/picture", include_in_schema=False, **needs(PUBLIC))
async def enrol_picture(request: AnyRequest) -> Response[bytes]:
    """The new secret as a QR code; it never stands in an address."""
    sign_ins = services_of(request).accounts.sign_ins
    try:
        person, secret = await sign_ins.enrolment(_pending(request))
    except NotSignedIn as nobody:
        raise NotFound from nobody
    drawn = io.BytesIO()
    segno.make(otpauth(secret, person.username), error="m").save(
        drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff"
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml")


@post("/office/sign-in/enrol", include_in_schema=False, status_code=303, **needs(PUBLIC))
async def enrol(request: AnyRequest) -> Response[bytes]:
    """Keep password and second factor and begin the session, or say what is not right."""
    form = await read_form(request)
    sign_ins = services_of(request).accounts.sign_ins
    try:
        done = await sign_ins.enrol(
            _pending(request), form.one("password"), form.one("repeated"), form.one("code")
        )
    except InvalidInput as wrong:
        return await _enrolment(request, wrong.status, errors=wrong.fields)
    except NotSignedIn:
        return see_other(START + _next_query(_asked(request)))
    return await _welcome(request, done)


@post("/office/sign-out", include_in_schema=False, status_code=303, **needs(SIGNED_IN))
async def sign_out(request: AnyRequest) -> Response[bytes]:
    """End the session here, and let the browser forget what it kept of our pages."""
    await read_form(request)
    await services_of(request).accounts.sign_out(signed_in(request))
    return gone(request, f"{START}?out=1")


def gone(request: AnyRequest, path: str) -> Response[bytes]:
    """A 303 after which the browser holds no session and no copy of a page.

    The mark of the browser stays: it opens nothing, and keeps guessing elsewhere from slowing
    this person down here.
    """
    headers = [(b"location", path.encode("ascii")), (b"clear-site-data", b'"cache", "storage"')]
    forgotten = [drop_cookie(request, cookie) for cookie in (SESSION, PENDING)]
    headers += [(b"set-cookie", cookie.encode("ascii")) for cookie in forgotten]
    return Ready(status=303, headers=headers)


async def _enrolment(request: AnyRequest, status: int, **context: Any) -> Response[bytes]:
    sign_ins = services_of(request).accounts.sign_ins
    wanted = _next_query(_asked(request))
    try:
        person, secret = await sign_ins.enrolment(_pending(request))
    except NotSignedIn:
        return see_other(START + wanted)
    grouped = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return page(
        request,
        "accounts/enrol.html",
        status,
        username=person.username,
        secret=grouped,
        wanted=wanted,
        **context,
    )


async def _welcome(request: AnyRequest, done: SignedIn) -> Response[bytes]:
    await services_of(request).accounts.replace_session(read_cookie(request, SESSION), done.secret)
    mark = set_cookie(request, BROWSER, done.browser) + f"; Max-Age={BROWSER_LIVES}"
    return see_other(
        safe_next(_asked(request)),
        [set_cookie(request, SESSION, done.secret), drop_cookie(request, PENDING), mark],
    )


ROUTES = (
    sign_in_page,
    give_password,
    code_page,
    give_code,
    enrol_page,
    enrol_picture,
    enrol,
    sign_out,
)
