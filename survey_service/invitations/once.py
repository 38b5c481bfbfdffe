"""The keys under which a wave knows who took part, and nobody else does.

Each wave has a key of its own, made when it is first needed and destroyed when field work ends.
It lies apart from the marks it gives, is in no backup, and is sealed with a secret of the ring.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import bindparam, delete, select

from survey_service.invitations.identifiers import canonical
from survey_service.invitations.models import OnceKey
from survey_service.problems import NotReady
from survey_service.stores.envelopes import mac, seal, unseal
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.surveys.waves import Wave, WaveState

_TABLE: Any = OnceKey.__table__  # type: ignore[attr-defined]
_ONE = select(_TABLE.c.sealed).where(_TABLE.c.wave == bindparam("wave"))
_REMOVE = delete(_TABLE).where(_TABLE.c.wave == bindparam("wave"))


class OnceKeys:
    """Makes, uses and destroys the keys of waves in which each takes part once."""

    def __init__(self, inbox: Store, keyring: Keyring) -> None:
        self._inbox = inbox
        self._keyring = keyring

    def tag_now(self, wave: Wave, text: str) -> str:
        """Return the mark of who wrote this of himself, however he spelled it.

        Raises:
            InvalidInput: it is no identifier of the kind that the wave asks for.
            NotReady: the key was destroyed, so that nobody can take part any more.
        """
        told = canonical(wave.once, text)
        return mac(self._key(wave), b"once/v1\0" + told.encode()).hex()

    def destroy_now(self, wave_id: str) -> int:
        """Destroy a wave's key and return whether there was one."""
        gone = self._inbox.write_now(lambda tx: tx.run(_REMOVE, wave=wave_id))
        if gone:
            self._inbox.truncate_log()
        return gone

    def _key(self, wave: Wave) -> bytes:
        secret, bound = self._keyring.secret("once-keys"), wave.id.encode()
        row = self._inbox.read_now(lambda tx: tx.one(_ONE, wave=wave.id))
        if row is None and wave.state is WaveState.OPEN:
            fresh = OnceKey.model_validate(
                {"wave": wave.id, "sealed": seal(secret, secrets.token_bytes(32), bound)}
            )
            self._inbox.write_now(lambda tx: tx.add(fresh, ignore=True))
            row = self._inbox.read_now(lambda tx: tx.one(_ONE, wave=wave.id))
        if row is None:
            raise NotReady
        return unseal(secret, row[0], bound)
