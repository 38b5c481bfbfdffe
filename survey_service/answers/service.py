"""The answers' use cases: settle in, show one to its code, forget one, count in tens."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import LargeBinary, bindparam, delete, func, select, update

from survey_service.answers.models import AnswerRow, ErasedAnswer, RewriteRow
from survey_service.stores.canonical import canonical
from survey_service.stores.envelopes import expand, expander, pad, seal, seal_to, unpad, unseal
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.keyring import Keyring
from survey_service.stores.row_keys import Compared, RowKeys
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement

_TABLE = AnswerRow.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.wave, _TABLE.c.body, _TABLE.c.by_code, _TABLE.c.handed_over).where(
    _TABLE.c.tag == bindparam("tag")
)
_OF_WAVE = select(_TABLE.c.tag, _TABLE.c.body).where(_TABLE.c.wave == bindparam("wave"))
_COUNTED = _OF_WAVE.where(_TABLE.c.handed_over.is_(None))
_COUNT = select(func.count()).select_from(_TABLE).where(_TABLE.c.wave == bindparam("wave"))
_TAGS = select(_TABLE.c.tag)
_REMOVE = delete(_TABLE).where(_TABLE.c.tag == bindparam("tag"))
_MARKS = ErasedAnswer.__table__  # type: ignore[attr-defined]
_ERASED = select(_MARKS.c.tag)
_UNMARK = delete(_MARKS).where(_MARKS.c.tag == bindparam("tag"))
_REVISE = (
    update(_TABLE)
    .where(_TABLE.c.tag == bindparam("of_tag"), _TABLE.c.body == bindparam("seen"))
    .values(
        body=bindparam("new_body"),
        by_code=bindparam("new_by_code"),
        handed_over=bindparam("new_handed_over", type_=LargeBinary),
    )
)
_NEW_BODY = (
    update(_TABLE).where(_TABLE.c.tag == bindparam("of_tag")).values(body=bindparam("new_body"))
)
_HANDED_OVER = select(_TABLE.c.tag, _TABLE.c.handed_over).where(
    _TABLE.c.wave == bindparam("wave"), _TABLE.c.handed_over.is_not(None)
)
_TAKEN_OVER = (
    update(_TABLE)
    .where(_TABLE.c.tag == bindparam("of_tag"), _TABLE.c.handed_over == bindparam("seen"))
    .values(handed_over=None)
)
_REWRITE = RewriteRow.__table__  # type: ignore[attr-defined]
_REWRITTEN = select(_REWRITE.c.rows, _REWRITE.c.whole).where(_REWRITE.c.wave == bindparam("wave"))


OUTDATED = b"outdated/"
"""Stands in place of a handed-over key in a restored row that was changed after its backup."""


def was(body: bytes) -> tuple[str, bytes]:
    """Return how the list of erasures names a row's content that is no longer in force."""
    return "answers/was", hashlib.sha256(body).digest()


class SettledAnswers(NamedTuple):
    """One person's answers on their way from the inbox to the store; the body is JSON already."""

    tag: bytes
    code_key: bytes
    body: bytes


@dataclass(frozen=True)
class SealedRow:
    """A row as it lies in the store, for whoever holds the code that opens it."""

    tag: bytes
    wave: str
    body: bytes
    by_code: bytes
    handed_over: bytes | None = None

    @property
    def outdated(self) -> bool:
        """Whether a restore put it back as it was before its person changed it."""
        return self.handed_over == OUTDATED

    def opened(self, code_key: bytes) -> dict[str, Any]:
        """Return the body."""
        key = unseal(code_key, self.by_code, self.tag)
        body: dict[str, Any] = from_json(unpad(unseal(key, self.body, self.tag)))
        return body


@dataclass(frozen=True)
class Recipient:
    """Who takes a changed row's new key over: settle, by a public key of its own."""

    id: str
    public: bytes


class Answers:
    """Settled answers. Keys of rows live in the `keys` store; see `RowKeys`."""

    def __init__(self, answers: Store, keys: Store, keyring: Keyring) -> None:
        self._answers = answers
        self._row_keys = RowKeys(keys, keyring, "answers")
        self._pepper = keyring.secret("pepper-answers")

    @property
    def store(self) -> Store:
        """The store these answers lie in."""
        return self._answers

    def stored_tag(self, response_tag: bytes) -> bytes:
        """Return the only form in which this store knows a tag."""
        return expand(self._pepper, response_tag)

    def settle(self, wave: str, responses: list[SettledAnswers], row_secret: bytes) -> None:
        """Write responses in one transaction in the (shuffled) order given; again is the same.

        A SQLite file is ordered by the rows' random tags and by nothing else, so there they are
        written in the order of these: each page once, not once for each of its rows.
        """
        key_of = expander(row_secret)
        keys = {r.tag: key_of(r.tag) for r in responses}
        self._row_keys.keep(f"answers:{wave}", keys.items())
        ordered = sorted(responses) if self._answers.dialect == "sqlite" else responses
        rows = [self._row(wave, r, keys[r.tag]) for r in ordered]

        def work(tx: Tx) -> None:
            tx.run_all(replacement(AnswerRow, tx.dialect), rows)

        self._answers.write_now(work)

    def _row(self, wave: str, response: SettledAnswers, key: bytes) -> dict[str, Any]:
        # No model is built for each: of so many rows that would be a third of the work.
        return {
            "tag": response.tag,
            "wave": wave,
            "body": seal(key, pad(response.body), response.tag),
            "by_code": seal(response.code_key, key, response.tag),
            "handed_over": None,
        }

    def of_code(self, tag: bytes, code_key: bytes) -> dict[str, Any] | None:
        """Return wave and body of the response whose code gives this tag and key."""
        row = self.sealed(tag)
        return None if row is None else {"wave": row.wave, **row.opened(code_key)}

    def sealed(self, tag: bytes) -> SealedRow | None:
        """Return a row as it lies here, or None where nothing is kept."""
        row = self._answers.first_now(_ONE, tag=tag)
        return SealedRow(tag, *row) if row else None

    def revise(
        self, seen: SealedRow, body: Mapping[str, Any], code_key: bytes, recipient: Recipient
    ) -> bool:
        """Replace a row's body under a new key; False where it is not what was seen any more.

        Needs no key of the office: the new row key goes into the row twice, wrapped by the code
        and sealed to `recipient`, in the one commit that changes the body. Until `take_over` the
        office cannot read the row; what was said before nobody can read, nor that it was other.
        """
        key, tag = secrets.token_bytes(32), seen.tag
        new = {
            "new_body": seal(key, pad(canonical(body)), tag),
            "new_by_code": seal(code_key, key, tag),
            "new_handed_over": recipient.id.encode("ascii")
            + b"/"
            + seal_to(recipient.public, key, tag),
        }
        changed = self._answers.write_now(
            lambda tx: tx.run(_REVISE, of_tag=tag, seen=seen.body, **new)
        )
        return changed == 1

    def handed_over(self, wave: str) -> list[tuple[bytes, str, bytes]]:
        """Return tag, recipient and sealed key of the rows whose key the office has not yet."""
        rows = self._answers.read_now(lambda tx: tx.all(_HANDED_OVER, wave=wave))
        found = [(bytes(tag), *bytes(sealed).partition(b"/")) for tag, sealed in rows]
        return [(tag, recipient.decode("ascii"), sealed) for tag, recipient, _, sealed in found]

    def take_over(self, wave: str, keys: Iterable[tuple[bytes, str, bytes, bytes]]) -> None:
        """Wrap changed rows' keys for the office; again is the same.

        `keys` are tag, recipient and sealed key as `handed_over` gave them, and the key. The old
        wraps go: they open nothing that is kept any more.
        """
        taken = list(keys)
        kept = [(tag, key) for tag, _, _, key in taken]
        self._row_keys.keep(f"answers:{wave}", kept, settled=False)

        def work(tx: Tx) -> None:
            for tag, recipient, sealed, _ in taken:
                tx.run(_TAKEN_OVER, of_tag=tag, seen=recipient.encode("ascii") + b"/" + sealed)

        self._answers.write_now(work)
        # Whoever erased in between has destroyed the key before it was put here.
        if gone := {tag for tag, _ in kept} - set(self.tags_of(wave)):
            self._row_keys.destroy(gone)

    def wave_of(self, tag: bytes) -> str | None:
        """Return the wave of a stored response, or None where nothing is kept."""
        row = self._answers.read_now(lambda tx: tx.one(_ONE, tag=tag))
        return row[0] if row else None

    def forget(self, tags: Iterable[bytes]) -> int:
        """Destroy the rows' keys, then the rows, and return how many rows there were."""
        return self._remove(tags, ended=False)

    def end(self, tags: Iterable[bytes]) -> int:
        """Do the same with rows whose time is over, and let the count of rows say so."""
        return self._remove(tags, ended=True)

    def _remove(self, tags: Iterable[bytes], *, ended: bool) -> int:
        gone = list(tags)
        self._row_keys.destroy(gone, ended=ended)
        return self._answers.write_now(lambda tx: sum(tx.run(_REMOVE, tag=tag) for tag in gone))

    def tags(self) -> list[bytes]:
        """Return every stored tag, in the store's own order (for replays of tombstones)."""
        return [row[0] for row in self._answers.read_now(lambda tx: tx.all(_TAGS))]

    def tags_of(self, wave: str) -> list[bytes]:
        """Return the stored tags of a wave."""
        return [row[0] for row in self._answers.read_now(lambda tx: tx.all(_OF_WAVE, wave=wave))]

    def count(self, wave: str) -> int:
        """Return how many responses a wave has. Inside only: what leaves is `progress`."""
        row = self._answers.read_now(lambda tx: tx.one(_COUNT, wave=wave))
        return int(row[0]) if row else 0

    def progress(self, wave: str) -> int | None:
        """Return settled responses floored to ten, or None below twenty."""
        count = self.count(wave)
        return count // 10 * 10 if count >= 20 else None

    def bodies(self, wave: str) -> list[dict[str, Any]]:
        """Return the bodies of a wave in an order that says nothing (by random tag).

        Left out are rows whose key the office has not yet, and what a restore has set aside.
        """
        rows = self._answers.read_now(lambda tx: tx.all(_COUNTED, wave=wave))
        rows.sort(key=lambda row: bytes(row[0]))
        keys = self._row_keys.read_all(row[0] for row in rows)
        found = []
        for tag, body in rows:
            # A row without its key was being erased when we looked.
            if tag in keys:
                try:
                    found.append(json.loads(unpad(unseal(keys[tag], body, tag))))
                except EnvelopeBroken:
                    continue
        return found

    def change_all(
        self,
        wave: str,
        change: Callable[[dict[str, Any]], dict[str, Any]],
        shuffler: random.Random,
    ) -> int:
        """Seal every body of a wave anew as `change` makes it, and return how many rows there are.

        All rows in one transaction and in an order drawn for it, so that nobody can tell which
        were changed. A row whose key is being handed over stays as it is until the next run.
        """
        keys = self._row_keys.read_all(self.tags_of(wave))

        def work(tx: Tx) -> int:
            if tx.dialect == "postgresql":
                # Nobody may correct or erase between what is read here and what is written.
                tx.script(f'LOCK TABLE "{_TABLE.name}" IN ACCESS EXCLUSIVE MODE')
            rows = tx.all(_OF_WAVE, wave=wave)
            shuffler.shuffle(rows)
            for tag, sealed in rows:
                try:
                    body = json.loads(unpad(unseal(keys[tag], sealed, tag)))
                except (KeyError, EnvelopeBroken):
                    continue
                new = seal(keys[tag], pad(canonical(change(body))), tag)
                tx.run(_NEW_BODY, of_tag=tag, new_body=new)
            return len(rows)

        return self._answers.write_now(work)

    def compare(self, wave: str) -> tuple[Compared, int]:
        """Hold a wave's rows against their keys; beside it, how many rows do not open.

        A changed row whose key the office has not yet, and one that a restore has set aside, count
        as readable. Cost grows with the wave's rows.
        """
        rows = self._answers.read_now(lambda tx: tx.all(_COUNTED, wave=wave))
        keys = self._row_keys.read_all(row[0] for row in rows)
        broken = 0
        for tag, body in rows:
            if tag in keys:
                try:
                    unseal(keys[tag], body, tag)
                except EnvelopeBroken:
                    broken += 1
        return self._row_keys.compare(f"answers:{wave}", self.tags_of(wave)), broken

    def recount(self) -> None:
        """Begin to count every wave's rows anew, after a restore."""
        for scope in self._row_keys.scopes():
            self._row_keys.recount(scope, self.tags_of(scope.partition(":")[2]))

    def told(self, generation: str, count: int) -> bytes:
        """Return how the log tells how many were settled, without telling it."""
        return self._row_keys.told(generation, count)

    def rewritten(self, wave: str) -> tuple[int, bool]:
        """Return the wave's rows at its last rewrite (0: never), and whether none came since."""
        row = self._answers.read_now(lambda tx: tx.one(_REWRITTEN, wave=wave))
        return (int(row[0]), bool(row[1])) if row else (0, False)

    def note_rewrite(self, wave: str, rows: int, *, whole: bool) -> None:
        """Remember how many rows the wave had when it was rewritten, and whether that is all."""
        put = {"wave": wave, "rows": rows, "whole": int(whole)}
        self._answers.write_now(lambda tx: tx.run(replacement(RewriteRow, tx.dialect), **put))

    def finish_erasures(self) -> int:
        """Destroy the keys of rows that a part without them has deleted; return how many."""
        marks = self._answers.read_now(lambda tx: tx.all(_ERASED))
        if marks:
            self._row_keys.destroy(mark[0] for mark in marks)
            self._answers.write_now(lambda tx: [tx.run(_UNMARK, tag=mark[0]) for mark in marks])
            self._answers.truncate_log()
        return len(marks)
