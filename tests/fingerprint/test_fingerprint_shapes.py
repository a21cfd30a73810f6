"""Pictures of every odd shape get a fingerprint and a verdict, never an error of ours."""

import pytest
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.fingerprint import Fingerprint, compare, fingerprint

PHOTO = fingerprint(encoded(drawn_photo(61, 400, 300)))
SHAPES = [(8, 8), (9, 33), (16, 4000), (4000, 8), (65_000, 8), (40, 40), (64, 64), (300, 24), (1281, 11)]


@pytest.mark.parametrize("shape", SHAPES)
def test_any_shape_is_fingerprinted_compared_and_read_back(shape: tuple[int, int]) -> None:
    data = encoded(drawn_photo(62, 64, 48).resize(shape), "PNG")
    odd = fingerprint(data)
    assert (odd.width, odd.height) == shape
    assert Fingerprint.unpack(odd.pack()).pack() == odd.pack()
    assert not compare(PHOTO, data).match
    assert 0 <= compare(odd, data).score <= 1
