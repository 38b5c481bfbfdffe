"""Used slips and people who took part: a list in the vault without reference to any row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select

from survey_service.consent.models import Used
from survey_service.stores.envelopes import expander
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

_TABLE: Any = Used.__table__  # type: ignore[attr-defined]
_HOLDER = select(_TABLE.c.holder).where(_TABLE.c.tag == bindparam("tag"))
_DROP = delete(_TABLE).where(
    _TABLE.c.wave == bindparam("of_wave"), _TABLE.c.kind == bindparam("of_kind")
)


class Claim(NamedTuple):
    """What somebody uses up by taking part: a slip, or his one time."""

    kind: str
    told: bytes


class Claims:
    """The vault's list of what is used up. Only keyed tags are kept, under the vault's pepper."""

    def __init__(self, vault: Store, keyring: Keyring) -> None:
        self._vault = vault
        self._under_pepper = expander(keyring.secret("pepper-vault"))

    def stored_tag(self, claim: Claim) -> bytes:
        """Return the only form in which the vault knows a claim."""
        return self._under_pepper(b"used/" + claim.kind.encode("ascii") + b"\0" + claim.told)

    def taken_now(self, claim: Claim) -> bool:
        """Return whether somebody has used it."""
        tag = self.stored_tag(claim)
        return self._vault.read_now(lambda tx: tx.one(_HOLDER, tag=tag)) is not None

    async def use(self, wave: str, admission_tag: bytes, claims: Sequence[Claim]) -> bool:
        """Use all of them up for one code, or tell that somebody else has; again is the same.

        They are claimed in their order, and what was claimed before the first that is taken stays
        used: a slip is the price of asking whether somebody took part. It is held together with
        what was claimed beside it, so that one slip asks once and about one person.
        """
        tags = [self.stored_tag(claim) for claim in claims]
        holder = self._under_pepper(b"holder\0" + admission_tag + b"".join(tags))
        rows = [
            Used.model_validate({"tag": tag, "wave": wave, "kind": claim.kind, "holder": holder})
            for tag, claim in zip(tags, claims, strict=True)
        ]

        def work(tx: Tx) -> bool:
            for row in rows:
                tx.add(row, ignore=True)
                if tx.one(_HOLDER, tag=row.tag) != (holder,):
                    return False
            return True

        return await self._vault.write(work)

    def drop_now(self, wave: str, kind: str) -> int:
        """Forget all claims of a kind in a wave and return how many there were."""
        gone = self._vault.write_now(lambda tx: tx.run(_DROP, of_wave=wave, of_kind=kind))
        if gone:
            self._vault.truncate_log()
        return gone
