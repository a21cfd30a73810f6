"""The closer look: every place is found in a copy, few in a stranger's, and another shot of a scene is no copy."""

import numpy as np
import pytest
from benchmarks import bursts, edits
from PIL import Image, ImageDraw, ImageFilter
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.fingerprint import Fingerprint, Look, closeup, compare, fingerprint, geometry, judge
from sitr.words import LANGS, say

PHOTO = drawn_photo(1)
PRINT = fingerprint(encoded(PHOTO, quality=92))


def looked(picture: Image.Image, matrix: np.ndarray) -> closeup.Closeup:
    assert PRINT.features is not None
    shape = (PRINT.feature_height, PRINT.feature_width)
    return closeup.look(PRINT.features, shape, Look(encoded(picture, quality=80)).ladder, matrix)


def whole(picture: Image.Image) -> np.ndarray:
    """Feature pixels to a candidate that shows the whole photo, as large as itself."""
    across, down = picture.width / PRINT.feature_width, picture.height / PRINT.feature_height
    return np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5]])


def test_every_place_is_found_where_it_must_be() -> None:
    close = looked(PHOTO, whole(PHOTO))
    assert close.tried >= 60
    assert close.held >= 0.95 * close.tried
    assert not close.moved
    assert close.start.shape == close.end.shape == (close.held, 2)


def test_a_rough_placement_is_nudged_until_it_fits() -> None:
    rough = whole(PHOTO) + np.array([[0, 0, 4.0], [0, 0, -3.0]])
    close = looked(PHOTO, rough)
    assert close.held >= 0.9 * close.tried
    assert np.allclose(close.matrix, whole(PHOTO), atol=1.0)


def test_few_places_are_found_in_a_strangers_picture() -> None:
    stranger = drawn_photo(2)
    close = looked(stranger, whole(stranger))
    assert close.held < 0.3 * close.tried


def test_outside_the_candidate_nothing_is_tried() -> None:
    far = whole(PHOTO) + np.array([[0, 0, 9999.0], [0, 0, 0]])
    close = looked(PHOTO, far)
    assert (close.tried, close.held, close.moved) == (0, 0, False)


def scene(shift: int) -> Image.Image:
    """Things at two depths before a wall; `shift` is how far the near ones move when the camera does."""
    page = drawn_photo(3, 1000, 640)
    near = drawn_photo(4, 1000, 640)
    mask = Image.new("L", page.size)
    pen = ImageDraw.Draw(mask)
    for x, y in ((20, 40), (330, 60), (640, 30), (170, 340), (500, 330), (800, 360)):
        pen.ellipse((x, y, x + 180, y + 250), fill=255)
    page.paste(near.transform(near.size, Image.Transform.AFFINE, (1, 0, -shift, 0, 1, 0)), (0, 0), shifted(mask, shift))
    return page


def shifted(mask: Image.Image, shift: int) -> Image.Image:
    moved = mask.transform(mask.size, Image.Transform.AFFINE, (1, 0, -shift, 0, 1, 0))
    return moved.filter(ImageFilter.GaussianBlur(1))


@pytest.fixture(scope="module")
def reference() -> Fingerprint:
    return fingerprint(encoded(scene(0), quality=92))


def test_another_shot_from_another_spot_is_called_the_same_scene_and_no_copy(reference: Fingerprint) -> None:
    verdict = compare(reference, encoded(scene(30), quality=85))
    assert not verdict.match
    assert verdict.same_scene
    for lang in LANGS:
        assert say(verdict.why.code, lang, **verdict.why.data)


@pytest.mark.parametrize(
    "name", ["rot5", "photo_of_screen", "wm_tiled", "sticker10", "bright1.5", "contrast1.7", "C:mirror+crop20"]
)
def test_an_edited_copy_is_never_called_another_shot(reference: Fingerprint, name: str) -> None:
    verdict = judge(reference, Look(edits.jpeg(edits.SUITE[name](scene(0), edits.dice(name), ()), 85)))
    assert verdict.match
    assert not verdict.same_scene


def test_what_a_lens_or_a_screen_bends_is_taken_out_and_a_step_stays() -> None:
    dice = np.random.default_rng(5)
    at, size = dice.uniform(0, 640, (60, 2)), np.ones(60)
    x, y = (at / 640).T
    bend = np.column_stack([3 * x * x - 2 * x * y + 1, 2 * y * y + x * y - 3 * x])
    assert np.abs(geometry.unbent(at, bend, size)).max() < 1e-9
    stepped = bend + np.where((x > 0.3) & (x < 0.5), 2.0, 0.0)[:, None]
    assert np.abs(geometry.unbent(at, stepped, size)).max() > 1


def test_in_a_copy_what_is_left_has_no_direction(reference: Fingerprint) -> None:
    assert reference.features is not None
    copy, again = (Look(encoded(scene(shift), quality=80)).ladder for shift in (0, 8))
    shape = (reference.feature_height, reference.feature_width)
    wide = 1000 / reference.feature_width
    matrix = np.array([[wide, 0, wide / 2 - 0.5], [0, wide, wide / 2 - 0.5]])
    still, moved = (closeup.look(reference.features, shape, picture, matrix) for picture in (copy, again))
    assert abs(still.drift[0]) < 0.02
    assert not still.drifted
    assert moved.drift[0] > 0.02
    assert moved.drift[1] > 2


def test_the_next_press_of_the_shutter_is_said_to_be_another_shot() -> None:
    again = bursts.reshot(PHOTO, edits.dice("a"), 0.02)
    close = looked(again, whole(again))
    assert close.moved or close.drifted
    verdict = judge(PRINT, Look(encoded(again, quality=88)))
    assert (verdict.match, verdict.same_scene) == (False, True)


def test_bursts_are_made_alike_in_every_run() -> None:
    one, other = (bursts.reshot(PHOTO, edits.dice("burst"), 0.02) for _ in range(2))
    assert one.tobytes() == other.tobytes()
    assert one.tobytes() != bursts.reshot(PHOTO, edits.dice("other"), 0.02).tobytes()
