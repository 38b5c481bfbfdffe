"""What can go wrong below the rooms, in words that name no person and no value."""

from __future__ import annotations


class StoreError(Exception):
    """A store could not do what it was asked; nothing of it was kept."""


class StoreFull(StoreError):
    """The disk under a store is full; the transaction was rolled back."""


class StoreRefused(StoreError):
    """A store must not be opened as it is; the message names the remedy."""


class EnvelopeBroken(StoreError):
    """A sealed value does not open: another key, another row, or altered bytes."""
