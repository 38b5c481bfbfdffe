"""M4A: one track of sound. Titles, names, places and times are overwritten where they stand.

Boxes keep their size, because the tables of the track count bytes from the file's beginning.
Source: ISO/IEC 14496-12 (2022), 4.2, 8.1 to 8.4, 8.10.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from survey_service.problems import N_
from survey_service.surveys.media.limits import CleanFile, MediaRefused, broken, unusual

_BRANDS: Final = frozenset({b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso5",
                            b"iso6", b"3gp4", b"3gp5", b"3gp6"})  # fmt: skip
_INSIDE: Final = {b"moov": frozenset({b"mvhd", b"trak", b"iods"}),
                  b"trak": frozenset({b"tkhd", b"edts", b"mdia"}),
                  b"mdia": frozenset({b"mdhd", b"hdlr", b"minf"})}  # fmt: skip
"""What is kept of each box that is looked into; anything else in it is overwritten."""
_TIMED: Final = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_OUTSIDE: Final = frozenset({b"ftyp", b"moov", b"mdat"})
_CODING: Final = b"mp4a"
_DEEPEST: Final = 4


class _Box(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


def is_mp4(data: bytes) -> bool:
    """Whether a file begins as one does."""
    return data[4:8] == b"ftyp"


def clean_m4a(data: bytes) -> CleanFile:
    """The recording without what tells of its maker.

    Raises:
        MediaRefused: it is damaged, holds pictures or texts too, or is packed in another way.
    """
    made = bytearray(data)
    boxes = list(_boxes(data, 0, len(data)))
    kinds = [box.kind for box in boxes]
    if kinds[:1] != [b"ftyp"] or data[8:12] not in _BRANDS:
        raise unusual()
    if b"moof" in kinds:
        raise unusual()
    if kinds.count(b"moov") != 1 or b"mdat" not in kinds:
        raise broken()
    for box in boxes:
        if box.kind not in _OUTSIDE:
            _overwrite(made, box)
        elif box.kind == b"moov":
            _tidy(data, made, box, 0)
            _only_sound(data, box)
    return CleanFile(bytes(made), "audio/mp4")


def _boxes(data: bytes, at: int, end: int) -> Iterator[_Box]:
    while at < end:
        if at + 8 > end:
            raise broken()
        size, kind = struct.unpack_from(">I4s", data, at)
        body = at + 8
        if size == 1:
            if at + 16 > end:
                raise broken()
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        elif size == 0:
            size = end - at
        if size < body - at or at + size > end:
            raise broken()
        yield _Box(kind, at, body, at + size)
        at += size


def _tidy(data: bytes, made: bytearray, box: _Box, depth: int) -> None:
    if depth > _DEEPEST:
        raise broken()
    for inner in _boxes(data, box.body, box.end):
        if inner.kind not in _INSIDE[box.kind]:
            _overwrite(made, inner)
        elif inner.kind in _INSIDE:
            _tidy(data, made, inner, depth + 1)
        elif inner.kind in _TIMED:
            # When it was made and changed: 4 bytes each, 8 where the first byte says so.
            size = 16 if data[inner.body : inner.body + 1] > b"\0" else 8
            if inner.body + 4 + size > inner.end:
                raise broken()
            made[inner.body + 4 : inner.body + 4 + size] = bytes(size)
        elif inner.kind == b"hdlr" and inner.end > inner.body + 24:
            name = inner.body + 24
            made[name : inner.end] = bytes(inner.end - name)


def _overwrite(made: bytearray, box: _Box) -> None:
    made[box.start + 4 : box.start + 8] = b"free"
    made[box.body : box.end] = bytes(box.end - box.body)


def _only_sound(data: bytes, moov: _Box) -> None:
    tracks = [box for box in _boxes(data, moov.body, moov.end) if box.kind == b"trak"]
    for track in tracks:
        handler = _within(data, track, b"mdia", b"hdlr")
        if handler is None or data[handler.body + 8 : handler.body + 12] != b"soun":
            raise MediaRefused(
                N_("The file holds more than sound."), N_("Save it as a recording alone.")
            )
        coding = _within(data, track, b"mdia", b"minf", b"stbl", b"stsd")
        if coding is None or data[coding.body + 12 : coding.body + 16] != _CODING:
            raise unusual()
    if len(tracks) != 1:
        raise unusual() if tracks else broken()


def _within(data: bytes, box: _Box, *path: bytes) -> _Box | None:
    found: _Box | None = box
    for kind in path:
        if found is None:
            return None
        found = next((b for b in _boxes(data, found.body, found.end) if b.kind == kind), None)
    return found
