"""Light and dark by blocks: what a copy keeps, another photo in the same layout has not, and what it settles."""

import numpy as np
import pytest
from benchmarks import edits
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.fingerprint import shades
from sitr.fingerprint.pixels import decode
from sitr.fingerprint.sketch import Ladder

WHOLE = np.array([[640.0, 0, -0.5], [0, 456.0, -0.5]])


def grey(picture: Image.Image) -> np.ndarray:
    return decode(encoded(picture.resize((640, 456)), quality=90)).grey


@pytest.mark.parametrize("edit", ["jpeg_q30", "bright0.6", "contrast0.6", "contrast1.7", "sepia", "noise15"])
def test_light_and_dark_outlive_what_is_done_to_light(edit: str) -> None:
    photo = drawn_photo(31)
    there = Ladder(grey(edits.SUITE[edit](photo, edits.dice(1), ())))
    said = shades.agree(shades.make(grey(photo)), there, WHOLE)
    assert said.share >= 0.9
    assert said.blocks >= 40


def test_another_photo_and_a_negative_do_not_agree() -> None:
    photo = grey(drawn_photo(31))
    assert shades.agree(shades.make(photo), Ladder(grey(drawn_photo(32))), WHOLE).share < 0.65
    assert shades.agree(shades.make(photo), Ladder(255 - photo), WHOLE).share < 0.65


def test_a_copys_shades_are_there_to_the_tenth_also_beside_a_sticker() -> None:
    photo = drawn_photo(31)
    covered = photo.copy()
    covered.paste((250, 240, 60), (0, 0, 400, 300))
    made = shades.make(grey(photo))
    copy, beside = (shades.agree(made, Ladder(grey(picture)), WHOLE) for picture in (photo, covered))
    assert max(copy.third, copy.half) < 0.5
    assert beside.third < 0.5
    assert shades.agree(made, Ladder(grey(drawn_photo(32))), WHOLE).third > 2


def test_of_a_photo_mostly_outside_only_what_is_seen_counts() -> None:
    photo = grey(drawn_photo(31))
    corner = photo[:228, :320]
    said = shades.agree(shades.make(photo), Ladder(np.ascontiguousarray(corner)), WHOLE)
    assert (said.share, said.blocks) == (1.0, 16)
    far = WHOLE + np.array([[0, 0, 5000.0], [0, 0, 0]])
    assert shades.agree(shades.make(photo), Ladder(corner), far) == shades.Likeness(0.0, 0, 0.0)
