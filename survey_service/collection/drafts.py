"""Drafts: an unfinished form that opens with the respondent's code and with nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Delete, Table, bindparam, delete, select

from survey_service.collection.code import CodeKeys
from survey_service.collection.models import DraftRow
from survey_service.stores.envelopes import expander, pad, seal, unpad, unseal
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement
from survey_service.stores.writer import Following

# Two sizes are all that a draft's row can have, so it tells little of how far somebody got.
DRAFT_BLOCK = 4096
MOST_AT_ONCE = 64
_READ, _WRITTEN = msgspec.json.Decoder().decode, msgspec.json.Encoder().encode


@dataclass
class Draft:
    """What a respondent has said so far; raw values live here and nowhere else."""

    slug: str
    wave_id: str
    language: str
    decisions: dict[str, bool]
    answers: dict[str, Any] = field(default_factory=dict)
    contact: dict[str, str] | None = None
    own: list[str] = field(default_factory=list)
    """Questions that the respondent answered himself; who helps him does not see them again."""
    assisted: dict[str, str] | None = None
    """For an interview with help, what the receipt commits to: roles, never who."""
    notice: str = ""
    """Hash of the notice the decisions were made under; under another they count for nothing."""
    circumstances: dict[str, str] = field(default_factory=dict)
    """How the decisions were made: fields of `schemas.consent.Circumstances`."""
    slip: str = ""
    """The invitation slip that it was begun with; used up when it is sent, not before."""
    once: str = ""
    """A keyed tag of who takes part, where each may do so once; what he wrote is kept nowhere."""
    parent: dict[str, Any] | None = None
    """What a parent decided (`decisions`) and under which notice (`notice`), where one was asked.

    It ends with the draft: what is sent says only, inside the receipt's commitment, that one was.
    """
    escrow: str = ""
    """Where a lost code can be found: "no", or a keyed mark by which its holder is found again."""

    @property
    def purposes(self) -> frozenset[str]:
        """The purposes that were granted."""
        return frozenset(name for name, granted in self.decisions.items() if granted)

    @property
    def awaits_assent(self) -> bool:
        """Whether a parent has agreed and the young person has not decided yet."""
        return self.parent is not None and not self.decisions

    @property
    def parental(self) -> bool:
        """Whether a parent has agreed."""
        return self.circumstances.get("parental") == "yes"


def _dump(draft: Draft) -> bytes:
    return _WRITTEN(
        [
            draft.slug,
            draft.wave_id,
            draft.language,
            draft.decisions,
            draft.answers,
            draft.contact,
            draft.own,
            draft.assisted,
            draft.notice,
            draft.circumstances,
            draft.slip,
            draft.once,
            draft.parent,
            draft.escrow,
        ]
    )


@cache
def _removal(table: Table, length: int) -> Delete:
    return delete(table).where(table.c.tag.in_([bindparam(f"tag{n}") for n in range(length)]))


def _merge(answers: dict[str, Any], change: Any) -> None:
    for question, answer in (change(answers) if callable(change) else change).items():
        if answer is None:
            answers.pop(question, None)
        else:
            answers[question] = answer


class SealedForms:
    """Unfinished forms in a table of `tag`, `sealed` and `expires_on`, each opened by its code."""

    def __init__(self, store: Store, model: Any, kept_as: Callable[[bytes], bytes]) -> None:
        """Wire; `kept_as` makes of a code's tag the only form in which the store knows it."""
        self._store = store
        self._model = model
        self._kept_as = kept_as
        self._table = table = model.__table__
        self._one = select(table.c.sealed).where(
            table.c.tag == bindparam("tag"), table.c.expires_on >= bindparam("today")
        )
        # On PostgreSQL two workers may hold the same form open in two tabs.
        self._one_for_change = self._one.with_for_update()
        self._remove = delete(table).where(table.c.tag == bindparam("tag"))
        self._expired = delete(table).where(table.c.expires_on < bindparam("today"))

    def stored_tag(self, keys: CodeKeys) -> bytes:
        """Return the only form in which the store knows a draft."""
        return self._kept_as(keys.draft_tag)

    async def read(self, keys: CodeKeys, today: date) -> Draft | None:
        """Return the draft of a code, or None where there is none or it has expired."""
        tag, day = self.stored_tag(keys), today.isoformat()
        row = await self._store.first(self._one, tag=tag, today=day)
        return self._open(keys, tag, row[0]) if row else None

    def _open(self, keys: CodeKeys, tag: bytes, sealed: bytes) -> Draft:
        return Draft(*_READ(unpad(unseal(keys.draft_key, sealed, tag))))

    async def put(self, keys: CodeKeys, draft: Draft, expires_on: date) -> None:
        """Write a whole draft."""
        tag, day = self.stored_tag(keys), expires_on.isoformat()
        sealed = seal(keys.draft_key, pad(_dump(draft), DRAFT_BLOCK), tag)
        await self._store.write(
            lambda tx: tx.run(
                replacement(self._model, tx.dialect), tag=tag, sealed=sealed, expires_on=day
            )
        )

    async def change(
        self,
        keys: CodeKeys,
        today: date,
        days: int,
        change: Mapping[str, Any],
        purpose: str | None = None,
    ) -> Draft | None:
        """Merge a change into the draft as it is now, so that two tabs lose nothing.

        `change` maps field names of Draft to new values; `answers` is merged by question, None
        taking one out, and may be a function of the answers as they are; `own` only grows,
        `circumstances` change by field.
        Returns the draft as written, or None where there is none, or where the purpose that
        the change is for was not granted.
        """
        tag, day = self.stored_tag(keys), today.isoformat()
        expires = (today + timedelta(days=days)).isoformat()

        def work(tx: Tx) -> Draft | None:
            row = tx.one(self._one_for_change, tag=tag, today=day)
            if row is None:
                return None
            draft = self._open(keys, tag, row[0])
            if purpose is not None and not draft.decisions.get(purpose):
                return None
            for name, value in change.items():
                if name == "answers":
                    _merge(draft.answers, value)
                elif name == "own":
                    draft.own = sorted({*draft.own, *value})
                elif name == "circumstances":
                    draft.circumstances.update(value)
                else:
                    setattr(draft, name, value)
            sealed = seal(keys.draft_key, pad(_dump(draft), DRAFT_BLOCK), tag)
            put = replacement(self._model, tx.dialect)
            tx.run(put, tag=tag, sealed=sealed, expires_on=expires)
            return draft

        return await self._store.write(work)

    async def remove(self, keys: CodeKeys) -> None:
        """Leave nothing of the draft."""
        tag = self.stored_tag(keys)
        await self._store.write(lambda tx: tx.run(self._remove, tag=tag))

    def removal(self, keys: CodeKeys) -> Following:
        """Return the same as what follows a write into another store."""
        return self._store.following(self._remove_all, self.stored_tag(keys))

    def _remove_all(self, tx: Tx, tags: Sequence[bytes]) -> None:
        """Remove many in a few statements, each of one of few lengths, so that few are compiled."""
        for at in range(0, len(tags), MOST_AT_ONCE):
            some = tags[at : at + MOST_AT_ONCE]
            length = 1 << (len(some) - 1).bit_length()
            named = enumerate((*some, *[some[0]] * (length - len(some))))
            tx.run(_removal(self._table, length), **{f"tag{n}": tag for n, tag in named})

    def remove_now(self, keys: CodeKeys) -> None:
        """Leave nothing of the draft (from a thread)."""
        tag = self.stored_tag(keys)
        self._store.write_now(lambda tx: tx.run(self._remove, tag=tag))

    def purge_now(self, today: date) -> int:
        """Delete the drafts whose time has passed and return how many."""
        count = self._store.write_now(lambda tx: tx.run(self._expired, today=today.isoformat()))
        if count:
            self._store.truncate_log()
        return count


class Drafts(SealedForms):
    """The `drafts` store, which the server alone cannot read."""

    def __init__(self, store: Store, keyring: Keyring) -> None:
        super().__init__(store, DraftRow, expander(keyring.secret("pepper-drafts")))
