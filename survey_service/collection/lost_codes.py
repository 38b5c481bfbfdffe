"""What settle does with a granted request for a lost code: look, seal, note the day.

The office never reads the vault and cannot read whom it asks for. Found or not, the same is done
and the same comes out: every row of the survey is sealed anew, and a file of one size leaves that
two officers open elsewhere.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from schemas.audit import Act, ObjectType, Purpose
from survey_service.audit_log.entries import AuditEntry, instant
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.collection.settle import Settle
from survey_service.consent.models import ConsentRow
from survey_service.consent.service import Consents
from survey_service.escrow.kept import REQUESTS, Granted, granted, keep_settle_key, settle_key
from survey_service.escrow.sealing import handed_out
from survey_service.stores.envelopes import expand, open_part, public_of, unpad
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.keyring import Keyring
from survey_service.stores.shuffle import rewrite_shuffled
from survey_service.stores.stores import Stores
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave


class LostCodeSearch:
    """Answers granted requests and destroys those whose time is over. Every step can be repeated.

    `withdrawn` gives what was taken back and the vault has not noted yet. Cost grows linearly with
    the rows of the survey.
    """

    def __init__(
        self,
        stores: Stores,
        surveys: Surveys,
        consents: Consents,
        settle: Settle,
        withdrawn: Callable[[list[Wave]], Mapping[bytes, frozenset[str]]],
        keyring: Keyring,
        audit: AuditLog,
        clock: Clock,
        shuffler: random.Random | None = None,
    ) -> None:
        self._stores = stores
        self._surveys = surveys
        self._consents = consents
        self._settle = settle
        self._withdrawn = withdrawn
        # A secret that settle alone holds and that is never replaced, so that what was asked for
        # before a restart still opens.
        self._private = expand(keyring.secret("row-key-names"), b"escrow-told/v1")
        self._audit = audit
        self._clock = clock
        self._shuffler: Any = shuffler or secrets.SystemRandom()

    def look(self) -> None:
        """Leave the office the key to seal to, end what is over, look for what was granted."""
        office, now = self._stores.office, instant(self._clock())
        public = public_of(self._private)
        if office.read_now(settle_key) != public:
            office.write_now(lambda tx: keep_settle_key(tx, public))
        for request_id in office.read_now(lambda tx: REQUESTS.due(tx, now)):
            self._end(request_id)
        for request in office.read_now(lambda tx: granted(tx, now)):
            self._answer(request)

    def _answer(self, request: Granted) -> None:
        wave = self._surveys.wave_now(request.wave)
        said = self._told(request)
        if wave.notice.escrow is None or said is None:
            # Nobody can ever look for it, and no other request shall wait behind it.
            self._end(request.id)
            return
        self._log(Act.ESCROW_SEALED, request.id)
        found = self._found(wave, said)
        file = handed_out(request.id, wave.survey, wave.id, wave.notice.escrow.keys, found)
        sealed, at = file.model_dump_json(indent=1).encode(), instant(self._clock())
        self._stores.office.write_now(lambda tx: REQUESTS.keep(tx, request.id, sealed, at))
        self._stores.office.truncate_log()

    def _end(self, request_id: str) -> None:
        self._log(Act.ESCROW_ENDED, request_id)
        self._stores.office.write_now(lambda tx: REQUESTS.end(tx, request_id))
        self._stores.office.truncate_log()

    def _told(self, request: Granted) -> tuple[str, str] | None:
        """Whom to look for; None where it was not sealed to this settle, or says nothing."""
        try:
            name, phone = json.loads(
                unpad(open_part(self._private, request.told, request.id.encode()))
            )
        except (EnvelopeBroken, ValueError):
            return None
        return str(name), str(phone)

    def _found(self, wave: Wave, said: tuple[str, str]) -> list[bytes]:
        mark = self._consents.mark(wave.id, said)
        today = self._clock().date().isoformat()
        waves = [w for w in self._surveys.waves_now() if w.survey == wave.survey]
        gone = self._withdrawn(waves)
        with self._settle.running:
            found = self._consents.hand_out(wave.survey, mark, today, gone, self._shuffler)
            rewrite_shuffled(self._stores.vault, ConsentRow, self._shuffler)
            self._stores.vault.truncate_log()
        return found

    def _log(self, act: Act, request_id: str) -> None:
        self._audit.append_now(
            AuditEntry(
                act=act,
                object_type=ObjectType.ESCROW,
                object_ref=request_id,
                purpose=Purpose.RESPONDENT_RIGHTS,
            )
        )
