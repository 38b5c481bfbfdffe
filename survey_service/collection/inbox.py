"""The inbox as settle uses it: generation by generation, each with keys of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from survey_service.collection.key_models import SettleKey
from survey_service.collection.letterbox import (
    OPEN_OF_WAVE,
    GenerationClosed,
    Letterbox,
    OpenGeneration,
)
from survey_service.collection.models import Generation, Waiting
from survey_service.stores.envelopes import (
    key_pair,
)
from survey_service.stores.ids import new_id
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

_GENERATION: Any = Generation.__table__  # type: ignore[attr-defined]
_WAITING: Any = Waiting.__table__  # type: ignore[attr-defined]
_KEYS: Any = SettleKey.__table__  # type: ignore[attr-defined]

_ANY = select(_GENERATION.c.id).where(_GENERATION.c.wave == bindparam("wave"))
_CLOSING = select(_GENERATION.c.id, _GENERATION.c.wave).where(_GENERATION.c.state == "closing")
_CLOSE = (
    update(_GENERATION)
    .where(_GENERATION.c.id == bindparam("generation"), _GENERATION.c.state == "open")
    .values(state="closing")
)
_DROP_GENERATION = delete(_GENERATION).where(_GENERATION.c.id == bindparam("generation"))
_OF_GENERATION = select(_WAITING.c.tag, _WAITING.c.vault_part, _WAITING.c.answers_part).where(
    _WAITING.c.generation == bindparam("generation")
)
_DROP_WAITING = delete(_WAITING).where(_WAITING.c.generation == bindparam("generation"))
_PRIVATE = select(_KEYS.c.vault_private, _KEYS.c.answers_private).where(
    _KEYS.c.generation == bindparam("generation")
)
_DROP_KEY = delete(_KEYS).where(_KEYS.c.generation == bindparam("generation"))


class Inbox(Letterbox):
    """The inbox with the settle keys of its generations: opens, closes and empties them."""

    def __init__(self, store: Store, keys: Store, keyring: Keyring) -> None:
        super().__init__(store, keyring)
        self._keys = keys
        self._wrap = keyring.rotating("settle-keys")
        self._making = threading.Lock()

    def generation_now(self, wave: str) -> OpenGeneration:
        """Return the wave's open generation, making one with fresh keys where there is none."""
        with self._making:
            row = self._store.read_now(lambda tx: tx.one(OPEN_OF_WAVE, wave=wave))
            generation = OpenGeneration(*row) if row else self._make(wave)
            self._open[wave] = generation
            return generation

    def _make(self, wave: str) -> OpenGeneration:
        row = self._with_keys(wave)

        def work(tx: Tx) -> OpenGeneration:
            found = tx.one(OPEN_OF_WAVE, wave=wave)
            if found is not None:
                return OpenGeneration(*found)
            tx.add(row)
            return OpenGeneration(row.id, row.vault_key, row.answers_key)

        return self._store.write_now(work)

    def _with_keys(self, wave: str) -> Generation:
        """A generation to be opened; its private keys are kept already."""
        id_ = new_id()
        vault_private, vault_key = key_pair()
        answers_private, answers_key = key_pair()
        bound = id_.encode()

        def keep(tx: Tx) -> None:
            secret = {
                "generation": id_,
                "vault_private": self._wrap.seal(vault_private, bound),
                "answers_private": self._wrap.seal(answers_private, bound),
            }
            tx.add(SettleKey.model_validate(secret))

        self._keys.write_now(keep)
        return Generation.model_validate(
            {
                "id": id_,
                "wave": wave,
                "state": "open",
                "vault_key": vault_key,
                "answers_key": answers_key,
            }
        )

    def closing_now(self, wave: str) -> list[str]:
        """Return the wave's generations that a settle has closed and not yet dropped."""
        rows = self._store.read_now(lambda tx: tx.all(_CLOSING))
        return [row[0] for row in rows if row[1] == wave]

    def has_any_now(self, wave: str) -> bool:
        """Return whether the wave has a generation, open or closing."""
        return self._store.read_now(lambda tx: tx.one(_ANY, wave=wave)) is not None

    def close_now(self, wave: str, *, reopen: bool = False) -> str | None:
        """Close the wave's open generation, waiting for its writers, and return its id.

        With `reopen` the next one opens in the same commit, so that nobody finds none.
        """
        row = self._store.read_now(lambda tx: tx.one(OPEN_OF_WAVE, wave=wave))
        if row is None:
            return None
        following = self._with_keys(wave) if reopen else None

        def work(tx: Tx) -> None:
            if tx.run(_CLOSE, generation=row[0]) and following is not None:
                tx.add(following)

        self._store.write_now(work)
        self._open.pop(wave, None)
        return str(row[0])

    def private_now(self, generation: str) -> tuple[bytes, bytes]:
        """Return the generation's private keys: vault, answers."""
        return self._private(generation, 0), self._private(generation, 1)

    def _private(self, generation: str, which: int) -> bytes:
        def read() -> bytes | None:
            row = self._keys.read_now(lambda tx: tx.one(_PRIVATE, generation=generation))
            return row[which] if row else None

        key = self._wrap.opened(read, generation.encode())
        if key is None:
            raise GenerationClosed
        return key

    def parts_now(self, generation: str) -> list[tuple[bytes, bytes, bytes]]:
        """Return inbox tag and the two sealed parts of all that waits in a generation."""
        rows: Iterable[tuple[Any, ...]] = self._store.read_now(
            lambda tx: tx.all(_OF_GENERATION, generation=generation)
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def drop_now(self, generation: str) -> None:
        """Drop a settled generation: its rows, then its keys, then what the logs still hold."""

        def work(tx: Tx) -> None:
            tx.run(_DROP_WAITING, generation=generation)
            tx.run(_DROP_GENERATION, generation=generation)

        self._store.write_now(work)
        self._keys.write_now(lambda tx: tx.run(_DROP_KEY, generation=generation))
        self._store.truncate_log()
        self._keys.truncate_log()
