"""The files of an installation's secrets: one each, 64 hexadecimal digits, whole or not there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from survey_service.stores.errors import StoreRefused


def path_of(folder: Path, name: str) -> Path:
    """Return where a secret lies."""
    return folder / f"{name}.key"


def next_path_of(folder: Path, name: str) -> Path:
    """Return where the secret lies that will take its place."""
    return folder / f"{name}.next.key"


def stamp(path: Path) -> int:
    """Return a number that changes when a file is written or replaced; 0 where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    return found.st_mtime_ns ^ found.st_ino


def take_over(folder: Path, name: str) -> None:
    """Let the staged file take the place of the old one, whose bytes are overwritten."""
    path = path_of(folder, name)
    with path.open("r+b") as old:
        size = path.stat().st_size
        next_path_of(folder, name).replace(path)
        _sync(folder)
        old.write(bytes(size))
        old.flush()
        os.fsync(old.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, text: str) -> None:
    """Leave a file that is whole, or none."""
    draft = path.with_suffix(".writing")
    draft.unlink(missing_ok=True)
    write(draft, text)
    draft.replace(path)
    _sync(path.parent)


def write(path: Path, text: str) -> None:
    """Leave a new file that its owner alone reads, durably.

    In a folder that hands its group on to its files, the group reads it too.
    """
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    if path.parent.stat().st_mode & stat.S_ISGID:
        os.fchmod(handle, 0o640)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def read_all(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return named secrets; what the environment says goes before a file.

    Raises:
        StoreRefused: one is missing or is not 64 hexadecimal digits.
    """
    return {name: read(folder / f"{name}.key", os.environ.get(variable_of(name))) for name in names}


def read(path: Path, text: str | None) -> bytes:
    """Return a secret of 32 bytes from its text, or else from its file.

    Raises:
        StoreRefused: it is missing or is not 64 hexadecimal digits.
    """
    if text is None and path.is_file():
        text = path.read_text(encoding="ascii", errors="replace")
    if text is None:
        raise StoreRefused(_missing(path))
    try:
        value = bytes.fromhex(text.strip())
    except ValueError:
        value = b""
    if len(value) != 32:
        raise StoreRefused(f"The key file {path.name} must hold 64 hexadecimal digits.")
    return value


ADDED_LATER = frozenset({"receipt-signing", "invitation-slips", "once-keys", "device-loans"})
"""Secrets that the first installations were made without."""


def _missing(path: Path) -> str:
    back = "Put the file back from your key copy; a new key cannot open what the old one sealed."
    if path.stem not in ADDED_LATER:
        return f"The key file {path.name} is missing from the folder of keys. {back}"
    return (
        f"The key file {path.name} is missing from the folder of keys. Versions before this one "
        "had no such key: if you have just updated, run `equality-survey init` once (with --parts "
        "where the parts are separate) as the first time. It makes what is missing and changes "
        f"nothing else; then copy the new key. If the key was there before: {back[0].lower()}"
        f"{back[1:]}"
    )


def refuse_lost(path: Path) -> None:
    """Nothing, if a secret that an installation in use has not got may be made anew.

    Raises:
        StoreRefused: it was there from the beginning, so its file was lost.
    """
    if path.stem not in ADDED_LATER:
        raise StoreRefused(_missing(path))


def files_of(folders: Iterable[Path], name: str) -> list[Path]:
    """Return the files of that name that are there."""
    return [path for folder in folders if (path := folder / f"{name}.key").is_file()]


def paths_of(folders: Iterable[Path], name: str) -> list[Path]:
    """Return where a secret would lie in each folder."""
    return [folder / f"{name}.key" for folder in folders]


def variable_of(name: str) -> str:
    """Return the environment variable that may hold a secret."""
    return "EQUALITY_KEY_" + name.upper().replace("-", "_")
