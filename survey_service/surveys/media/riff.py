"""RIFF, which two kinds of file are built of: WebP pictures and WAV recordings.

Source: RFC 9649 (WebP), 2024; Multimedia Programming Interface and Data Specifications 1.0
(IBM and Microsoft, 1991) for RIFF and WAVE.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from survey_service.surveys.media.exif import check_upright
from survey_service.surveys.media.limits import CleanFile, broken, check_side, unusual

_ALPHA: Final = 0x10
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_MOST_RATE: Final = 48_000


def clean_webp(data: bytes) -> CleanFile:
    """The picture without notes of camera and place; a moving one is refused.

    Raises:
        MediaRefused: it is damaged, too large, moves, or lies on its side.
    """
    kept: dict[bytes, bytes] = {}
    for kind, body in _chunks(data):
        if kind in (b"ANIM", b"ANMF"):
            raise unusual()
        if kind == b"EXIF":
            check_upright(body.removeprefix(b"Exif\x00\x00"))
        if kind in (b"VP8 ", b"VP8L", b"VP8X", b"ALPH"):
            if kind in kept:
                raise broken()
            kept[kind] = body
    width, height = _size(kept)
    if b"VP8X" in kept:
        flags = kept[b"VP8X"][:1]
        if len(kept[b"VP8X"]) != 10:
            raise broken()
        alpha = bytes((flags[0] & _ALPHA,))
        sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        kept[b"VP8X"] = alpha + b"\0\0\0" + sides
    order = (b"VP8X", b"ALPH", b"VP8 ", b"VP8L")
    made = _riff(b"WEBP", ((kind, kept[kind]) for kind in order if kind in kept))
    return CleanFile(made, "image/webp", width, height)


def _size(kept: dict[bytes, bytes]) -> tuple[int, int]:
    lossy, lossless = kept.get(b"VP8 "), kept.get(b"VP8L")
    if (lossy is None) == (lossless is None):
        raise broken()
    if lossy is not None:
        if len(lossy) < 10 or lossy[3:6] != b"\x9d\x01\x2a":
            raise broken()
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", lossy, 6))
    else:
        if lossless is None or len(lossless) < 5 or lossless[0] != 0x2F:
            raise broken()
        (bits,) = struct.unpack_from("<I", lossless, 1)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    check_side(width, height)
    return width, height


def clean_wav(data: bytes) -> CleanFile:
    """The recording without titles, names and times.

    Raises:
        MediaRefused: it is damaged, or packed in a way that browsers do not play.
    """
    kept: dict[bytes, bytes] = {}
    for kind, body in _chunks(data):
        if kind in (b"fmt ", b"data"):
            if kind in kept:
                raise broken()
            kept[kind] = body
    form, sound = kept.get(b"fmt ", b""), kept.get(b"data", b"")
    if len(form) < 16 or not sound:
        raise broken()
    coding, channels, rate = struct.unpack_from("<HHI", form)
    if coding not in (_PCM, _FLOAT, _EXTENSIBLE) or channels not in (1, 2) or rate > _MOST_RATE:
        raise unusual()
    return CleanFile(_riff(b"WAVE", ((b"fmt ", form[:40]), (b"data", sound))), "audio/wav")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """What the frame holds; what stands behind it is no part of it."""
    if len(data) < 12:
        raise broken()
    (size,) = struct.unpack_from("<I", data, 4)
    end = 8 + size
    if end > len(data) + 1 or size < 4:
        raise broken()
    at = 12
    while at + 8 <= min(end, len(data)):
        kind, length = struct.unpack_from("<4sI", data, at)
        body = data[at + 8 : at + 8 + length]
        if len(body) != length or at + 8 + length > end:
            raise broken()
        yield kind, body
        at += 8 + length + length % 2


def _riff(form: bytes, chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    inside = b"".join(
        struct.pack("<4sI", kind, len(body)) + body + b"\0" * (len(body) % 2)
        for kind, body in chunks
    )
    return struct.pack("<4sI4s", b"RIFF", len(inside) + 4, form) + inside
