"""What is written over a photo is taken off for a second look, which finds soft photos under a tiled watermark."""

import numpy as np
import pytest
from benchmarks import edits
from PIL import Image
from tests.fingerprint.drawn_pictures import soft_photo

from sitr.fingerprint import Look, fingerprint, judge
from sitr.fingerprint.writing import taken_off


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"))


def test_writing_is_filled_in_from_what_is_around_it() -> None:
    photo = soft_photo(81, 14, 0.3)
    written = grey(edits.SUITE["wm_tiled"](photo, edits.dice(1), ()))
    over = written.astype(int) - grey(photo) > 20
    assert over.mean() > 0.05
    before, after = (np.abs(each.astype(int) - grey(photo))[over].mean() for each in (written, taken_off(written)))
    assert after < before / 5


@pytest.mark.parametrize("size", [(960, 640), (480, 320), (1440, 960)])
def test_where_nothing_is_written_nothing_changes(size: tuple[int, int]) -> None:
    plain = grey(soft_photo(81, 14, 0.3).resize(size))
    assert np.array_equal(taken_off(plain), plain)


@pytest.mark.parametrize(
    ("seed", "blur", "contrast", "edit"), [(82, 14, 0.2, "wm_tiled"), (83, 6, 0.15, "C:mirror+crop30+wm+q30")]
)
def test_a_soft_photo_is_found_under_writing_and_another_is_not(
    seed: int, blur: float, contrast: float, edit: str
) -> None:
    reference = fingerprint(edits.jpeg(soft_photo(seed, blur, contrast), 92))
    for shown, match in ((seed, True), (seed + 100, False)):
        written = edits.SUITE[edit](soft_photo(shown, blur, contrast), edits.dice(edit), ())
        assert judge(reference, Look(edits.jpeg(written, 85))).match is match


def test_the_second_look_leaves_the_first_ones_pixels_alone() -> None:
    look = Look(edits.jpeg(edits.SUITE["wm_tiled"](soft_photo(81, 14, 0.3), edits.dice(1), ()), 85))
    before = look.grey.copy()
    assert look.unwritten.ladder.shape == look.ladder.shape
    assert np.array_equal(look.grey, before)
