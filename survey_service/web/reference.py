"""The description of the API: OpenAPI at /api/v1/openapi.json, and as a page of our own.

Litestar's own pages load scripts from other hosts, and its router answers unknown paths with a
page; ours carries nothing foreign and leaves unknown paths to the problem documents.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from litestar import Request, Response, Router, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from markupsafe import Markup, escape

from survey_service.web.permissions import PUBLIC, needs
from survey_service.web.rendering import page

ROOT = "/api/v1"
METHODS = ("get", "post", "put", "patch", "delete")


class SchemaRouter(Router):
    """Serves the schema document and nothing else."""

    def register(self, value: Any) -> Any:
        """Take the handler, unless it is the one that answers whatever nobody else does."""
        handled = getattr(value, "fn", None)
        if getattr(handled, "__name__", "") == "handle_schema_path_not_found":
            return []
        return super().register(value)


def openapi_config() -> OpenAPIConfig:
    """The configuration to give to the application."""
    return OpenAPIConfig(
        title="Equality Data Survey Platform",
        version="1",
        description="Tables about small minorities, released under disclosure control.",
        path=ROOT,
        openapi_router=SchemaRouter(
            ROOT, route_handlers=[], include_in_schema=False, **needs(PUBLIC)
        ),
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={
                "token": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    description="A token made on the page “My account”.",
                )
            }
        ),
        security=[{"token": []}],
        use_handler_docstrings=True,
    )


class Operation(NamedTuple):
    """One thing the API does, as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: list[dict[str, Any]]
    body: str | None
    responses: list[tuple[str, str, str | None]]


def schema_name(content: dict[str, Any]) -> str | None:
    """The name of the schema a body has, or of its items."""
    for media in content.values():
        schema = media.get("schema", {})
        reference = schema.get("$ref") or schema.get("items", {}).get("$ref")
        if reference:
            return str(reference).rsplit("/", 1)[-1]
    return None


def operations(schema: dict[str, Any]) -> Iterator[Operation]:
    """All operations, by path."""
    for path, item in sorted(schema.get("paths", {}).items()):
        for method in METHODS:
            if method not in item:
                continue
            told = item[method]
            yield Operation(
                id=method + re.sub(r"[^a-z0-9]+", "-", path.lower()).rstrip("-"),
                method=method.upper(),
                path=path,
                summary=told.get("summary", ""),
                description=told.get("description", ""),
                parameters=told.get("parameters", []),
                body=schema_name(told.get("requestBody", {}).get("content", {})),
                responses=[
                    (status, answer.get("description", ""), schema_name(answer.get("content", {})))
                    for status, answer in sorted(told.get("responses", {}).items())
                ],
            )


def in_words(text: str) -> Markup:
    """A docstring as a page shows it: what stands in backticks is code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    shown = [
        Markup("<code>{}</code>").format(piece) if place % 2 else escape(piece)
        for place, piece in enumerate(pieces)
    ]
    return Markup("").join(shown)


@get(f"{ROOT}/reference", include_in_schema=False, **needs(PUBLIC))
async def reference(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The API in words, made from the same document that programmes read."""
    schema = request.app.openapi_schema.to_schema()
    named = schema.get("components", {}).get("schemas", {})
    return page(
        request,
        "reference.html",
        in_words=in_words,
        title=schema["info"]["title"],
        operations=list(operations(schema)),
        schemas={
            name: json.dumps(shape, ensure_ascii=False, indent=2)
            for name, shape in sorted(named.items())
        },
    )


ROUTES = (reference,)
