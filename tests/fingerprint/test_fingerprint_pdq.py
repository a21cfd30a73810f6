"""PDQ as the world exchanges it: order of bits, orientations, distance, and what decoding small changes."""

import io

import numpy as np
import pdqhash
import pytest
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput
from sitr.fingerprint import decode, fingerprint, pdq

PICTURE = drawn_photo(21, 480, 360)
GREY = np.asarray(PICTURE.convert("L"))
TURNS = {
    "upright": None,
    "rot90": Image.Transpose.ROTATE_90,
    "rot180": Image.Transpose.ROTATE_180,
    "rot270": Image.Transpose.ROTATE_270,
    "flip": Image.Transpose.FLIP_TOP_BOTTOM,
    "mirror": Image.Transpose.FLIP_LEFT_RIGHT,
    "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}


def test_hex_is_in_the_order_that_threatexchange_exchanges() -> None:
    """As its PdqSignal does it: the vector as a binary number, most significant bit first."""
    vector, quality = pdqhash.compute(np.repeat(GREY[:, :, None], 3, axis=2))
    number = int("".join(str(int(bit)) for bit in vector), 2)
    bits, ours = pdq.reference(GREY)
    assert pdq.to_hex(bits) == f"{number:064x}"
    assert ours == quality


@pytest.mark.parametrize("name", pdq.ORIENTATIONS)
def test_each_orientation_is_the_hash_of_the_turned_picture(name: str) -> None:
    turn = TURNS[name]
    turned = GREY if turn is None else np.asarray(Image.fromarray(GREY).transpose(turn))
    hashes, _ = pdq.reference_orientations(GREY)
    apart = pdq.distance(pdq.reference(turned)[0], hashes)
    assert int(np.argmin(apart)) == pdq.ORIENTATIONS.index(name)
    assert apart.min() <= 16


def test_the_fingerprints_pdq_is_the_references_within_a_few_bits() -> None:
    """Decoding at a DCT scale and averaging down to 512 pixels may move 10 bits of 256 at most, 4 on average."""
    moved = []
    for seed in range(6):
        picture = drawn_photo(seed, 2400, 1800)
        data = encoded(picture, quality=90)
        full, _ = pdqhash.compute(np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
        wanted = np.packbits(full.astype(np.uint8))
        moved.append(int(pdq.distance(wanted, fingerprint(data).orientations[:1])[0]))
    assert max(moved) <= 10
    assert sum(moved) / len(moved) <= 4


def test_the_quick_hash_stays_near_the_reference() -> None:
    apart = [int(pdq.distance(pdq.reference(g)[0], pdq.quick(g)[0][None])[0]) for g in (GREY, GREY[40:, 90:].copy())]
    assert max(apart) <= 30


def test_a_flat_picture_has_no_quality() -> None:
    assert pdq.reference(np.full((200, 300), 90, np.uint8))[1] < pdq.QUALITY
    assert pdq.quick(np.full((200, 300), 90, np.uint8))[1] == 0


def test_distance_counts_bits() -> None:
    zero, ones = np.zeros(32, np.uint8), np.full(32, 255, np.uint8)
    assert pdq.distance(zero, np.stack([zero, ones])).tolist() == [0, 256]


@pytest.mark.parametrize("text", ["", "f" * 63, "f" * 65, "g" * 64, "ff " * 32, "f" * 128])
def test_what_is_no_pdq_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        pdq.from_hex(text)


def test_hex_is_read_back() -> None:
    bits, _ = pdq.reference(decode(encoded(PICTURE)).grey)
    assert np.array_equal(pdq.from_hex(pdq.to_hex(bits)), bits)
