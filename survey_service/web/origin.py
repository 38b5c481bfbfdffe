"""Forms are taken from our own pages only."""

from urllib.parse import urlsplit

from survey_service.problems import ForeignOrigin
from survey_service.web.context import OFFICE_PREFIX, Connection, header

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = frozenset({"same-origin", "none"})


def refuse_foreign(connection: Connection) -> None:
    """Nothing, if the request comes from one of our pages or from no page.

    A browser that follows our `Referrer-Policy: no-referrer` sends `Origin: null` with its own
    forms, so `Sec-Fetch-Site` decides where it is sent. Older browsers send neither; a
    respondent is then guarded by his SameSite=Strict cookie, and the office refuses.

    Raises:
        ForeignOrigin: it comes from somewhere else.
    """
    site = header(connection, b"sec-fetch-site")
    if site is not None and site not in OWN:
        raise ForeignOrigin
    origin = header(connection, b"origin")
    if origin is None:
        return
    if origin == "null":
        if site is None and str(connection.scope["path"]).startswith(OFFICE_PREFIX):
            raise ForeignOrigin
        return
    # Only the host is compared: behind a proxy the scheme may differ from the browser's.
    if urlsplit(origin).netloc != header(connection, b"host"):
        raise ForeignOrigin
