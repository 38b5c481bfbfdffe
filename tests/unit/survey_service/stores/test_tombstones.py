"""Tombstones outlive crashes and restores, and tell nothing without their key."""

from __future__ import annotations

import secrets
from pathlib import Path

from survey_service.stores.tombstones import Tombstones

KEY = secrets.token_bytes(32)


def test_what_was_buried_is_known_after_a_restart_and_to_other_processes(tmp_path: Path) -> None:
    first = Tombstones(tmp_path / "t", KEY)
    second = Tombstones(tmp_path / "t", KEY)
    first.bury([("answers", b"a"), ("vault", b"v")])
    first.bury([("answers", b"a")])
    assert len(first) == 2
    second.refresh()
    assert second.holds("answers", b"a")
    assert not second.holds("vault", b"a")
    assert Tombstones(tmp_path / "t", KEY).holds("vault", b"v")


def test_half_a_line_left_by_a_crash_is_no_tombstone_and_spoils_none(tmp_path: Path) -> None:
    path = tmp_path / "t"
    Tombstones(path, KEY).bury([("answers", b"a")])
    with path.open("ab") as file:
        file.write(b"1234567890abcdef")
    again = Tombstones(path, KEY)
    assert again.holds("answers", b"a")
    again.bury([("answers", b"b")])
    assert Tombstones(path, KEY).holds("answers", b"b")


def test_without_the_key_the_file_matches_no_row(tmp_path: Path) -> None:
    Tombstones(tmp_path / "t", KEY).bury([("answers", b"a")])
    assert not Tombstones(tmp_path / "t", secrets.token_bytes(32)).holds("answers", b"a")
