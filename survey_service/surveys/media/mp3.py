"""MP3: its frames in a row, without the tags before and behind them.

Source: ISO/IEC 11172-3 (1993) and 13818-3 (1998), frame header; ID3v2.4 (2000), 3.1.
"""

from __future__ import annotations

import struct
from typing import Final

from survey_service.surveys.media.limits import CleanFile, broken

_TAG: Final = b"ID3"
_BEHIND: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")
FEWEST_FRAMES: Final = 3
_RATES: Final = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000),
                   0: (11_025, 12_000, 8_000)}  # fmt: skip


def is_mp3(data: bytes) -> bool:
    """Whether a file begins as one does."""
    return data.startswith(_TAG) or _frame(data, 0) is not None


def clean_mp3(data: bytes) -> CleanFile:
    """The recording without titles, names, pictures and comments.

    Raises:
        MediaRefused: between its frames stands something else, or there are hardly any.
    """
    start = at = _behind_tags(data)
    frames = 0
    while (size := _frame(data, at)) is not None and at + size <= len(data):
        at, frames = at + size, frames + 1
    rest = data[at:]
    # A last frame that is cut short is left out; anything else there is no recording.
    ends = not rest.strip(b"\0") or rest.startswith(_BEHIND) or _frame(data, at) is not None
    if frames < FEWEST_FRAMES or not ends:
        raise broken()
    return CleanFile(data[start:at], "audio/mpeg")


def _behind_tags(data: bytes) -> int:
    at = 0
    while data[at : at + 3] == _TAG and at + 10 <= len(data):
        if any(byte & 0x80 for byte in data[at + 6 : at + 10]):
            raise broken()
        size = 0
        for byte in data[at + 6 : at + 10]:
            size = size << 7 | byte
        at += 10 + size + (10 if data[at + 5] & 0x10 else 0)
    while at < len(data) and data[at] == 0:
        at += 1
    return at


def _frame(data: bytes, at: int) -> int | None:
    """The bytes of the frame that begins there; None where none does."""
    if at + 4 > len(data):
        return None
    (head,) = struct.unpack_from(">I", data, at)
    version, layer = head >> 19 & 3, head >> 17 & 3
    rate, samples, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if head >> 21 != 0x7FF or version == 1 or layer != 1 or rate in (0, 15) or samples == 3:
        return None
    kilobits = _RATES[3 if version == 3 else 2][rate]
    factor = 144 if version == 3 else 72
    size: int = factor * 1_000 * kilobits // _SAMPLES[version][samples] + padding
    return size
