"""After a restore: no contact, and no yes to a lost code, is back that was taken back since."""

from __future__ import annotations

import random

from survey_service.consent.models import ConsentRow
from survey_service.consent.service import TAKEN_BACK, Consents, taken_back
from survey_service.stores.keyring import Keyring
from survey_service.stores.shuffle import rewrite_shuffled
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones


def take_back_again(
    stores: Stores, keyring: Keyring, tombstones: Tombstones, shuffler: random.Random
) -> int:
    """Seal every consent anew, without what was taken back; return of how many rows.

    Again is the same. Where nobody took anything back nothing is written. A row whose key is not
    there stays as it is: nobody but its person opens it; when `keys` is put back, this is done
    again.
    """
    consents = Consents(stores.vault, stores.keys, keyring)
    found = 0
    for survey in consents.surveys():
        gone = {
            bytes(tag): what
            for tag in consents.tags_of(survey)
            if (what := [w for w in TAKEN_BACK if tombstones.holds(*taken_back(w, bytes(tag)))])
        }
        if gone:
            consents.withdraw(survey, gone, shuffler)
            found += len(gone)
    if found:
        rewrite_shuffled(stores.vault, ConsentRow, shuffler)
        stores.vault.truncate_log()
    return found
