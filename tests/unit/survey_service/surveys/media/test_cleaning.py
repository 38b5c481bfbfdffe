"""The kind of a file is read from what it holds, and nothing is kept that tells of people."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from survey_service.surveys.media.cleaning import clean
from survey_service.surveys.media.limits import MOST_PICTURE, MOST_SIDE, MediaRefused, Medium

DATA = Path(__file__).parents[4] / "data" / "media"
PICTURES = {"photo.jpg": "image/jpeg", "progressive.jpg": "image/jpeg", "photo.webp": "image/webp",
            "lossless.webp": "image/webp", "picture.png": "image/png", "palette.png": "image/png",
            "grey-alpha.png": "image/png"}  # fmt: skip
SOUNDS = {"tone.mp3": "audio/mpeg", "tone.m4a": "audio/mp4", "tone.opus": "audio/ogg",
          "tone.wav": "audio/wav"}  # fmt: skip
TELLING = (b"Secret", b"Berzins", b"Riga", b"Exif", b"Lavf", b"Author", b"GPS", b"xmp")
PROGRAMME = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def read(name: str) -> bytes:
    """Return a sample."""
    return (DATA / name).read_bytes()


def refusal(data: bytes, medium: Medium = Medium.IMAGE) -> str:
    """Return the words of the refusal that a file gets."""
    with pytest.raises(MediaRefused) as raised:
        clean(data, medium)
    assert raised.value.remedy
    return raised.value.message % dict(raised.value.values)


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int, height: int, rows: bytes, *between: tuple[bytes, bytes], interlaced: int = 0
) -> bytes:
    """Return a grey PNG with these packed rows."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, interlaced)
    chunks = [(b"IHDR", head), *between, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*one) for one in chunks)


@pytest.mark.parametrize(("name", "kind"), [*PICTURES.items(), *SOUNDS.items()])
def test_what_is_seen_or_heard_stays_and_what_tells_of_its_maker_goes(name: str, kind: str) -> None:
    medium = Medium(kind.partition("/")[0])
    made = clean(read(name), medium)
    assert made.media_type == kind
    assert not [word for word in TELLING if word in made.data]
    assert clean(made.data, medium) == made, "cleaning again changes nothing"
    if medium is Medium.IMAGE:
        assert (made.width, made.height) in ((64, 48), (7, 5))


def test_the_samples_do_tell_before_they_are_cleaned() -> None:
    telling = {name: [w for w in TELLING if w in read(name)] for name in ("photo.jpg", "photo.webp",
               "picture.png", "tone.mp3", "tone.m4a", "tone.opus", "tone.wav")}  # fmt: skip
    assert all(telling.values()), telling


@pytest.mark.parametrize("name", [*PICTURES, *SOUNDS])
def test_whatever_is_put_behind_a_file_is_not_served(name: str) -> None:
    medium = Medium.IMAGE if name in PICTURES else Medium.AUDIO
    try:
        made = clean(read(name) + PROGRAMME + b"PK\x05\x06" + bytes(18), medium)
    except MediaRefused:
        return
    assert b"script" not in made.data
    assert b"PK\x05\x06" not in made.data


@pytest.mark.parametrize("name", [*PICTURES, *SOUNDS])
def test_a_file_cut_off_anywhere_is_refused_or_cut_at_a_whole_part(name: str) -> None:
    medium = Medium.IMAGE if name in PICTURES else Medium.AUDIO
    data = read(name)
    for size in range(0, len(data), max(1, len(data) // 40)):
        try:
            made = clean(data[:size], medium)
        except MediaRefused:
            continue
        assert medium is Medium.AUDIO
        assert len(made.data) <= size


@given(st.binary(max_size=60), st.sampled_from(sorted(PICTURES | SOUNDS)), st.data())
def test_damage_anywhere_is_refused_in_words_and_never_crashes(
    damage: bytes, name: str, data: st.DataObject
) -> None:
    whole = bytearray(read(name))
    at = data.draw(st.integers(0, len(whole)))
    whole[at : at + len(damage)] = damage
    for medium in Medium:
        try:
            clean(bytes(whole), medium)
        except MediaRefused as refused:
            said = refused.message % dict(refused.values)
            event(said)


@pytest.mark.parametrize(
    ("data", "medium"),
    [
        (PROGRAMME, Medium.IMAGE),
        (b"<?xml version='1.0'?>" + PROGRAMME, Medium.IMAGE),
        (b"GIF89a" + bytes(40), Medium.IMAGE),
        (b"MZ" + bytes(400), Medium.IMAGE),
        (b"<!doctype html><script>alert(1)</script>", Medium.AUDIO),
        (b"%PDF-1.7", Medium.IMAGE),
        (b"\x1aE\xdf\xa3" + bytes(60), Medium.AUDIO),
        (read("tone.mp3"), Medium.IMAGE),
        (read("photo.jpg"), Medium.AUDIO),
        (b"", Medium.IMAGE),
    ],
)
def test_the_ending_of_a_name_makes_nothing_a_picture(data: bytes, medium: Medium) -> None:
    assert refusal(data, medium).startswith(("A picture has to be", "A recording has to be"))


def test_a_film_a_moving_picture_another_coding_and_a_turned_picture_are_refused() -> None:
    assert "more than sound" in refusal(read("film.mp4"), Medium.AUDIO)
    assert "unusual" in refusal(read("moving.webp"))
    assert "unusual" in refusal(read("vorbis.ogg"), Medium.AUDIO)
    assert "on its side" in refusal(read("turned.jpg"))


def test_a_picture_that_would_unpack_to_more_than_it_promises_is_refused_at_its_promise() -> None:
    bomb = png(10, 10, bytes(60_000_000))
    assert len(bomb) < MOST_PICTURE
    assert "damaged" in refusal(bomb)
    assert "damaged" in refusal(png(10, 10, bytes(20)))
    assert clean(png(10, 10, bytes(110)), Medium.IMAGE).width == 10


@pytest.mark.parametrize(("width", "height"), [(MOST_SIDE + 1, 1), (1, 1 << 30), (0, 5), (5, 0)])
def test_a_huge_or_an_empty_picture_is_refused_before_it_is_unpacked(
    width: int, height: int
) -> None:
    words = refusal(png(width, height, b""))
    assert ("pixels" in words) == (width > MOST_SIDE or height > MOST_SIDE)
    jpeg = bytearray(read("photo.jpg"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", min(height, 65_535), min(width, 65_535))
    assert refusal(bytes(jpeg))


def test_an_interlaced_picture_is_counted_by_its_passes() -> None:
    rows = sum((1 + w) * h for w, h in ((1, 1), (1, 1), (2, 1), (1, 2), (3, 1), (2, 3), (5, 2)))
    assert clean(png(5, 5, bytes(rows), interlaced=1), Medium.IMAGE).height == 5
    assert "damaged" in refusal(png(5, 5, bytes(rows + 1), interlaced=1))


def test_what_is_no_part_of_a_picture_is_left_out_and_a_part_said_twice_refused() -> None:
    hidden = png(10, 10, bytes(110), (b"tEXt", b"Comment\0" + PROGRAMME), (b"eXIf", b"MM\0*"))
    assert b"script" not in clean(hidden, Medium.IMAGE).data
    assert "damaged" in refusal(png(10, 10, bytes(110), (b"gAMA", bytes(4)), (b"gAMA", bytes(4))))
    assert "unusual" in refusal(png(10, 10, bytes(110), (b"ABCD", b"")))


def test_a_file_that_is_too_large_is_told_its_size() -> None:
    assert refusal(read("picture.png") + bytes(MOST_PICTURE)) == "The file has 501 kB."


@pytest.mark.parametrize("inside", [b"mvhd", b"mdhd"])
def test_a_recording_that_ends_with_an_empty_box_is_refused_in_words(inside: bytes) -> None:
    def box(kind: bytes, body: bytes = b"") -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    last = box(inside) if inside == b"mvhd" else box(b"trak", box(b"mdia", box(inside)))
    data = box(b"ftyp", b"M4A " + bytes(4)) + box(b"mdat", bytes(40)) + box(b"moov", last)
    assert "damaged" in refusal(data, Medium.AUDIO)
