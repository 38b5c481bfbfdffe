"""The vault in a part that holds no key: what a code opens, and what a code erases."""

from __future__ import annotations

from collections.abc import Iterable

from survey_service.consent.models import ConsentRow, ErasedConsent
from survey_service.consent.service import Consents
from survey_service.stores.envelopes import expander
from survey_service.stores.erasing_without_keys import erase_and_mark
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store


class ConsentsByCode(Consents):
    """The vault without the office's wraps: nothing here opens but with a code.

    What would need them (settling in, reading contacts) fails, because there is no key to use.
    """

    def __init__(self, vault: Store, keyring: Keyring) -> None:
        self._vault = vault
        self._under_pepper = expander(keyring.secret("pepper-vault"))

    def forget(self, tags: Iterable[bytes]) -> int:
        """Delete the rows, mark them for settle, and return how many there were."""
        return erase_and_mark(self._vault, ConsentRow, ErasedConsent, tags)
