"""Every text that people may see, found in the source: what the catalogues must hold.

`missing("lv")` is empty when a language is complete; a test keeps it so.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.extract import extract
from jinja2.ext import babel_extract

from survey_service.web.translation import texts

PACKAGE = Path(__file__).parent.parent
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


class Message(NamedTuple):
    """A source text, its plural where it has one, and where it stands."""

    text: str
    plural: str | None
    room: str
    where: str


def messages() -> Iterator[Message]:
    """All of them, in order of file and line."""
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("templates/*.html")]):
        inside = path.relative_to(PACKAGE)
        room = inside.parts[0].removesuffix(".py")
        with path.open("rb") as source:
            if path.suffix == ".py":
                found = extract("python", source, keywords=KEYWORDS, options={"encoding": "utf-8"})
                rows: list[tuple[int, Any]] = [(line, text) for line, text, *_ in found]
            else:
                options = {"newstyle_gettext": "true", "extensions": "jinja2.ext.do"}
                rows = [
                    (line, text)
                    for line, _, text, _ in babel_extract(source, list(KEYWORDS), [], options)
                ]
        for line, text in rows:
            one, many = (text[0], text[1]) if isinstance(text, tuple) else (text, None)
            if one:
                yield Message(one, many, room, f"{inside}:{line}")


def missing(language: str) -> list[str]:
    """The texts that a language has no words for yet, each with its place."""
    words = texts(language)
    known = words.single.keys() | words.plural.keys()
    gone = {m.text: f"{m.where}: {m.text}" for m in messages() if m.text not in known}
    return sorted(gone.values())
