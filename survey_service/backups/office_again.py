"""After the `office` store came back: nothing is under way that has ended since."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete

from survey_service.accounts.sessions import SESSION
from survey_service.contact_lists.kept import LISTS
from survey_service.escrow.kept import REQUESTS
from survey_service.invitations.models import HandedSlips
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

_HANDED: Any = HandedSlips.__table__  # type: ignore[attr-defined]


def bring_up_to_date(office: Store, made_on: str) -> list[str]:
    """Leave nobody signed in and nothing that was destroyed since; return what there is to say.

    What was asked for or handed over may have ended meanwhile, and its secrets with it: whom
    somebody looked for, a sealed list, who was to print slips. All of it is asked for again.
    """

    def work(tx: Tx) -> int:
        tx.run(delete(SESSION))
        return LISTS.end_all(tx) + REQUESTS.end_all(tx) + tx.run(delete(_HANDED))

    ended = office.write_now(work)
    office.compact()
    told = [
        f"Accounts are as they were on {made_on}: deactivate again whoever left since, and renew "
        "who was renewed.",
        f"Slips printed since {made_on} open nothing: print new ones. Batches made useless since "
        "can be used again: make them useless again.",
    ]
    if ended:
        told.append(
            "Lists of contacts, searches for lost codes and slips to be printed that were under "
            "way have ended: ask for them again."
        )
    return told
