"""PNG: the picture alone, its rows packed anew.

Unpacking stops at the size that the header promises, so a small file cannot become a large one.
Source: Portable Network Graphics (Third Edition), W3C Recommendation, 2025.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from survey_service.surveys.media.limits import CleanFile, broken, check_side, unusual

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB"})
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
_CRITICAL: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                  (1, 0, 2, 2), (0, 1, 1, 2))  # fmt: skip
"""Of an interlaced picture: first column and row, steps across and down."""


def clean_png(data: bytes) -> CleanFile:
    """The picture without texts, times and whatever else the file carries, or stands behind it.

    Raises:
        MediaRefused: it is damaged, too large, or says more than it is.
    """
    kept: list[tuple[bytes, bytes]] = []
    packed: list[bytes] = []
    for kind, body in _chunks(data):
        if not kept and kind != b"IHDR":
            raise broken()
        if kind == b"IDAT":
            packed.append(body)
        elif kind in _KEPT:
            if any(kind == before for before, _ in kept):
                raise broken()
            kept.append((kind, body))
        elif kind not in _CRITICAL and not kind[0] & 0x20:
            raise unusual()
    if not kept or not packed:
        raise broken()
    width, height, rows = _unpacked(kept[0][1], packed)
    again = zlib.compress(rows, 9)
    chunks = [*kept, (b"IDAT", again), (b"IEND", b"")]
    return CleanFile(
        SIGNATURE + b"".join(_chunk(*one) for one in chunks), "image/png", width, height
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while True:
        if at + 12 > len(data):
            raise broken()
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        end = at + 8 + size
        if len(body) != size or data[end : end + 4] != _sum(kind, body):
            raise broken()
        if kind == b"IEND":
            return
        yield kind, body
        at = end + 4


def _sum(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(kind + body))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + _sum(kind, body)


def _unpacked(header: bytes, packed: list[bytes]) -> tuple[int, int, bytes]:
    if len(header) != 13:
        raise broken()
    width, height, depth, colour, method, filtering, interlaced = struct.unpack(">IIBBBBB", header)
    if depth not in _DEPTHS.get(colour, ()) or method or filtering or interlaced > 1:
        raise unusual()
    check_side(width, height)
    bits = depth * _CHANNELS[colour]
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    promised = sum(_bytes_of(width, height, bits, *one) for one in passes)
    unpacking = zlib.decompressobj()
    try:
        rows = unpacking.decompress(b"".join(packed), promised + 1)
    except zlib.error:
        raise broken() from None
    if len(rows) != promised or not unpacking.eof:
        raise broken()
    return width, height, rows


def _bytes_of(width: int, height: int, bits: int, x: int, y: int, across: int, down: int) -> int:
    """The bytes of a pass: each row has one more, which names its filter."""
    columns, rows = -(-(width - x) // across), -(-(height - y) // down)
    return rows * (1 + -(-columns * bits // 8)) if columns > 0 and rows > 0 else 0
