"""Opus in Ogg: the sound, with an empty page of comments.

Source: RFC 3533 (Ogg, 2003), 6; RFC 7845 (Opus in Ogg, 2016), 3 and 5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from survey_service.surveys.media.limits import CleanFile, broken, unusual

SIGNATURE: Final = b"OggS"
_HEAD: Final = struct.Struct("<4sBBqIII")
_NO_COMMENTS: Final = b"OpusTags" + b"\0" * 8
_CONTINUED, _LAST = 1, 4


class _Page(NamedTuple):
    flags: int
    position: int
    lacing: bytes
    body: bytes


def clean_ogg(data: bytes) -> CleanFile:
    """The recording without titles, names and pictures.

    Raises:
        MediaRefused: it is damaged, or holds something else than one recording in Opus.
    """
    pages = list(_pages(data))
    if len(pages) < 3:
        raise broken()
    head = pages[0]
    if not head.body.startswith(b"OpusHead") or len(head.body) < 19 or head.body[18] != 0:
        raise unusual()
    after = _behind_comments(pages)
    kept = [head, _Page(0, 0, bytes((len(_NO_COMMENTS),)), _NO_COMMENTS), *pages[after:]]
    if len(kept) < 3 or kept[2].flags & _CONTINUED:
        raise broken()
    serial = struct.unpack_from("<I", data, 14)[0]
    return CleanFile(
        b"".join(_written(page, serial, number) for number, page in enumerate(kept)), "audio/ogg"
    )


def _behind_comments(pages: list[_Page]) -> int:
    """The first page of sound; comments fill pages of their own."""
    if not pages[1].body.startswith(b"OpusTags"):
        raise broken()
    for number, page in enumerate(pages[1:], 1):
        if page.lacing and page.lacing[-1] < 255:
            return number + 1
    raise broken()


def _pages(data: bytes) -> Iterator[_Page]:
    at, serial, last = 0, None, False
    while not last and at < len(data):
        if at + 27 > len(data):
            raise broken()
        mark, version, flags, position, own, _, told = _HEAD.unpack_from(data, at)
        lacing = data[at + 27 : at + 27 + data[at + 26]]
        start = at + 27 + len(lacing)
        end = start + sum(lacing)
        if mark != SIGNATURE or version or end > len(data) or len(lacing) != data[at + 26]:
            raise broken()
        if serial not in (None, own):
            raise unusual()
        if _sum(data[at : at + 22] + b"\0\0\0\0" + data[at + 26 : end]) != told:
            raise broken()
        yield _Page(flags, position, lacing, data[start:end])
        at, serial, last = end, own, bool(flags & _LAST)


def _written(page: _Page, serial: int, number: int) -> bytes:
    def whole(check: int) -> bytes:
        head = _HEAD.pack(SIGNATURE, 0, page.flags, page.position, serial, number, check)
        return head + bytes((len(page.lacing),)) + page.lacing + page.body

    return whole(_sum(whole(0)))


@cache
def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
        found.append(value)
    return tuple(found)


def _sum(data: bytes) -> int:
    """The checksum of a page. Cost grows with its bytes, of which there are 65,307 at most."""
    table, found = _table(), 0
    for byte in data:
        found = (found << 8 & 0xFFFFFFFF) ^ table[found >> 24 ^ byte]
    return found
