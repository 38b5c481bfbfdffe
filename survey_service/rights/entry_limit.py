"""How many codes one network may enter in an hour, without keeping any address.

Guessing a code of 115 bits is hopeless; the limit keeps a flood from costing others the service.
An address becomes one of 65,536 counters by an HMAC of its network under a key that lives in
memory for an hour. The counters are all there is: no list of networks, and nothing on a disk.
"""

from __future__ import annotations

import secrets
from array import array
from collections.abc import Callable
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from survey_service.clock import Clock
from survey_service.stores.envelopes import mac

PER_HOUR = 120
# Where a proxy tells no address, everybody comes from this machine.
LOOPBACK_PER_HOUR = 10 * PER_HOUR
COUNTERS = 1 << 16
MOST = (1 << 16) - 1


class EntryLimit:
    """Counts code entries by network; forgets all of it every hour."""

    def __init__(self, clock: Clock, new_key: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._clock = clock
        self._new_key = new_key
        self._hour: datetime | None = None
        self._key = b""
        self._counts: array[int] = array("H")

    def allows(self, address: str) -> bool:
        """Count one more entry from this address and return whether it may go on.

        Every entry counts alike, so that the limit does not tell which codes there are.
        """
        now = self._clock().replace(minute=0, second=0, microsecond=0)
        if now != self._hour:
            self._hour, self._key = now, self._new_key(32)
            self._counts = array("H", bytes(2 * COUNTERS))
        network, limit = _network(address)
        at = int.from_bytes(mac(self._key, network)[:2], "big")
        self._counts[at] = min(MOST, self._counts[at] + 1)
        return self._counts[at] <= limit

    def seconds_left(self) -> int:
        """Return how long it is until all is forgotten."""
        now = self._clock()
        return 3600 - now.minute * 60 - now.second


def _network(address: str) -> tuple[bytes, int]:
    """The network's bytes (/24 or /64), and how many entries it has."""
    found: IPv4Address | IPv6Address
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        # No address at all: a socket file, or a test.
        return b"", LOOPBACK_PER_HOUR
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    found = mapped or found
    if found.is_loopback:
        return b"", LOOPBACK_PER_HOUR
    length = 24 if found.version == 4 else 64
    network = ip_network((found, length), strict=False)
    return network.network_address.packed, PER_HOUR
