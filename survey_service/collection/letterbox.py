"""The inbox as respondents' pages use it: sealed in, and out again with the code alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Insert, LargeBinary, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from survey_service.collection.code import CodeKeys
from survey_service.collection.models import Generation, Waiting
from survey_service.stores.envelopes import (
    expander,
    mac,
    pad,
    seal,
    seal_to_each,
    unpad,
    unseal,
)
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.stores.writer import Following

_GENERATION: Any = Generation.__table__  # type: ignore[attr-defined]
_WAITING: Any = Waiting.__table__  # type: ignore[attr-defined]

OPEN_OF_WAVE = select(_GENERATION.c.id, _GENERATION.c.vault_key, _GENERATION.c.answers_key).where(
    _GENERATION.c.wave == bindparam("wave"), _GENERATION.c.state == "open"
)
_STATE = select(_GENERATION.c.state).where(_GENERATION.c.id == bindparam("id"))
_STATE_FOR_WRITERS = _STATE.with_for_update(read=True)
_COPY = select(_WAITING.c.own_copy).where(_WAITING.c.tag == bindparam("tag"))
_COUNT = (
    select(func.count())
    .select_from(_WAITING)
    .where(_WAITING.c.generation == bindparam("generation"))
)
_REVISE = (
    update(_WAITING)
    .where(_WAITING.c.tag == bindparam("of_tag"), _WAITING.c.own_copy == bindparam("seen"))
    .values(
        generation=bindparam("new_generation"),
        digest=bindparam("new_digest"),
        vault_part=bindparam("new_vault_part"),
        answers_part=bindparam("new_answers_part"),
        own_copy=bindparam("new_own_copy"),
    )
)
_REMOVE = delete(_WAITING).where(_WAITING.c.tag == bindparam("tag"))

PART_BLOCK = 1024


@cache
def _put(dialect: str) -> Insert:
    """Return what writes a submission, if its generation is open and its content is new.

    One statement, because each one lets go of the interpreter and waits for its turn again. The
    share lock makes settle wait for those who are writing into the generation it closes.
    """
    names = ("digest", "vault_part", "answers_part", "own_copy")
    row = (
        select(
            bindparam("tag", type_=LargeBinary),
            _GENERATION.c.id,
            *(bindparam(name, type_=LargeBinary) for name in names),
        )
        .where(_GENERATION.c.id == bindparam("open_id"), _GENERATION.c.state == "open")
        .with_for_update(read=True)
    )
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement: Any = make(_WAITING).from_select(("tag", "generation", *names), row)
    result: Insert = statement.on_conflict_do_update(
        index_elements=("tag",),
        set_={name: statement.excluded[name] for name in ("generation", *names)},
        where=_WAITING.c.digest != statement.excluded.digest,
    )
    return result


class GenerationClosed(Exception):
    """The generation a submission was sealed for closed meanwhile; seal it for the next."""


@dataclass(frozen=True)
class OpenGeneration:
    """The generation that takes submissions, with its public keys."""

    id: str
    vault_key: bytes
    answers_key: bytes


class Letterbox:
    """The `inbox` store as respondents' pages use it: sealed in, and out again with the code."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        self._store = store
        self._under_pepper = expander(keyring.secret("pepper-inbox"))
        self._open: dict[str, OpenGeneration] = {}

    def stored_tag(self, keys: CodeKeys) -> bytes:
        """Return the only form in which the inbox knows a submission."""
        return self._under_pepper(keys.inbox_tag)

    def generation_now(self, wave: str) -> OpenGeneration:
        """Return the wave's open generation.

        Raises:
            GenerationClosed: settle has not opened one yet, or the wave has closed.
        """
        row = self._store.read_now(lambda tx: tx.one(OPEN_OF_WAVE, wave=wave))
        if row is None:
            raise GenerationClosed
        generation = self._open[wave] = OpenGeneration(*row)
        return generation

    async def put(
        self,
        wave: str,
        keys: CodeKeys,
        consent: bytes,
        answers: bytes,
        own_copy: bytes,
        following: Following | None = None,
    ) -> str:
        """Make a submission durable in one commit and return its generation.

        The same content again changes nothing; other content is a newer revision. What is
        `following` in another store is durable by then too.

        Raises:
            GenerationClosed: call again, the next generation is known by then.
            StoreFull: nothing was stored.
        """
        generation = self._open.get(wave) or self.generation_now(wave)
        tag = self.stored_tag(keys)
        sealed = self._sealed(generation, keys, consent, answers, own_copy)

        def work(tx: Tx) -> bool:
            written = tx.run(_put(tx.dialect), open_id=generation.id, tag=tag, **sealed)
            # Nothing is written into a closed generation, nor where the same waits already.
            return written > 0 or tx.one(_STATE, id=generation.id) == ("open",)

        if not await self._store.write(work, following):
            self._open.pop(wave, None)
            raise GenerationClosed
        return generation.id

    def _sealed(
        self,
        generation: OpenGeneration,
        keys: CodeKeys,
        consent: bytes,
        answers: bytes,
        own_copy: bytes,
    ) -> dict[str, bytes]:
        tag = self.stored_tag(keys)
        vault_part, answers_part = seal_to_each(
            (
                (generation.vault_key, pad(consent, PART_BLOCK)),
                (generation.answers_key, pad(answers, PART_BLOCK)),
            ),
            tag,
        )
        return {
            "digest": mac(keys.inbox_key, consent + b"\0" + answers),
            "vault_part": vault_part,
            "answers_part": answers_part,
            "own_copy": seal(keys.inbox_key, pad(own_copy, PART_BLOCK), tag),
        }

    def revise_now(
        self,
        wave: str,
        keys: CodeKeys,
        seen: bytes,
        consent: bytes,
        answers: bytes,
        own_copy: bytes,
    ) -> bool:
        """Replace what waits in one commit; False where it is not what was seen any more.

        `seen` is the sealed copy as it was read. A revision goes into the wave's open generation,
        so that a settle that has the old one in hand drops nothing of it; and nothing is put
        where nothing waits, so that what was erased or settled meanwhile stays so.
        """
        for _ in range(5):
            generation = self.generation_now(wave)
            sealed = self._sealed(generation, keys, consent, answers, own_copy)
            new = {f"new_{name}": value for name, value in sealed.items()}

            def work(tx: Tx, new: dict[str, bytes] = new, into: str = generation.id) -> bool | None:
                if tx.one(_STATE_FOR_WRITERS, id=into) != ("open",):
                    return None
                tag = self.stored_tag(keys)
                return tx.run(_REVISE, of_tag=tag, seen=seen, new_generation=into, **new) == 1

            written = self._store.write_now(work)
            if written is not None:
                return written
        raise GenerationClosed

    def own_copy_now(self, keys: CodeKeys) -> bytes | None:
        """Return what a code's waiting submission says, or None where none waits."""
        sealed = self.sealed_copy_now(keys)
        return None if sealed is None else self.opened_copy(keys, sealed)

    def sealed_copy_now(self, keys: CodeKeys) -> bytes | None:
        """Return a code's copy as it lies here, or None where nothing waits."""
        row = self._store.first_now(_COPY, tag=self.stored_tag(keys))
        return bytes(row[0]) if row else None

    def opened_copy(self, keys: CodeKeys, sealed: bytes) -> bytes:
        """Return what a sealed copy says."""
        return unpad(unseal(keys.inbox_key, sealed, self.stored_tag(keys)))

    def remove_now(self, keys: CodeKeys) -> int:
        """Take a waiting submission out and return whether there was one."""
        tag = self.stored_tag(keys)
        return self._store.write_now(lambda tx: tx.run(_REMOVE, tag=tag))

    def count_now(self, generation: str) -> int:
        """Return how many wait in a generation."""
        row = self._store.read_now(lambda tx: tx.one(_COUNT, generation=generation))
        return int(row[0]) if row else 0
