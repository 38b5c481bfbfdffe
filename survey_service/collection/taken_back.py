"""After a restore: no contact is back that its person took back since."""

from __future__ import annotations

import random

from survey_service.consent.models import ConsentRow
from survey_service.consent.service import Consents, left
from survey_service.stores.keyring import Keyring
from survey_service.stores.shuffle import rewrite_shuffled
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones


def take_contacts_back(
    stores: Stores, keyring: Keyring, tombstones: Tombstones, shuffler: random.Random
) -> int:
    """Seal every consent anew, without the contacts taken back; return how many these were.

    Again is the same. Where nobody took one back nothing is written. A row whose key is not there
    stays as it is: nobody but its person opens it; when `keys` is put back, this is done again.
    """
    consents = Consents(stores.vault, stores.keys, keyring)
    found = 0
    for survey in consents.surveys():
        gone = [tag for tag in consents.tags_of(survey) if tombstones.holds(*left(bytes(tag)))]
        if gone:
            consents.withdraw(survey, {bytes(tag): ("contact",) for tag in gone}, shuffler)
            found += len(gone)
    if found:
        rewrite_shuffled(stores.vault, ConsentRow, shuffler)
        stores.vault.truncate_log()
    return found
