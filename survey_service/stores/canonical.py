"""JSON in one form only, so that the same content is the same bytes however it came to be."""

from __future__ import annotations

import json
from typing import Any

_ENCODE = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Any) -> bytes:
    """Return the value as JSON: names sorted, no space, UTF-8.

    An answer that was corrected, and corrected back, is again byte for byte what it was: whoever
    can open a row cannot tell from the order of its names that it was changed.
    """
    return _ENCODE(value).encode()
