"""Style sheet and images, held in memory under names that carry their hash.

The name changes with the content, so a browser may keep each for good; a name that is not
in the table is simply not found, so no path can lead out of the folder.
"""

import gzip
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from survey_service.problems import NotFound
from survey_service.web.context import header
from survey_service.web.permissions import PUBLIC, needs
from survey_service.web.responses import Ready

FOLDER = Path(__file__).parent / "static"
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
GZIPPED = (b"content-encoding", b"gzip")
VARIES = (b"vary", b"accept-encoding")
FOR_GOOD = (b"cache-control", b"public, max-age=31536000, immutable")


@cache
def hashed_names() -> Mapping[str, str]:
    """The public name of each file: `style.css` becomes `style.3f2a9c1b52d0.css`."""
    names = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in MEDIA_TYPES:
            digest = sha256(path.read_bytes()).hexdigest()[:12]
            names[path.name] = f"{path.stem}.{digest}{path.suffix}"
    return names


@cache
def contents() -> Mapping[str, tuple[bytes, str]]:
    """Body and media type by public name."""
    return {
        public: ((FOLDER / name).read_bytes(), MEDIA_TYPES[Path(name).suffix])
        for name, public in hashed_names().items()
    }


def static(name: str) -> str:
    """The address of a static file."""
    return f"/static/{hashed_names()[name]}"


@cache
def compressed() -> Mapping[str, bytes]:
    """The same bodies for browsers that take gzip; a slow link feels the difference.

    Only static files: a page that holds what somebody typed is never compressed (BREACH).
    """
    return {name: gzip.compress(body, 9, mtime=0) for name, (body, _) in contents().items()}


@get("/static/{name:str}", include_in_schema=False, **needs(PUBLIC))
async def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """One static file."""
    found = contents().get(name)
    if found is None:
        raise NotFound
    body, media_type = found
    headers = [FOR_GOOD, VARIES]
    if "gzip" in (header(request, b"accept-encoding") or ""):
        body = compressed()[name]
        headers.append(GZIPPED)
    return Ready(body, media_type=media_type, headers=headers)
