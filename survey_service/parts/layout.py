"""Folders, keys and files of an installation whose parts run under users of their own.

    DATA            everybody may pass through
    DATA/stores/S   the group of those who share the store S; files made in it stay the group's
    DATA/tombstones front and settle
    DATA/run/PART   the part alone: its lock and control socket
    KEYS/PART       the part alone
    KEYS/records    settle; the office reads the keys that both need

An installation in one process is taken over: its stores and keys move to where the parts find
them. Every step can be repeated.
"""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from survey_service.lock import held, run_dir
from survey_service.settings import Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.key_checks import refuse_lost_keys
from survey_service.stores.keyring import Keyring, names_in
from survey_service.stores.migrate import upgrade
from survey_service.stores.parts import SHARED_FOLDER, STORES_OF, Part
from survey_service.stores.stores import NAMES, Stores, is_in_use

# Folders whose names say nothing: everybody may pass through and look, nobody but root may write.
PASS = 0o755

# Who shares a store, and the group that stands for them.
GROUPS: Mapping[frozenset[Part], str] = {
    frozenset({Part.FRONT, Part.SETTLE}): "equality-respondents",
    frozenset({Part.OFFICE, Part.SETTLE}): "equality-records",
    frozenset(Part): "equality-shared",
}


def sharing(store: str) -> frozenset[Part]:
    """Return the parts that reach a store."""
    return frozenset(part for part in Part if store in STORES_OF[part])


@dataclass(frozen=True)
class Owners:
    """Numbers of the users that the parts run under, and of the groups that share stores."""

    users: Mapping[Part, int]
    groups: Mapping[str, int]

    @classmethod
    def named(cls) -> Self:
        """Return `equality-front`, `equality-office`, `equality-settle` and the three groups.

        Raises:
            StoreRefused: one is missing, or this process may not give files away.
        """
        if os.geteuid() != 0:
            raise StoreRefused(
                "Only root can give files to the users of the parts. Run it with sudo; for a "
                "trial under one user add --same-user."
            )
        try:
            users = {part: pwd.getpwnam(f"equality-{part}").pw_uid for part in Part}
            groups = {name: grp.getgrnam(name).gr_gid for name in GROUPS.values()}
        except KeyError as error:
            raise StoreRefused(
                "A user or group of the parts is missing. Make them first: "
                "docs/how-to/separate-parts.md, step 1."
            ) from error
        return cls(users, groups)

    @classmethod
    def ourselves(cls) -> Self:
        """Return this process's own user and group for everything."""
        user, group = os.geteuid(), os.getegid()
        return cls(dict.fromkeys(Part, user), dict.fromkeys(GROUPS.values(), group))

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """Return those that a folder was laid out for."""
        users = {part: run_dir(data_dir, part).stat().st_uid for part in Part}
        folders = {GROUPS[sharing(name)]: data_dir / "stores" / name for name in NAMES}
        return cls(users, {name: folder.stat().st_gid for name, folder in folders.items()})


def lay_out(settings: Settings, owners: Owners) -> None:
    """Leave everything in place for the three parts, stores up to date.

    Raises:
        StoreRefused: the installation, or a part of it, is running.
    """
    data, keys = settings.data_dir, settings.keys_dir
    for folder in (data, data / "stores", keys):
        folder.mkdir(parents=True, exist_ok=True, mode=PASS)
    with held(data):
        for name in NAMES:
            _store_folder(data / "stores", name, owners)
        places = (keys, keys / SHARED_FOLDER, *(keys / part for part in Part))
        for begun in (data, *(run_dir(data, part) for part in Part)):
            refuse_lost_keys(begun, names_in(*places))
        Keyring.create_for_parts(keys, in_use=is_in_use(data / "stores"))
        for part in Part:
            _give(keys / part, owners.users[part])
        _share_keys(keys / SHARED_FOLDER, owners)
        stores = Stores.at(data / "stores", settings.store_urls)
        for store in stores:
            upgrade(store)
        stores.close()
        for part in Part:
            own = run_dir(data, part)
            own.mkdir(parents=True, exist_ok=True, mode=0o700)
            own.parent.chmod(PASS)
        share(data, owners)
        for folder in (data, data / "stores", keys):
            folder.chmod(PASS)


def share(data: Path, owners: Owners) -> None:
    """Leave every store with those who share it, and what is a part's own with the part."""
    tombstones = data / "tombstones"
    tombstones.touch(0o660)
    tombstones.chmod(0o660)
    respondents = owners.groups[GROUPS[frozenset({Part.FRONT, Part.SETTLE})]]
    os.chown(tombstones, owners.users[Part.SETTLE], respondents)
    for name in NAMES:
        _share(data / "stores" / name, owners)
    for part in Part:
        _give(run_dir(data, part), owners.users[part])


def _store_folder(stores: Path, name: str, owners: Owners) -> None:
    """A store's own folder, with the file of an installation in one process moved into it."""
    folder = stores / name
    folder.mkdir(exist_ok=True, mode=0o700)
    os.chown(folder, owners.users[Part.SETTLE], owners.groups[GROUPS[sharing(name)]])
    folder.chmod(0o2770)
    for suffix in (".sqlite-wal", ".sqlite-shm", ".ballast", ".sqlite"):
        file = stores / f"{name}{suffix}"
        if file.exists():
            file.rename(folder / file.name)


def _share(folder: Path, owners: Owners) -> None:
    group = owners.groups[GROUPS[sharing(folder.name)]]
    for file in folder.iterdir():
        os.chown(file, owners.users[Part.SETTLE], group)
        file.chmod(0o660)


def _share_keys(folder: Path, owners: Owners) -> None:
    """Settle replaces what lies here, and the office reads it."""
    group = owners.groups[GROUPS[frozenset({Part.OFFICE, Part.SETTLE})]]
    for path in (folder, *folder.iterdir()):
        os.chown(path, owners.users[Part.SETTLE], group)
        path.chmod(0o2750 if path == folder else 0o640)


def _give(folder: Path, user: int) -> None:
    folder.chmod(0o700)
    for path in (folder, *folder.iterdir()):
        os.chown(path, user, -1)
