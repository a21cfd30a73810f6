"""On real photographs (Debian's free packages): found however edited, and no photograph is another."""

import pytest
from benchmarks import edits

from sitr.cli.demo import photographs
from sitr.cli.demo.photographs import Photograph, find_photographs
from sitr.fingerprint import Look, fingerprint, judge

pytestmark = pytest.mark.skipif(not photographs.FOLDER.is_dir(), reason="the photographs' packages are not installed")

EDITS = ["crop30_off", "mirror", "jpeg_q30", "screenshot_dark", "caption_bar", "border10_white", "collage2x2", "rot90"]
ESCAPES = {("Storm", "collage2x2")}
"""A soft sky at half its size, a third of it cut off: decision 0008, what the share of every quarter took."""


@pytest.fixture(scope="module")
def photos() -> list[Photograph]:
    return find_photographs()


@pytest.mark.parametrize("at", [0, 1, 4, 12])
def test_a_photograph_is_found_in_every_edit(photos: list[Photograph], at: int) -> None:
    picture = photos[at].picture(1024)
    reference = fingerprint(edits.jpeg(picture, 92))
    fillers = [photos[i].picture(600) for i in (5, 6, 7)]
    for name in EDITS:
        if (photos[at].name, name) in ESCAPES:
            continue
        data = edits.jpeg(edits.SUITE[name](picture, edits.dice(name), fillers), 85)
        assert judge(reference, Look(data)).match, name


@pytest.mark.heavy
def test_no_photograph_is_taken_for_another_also_inside_one_app(photos: list[Photograph]) -> None:
    plain = {p.name: edits.jpeg(p.picture(900), 85) for p in photos}
    framed = {
        p.name: edits.jpeg(edits.screenshot(p.picture(900), dark=True, name="user_7", likes=812), 85)
        for p in photos[:5]
    }
    for pictures in (plain, framed):
        prints = {name: fingerprint(data) for name, data in pictures.items()}
        for name, data in pictures.items():
            look = Look(data)
            assert [other for other, known in prints.items() if judge(known, look).match] == [name]
