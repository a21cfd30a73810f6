"""The extension in a real Firefox, against a page behind a login and the running app: pair, press, accept, verify.

What Chromium has of its own (MHTML) is looked at in `test_extension.py`; the rest has to come out the same here.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import numpy as np
import pytest
from PIL import Image
from tests.journeys.extension_browser import Wire, site, wire_to
from tests.journeys.extension_desk import Desk, desk_proxy
from tests.journeys.extension_firefox import PROGRAM, Firefox, Popup, firefox_with
from tests.journeys.extension_pages import (
    COOKIE,
    ELSEWHERE,
    LAZY,
    PAGES,
    elsewhere,
    manifest_is_right,
    pictures_are_right,
    unpack,
)
from tests.journeys.test_journey import SECRET, World, world_of

from sitr.cases.saved_pages import images_of
from sitr.words import say

pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(PROGRAM is None, reason="firefox-esr is not installed (./test --long installs it)"),
]

ROOT = Path(__file__).parents[2]
Words = dict[str, dict[str, str]]


@pytest.fixture
def world() -> Iterator[World]:
    yield from world_of()


def _built(out: Path, *more: str) -> Path:
    subprocess.run([sys.executable, str(ROOT / "tools" / "extension"), *more, str(out)], check=True)
    return out / "firefox"


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    return _built(tmp_path / "extension")


def _words(extension: Path, lang: str) -> Words:
    found: Words = json.loads((extension / "_locales" / lang / "messages.json").read_text(encoding="utf-8"))
    return found


def _app(firefox: Firefox, world: World) -> str:
    """The app, unlocked in the tab in front; its address."""
    token, base = world.hear("token"), str(world.hear("base"))
    firefox.goto(f"{base}/k/{token}")
    firefox.fill("[name=secret]", SECRET)
    firefox.fill("[name=again]", SECRET)
    firefox.click("main button:not([name])")
    return base


def _case(firefox: Firefox, base: str, age: str) -> str:
    """A case whose person had this age."""
    firefox.goto(f"{base}/new")
    firefox.click("main form button")
    case = urlsplit(firefox.address).path.split("/")[2]
    firefox.goto(f"{base}/n/{case}/q/age")
    firefox.click(f"main [value={age}]")
    firefox.click("main form button:not([name])")
    return case


def _code(firefox: Firefox, base: str, case: str) -> str:
    """Press for a code and read it; then back, so that the case is looked at."""
    firefox.goto(f"{base}/n/{case}/browser")
    firefox.click(f"form[action$='/{case}/browser/code'] button")
    code = firefox.words(".phrase")
    firefox.goto(f"{base}/n/{case}/browser")
    return code


def _look(popup: Popup, shots: Path, name: str) -> None:
    """A picture of the popup at its real size, and the rules of axe-core."""
    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    script = axe + ";axe.run().then((got) => JSON.stringify(got.violations.map((one) => one.id)))"
    assert json.loads(popup.run(script)) == [], name
    width, inner = popup.run("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= inner, (name, width, inner)
    popup.shoot(shots / f"{name}.png")


@pytest.mark.parametrize("guarded", [False, True], ids=["ordinary", "guarded against fingerprinting"])
def test_one_press_in_a_real_firefox(world: World, extension: Path, tmp_path: Path, guarded: bool) -> None:
    """Tor Browser's guard falsifies what pages read of a canvas: what is saved has to be as it was shown there, too."""
    shots = Path(os.environ.get("SITR_SHOTS", str(tmp_path))) / "firefox-en"
    shots.mkdir(parents=True, exist_ok=True)
    words = _words(extension, "en")
    with site(PAGES, COOKIE) as leaks, ExitStack() as stack:
        firefox = stack.enter_context(
            firefox_with(extension, tmp_path / "profile", {"privacy.resistFingerprinting": guarded})
        )
        app = firefox.new_tab()
        base = _app(firefox, world)
        wire = stack.enter_context(wire_to(urlsplit(base).port or 0))
        case = _case(firefox, base, "adult")
        code = _code(firefox, base, case)
        firefox.new_tab()
        firefox.goto(f"{leaks}/wall")
        assert firefox.words("h1") == "Log in"
        firefox.goto(f"{leaks}/login")
        firefox.goto(f"{leaks}/wall")
        popup = firefox.press()
        _look(popup, shots, "pair")
        popup.pair(wire.url, code)
        assert popup.said == words["pair_done"]["message"]
        _look(popup, shots, "save")
        files = _saved(firefox, popup, wire, words)
        _look(popup, shots, "saved")
        firefox.close_popup()
        firefox.front(app)
        _accepted(firefox, f"{base}/n/{case}", files, shots)


def test_a_page_is_handed_to_a_desk_by_receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is given at home; from there on everything goes by the desk's own address, in Arabic."""
    shots = Path(os.environ.get("SITR_SHOTS", str(tmp_path))) / "firefox-desk"
    shots.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        desk = stack.enter_context(desk_proxy(tmp_path))
        monkeypatch.setenv("SITR_DESK", desk.address)
        extension = _built(tmp_path / "extension", "--desk", desk.address)
        # Debian's Firefox comes with English alone: Arabic is what a browser shows that speaks neither of ours.
        words = _words(extension, "ar")
        shutil.rmtree(extension / "_locales" / "en")
        leaks = stack.enter_context(site(PAGES, COOKIE))
        firefox = stack.enter_context(firefox_with(extension, tmp_path / "profile", {}))
        world = stack.enter_context(contextmanager(world_of)())
        case, code = _receipt_at_home(firefox, world, desk)
        firefox.goto(f"{desk.address}/")
        assert firefox.address == f"{desk.address}/come"
        firefox.fill("[name=secret]", code)
        firefox.click("main form button")
        pairing, at_the_desk = _code(firefox, desk.address, case), firefox.tab
        firefox.new_tab()
        firefox.goto(f"{leaks}/login")
        firefox.goto(f"{leaks}/wall")
        popup = firefox.press()
        assert popup.run("[document.documentElement.dir, document.getElementById('address').value]") == [
            "rtl", desk.address,
        ]  # fmt: skip
        _look(popup, shots, "pair")
        popup.pair("http://127.0.0.1:8440", pairing)
        assert popup.said == words["pair_wrong_address"]["message"]
        popup.run("document.getElementById('said').textContent = ''")
        popup.pair(desk.address, pairing)
        assert popup.said == words["pair_done"]["message"]
        _look(popup, shots, "save")
        said = popup.save("no")
        sent = [body for path, body in desk.bodies if path == "/x/add" and body]
        assert len(sent) == 1, said
        manifest, files = unpack(sent[0])
        manifest_is_right(manifest, firefox.address, "Firefox")
        _look(popup, shots, "saved")
        firefox.close_popup()
        firefox.front(at_the_desk)
        _accepted(firefox, f"{desk.address}/n/{case}", files, shots)


def _receipt_at_home(firefox: Firefox, world: World, desk: Desk) -> tuple[str, str]:
    """A case, and a code for it, at the app on this machine, which is locked again afterwards."""
    base = _app(firefox, world)
    desk.port = urlsplit(base).port or 0
    case = _case(firefox, base, "adult")
    firefox.goto(f"{base}/slips")
    firefox.fill("[name=secret]", SECRET)
    firefox.click("main form button")
    code = firefox.words(".phrase.digits")
    firefox.click("form[action='/lock'] button")
    return case, code


def _saved(firefox: Firefox, popup: Popup, wire: Wire, words: Words) -> dict[str, bytes]:
    """One press: what went over the wire is the page, and the page is as it was."""
    firefox.run("scrollTo(0, 1234)")
    state = "return [document.documentElement.outerHTML, scrollY, document.documentElement.scrollHeight]"
    before = firefox.run(state)
    said = popup.save("no")
    assert wire.bodies("/x/add"), said
    manifest, files = unpack(wire.bodies("/x/add")[0])
    assert said == words["done_partial"]["message"].replace("$1", "6"), manifest["missing"]
    assert firefox.run(state) == before
    manifest_is_right(manifest, firefox.address, "Firefox")
    pictures_are_right(files, before[2])
    assert [one["what"] for one in manifest["missing"]] == [elsewhere(firefox.address), "parts", "frames"]
    _copy_is_right(files["page.html"].decode(), elsewhere(firefox.address))
    assert {part["sha256"] for part in manifest["parts"]} == {
        sha256(data).hexdigest() for name, data in files.items() if name != "page.json"
    }
    return files


def _copy_is_right(html: str, other: str) -> None:
    """The page as one file: each image as it was shown, with the address that it had; nothing that fetches or runs."""
    found = dict(images_of("html", html.encode()))
    assert len(found) == 5
    shown = {address: np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for address, data in found.items()}
    # One of another site cannot be read: in its place stands what the window showed of it.
    cut = shown.pop(other)
    assert cut.shape == (80, 120, 3)
    assert ((cut[:, :60] == ELSEWHERE[0]).all(), (cut[:, 60:] == ELSEWHERE[1]).all()) == (True, True)
    assert all((one == LAZY).all() for one in shown.values())
    assert len(re.findall(r'data-from="screenshot"', html)) == 1
    assert "default-src 'none'" in html
    assert "نص عربي في آخر الصفحة" in html


def _accepted(firefox: Firefox, inside: str, files: dict[str, bytes], shots: Path) -> None:
    """In the app: a proposal, then exhibits with the digests of what went over the wire; the journal verifies."""
    firefox.goto(f"{inside}/browser")
    assert "leaks.localhost" in firefox.words("main")
    firefox.shoot(shots / "app-waiting.png")
    firefox.click("button[name=accept][value=yes]")
    assert say("browser.accepted_same", "en") in firefox.words("main")
    links = firefox.run("return [...document.querySelectorAll('.cards h2 a')].map((one) => one.href)")
    shown = set()
    for link in links:
        firefox.goto(link)
        shown.add(re.sub(r"\s", "", firefox.words(".digest")))
    assert shown == {sha256(data).hexdigest() for data in files.values()}
    firefox.goto(f"{inside}/log")
    firefox.click("form[action$='/log/check'] button")
    assert say("web.checked_ok", "en") in firefox.words("main")
