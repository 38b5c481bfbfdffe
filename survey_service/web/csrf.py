"""A form's proof that it came from a page this session was shown.

The token is a keyed hash under the session's own id, which only the browser holds: a page
never shows the id, and a token of another session does not fit.
"""

import hmac
from hashlib import sha256

from markupsafe import Markup

from survey_service.web.context import Connection, person_of
from survey_service.web.cookies import SESSION, read_cookie

FIELD = "_csrf"


def csrf_token(session: str) -> str:
    """The token of a session."""
    return hmac.new(session.encode(), b"csrf token v1", sha256).hexdigest()


def csrf_field(connection: Connection) -> Markup:
    """The hidden field for a form; nothing where nobody is signed in."""
    session = read_cookie(connection, SESSION)
    if session is None or person_of(connection) is None:
        return Markup("")
    field = Markup('<input type="hidden" name="{}" value="{}">')
    return field.format(FIELD, csrf_token(session))


def fits(connection: Connection, posted: list[str]) -> bool:
    """Whether the posted tokens are exactly the one of this session."""
    session = read_cookie(connection, SESSION)
    if session is None or len(posted) != 1:
        return False
    return hmac.compare_digest(csrf_token(session).encode(), posted[0].encode())
