"""The receipt of a code: what was decided, under which notice, and how."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from schemas.consent import ConsentReceipt, Decision
from schemas.notice import Notice, PurposeId
from schemas.texts import Texts
from survey_service.collection.changes import Changes
from survey_service.collection.code import Code, CodeKeys
from survey_service.collection.letterbox import Letterbox
from survey_service.consent.lost_codes import Cell
from survey_service.consent.opened import ESCROW
from survey_service.consent.receipts import receipt_document
from survey_service.consent.service import Consents, committed
from survey_service.consent.signing import Signer
from survey_service.problems import NotFound
from survey_service.stores.envelopes import expand
from survey_service.stores.keyring import Keyring
from survey_service.surveys.service import Surveys


@dataclass(frozen=True)
class Held:
    """A receipt with what is needed to say it in words."""

    receipt: ConsentReceipt
    notice: Notice
    title: Texts
    can_be_found: bool = False
    """Whether two officers together can find the code."""


class Receipts:
    """Makes receipts from what the vault, or the waiting submission, keeps; stores nothing."""

    def __init__(
        self,
        surveys: Surveys,
        inbox: Letterbox,
        changes: Changes,
        consents: Consents,
        keyring: Keyring,
        public_url: str,
    ) -> None:
        self._surveys = surveys
        self._inbox = inbox
        self._changes = changes
        self._consents = consents
        self._keyring = keyring
        self._public_url = public_url

    @cached_property
    def _signer(self) -> Signer:
        """Made when first needed: only the part that hands out receipts holds the key."""
        return Signer(self._keyring.secret("receipt-signing"))

    @property
    def public_pem(self) -> str:
        """The public key that checks our receipts."""
        return self._signer.public_pem

    async def of_code(self, code: Code) -> Held:
        """Return the receipt of a code's submission. Every survey is asked, as for the status.

        Raises:
            NotFound: nothing was sent under this code, or it was erased.
        """
        found = [
            await asyncio.to_thread(self._held, slug, title, code.under(salt))
            for slug, salt, title in self._surveys.surveys_now()
        ]
        held = next((one for one in found if one is not None), None)
        if held is None:
            raise NotFound
        return held

    async def signed(self, code: Code) -> bytes:
        """Return the receipt for machines, signed now; the same receipt is the same bytes.

        Raises:
            NotFound: nothing was sent under this code, or it was erased.
        """
        held = await self.of_code(code)
        document = receipt_document(
            held.receipt,
            held.notice,
            title=held.title,
            public_url=self._public_url,
            key=self._signer.name,
        )
        if held.notice.escrow is not None:
            document["lostCode"] = "two officers together" if held.can_be_found else "nobody"
        return json.dumps(self._signer.signed(document), ensure_ascii=False, indent=2).encode()

    def _held(self, slug: str, title: Texts, keys: CodeKeys) -> Held | None:
        record, cell = self._record(keys)
        withdrawn = self._changes.own_now(keys)
        if record is None:
            return None
        notice = self._surveys.notices.one_now(record["notice"])
        decisions = tuple(
            Decision(purpose=PurposeId(name), granted=granted)
            for name, granted in record["decisions"].items()
        )
        receipt = ConsentReceipt.model_validate(
            {
                "id": _name(keys, b"receipt-id"),
                "subject": _name(keys, b"receipt-subject"),
                "survey": slug,
                "notice_id": notice.id,
                "notice_version": notice.version,
                "notice_hash": notice.hash,
                "decisions": decisions,
                "withdrawn": tuple(
                    sorted((withdrawn - {ESCROW}) | set(record.get("withdrawn", ())))
                ),
                "day": record["day"],
                "circumstances": committed(keys.receipt_salt, record["receipt"]),
            }
        )
        found = cell is not None and Cell.read(cell).is_agreed(keys.receipt_salt)
        return Held(receipt, notice, title, found and ESCROW not in withdrawn)

    def _record(self, keys: CodeKeys) -> tuple[dict[str, Any] | None, bytes | None]:
        """Return the consent record and the cell; the vault is asked whatever the inbox says."""
        copy = self._inbox.own_copy_now(keys)
        tag = self._consents.stored_tag(keys.consent_tag)
        settled = self._consents.of_code(tag, keys.consent_key) or {}
        if copy is None:
            return settled.get("record"), settled.get("escrow")
        waiting = json.loads(copy)
        cell = waiting.get("escrow")
        return waiting["consent"], None if cell is None else bytes.fromhex(cell)


def _name(keys: CodeKeys, label: bytes) -> str:
    return f"urn:uuid:{UUID(bytes=expand(keys.receipt_salt, label)[:16], version=4)}"
