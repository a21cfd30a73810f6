"""What holds for every page: language, direction, headers, nothing from outside, nothing inline, strangers, locks."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from itertools import product
from urllib.parse import urlsplit

import pytest
from django.urls import get_resolver
from django.utils.html import escape
from tests.web.web_case import Story, story
from tests.web.web_cast import Cast

from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


class Page(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element."""
        self.elements.append((tag, dict(attrs)))


@pytest.fixture
def made(cast: Cast) -> Story:
    """A case with something on every page."""
    return story(cast)


def test_every_page_is_whole_in_its_language_has_the_headers_and_nothing_from_outside(cast: Cast, made: Story) -> None:
    for lang in LANGS:
        browser = cast.in_language(lang)
        for path in made.pages:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert answer["Content-Language"] == lang
            _is_whole(answer.content.decode(), path, lang)
            _has_the_headers(answer.headers, path)
            _has_nothing_from_outside(answer.content.decode(), path, made)
    _has_the_headers(cast.browser.get("/nothing/here").headers, "/nothing/here")


def _is_whole(text: str, path: str, lang: Lang) -> None:
    assert f'<html lang="{lang}" dir="{"rtl" if lang == "ar" else "ltr"}">' in text, path
    assert f"<title>{say('web.quiet_title', lang)}</title>" in text, path
    assert len(re.findall("<h1[ >]", text)) == 1, path


def _has_the_headers(headers: Mapping[str, str], path: str) -> None:
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy, path
    assert "unsafe" not in policy, path
    assert "http" not in policy, path
    assert "frame-ancestors 'none'" in policy, path
    assert "no-store" in headers["Cache-Control"], path
    assert headers["Referrer-Policy"] == "same-origin", path
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
    assert headers["X-Content-Type-Options"] == "nosniff", path
    assert headers["X-Frame-Options"] == "DENY", path
    assert "camera=()" in headers["Permissions-Policy"], path


def _has_nothing_from_outside(text: str, path: str, made: Story) -> None:
    alone = {made.path("pictures"), "/prints/"}
    for tag, attributes in Page(text).elements:
        assert tag not in {"style", "iframe", "object", "embed", "base"}, path
        assert not any(name == "style" or name.startswith("on") for name in attributes), (path, tag)
        if tag == "script":
            ours = {"/static/web/pages.js"} | ({"/static/web/device.js"} if path in alone else set())
            assert attributes["src"] in ours, path
        for name in ("src", "href", "action", "srcset", "poster"):
            _stays(path, tag, attributes, attributes.get(name))


def _stays(path: str, tag: str, attributes: dict[str, str | None], address: str | None) -> None:
    if address is None or not urlsplit(address).netloc:
        return
    assert tag == "a", (path, tag)
    assert attributes["rel"] == "noreferrer noopener nofollow", (path, address)


def test_the_style_sheet_and_fonts_are_ours_and_ask_for_nothing_else(cast: Cast) -> None:
    sheet = b"".join(cast.browser.get("/static/web/pages.css")).decode()
    addresses = re.findall(r'url\("([^"]+)"\)', sheet)
    assert addresses
    for address in addresses:
        font = cast.browser.get(f"/static/web/{address}")
        assert (font.status_code, b"".join(font)[:4]) == (200, b"wOF2")
    assert "http" not in sheet
    assert "@import" not in sheet


def test_the_style_sheet_knows_no_left_and_right(cast: Cast) -> None:
    sheet = b"".join(cast.browser.get("/static/web/pages.css")).decode()
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    assert not re.findall(r"\b(?:left|right)\b|(?:margin|padding|border)-(?:top|bottom)\b", rules)


def test_addresses_say_nothing_to_a_glance_and_are_isolated_left_to_right(cast: Cast, made: Story) -> None:
    for path in made.pages:
        words = set(re.findall("[a-z0-9]+", path.lower()))  # whole ones: chance may write `case` inside an id
        assert not words & {"case", "evidence", "leak", "capture", "notice", "dossier", "sitr", "photo", "journal"}, (
            path
        )
    text = cast.in_language("ar").read(made.path("places", made.place))
    assert f'<bdi dir="ltr">{made.url.replace("&", "&amp;")}</bdi>' in text


def test_a_locked_browser_is_sent_to_the_door_from_every_page(cast: Cast, made: Story) -> None:
    browser = cast.new_browser().come_in()
    for path in made.pages:
        if path not in {"/open", "/come", "/facts/", "/prints/"}:  # public: nothing of a case is in them
            assert browser.get(path).headers.get("Location") == "/open", path


def test_a_stranger_is_told_of_no_page_of_the_case_and_changes_nothing(cast: Cast, made: Story) -> None:
    stranger = cast.stranger()
    for path in made.pages:
        if path.startswith("/n/"):
            answer = stranger.get(path)
            # A result laid aside for somebody else's browser is not found, and leads to a page that is not found.
            while answer.status_code == 302:
                answer = stranger.get(answer["Location"])
            assert answer.status_code == 404, path
            assert made.url not in answer.content.decode(), path
    for path, data in made.forms:
        answer = stranger.post(path, data)
        assert answer.status_code == 404, path


def test_no_page_takes_another_method(cast: Cast, made: Story) -> None:
    token = cast.browser.client.cookies["csrftoken"].value
    for path, method in product(made.pages, ("put", "delete", "patch")):
        answer = getattr(cast.browser.client, method)(path, headers={"x-csrftoken": token})
        assert answer.status_code == 405, path
        assert "<h1>" in answer.content.decode(), path


def test_every_address_of_the_app_is_walked_by_these_tests(made: Story) -> None:
    names = {getattr(pattern, "name", None) for pattern in get_resolver("sitr.web.survivor.urls").url_patterns}
    seen = {get_resolver().resolve(urlsplit(path).path).url_name for path in [*made.pages, *(p for p, _ in made.forms)]}
    elsewhere = {
        "guides",
        "guide",
        "link",
        "lock",
        "lang",
        "leave",
        "begin",
        "away",
        "download",
        "kept_file",
        "noted",
        "picture",
        "inside",
        "erased",
        # With an erased photo, and a drawn proof: test_web_photos.
        "photo_gone",
        "why_picture",
        # A code that was given: test_web_slips.
        "slip_shown",
        # With something that arrived from a paired browser: test_web_paired and the journey of the extension.
        "browser_new_code",
        "browser_code",
        "browser_accepted",
        "browser_decide",
        "browser_end",
        "browser_glimpse",
    }
    assert names - seen == elsewhere


def test_an_error_of_ours_is_a_page_without_a_word_of_what_was_typed(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> None:
        raise RuntimeError("canary-7781")

    monkeypatch.setattr("sitr.cases.agendas.agenda", breaks)
    answer = cast.browser.get("/dates")
    assert answer.status_code == 500
    assert escape(say("web.problem_broken", "en")) in answer.content.decode()
    assert "canary-7781" not in answer.content.decode()
    ours = [record.getMessage() for record in caplog.records if record.name == "sitr.web"]
    assert len(ours) == 1
    assert ours[0].startswith("RuntimeError < test_web_pages.py")
    assert "canary-7781" not in caplog.text
