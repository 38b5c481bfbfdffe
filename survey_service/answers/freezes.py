"""Freezes: a wave's answers as one columnar file under a key of its own, opened in memory only.

A freeze holds the respondents who agreed to research re-use and have not restricted their
answers: that is the one universe of every release of the wave. Destroying its key destroys it and
every review sealed beside it.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, delete, func, select, update

from schemas.questionnaire import Variable
from survey_service.answers.models import FreezeKey, FreezeRow, OutdatedFreeze, ReviewRow
from survey_service.answers.service import Answers
from survey_service.stores.envelopes import seal, unseal
from survey_service.stores.errors import StoreError
from survey_service.stores.ids import new_id
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement
from survey_service.surveys.form import CompiledForm

STATES = ("refused", "dont_know", "missing", "not_asked")

_FREEZE: Any = FreezeRow.__table__  # type: ignore[attr-defined]
_REVIEW: Any = ReviewRow.__table__  # type: ignore[attr-defined]
_MARK: Any = OutdatedFreeze.__table__  # type: ignore[attr-defined]
_KEY: Any = FreezeKey.__table__  # type: ignore[attr-defined]
_LATEST = (
    select(_FREEZE.c.id, _FREEZE.c.wave, _FREEZE.c.number, _FREEZE.c.made_on)
    .where(_FREEZE.c.wave == bindparam("wave"))
    .order_by(_FREEZE.c.number.desc())
)
_SEALED = select(_FREEZE.c.sealed, _FREEZE.c.wave).where(_FREEZE.c.id == bindparam("id"))
_MARKED = select(_MARK.c.wave).where(_MARK.c.wave == bindparam("wave"))
_ALL_MARKED = select(_MARK.c.wave)
_UNMARK = delete(_MARK).where(_MARK.c.wave == bindparam("wave"))
_EMPTY = update(_FREEZE).where(_FREEZE.c.id == bindparam("freeze")).values(sealed=b"")
_NUMBER = select(func.max(_FREEZE.c.number)).where(_FREEZE.c.wave == bindparam("wave"))
_MADE_ON = select(_FREEZE.c.made_on).where(_FREEZE.c.id == bindparam("id"))
_READ_KEY = select(_KEY.c.wrapped).where(_KEY.c.freeze == bindparam("freeze"))
_READ_REVIEW = select(_REVIEW.c.freeze, _REVIEW.c.sealed).where(
    _REVIEW.c.request == bindparam("request")
)


def in_universe(body: Mapping[str, Any]) -> bool:
    """Whether a response counts: research re-use in force, and not restricted by its person.

    Source: GDPR Art. 18(2): what is restricted is stored, and not otherwise processed.
    """
    return "research_reuse" in body["purposes"] and not body.get("restricted", False)


class NoFreeze(StoreError):
    """There is no such freeze, or it was destroyed."""


@dataclass(frozen=True)
class Freeze:
    """Which freeze: its id, wave, number within the wave, and day."""

    id: str
    wave: str
    number: int
    made_on: date


@dataclass(frozen=True)
class FrozenData:
    """A freeze opened in memory: one categorical column per variable, states as own words."""

    frame: pd.DataFrame
    variables: tuple[Variable, ...]


class KeptFreezes:
    """Opens the freezes of waves, and keeps reviews beside them."""

    def __init__(self, answers: Store, keys: Store, keyring: Keyring) -> None:
        self._answers = answers
        self._keys = keys
        self._wrap = keyring.rotating("office-wrap-freezes")

    def latest(self, wave: str) -> Freeze | None:
        """Return the wave's newest freeze that still opens."""
        if self._marked(wave):
            return None
        rows = self._answers.read_now(lambda tx: tx.all(_LATEST, wave=wave))
        for id_, of, number, made_on in rows:
            if self._keys.read_now(lambda tx, id_=id_: tx.one(_READ_KEY, freeze=id_)):  # type: ignore[misc]
                return Freeze(id_, of, number, date.fromisoformat(made_on))
        return None

    def ever(self, wave: str) -> date | None:
        """Return the day of the wave's newest freeze, destroyed or not; None without any."""
        rows = self._answers.read_now(lambda tx: tx.all(_LATEST, wave=wave))
        return date.fromisoformat(rows[0][3]) if rows else None

    def made_on(self, freeze_id: str) -> date:
        """Return the day a freeze was made, destroyed or not.

        Raises:
            NoFreeze: it never was.
        """
        row = self._answers.read_now(lambda tx: tx.one(_MADE_ON, id=freeze_id))
        if row is None:
            raise NoFreeze("there is no such freeze")
        return date.fromisoformat(row[0])

    def open(self, freeze_id: str) -> FrozenData:
        """Return a freeze's records.

        Raises:
            NoFreeze: it was destroyed, or never was.
        """
        row = self._answers.read_now(lambda tx: tx.one(_SEALED, id=freeze_id))
        if row is None:
            raise NoFreeze("there is no such freeze")
        if self._marked(row[1]):
            raise NoFreeze("somebody of the freeze has erased; settle is about to destroy it")
        return _unpack(unseal(self._key(freeze_id), row[0], freeze_id.encode()))

    def _marked(self, wave: str) -> bool:
        """Whether somebody of the wave erased or changed, and settle has not followed yet."""
        return self._answers.read_now(lambda tx: tx.one(_MARKED, wave=wave)) is not None

    def _key(self, freeze_id: str) -> bytes:
        def read() -> bytes | None:
            row = self._keys.read_now(lambda tx: tx.one(_READ_KEY, freeze=freeze_id))
            return row[0] if row else None

        key = self._wrap.opened(read, freeze_id.encode())
        if key is None:
            raise NoFreeze("the freeze was destroyed")
        return key

    def keep_review(self, request: str, freeze_id: str, payload: bytes) -> None:
        """Keep what the checkers of a request may see, sealed with the freeze's key."""
        sealed = seal(self._key(freeze_id), payload, request.encode())

        def work(tx: Tx) -> None:
            put = replacement(ReviewRow, tx.dialect)
            tx.run(put, request=request, freeze=freeze_id, sealed=sealed)

        self._answers.write_now(work)

    def keep_lasting(self, wave: str, name: str, payload: bytes, *, once: bool = False) -> None:
        """Keep what outlives the wave's freezes: protected tables of its plan, and no count else.

        It is sealed with a key of the wave's own, so that nothing unpublished lies readable.
        With `once` what was kept first under the name stands.
        """
        self._keep_key(_lasting(wave), secrets.token_bytes(32))
        row = {
            "request": name,
            "freeze": _lasting(wave),
            "sealed": seal(self._key(_lasting(wave)), payload, name.encode()),
        }

        def work(tx: Tx) -> None:
            if once:
                tx.add(ReviewRow.model_validate(row), ignore=True)
            else:
                tx.run(replacement(ReviewRow, tx.dialect), **row)

        self._answers.write_now(work)

    def read_lasting(self, wave: str, name: str) -> bytes | None:
        """Return what was kept under a name beside the wave's freezes, or None."""
        row = self._answers.read_now(lambda tx: tx.one(_READ_REVIEW, request=name))
        if row is None or row[0] != _lasting(wave):
            return None
        return unseal(self._key(row[0]), row[1], name.encode())

    def _keep_key(self, name: str, key: bytes) -> None:
        """Keep a key under a name; of two workers at once, the first one's stands."""

        def keep(tx: Tx) -> None:
            row = {"freeze": name, "wrapped": self._wrap.seal(key, name.encode())}
            tx.add(FreezeKey.model_validate(row), ignore=True)

        self._keys.write_now(keep)

    def read_review(self, request: str) -> bytes:
        """Return what was kept for a request.

        Raises:
            NoFreeze: nothing is kept, or the freeze it was sealed with was destroyed.
        """
        row = self._answers.read_now(lambda tx: tx.one(_READ_REVIEW, request=request))
        if row is None:
            raise NoFreeze("nothing is kept for this request")
        return unseal(self._key(row[0]), row[1], request.encode())


class Freezes(KeptFreezes):
    """Makes and destroys them."""

    def __init__(self, answers: Store, keys: Store, keyring: Keyring, settled: Answers) -> None:
        super().__init__(answers, keys, keyring)
        self._settled = settled

    def make(self, wave: str, form: CompiledForm, today: date) -> Freeze | None:
        """Freeze a wave as it stands and return which freeze it is; None where it is empty."""
        bodies = [body for body in self._settled.bodies(wave) if in_universe(body)]
        if not bodies:
            return None
        coded = [form.coded(body["record"]) for body in bodies]
        freeze = Freeze(new_id(), wave, self._next_number(wave), today)
        key = secrets.token_bytes(32)
        sealed = seal(key, _pack(form.variables, coded), freeze.id.encode())
        self._keep_key(freeze.id, key)
        row = FreezeRow.model_validate(
            {
                "id": freeze.id,
                "wave": wave,
                "number": freeze.number,
                "made_on": today.isoformat(),
                "sealed": sealed,
            }
        )
        self._answers.write_now(lambda tx: tx.add(row))
        return freeze

    def _next_number(self, wave: str) -> int:
        row = self._answers.read_now(lambda tx: tx.one(_NUMBER, wave=wave))
        return int(row[0] or 0) + 1 if row else 1

    def destroy(self, wave: str) -> int:
        """Destroy every freeze of a wave: keys first, then files and reviews.

        The plan's protected tables stay: they hold nobody, and are served as they were stored.
        The emptied row stays, so that nobody freezes the wave again as if for the first time.
        """
        rows = self._answers.read_now(lambda tx: tx.all(_LATEST, wave=wave))
        ids = [row[0] for row in rows]
        self._keys.write_now(
            lambda tx: sum(tx.run(delete(_KEY).where(_KEY.c.freeze == id_)) for id_ in ids)
        )

        def work(tx: Tx) -> int:
            for id_ in ids:
                tx.run(delete(_REVIEW).where(_REVIEW.c.freeze == id_))
                tx.run(_EMPTY, freeze=id_)
            tx.run(_UNMARK, wave=wave)
            return len(ids)

        return self._answers.write_now(work)

    def outdated(self) -> list[str]:
        """Return the waves whose freezes a part without keys wants destroyed."""
        return [row[0] for row in self._answers.read_now(lambda tx: tx.all(_ALL_MARKED))]


def _lasting(wave: str) -> str:
    return f"lasting:{wave}"


def _pack(variables: Sequence[Variable], coded: list[dict[str, str]]) -> bytes:
    columns: dict[str, np.ndarray[Any, np.dtype[np.int16]]] = {}
    kept = [v for v in variables if v.codes]
    for number, variable in enumerate(kept):
        words = [code.code for code in variable.codes] + list(STATES)
        place = {word: index for index, word in enumerate(words)}
        values = [place[row[variable.name]] for row in coded]
        columns[f"c{number}"] = np.array(values, dtype=np.int16)
    head = json.dumps([v.model_dump(mode="json") for v in kept]).encode()
    buffer = io.BytesIO()
    np.savez_compressed(buffer, head=np.frombuffer(head, dtype=np.uint8), **columns)  # type: ignore[arg-type]
    return buffer.getvalue()


def _unpack(data: bytes) -> FrozenData:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        kept = json.loads(arrays["head"].tobytes())
        variables = tuple(Variable.model_validate(item) for item in kept)
        frame = {}
        for number, variable in enumerate(variables):
            words = [code.code for code in variable.codes] + list(STATES)
            places: np.ndarray[Any, np.dtype[np.int16]] = arrays[f"c{number}"]
            frame[variable.name] = pd.Categorical.from_codes(places, pd.Index(words))
    return FrozenData(pd.DataFrame(frame), variables)
