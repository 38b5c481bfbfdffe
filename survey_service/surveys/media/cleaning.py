"""A file becomes what is served: its kind read from what it holds, never from its name.

Nothing is decoded but the rows of a PNG, up to the size its header promises: what a picture shows
is copied as it is, and every other part is left out. Cost grows with the file's bytes.
"""

from __future__ import annotations

from survey_service.problems import N_
from survey_service.surveys.media import jpeg, mp3, mp4, ogg, png, riff
from survey_service.surveys.media.limits import (
    MOST_PICTURE,
    MOST_SOUND,
    CleanFile,
    MediaRefused,
    Medium,
)

_SHOWN = N_("A picture has to be PNG, JPEG or WebP; drawings such as SVG can carry programmes.")
_HEARD = N_("A recording has to be MP3, Opus (Ogg), M4A or WAV.")
_AGAIN = N_("Save it as one of these; another ending of the name is not enough.")


def clean(data: bytes, medium: Medium) -> CleanFile:
    """The picture or recording that the file holds, and nothing else of it.

    Raises:
        MediaRefused: it holds none, is too large, damaged, or of a kind browsers do not know.
    """
    most = MOST_PICTURE if medium is Medium.IMAGE else MOST_SOUND
    if len(data) > most:
        raise MediaRefused(
            N_("The file has %(kilobytes)s kB."),
            N_("Make it smaller: at most %(most)s kB, because people pay for every one."),
            {"kilobytes": -(-len(data) // 1000), "most": most // 1000},
        )
    made = _picture(data) if medium is Medium.IMAGE else _sound(data)
    if made is None:
        raise MediaRefused(_SHOWN if medium is Medium.IMAGE else _HEARD, _AGAIN)
    return made


def _picture(data: bytes) -> CleanFile | None:
    if data.startswith(png.SIGNATURE):
        return png.clean_png(data)
    if data.startswith(jpeg.SIGNATURE):
        return jpeg.clean_jpeg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return riff.clean_webp(data)
    return None


def _sound(data: bytes) -> CleanFile | None:
    if data.startswith(ogg.SIGNATURE):
        return ogg.clean_ogg(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return riff.clean_wav(data)
    if mp4.is_mp4(data):
        return mp4.clean_m4a(data)
    return mp3.clean_mp3(data) if mp3.is_mp3(data) else None
