"""A photo whose features are buried is proposed where its sketch fits: every cut of it, upright or mirrored."""

import numpy as np
import pytest
from benchmarks import edits
from PIL import Image, ImageOps
from tests.fingerprint.drawn_pictures import drawn_photo, soft_photo

from sitr.fingerprint import Look, fingerprint, judge
from sitr.fingerprint.frames import CELLS, find
from sitr.fingerprint.sketch import make
from sitr.fingerprint.sliding import fitting, lay


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("box", [(0, 0, 1, 1), (0, 0, 0.7, 0.7), (0.3, 0.1, 0.9, 0.7), (0.5, 0.5, 1, 1)])
def test_a_cut_is_laid_where_it_was_cut(box: tuple[float, float, float, float], mirrored: bool) -> None:
    photo = drawn_photo(91, 960, 640)
    left, top, right, bottom = (round(share * side) for share, side in zip(box, (960, 640) * 2, strict=True))
    cut = photo.crop((left, top, right, bottom))
    cut = ImageOps.mirror(cut) if mirrored else cut
    steps = make(grey(photo), find(grey(photo)))
    (best, *_) = fitting(steps, lay(grey(cut), 1.5), (cut.height, cut.width), 0.7, 3)
    middle = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 1])
    across = np.array([box[2] - box[0], box[3] - box[1], 0]) / 2
    ways = np.array([across * way for way in ((-1, -1, 0), (1, 1, 0))])
    wanted = np.array([[0, 0], [cut.width, cut.height]])
    wanted = wanted * (-1, 1) + (cut.width, 0) if mirrored else wanted
    assert np.abs((middle + ways) @ best.T - wanted).max() < 1.2 * 960 / CELLS


def test_a_strip_too_narrow_for_cells_is_laid_nowhere() -> None:
    steps = make(grey(drawn_photo(91, 960, 640)), find(grey(drawn_photo(91, 960, 640))))
    strip = np.tile(np.arange(40, dtype=np.uint8), (900, 1))
    assert fitting(steps, lay(strip, 1.5), strip.shape, 0.5, 3) == []


def test_of_light_that_fits_nowhere_nothing_is_proposed() -> None:
    steps = make(grey(drawn_photo(91, 960, 640)), find(grey(drawn_photo(91, 960, 640))))
    noise = np.random.default_rng(5).integers(0, 255, (640, 960)).astype(np.uint8)
    assert fitting(steps, lay(noise, 1.5), noise.shape, 0.74, 3) == []


@pytest.mark.parametrize(("seed", "blur", "contrast"), [(102, 6, 0.15), (105, 10, 0.25), (106, 8, 0.15)])
def test_a_soft_photo_is_found_mirrored_cut_written_over_and_squeezed(seed: int, blur: float, contrast: float) -> None:
    """Its features are buried under letters and blocks; light leads to the place, at which all else is then asked."""
    cut = edits.chain(*(edits.SUITE[name] for name in ("mirror", "crop40_off", "wm_tiled")))
    photo, other = (soft_photo(each, blur, contrast) for each in (seed, seed + 50))
    reference = fingerprint(edits.jpeg(photo, 92))
    copy, stranger = (edits.jpeg(cut(each, edits.dice(seed), ()), 20) for each in (photo, other))
    verdict = judge(reference, Look(copy))
    assert verdict.match
    assert verdict.mirrored
    assert not judge(reference, Look(stranger)).match
