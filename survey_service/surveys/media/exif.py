"""The one note of a camera that must be read before all of them are thrown away: which side is up.

Source: Exif 3.0 (CIPA DC-008-2023), 4.6.5; TIFF 6.0, section 2.
"""

from __future__ import annotations

import struct
from typing import Final

from survey_service.surveys.media.limits import turned

_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = frozenset({0, 1})


def check_upright(notes: bytes) -> None:
    """Nothing, if the picture is upright as it is; notes that cannot be read say nothing.

    Raises:
        MediaRefused: a viewer would have to turn it.
    """
    order = {b"II": "<", b"MM": ">"}.get(notes[:2])
    if order is None or len(notes) < 8:
        return
    (at,) = struct.unpack_from(order + "I", notes, 4)
    if at + 2 > len(notes):
        return
    (count,) = struct.unpack_from(order + "H", notes, at)
    for entry in range(min(count, 200)):
        start = at + 2 + 12 * entry
        if start + 12 > len(notes):
            return
        tag, kind = struct.unpack_from(order + "HH", notes, start)
        if tag == _ORIENTATION and kind == 3:
            (value,) = struct.unpack_from(order + "H", notes, start + 8)
            if value not in _UPRIGHT:
                raise turned()
