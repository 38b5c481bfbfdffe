"""An installation whose parts are separate, stopped, and held as one by root: for a restore.

No part could put back what belongs to another: not its files, nor its tables on PostgreSQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from survey_service.lock import held
from survey_service.parts.layout import Owners, share
from survey_service.parts.settle import wire_settle
from survey_service.settings import Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import Keyring
from survey_service.stores.migrate import upgrade
from survey_service.stores.parts import OWNER_OF, Part
from survey_service.stores.stores import NAMES, Stores


@dataclass(frozen=True)
class Whole:
    """Every store, each reached as its owner reaches it, and the keys that open what is stored."""

    settings: Settings
    stores: Stores
    keyring: Keyring

    def replay_tombstones(self) -> None:
        """Finish erasures that a restored backup brought back."""
        for store in self.stores:
            upgrade(store)
        wire_settle(self.settings, self.stores, self.keyring).maintenance.replay_tombstones()

    def places(self) -> dict[str, str]:
        """Return where each store lies: its file, or its database without how to get there."""
        urls = self.settings.store_urls
        return {
            store.name: str(store.path)
            if store.path
            else f"PostgreSQL, {urls[store.name].rpartition('/')[2].partition('?')[0]}"
            for store in self.stores
        }


@contextmanager
def opened_whole(settings: Settings, environments: Path) -> Iterator[Whole]:
    """Give all stores for a block; what was written in it is each owner's afterwards.

    `environments`: the folder of the files `environment-PART`, in which a store on PostgreSQL has
    its address.

    Raises:
        StoreRefused: this is not root, a part is running, or a key is missing.
    """
    if os.geteuid() != 0:
        raise StoreRefused("Only root can put back what belongs to three users. Run it with sudo.")
    owners = Owners.of(settings.data_dir)
    urls = owners_urls(environments) | settings.store_urls
    settings = settings.model_copy(update={"store_urls": urls})
    try:
        with held(settings.data_dir):
            keyring = Keyring.load(settings.keys_dir, Part.SETTLE)
            stores = Stores.at(settings.data_dir / "stores", urls)
            try:
                yield Whole(settings, stores, keyring)
            finally:
                stores.close()
    finally:
        share(settings.data_dir, owners)


def owners_urls(folder: Path) -> dict[str, str]:
    """Return the address of each store on PostgreSQL, as its owner's environment file says it."""
    said = {part: _variables(folder / f"environment-{part}") for part in Part}
    found = {name: said[OWNER_OF[name]].get(f"EQUALITY_{name.upper()}_URL") for name in NAMES}
    return {name: url for name, url in found.items() if url}


def _variables(file: Path) -> dict[str, str]:
    """The variables of a file as systemd reads it; none where there is no such file."""
    if not file.is_file():
        return {}
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#;")
    return {name.strip(): _unquoted(value.strip()) for name, _, value in pairs}


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value
