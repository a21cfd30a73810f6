"""Going through a page's images: every copy with its address, nothing fatal, nothing hidden."""

import subprocess
import sys

from benchmarks import bursts, edits
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.finding import Search, find_copies
from sitr.fingerprint import fingerprint
from sitr.words import LANGS, say

ANNA, SARA = drawn_photo(31), drawn_photo(32)
PHOTOS = {"anna": fingerprint(encoded(ANNA)), "sara": fingerprint(encoded(SARA))}


def test_each_copy_is_found_under_its_address_with_its_photo() -> None:
    images = [
        ("https://a.example/1.jpg", encoded(drawn_photo(40))),
        ("https://a.example/2.jpg", encoded(ANNA.crop((100, 60, 800, 600)), quality=60)),
        ("https://cdn.example/3", encoded(SARA.transpose(Image.Transpose.FLIP_LEFT_RIGHT))),
    ]
    search = find_copies(images, PHOTOS)
    assert [(f.image_url, f.photo, f.mirrored) for f in search] == [
        ("https://a.example/2.jpg", "anna", False),
        ("https://cdn.example/3", "sara", True),
    ]
    assert search.looked == 3
    assert len(search) == 2
    assert all(say(f.why.code, lang, **f.why.data) for f in search for lang in LANGS)
    assert (search.found[0].width, search.found[0].height) == (700, 540)


def test_two_photos_in_one_image_are_both_found() -> None:
    page = Image.new("RGB", (1000, 400), "white")
    page.paste(ANNA.resize((480, 341)), (10, 20))
    page.paste(SARA.resize((480, 341)), (510, 20))
    search = find_copies([("u", encoded(page))], PHOTOS)
    assert {f.photo for f in search} == {"anna", "sara"}


def shot_again(photo: Image.Image) -> Image.Image:
    return bursts.reshot(photo, edits.dice("again"), 0.02)


def test_another_shot_of_a_photos_scene_is_found_too_and_called_no_copy() -> None:
    (found,) = find_copies([("u", encoded(shot_again(ANNA), quality=90))], PHOTOS)
    assert (found.photo, found.same_scene, found.why.code) == ("anna", True, "fingerprint.why_same_scene")
    (copy,) = find_copies([("u", encoded(ANNA, quality=60))], PHOTOS)
    assert not copy.same_scene


def test_of_two_shots_of_one_scene_a_copy_is_a_copy_of_its_own() -> None:
    taken = {"first": fingerprint(encoded(shot_again(ANNA))), **PHOTOS}
    (found,) = find_copies([("u", encoded(ANNA, quality=60))], taken)
    assert (found.photo, found.same_scene) == ("anna", False)


def test_beside_a_copy_of_one_photo_another_ones_scene_is_still_said() -> None:
    page = Image.new("RGB", (1000, 720), "white")
    page.paste(SARA.resize((480, 341)), (10, 20))
    page.paste(shot_again(ANNA).resize((480, 341)), (510, 370))
    search = find_copies([("u", encoded(page, quality=92))], PHOTOS)
    assert [(f.photo, f.same_scene) for f in search] == [("sara", False), ("anna", True)]


def test_bad_images_are_reported_and_end_nothing() -> None:
    images = [
        ("empty", b""),
        ("text", b"<html>not found</html>"),
        ("cut", encoded(ANNA)[:3000]),
        ("icon", encoded(ANNA.resize((32, 32)))),
        ("dot", encoded(Image.new("L", (1, 1)), "GIF")),
        ("good", encoded(ANNA)),
    ]
    search = find_copies(images, PHOTOS)
    assert [f.image_url for f in search] == ["good"]
    assert {s.image_url: s.why.code for s in search.skipped} == {
        "empty": "fingerprint.empty",
        "text": "fingerprint.not_an_image",
        "cut": "fingerprint.damaged",
        "icon": "finding.skipped_small",
        "dot": "finding.skipped_small",
    }
    assert all(say(s.why.code, lang, **s.why.data) for s in search.skipped for lang in LANGS)


def test_the_same_bytes_are_compared_once_and_found_under_each_address() -> None:
    data = encoded(ANNA, quality=50)
    search = find_copies([("one", data), ("two", data)], PHOTOS)
    assert [f.image_url for f in search] == ["one", "two"]
    assert search.looked == 1


def test_nothing_to_look_at_is_an_answer() -> None:
    assert find_copies([], PHOTOS) == Search((), (), 0)
    assert find_copies([("u", encoded(ANNA))], {}).found == ()


@settings(max_examples=25)
@given(st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=200)), max_size=5))
def test_no_bytes_of_a_page_break_the_search(images: list[tuple[str, bytes]]) -> None:
    search = find_copies(images, PHOTOS)
    assert not search.found
    assert len(search.skipped) == len(images)


def test_finding_and_fingerprint_load_neither_django_nor_a_browser() -> None:
    script = "import sys, sitr.finding; sys.exit(any(m.split('.')[0] in ('django', 'playwright') for m in sys.modules))"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
