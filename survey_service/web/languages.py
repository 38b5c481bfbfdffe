"""Which language a page is in."""

from urllib.parse import parse_qs, urlencode

from survey_service.problems import NotFound
from survey_service.web.context import OFFICE_PREFIX, Connection, header, is_api
from survey_service.web.cookies import LANGUAGE, read_cookie
from survey_service.web.translation import (
    DEFAULT_LANGUAGE,
    LANGUAGES,
    SOURCE_LANGUAGE,
    Translate,
    translator,
)


def language_of(connection: Connection) -> str:
    """The language of this request.

    A respondent's pages name it in the path, so that nothing need be stored before consent;
    other public pages in `?lang=`; the office remembers it in a cookie once somebody chose.
    Else it is what the browser asks for, else Latvian. Documents of the API are in English.
    """
    if is_api(connection):
        return SOURCE_LANGUAGE
    named = connection.scope.get("path_params", {}).get("lang") or path_segment(connection)
    if named in LANGUAGES:
        return str(named)
    asked = asked_language(connection)
    if asked:
        return asked
    if connection.scope["path"].startswith(OFFICE_PREFIX):
        remembered = read_cookie(connection, LANGUAGE)
        if remembered in LANGUAGES:
            return str(remembered)
    return preferred_language(header(connection, b"accept-language") or "")


def path_segment(connection: Connection) -> str | None:
    """Where a respondent's page names its language, for paths that lead to no page."""
    parts = str(connection.scope["path"]).split("/")
    place = {"survey": 3, "my-answers": 2}.get(parts[1] if len(parts) > 1 else "")
    return parts[place] if place is not None and len(parts) > place else None


def path_language(language: str) -> str:
    """The language a path names.

    Raises:
        NotFound: we have no such language.
    """
    if language not in LANGUAGES:
        raise NotFound
    return language


def asked_language(connection: Connection) -> str | None:
    """The language `?lang=` names, if it names one of ours."""
    query = connection.scope.get("query_string", b"").decode("latin-1")
    if "lang=" not in query:
        return None
    asked = parse_qs(query).get("lang", [""])[-1]
    return asked if asked in LANGUAGES else None


def preferred_language(accepted: str) -> str:
    """The first of ours in an Accept-Language header, by its weights."""
    weighted = []
    for position, part in enumerate(accepted[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        weighted.append((-quality, position, tag.partition("-")[0].lower()))
    for refused, _, tag in sorted(weighted):
        if tag in LANGUAGES and refused < 0:
            return tag
    return DEFAULT_LANGUAGE


def link(connection: Connection, path: str) -> str:
    """The path, carrying on a language that the address names."""
    asked = asked_language(connection)
    if asked is None:
        return path
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'lang': asked})}"


def request_translator(connection: Connection) -> Translate:
    """The function that translates into the language of this request."""
    return translator(language_of(connection))
