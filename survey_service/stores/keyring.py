"""The installation's secrets: 32 random bytes each, in files of their own, never in a store.

A secret may come from the environment instead (`EQUALITY_KEY_` and its name in capitals), so
that a host's credential store can hold it. A missing secret stops the start: making a new one
silently would orphan everything the old one sealed.

Where the parts of an installation are separate, each has a folder of its own below the folder of
keys, with the secrets that `KEYS_OF` names for it; the few of `SHARED_KEYS` lie once, in a folder
that two parts read and one of them writes. A part that could read another one refuses to start,
for then nothing would be separate.

A few secrets only wrap other keys or seal short texts, so they can be replaced while the service
runs: the new one lies beside the old (`NAME.next.key`) until everything is wrapped anew, and
then takes its place. Whoever seals looks at the folder first, so that every process that shares
it wraps with the new one as soon as it is there.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from survey_service.stores.errors import StoreRefused
from survey_service.stores.key_files import (
    files_of,
    next_path_of,
    path_of,
    paths_of,
    read,
    read_all,
    refuse_lost,
    stamp,
    take_over,
    variable_of,
    write,
    write_whole,
)
from survey_service.stores.parts import KEYS_OF, SHARED_FOLDER, SHARED_KEYS, Part
from survey_service.stores.rotating import RotatingKey

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
    "receipt-signing",
    "invitation-slips",
    "once-keys",
    "device-loans",
)


ROTATED = (
    "office-wrap-vault",
    "office-wrap-answers",
    "office-wrap-freezes",
    "settle-keys",
    "audit-details",
)
"""Secrets that can be replaced online. Peppers, names and tombstones cannot: what they gave is
kept without what it was made from. The signing key is what everybody else knows the log by."""


class Keyring:
    """The secrets by name; one that is being replaced has two, the newer first.

    `folder` is where the files lie, None for a ring that is kept nowhere; `shared` where those
    of `SHARED_KEYS` lie, if not there.
    """

    def __init__(
        self,
        secrets_by_name: Mapping[str, bytes],
        folder: Path | None = None,
        shared: Path | None = None,
    ) -> None:
        self._secrets: dict[str, tuple[bytes, ...]] = {
            name: (value,) for name, value in secrets_by_name.items()
        }
        self._folder = folder
        self._shared = shared
        self._stamps: dict[str, tuple[int, int]] = {}
        for name in ROTATED:
            self.refresh(name)

    @classmethod
    def create(cls, folder: Path, *, in_use: bool = False) -> Keyring:
        """Make every secret that is not there yet and return the ring.

        Raises:
            StoreRefused: the installation is `in_use`, and one that it always had is gone.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in NAMES:
            path = folder / f"{name}.key"
            if not path.exists() and variable_of(name) not in os.environ:
                if in_use:
                    refuse_lost(path)
                write(path, secrets.token_hex(32) + "\n")
        return cls.load(folder)

    @classmethod
    def create_for_parts(cls, folder: Path, *, in_use: bool = False) -> None:
        """Leave each part a folder with its own secrets; what is there already is shared on.

        Secrets of an installation in one process, which lie in `folder` itself, are handed to the
        parts and removed there.

        Raises:
            StoreRefused: two places hold different values under one name, one is being replaced,
                or one that the installation, being `in_use`, always had is gone.
        """
        places = [folder, folder / SHARED_FOLDER, *(folder / part for part in Part)]
        for place in places:
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            if any(place.glob("*.next.key")):
                raise StoreRefused(
                    f"A key in {place} is being replaced. Start the service once, so that it "
                    "finishes, and stop it again."
                )
        for name in NAMES:
            held = {p.read_text(encoding="ascii").strip() for p in files_of(places, name)}
            if len(held) > 1:
                raise StoreRefused(f"The parts hold different keys {name}. Put one key copy back.")
            if in_use and not held:
                refuse_lost(path_of(folder, name))
            text = held.pop() if held else secrets.token_hex(32)
            kept = {_folder_of(folder, part, name) for part in Part if name in KEYS_OF[part]}
            for place in kept:
                if not path_of(place, name).exists():
                    write(path_of(place, name), text + "\n")
            for place in set(places) - kept:
                path_of(place, name).unlink(missing_ok=True)

    @classmethod
    def load(cls, folder: Path, part: Part | None = None) -> Keyring:
        """Return the ring of an installation, or of a part of it (`folder`/`part`).

        Raises:
            StoreRefused: a secret is missing or is not 64 hexadecimal digits, or the part could
                read one that it must not hold.
        """
        if part is None:
            return cls(read_all(folder, NAMES), folder)
        _refuse_foreign(folder, part)
        held = {
            name: read_all(_folder_of(folder, part, name), [name])[name]
            for name in sorted(KEYS_OF[part])
        }
        return cls(held, folder / part, folder / SHARED_FOLDER)

    @classmethod
    def random(cls) -> Keyring:
        """Return a ring of fresh secrets that is kept nowhere (tests)."""
        return cls({name: secrets.token_bytes(32) for name in NAMES})

    def of(self, part: Part) -> Keyring:
        """Return the ring with only what a part holds."""
        held = {name: self._secrets[name][-1] for name in KEYS_OF[part]}
        return Keyring(held, self._folder, self._shared)

    def _place(self, name: str) -> Path | None:
        """Where the files of a secret lie."""
        return self._shared if self._shared and name in SHARED_KEYS else self._folder

    def secret(self, name: str) -> bytes:
        """Return the 32 bytes of a named secret; the newer one while it is being replaced."""
        return self._secrets[name][0]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the secrets that this ring has."""
        return tuple(self._secrets)

    def holds(self, name: str) -> bool:
        """Return whether this ring has a secret of that name."""
        return name in self._secrets

    def candidates(self, name: str) -> tuple[bytes, ...]:
        """Return every secret under which something may still be sealed, the newest first."""
        return self._secrets[name]

    def rotating(self, name: str) -> RotatingKey:
        """Return the secret as something that seals and opens, whichever is in force then."""
        return RotatingKey(self, name)

    def refresh(self, name: str) -> bool:
        """See what another process did to a secret's files; return whether anything changed."""
        place = self._place(name)
        if place is None or name not in self._secrets or variable_of(name) in os.environ:
            return False
        stamps = (stamp(path_of(place, name)), stamp(next_path_of(place, name)))
        if self._stamps.get(name) == stamps:
            return False
        found = _in_force(place, name)
        self._stamps[name] = stamps
        changed = found != self._secrets[name]
        self._secrets[name] = found
        return changed

    def stage(self, name: str) -> None:
        """Lay a new secret beside the old one, durably; from now on it seals. Again is the same.

        Raises:
            StoreRefused: this secret is never replaced, or does not lie in a file.
        """
        if name not in ROTATED:
            raise StoreRefused(f"The key {name} is never replaced.")
        if variable_of(name) in os.environ:
            raise StoreRefused(
                f"The key {name} comes from the environment. Put it into its file, start the "
                "service without the variable, and try again."
            )
        if len(self._secrets[name]) > 1:
            return
        if (place := self._place(name)) is None:
            self._secrets[name] = (secrets.token_bytes(32), *self._secrets[name])
            return
        staged = next_path_of(place, name)
        if not staged.exists():
            write_whole(staged, secrets.token_hex(32) + "\n")
        self.refresh(name)

    def promote(self, name: str) -> None:
        """Let the staged secret take the old one's place; the old one's bytes are overwritten.

        Nothing may be left under the old one. Again is the same.
        """
        if (place := self._place(name)) is None:
            self._secrets[name] = self._secrets[name][:1]
            return
        if next_path_of(place, name).exists():
            take_over(place, name)
        self.refresh(name)

    def replace(self, name: str) -> None:
        """Destroy a secret and put a fresh one in its place: what the old one gave is noise now.

        Raises:
            StoreRefused: the secret comes from the environment.
        """
        if variable_of(name) in os.environ:
            raise StoreRefused(f"The key {name} comes from the environment: destroy it there.")
        if (place := self._place(name)) is None:
            self._secrets[name] = (secrets.token_bytes(32),)
            return
        # One that a crash left was never in force.
        next_path_of(place, name).unlink(missing_ok=True)
        write_whole(next_path_of(place, name), secrets.token_hex(32) + "\n")
        take_over(place, name)
        self._secrets[name] = (read(path_of(place, name), None),)

    def since(self, name: str) -> date | None:
        """Return the day a secret's file was written; None where it lies in no file."""
        place = self._place(name)
        if place is None or not path_of(place, name).is_file():
            return None
        moment = path_of(place, name).stat().st_mtime
        return datetime.fromtimestamp(moment, UTC).date()


def _in_force(place: Path, name: str) -> tuple[bytes, ...]:
    """A secret's values, the newest first; read again where it was taken over meanwhile."""
    for _ in range(3):
        try:
            files = [f for f in (next_path_of(place, name), path_of(place, name)) if f.is_file()]
            if files:
                return tuple(read(file, None) for file in files)
        except StoreRefused:
            continue
    return (read(path_of(place, name), None),)


def _folder_of(folder: Path, part: Part, name: str) -> Path:
    """Where a secret of a part lies."""
    return folder / (SHARED_FOLDER if name in SHARED_KEYS else part)


def _refuse_foreign(folder: Path, part: Part) -> None:
    """Nothing, if no secret that belongs to other parts alone is within this part's reach."""
    for name in sorted(set(NAMES) - KEYS_OF[part]):
        if variable_of(name) in os.environ:
            raise StoreRefused(
                f"The part {part} must not hold the key {name}. Take {variable_of(name)} out of "
                "its environment."
            )
        # Root reads every file, so the other parts' own folders say nothing about it.
        others = [] if os.geteuid() == 0 else [folder / other for other in (*Part, SHARED_FOLDER)
                                               if other != part]  # fmt: skip
        for path in (
            folder / part / f"{name}.key",
            folder / f"{name}.key",
            *paths_of(others, name),
        ):
            if os.access(path, os.R_OK):
                raise StoreRefused(
                    f"The part {part} can read the key {name} in {path.parent}, which it must not "
                    "hold. Give each part a user of its own, who alone can read its folder of "
                    "keys (docs/how-to/separate-parts.md)."
                )


def names_in(*folders: Path) -> set[str]:
    """Return the names of the secrets that lie in one of the folders or come from outside."""
    return {
        name
        for name in NAMES
        if variable_of(name) in os.environ or any(path_of(f, name).exists() for f in folders)
    }
