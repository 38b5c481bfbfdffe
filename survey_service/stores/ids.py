"""Random identifiers that tell nothing of order or time."""

from __future__ import annotations

import base64
import secrets


def new_id() -> str:
    """Return 128 random bits as 26 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()


def is_id(text: str) -> bool:
    """Return whether a form can have brought this back as an identifier that was drawn for it."""
    return text.isascii() and text.isalnum() and 16 <= len(text) <= 40
