"""A row of the vault, opened with its key: to be read, changed, and sealed anew."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from survey_service.consent.lost_codes import Cell
from survey_service.stores.canonical import canonical
from survey_service.stores.envelopes import pad, seal, unpad, unseal

RECORD_BLOCK = 512
ESCROW = "escrow"
"""What is taken back with the purposes and is none: that a lost code may be found."""


class OpenedRow(NamedTuple):
    """A row of the vault, opened with its key."""

    record: bytes
    contact: bytes
    cell: Cell | None

    @classmethod
    def of(
        cls, key: bytes, tag: bytes, record: bytes, contact: bytes, escrow: bytes | None
    ) -> OpenedRow:
        """Return what is sealed in a row."""
        return cls(
            unpad(unseal(key, record, tag + b"record")),
            unpad(unseal(key, contact, tag + b"contact")),
            None if escrow is None else Cell.read(unseal(key, escrow, tag + b"escrow")),
        )

    def sealed(self, key: bytes, tag: bytes) -> tuple[bytes, bytes, bytes | None]:
        """Return it sealed anew."""
        return (
            seal(key, pad(self.record, RECORD_BLOCK), tag + b"record"),
            seal(key, pad(self.contact, RECORD_BLOCK), tag + b"contact"),
            None if self.cell is None else seal(key, self.cell.octets, tag + b"escrow"),
        )

    def without(self, withdrawn: frozenset[str]) -> OpenedRow:
        """Return it with these purposes withdrawn.

        That a lost code shall not be found any more leaves no word in the record: nobody with the
        server's keys may know who ever wanted it.
        """
        purposes = withdrawn - {ESCROW}
        record, contact, cell = self
        if purposes:
            record = canonical(withdraw_from(json.loads(record), purposes))
        if "contact" in purposes:
            contact = canonical(None)
        if cell is not None and ESCROW in withdrawn:
            cell = cell.declined()
        return OpenedRow(record, contact, cell)


def withdraw_from(record: dict[str, Any], purposes: Iterable[str]) -> dict[str, Any]:
    """Return the record with purposes marked as withdrawn, beside what was decided."""
    gone = sorted({*record.get("withdrawn", ()), *purposes})
    return {**record, "withdrawn": gone} if gone else record
