"""The extension in a real Chromium, against a page behind a login and the running app: pair, press, accept, verify.

In each language of the browser. Real Firefox is not run here: its manifest and the parts that both share are checked in
`tests/web/test_extension_parts.py`.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Page, sync_playwright
from tests.journeys.drawn_pages import shoot
from tests.journeys.extension_browser import Chromium, Popup, Wire, chromium_with, site, wire_to
from tests.journeys.extension_pages import COOKIE, PAGES, manifest_is_right, pictures_are_right, unpack
from tests.journeys.phones import held_to_the_rules
from tests.journeys.test_journey import SECRET, World, world_of

from sitr.words import Lang, say

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]


@pytest.fixture
def world() -> Iterator[World]:
    yield from world_of()


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    out = tmp_path / "extension"
    subprocess.run([sys.executable, str(ROOT / "tools" / "extension"), str(out)], check=True)
    return out / "chromium"


def _app(chromium: Chromium, world: World) -> tuple[Page, str]:
    """The app, unlocked."""
    token, base = world.hear("token"), str(world.hear("base"))
    page = chromium.context.new_page()
    page.goto(f"{base}/k/{token}")
    page.fill("[name=secret]", SECRET)
    page.fill("[name=again]", SECRET)
    page.click("main button:not([name])")
    return page, base


def _case(page: Page, base: str, age: str) -> str:
    """A case whose person had this age."""
    page.goto(f"{base}/new")
    page.click("main form button")
    case = urlsplit(page.url).path.split("/")[2]
    page.goto(f"{base}/n/{case}/q/age")
    page.check(f"main [value={age}]")
    page.locator("main form button:not([name])").first.click()
    return case


def _code(page: Page, base: str, case: str, shots: Path | None = None) -> str:
    """Press for a code and read it; then back, so that the case is looked at."""
    page.goto(f"{base}/n/{case}/browser")
    page.locator(f"form[action$='/{case}/browser/code'] button").click()
    code = page.inner_text(".phrase")
    if shots:
        _look_at_the_app(page, shots, "app-code")
    page.goto(f"{base}/n/{case}/browser")
    return code


_SIZES = "JSON.stringify([document.documentElement.scrollWidth, innerWidth])"


def _look(popup: Popup, shots: Path, name: str) -> None:
    """A picture of the popup at its real size, and the rules of axe-core."""
    # The popup's policy lets no script in but its own; the protocol may.
    popup.run((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + ";0")
    found = json.loads(str(popup.run("axe.run().then((got) => JSON.stringify(got.violations.map((one) => one.id)))")))
    assert found == [], name
    sizes = json.loads(str(popup.run(_SIZES)))
    assert sizes == [340, 340], (name, sizes)  # as wide as its content, with nothing cut and nothing to be scrolled to
    shot = popup.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
    (shots / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_one_press_in_the_persons_own_browser(world: World, extension: Path, tmp_path: Path, lang: Lang) -> None:
    shots = Path(os.environ.get("SITR_SHOTS", str(tmp_path))) / f"extension-{lang}"
    shots.mkdir(parents=True, exist_ok=True)
    if lang == "ar":
        # Debian's Chromium comes with English alone: Arabic is what a browser shows that speaks neither of ours.
        shutil.rmtree(extension / "_locales" / "en")
    words = json.loads((extension / "_locales" / lang / "messages.json").read_text(encoding="utf-8"))
    with sync_playwright() as playwright, site(PAGES, COOKIE) as leaks, ExitStack() as stack:
        chromium = stack.enter_context(chromium_with(playwright, extension, tmp_path / "profile", lang))
        app, base = _app(chromium, world)
        wire = stack.enter_context(wire_to(urlsplit(base).port or 0))
        page = chromium.context.new_page()
        page.goto(f"{leaks}/wall")
        assert page.inner_text("h1") == "Log in"
        page.goto(f"{leaks}/login")
        page.goto(f"{leaks}/wall")
        case = _case(app, base, "adult")
        popup = _pair(chromium, page, wire, _code(app, base, case), words, shots)
        if lang == "ar":
            _unsure(chromium, popup, app, f"{base}/n/{case}", wire, words, shots)
            return
        _an_adults_case(chromium, popup, page, app, f"{base}/n/{case}", wire, words, shots)
        _ended(chromium, page, app, f"{base}/n/{case}", wire)
        other = _case(app, base, "minor")
        _a_minors_case(chromium, page, wire, _code(app, base, other, shots), words)


Words = dict[str, dict[str, str]]


def _pair(chromium: Chromium, page: Page, wire: Wire, code: str, words: Words, shots: Path) -> Popup:
    popup = chromium.press(page)
    assert popup.run("document.documentElement.dir") == words["dir"]["message"]
    _look(popup, shots, "pair")
    popup.pair("https://elsewhere.example", code)
    assert popup.said == words["pair_wrong_address"]["message"]
    assert wire.sent == []
    popup.run("document.getElementById('said').textContent = ''")
    popup.pair(wire.url, "0000000000")
    assert popup.said != words["pair_done"]["message"]
    _look(popup, shots, "pair-wrong")
    popup.run("document.getElementById('said').textContent = ''")
    popup.pair(wire.url, code)
    assert popup.said == words["pair_done"]["message"]
    _look(popup, shots, "save")
    return popup


def _look_at_the_app(app: Page, shots: Path, name: str) -> None:
    """A picture of the page on a phone, and the rules of axe-core. Only once nothing is shot any more: all tabs get the
    small window."""
    app.set_viewport_size({"width": 390, "height": 844})
    for one in app.locator("main details").all():
        one.evaluate("one => { one.open = true; }")
    shoot(app, shots.name, name)
    assert app.evaluate("document.documentElement.scrollWidth") <= 390, name
    held_to_the_rules(app, name)


def _unsure(chromium: Chromium, popup: Popup, app: Page, inside: str, wire: Wire, words: Words, shots: Path) -> None:
    """In an adult's case, an answer that is not no: words only."""
    assert popup.save("unsure") == words["done_words"]["message"]
    chromium.close_popup(popup)
    _, files = unpack(wire.bodies("/x/add")[0])
    assert set(files) == {"page.json", "page.txt"}
    app.bring_to_front()
    app.goto(f"{inside}/browser")
    _look_at_the_app(app, shots, "app-waiting")
    app.locator("button[name=accept][value=yes]").click()
    _look_at_the_app(app, shots, "app-accepted")
    _code(app, inside.partition("/n/")[0], inside.rpartition("/")[2], shots)


def _an_adults_case(
    chromium: Chromium, popup: Popup, page: Page, app: Page, inside: str, wire: Wire, words: Words, shots: Path
) -> None:
    page.evaluate("scrollTo(0, 1234)")
    before = page.evaluate("[document.documentElement.outerHTML, scrollY]")
    said = popup.save("no")
    assert wire.bodies("/x/add"), said
    assert said == words["done_partial"]["message"].replace("$1", "6"), unpack(wire.bodies("/x/add")[0])[0]["missing"]
    assert page.evaluate("[document.documentElement.outerHTML, scrollY]") == before
    chromium.close_popup(popup)
    (body,) = wire.bodies("/x/add")
    manifest, files = unpack(body)
    manifest_is_right(manifest, page.url, "Chrome")
    assert [one["what"] for one in manifest["missing"]] == ["frames"]
    pictures_are_right(files, page.evaluate("document.documentElement.scrollHeight"))
    _copy_is_right(files["page.mhtml"])
    app.bring_to_front()
    app.goto(f"{inside}/browser")
    assert "leaks.localhost" in app.inner_text("main")
    _look_at_the_app(app, shots, "app-waiting")
    app.locator("button[name=accept][value=yes]").click()
    assert say("browser.accepted_same", "en") in app.inner_text("main")
    shown = set()
    for link in [one.get_attribute("href") for one in app.locator(".cards h2 a").all()]:
        app.goto(f"{inside.rpartition('/n/')[0]}{link}")
        shown.add(re.sub(r"\s", "", app.inner_text(".digest")))
    assert shown == {sha256(data).hexdigest() for data in files.values()}
    parts = manifest["parts"]
    assert isinstance(parts, list)
    assert {part["sha256"] for part in parts} == shown - {sha256(files["page.json"]).hexdigest()}
    app.goto(f"{inside}/log")
    app.locator("form[action$='/log/check'] button").click()
    assert say("web.checked_ok", "en") in app.inner_text("main")


def _copy_is_right(saved: bytes) -> None:
    assert saved.startswith(b"From: <Saved by Blink>")
    assert saved.count(b"Content-Type: image/png") >= 4
    assert b"Content-Location: http://leaks.localhost" in saved


def _ended(chromium: Chromium, page: Page, app: Page, inside: str, wire: Wire) -> None:
    app.goto(f"{inside}/browser")
    app.locator("form[action$='/end'] button").click()
    wire.sent.clear()
    popup = chromium.press(page)
    assert popup.save("no") == say("cases.pair_ended", "en")
    assert wire.bodies("/x/add") == []
    popup.forget()
    chromium.close_popup(popup)


def _a_minors_case(chromium: Chromium, page: Page, wire: Wire, code: str, words: Words) -> None:
    wire.sent.clear()
    popup = chromium.press(page)
    popup.pair(wire.url, code)
    assert popup.save("no") == words["done_words"]["message"]
    chromium.close_popup(popup)
    said, files = unpack(wire.bodies("/x/add")[0])
    assert set(files) == {"page.json", "page.txt"}
    assert (said["pictures"], said["images"]) == (False, [])
    for begins in (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"image/", b"base64"):
        assert begins not in wire.all
    assert "نص عربي في آخر الصفحة" in files["page.txt"].decode()
