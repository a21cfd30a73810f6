"""The doors of a place and what became of notices, in a phone-width browser and both languages: figures with their n.

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

from sitr.cases import ledgers, notices, openings, outcomes, sightings
from sitr.takedown import LedgerRow, Outcome, Result, Span, write_ledger
from sitr.words import LANGS, Lang, say

if TYPE_CHECKING:
    from tests.web.web_cast import Cast

pytestmark = [
    pytest.mark.browser, pytest.mark.database, pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]  # fmt: skip
BASE = "http://127.0.0.1:8440"
SAID = {"age": ["adult"], "status": ["public"], "content": ["ordinary"], "author": ["me"], "helping": ["self"]}
DOOR = ("x", "x_private_form", "platform_ncii_policy")


@pytest.fixture
def cast(transactional_db: None, home: Path) -> Any:
    """The holder's browser, unlocked."""
    from tests.web.web_cast import gathered

    yield from gathered(home)


def _case(cast: "Cast", file: Path) -> dict[str, str]:
    """A case with a place on X, a letter that was sent and refused, and a ledger with fifteen outcomes; its pages."""
    case = openings.open_case(cast.keeper, country="EG", answers=SAID, time_proof=False)
    (place,) = sightings.add_sighting(cast.keeper, case, "https://x.com/someone/status/1712345678901234567")
    made = notices.draft(cast.keeper, case, place.id, basis=DOOR[2], channel=DOOR[1], fields=_fields(cast))
    notices.approve(cast.keeper, case, made.id)
    notices.mark_sent(cast.keeper, case, made.id, "1", cast.services.now())
    notices.mark_refused(cast.keeper, case, made.id)
    rows = [_row(n, Result.REMOVED if n < 12 else Result.REFUSED) for n in range(15)]
    file.write_bytes(b"".join(write_ledger(rows)))
    ledgers.import_ledger(cast.keeper, file)
    outcomes.consent(cast.keeper, case, given=True)
    inside = f"/n/{case}"
    return {
        "place": f"{inside}/places/{place.id}", "outcomes": f"{inside}/outcomes", "letters": f"{inside}/letters",
        "letter": f"{inside}/letters/{made.id}",
    }  # fmt: skip


def _fields(cast: "Cast") -> dict[str, str]:
    basis = cast.services.knowledge.basis(DOOR[2])
    ticked = dict.fromkeys(basis.statements, "yes")
    return {**{field.id: "S. Demo" for field in basis.required_fields}, **ticked, "content": "private"}


def _row(number: int, result: Result) -> LedgerRow:
    removal = Span(12, 48) if result is Result.REMOVED else Span(48, None)
    return LedgerRow(f"{number:032x}", Outcome(*DOOR, answer=None, removal=removal, result=result))


def _shown(cast: "Cast", lang: Lang, paths: dict[str, str]) -> dict[str, tuple[str, bytes]]:
    browser = cast.in_language(lang)
    found = {path: ("text/html; charset=utf-8", browser.read(path).encode()) for path in paths.values()}
    for name in set(re.findall(r'"(/static/[^"]+)"', b"".join(body for _, body in found.values()).decode())):
        found[name] = _static(cast, name)
    for name in re.findall(r'url\("([^"]+)"\)', found["/static/web/pages.css"][1].decode()):
        found[f"/static/web/{name}"] = _static(cast, f"/static/web/{name}")
    return found


def _static(cast: "Cast", path: str) -> tuple[str, bytes]:
    answer = cast.browser.get(path)
    return str(answer["Content-Type"]), b"".join(answer)


@pytest.mark.parametrize("lang", LANGS)
def test_doors_say_what_to_expect_on_a_phone(cast: "Cast", lang: Lang, tmp_path: Path) -> None:
    shots = Path(os.environ.get("SITR_SHOTS", str(tmp_path))) / "routes" / lang
    shots.mkdir(parents=True, exist_ok=True)
    paths = _case(cast, tmp_path / "ledger")
    pages, outside = _shown(cast, lang, paths), list[str]()

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
        said = {name: _look(page, lang, path, shots / f"{name}.png") for name, path in paths.items()}
        browser.close()
    assert outside == []
    assert say("takedown.own_none", lang, of=1) in said["place"]
    assert say("takedown.pooled_days", lang, n=2, removed=12, of=15) in said["place"]
    assert say("takedown.counted", lang, own=1, pooled=15, study=0) in said["place"]
    assert say("takedown.not_a_promise", lang) in said["place"]
    assert say("web.share_on", lang) in said["outcomes"]
    assert say("cli.outcome_refused", lang) in said["outcomes"]


def _look(page: Page, lang: Lang, path: str, shot: Path) -> str:
    page.goto(BASE + path)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.screenshot(path=str(shot), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert page.evaluate("document.documentElement.lang") == lang
    found = Axe().run(page).response["violations"]
    assert not found, (path, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])
    return page.inner_text("main")
