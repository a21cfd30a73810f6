# ruff: noqa: E501, ISC004, S104  (pages and scripts are easier to read on one line)
"""Pages that try to reach, hang, fill or fool what looks at them. Nothing but the one allowed port may ever be
touched.

The canary is a second server on this machine: one connection to it, by whatever spelling, is an escape.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.capture_world import Capturing
from tests.evidence.evidence_site import Site, drip, redirect, reply
from tests.evidence.hostile_scenes import Udp, ways_script

from sitr.errors import OutsideSilent
from sitr.evidence import Capture, FileKind, Wall, confinement
from sitr.evidence.browser import descendants

pytestmark = pytest.mark.browser


def codes(made: Capture) -> set[str]:
    return {problem.code.removeprefix("evidence.").removeprefix("note_") for problem in made.problems}


def refused_hosts(made: Capture) -> set[str]:
    return {str(problem.data["host"]) for problem in made.problems if problem.code == "evidence.note_refused"}


def spellings(port: int) -> list[str]:
    """This machine's canary port and other inner places, in every spelling that a browser understands."""
    hosts = [
        "127.0.0.1",
        "localhost",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ]
    hosts += ["localhost.", "①②⑦.⓪.⓪.①", "inner.example", "mixed.example"]
    return [f"http://{host}:{port}/hit" for host in hosts]


INNER = [
    "http://169.254.169.254/latest/meta-data/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://[fd00::1]/",
    "http://100.64.0.1/",
]


def test_no_spelling_of_an_inner_address_is_reached_by_a_picture(
    site: Site, canary: Site, capturing: Capturing
) -> None:
    urls = spellings(canary.port) + INNER
    made = capturing(site.html("/p", "<p>words</p>" + "".join(f"<img src='{url}'>" for url in urls)))
    assert canary.raw == 0
    assert {"127.0.0.1", "localhost", "169.254.169.254", "10.0.0.1", "::1"} <= refused_hosts(made)
    assert {m.why for m in made.completeness.missing} == {"refused"}
    assert made.of_kind(FileKind.SCREENSHOT)


def test_no_way_out_of_the_page_reaches_another_port_of_this_machine(
    site: Site, canary: Site, capturing: Capturing
) -> None:
    """All ways at once, each in a try of its own."""
    udp = Udp()
    try:
        script = ways_script(f"http://127.0.0.1:{canary.port}/hit", canary.port, udp.port)
        made = capturing(site.html("/p", f"<p>words</p><script>{script}</script>"))
        assert canary.raw == 0
        assert udp.received == []
        assert "127.0.0.1" in refused_hosts(made)
        assert "words" in made.of_kind(FileKind.TEXT)[0].path.read_text()
    finally:
        udp.close()


@pytest.mark.parametrize(
    "target", ["canary", "http://169.254.169.254/latest/", "http://10.1.2.3/", "file:///etc/passwd"]
)
def test_a_redirect_of_the_page_itself_inside_is_not_followed_and_is_kept(
    target: str, site: Site, canary: Site, capturing: Capturing
) -> None:
    to = f"http://127.0.0.1:{canary.port}/hit" if target == "canary" else target
    site.pages["/go"] = lambda handler: redirect(handler, to)
    made = capturing(f"{site.url}/go")
    assert canary.raw == 0
    assert made.redirects[0].location == to
    assert made.partial
    assert "navigation" in codes(made)
    assert not made.of_kind(FileKind.SCREENSHOT)  # Chromium's own error page is no evidence of anything


def test_an_address_inside_is_refused_at_once(capturing: Capturing, canary: Site) -> None:
    with pytest.raises(OutsideSilent) as caught:
        capturing(f"http://127.0.0.1:{canary.port}/hit")
    assert caught.value.code == "evidence.refused"
    assert canary.raw == 0


def test_a_redirect_without_end_is_ended(site: Site, capturing: Capturing) -> None:
    counter = iter(range(10_000))
    site.pages["/round"] = lambda handler: redirect(handler, f"/round?{next(counter)}")
    made = capturing(f"{site.url}/round")
    assert "navigation" in codes(made)
    assert len(made.redirects) <= 25


HARMLESS_BUT_LOUD: dict[str, tuple[str, str]] = {
    "dialog": ("<p>words</p><script>alert('a'); confirm('b'); prompt('c'); print()</script>", "dialog"),
    "beforeunload": (
        "<p>words</p><script>onbeforeunload = () => 'stay'; setTimeout(() => { location = '/next' }, 50)</script>",
        "",
    ),
    "popups": ("<p>words</p><script>for (let i = 0; i < 8; i++) window.open('/pop' + i)</script>", ""),
    "web_socket": ("<p>words</p><script>new WebSocket('ws://' + location.host + '/ws')</script>", "websocket"),
    "service_worker": ("<p>words</p><script>navigator.serviceWorker.register('/sw.js')</script>", ""),
    "full_screen": ("<p>words</p><script>document.documentElement.requestFullscreen().catch(() => 0)</script>", ""),
    "file_frame": ("<p>words</p><iframe src='file:///etc/passwd'></iframe><img src='file:///etc/passwd'>", ""),
    "view_source": (
        "<p>words</p><iframe src='view-source:http://127.0.0.1/'></iframe><a id=a href='view-source:x'></a>",
        "",
    ),
    "chrome_pages": ("<p>words</p><iframe src='chrome://settings'></iframe><script>location.hash = 'x'</script>", ""),
    "broken_tools": (
        "<p>words</p><script>JSON.stringify = () => 'forged'; Document.prototype.querySelectorAll = () => { throw 1 };"
        "window.URL = null; Array.prototype[Symbol.iterator] = null; Object.defineProperty(document, 'title', {get() { throw 1 }})</script>",
        "",
    ),
    "print_and_close": ("<p>words</p><script>window.close(); window.stop()</script>", ""),
    "credentials": ("<p>words</p><img src='/secret.jpg'><iframe src='/locked'></iframe>", ""),
    "bidi_title": (
        "<title>\u202egpj.exe</title><p>words</p><script>document.title += '\\ud800'; alert('\\udc00');"
        "document.body.append('\\ud83d'); history.pushState(0, '', '?\\udfff')</script>",
        "dialog",
    ),
    "script_in_title": ("<title>&lt;script&gt;alert(1)&lt;/script&gt;</title><p>words</p>", ""),
    "storage": (
        "<p>words</p><script>for (let i = 0; i < 400; i++) try { localStorage[i] = 'x'.repeat(20000) } catch {}</script>",
        "",
    ),
    "permissions": (
        "<p>words</p><script>navigator.geolocation.getCurrentPosition(() => 0); Notification.requestPermission();"
        "navigator.mediaDevices?.getUserMedia({video: true}).catch(() => 0); navigator.clipboard?.readText().catch(() => 0)</script>",
        "",
    ),
    "moving": (
        "<p>words</p><script>setInterval(() => document.body.append(document.createElement('i')), 5)</script>",
        "",
    ),
    "history": ("<p>words</p><script>for (let i = 0; i < 300; i++) history.pushState(0, '', '?' + i)</script>", ""),
}


@pytest.mark.parametrize("name", HARMLESS_BUT_LOUD)
def test_a_loud_page_is_kept_all_the_same(name: str, site: Site, canary: Site, capturing: Capturing) -> None:
    body, code = HARMLESS_BUT_LOUD[name]
    site.pages["/sw.js"] = lambda handler: reply(handler, b"self.x = 1", "text/javascript")
    site.pages["/locked"] = lambda handler: reply(
        handler, b"", "text/html", status=401, WWW_Authenticate='Basic realm="x"'
    )
    site.html("/next", "<p>words next</p>")
    began = time.monotonic()
    made = capturing(site.html("/p", body))
    assert time.monotonic() - began < 25
    assert "words" in made.of_kind(FileKind.TEXT)[0].path.read_text(encoding="utf-8")
    assert made.of_kind(FileKind.SCREENSHOT)
    assert not code or code in codes(made)
    assert "/sw.js" not in site.hits
    assert b"root:" not in b"".join(file.path.read_bytes() for file in made.files)
    assert canary.raw == 0


HANGING: dict[str, str] = {
    "loop_after_load": "<p>words</p><script>addEventListener('load', () => setTimeout(() => { for (;;); }, 0))</script>",
    "loop_in_page": "<p>words</p><script>for (;;);</script>",
    "loop_on_scroll": "<p>words</p><div style='height:5000px'></div><script>addEventListener('scroll', () => { for (;;); })</script>",
    "loop_on_print": "<p>words</p><script>addEventListener('beforeprint', () => { for (;;); })</script>",
    "endless_growth": "<p>words</p><script>addEventListener('scroll', () => { document.body.style.height = (document.body.scrollHeight + 9000) + 'px' })"
    "</script><div style='height:3000px'></div>",
    "promises": "<p>words</p><script>addEventListener('load', () => { const again = () => Promise.resolve().then(again); again(); })</script>",
}


# In the table of hostile scenes, too, where all of it runs long.
_ALSO_SCENES = {"loop_after_load", "loop_on_print"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in _ALSO_SCENES else []) for name in HANGING]
)
def test_a_page_whose_script_never_ends_is_kept_within_the_deadline(
    name: str, site: Site, capturing: Capturing
) -> None:
    began = time.monotonic()
    made = capturing(site.html("/p", HANGING[name]), seconds=24, load_seconds=4, step_seconds=3)
    assert time.monotonic() - began < 40
    assert made.of_kind(FileKind.WACZ)
    assert made.partial
    if name in {"loop_on_scroll", "endless_growth"}:  # what people could read before they scrolled
        assert "words" in made.of_kind(FileKind.TEXT)[0].path.read_text()
        assert made.of_kind(FileKind.HTML)


def test_a_page_that_never_answers_is_told_as_silent(site: Site, capturing: Capturing) -> None:
    site.pages["/mute"] = lambda _handler: (site.stopping.wait(20), None)[1]
    began = time.monotonic()
    with pytest.raises(OutsideSilent) as caught:
        capturing(f"{site.url}/mute", load_seconds=2, seconds=15)
    assert caught.value.code == "evidence.silent"
    assert time.monotonic() - began < 15


ENDLESS: dict[str, tuple[bytes, str]] = {
    "page": (b"<p>words</p>" + b"x" * 500, "text/html"),
    "picture": (b"\xff\xd8\xff" + b"x" * 500, "image/jpeg"),
    "moving_picture": (
        b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + b"x" * 500,
        "multipart/x-mixed-replace; boundary=b",
    ),
    "events": (b"data: x\n\n", "text/event-stream"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_load_without_end_is_cut_and_said(name: str, site: Site, capturing: Capturing) -> None:
    chunk, mime = ENDLESS[name]
    site.pages["/endless"] = lambda handler: drip(site, handler, chunk, mime, 40)
    tags = {"page": "<iframe src=/endless></iframe>", "events": "<script>new EventSource('/endless')</script>"}
    began = time.monotonic()
    made = capturing(site.html("/p", "<p>words</p>" + tags.get(name, "<img src=/endless>")), load_seconds=3, seconds=24)
    assert time.monotonic() - began < 35
    (endless,) = [e for e in made.exchanges if e.url.endswith("/endless")]
    assert endless.why
    assert made.partial
    assert made.of_kind(FileKind.SCREENSHOT)
    assert "words" in made.of_kind(FileKind.TEXT)[0].path.read_text()


DOCUMENTS = {
    "endless": b"Connection: close\r\n\r\n<p>words</p>",
    "slower than its length": b"Content-Length: 90000\r\n\r\n<p>words</p>",
    "shorter than its length": b"Content-Length: 90000\r\nConnection: close\r\n\r\n<p>words</p>",
}


@pytest.mark.parametrize(
    "name", ["endless", *(pytest.param(one, marks=pytest.mark.long) for one in DOCUMENTS if one != "endless")]
)
def test_a_document_that_does_not_end_is_shown_as_far_as_it_came(name: str, site: Site, capturing: Capturing) -> None:
    """A browser shows people what came so far: whoever never ends a page must not be able to hide it."""

    def serve(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + DOCUMENTS[name])
        handler.wfile.flush()
        handler.close_connection = True
        while not name.startswith("shorter") and not site.stopping.wait(0.1):
            handler.wfile.write(b"<p>x")

    site.pages["/p"] = serve
    made = capturing(f"{site.url}/p", load_seconds=2.5, seconds=15)
    assert "words" in made.of_kind(FileKind.TEXT)[0].path.read_text()
    assert made.of_kind(FileKind.SCREENSHOT)
    assert made.partial
    assert [gap.why for gap in made.completeness.missing] == ["cut"]


def test_the_browser_s_own_message_in_place_of_a_page_is_no_evidence(
    site: Site, canary: Site, capturing: Capturing
) -> None:
    away = f"addEventListener('load', () => {{ location = 'http://127.0.0.1:{canary.port}/hit' }})"
    made = capturing(site.html("/p", f"<p>words</p><script>{away}</script>"))
    assert canary.raw == 0
    assert "lost" in codes(made)
    assert made.partial
    assert made.final_url == f"{site.url}/p"
    for kept in (*made.of_kind(FileKind.HTML), *made.of_kind(FileKind.TEXT)):  # of before, if there was time for it
        assert "words" in kept.path.read_text()
        assert "ERR_" not in kept.path.read_text()
    assert not made.of_kind(FileKind.PDF)
    assert not list(made.images())


def test_an_endless_body_stops_at_the_limit_of_bytes(site: Site, capturing: Capturing) -> None:
    site.pages["/flood"] = lambda handler: drip(site, handler, b"x" * 2**20, "video/mp4", 20)
    made = capturing(site.html("/p", "<p>words</p><video src=/flood autoplay muted></video>"), bytes=4 * 2**20)
    assert made.partial
    assert sum(e.length for e in made.exchanges) < 8 * 2**20


@pytest.mark.long
def test_ten_thousand_requests_stop_at_the_limit(site: Site, capturing: Capturing) -> None:
    made = capturing(
        site.html("/p", "<p>words</p><script>for (let i = 0; i < 10000; i++) new Image().src = '/n' + i</script>"),
        requests=60,
    )
    assert "requests" in codes(made)
    assert len(site.hits) <= 60


@pytest.mark.long
def test_a_dom_of_ten_megabytes_is_kept(site: Site, capturing: Capturing) -> None:
    script = "<script>let s = ''; for (let i = 0; i < 60000; i++) s += '<p>' + 'word '.repeat(34) + i; document.body.innerHTML = s</script>"
    made = capturing(site.html("/p", "<body>" + script), seconds=70, load_seconds=30, step_seconds=12)
    assert {"height", "tiles"} & codes(made)
    assert made.of_kind(FileKind.SCREENSHOT)
    assert made.of_kind(FileKind.HTML)[0].bytes > 10 * 10**6


def test_a_page_that_eats_memory_is_closed(site: Site, capturing: Capturing) -> None:
    hungry = (
        "<p>words</p><script>const all = []; setInterval(() => all.push(new Uint8Array(60e6).fill(1)), 20)</script>"
    )
    began = time.monotonic()
    made = capturing(site.html("/p", hungry), memory=900 * 2**20)
    assert time.monotonic() - began < 30
    assert {"memory", "crash"} & codes(made)
    assert made.partial


DOWNLOADS: dict[str, Callable[[Any], None]] = {
    "attachment": lambda h: reply(
        h, b"MZ" * 4000, "application/octet-stream", Content_Disposition='attachment; filename="../../x.exe"'
    ),
    "archive": lambda h: reply(h, b"PK\x03\x04" + b"\0" * 4000, "application/zip"),
}


@pytest.mark.parametrize("name", DOWNLOADS)
def test_a_download_leaves_no_file_but_its_record(name: str, site: Site, capturing: Capturing, memory: Path) -> None:
    site.pages["/get"] = DOWNLOADS[name]
    made = capturing(f"{site.url}/get")
    assert "navigation" in codes(made)
    assert next(e for e in made.exchanges if e.url.endswith("/get")).length >= 4000
    assert not list(memory.rglob("*.exe*")) + list(memory.rglob("*.crdownload"))


def test_the_page_cannot_forge_a_record(site: Site, capturing: Capturing) -> None:
    """The weakness of recording proxies: a request that the proxy takes for an order."""
    forged = "fetch('/x', {method: 'WARCPROX_WRITE_RECORD', headers: {'WARC-Type': 'resource', 'Warcprox-Meta': '{}'}, body: 'forged'})"
    split = "fetch('/y', {headers: {'X-A': 'b'}}).catch(() => 0)"
    made = capturing(site.html("/p", f"<p>words</p><script>{forged}.catch(() => 0); {split}</script>"))
    known = {f"{site.url}/p", f"{site.url}/x", f"{site.url}/y", f"{site.url}/favicon.ico"}
    assert {e.url for e in made.exchanges} <= known


def test_nothing_stays_no_process_no_profile_no_temp_file(
    site: Site, capturing: Capturing, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In places for temporary files and settings of its own: in the common ones other tests' browsers are at work."""
    places = [tmp_path / name for name in ("temporary", "user")]
    for name, place in zip(("TMPDIR", "HOME"), places, strict=True):
        place.mkdir()
        monkeypatch.setenv(name, str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with tempfile.NamedTemporaryFile() as control:
        assert Path(control.name).parent == places[0]
    capturing(
        site.html(
            "/p", "<p>words</p><script>localStorage.a = 'canary-of-the-profile'; document.cookie = 'a=b'</script>"
        )
    )
    assert [pid for pid in descendants(os.getpid()) if _is_browser(pid)] == []
    assert [path for place in places for path in place.rglob("*")] == []
    assert not (memory / "b").exists()


def _is_browser(pid: int) -> bool:
    try:
        return b"chromium" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


KILLED = """
import datetime as dt, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from tests.evidence.capture_world import accepted, made_door
from sitr.evidence import CaptureOptions, capture
print("begun", flush=True)
door = made_door(Path(sys.argv[3]) / "home", int(sys.argv[1].split(":")[2].split("/")[0]))
capture(sys.argv[1], door=door, workdir=Path(sys.argv[2]), options=accepted(CaptureOptions()), now=dt.datetime.now(dt.UTC))
"""


@pytest.mark.skipif(
    confinement().kind is Wall.NONE, reason="without namespaces the kernel does not end the browser with us"
)
def test_when_we_are_killed_the_browser_dies_too(site: Site, memory: Path, tmp_path: Path) -> None:
    url = site.html("/p", "<p>words</p><script>setTimeout(() => { for (;;); }, 200)</script>")
    command = [sys.executable, "-c", KILLED, url, str(memory), str(tmp_path), str(Path(__file__).parents[2])]
    ours = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        until = time.monotonic() + 30
        while "/p" not in site.hits and time.monotonic() < until:
            time.sleep(0.05)
        theirs = [pid for pid in descendants(ours.pid) if _is_browser(pid)]
        assert theirs
        ours.send_signal(signal.SIGKILL)
        ours.wait(10)
        until = time.monotonic() + 5
        while any(_is_browser(pid) for pid in theirs) and time.monotonic() < until:
            time.sleep(0.05)
        assert not [pid for pid in theirs if _is_browser(pid)]
    finally:
        ours.kill()
        ours.wait(10)
        if ours.stdout:
            ours.stdout.close()
