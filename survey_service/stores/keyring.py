"""The installation's secrets: 32 random bytes each, in files of their own, never in a store.

A secret may come from the environment instead (`EQUALITY_KEY_` and its name in capitals), so
that a host's credential store can hold it. A missing secret stops the start: making a new one
silently would orphan everything the old one sealed.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from survey_service.stores.errors import StoreRefused

NAMES = (
    "pepper-drafts",
    "pepper-inbox",
    "pepper-vault",
    "pepper-answers",
    "office-wrap-vault",
    "office-wrap-answers",
    "office-wrap-freezes",
    "row-key-names",
    "settle-keys",
    "tombstones",
    "audit-actors",
    "audit-details",
    "audit-signing",
    "second-factors",
)


class Keyring:
    """The secrets by name."""

    def __init__(self, secrets_by_name: Mapping[str, bytes]) -> None:
        self._secrets = dict(secrets_by_name)

    @classmethod
    def create(cls, folder: Path) -> Keyring:
        """Make every secret that is not there yet and return the ring."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in NAMES:
            path = folder / f"{name}.key"
            if not path.exists() and _variable(name) not in os.environ:
                handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(secrets.token_hex(32) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Keyring:
        """Return the ring of an installation.

        Raises:
            StoreRefused: a secret is missing or is not 64 hexadecimal digits.
        """
        found: dict[str, bytes] = {}
        for name in NAMES:
            path = folder / f"{name}.key"
            text = os.environ.get(_variable(name))
            if text is None and path.is_file():
                text = path.read_text(encoding="ascii", errors="replace")
            if text is None:
                raise StoreRefused(
                    f"The key file {path.name} is missing from the folder of keys. Put the file "
                    "back from your key copy; a new key cannot open what the old one sealed."
                )
            try:
                value = bytes.fromhex(text.strip())
            except ValueError:
                value = b""
            if len(value) != 32:
                raise StoreRefused(f"The key file {path.name} must hold 64 hexadecimal digits.")
            found[name] = value
        return cls(found)

    @classmethod
    def random(cls) -> Keyring:
        """Return a ring of fresh secrets that is kept nowhere (tests)."""
        return cls({name: secrets.token_bytes(32) for name in NAMES})

    def secret(self, name: str) -> bytes:
        """Return the 32 bytes of a named secret."""
        return self._secrets[name]


def _variable(name: str) -> str:
    return "EQUALITY_KEY_" + name.upper().replace("-", "_")
