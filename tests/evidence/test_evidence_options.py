# ruff: noqa: E501  (pages and scripts are easier to read on one line)
"""What the caller may choose: phone or desktop, language, folded parts, the person's session, the operator's proxy."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.evidence.capture_world import NOW, accepted, made_door, names
from tests.evidence.evidence_site import Site, reply
from tests.net.socks_server import SocksServer
from warcio.archiveiterator import ArchiveIterator

from sitr.errors import BadInput
from sitr.evidence import Capture, CaptureOptions, FileKind, Viewport, capture, read_cookies
from sitr.net import Door, Proxy

SECRET = "c4nary/of+the=session"
ESCAPED = "c4nary%2Fof%2Bthe%3Dsession"


def codes(made: Capture) -> set[str]:
    return {problem.code.removeprefix("evidence.") for problem in made.problems}


def everything(made: Capture) -> bytes:
    """Every byte that a capture hands on, archives unpacked, and every value of it."""
    data = [repr(made).encode()]
    for file in made.files:
        data.append(file.path.read_bytes())
        if file.kind is FileKind.WACZ:
            with zipfile.ZipFile(file.path) as package:
                data += [package.read(name) for name in package.namelist()]
                with package.open("archive/capture.warc.gz") as warc:
                    for record in ArchiveIterator(warc):
                        heads = [record.rec_headers, record.http_headers]
                        data += [repr(head.headers).encode() for head in heads if head]
                        data.append(record.content_stream().read())
    return b"".join(data)


PAGE = """<!DOCTYPE html><meta name=viewport content="width=device-width"><title>t</title><p id=say></p>
<details><summary>more</summary><p>folded away</p></details>
<button aria-expanded=false onclick="this.ariaExpanded = 'true'; box.hidden = false">open</button><p id=box hidden>pressed open</p>
<a href="/logout" role=button aria-expanded=false>out</a><form action="/sent"><button aria-expanded=false>send</button></form>
<img src="/one.jpg?t=ESCAPED"><iframe src="FRAME"></iframe><script>const held = "SECRET"; fetch("/give", {method: "POST", body: "t=" + held});
say.textContent = [innerWidth, devicePixelRatio, navigator.language, navigator.userAgentData.mobile, navigator.maxTouchPoints > 0].join(" ");</script>"""


@pytest.mark.browser
def test_a_phone_with_the_person_s_session_shows_what_they_see_and_its_values_are_in_nothing_kept(
    site: Site, memory: Path, tmp_path: Path
) -> None:
    got: dict[str, str] = {}

    def answering(body: str) -> None:
        def act(handler: object) -> None:
            got[handler.path] = handler.headers.get("Cookie", "")  # type: ignore[attr-defined]
            headers = {"Set_Cookie": "fresh=0123456789-new-value; Path=/", "X_Echo": SECRET}
            reply(handler, body.encode(), "text/html; charset=utf-8", 200, **headers)  # type: ignore[arg-type]

        site.pages[f"/{'frame' if 'framed' in body else 'in'}"] = act

    answering("<p>framed</p>")
    page = PAGE.replace("FRAME", f"http://localhost:{site.port}/frame")
    answering(page.replace("ESCAPED", ESCAPED).replace("SECRET", SECRET))
    cookies = read_cookies(f"sid={SECRET}; lang=ar", "127.0.0.1")
    options = CaptureOptions(viewport=Viewport.PHONE, locale="ar-EG", expand=True, cookies=cookies)
    door = made_door(tmp_path / "home", site.port)
    made = capture(f"{site.url}/in", door=door, workdir=memory, options=accepted(options), now=NOW)
    text = made.of_kind(FileKind.TEXT)[0].path.read_text()
    assert "390 2 ar-EG true true" in text
    assert "folded away" in text
    assert "pressed open" in text
    assert not [hit for hit in site.hits if hit in {"/logout", "/sent"}]
    with Image.open(made.of_kind(FileKind.SCREENSHOT)[0].path) as picture:
        assert picture.width == 780
    assert got["/in"] == f"sid={SECRET}; lang=ar"
    assert got["/frame"] == ""  # another host: nothing of the session
    assert site.posted == [f"t={SECRET}".encode()]
    kept = everything(made)
    for value in (SECRET, ESCAPED, "0123456789-new-value"):
        assert value.encode() not in kept
    assert b"sid=[redacted]; lang=[redacted]" in kept
    record = json.loads(made.of_kind(FileKind.RECORD)[0].path.read_text())["collection"]
    assert record["login_used"]
    assert record["session"]["cookies"] == [{"host": "127.0.0.1", "name": "sid"}, {"host": "127.0.0.1", "name": "lang"}]
    assert (record["tools"]["device"], record["tools"]["locale"]) == ("phone", "ar-EG")
    assert {"note_redacted", "note_expanded"} <= codes(made)
    assert "note_session_shown" not in codes(made)
    assert not made.partial


@pytest.mark.browser
def test_where_the_page_prints_the_session_no_picture_of_it_is_kept(site: Site, memory: Path, tmp_path: Path) -> None:
    url = site.html("/p", f"<p>signed in with {SECRET}</p>")
    options = CaptureOptions(cookies=read_cookies(f"sid={SECRET}", "127.0.0.1"))
    made = capture(
        url, door=made_door(tmp_path / "home", site.port), workdir=memory, options=accepted(options), now=NOW
    )
    assert {file.kind for file in made.files} == {FileKind.WACZ, FileKind.HTML, FileKind.TEXT, FileKind.RECORD}
    assert SECRET.encode() not in everything(made)
    assert not list(memory.rglob("*.png"))
    assert not list(memory.rglob("*.pdf"))
    assert "note_session_shown" in codes(made)
    assert made.partial


@pytest.mark.browser
def test_by_the_operator_s_proxy_every_request_goes_there_unresolved_and_the_record_says_so(
    site: Site, canary: Site, memory: Path
) -> None:
    site.html(
        "/p",
        f"<p>words</p><img src='/a.jpg'><img src='http://127.0.0.1:{canary.port}/x'><img src='http://nas.local/y'>",
    )
    proxy = SocksServer({("leaks.example", 80): ("127.0.0.1", site.port)})
    try:
        door = Door(resolver=names, proxy=Proxy("127.0.0.1", proxy.port))
        made = capture("http://leaks.example/p", door=door, workdir=memory, options=accepted(CaptureOptions()), now=NOW)
    finally:
        proxy.close()
    assert [image.url for image in made.images()] == ["http://leaks.example/a.jpg"]
    assert {one[:2] for one in proxy.asked} == {(3, "leaks.example")}
    assert canary.raw == 0
    assert made.proxied
    assert made.addresses == {}
    assert made.exchanges[0].address is None
    record = json.loads(made.of_kind(FileKind.RECORD)[0].path.read_text())
    assert "resolved by the proxy" in record["collection"]["network"]
    assert b"names resolved by the proxy" in everything(made)


def test_a_language_that_no_browser_knows_is_refused() -> None:
    for strange in ("", "arabic language", "ar_EG", "en\r\nX: y", "x" * 50):
        with pytest.raises(BadInput) as caught:
            replace(CaptureOptions(), locale=strange)
        assert caught.value.code == "evidence.no_locale"
