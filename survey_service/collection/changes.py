"""Purposes taken back after settle, until the vault's next shuffle notes them.

The answers are changed at once. If the vault's row were changed then too, two single changes at
one time would pair them; so the vault waits, and is sealed anew as a whole. What waits is sealed
to settle, and once more with the code, so that its person sees it in force already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, select

from survey_service.collection.code import CodeKeys
from survey_service.collection.letterbox import GenerationClosed, Letterbox
from survey_service.collection.models import DecisionChange, Generation
from survey_service.stores.envelopes import open_part, pad, seal, seal_to, unpad, unseal
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement

_TABLE: Any = DecisionChange.__table__  # type: ignore[attr-defined]
_GENERATION: Any = Generation.__table__  # type: ignore[attr-defined]
_COPY = select(_TABLE.c.own_copy).where(_TABLE.c.tag == bindparam("tag"))
_STATE = (
    select(_GENERATION.c.state)
    .where(_GENERATION.c.id == bindparam("id"))
    .with_for_update(read=True)
)
_REMOVE = delete(_TABLE).where(_TABLE.c.tag == bindparam("tag"))
_OF_GENERATION = select(_TABLE.c.tag, _TABLE.c.vault_part).where(
    _TABLE.c.generation == bindparam("generation")
)
_DROP = delete(_TABLE).where(_TABLE.c.generation == bindparam("generation"))
_ANY = select(_TABLE.c.generation).limit(1)

BLOCK = 512


def lane(wave: str) -> str:
    """Return under which name a wave's changes have generations, beside its submissions'."""
    return f"changes:{wave}"


class Changes:
    """Decisions taken back that the vault has not noted yet; lies in the `inbox` store."""

    def __init__(self, store: Store, inbox: Letterbox) -> None:
        self._store = store
        self._inbox = inbox

    def put_now(
        self, wave: str, keys: CodeKeys, consent_tag: bytes, purposes: Iterable[str]
    ) -> None:
        """Keep, durably, that these purposes are withdrawn; again is the same, with others more."""
        tag = self._inbox.stored_tag(keys)
        for _ in range(5):
            gone = sorted({*purposes, *self.own_now(keys)})
            generation = self._inbox.generation_now(lane(wave))
            part = json.dumps({"tag": consent_tag.hex(), "withdrawn": gone}).encode()
            row = {
                "tag": tag,
                "generation": generation.id,
                "vault_part": seal_to(generation.vault_key, pad(part, BLOCK), tag),
                "own_copy": seal(keys.inbox_key, pad(json.dumps(gone).encode(), BLOCK), tag),
            }

            def work(tx: Tx, row: dict[str, Any] = row) -> bool:
                if tx.one(_STATE, id=row["generation"]) != ("open",):
                    return False
                return tx.run(replacement(DecisionChange, tx.dialect), **row) == 1

            if self._store.write_now(work):
                return
        raise GenerationClosed

    def own_now(self, keys: CodeKeys) -> frozenset[str]:
        """Return the purposes that a code has withdrawn and the vault has not noted yet."""
        tag = self._inbox.stored_tag(keys)
        row = self._store.first_now(_COPY, tag=tag)
        if row is None:
            return frozenset()
        return frozenset(json.loads(unpad(unseal(keys.inbox_key, row[0], tag))))

    def remove_now(self, keys: CodeKeys) -> int:
        """Forget what a code has withdrawn: all of it was erased."""
        tag = self._inbox.stored_tag(keys)
        return self._store.write_now(lambda tx: tx.run(_REMOVE, tag=tag))

    def any_now(self) -> bool:
        """Return whether anything waits for a shuffle."""
        return self._store.first_now(_ANY) is not None

    def of_now(self, generation: str, private: bytes) -> dict[bytes, frozenset[str]]:
        """Return the purposes withdrawn by stored consent tag, opened with settle's key."""
        rows = self._store.read_now(lambda tx: tx.all(_OF_GENERATION, generation=generation))
        found: dict[bytes, frozenset[str]] = {}
        for tag, sealed in rows:
            part = json.loads(unpad(open_part(private, sealed, bytes(tag))))
            found[bytes.fromhex(part["tag"])] = frozenset(part["withdrawn"])
        return found

    def drop_now(self, generation: str) -> None:
        """Forget the changes of a generation, which the vault has noted."""
        self._store.write_now(lambda tx: tx.run(_DROP, generation=generation))
