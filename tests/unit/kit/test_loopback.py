"""Tests reach loopback only."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tests.kit.loopback import NotLoopback, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", b"localhost", None])
def test_this_machine_is_loopback(host: str | bytes | None) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "0.0.0.0", "::", "", "example.org", "127.evil.test"])
def test_everything_else_is_not(host: str) -> None:
    assert not is_loopback(host)


def test_a_connection_to_another_address_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(NotLoopback):
        sock.connect(("192.0.2.1", 80))


def test_looking_a_name_up_is_refused() -> None:
    with pytest.raises(NotLoopback):
        socket.getaddrinfo("example.org", 80)


def test_asyncio_is_refused_too() -> None:
    with pytest.raises(NotLoopback):
        asyncio.run(asyncio.open_connection("192.0.2.1", 80))


def test_listening_for_others_is_refused() -> None:
    with socket.socket() as sock, pytest.raises(NotLoopback):
        sock.bind(("0.0.0.0", 0))
