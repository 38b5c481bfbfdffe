"""What a picture or a recording may be, and the refusal of one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from survey_service.problems import N_, Values

MOST_PICTURE: Final = 500_000
MOST_SOUND: Final = 2_000_000
"""Bytes of one file: 80 s and 320 s on a link of 50 kbit/s, and both are asked for by choice."""
MOST_TOGETHER: Final = 100_000_000
MOST_FILES: Final = 3_000
"""Bytes and files of one questionnaire."""
MOST_SIDE: Final = 2_000
"""Pixels of a picture's longer side."""


class Medium(StrEnum):
    """What a file is to people."""

    IMAGE = "image"
    AUDIO = "audio"


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file as it is stored and served: nothing in it but what is seen or heard."""

    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None

    @property
    def medium(self) -> Medium:
        """Whether it is seen or heard."""
        return Medium(self.media_type.partition("/")[0])


class MediaRefused(ValueError):
    """The file is not taken; it says why and what to do, as source texts."""

    def __init__(self, message: str, remedy: str, values: Values | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.values: Values = values or {}


def broken() -> MediaRefused:
    """The refusal of a file that is not what it begins as."""
    return MediaRefused(
        N_("The file is damaged or cut off."), N_("Save it again with another programme.")
    )


def unusual() -> MediaRefused:
    """The refusal of a kind of file that many browsers cannot show or play."""
    return MediaRefused(
        N_("The file is of an unusual kind that many browsers cannot show or play."),
        N_("Save it as PNG, JPEG or WebP, or as MP3, Opus (Ogg), M4A or WAV."),
    )


def turned() -> MediaRefused:
    """The refusal of a picture that is upright only by a note which is not kept."""
    return MediaRefused(
        N_("The picture lies on its side, and only a note in the file says so."),
        N_("Open it, turn it, and save it upright."),
    )


def check_side(width: int, height: int) -> None:
    """Nothing, if the picture has a size that a cheap phone can show.

    Raises:
        MediaRefused: it is larger, or has no size.
    """
    if width < 1 or height < 1:
        raise broken()
    if max(width, height) > MOST_SIDE:
        raise MediaRefused(
            N_("The picture has %(width)s × %(height)s pixels."),
            N_("Make it smaller: %(most)s pixels at the longer side are enough."),
            {"width": width, "height": height, "most": MOST_SIDE},
        )
