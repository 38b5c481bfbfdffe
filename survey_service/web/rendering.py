"""Pages from templates: one Jinja environment per language, every room's folder in it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from litestar import Response
from markupsafe import Markup, escape

from schemas.texts import Texts
from survey_service.web.context import (
    OFFICE_PREFIX,
    Connection,
    demonstration,
    person_of,
)
from survey_service.web.csrf import csrf_field
from survey_service.web.icons import DRAWINGS
from survey_service.web.languages import language_of, link
from survey_service.web.navigation import navigation
from survey_service.web.static_files import static
from survey_service.web.translation import (
    LANGUAGES,
    ROMANI,
    romani_falls_back,
    say_day,
    say_number,
    texts,
    written_language,
)

PACKAGE = Path(__file__).parent.parent
HTML = "text/html"


@cache
def environment(language: str) -> Environment:
    """The environment whose templates speak one language.

    `releases/catalogue.html` is survey_service/releases/templates/catalogue.html;
    layouts and macros of this room need no prefix.
    """
    rooms = {
        folder.parent.name: FileSystemLoader(folder)
        for folder in sorted(PACKAGE.glob("*/templates"))
    }
    made = Environment(
        loader=ChoiceLoader([FileSystemLoader(PACKAGE / "web" / "templates"), PrefixLoader(rooms)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        # Each page would ask the disk whether one of its four or five templates has changed.
        auto_reload=False,
    )
    words = texts(language)
    made.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True
    )
    made.globals.update(
        language=language,
        written_language=written_language(language),
        languages=LANGUAGES,
        romani_fallback=language == ROMANI and romani_falls_back(),
        static=static,
        drawings=DRAWINGS,
    )
    made.filters["day"] = lambda day: say_day(day, language)
    made.filters["said"] = lambda words: said(words, language)
    made.filters["number"] = lambda number: say_number(number, language)
    return made


def said(words: Texts, language: str) -> Markup:
    """Words of a questionnaire, marked where they are in another language than the page."""
    text, spoken = words.said_in(language)
    if spoken == written_language(language):
        return escape(text)
    return Markup('<span lang="{}">{}</span>').format(spoken, text)


def render(language: str, template: str, context: Mapping[str, Any]) -> str:
    """The text of a template."""
    return environment(language).get_template(template).render(context)


def surroundings(connection: Connection) -> dict[str, Any]:
    """What every layout may use besides the page's own context."""
    person = person_of(connection)
    path = str(connection.scope["path"])
    return {
        "path": path,
        "in_office": path.startswith(OFFICE_PREFIX),
        "person": person,
        "demonstration": demonstration(connection),
        "navigation": navigation(connection, person),
        "link": lambda target: link(connection, target),
        "csrf_field": lambda: csrf_field(connection),
    }


def html(
    body: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """A response that is a page."""
    content = body.encode() if isinstance(body, str) else body
    return Response(content, status_code=status, media_type=HTML, headers=headers)


def page(
    connection: Connection,
    template: str,
    status: int = 200,
    *,
    in_language: str | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response[bytes]:
    """The page a template makes of the context, in the language of the request."""
    language = in_language or language_of(connection)
    text = render(language, template, surroundings(connection) | context)
    return html(text, status, headers)
