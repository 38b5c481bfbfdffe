"""The seven stores: engines, transactions, envelopes and keys."""

from survey_service.stores.errors import StoreError, StoreFull, StoreRefused
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx

__all__ = ["Store", "StoreError", "StoreFull", "StoreRefused", "Stores", "Tx"]
