"""JPEG: tables, frame and scans; no notes of camera, place, maker or thumbnail.

The compressed picture is copied, never decoded. Source: ITU-T T.81 (1992), annex B; ITU-T T.871
(JFIF, 2011) for the header that is written anew.
"""

from __future__ import annotations

import struct
from typing import Final

from survey_service.surveys.media.exif import check_upright
from survey_service.surveys.media.limits import CleanFile, broken, check_side, unusual

SIGNATURE: Final = b"\xff\xd8\xff"
MOST_SCANS: Final = 100
"""Of a picture that comes in steps; each is drawn anew by whoever looks at it."""
_START, _END = b"\xff\xd8", b"\xff\xd9"
_JFIF: Final = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
_OTHER_FRAMES: Final = frozenset({*range(0xC3, 0xD0)} - {0xC4, 0xC8})
_SCAN, _LAST = 0xDA, 0xD9
_DRAWING: Final = frozenset({0xC4, 0xDB, 0xDD, _SCAN, *_FRAMES})
_EXIF: Final = b"Exif\x00\x00"
_ADOBE: Final = b"Adobe"


def clean_jpeg(data: bytes) -> CleanFile:
    """The picture without anything that is not the picture.

    Raises:
        MediaRefused: it is damaged, too large, on its side, or of a kind browsers do not show.
    """
    made = [_START, _JFIF]
    size: tuple[int, int] | None = None
    at, scans = 2, 0
    while True:
        marker, body, at = _segment(data, at)
        if marker == _LAST:
            break
        made.append(_kept(marker, body))
        if marker in _FRAMES:
            size = _size(body, size)
        elif marker == _SCAN:
            end = _end_of_scan(data, at)
            made.append(data[at:end])
            at, scans = end, scans + 1
            if size is None or scans > MOST_SCANS:
                raise broken()
    if size is None or not scans:
        raise broken()
    return CleanFile(b"".join((*made, _END)), "image/jpeg", *size)


def _kept(marker: int, body: bytes) -> bytes:
    """What is kept of a segment: all that draws the picture, nothing that speaks of it."""
    if marker in _OTHER_FRAMES:
        raise unusual()
    if marker in _DRAWING:
        return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body
    if marker == 0xEE and body.startswith(_ADOBE) and len(body) >= 12:
        # How the colours are mixed; without it some pictures turn green.
        return b"\xff\xee\x00\x0e" + body[:12]
    if marker == 0xE1 and body.startswith(_EXIF):
        check_upright(body[len(_EXIF) :])
    return b""


def _segment(data: bytes, at: int) -> tuple[int, bytes, int]:
    """The marker there, what it holds, and where the next begins."""
    if data[at : at + 1] != b"\xff":
        raise broken()
    while data[at : at + 1] == b"\xff":
        at += 1
    if at >= len(data):
        raise broken()
    marker = data[at]
    at += 1
    if marker == _LAST:
        return marker, b"", at
    if marker == 0 or marker == 1 or 0xD0 <= marker <= 0xD8:
        raise broken()
    (size,) = struct.unpack_from(">H", data, at) if at + 2 <= len(data) else (0,)
    body = data[at + 2 : at + size]
    if size < 2 or len(body) != size - 2:
        raise broken()
    return marker, body, at + size


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is none of the scan's own."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise broken()
        following = data[at + 1]
        if following == 0 or 0xD0 <= following <= 0xD7:
            at += 2
        elif following == 0xFF:
            at += 1
        else:
            return at


def _size(body: bytes, before: tuple[int, int] | None) -> tuple[int, int]:
    if len(body) < 6 or before is not None:
        raise broken()
    depth, height, width, components = struct.unpack_from(">BHHB", body)
    if depth != 8 or components not in (1, 3) or len(body) != 6 + 3 * components:
        raise unusual()
    check_side(width, height)
    return width, height
