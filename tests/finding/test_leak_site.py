"""The demo's leak site: a real server with photographs, and its copies are found by looking, not by being told."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.cli.demo import photographs
from sitr.cli.demo.leaksite import LeakSite, leak_site
from sitr.cli.demo.photographs import Photograph, find_photographs
from sitr.errors import BadInput, MissingProgram
from sitr.finding import find_copies, image_addresses
from sitr.fingerprint import fingerprint
from sitr.words import LANGS, say

HERE = photographs.FOLDER.is_dir()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Photograph]:
    """The real photographs, or drawn ones where the packages are not installed."""
    if HERE:
        return find_photographs()
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(12):
        (folder / f"p{seed:02d}.jpg").write_bytes(encoded(drawn_photo(seed)))
    return find_photographs(folder)


@pytest.fixture(scope="module")
def site(pictures: list[Photograph]) -> Iterator[LeakSite]:
    with leak_site(pictures) as running:
        yield running


def get(url: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.url, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, url, error.read()


def test_the_page_is_reached_over_a_redirect_in_both_languages(site: LeakSite) -> None:
    status, url, body = get(site.short_url)
    assert (status, url) == (200, site.url)
    assert "صور مسربة" in body.decode()
    assert "Leaked photos" in body.decode()
    for how in ('loading="lazy"', "IntersectionObserver", "data-src=", 'dir="rtl"'):
        assert how in body.decode()


def test_every_image_is_named_by_the_page_and_sized_like_the_web(site: LeakSite) -> None:
    listed = set(image_addresses(get(site.url)[2].decode(), site.url)) | set(site.strangers[-1:])
    assert listed == {*site.copies, *site.strangers}
    assert len(site.copies) == 4
    assert len(listed) >= 14
    assert {c.edit for c in site.copies.values()} == {"cropped", "mirrored", "reencoded", "screenshot"}


def test_the_copies_and_only_they_are_found(site: LeakSite, pictures: list[Photograph]) -> None:
    prints = {p.name: fingerprint(p.read()) for p in pictures[:2]}
    images = [(url, get(url)[2]) for url in (*site.copies, *site.strangers)]
    search = find_copies(images, prints)
    assert {f.image_url: f.photo for f in search} == {url: c.photo for url, c in site.copies.items()}
    assert {f.image_url for f in search if f.mirrored} == {u for u, c in site.copies.items() if c.edit == "mirrored"}
    assert not search.skipped


def test_what_is_taken_down_is_gone_and_can_come_back(site: LeakSite) -> None:
    copy = next(iter(site.copies))
    for status in (410, 404):
        site.take_down(status)
        assert {get(u)[0] for u in (site.url, site.short_url, copy)} == {status}
    site.put_back()
    assert get(copy)[0] == 200


def test_requests_are_remembered_in_memory(site: LeakSite) -> None:
    before = len(site.requests)
    get(site.origin + "/nothing-here?x=1")
    assert site.requests[before].path == "/nothing-here"
    assert site.requests[before].status == 404


def test_missing_photographs_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(photographs, "FOLDER", tmp_path)
    with pytest.raises(MissingProgram) as caught:
        find_photographs()
    with pytest.raises(BadInput) as few:
        find_photographs(tmp_path)
    for lang in LANGS:
        assert "mate-backgrounds" in say(caught.value.code, lang, **caught.value.data)
        assert say(few.value.code, lang, **few.value.data)
