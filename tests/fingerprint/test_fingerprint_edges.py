"""A photo on a screen has its edges around it; the scene seen again goes on where the photo ended."""

import cv2
import numpy as np
import pytest
from benchmarks import edits
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.fingerprint import Look, edges, fingerprint, judge
from sitr.fingerprint.sketch import Ladder

WALL = drawn_photo(11, 1200, 900)
"""Flat and larger than the photo of it: posters, a painted wall."""
BOX = (200, 150, 1000, 750)
PHOTO = WALL.crop(BOX)
PRINT = fingerprint(encoded(PHOTO, quality=92))
PLACES = np.random.default_rng(3).uniform(0, 1, (50, 2)) * (639, 479)


def aslant(picture: Image.Image, by: float = 0.06, ground: int = 20) -> tuple[Image.Image, np.ndarray]:
    """The picture from half left, before a dark ground; and the way of its pixels."""
    width, height = picture.size
    start = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    end = start + np.array([[0, 0], [0, by], [0, -by], [0, 0]], np.float32) * height
    matrix = cv2.getPerspectiveTransform(start, (end * 0.86 + (0.07 * width, 0.07 * height)).astype(np.float32))
    seen = cv2.warpPerspective(
        np.asarray(picture), matrix, picture.size, flags=cv2.INTER_AREA, borderValue=(ground, ground, ground + 10)
    )
    return Image.fromarray(seen), matrix


def places(matrix: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Where the photo's places lie in a picture of the wall."""
    on_wall = (PLACES + 0.5) * (box[2] - box[0]) / 640 - 0.5 + box[:2]
    return np.asarray(cv2.perspectiveTransform(on_wall[None], matrix)[0])


def in_view(picture: Image.Image, end: np.ndarray) -> bool:
    return edges.in_view(PLACES, end, (480, 640), Ladder(np.asarray(picture.convert("L"))))


def test_a_screens_edges_are_seen_and_a_walls_are_not() -> None:
    screen, way = aslant(PHOTO)
    assert in_view(screen, places(way, (0, 0, 800, 600)))
    wall, way = aslant(WALL)
    assert not in_view(wall, places(way, BOX))


@pytest.mark.parametrize("ground", [0, 90, 200, 255])
def test_they_are_seen_before_any_ground(ground: int) -> None:
    screen, way = aslant(PHOTO, ground=min(ground, 245))
    assert in_view(screen, places(way, (0, 0, 800, 600)))


def test_where_the_picture_ends_with_the_photo_no_edge_is_seen() -> None:
    assert not in_view(PHOTO, (PLACES + 0.5) * 800 / 640 - 0.5)


def test_one_edge_by_chance_is_not_enough() -> None:
    """The upper side runs along the ceiling."""
    room = WALL.copy()
    room.paste((240, 240, 235), (0, 0, 1200, 150))
    seen, way = aslant(room)
    assert not in_view(seen, places(way, BOX))


@pytest.mark.parametrize("by", [0.03, 0.06, -0.06])
def test_photographed_from_a_screen_it_is_a_copy_and_the_wall_seen_again_another_shot(by: float) -> None:
    screen, wall = (judge(PRINT, Look(encoded(aslant(one, by)[0], quality=88))) for one in (PHOTO, WALL))
    assert (screen.match, screen.same_scene) == (True, False)
    assert (wall.match, wall.same_scene) == (False, True)


def test_the_wall_from_straight_ahead_cannot_be_told_from_a_cut_that_shows_more() -> None:
    """What no geometry can tell stays a copy: the same flat thing from the same direction."""
    assert judge(PRINT, Look(encoded(WALL, quality=88))).match


@pytest.mark.parametrize("name", ["rot5", "aspect_w0.75", "C:mirror+crop20", "photo_of_screen", "C:screenshot+crop10"])
def test_no_edit_is_called_another_shot(name: str) -> None:
    verdict = judge(PRINT, Look(edits.jpeg(edits.SUITE[name](PHOTO, edits.dice(name), ()), 85)))
    assert (verdict.match, verdict.same_scene) == (True, False)
