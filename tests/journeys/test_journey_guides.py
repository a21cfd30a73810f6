"""Every guide in a phone-width browser, in both languages, as somebody reads it who has unlocked nothing.

The pages are drawn first, then handed to the browser as they were drawn, headers included: no server, no case. Each
is measured closed and with every fold open; SITR_SHOTS keeps pictures of both.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, sync_playwright
from tests.web.web_cast import KNOWLEDGE, Cast, gathered

from sitr.words import LANGS, Lang

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
    pytest.mark.database,
]

BASE = "http://127.0.0.1:8440"
PATHS = ["/guides/", *(f"/guides/{guide.id}/" for guide in KNOWLEDGE.guides)]
_UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
# Contrast is looked up for every word and costs most of the time; between them these pages show every colour there is.
_WITH_COLOURS = frozenset({"/guides/", "/guides/causes/"})
_NO_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


@pytest.fixture
def locked(home: Path) -> Iterator[Cast]:
    """A home that is set up; nobody unlocked anything."""
    yield from gathered(home, let_in=False)


def _drawn(cast: Cast, lang: Lang) -> dict[str, Any]:
    browser = cast.new_browser(lang).come_in()
    return {path: browser.get(path) for path in PATHS}


def _answer(route: Route, pages: dict[str, Any], outside: list[str]) -> None:
    path = route.request.url.removeprefix(BASE)
    if path in pages:
        answer = pages[path]
        route.fulfill(body=answer.content, headers=dict(answer.headers), status=answer.status_code)
    elif path.startswith("/static/"):
        found = Path(str(finders.find(path.removeprefix("/static/"))))
        route.fulfill(body=found.read_bytes(), content_type=_TYPES[found.suffix])
    else:
        outside.append(route.request.url)
        route.abort()


def _fits(page: Page, what: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, what


def _held_to_the_rules(page: Page, what: str, *, colours: bool) -> None:
    found = Axe().run(page, options={} if colours else _NO_COLOURS).response["violations"]
    assert not found, (what, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])


def _shoot(page: Page, lang: Lang, path: str, fold: str) -> None:
    if shots := os.environ.get("SITR_SHOTS"):
        folder = Path(shots) / lang
        folder.mkdir(parents=True, exist_ok=True)
        name = path.strip("/").replace("/", "-")
        page.screenshot(path=str(folder / f"{name}-{fold}.png"), full_page=True)


def _walked(cast: Cast, lang: Lang) -> Iterator[tuple[str, Page]]:
    """Each page in turn, drawn in a browser of 390 pixels; nothing may ask for anything outside."""
    pages = _drawn(cast, lang)
    outside: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        # axe-core is a script of its own, which our content policy rightly refuses: it is set aside for it here.
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale=lang, bypass_csp=True)
        page = context.new_page()
        page.route("**/*", lambda route: _answer(route, pages, outside))
        for path in PATHS:
            page.goto(BASE + path)
            yield path, page
        browser.close()
    assert outside == []


@pytest.mark.parametrize("lang", LANGS)
def test_every_guide_is_readable_on_a_phone_without_unlocking(locked: Cast, lang: Lang) -> None:
    for path, page in _walked(locked, lang):
        assert page.evaluate("document.documentElement.lang") == lang
        assert page.locator("[data-leave]").is_visible(), "the quick exit"
        _fits(page, path)
        _held_to_the_rules(page, path, colours=path in _WITH_COLOURS)
        _shoot(page, lang, path, "closed")
        page.evaluate(_UNFOLD)
        _fits(page, f"{path} open")
        _shoot(page, lang, path, "open")


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGS)
def test_every_fold_of_a_guide_keeps_to_the_rules(locked: Cast, lang: Lang) -> None:
    for path, page in _walked(locked, lang):
        page.evaluate(_UNFOLD)
        _held_to_the_rules(page, path, colours=True)
