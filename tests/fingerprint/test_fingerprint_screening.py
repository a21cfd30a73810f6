"""The first stage: the reference's hash from a fraction of the pixels, whichever way a picture is stored."""

import io
from typing import Any

import numpy as np
import pdqhash
import pytest
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput
from sitr.fingerprint import decode, kernel, pdq, pixels, screen

TURNABLE = drawn_photo(3, 1805, 1603)


def reference(data: bytes) -> pdq.Bits:
    """Meta's hash of all pixels, as threatexchange takes it, upright."""
    image = Image.open(io.BytesIO(data))
    grey = pixels._turned(np.asarray(image.convert("RGB")), pixels._orientation(image))
    vector, _ = pdqhash.compute(grey)
    return np.packbits(vector.astype(np.uint8))


@pytest.mark.parametrize(("width", "height"), [(480, 360), (1699, 1601)])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0, "restart_marker_blocks": 5}])
def test_the_first_hash_is_the_references_within_ten_bits(width: int, height: int, options: dict[str, Any]) -> None:
    data = encoded(drawn_photo(width, width, height), quality=90, **options)
    assert pdq.distance(reference(data), screen(data).pdq[None])[0] <= 10


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_hashed_upright(orientation: int) -> None:
    """Some of its blocks are short, and come first in some turns."""
    exif = Image.Exif()
    exif[274] = orientation
    data = encoded(TURNABLE, quality=90, exif=exif)
    seen = screen(data)
    assert pdq.distance(reference(data), seen.pdq[None])[0] <= 6
    assert (seen.width, seen.height) == ((1603, 1805) if orientation >= 5 else (1805, 1603))


@pytest.mark.parametrize("side", [(64, 64), (97, 130), (641, 479)])
def test_the_plane_is_the_references_bit_for_bit(side: tuple[int, int]) -> None:
    grey = np.asarray(drawn_photo(9, *side).convert("L"))
    bits, quality = pdq.reference(grey)
    ours, our_quality = pdq.quick(grey)
    assert pdq.distance(bits, ours[None])[0] <= 1
    assert abs(quality - our_quality) <= 1


def test_kinds_of_picture_that_are_not_read_by_blocks_are_screened_all_the_same() -> None:
    picture = drawn_photo(4, 1700, 1700)
    wanted = pdq.quick(np.asarray(picture.convert("L")))[0]
    for made in (
        encoded(picture, "PNG"),
        encoded(picture.convert("L"), quality=95),
        encoded(picture.convert("CMYK"), quality=95),
    ):
        assert pdq.distance(wanted, screen(made).pdq[None])[0] <= 10


@pytest.mark.parametrize("progressive", [False, True])
def test_a_cut_picture_is_refused_by_both_ways(progressive: bool) -> None:
    data = encoded(drawn_photo(5, 2000, 1700), quality=90, progressive=progressive)
    for share in (0.3, 0.6, 0.95):
        cut = data[: int(len(data) * share)]
        with pytest.raises(BadInput):
            decode(cut)
        with pytest.raises(BadInput):
            screen(cut)


@pytest.mark.skipif(not kernel.at_work(), reason="no compiler at set-up")
def test_block_averages_are_those_of_the_ordinary_decoder() -> None:
    for options in ({}, {"progressive": True}, {"subsampling": 1, "restart_marker_blocks": 3}, {"optimize": True}):
        data = encoded(drawn_photo(6, 803, 611), quality=85, **options)
        ours = kernel.jpeg_averages(data)
        image = Image.open(io.BytesIO(data))
        image.draft("L", (100, 76))
        assert ours is not None
        assert np.abs(ours - np.asarray(image, dtype=np.float32)).max() <= 0.5


@pytest.mark.skipif(not kernel.at_work(), reason="no compiler at set-up")
def test_the_compiled_plane_is_numpys() -> None:
    grey = np.asarray(drawn_photo(7, 333, 517).convert("L"))
    height, width = grey.shape
    for scale, lead in ((1, (0, 0)), (2, (1, 1)), (8, (3, 0))):
        rows, columns = (-(-(s + by) // scale) for s, by in zip((height, width), lead, strict=True))
        samples = np.ascontiguousarray(grey[:rows, :columns])
        down = pdq.weights(height, scale, lead[0], rows)
        across = pdq.weights(width, scale, lead[1], columns)
        plain = down @ samples.astype(np.float32) @ across.T
        compiled = kernel.plane(samples, height, width, scale, lead)
        assert np.abs(plain - compiled).max() < 1e-3
        assert np.array_equal(kernel.pdq(compiled)[0], pdq.hash_plane(compiled))
        assert kernel.pdq(compiled)[1] == pdq.quality(compiled)
