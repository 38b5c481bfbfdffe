"""After the `keys` store came back: no key without its row, no batch without its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, select

from survey_service.answers.models import AnswerRow, FreezeKey, FreezeRow
from survey_service.backups.standing import reading
from survey_service.ceremonies.rotating import WRAPS
from survey_service.collection.key_models import SettleKey
from survey_service.collection.models import Generation, Waiting
from survey_service.stores.bases import BASES
from survey_service.stores.envelopes import mac
from survey_service.stores.errors import EnvelopeBroken, StoreRefused
from survey_service.stores.keyring import Keyring
from survey_service.stores.models import RowKey
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx

_ROW_KEY: Any = RowKey.__table__  # type: ignore[attr-defined]
_SETTLE: Any = SettleKey.__table__  # type: ignore[attr-defined]
_GENERATION: Any = Generation.__table__  # type: ignore[attr-defined]
_WAITING: Any = Waiting.__table__  # type: ignore[attr-defined]
_ANSWER: Any = AnswerRow.__table__  # type: ignore[attr-defined]
_FREEZE_KEY: Any = FreezeKey.__table__  # type: ignore[attr-defined]
_FREEZE: Any = FreezeRow.__table__  # type: ignore[attr-defined]
_FREEZES = select(_FREEZE.c.id, _FREEZE.c.sealed)
_NO_FREEZE = delete(_FREEZE_KEY).where(_FREEZE_KEY.c.freeze == bindparam("of_freeze"))
_REMOVE = delete(_ROW_KEY).where(_ROW_KEY.c.name == bindparam("of_name"))


def refuse_unopened(copy: Path, keyring: Keyring) -> None:
    """Nothing, if the wraps of a copy of `keys` open with the keys at hand.

    Raises:
        StoreRefused: they were wrapped with a key that was replaced since.
    """
    if name := _unopened(copy, keyring):
        raise StoreRefused(
            f"This copy of keys was made before the key {name} was replaced, so it opens "
            "nothing. Take one that was made since, or go on without: the rows then open "
            "with their codes only."
        )


def refuse_foreign(keys: Store, keyring: Keyring) -> None:
    """Nothing, if the wraps in the store `keys` open with the keys at hand.

    Raises:
        StoreRefused: a key file is another than the one they were wrapped with.
    """
    if keys.path is not None and (name := _unopened(keys.path, keyring)):
        raise StoreRefused(
            f"The key {name} does not open what is stored. Put {name}.key back from your key "
            "copy; with another one nothing can be settled or counted."
        )


def _unopened(copy: Path, keyring: Keyring) -> str | None:
    """The name of a key that does not open what was wrapped with it."""
    for name, of in WRAPS.items():
        table: Any = of.model.__table__
        some = select(table.c[of.key], table.c[of.wrapped[0]]).limit(1)
        if of.scope is not None:
            some = some.where(table.c.scope.startswith(of.scope, autoescape=True))
        with reading(copy) as tx:
            row = tx.one(some)
        try:
            if row is not None:
                keyring.rotating(name).unseal(row[1], of.bound(row[0]))
        except EnvelopeBroken:
            return name
    return None


def drop_unowned(stores: Stores, keyring: Keyring) -> int:
    """Destroy keys of rows and freezes that are not there, such as those of who erased."""
    names = keyring.secret("row-key-names")
    owned = set()
    for of, table in (("answers", _ANSWER), ("vault", _consents())):
        store = getattr(stores, of)
        tags = store.read_now(lambda tx, table=table: tx.all(select(table.c.tag)))
        owned |= {mac(names, of.encode() + b"\0" + bytes(tag)) for (tag,) in tags}

    freezes = stores.answers.read_now(lambda tx: tx.all(_FREEZES))
    whole = {freeze for freeze, sealed in freezes if sealed}

    def work(tx: Tx) -> int:
        found = [bytes(row[0]) for row in tx.all(select(_ROW_KEY.c.name))]
        gone = sum(tx.run(_REMOVE, of_name=name) for name in found if name not in owned)
        return gone + sum(tx.run(_NO_FREEZE, of_freeze=freeze) for freeze in _destroyed(tx, whole))

    dropped = stores.keys.write_now(work)
    stores.keys.compact()
    return dropped


def _destroyed(tx: Tx, whole: set[str]) -> list[str]:
    """Return the freezes that have a key here and no content there; planned tables are none."""
    kept = [row[0] for row in tx.all(select(_FREEZE_KEY.c.freeze))]
    return [name for name in kept if name not in whole and not name.startswith("lasting:")]


def drop_unopened(stores: Stores) -> bool:
    """Drop batches whose private keys are gone, so that nobody submits into them.

    Return whether somebody waited in one.
    """
    kept = stores.keys.read_now(lambda tx: tx.all(select(_SETTLE.c.generation)))
    known = {row[0] for row in kept}

    def work(tx: Tx) -> bool:
        lost = [row[0] for row in tx.all(select(_GENERATION.c.id)) if row[0] not in known]
        waited = 0
        for generation in lost:
            waited += tx.run(delete(_WAITING).where(_WAITING.c.generation == generation))
            tx.run(delete(_GENERATION).where(_GENERATION.c.id == generation))
        return waited > 0

    return stores.inbox.write_now(work)


def _consents() -> Any:
    # By name: this room sees neither consents nor answers beyond their tags.
    return BASES["vault"].metadata.tables["consent"]
