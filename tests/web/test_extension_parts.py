"""The extension without a browser: its manifests, its words, its packages, and the parts that only count and hash.

The JavaScript runs in the Node.js that Playwright brings along.
"""

import json
import re
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import playwright
import pytest

from sitr.cases.bundles import MOST_BYTES, read_manifest
from sitr.words import LANGS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "extension"
NODE = Path(playwright.__file__).parent / "driver" / "node"
BROWSERS = ("chromium", "firefox")
_FORBIDDEN = r"\beval\(|new Function|innerHTML|document\.write|importScripts|XMLHttpRequest|WebSocket|sendBeacon"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("extension")
    subprocess.run([sys.executable, str(ROOT / "tools" / "extension"), str(out)], check=True)
    return out


def _manifest(built: Path, browser: str) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((built / browser / "manifest.json").read_text(encoding="utf-8"))
    return said


def _run(script: str, *imports: str) -> Any:
    """The JSON that a module prints, with these modules of the extension at hand."""
    lines = [f"import * as {name} from {json.dumps(str(SOURCE / 'lib' / f'{name}.js'))};" for name in imports]
    done = subprocess.run(
        [NODE, "--input-type=module", "-"], input="\n".join([*lines, script]), capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# --- manifests and packages ---


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_manifest_asks_for_the_pressed_tab_and_for_nothing_else(built: Path, browser: str) -> None:
    said = _manifest(built, browser)
    wanted = {"activeTab", "scripting", "storage"} | ({"pageCapture"} if browser == "chromium" else set())
    assert (said["manifest_version"], set(said["permissions"])) == (3, wanted)
    for name in ("host_permissions", "optional_permissions", "optional_host_permissions", "content_scripts",
                 "externally_connectable", "web_accessible_resources", "update_url"):  # fmt: skip
        assert name not in said, name
    parts = said["content_security_policy"]["extension_pages"].split(";")
    policy = dict(part.strip().partition(" ")[::2] for part in parts)
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert policy["connect-src"].split() == ["http://127.0.0.1:*", "http://localhost:*"]


def test_each_browser_gets_its_own_way_of_a_background_and_firefox_an_id(built: Path) -> None:
    chromium, firefox = (_manifest(built, browser) for browser in BROWSERS)
    assert chromium["background"] == {"service_worker": "background.js", "type": "module"}
    assert firefox["background"] == {"scripts": ["background.js"], "type": "module"}
    gecko = firefox["browser_specific_settings"]["gecko"]
    assert re.fullmatch(r"[\w.-]+@[\w.-]+", gecko["id"])
    assert gecko["data_collection_permissions"] == {"required": ["none"]}
    apart = {"background", "permissions", "minimum_chrome_version", "browser_specific_settings"}
    assert {n: v for n, v in chromium.items() if n not in apart} == {n: v for n, v in firefox.items() if n not in apart}


def test_the_packages_are_the_same_whenever_and_wherever_they_are_built(built: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "extension"), str(tmp_path)], check=True)
    for browser in BROWSERS:
        assert (tmp_path / f"{browser}.zip").read_bytes() == (built / f"{browser}.zip").read_bytes()
        with zipfile.ZipFile(built / f"{browser}.zip") as packed:
            for name in packed.namelist():
                assert packed.read(name) == (built / browser / name).read_bytes()
            assert "manifest.json" in packed.namelist()


def test_nothing_is_fetched_from_elsewhere_and_no_text_is_run_as_code() -> None:
    for file in SOURCE.rglob("*"):
        if file.suffix not in {".js", ".html", ".css"} or "dist" in file.parts:
            continue
        text = file.read_text(encoding="utf-8")
        outside = set(re.findall(r"https?://[\w.-]+", text)) - {"http://127.0.0.1"}
        assert not outside, (file.name, outside)
        assert not re.search(_FORBIDDEN, text), file.name
        assert ("fetch(" in text) == (file.name == "sitr.js"), file.name


def test_the_page_is_copied_and_shot_in_one_place_each_for_the_pressed_tab() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in SOURCE.glob("lib/*.js"))
    assert re.findall(r"saveAsMHTML\((.*?)\)", code) == ["{ tabId: tab.id }"]
    assert re.findall(r"captureVisibleTab\((.*?),", code) == ["this.tab.windowId"]


def test_both_languages_say_the_same_things_and_all_that_is_asked_for() -> None:
    words = {lang: json.loads((SOURCE / "_locales" / lang / "messages.json").read_text("utf-8")) for lang in LANGS}
    assert set(words["ar"]) == set(words["en"])
    for key, one in words["ar"].items():
        assert re.findall(r"\$\d", one["message"]) == re.findall(r"\$\d", words["en"][key]["message"]), key
    asked: set[str] = {"done", "done_partial"}
    for file in (*SOURCE.glob("*.js"), *SOURCE.glob("lib/*.js"), SOURCE / "popup.html", SOURCE / "manifest.json"):
        text = file.read_text(encoding="utf-8")
        asked |= set(re.findall(r'(?:say|tell)\("(\w+)"', text)) | set(re.findall(r'data-say="(\w+)"', text))
        asked |= set(re.findall(r"__MSG_(\w+)__", text)) | set(re.findall(r'\? "(\w+)" : "(?:\w+)"\)', text))
        asked |= set(re.findall(r'\? "(?:\w+)" : "(\w+)"\)', text))
    assert set(words["ar"]) == asked - set(BROWSERS)


# --- a build for a desk ---

DESK = "https://desk.example.org:8443"


def test_a_build_for_a_desk_reaches_that_desk_and_nothing_else(built: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "extension"), "--desk", DESK, str(tmp_path)], check=True)
    for browser in BROWSERS:
        here, there = _manifest(built, browser), _manifest(tmp_path, browser)
        policy = here["content_security_policy"].pop("extension_pages")
        other = there["content_security_policy"].pop("extension_pages")
        assert other == policy.replace("http://127.0.0.1:* http://localhost:*", DESK)
        assert here == there
        assert json.dumps(DESK) in (tmp_path / browser / "lib" / "desk.js").read_text(encoding="utf-8")
        for lang in LANGS:
            said = (tmp_path / browser / "_locales" / lang / "messages.json").read_text(encoding="utf-8")
            assert set(json.loads(said)) == set(
                json.loads((SOURCE / "_locales" / lang / "messages.json").read_text(encoding="utf-8"))
            )
            assert not re.search("this machine|هذا الجهاز|127", said), lang


@pytest.mark.parametrize(
    "desk",
    ["http://desk.example.org", "https://*.example.org", "https://a.example/x", "https://a.example *", "", "https:"],
)
def test_no_build_is_made_for_what_is_no_single_origin(desk: str, tmp_path: Path) -> None:
    program = [sys.executable, str(ROOT / "tools" / "extension"), "--desk", desk, str(tmp_path / "out")]
    assert subprocess.run(program, capture_output=True, check=False).returncode == 2
    assert not (tmp_path / "out").exists()


def test_only_the_address_of_its_desk_is_taken() -> None:
    tried = [DESK, f" {DESK}/ ", "http://127.0.0.1:8440", "https://desk.example.org", f"{DESK}.evil.example", ""]
    script = f"console.log(JSON.stringify({json.dumps(tried)}.map((one) => sitr.address(one, {json.dumps(DESK)}))))"
    assert _run(script, "sitr") == [DESK, DESK, *[None] * 4]


# --- stitching ---


def test_places_are_cut_out_of_the_file_in_which_they_lie() -> None:
    script = """
    const places = [
      {number: 0, x: 10, y: 20, width: 100, height: 50}, {number: 1, x: -4.4, y: 95, width: 30, height: 40},
      {number: 2, x: 0, y: 60, width: 10, height: 45}, {number: 3, x: 5, y: 150, width: 0.2, height: 9},
    ];
    console.log(JSON.stringify([0, 1, 2].map((file) => stitch.pieces(places, 1, file, 100))
      .concat([stitch.pieces([places[0]], 1.5, 0, 100)])));
    """
    first, second, none, scaled = _run(script, "stitch")
    assert first == [
        {"number": 0, "x": 10, "top": 20, "width": 100, "height": 50},
        {"number": 2, "x": 0, "top": 60, "width": 10, "height": 40},
    ]
    assert second == [{"number": 1, "x": 0, "top": 0, "width": 26, "height": 35}]
    assert none == []
    assert scaled == [{"number": 0, "x": 15, "top": 30, "width": 150, "height": 70}]


def test_shots_cover_every_row_of_a_page_once() -> None:
    script = """
    const out = [];
    const pages = [[700, 700, 1], [701, 700, 1], [10560, 700, 1], [10560, 700, 1.25], [9000, 640, 2], [33, 700, 1],
      [40000, 900, 1.5]];
    for (const [total, view, scale] of pages) {
      const plan = stitch.positions(total, view);
      let done = 0, gap = false;
      for (const y of plan.positions) {
        const fresh = stitch.newRows(y, scale, Math.round(view * scale), done);
        if (!fresh) { gap = true; break; }
        const cut = stitch.cuts(done, fresh.rows);
        if (cut.reduce((sum, one) => sum + one.rows, 0) !== fresh.rows) gap = true;
        if (cut.some((one) => one.top + one.rows > stitch.TALLEST)) gap = true;
        done += fresh.rows;
      }
      const heights = stitch.heights(done).reduce((sum, one) => sum + one, 0);
      out.push([total, view, scale, plan.whole, gap, done, heights]);
    }
    const forever = stitch.positions(1e7, 700);
    out.push([forever.whole, forever.positions.length]);
    out.push(stitch.newRows(500, 1, 700, 400));
    console.log(JSON.stringify(out));
    """
    *pages, forever, gap = _run(script, "stitch")
    for total, view, scale, whole, gaps, done, heights in pages:
        assert (whole, gaps, done) == (True, False, heights)
        assert abs(done - max(total, view) * scale) <= 1, (total, view, scale, done)
    assert forever == [False, 60]
    assert gap is None


def test_two_strips_fit_when_hardly_any_dot_is_another_colour() -> None:
    script = """
    const one = new Uint8ClampedArray(4000).fill(200), few = one.slice(), many = one.slice();
    for (let at = 0; at < 60; at += 4) few[at] = 0;
    for (let at = 0; at < 400; at += 4) many[at] = 0;
    console.log(JSON.stringify([stitch.fits(one, one), stitch.fits(one, few), stitch.fits(one, many),
      stitch.fits(one, one.slice(4))]));
    """
    assert _run(script, "stitch") == [True, True, False, False]


# --- bundles ---


def test_a_bundle_of_the_extension_is_what_sitr_reads(tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    script = f"""
    import {{ writeFileSync }} from "node:fs";
    const page = {{url: "https://a.example/ص?x=1", title: "نص \\ud83d",
      captured_at: new Date(0).toISOString(), child: "no", pictures: true, partial: false, images: [], accounts: []}};
    const files = [{{kind: "text", name: "page.txt", media_type: "text/plain", blob: new Blob(["سطر\\n"])}},
      {{kind: "html", name: "page.html", media_type: "text/html", blob: new Blob(["<!doctype html>x"])}}];
    const made = await bundle.bundle(page, files);
    writeFileSync({json.dumps(str(out))}, new Uint8Array(await made.arrayBuffer()));
    console.log(JSON.stringify([made.size, bundle.MOST_BYTES]));
    """
    size, most = _run(script, "bundle")
    assert most == MOST_BYTES
    with out.open("rb") as source:
        manifest = read_manifest(source, size, pictures=True)
        bodies = [source.read(part.bytes) for part in manifest.parts]
        assert source.read() == b""
    assert [sha256(body).hexdigest() for body in bodies] == [part.sha256 for part in manifest.parts]
    assert (manifest.url, manifest.title) == ("https://a.example/ص?x=1", "نص \ufffd")
    assert bodies[0].decode() == "سطر\n"


def test_only_addresses_of_this_machine_are_taken() -> None:
    tried = ["http://127.0.0.1:8440", " 127.0.0.1:8440/ ", "localhost:80", "http://127.0.0.1", "https://127.0.0.1:1",
             "http://127.0.0.1.evil.example", "http://evil.example:8440", "http://127.0.0.1:99999", "http://127.0.0.1:8440/x",
             "http://user@127.0.0.1:8440", "http://[::1]:8440", ""]  # fmt: skip
    script = f"console.log(JSON.stringify({json.dumps(tried)}.map((one) => sitr.address(one))))"
    ours = ["http://127.0.0.1:8440", "http://127.0.0.1:8440", "http://localhost:80", "http://127.0.0.1"]
    assert _run(script, "sitr") == [*ours, *[None] * 8]
