"""Which files a release has, and how they are sent."""

from __future__ import annotations

from litestar import Response

from survey_service.releases.wording import LANGUAGES
from survey_service.web.context import Connection
from survey_service.web.languages import asked_language

FILES = {
    "table.csv": "text/csv; charset=utf-8; header=present",
    "table.json": "application/json",
    "chart.svg": "image/svg+xml",
    "certificate.json": "application/json",
}
DEFAULT = "en"
"""The language of a file whose address names none: programmes read these."""


def file_name(name: str, connection: Connection) -> str:
    """Return the stored name of a file: `table.csv` is kept once per language."""
    if name == "certificate.json":
        return name
    language = asked_language(connection) or DEFAULT
    stem, _, kind = name.partition(".")
    return f"{stem}.{language if language in LANGUAGES else 'lv'}.{kind}"


def file_response(name: str, content: bytes, release_id: str) -> Response[bytes]:
    """Return the file; a table is offered for keeping, a chart is shown."""
    headers = {}
    if name != "chart.svg":
        headers["content-disposition"] = f'attachment; filename="{release_id[:8]}-{name}"'
    return Response(content, media_type=FILES[name], headers=headers)
