"""Python code under test reaches this machine's loopback and nothing else."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_CONNECTING = frozenset(
    {"socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg"},
)
_RESOLVING = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})


class NotLoopback(RuntimeError):
    """A test was about to use the network."""


def is_loopback(host: str | bytes | None) -> bool:
    """Tell whether a host name or address stays on this machine."""
    if host is None:
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse_other_hosts() -> None:
    """From now on, and until this process ends, every other address raises NotLoopback.

    An audit hook sees what asyncio and the standard library do. uvloop, libpq and browsers open
    sockets below Python: uvloop is not used in tests, the others have flags of their own.
    """
    sys.addaudithook(_look)


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _CONNECTING:
        address = arguments[1]
        # Unix sockets have a path, IP sockets a tuple; sendto without an address follows connect.
        if isinstance(address, tuple) and not is_loopback(address[0]):
            raise NotLoopback(f"{event} to {address[0]!r}: tests use loopback only")
    elif event in _RESOLVING and not is_loopback(arguments[0]):
        raise NotLoopback(f"{event} of {arguments[0]!r}: tests use loopback only")
