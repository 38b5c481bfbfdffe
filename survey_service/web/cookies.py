"""Cookies, named and marked by how the page came: `__Host-` and Secure under https."""

from collections.abc import Mapping
from enum import StrEnum

from survey_service.stores.parts import Part
from survey_service.web.context import Connection, header


class Cookie(StrEnum):
    """Every cookie there is; each belongs to the pages of a part."""

    SESSION = "session"
    PENDING = "sign-in"
    BROWSER = "browser"
    PREVIEW = "preview"
    CODE = "code"
    ASSISTED = "assisted"
    SLIP = "slip"
    LOAN = "loan"
    LANGUAGE = "language"


SESSION, PENDING, BROWSER, PREVIEW = Cookie.SESSION, Cookie.PENDING, Cookie.BROWSER, Cookie.PREVIEW
CODE, ASSISTED, SLIP = Cookie.CODE, Cookie.ASSISTED, Cookie.SLIP
LOAN, LANGUAGE = Cookie.LOAN, Cookie.LANGUAGE

# Where parts are separate, a proxy in front lets each see its own cookies only: the office no code,
# the front no session of staff.
COOKIES_OF: Mapping[Part, frozenset[Cookie]] = {
    Part.FRONT: frozenset({CODE, ASSISTED, SLIP, LOAN, LANGUAGE}),
    Part.OFFICE: frozenset({SESSION, PENDING, BROWSER, PREVIEW, LOAN, LANGUAGE}),
}


def cookie_name(connection: Connection, name: Cookie) -> str:
    """The name a cookie goes by here: `__Host-` binds it to this host and to https."""
    return f"__Host-{name}" if connection.scope["scheme"] == "https" else name


def read_cookie(connection: Connection, name: Cookie) -> str | None:
    """The value of our cookie, or nothing; a name given twice counts as nothing.

    A second cookie of the same name can only have been planted from elsewhere.
    """
    line = header(connection, b"cookie")
    if line is None:
        return None
    wanted = cookie_name(connection, name) + "="
    found = [part[len(wanted) :] for part in line.split("; ") if part.startswith(wanted)]
    return found[0] if len(found) == 1 and found[0] else None


def set_cookie(connection: Connection, name: Cookie, value: str) -> str:
    """The Set-Cookie line of a cookie that lives as long as the browser window."""
    secure = "; Secure" if connection.scope["scheme"] == "https" else ""
    return f"{cookie_name(connection, name)}={value}; Path=/; HttpOnly; SameSite=Strict{secure}"


def drop_cookie(connection: Connection, name: Cookie) -> str:
    """The Set-Cookie line after which the browser has forgotten the cookie."""
    return set_cookie(connection, name, "") + "; Max-Age=0"
