"""Law pages in a phone-width browser, in both languages: axe-core finds nothing, nothing comes from outside, all fits.

The pages are made by the app first and shown to the browser as it would get them, style sheet and fonts included.
"""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, sync_playwright

from sitr.cases import openings
from sitr.words import LANGS, Lang

if TYPE_CHECKING:
    from tests.web.web_cast import Cast

pytestmark = [
    pytest.mark.browser, pytest.mark.database, pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]  # fmt: skip
BASE = "http://127.0.0.1:8440"
SAID = {
    "EG": {"status": ["threat"], "content": ["nude"], "demand": ["money"], "suspect": ["ex"]},
    "SA": {"status": ["public"], "content": ["private_moment"], "exposed": ["phone"], "official_risk": ["no"]},
    "TN": {"status": ["account_taken"], "content": ["chat"], "age": ["minor"]},
}


@pytest.fixture
def cast(transactional_db: None, home: Path) -> Any:
    """The holder's browser, unlocked."""
    from tests.web.web_cast import gathered

    yield from gathered(home)


def _pages(cast: "Cast", lang: Lang) -> dict[str, tuple[str, bytes]]:
    """Each address with its media type and content: the pages, and what they ask for."""
    browser = cast.in_language(lang)
    cases = {
        country: openings.open_case(cast.keeper, country=country, answers=said, time_proof=False)
        for country, said in SAID.items()
    }
    paths = ["/law/", "/law/eg/", "/law/es/", *(f"/n/{case}/law" for case in cases.values())]
    found = {path: ("text/html; charset=utf-8", browser.read(path).encode()) for path in paths}
    for name in set(re.findall(r'"(/static/[^"]+)"', b"".join(body for _, body in found.values()).decode())):
        found[name] = _static(cast, name)
    for name in re.findall(r'url\("([^"]+)"\)', found["/static/web/pages.css"][1].decode()):
        found[f"/static/web/{name}"] = _static(cast, f"/static/web/{name}")
    return found


def _static(cast: "Cast", path: str) -> tuple[str, bytes]:
    answer = cast.browser.get(path)
    return str(answer["Content-Type"]), b"".join(answer)


@pytest.mark.parametrize("lang", LANGS)
def test_law_pages_fit_a_phone_and_everybody(cast: "Cast", lang: Lang, tmp_path: Path) -> None:
    shots = Path(os.environ.get("SITR_SHOTS", str(tmp_path))) / "law" / lang
    shots.mkdir(parents=True, exist_ok=True)
    pages, outside = _pages(cast, lang), list[str]()

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if not route.request.url.startswith(BASE) or path not in pages:
            outside.append(route.request.url)
            route.abort()
            return
        kind, body = pages[path]
        route.fulfill(body=body, content_type=kind)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale=lang)
        page.route("**/*", answer)
        for number, path in enumerate(one for one in pages if not one.startswith("/static/")):
            page.goto(BASE + path)
            _look(page, lang, path, shots / f"{number}.png")
        browser.close()
    assert outside == []


def _look(page: Page, lang: Lang, path: str, shot: Path) -> None:
    page.screenshot(path=str(shot), full_page=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert page.evaluate("document.documentElement.lang") == lang
    found = Axe().run(page).response["violations"]
    assert not found, (path, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])
    page.screenshot(path=str(shot.with_stem(f"{shot.stem}-open")), full_page=True)
