"""Stores of a part, up to date before anything reads them."""

from __future__ import annotations

from collections.abc import Iterable

from survey_service.stores.errors import StoreRefused
from survey_service.stores.migrate import is_up_to_date, upgrade
from survey_service.stores.parts import OWNER_OF, Part
from survey_service.stores.store import Store


def bring_up_to_date(stores: Iterable[Store], part: Part) -> None:
    """Bring the part's own stores up to date and find the others so.

    Raises:
        StoreRefused: a store of another part is older than this version.
    """
    for store in stores:
        owner = OWNER_OF[store.name]
        if owner is part:
            upgrade(store)
        elif not is_up_to_date(store):
            raise StoreRefused(
                f"The store {store.name} is not of this version yet. Start the part {owner} "
                "first: it brings it up to date."
            )
