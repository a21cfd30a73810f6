"""Edited copies are found where they are, strangers are not, and a shared layout is no copy."""

from collections.abc import Callable

import pytest
from benchmarks import edits
from PIL import Image, ImageDraw
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.errors import BadInput
from sitr.fingerprint import Look, Verdict, compare, fingerprint, judge
from sitr.words import LANGS, say

PHOTO = drawn_photo(1)
OTHERS = [drawn_photo(seed) for seed in range(2, 7)]
PRINT = fingerprint(encoded(PHOTO, quality=92))

EDITS = [
    "jpeg_q30",
    "resize_0.25x",
    "thumb200",
    "gray",
    "mirror",
    "rot90",
    "rot180",
    "rot5",
    "crop10_off",
    "crop30_off",
    "crop50_centre",
    "border10_white",
    "letterbox916_blurfill",
    "screenshot_light",
    "screenshot_dark",
    "caption_ar",
    "caption_bar",
    "sticker20",
    "wm_tiled",
    "collage2x2",
    "side_by_side",
    "photo_of_screen",
    "meme",
    "story",
    "C:mirror+crop20",
    "C:crop20+caption+q40",
    "C:screenshot_of_collage",
    "C:whatsapp+screenshot+q50",
]


def edited(name: str, picture: Image.Image = PHOTO) -> bytes:
    return edits.jpeg(edits.SUITE[name](picture, edits.dice(name), OTHERS), 85)


def said(verdict: Verdict) -> None:
    for lang in LANGS:
        assert say(verdict.why.code, lang, **verdict.why.data)


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_copy_is_found(name: str) -> None:
    verdict = compare(PRINT, edited(name))
    assert verdict.match, verdict
    assert 0.5 < verdict.score <= 1
    assert verdict.region
    assert verdict.mirrored == ("mirror" in name)
    said(verdict)


@pytest.mark.parametrize("name", EDITS)
def test_a_strangers_picture_edited_alike_is_not_taken_for_a_copy(name: str) -> None:
    stranger = drawn_photo(50 + EDITS.index(name))
    holds_others = "collage" in name or "side" in name
    verdict = compare(PRINT, edited("meme" if holds_others else name, stranger))
    assert not verdict.match, verdict
    assert verdict.region is None
    said(verdict)


LAYOUTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "app, light": lambda p: edits.screenshot(p, dark=False, name="user_7", likes=812),
    "app, dark": lambda p: edits.screenshot(p, dark=True, name="user_7", likes=812),
    "meme": edits.meme,
    "story": edits.story,
    "bar": lambda p: edits.SUITE["caption_bar"](p, edits.dice(1), []),
    "watermark": lambda p: edits.SUITE["wm_tiled"](p, edits.dice(1), []),
    "border": lambda p: edits.SUITE["border10_white"](p, edits.dice(1), []),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_photos_inside_the_same_layout_are_not_copies(layout: str) -> None:
    """The person's own file may be a screenshot: its frame is everybody's, and geometry alone would match it."""
    put = LAYOUTS[layout]
    reference = fingerprint(edits.jpeg(put(PHOTO), 90))
    for other in OTHERS:
        verdict = compare(reference, edits.jpeg(put(other), 85))
        assert not verdict.match, verdict


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_photo_is_found_through_its_layout(layout: str) -> None:
    reference = fingerprint(edits.jpeg(LAYOUTS[layout](PHOTO), 90))
    assert compare(reference, edits.jpeg(LAYOUTS[layout](PHOTO), 70)).match
    assert compare(reference, encoded(PHOTO, quality=80)).match


def test_the_region_is_where_the_photo_lies() -> None:
    page = Image.new("RGB", (1200, 1000), "#c8d0d8")
    page.paste(PHOTO.resize((600, 427)), (400, 250))
    verdict = compare(PRINT, encoded(page))
    wanted = ((400, 250), (1000, 250), (1000, 677), (400, 677))
    assert verdict.region
    for corner, want in zip(verdict.region, wanted, strict=True):
        assert abs(corner[0] - want[0]) < 12
        assert abs(corner[1] - want[1]) < 12
    assert verdict.visible > 0.97


def test_the_region_is_in_pixels_of_the_full_picture() -> None:
    big = PHOTO.resize((3600, 2560))
    verdict = compare(PRINT, encoded(big))
    assert verdict.region
    assert abs(verdict.region[2][0] - 3600) < 40
    assert abs(verdict.region[2][1] - 2560) < 40


def test_visible_is_the_share_of_the_photo_that_is_left() -> None:
    verdict = compare(PRINT, edited("crop50_centre"))
    assert verdict.visible == pytest.approx(0.25, abs=0.04)


def test_a_copy_upright_by_exif_is_found_where_it_is_seen() -> None:
    exif = Image.Exif()
    exif[274] = 6
    data = encoded(PHOTO.transpose(Image.Transpose.ROTATE_90), exif=exif)
    verdict = compare(PRINT, data)
    assert verdict.match
    assert not verdict.mirrored
    assert verdict.region
    assert verdict.region[0][0] < 20


def test_flat_pictures_match_nothing_and_break_nothing() -> None:
    flat = encoded(Image.new("RGB", (400, 300), "#336699"))
    assert not compare(PRINT, flat).match
    plain = fingerprint(flat)
    assert not compare(plain, encoded(PHOTO)).match
    assert not compare(plain, encoded(Image.new("RGB", (400, 300), "#993333"))).match


def test_a_chat_is_found_as_itself_and_not_as_another_chat() -> None:
    def chat(seed: int) -> Image.Image:
        page = Image.new("RGB", (720, 1280), "white")
        dice = edits.dice(seed)
        pen = ImageDraw.Draw(page)
        for row in range(14):
            words = " ".join(
                "".join(dice.choice("abcdefghijklmnop") for _ in range(5)) for _ in range(dice.randint(2, 5))
            )
            pen.text((30 if dice.random() < 0.5 else 200, 60 + row * 80), words, "black", edits.font(34))
        return page

    reference = fingerprint(encoded(chat(1)))
    assert compare(reference, encoded(chat(1), quality=60)).match
    assert not any(compare(reference, encoded(chat(seed))).match for seed in range(2, 6))


def test_one_look_serves_many_photos() -> None:
    look = Look(edited("collage2x2"))
    assert judge(PRINT, look).match
    assert not judge(fingerprint(encoded(drawn_photo(99))), look).match


def test_a_bad_candidate_is_refused() -> None:
    with pytest.raises(BadInput):
        compare(PRINT, b"no picture")
