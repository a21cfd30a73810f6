"""What repeats: other walls of such tiles, other pages of one app, other skies in one layout are no copies, and the
same page is found again. All drawn, with seeds that the rules were not made with.
"""

from functools import cache

import cv2
import numpy as np
import pytest
from benchmarks import edits, patterns
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo

from sitr.fingerprint import Fingerprint, Look, fingerprint, judge

SIZE = (640, 480)


@cache
def pattern(name: str) -> Image.Image:
    return patterns.draw(name).resize(SIZE, Image.Resampling.LANCZOS)


@cache
def printed(name: str) -> Fingerprint:
    return fingerprint(edits.jpeg(pattern(name), 92))


def soft_sky(seed: int) -> Image.Image:
    """A slope of light with two or three wide clouds and grain, nothing else."""
    dice = np.random.default_rng(seed)
    cells = int(dice.integers(2, 5))
    grid = dice.normal(0, 1, (cells, cells + 1)).astype(np.float32)
    clouds = cv2.resize(grid, SIZE, interpolation=cv2.INTER_CUBIC) * dice.uniform(8, 20)
    clouds += np.linspace(dice.uniform(-40, 40), dice.uniform(-40, 40), SIZE[1])[:, None]
    light = clouds[:, :, None] + dice.uniform(110, 190, 3) + dice.normal(0, 1.5, (SIZE[1], SIZE[0], 3))
    return Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("kind", ["keys", "table", "tiles", "calendar", "icons"])
def test_a_page_or_wall_is_found_as_itself_and_not_as_the_next_of_its_kind(kind: str) -> None:
    reference = printed(f"{kind}-31")
    assert judge(reference, Look(edits.jpeg(pattern(f"{kind}-31"), 60))).match
    assert not judge(reference, Look(edits.jpeg(pattern(f"{kind}-32"), 85))).match


def test_a_screenshot_of_a_page_is_found_and_half_of_it_is_not_enough() -> None:
    page = pattern("calendar-31")
    shown = edits.SUITE["screenshot_dark"](page, edits.dice(1), ())
    assert judge(printed("calendar-31"), Look(edits.jpeg(shown, 85))).match
    half = page.crop((0, 0, SIZE[0], SIZE[1] // 2))
    assert not judge(printed("calendar-31"), Look(edits.jpeg(half, 85))).match


def test_a_brick_wall_is_not_the_next_though_half_of_its_bricks_fit() -> None:
    """Found by the long run of wrong pairs: 41 of 72 places, 0.84 of the sketch; 0.58 of its features have a twin."""
    wall, other = patterns.draw("brick-0"), edits.SUITE["rot180"](patterns.draw("brick-1"), edits.dice(1), ())
    reference = fingerprint(edits.jpeg(wall, 92))
    assert not judge(reference, Look(edits.jpeg(other, 85))).match
    assert judge(reference, Look(edits.jpeg(edits.SUITE["rot180"](wall, edits.dice(1), ()), 85))).match


def test_a_tiled_wall_is_not_the_next_in_a_mirror_though_each_place_is_nearly_clear() -> None:
    """Found by the long run of wrong pairs: 41 of 41 places, the whole sketch, all shades, but none of them exactly."""
    wall, other = patterns.draw("tiles-2"), edits.SUITE["gray"](patterns.draw("tiles-0"), edits.dice(1), ())
    reference = fingerprint(edits.jpeg(wall, 92))
    assert not judge(reference, Look(edits.jpeg(other, 85))).match
    assert judge(reference, Look(edits.jpeg(edits.SUITE["gray"](wall, edits.dice(1), ()), 85))).match


def test_what_repeats_is_known_by_its_features() -> None:
    tiles, photo = printed("tiles-31").features, fingerprint(edits.jpeg(drawn_photo(41, 640, 480), 92)).features
    assert tiles is not None
    assert photo is not None
    assert tiles.repeated >= 0.6
    assert photo.repeated < 0.4


@pytest.mark.parametrize("layout", ["meme", "story", "wm_tiled", "caption_bar"])
def test_two_soft_skies_in_one_layout_are_two_photos(layout: str) -> None:
    one, other = (edits.SUITE[layout](soft_sky(seed), edits.dice(layout), ()) for seed in (51, 52))
    reference = fingerprint(edits.jpeg(one, 92))
    assert judge(reference, Look(edits.jpeg(one, 85))).match
    assert not judge(reference, Look(edits.jpeg(other, 85))).match
