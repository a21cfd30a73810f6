"""Pages that the app has drawn, shown in a phone-width browser as it would get them: no server, no second process.

Whatever else a page asks for is refused and reported when the browser is closed.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route
from tests.journeys.phones import chromium

from sitr.words import Lang

BASE = "http://127.0.0.1:8440"
_UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


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

    with chromium() as browser:
        # axe-core is a script of its own, which our content policy rightly refuses: it is set aside for it here.
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale=lang, bypass_csp=True)
        page = context.new_page()
        page.route("**/*", answer)
        yield page
    assert outside == []


def unfold(page: Page) -> None:
    """Open every fold of the page."""
    page.evaluate(_UNFOLD)


def fits(page: Page, lang: Lang, what: str) -> None:
    """The page is in `lang` and nothing in it is wider than the phone."""
    assert page.evaluate("document.documentElement.lang") == lang, what
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, what


def shoot(page: Page, *name: str) -> None:
    """A picture of the whole page under SITR_SHOTS, where that is set."""
    if shots := os.environ.get("SITR_SHOTS"):
        file = Path(shots).joinpath(*name).with_suffix(".png")
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(file), full_page=True)
