"""The vault's use cases: settle consents in, show one to its code, forget one."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import LargeBinary, bindparam, delete, select, update

from schemas.consent import Circumstances
from survey_service.consent.models import ConsentRow, ErasedConsent
from survey_service.consent.opened import ESCROW, RECORD_BLOCK, OpenedRow
from survey_service.stores.canonical import canonical, plainly_canonical
from survey_service.stores.envelopes import expand, expander, pad, seal, sealer, unpad, unseal
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.keyring import Keyring
from survey_service.stores.row_keys import Compared, RowKeys
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx, replacement

_TABLE = ConsentRow.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.record, _TABLE.c.contact, _TABLE.c.by_code, _TABLE.c.escrow).where(
    _TABLE.c.tag == bindparam("tag")
)
_TAGS = select(_TABLE.c.tag)
_SURVEYS = select(_TABLE.c.survey).distinct()
_OF_SURVEY = select(_TABLE.c.tag).where(_TABLE.c.survey == bindparam("of"))
_RECORDS = select(_TABLE.c.tag, _TABLE.c.record).where(_TABLE.c.survey == bindparam("of"))
_NEW_CONTACT = (
    update(_TABLE)
    .where(_TABLE.c.tag == bindparam("of_tag"))
    .values(contact=bindparam("new_contact"))
)
_NEW_ROW = (
    update(_TABLE)
    .where(_TABLE.c.tag == bindparam("of_tag"))
    .values(
        record=bindparam("new_record"),
        contact=bindparam("new_contact"),
        escrow=bindparam("new_escrow", type_=LargeBinary),
    )
)
_WHOLE_OF_SURVEY = select(_TABLE.c.tag, _TABLE.c.record, _TABLE.c.contact).where(
    _TABLE.c.survey == bindparam("of")
)
_EVERY_CELL = select(_TABLE.c.tag, _TABLE.c.record, _TABLE.c.contact, _TABLE.c.escrow).where(
    _TABLE.c.survey == bindparam("of")
)
_REMOVE = delete(_TABLE).where(_TABLE.c.tag == bindparam("tag"))
_MARKS = ErasedConsent.__table__  # type: ignore[attr-defined]
_ERASED = select(_MARKS.c.tag)
_UNMARK = delete(_MARKS).where(_MARKS.c.tag == bindparam("tag"))

_NEW = ("new_record", "new_contact", "new_escrow")


class SettledConsent(NamedTuple):
    """One person's consent on its way from the inbox to the vault; its content is JSON already."""

    tag: bytes
    code_key: bytes
    record: bytes
    contact: bytes
    escrow: bytes | None = None
    """A cell of `lost_codes.py`, in a wave with escrow."""


class ConsentClass(NamedTuple):
    """What consents have in common that nobody can tell apart in the vault."""

    granted: frozenset[str]
    notice: str
    day: str


class Consents:
    """The vault. Keys of rows live in the `keys` store; see `RowKeys`."""

    def __init__(self, vault: Store, keys: Store, keyring: Keyring) -> None:
        self._vault = vault
        self._row_keys = RowKeys(keys, keyring, "vault")
        self._under_pepper = expander(keyring.secret("pepper-vault"))

    def stored_tag(self, consent_tag: bytes) -> bytes:
        """Return the only form in which the vault knows a tag."""
        return self._under_pepper(consent_tag)

    def mark(self, wave: str, said: Iterable[str]) -> bytes:
        """Return the mark by which somebody who said this of himself is found again in a wave."""
        return self._under_pepper("\0".join(("escrow/v1", wave, *said)).encode())

    def settle(self, survey: str, consents: list[SettledConsent], row_secret: bytes) -> None:
        """Write consents in one transaction in the (shuffled) order given; again is the same.

        A SQLite file is ordered by the rows' random tags and by nothing else, so there they are
        written in the order of these: each page once, not once for each of its rows.
        """
        key_of = expander(row_secret)
        keys = {c.tag: key_of(c.tag) for c in consents}
        self._row_keys.keep(f"vault:{survey}", keys.items())
        ordered = sorted(consents) if self._vault.dialect == "sqlite" else consents
        rows = [self._row(survey, c, keys[c.tag]) for c in ordered]

        def work(tx: Tx) -> None:
            tx.run_all(replacement(ConsentRow, tx.dialect), rows)

        self._vault.write_now(work)

    def _row(self, survey: str, consent: SettledConsent, key: bytes) -> dict[str, Any]:
        # No model is built for each: of so many rows that would be a third of the work.
        tag, seal_with_key = consent.tag, sealer(key)
        return {
            "tag": tag,
            "survey": survey,
            "record": seal_with_key(pad(consent.record, RECORD_BLOCK), tag + b"record"),
            "contact": seal_with_key(pad(consent.contact, RECORD_BLOCK), tag + b"contact"),
            "by_code": seal(consent.code_key, key, tag),
            "escrow": consent.escrow and seal_with_key(consent.escrow, tag + b"escrow"),
        }

    def withdraw(
        self, survey: str, withdrawn: Mapping[bytes, Iterable[str]], shuffler: random.Random
    ) -> int:
        """Note purposes taken back, by row, and return how many rows the survey has.

        Every row of the survey is sealed anew in one transaction and in an order drawn for it,
        so that a thief without keys cannot tell which were changed. What was decided stays as it
        was decided, and `withdrawn` beside it says what is no longer in force: the record still
        proves the consent there was (GDPR Art. 7(1)). A contact that was taken back is gone.
        Cost grows linearly with the rows of the survey.
        """
        changes = {tag: frozenset(purposes) for tag, purposes in withdrawn.items()}
        return self._every_row_anew(
            survey, shuffler, lambda tag, row: row.without(changes.get(tag, frozenset()))
        )

    def hand_out(
        self,
        survey: str,
        mark: bytes,
        day: str,
        withdrawn: Mapping[bytes, frozenset[str]],
        shuffler: random.Random,
    ) -> list[bytes]:
        """Note in whose cells the mark stands that they were handed out, and return what is sealed.

        Found or not, every row of the survey is sealed anew in one transaction, so that nothing
        tells which was found, nor whether any was. `withdrawn` is what was taken back and is not
        noted here yet. Cost grows linearly with the rows of the survey.
        """
        found: list[bytes] = []

        def look(tag: bytes, row: OpenedRow) -> OpenedRow:
            cell = row.cell
            if cell is None or cell.find != mark or ESCROW in withdrawn.get(tag, ()):
                return row
            found.append(cell.sealed)
            return row._replace(cell=cell.opened(day))

        self._every_row_anew(survey, shuffler, look)
        return sorted(found)

    def _every_row_anew(
        self, survey: str, shuffler: random.Random, change: Callable[[bytes, OpenedRow], OpenedRow]
    ) -> int:
        keys = self._row_keys.read_all(self.tags_of(survey))

        def work(tx: Tx) -> int:
            if tx.dialect == "postgresql":
                # Nobody may settle or erase between what is read here and what is written.
                tx.script(f'LOCK TABLE "{_TABLE.name}" IN ACCESS EXCLUSIVE MODE')
            rows = tx.all(_EVERY_CELL, of=survey)
            shuffler.shuffle(rows)
            for tag, *sealed in rows:
                # A row without its key is being erased.
                if tag in keys:
                    opened = change(bytes(tag), OpenedRow.of(keys[tag], tag, *sealed))
                    new = dict(zip(_NEW, opened.sealed(keys[tag], tag), strict=True))
                    tx.run(_NEW_ROW, of_tag=tag, **new)
            return len(rows)

        return self._vault.write_now(work)

    def of_code(self, tag: bytes, code_key: bytes) -> dict[str, Any] | None:
        """Return what the vault keeps of the person whose code gives this tag and key."""
        row = self._vault.first_now(_ONE, tag=tag)
        if row is None:
            return None
        key = unseal(code_key, row[2], tag)
        record = from_json(unpad(unseal(key, row[0], tag + b"record")))
        contact = from_json(unpad(unseal(key, row[1], tag + b"contact")))
        kept = {"record": record, "contact": contact}
        if row[3] is not None:
            kept["escrow"] = unseal(key, row[3], tag + b"escrow")
        return kept

    def holds(self, tag: bytes) -> bool:
        """Return whether a row is there."""
        return self._vault.read_now(lambda tx: tx.one(_ONE, tag=tag)) is not None

    def forget(self, tags: Iterable[bytes]) -> int:
        """Destroy the rows' keys, then the rows, and return how many rows there were."""
        return self._remove(tags, ended=False)

    def end(self, tags: Iterable[bytes]) -> int:
        """Do the same with rows whose time is over, and let the count of rows say so."""
        return self._remove(tags, ended=True)

    def _remove(self, tags: Iterable[bytes], *, ended: bool) -> int:
        gone = list(tags)
        self._row_keys.destroy(gone, ended=ended)
        return self._vault.write_now(lambda tx: sum(tx.run(_REMOVE, tag=tag) for tag in gone))

    def tags_of(self, survey: str) -> list[bytes]:
        """Return the stored tags of a survey."""
        return [row[0] for row in self._vault.read_now(lambda tx: tx.all(_OF_SURVEY, of=survey))]

    def classes(self, survey: str) -> Counter[ConsentClass]:
        """Return how many consents of a survey look alike: same purposes in force, notice and day.

        Inside only: what leaves is floored. Cost grows with the survey's consents.
        """
        rows = self._vault.read_now(lambda tx: tx.all(_RECORDS, of=survey))
        keys = self._row_keys.read_all(row[0] for row in rows)
        found: Counter[ConsentClass] = Counter()
        for tag, sealed in rows:
            # A row without its key was being erased when we looked.
            if tag in keys:
                record = json.loads(unpad(unseal(keys[tag], sealed, tag + b"record")))
                found[ConsentClass(in_force(record), record["notice"], record["day"])] += 1
        return found

    def contacts_left(self, survey: str) -> int:
        """Return how many people of a survey have a contact here."""
        keys = self._row_keys.read_all(self.tags_of(survey))
        rows = self._vault.read_now(lambda tx: tx.all(_WHOLE_OF_SURVEY, of=survey))
        return sum(
            json.loads(unpad(unseal(keys[tag], contact, tag + b"contact"))) is not None
            for tag, _record, contact in rows
            if tag in keys
        )

    def contacts(
        self, survey: str, withdrawn: Mapping[bytes, frozenset[str]]
    ) -> list[dict[str, str]]:
        """Return the contacts of those who agreed to be asked again, in an order that says nothing.

        `withdrawn` is what was taken back and is not noted here yet, by stored tag. Cost grows
        with the survey's consents.
        """
        rows = self._vault.read_now(lambda tx: tx.all(_WHOLE_OF_SURVEY, of=survey))
        rows.sort(key=lambda row: bytes(row[0]))
        keys = self._row_keys.read_all(row[0] for row in rows)
        found = []
        for tag, record, contact in rows:
            # A row without its key was being erased when we looked.
            if tag in keys:
                said = json.loads(unpad(unseal(keys[tag], record, tag + b"record")))
                left = json.loads(unpad(unseal(keys[tag], contact, tag + b"contact")))
                gone = withdrawn.get(bytes(tag), frozenset())
                if left and "contact" in in_force(said) - gone:
                    found.append(left)
        return found

    def compare(self, survey: str) -> tuple[Compared, int]:
        """Hold a survey's rows against their keys; beside it, how many rows do not open.

        Cost grows with the survey's rows.
        """
        rows = self._vault.read_now(lambda tx: tx.all(_EVERY_CELL, of=survey))
        keys = self._row_keys.read_all(row[0] for row in rows)
        broken = 0
        for tag, *sealed in rows:
            if tag in keys:
                try:
                    OpenedRow.of(keys[tag], tag, *sealed)
                except EnvelopeBroken:
                    broken += 1
        return self._row_keys.compare(f"vault:{survey}", (row[0] for row in rows)), broken

    def recount(self) -> None:
        """Begin to count every survey's rows anew, after a restore."""
        for scope in self._row_keys.scopes():
            self._row_keys.recount(scope, self.tags_of(scope.partition(":")[2]))

    def purposes_in_force(self, survey: str) -> Counter[str]:
        """Return how many have each purpose in force. Inside only: what leaves is floored."""
        found: Counter[str] = Counter()
        for kind, count in self.classes(survey).items():
            found.update(dict.fromkeys(kind.granted, count))
        return found

    def forget_contacts(self, survey: str) -> int:
        """Replace every contact of a survey by nothing, whoever left one, and return how many.

        All rows are written anew in one transaction, so that nobody can tell who had one.
        """
        keys = self._row_keys.read_all(self.tags_of(survey))
        empty = pad(canonical(None), RECORD_BLOCK)
        new = [(tag, seal(key, empty, tag + b"contact")) for tag, key in keys.items()]

        def work(tx: Tx) -> int:
            return sum(tx.run(_NEW_CONTACT, of_tag=tag, new_contact=blob) for tag, blob in new)

        return self._vault.write_now(work)

    def surveys(self) -> list[str]:
        """Return the surveys that have consents here."""
        return sorted(row[0] for row in self._vault.read_now(lambda tx: tx.all(_SURVEYS)))

    def tags(self) -> list[bytes]:
        """Return every stored tag, in the store's own order (for replays of tombstones)."""
        return [row[0] for row in self._vault.read_now(lambda tx: tx.all(_TAGS))]

    def finish_erasures(self) -> int:
        """Destroy the keys of rows that a part without them has deleted; return how many."""
        marks = self._vault.read_now(lambda tx: tx.all(_ERASED))
        if marks:
            self._row_keys.destroy(mark[0] for mark in marks)
            self._vault.write_now(lambda tx: [tx.run(_UNMARK, tag=mark[0]) for mark in marks])
            self._vault.truncate_log()
        return len(marks)


TAKEN_BACK = ("contact", ESCROW)
"""What lies in a row of the vault and must not come back with an older one."""


def taken_back(what: str, tag: bytes) -> tuple[str, bytes]:
    """Return how the list of erasures names what of `TAKEN_BACK` a person took back."""
    return f"vault/{what}", tag


def in_force(record: Mapping[str, Any]) -> frozenset[str]:
    """Return the purposes of a record that were granted and not withdrawn since."""
    granted = {name for name, yes in record.get("decisions", {}).items() if yes}
    return frozenset(granted - set(record.get("withdrawn", ())))


def receipt_commitment(salt: bytes, said: Circumstances) -> str:
    """Return the commitment to how a consent was given.

    The salt comes from the code, so the vault cannot try the closed vocabulary against it.
    """
    return expand(salt, plainly_canonical(said.model_dump())).hex()


def committed(salt: bytes, commitment: str) -> Circumstances | None:
    """Return what a commitment was made to, or None where it fits nothing of the closed list."""
    return next(
        (said for said in Circumstances.all() if receipt_commitment(salt, said) == commitment), None
    )
