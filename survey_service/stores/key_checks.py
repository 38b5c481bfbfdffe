"""Whether the keys at hand are those the installation was begun with.

A key file that is well formed and of another installation opens nothing and finds nobody: with a
wrong pepper every code would read as if nothing were kept, and an erasure would erase nothing. So
each process keeps a check value of each secret it holds beside the stores and starts with no other.
A check value is an HMAC under the secret; of 32 random bytes it tells nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from survey_service.stores.envelopes import mac
from survey_service.stores.errors import StoreRefused
from survey_service.stores.key_files import write_whole
from survey_service.stores.keyring import ROTATED, Keyring

FILE = "key-checks"
REPLACED = frozenset({*ROTATED, "audit-actors"})
"""Secrets that a ceremony of two may replace."""
_LABEL = b"equality-survey/key-check/v1"
_LENGTH = 16


def refuse_lost_keys(folder: Path, present: Iterable[str]) -> None:
    """Nothing, if each secret the installation was begun with is still there.

    Raises:
        StoreRefused: one is missing, and a new one in its place would open nothing.
    """
    lost = sorted(set(_read(folder / FILE)) - set(present))
    if lost:
        raise StoreRefused(
            f"Missing from the folder of keys: {_files(lost)}. Put them back from your key copy; "
            "new keys cannot open what the old ones sealed."
        )


def refuse_other_keys(keyring: Keyring, folder: Path) -> None:
    """Nothing, if the ring holds what it held before; what it holds newly is remembered.

    Secrets that a ceremony may replace are left out; whether wraps open, `refuse_unopened` says.

    Raises:
        StoreRefused: a secret is another than before; names it and the remedy.
    """
    path = folder / FILE
    known = _read(path)
    found = {
        name: mac(keyring.secret(name), _LABEL)[:_LENGTH].hex()
        for name in keyring.names
        if name not in REPLACED
    }
    if other := sorted(name for name in found if known.get(name, found[name]) != found[name]):
        raise StoreRefused(
            f"Not the keys that this installation was begun with: {_files(other)}. Put them back "
            "from your key copy; with other keys nobody's answers are found, not even to erase "
            "them."
        )
    if not found.keys() <= known.keys():
        # A restore on a new machine begins with the keys, before there is a folder of data.
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(known | found, indent=1, sort_keys=True) + "\n")


def _read(path: Path) -> dict[str, str]:
    """The check values kept so far.

    Raises:
        StoreRefused: the file cannot be read as what it is.
    """
    try:
        kept = json.loads(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return {}
    except ValueError:
        kept = None
    if not isinstance(kept, dict):
        raise StoreRefused(
            f"{path} is damaged. Make sure that the folder of keys is this installation's, delete "
            "that file, and start again."
        )
    return kept


def _files(names: Iterable[str]) -> str:
    return ", ".join(f"{name}.key" for name in names)
