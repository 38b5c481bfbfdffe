"""The vault in a part that holds no key: what a code opens, and what a code erases."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete

from survey_service.consent.models import ConsentRow, ErasedConsent
from survey_service.consent.service import Consents
from survey_service.stores.envelopes import expander
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

_TABLE = ConsentRow.__table__  # type: ignore[attr-defined]
_REMOVE = delete(_TABLE).where(_TABLE.c.tag == bindparam("tag"))


class ConsentsByCode(Consents):
    """The vault without the office's wraps: nothing here opens but with a code.

    What would need them (settling in, reading contacts) fails, because there is no key to use.
    """

    def __init__(self, vault: Store, keyring: Keyring) -> None:
        self._vault = vault
        self._under_pepper = expander(keyring.secret("pepper-vault"))

    def forget(self, tags: Iterable[bytes]) -> int:
        """Delete the rows, mark them for settle, and return how many there were.

        The wraps of their keys are beyond this part's reach; settle destroys them as soon as it
        finds the marks.
        """
        gone = list(tags)

        def work(tx: Tx) -> int:
            count = 0
            for tag in gone:
                if tx.run(_REMOVE, tag=tag):
                    tx.add(ErasedConsent.model_validate({"tag": tag}), ignore=True)
                    count += 1
            return count

        return self._vault.write_now(work)
