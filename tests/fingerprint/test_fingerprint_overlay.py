"""A photo is proposed where its shades fit: every cut of it, upright or mirrored, brighter or darker."""

import dataclasses

import numpy as np
import pytest
from benchmarks import edits
from PIL import Image, ImageOps
from tests.fingerprint.drawn_pictures import soft_photo

from sitr.fingerprint import Look, fingerprint, judge, overlay, rules, shades, sliding
from sitr.fingerprint.closeup import Closeup
from sitr.fingerprint.frames import CELLS
from sitr.fingerprint.rules import Signs
from sitr.fingerprint.shades import Likeness
from sitr.fingerprint.sketch import Agreement


def grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("L"))


def best(photo: Image.Image, cut: Image.Image, least: float = 1.0) -> list[np.ndarray]:
    tones = overlay.lay(sliding.cells(grey(cut), photo.width / photo.height))
    found = overlay.fitting(shades.make(grey(photo)), tones, (cut.height, cut.width), least, 3)
    return [placed for placed, _ in found]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("box", [(0, 0, 1, 1), (0, 0, 0.7, 0.7), (0.3, 0.1, 0.9, 0.7), (0.5, 0.4, 1, 0.9)])
def test_a_cut_is_laid_where_it_is_as_bright(box: tuple[float, float, float, float], mirrored: bool) -> None:
    photo = soft_photo(91, 14, 0.3)
    left, top, right, bottom = (round(share * side) for share, side in zip(box, photo.size * 2, strict=True))
    cut = edits.SUITE["bright0.6"](photo.crop((left, top, right, bottom)), edits.dice(1), ())
    placed = best(photo, ImageOps.mirror(cut) if mirrored else cut)[0]
    corners = np.array([[0, 0, 1], [1, 1, 1]]) @ placed.T + 0.5
    wanted = np.array([[-left, -top], [photo.width - left, photo.height - top]])
    wanted = wanted * (-1, 1) + (cut.width, 0) if mirrored else wanted
    assert np.abs(corners - wanted).max() < 2 * photo.width / CELLS


def test_what_a_place_is_worth_is_the_share_that_a_line_of_light_leaves_open() -> None:
    photo = soft_photo(91, 14, 0.3)
    tones = overlay.lay(sliding.cells(grey(photo.crop((0, 0, photo.width * 7 // 10, photo.height))), 1.5))
    told = overlay.likeness(shades.make(grey(photo)), tones)
    for at in np.flatnonzero(told > 0)[:: len(told) // 40]:
        seen = tones.seen[at] > 0
        like = np.corrcoef(shades.make(grey(photo)).ravel()[seen], tones.bright[at][seen])[0, 1]
        assert told[at] == pytest.approx(-np.log(1 - like**2 + 1e-4) * np.sqrt(seen.sum() / 25), abs=1e-3)


def test_of_light_that_is_another_photos_little_is_left() -> None:
    assert best(soft_photo(91, 14, 0.3), soft_photo(92, 14, 0.3).crop((100, 0, 700, 500)), least=3.0) == []


def test_a_strip_and_a_plain_wall_are_laid_nowhere() -> None:
    photo = soft_photo(91, 14, 0.3)
    assert best(photo, Image.fromarray(np.tile(np.arange(40, dtype=np.uint8), (900, 1))), least=0.0) == []
    assert best(photo, Image.new("RGB", (600, 400), "#808080"), least=0.0) == []


@pytest.mark.parametrize(("seed", "quality"), [(107, 20), (108, 28)])
def test_a_soft_photo_whose_steps_are_buried_too_is_found_by_its_shades(seed: int, quality: int) -> None:
    """Faint contrast under writing and squeezing: neither places nor steps lead to it; another's light does not fit."""
    hidden = edits.chain(*(edits.SUITE[name] for name in ("mirror", "crop40_off", "wm_tiled")))
    photo, other = (soft_photo(each, 8, 0.1) for each in (seed, seed + 50))
    reference = fingerprint(edits.jpeg(photo, 92))
    copy, stranger = (edits.jpeg(hidden(each, edits.dice(seed), ()), quality) for each in (photo, other))
    verdict = judge(reference, Look(copy))
    assert verdict.match
    assert verdict.mirrored
    assert not judge(reference, Look(stranger)).match


def test_light_alone_is_no_proof() -> None:
    """Where nothing but the shades agrees, however well, no place speaks for the photo."""
    none = Closeup(np.eye(2, 3), 20, 3, against=(0.02, 0.04))
    there = dataclasses.replace(none, held=9)
    lit = Signs(0, 256, Agreement(1.0, 3, 0.9), none, Likeness(1.0, 25, 20.0, 0.2, 0.4), light=6.0)
    assert not rules.proved(lit, wholly_drawn=False, soft_ground=False)
    assert rules.proved(dataclasses.replace(lit, close=there), wholly_drawn=False, soft_ground=False)
    clear = dataclasses.replace(there, against=(0.002, 0.004))
    assert not rules.proved(dataclasses.replace(lit, close=clear), wholly_drawn=False, soft_ground=False)
    assert not rules.proved(dataclasses.replace(lit, close=there, light=0.0), wholly_drawn=False, soft_ground=False)
