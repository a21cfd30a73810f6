"""The stored form of a fingerprint: read back as it was, bounded, and every change to it seen."""

import dataclasses
import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput, Damaged
from sitr.fingerprint import VERSION, Fingerprint, compare, fingerprint
from sitr.fingerprint.features import pattern

PHOTO = encoded(drawn_photo(11))
PRINT = fingerprint(PHOTO)
PACKED = PRINT.pack()


def same(one: Fingerprint, other: Fingerprint) -> bool:
    return one.pack() == other.pack() and one.to_json() == other.to_json()


def test_a_fingerprint_is_read_back_as_it_was() -> None:
    back = Fingerprint.unpack(PACKED)
    assert same(PRINT, back)
    assert back.features is not None
    assert PRINT.features is not None
    for name in ("xy", "size", "angle", "bits"):
        assert np.array_equal(getattr(back.features, name), getattr(PRINT.features, name))
    assert np.array_equal(back.steps, PRINT.steps)  # type: ignore[arg-type]


def test_the_same_photo_always_has_the_same_fingerprint() -> None:
    assert fingerprint(PHOTO).pack() == PACKED


def test_a_line_of_json_holds_all_that_comparing_needs() -> None:
    line = json.loads(json.dumps({"file": "صورة.jpg", **PRINT.to_json()}))
    assert same(Fingerprint.from_json(line), PRINT)
    assert len(line["pdq"]) == 64
    assert line["pdq"] == line["pdq_orientations"]["upright"]
    assert {"width", "height", "pdq_quality", "fingerprint_version"} <= line.keys()
    assert compare(Fingerprint.from_json(line), PHOTO).match


def test_both_parts_together_stay_under_four_kibibytes() -> None:
    assert len(PACKED) <= 4096
    assert len(PRINT.shareable()) <= 768


def test_without_its_sealed_part_it_still_knows_the_whole_photo() -> None:
    public = PRINT.without_sealed()
    assert public.sealed() == b""
    back = Fingerprint.unpack(public.pack())
    assert same(back, public)
    assert compare(back, PHOTO).match
    assert not compare(back, encoded(drawn_photo(12))).match


def test_the_shareable_part_holds_nothing_of_the_sealed_one() -> None:
    assert PRINT.features is not None
    assert all(bits.tobytes() not in PRINT.shareable() for bits in PRINT.features.bits)


def test_the_points_that_are_compared_never_change() -> None:
    """They are part of versions 1 and 2: another order would make every stored fingerprint worthless."""
    first, second = pattern()
    assert VERSION == 2
    assert zlib.crc32(np.concatenate([first, second]).astype(">u2").tobytes()) == 0x95762076
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == 256


def test_another_version_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        Fingerprint.unpack(PACKED[:6] + bytes([9]) + PACKED[7:])
    assert caught.value.code == "fingerprint.other_version"
    assert caught.value.data["version"] == 9


@given(st.integers(0, len(PACKED) - 1), st.integers(1, 255))
def test_one_changed_byte_is_always_seen(at: int, change: int) -> None:
    altered = PACKED[:at] + bytes([PACKED[at] ^ change]) + PACKED[at + 1 :]
    with pytest.raises((Damaged, BadInput)):
        Fingerprint.unpack(altered)


@given(st.integers(0, len(PACKED) - 1))
def test_a_cut_fingerprint_is_always_seen(at: int) -> None:
    with pytest.raises(Damaged):
        Fingerprint.unpack(PACKED[:at])


@given(st.binary(max_size=300), st.integers(0, 65535), st.integers(0, 65535), st.booleans())
def test_no_bytes_break_the_reader(body: bytes, shared: int, sealed: int, fitting: bool) -> None:
    if fitting:
        shared, sealed = len(body) // 2, len(body) - len(body) // 2
    data = b"SITRFP" + struct.pack(">BHH", VERSION, shared, sealed) + body
    for each in (body, data, data + struct.pack(">I", zlib.crc32(data))):
        with pytest.raises((Damaged, BadInput)):
            Fingerprint.unpack(each)


@settings(max_examples=40)
@given(st.data())
def test_whole_parts_with_strange_values_are_read_or_refused(data: st.DataObject) -> None:
    """The check sum is put right again, so that every bound behind it has to hold by itself."""
    raw = bytearray(PACKED[:-4])
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(11, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        back = Fingerprint.unpack(bytes(raw) + struct.pack(">I", zlib.crc32(raw)))
    except (Damaged, BadInput):
        return
    assert back.width > 0
    compare(back, encoded(drawn_photo(11, 90, 64)))


@pytest.mark.parametrize(
    "line", [{}, {"fingerprint": 7}, {"fingerprint": "%%%"}, {"fingerprint": "QUJD"}, {"pdq": "ff"}]
)
def test_a_line_without_a_fingerprint_is_refused(line: dict[str, object]) -> None:
    with pytest.raises((Damaged, BadInput)):
        Fingerprint.from_json(line)


def test_a_fingerprint_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        PRINT.width = 1  # type: ignore[misc]


def _page(seed: int = 11) -> bytes:
    page = Image.new("L", (600, 800), 255)
    page.paste(drawn_photo(seed, 200, 160).convert("L"), (40, 60))
    return encoded(page, "PNG")


def _soft(*, even: bool) -> bytes:
    """Something small before a ground of many shades: a slope as a story has it, or uneven as before a sky."""
    down, across = np.mgrid[0:480, 0:640]
    shades = 40 + down / 4 + (across / 12 if even else 30 * np.sin(across / 140) * np.cos(down / 200))
    ground = Image.fromarray(shades.astype(np.uint8))
    ground.paste(drawn_photo(12, 120, 100).convert("L"), (260, 190))
    return encoded(ground, "PNG")


@pytest.mark.parametrize(("picture", "soft"), [(_page(), False), (_soft(even=True), False), (_soft(even=False), True)])
def test_a_page_and_a_soft_photo_are_told_apart_and_stay_so(picture: bytes, *, soft: bool) -> None:
    seen = fingerprint(picture)
    assert (seen.wholly_drawn, seen.soft_ground) == (True, soft)
    back = Fingerprint.unpack(seen.pack())
    assert (back.wholly_drawn, back.soft_ground) == (True, soft)


def test_a_page_is_found_again_and_the_same_page_with_another_photo_is_not_it() -> None:
    page = fingerprint(_page())
    assert compare(page, _page()).match
    assert not compare(page, _page(14)).match


def test_a_fingerprint_of_version_1_is_still_read_and_compared() -> None:
    old = dataclasses.replace(PRINT, shades=None)
    raw = old.pack()
    assert raw[6] == 1
    assert len(raw) == len(PACKED) - 64
    back = Fingerprint.unpack(raw)
    assert back.shades is None
    assert same(back, old)
    assert compare(back, PHOTO).match
    with pytest.raises(Damaged):
        Fingerprint.unpack(_as_version(raw, 2))


def test_a_shareable_part_alone_is_of_version_1_whoever_made_it() -> None:
    assert PRINT.version == VERSION == 2
    assert PRINT.without_sealed().pack()[6] == 1


def _as_version(raw: bytes, version: int) -> bytes:
    body = raw[:6] + bytes([version]) + raw[7:-4]
    return body + struct.pack(">I", zlib.crc32(body))
