"""The installation's secrets: 32 random bytes each, in files of their own, never in a store.

A secret may come from the environment instead (`EQUALITY_KEY_` and its name in capitals), so
that a host's credential store can hold it. A missing secret stops the start: making a new one
silently would orphan everything the old one sealed.

Where the parts of an installation are separate, each has a folder of its own below the folder of
keys, with the secrets that `KEYS_OF` names for it. A part that could read another one refuses to
start, for then nothing would be separate.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from survey_service.stores.errors import StoreRefused
from survey_service.stores.parts import KEYS_OF, Part

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
                _write(path, secrets.token_hex(32) + "\n")
        return cls.load(folder)

    @classmethod
    def create_for_parts(cls, folder: Path) -> None:
        """Leave each part a folder with its own secrets; what is there already is shared on.

        Secrets of an installation in one process, which lie in `folder` itself, are handed to the
        parts and removed there.

        Raises:
            StoreRefused: two places hold different values under one name.
        """
        places = [folder, *(folder / part for part in Part)]
        for part in Part:
            (folder / part).mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in NAMES:
            held = {p.read_text(encoding="ascii").strip() for p in _files(places, name)}
            if len(held) > 1:
                raise StoreRefused(f"The parts hold different keys {name}. Put one key copy back.")
            text = held.pop() if held else secrets.token_hex(32)
            for part in Part:
                path = folder / part / f"{name}.key"
                if name in KEYS_OF[part] and not path.exists():
                    _write(path, text + "\n")
            (folder / f"{name}.key").unlink(missing_ok=True)

    @classmethod
    def load(cls, folder: Path, part: Part | None = None) -> Keyring:
        """Return the ring of an installation, or of a part of it (`folder`/`part`).

        Raises:
            StoreRefused: a secret is missing or is not 64 hexadecimal digits, or the part could
                read one that it must not hold.
        """
        if part is None:
            return cls(_read_all(folder, NAMES))
        _refuse_foreign(folder, part)
        return cls(_read_all(folder / part, sorted(KEYS_OF[part])))

    @classmethod
    def random(cls) -> Keyring:
        """Return a ring of fresh secrets that is kept nowhere (tests)."""
        return cls({name: secrets.token_bytes(32) for name in NAMES})

    def of(self, part: Part) -> Keyring:
        """Return the ring with only what a part holds."""
        return Keyring({name: self._secrets[name] for name in KEYS_OF[part]})

    def secret(self, name: str) -> bytes:
        """Return the 32 bytes of a named secret."""
        return self._secrets[name]


def _write(path: Path, text: str) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _read_all(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    return {name: _read(folder / f"{name}.key", os.environ.get(_variable(name))) for name in names}


def _read(path: Path, text: str | None) -> bytes:
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
    return value


def _files(folders: Iterable[Path], name: str) -> list[Path]:
    return [path for folder in folders if (path := folder / f"{name}.key").is_file()]


def _refuse_foreign(folder: Path, part: Part) -> None:
    """Nothing, if no secret that belongs to other parts alone is within this part's reach."""
    for name in sorted(set(NAMES) - KEYS_OF[part]):
        if _variable(name) in os.environ:
            raise StoreRefused(
                f"The part {part} must not hold the key {name}. Take {_variable(name)} out of "
                "its environment."
            )
        # Root reads every file, so the other parts' own folders say nothing about it.
        others = [] if os.geteuid() == 0 else [folder / other for other in Part if other != part]
        for path in (folder / part / f"{name}.key", folder / f"{name}.key", *_paths(others, name)):
            if os.access(path, os.R_OK):
                raise StoreRefused(
                    f"The part {part} can read the key {name} in {path.parent}, which it must not "
                    "hold. Give each part a user of its own, who alone can read its folder of "
                    "keys (docs/how-to/separate-parts.md)."
                )


def _paths(folders: Iterable[Path], name: str) -> list[Path]:
    return [folder / f"{name}.key" for folder in folders]


def _variable(name: str) -> str:
    return "EQUALITY_KEY_" + name.upper().replace("-", "_")
