"""Which features are kept: every quarter of a photo has its share, so that a cut to it is found."""

from functools import cache

from benchmarks import edits
from PIL import Image, ImageFilter
from tests.fingerprint.drawn_pictures import drawn_photo

from sitr.fingerprint import Fingerprint, compare, fingerprint

SIZE = (960, 720)
CORNER = (480, 0, 960, 360)


@cache
def photo() -> Image.Image:
    """Busy, but for its upper right quarter, which is soft and faint."""
    page = drawn_photo(61, *SIZE)
    soft = page.filter(ImageFilter.GaussianBlur(7)).point([128 + (v - 128) // 4 for v in range(256)] * 3)
    page.paste(soft.crop(CORNER), CORNER[:2])
    return page


@cache
def printed() -> Fingerprint:
    return fingerprint(edits.jpeg(photo(), 92))


def test_a_soft_quarter_has_its_share_of_features() -> None:
    features = printed().features
    assert features is not None
    assert len(features) == 72
    right, upper = features.xy[:, 0] > printed().feature_width / 2, features.xy[:, 1] < printed().feature_height / 2
    for quarter in (right & upper, right & ~upper, ~right & upper, ~right & ~upper):
        assert quarter.sum() >= 10


def test_a_cut_to_the_soft_quarter_is_found() -> None:
    verdict = compare(printed(), edits.jpeg(photo().crop(CORNER), 80))
    assert verdict.match
    assert 0.2 < verdict.visible < 0.3


def test_another_photos_soft_quarter_is_no_copy() -> None:
    other = drawn_photo(62, *SIZE).filter(ImageFilter.GaussianBlur(7)).crop(CORNER)
    assert not compare(printed(), edits.jpeg(other, 80)).match
