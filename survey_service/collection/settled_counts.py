"""What the audit log says was settled: by wave, and exactly for whoever can open it.

An entry tells a batch in tens. Beside it stands the exact number as a keyed hash, which settle
opens by trying the ten numbers that the tens leave. Cost grows with the entries of the log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from schemas.audit import Act, LoggedEntry, Outcome
from survey_service.audit_log.appending import LEAF
from survey_service.stores.store import Store

_ENTRIES = select(LEAF.c.entry).order_by(LEAF.c.seq)
_ACTS = (Act.WAVE_SETTLED, Act.BACKUP_RESTORED, Act.KEYS_DESTROYED)
STORES = frozenset({"vault", "answers", "keys"})

Opens = Callable[[str, int], bytes]
"""How the log tells a batch's exact number."""


@dataclass
class Batches:
    """The batches of a wave: what each entry said in tens, and its exact numbers where it opens.

    A settle that was cut short and done again has two entries for one batch, and the second may
    be smaller: somebody erased in between.
    """

    floors: dict[str, int] = field(default_factory=dict)
    exact: dict[str, list[int]] = field(default_factory=dict)
    unopened: int = 0

    @property
    def settled_floored(self) -> int:
        """At least so many were settled."""
        return sum(self.floors.values())

    @property
    def least(self) -> int:
        """The fewest that the exact numbers can mean."""
        return sum(min(found) for found in self.exact.values())

    @property
    def most(self) -> int:
        """The most that the exact numbers can mean."""
        return sum(max(found) for found in self.exact.values())


@dataclass
class Log:
    """What the log says: batches by wave, the day of the last restore, and destroyed row keys."""

    waves: dict[str, Batches] = field(default_factory=dict)
    restored_on: str | None = None
    destroyed: set[str] = field(default_factory=set)

    def of(self, wave: str) -> Batches:
        """Return a wave's batches; none where nothing was settled."""
        return self.waves.get(wave, Batches())


def read_log(store: Store, told: Opens) -> Log:
    """Return what the log says of settled batches since stores were last restored."""
    words = [f'"{act}"'.encode() for act in _ACTS]
    found = store.read_now(lambda tx: [bytes(row[0]) for row in tx.all(_ENTRIES)])
    wanted = (raw for raw in found if any(word in raw for word in words))
    return summed((LoggedEntry.model_validate(json.loads(raw)) for raw in wanted), told)


def summed(entries: Iterable[LoggedEntry], told: Opens) -> Log:
    """Return what these entries say, in their order."""
    log = Log()
    for entry in entries:
        if entry.act is Act.BACKUP_RESTORED and STORES & set(entry.object.ref.split("/")):
            # A restore counts anew from what it found.
            log = Log(restored_on=entry.time[:10], destroyed=log.destroyed)
        elif entry.act is Act.KEYS_DESTROYED and entry.outcome is Outcome.OK:
            log.destroyed.add(entry.object.ref)
        elif entry.act is Act.WAVE_SETTLED:
            wave, _, generation = entry.object.ref.partition("/")
            _add(log.waves.setdefault(wave, Batches()), generation, entry, told)
    return log


def _add(batches: Batches, generation: str, entry: LoggedEntry, told: Opens) -> None:
    floor = entry.counts.get("settled_floored_to_ten", 0)
    batches.floors[generation] = floor
    stated = entry.hashes.get("settled_count")
    if stated is None:
        # Of a version that did not tell; the count of rows begins after it.
        return
    for count in range(floor, floor + 10):
        if told(generation, count).hex() == stated:
            batches.exact.setdefault(generation, []).append(count)
            return
    batches.unopened += 1
