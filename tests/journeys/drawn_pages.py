"""Pages that the app has drawn, shown in a phone-width browser as it would get them: no server, no second process.

Whatever else a page asks for is refused and reported when the browser is closed.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route, sync_playwright

from sitr.words import Lang

BASE = "http://127.0.0.1:8440"
_UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}
_NO_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}


def drawn(browser: Any, paths: Iterable[str]) -> dict[str, Any]:
    """The answer to each path, as `browser` (a `web_cast` one) gets it."""
    return {path: browser.get(path) for path in paths}


@contextmanager
def phone(pages: dict[str, Any], lang: Lang) -> Iterator[Page]:
    """A page 390 pixels wide that is given `pages` and the app's own static files, and nothing else."""
    outside: list[str] = []

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if not route.request.url.startswith(BASE):
            outside.append(route.request.url)
            route.abort()
        elif path in pages:
            one = pages[path]
            route.fulfill(body=one.content, headers=dict(one.headers), status=one.status_code)
        elif (file := finders.find(path.removeprefix("/static/"))) is not None and path.startswith("/static/"):
            route.fulfill(body=Path(str(file)).read_bytes(), content_type=_TYPES[Path(str(file)).suffix])
        else:
            outside.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        # axe-core is a script of its own, which our content policy rightly refuses: it is set aside for it here.
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale=lang, bypass_csp=True)
        page = context.new_page()
        page.route("**/*", answer)
        yield page
        browser.close()
    assert outside == []


def unfold(page: Page) -> None:
    """Open every fold of the page."""
    page.evaluate(_UNFOLD)


def fits(page: Page, lang: Lang, what: str) -> None:
    """The page is in `lang` and nothing in it is wider than the phone."""
    assert page.evaluate("document.documentElement.lang") == lang, what
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, what


def held_to_the_rules(page: Page, what: str, *, colours: bool = True) -> None:
    """axe-core finds nothing. `colours=False` leaves contrast out, which costs most of the time."""
    found = Axe().run(page, options={} if colours else _NO_COLOURS).response["violations"]
    assert not found, (what, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])


def shoot(page: Page, *name: str) -> None:
    """A picture of the whole page under SITR_SHOTS, where that is set."""
    if shots := os.environ.get("SITR_SHOTS"):
        file = Path(shots).joinpath(*name).with_suffix(".png")
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(file), full_page=True)
