"""Redirects after a form: always 303, never to another host."""

from collections.abc import Sequence

from survey_service.web.responses import Ready


def see_other(path: str, cookies: Sequence[str] = ()) -> Ready:
    """A 303 to one of our own paths, with Set-Cookie lines where a cookie changes.

    Raises:
        ValueError: it is no path of ours, or would break out of its header.
    """
    own = path.startswith("/") and not path.startswith("//")
    if not own or not path.isascii() or not path.isprintable():
        raise ValueError("a redirect needs a path of our own")
    headers = [(b"location", path.encode("ascii"))]
    headers += [(b"set-cookie", cookie.encode("ascii")) for cookie in cookies]
    return Ready(status=303, headers=headers)


def safe_next(asked: str, default: str = "/office") -> str:
    """The page to go on to, if it is one of the office's; else the default.

    A backslash or a second slash would let a browser read it as another host, and a control
    character as another header.
    """
    own = asked == "/office" or asked.startswith(("/office/", "/office?"))
    plain = asked.isascii() and asked.isprintable() and "\\" not in asked and "//" not in asked
    return asked if own and plain and len(asked) <= 500 else default
