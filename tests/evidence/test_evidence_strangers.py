# ruff: noqa: E501  (pages and scripts are easier to read on one line)
"""Pages as platforms make them, where something was lost without a word: in frames, sideways, while scrolled, led on."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image
from tests.evidence.capture_world import NOW, Capturing
from tests.evidence.evidence_site import Site, drawn, reply

from sitr.evidence import Capture, CaptureLimits, CaptureOptions, FileKind
from sitr.evidence.cdp import Cdp
from sitr.evidence.gate import Gate
from sitr.evidence.recorder import Recorder
from sitr.evidence.visit import Visit
from sitr.net import Door

pytestmark = pytest.mark.browser

LATE = "<script>const eye = new IntersectionObserver((all) => all.forEach((e) => { if (e.isIntersecting) e.target.src = e.target.dataset.src; })); document.querySelectorAll('[data-src]').forEach((one) => eye.observe(one));</script>"
FRAMED = (
    "".join(
        f"<div style='height:600px'>row {n}<img data-src=/framed-{n}.jpg width=80 height=60></div>" for n in range(4)
    )
    + LATE
)
PLATFORM = (
    """<body style="margin:0"><div id=list style="height:2600px;position:relative"></div>
<div id=slides dir=rtl style="display:flex;overflow-x:auto;width:500px;height:120px">"""
    + "".join(
        f"<p style='flex:0 0 500px'>slide {n}<img data-src=/slide-{n}.jpg width=80 height=60></p>" for n in range(4)
    )
    + """</div>
<iframe src=FRAME style="width:1000px;height:500px;border:0"></iframe><img data-src=/aside.jpg width=80 height=60 style="position:absolute;left:2500px;top:0">"""
    + LATE
    + """<script>
const shown = (n) => { const c = document.createElement("canvas"); c.width = 90; c.height = 40 + n; c.getContext("2d").fillRect(0, 0, 40, 40); return c.toDataURL(); };
const blob = (data) => new Blob([Uint8Array.from(atob(data.split(",")[1]), (sign) => sign.charCodeAt(0))], {type: "image/png"});
const draw = () => { const first = Math.floor(scrollY / 600); list.replaceChildren();
  for (let n = first; n < first + 2 && n < 4; n += 1) {
    list.insertAdjacentHTML("beforeend", `<div style="position:absolute;top:${n * 600}px">line ${n}<img src="${URL.createObjectURL(blob(shown(n)))}"></div>`); } };
addEventListener("scroll", draw); draw();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js");
document.documentElement.insertAdjacentHTML("beforeend", "<p>beside the body</p>");
</script>"""
)


def text_of(made: Capture) -> str:
    return made.of_kind(FileKind.TEXT)[0].path.read_text(encoding="utf-8")


def size(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


def test_what_a_platform_shows_sideways_in_frames_and_only_for_a_while_is_kept(
    site: Site, capturing: Capturing
) -> None:
    site.html("/framed", FRAMED)
    made = capturing(
        site.html("/p", PLATFORM.replace("FRAME", f"http://localhost:{site.port}/framed")), scroll_seconds=8
    )
    shown = {one.url.rpartition("/")[2] for one in made.images() if one.url.startswith("http")}
    assert shown == {*(f"framed-{n}.jpg" for n in range(4)), *(f"slide-{n}.jpg" for n in range(4)), "aside.jpg"}
    assert {size(one.path)[1] for one in made.images() if one.url.startswith("blob:")} == {40, 41, 42, 43}
    assert {*(f"line {n}" for n in range(4)), "row 3", "slide 3", "beside the body"} <= set(text_of(made).splitlines())
    assert (made.partial, made.completeness.missing) == (False, ())
    assert {one.code for one in made.problems} == {
        "evidence.note_inner",
        "evidence.note_inner_small",
        "evidence.note_passed",
    }
    _page, *inner = [size(one.path) for one in made.of_kind(FileKind.SCREENSHOT)]
    assert inner == [(1000, 500)] * 5  # of the frame, 2,400 points tall
    assert "/sw.js" not in site.hits


ARABIC = "<p>كلمات قديمة</p><img src='/old.jpg?q=صورة'><img src=/lie.jpg><iframe src=/paper width=300></iframe><iframe sandbox srcdoc='<p>no scripts here'></iframe><script>fetch('/old.jpg', {headers: {'X-A': '\xe9; \xfc'}})</script>"


def test_an_old_arabic_site_is_kept_with_its_own_spellings_and_what_cannot_be_unpacked_is_missing(
    site: Site, capturing: Capturing
) -> None:
    """A charset of before Unicode, letters in the status line and in headers, a body that is not packed as it says."""
    body = ARABIC.encode("cp1256", errors="xmlcharrefreplace")
    head = f"HTTP/1.1 200 تمام\r\nX-Note: صورة; a=b\r\nContent-Type: text/html; charset=windows-1256\r\nContent-Length: {len(body)}\r\n\r\n"
    paper = io.BytesIO()
    Image.new("RGB", (60, 80)).save(paper, "PDF")
    site.pages["/p"] = lambda handler: handler.wfile.write(head.encode() + body)
    site.pages["/lie.jpg"] = lambda handler: reply(handler, drawn("lie"), "image/jpeg", Content_Encoding="gzip")
    site.pages["/paper"] = lambda handler: reply(handler, paper.getvalue(), "application/pdf")
    made = capturing(f"{site.url}/p")
    assert {"كلمات قديمة", "no scripts here"} <= set(text_of(made).splitlines())
    assert [hit for hit in site.hits if "?q=" in hit] == ["/old.jpg?q=%D5%E6%D1%C9"]
    assert [(one.url, one.why) for one in made.completeness.missing] == [(f"{site.url}/lie.jpg", "cut")]
    assert [one.code for one in made.problems] == ["evidence.note_pdf"]


def test_a_page_that_leads_on_is_followed_and_what_it_said_before_is_kept(site: Site, capturing: Capturing) -> None:
    site.html(
        "/p", "<meta http-equiv=refresh content='1;url=/second'><p>first words</p><div style='height:3000px'></div>"
    )
    site.html(
        "/second", "<p>second words</p><script>addEventListener('load', () => { location = '/third'; });</script>"
    )
    site.html("/third", "<p>third words</p>", Refresh="60;url=/fourth")
    made = capturing(f"{site.url}/p")
    assert [hop.url.rpartition("/")[2] for hop in made.redirects] == ["p", "second", "third"]
    assert made.final_url == f"{site.url}/third"
    assert text_of(made).startswith("third words")
    assert "first words" in text_of(made)
    assert {one.code for one in made.problems} == {"evidence.note_leads_on", "evidence.note_passed"}
    assert not made.partial


def test_a_page_that_went_on_after_its_words_were_taken_is_named_and_its_address_stays(tmp_path: Path) -> None:
    """Else text of one page and a screenshot of the next stand side by side as if they were one."""

    async def told() -> list[tuple[str, str]]:
        recorder = Recorder(Cdp(), Gate(Door(), 1, 1), tmp_path, CaptureLimits(), lambda: NOW, pictures=True)
        visit = Visit(Cdp(), recorder, tmp_path, CaptureOptions(), 0)
        told = []
        for path, taken in (("one", False), ("two", False), ("three", True)):
            visit._taken = taken
            visit._on_navigated({"frame": {"id": "f", "url": f"https://a.example/{path}"}}, "")
            told.append((visit.seen.final_url[-3:], ",".join(one.code for one in recorder.problems.values())))
        return told

    assert asyncio.run(told()) == [("one", ""), ("two", ""), ("two", "evidence.note_moved_on")]
