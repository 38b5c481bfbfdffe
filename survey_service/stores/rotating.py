"""A secret that may be replaced while the service runs, looked up anew at every use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from survey_service.stores.envelopes import sealer, unseal
from survey_service.stores.errors import EnvelopeBroken


class Ring(Protocol):
    """What a rotating key needs of the ring that holds it."""

    def refresh(self, name: str) -> bool:
        """See what another process did to a secret's files; return whether anything changed."""

    def secret(self, name: str) -> bytes:
        """Return the 32 bytes of a named secret; the newer one while it is being replaced."""

    def candidates(self, name: str) -> tuple[bytes, ...]:
        """Return every secret under which something may still be sealed, the newest first."""


class RotatingKey:
    """One secret of a ring, looked up anew at every use."""

    def __init__(self, ring: Ring, name: str) -> None:
        self._ring = ring
        self._name = name

    def seal(self, plaintext: bytes, bound_to: bytes) -> bytes:
        """Seal with the newest secret. Call it inside the transaction that stores the result.

        Then either the row is there before the wraps are renewed, or the new secret is.
        """
        return self.sealer()(plaintext, bound_to)

    def sealer(self) -> Callable[[bytes, bytes], bytes]:
        """Return `seal` for many rows of one transaction; get it inside that transaction."""
        self._ring.refresh(self._name)
        return sealer(self._ring.secret(self._name))

    def unseal(self, sealed: bytes, bound_to: bytes) -> bytes:
        """Return the plaintext under whichever secret in force sealed it.

        Raises:
            EnvelopeBroken: none of them did.
        """
        for secret in self._ring.candidates(self._name):
            try:
                return unseal(secret, sealed, bound_to)
            except EnvelopeBroken:
                continue
        if self._ring.refresh(self._name):
            return self.unseal(sealed, bound_to)
        raise EnvelopeBroken("a sealed value does not open")

    def opened(self, read: Callable[[], bytes | None], bound_to: bytes) -> bytes | None:
        """Return what `read` finds, opened; read again where it was wrapped anew meanwhile.

        Raises:
            EnvelopeBroken: it does not open.
        """
        sealed = read()
        if sealed is None:
            return None
        try:
            return self.unseal(sealed, bound_to)
        except EnvelopeBroken:
            again = read()
            if again is None or again == sealed:
                raise
            return self.unseal(again, bound_to)

    def is_newest(self, sealed: bytes, bound_to: bytes) -> bool:
        """Return whether the newest secret opens it."""
        try:
            unseal(self._ring.secret(self._name), sealed, bound_to)
        except EnvelopeBroken:
            return False
        return True
