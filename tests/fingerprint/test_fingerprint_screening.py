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
COMPILED = pytest.mark.skipif(not kernel.at_work(), reason="no compiler at set-up")


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


def waves_of(data: bytes, waves: int) -> kernel.Floats:
    """As `screen` asks the kernel for them."""
    head = kernel.jpeg_head(data)
    assert head is not None
    found = kernel.jpeg_waves(data, head, waves)
    assert found is not None
    return found


@COMPILED
def test_block_averages_are_those_of_the_ordinary_decoder() -> None:
    for options in ({}, {"progressive": True}, {"subsampling": 1, "restart_marker_blocks": 3}, {"optimize": True}):
        data = encoded(drawn_photo(6, 803, 611), quality=85, **options)
        image = Image.open(io.BytesIO(data))
        image.draft("L", (100, 76))
        assert np.abs(waves_of(data, 1) - np.asarray(image, dtype=np.float32)).max() <= 0.5


@COMPILED
@pytest.mark.parametrize(
    "options", [{}, {"subsampling": 1, "restart_marker_blocks": 3}, {"optimize": True}, {"quality": 30}]
)
def test_all_waves_together_are_the_pixels(options: dict[str, Any]) -> None:
    """Drawn again from its waves, every pixel is the ordinary decoder's; fewer waves are the first of them."""
    data = encoded(drawn_photo(6, 403, 309), **{"quality": 85, **options})
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    wanted = np.asarray(image, dtype=np.float32)
    u, x = np.arange(8)[:, None], np.arange(8)[None, :]
    basis = np.where(u == 0, 1, np.sqrt(2) * np.cos((2 * x + 1) * u * np.pi / 16))
    found = waves_of(data, 8).reshape(39, 8, 51, 8)
    drawn = np.einsum("rvcu,vy,ux->rycx", found, basis, basis).reshape(312, 408)[:309, :403]
    assert np.abs(np.clip(drawn, 0, 255) - wanted).max() <= 1.5
    for waves in range(1, 8):
        few = waves_of(data, waves).reshape(39, waves, 51, waves)
        assert np.array_equal(few, found[:, :waves, :, :waves])


@COMPILED
def test_both_ways_of_reading_a_jpeg_turn_and_refuse_it_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever EXIF and XMP say, and also where one of them is broken."""
    turned, odd, broken = Image.Exif(), Image.Exif(), Image.Exif()
    turned[274], odd[274], broken[274] = 6, 77, 3
    picture = drawn_photo(2, 300, 200)
    said = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="8"/></x:xmpmeta>'
    files = [encoded(picture, exif=e) for e in (turned, odd, turned.tobytes()[:-9], broken.tobytes()[:13])]
    files += [encoded(picture, xmp=said), encoded(picture, xmp=said, exif=turned), encoded(picture) + b"behind it"]
    files += [encoded(picture.resize(size)) for size in ((7, 100), (8, 8), (64, 9))]
    files += [encoded(picture.convert(mode)) for mode in ("L", "CMYK")]

    def seen(data: bytes) -> tuple[Any, ...]:
        try:
            first = screen(data)
        except BadInput as refused:
            return (refused.code,)
        return first.width, first.height, first.pdq

    quick = [seen(data) for data in files]
    monkeypatch.setattr(pixels, "_quick_averages", lambda *_: None)
    for ours, theirs in zip(quick, [seen(data) for data in files], strict=True):
        assert ours[:2] == theirs[:2]
        if len(ours) == 3 and min(ours[:2]) >= 64:
            assert pdq.distance(ours[2], theirs[2][None])[0] <= 10


@COMPILED
@pytest.mark.parametrize("orientation", [1, 3, 6, 8, 5])
def test_the_compiled_plane_is_numpys(orientation: int) -> None:
    grey = np.asarray(drawn_photo(7, 333, 517).convert("L"))
    height, width = grey.shape
    for scale, waves in ((1, 1), (2, 1), (8, 1), (8, 3)):
        rows, columns = (waves * -(-side // scale) for side in (height, width))
        samples = np.ascontiguousarray(grey[:rows, :columns])
        down = pdq.weights(height, scale, waves, mirrored=orientation in {3, 6})
        across = pdq.weights(width, scale, waves, mirrored=orientation in {3, 8})
        plain = down @ samples.astype(np.float32) @ across.T
        compiled = kernel.plane(samples, height, width, scale, waves, orientation)
        assert np.abs((plain.T if orientation >= 5 else plain) - compiled).max() < 2e-3
        assert np.array_equal(kernel.pdq(compiled)[0], pdq.hash_plane(compiled))
        assert kernel.pdq(compiled)[1] == pdq.quality(compiled)
