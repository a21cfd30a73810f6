"""A shareable part that somebody else computed is read back strictly: whole, in order, within its bounds."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput
from sitr.fingerprint import Fingerprint, compare, fingerprint

PHOTO = encoded(drawn_photo(77, 480, 360))
MADE = fingerprint(PHOTO)
GOOD = MADE.shareable()
VIEWS = 266


def test_it_is_read_as_the_fingerprint_without_its_sealed_part() -> None:
    read = Fingerprint.from_shareable(GOOD)
    assert read.pack() == MADE.without_sealed().pack()
    assert compare(read, PHOTO).match


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"SITRFP" + GOOD,
        GOOD[:-1],
        GOOD + b"\0",
        MADE.pack(),
        struct.pack(">II", 0, 360) + GOOD[8:],
        struct.pack(">II", 480, 70_000) + GOOD[8:],
        struct.pack(">II", 480, 7) + GOOD[8:],
        GOOD[:8] + bytes([101]) + GOOD[9:],
        GOOD[:9] + bytes([GOOD[9] + 1]) + GOOD[10:],
        GOOD[:9] + bytes([200]) + GOOD[10:],
        GOOD[:10] + b"\xff" * 32 + GOOD[42:],
        GOOD[:VIEWS] + bytes([13]) + GOOD[VIEWS + 1 :],
        GOOD[: VIEWS + 1] + bytes([49]) + GOOD[VIEWS + 2 :],
        GOOD[: VIEWS + 1] + bytes([101]) + GOOD[VIEWS + 2 :],
        GOOD[:VIEWS] + GOOD[VIEWS + 34 : VIEWS + 68] + GOOD[VIEWS : VIEWS + 34] + GOOD[VIEWS + 68 :],
        GOOD[:9] + bytes([2]) + GOOD[10:VIEWS] + 2 * GOOD[VIEWS : VIEWS + 34],
    ],
)
def test_what_is_no_such_part_is_refused(bad: bytes) -> None:
    with pytest.raises(BadInput) as refused:
        Fingerprint.from_shareable(bad)
    assert refused.value.code == "fingerprint.bad_shareable"


def test_one_of_a_flat_picture_is_refused_since_it_finds_nothing() -> None:
    with pytest.raises(BadInput) as refused:
        Fingerprint.from_shareable(GOOD[:8] + bytes([49]) + GOOD[9:])
    assert refused.value.code == "fingerprint.too_flat"


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, 40))
def test_changed_bytes_are_refused_or_read_within_bounds(at: int, value: int, cut: int) -> None:
    bad = bytearray(GOOD)
    bad[at] = value
    try:
        read = Fingerprint.from_shareable(bytes(bad[: len(bad) - cut]))
    except BadInput:
        return
    assert read.width >= 8
    assert read.height >= 8
    assert 50 <= read.pdq_quality <= 100
    assert Fingerprint.unpack(read.pack()).shareable() == read.shareable()
