"""Capture of a good page by a real Chromium: what is kept, whether it is whole, and whether others' tools accept it."""

import asyncio
import base64
import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.evidence.capture_world import NOW, Capturing, accepted, made_door
from tests.evidence.evidence_site import VIDEO, Site, drawn, reply
from warcio.archiveiterator import ArchiveIterator

from sitr.errors import BadInput, MissingProgram, OutsideSilent
from sitr.evidence import Capture, CaptureOptions, Confinement, FileKind, Wall, capture

pytestmark = pytest.mark.browser

Kept = tuple[Site, Capture]
PICTURES = (
    *(f"/eager-{i}.jpg" for i in range(4)),
    *(f"/lazy-{i}.jpg" for i in range(4)),
    *(f"/watched-{i}.jpg" for i in range(3)),
    *("/real.jpg", "/set-400.jpg", "/set-800.jpg", "/chosen.jpg", "/other.jpg", "/poster.jpg", "/board.jpg"),
    *("/pseudo.jpg", "/fetched.jpg", "/framed.jpg", "/icon.jpg"),
)


def wacz(made: Capture) -> Path:
    return made.of_kind(FileKind.WACZ)[0].path


def records(made: Capture) -> list[dict[str, Any]]:
    """Every record of the archive as warcio reads it, digests checked by warcio itself."""
    found = []
    with zipfile.ZipFile(wacz(made)) as package, package.open("archive/capture.warc.gz") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            body = record.content_stream().read()
            http = dict(record.http_headers.headers) if record.http_headers else {}
            status = record.http_headers.get_statuscode() if record.rec_type == "response" else ""
            found.append(
                {
                    "type": record.rec_type,
                    "warc": dict(record.rec_headers.headers),
                    "http": http,
                    "status": status,
                    "body": body,
                }
            )
    return found


def answer(made: Capture, path: str) -> dict[str, Any]:
    return next(r for r in records(made) if r["type"] == "response" and r["warc"]["WARC-Target-URI"].endswith(path))


def test_every_picture_of_the_page_is_handed_on_with_its_exact_address_and_bytes(gallery: Kept) -> None:
    _site, made = gallery
    by_path = {image.url.partition("//")[2].partition("/")[2]: image for image in made.images()}
    for path in PICTURES:
        assert by_path[path[1:]].path.read_bytes() == drawn(path), path
    assert by_path["real.jpg"].dom_urls == (f"{_site.url}/moved.jpg",)
    assert "background" in by_path["board.jpg"].roles
    assert "poster" in by_path["poster.jpg"].roles


def test_pictures_written_into_the_page_and_made_by_scripts_are_handed_on_too(gallery: Kept) -> None:
    _site, made = gallery
    inline = [image for image in made.images() if image.url.startswith("data:")]
    blobs = [image for image in made.images() if image.url.startswith("blob:")]
    assert [image.mime for image in inline] == ["image/png"]
    assert sorted(image.path.read_bytes() for image in blobs) == sorted([drawn("/fetched.jpg"), drawn("posted")])


def test_the_count_of_what_is_kept_names_the_one_picture_that_the_site_does_not_have(gallery: Kept) -> None:
    site, made = gallery
    assert [(m.url, m.why) for m in made.completeness.missing] == [(f"{site.url}/gone.jpg", "http_404")]
    assert made.completeness.kept == made.completeness.expected - 1
    assert made.completeness.expected >= 25
    assert not made.partial


def test_the_archive_is_valid_for_the_wacz_tool(gallery: Kept) -> None:
    _site, made = gallery
    command = [
        sys.executable,
        "-c",
        "import sys; from wacz.main import main; sys.exit(main())",
        "validate",
        "-f",
        str(wacz(made)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_changed_byte_in_the_archive_is_seen_by_the_wacz_tool(gallery: Kept, memory: Path) -> None:
    _site, made = gallery
    data = bytearray(wacz(made).read_bytes())
    data[data.find(drawn("/eager-1.jpg")[200:260]) + 10] ^= 1
    changed = memory / "changed.wacz"
    changed.write_bytes(data)
    command = [
        sys.executable,
        "-c",
        "import sys; from wacz.main import main; sys.exit(main())",
        "validate",
        "-f",
        str(changed),
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_warcio_reads_every_picture_back_and_every_digest_holds(gallery: Kept) -> None:
    _site, made = gallery
    for path in PICTURES:
        record = answer(made, path)
        assert record["body"] == drawn(path)
        told = record["warc"]["WARC-Payload-Digest"].removeprefix("sha1:")
        assert told == base64.b32encode(hashlib.sha1(record["body"]).digest()).decode()  # noqa: S324
        assert record["warc"]["WARC-IP-Address"] == "127.0.0.1"


def test_a_body_that_came_compressed_stands_decoded_with_its_old_headers_renamed(gallery: Kept) -> None:
    _site, made = gallery
    style = answer(made, "/style.css")
    assert b"pseudo.jpg" in style["body"]
    assert style["http"]["X-Archive-Orig-Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in style["http"]
    assert "Transfer-Encoding" not in style["http"]
    assert style["http"]["Content-Length"] == str(len(style["body"]))


def test_a_video_asked_for_in_ranges_is_kept_whole_and_as_200(gallery: Kept) -> None:
    _site, made = gallery
    film = answer(made, "/film.mp4")
    assert film["status"] == "200"
    assert len(film["body"]) == len(VIDEO)
    assert film["body"] == VIDEO
    assert film["http"]["X-Archive-Orig-Content-Range"] == f"bytes 0-{len(VIDEO) - 1}/{len(VIDEO)}"


def test_a_post_is_kept_with_what_was_posted(gallery: Kept) -> None:
    site, made = gallery
    assert site.posted == [b"which=7"]
    sent = next(r for r in records(made) if r["type"] == "request" and r["warc"]["WARC-Target-URI"].endswith("/give"))
    assert sent["body"] == b"which=7"


def test_requests_stand_with_the_headers_that_really_went_out(gallery: Kept) -> None:
    site, made = gallery
    sent = next(
        r for r in records(made) if r["type"] == "request" and r["warc"]["WARC-Target-URI"].endswith("/eager-2.jpg")
    )
    headers = {name.lower(): value for name, value in sent["http"].items()}
    assert headers["cookie"] == "visitor=1"  # set by the page: only the network service knows that it was sent
    assert headers["host"] == f"127.0.0.1:{site.port}"
    assert headers["referer"] == f"{site.url}/gallery"
    assert "HeadlessChrome" not in headers["user-agent"]


def test_the_archive_says_what_it_is_and_how_it_was_made(gallery: Kept) -> None:
    _site, made = gallery
    info = next(r for r in records(made) if r["type"] == "warcinfo")["body"].decode()
    assert "as received by the browser" in info
    assert f"sitr-confinement: {made.confinement.kind}" in info
    kinds = {r["warc"].get("Content-Type") for r in records(made) if r["type"] == "resource"}
    assert {"image/png", "application/pdf", "text/html; charset=utf-8"} <= kinds


def test_the_way_to_the_page_is_kept(gallery: Kept) -> None:
    site, made = gallery
    assert [(hop.url, hop.status, hop.location, hop.address) for hop in made.redirects] == [
        (f"{site.url}/start", 302, "/gallery", "127.0.0.1"),
        (f"{site.url}/gallery", 200, None, "127.0.0.1"),
    ]
    assert made.final_url == f"{site.url}/gallery"
    assert made.title == "معرض الصور"
    assert made.status == 200
    assert made.addresses[f"127.0.0.1:{site.port}"] == "127.0.0.1"


def test_screenshot_pdf_dom_and_text_are_there(gallery: Kept) -> None:
    _site, made = gallery
    (shot,) = made.of_kind(FileKind.SCREENSHOT)
    with Image.open(shot.path) as picture:
        assert picture.width == 1280
        assert picture.height > 5000
    assert made.of_kind(FileKind.PDF)[0].path.read_bytes().startswith(b"%PDF-")
    assert "/watched-2.jpg" in made.of_kind(FileKind.HTML)[0].path.read_text(encoding="utf-8")
    assert "صور مسرّبة" in made.of_kind(FileKind.TEXT)[0].path.read_text(encoding="utf-8")


def test_each_file_is_told_with_its_size_and_digest(gallery: Kept) -> None:
    _site, made = gallery
    for file in made.files:
        data = file.path.read_bytes()
        assert file.bytes == len(data)
        assert file.sha256 == hashlib.sha256(data).hexdigest()


def test_the_record_holds_what_a_court_asks_for(gallery: Kept) -> None:
    site, made = gallery
    record = json.loads(made.of_kind(FileKind.RECORD)[0].path.read_text(encoding="utf-8"))
    assert record["source"]["url_requested"] == f"{site.url}/start"
    assert record["collection"]["started_at"] == NOW.isoformat()
    assert record["collection"]["tools"]["browser"].startswith(("Chrome/", "HeadlessChrome/"))
    assert record["collection"]["tools"]["viewport"] == [1280, 800]
    assert record["source"]["answers"] == {"localhost": ["127.0.0.1"]}  # a number is its own answer
    assert record["completeness"]["kept"] == made.completeness.kept
    assert len(record["exchanges"]) == len(made.exchanges)


def test_without_pictures_only_address_time_headers_and_text_are_kept(
    site: Site, capturing: Capturing, memory: Path
) -> None:
    url = site.html(
        "/p", "<p>words of the page</p><img src='/a.jpg'><img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>"
    )
    made = capturing(url, pictures=False)
    assert {file.kind for file in made.files} == {FileKind.TEXT, FileKind.RECORD}
    assert list(made.images()) == []
    assert site.hits == ["/p"]  # the picture was not even asked for
    assert [m.why for m in made.completeness.missing if m.url.endswith("/a.jpg")] == ["no_pictures"]
    assert not made.partial
    kept = b"".join(path.read_bytes() for path in memory.rglob("*") if path.is_file())
    assert b"words of the page" in kept
    assert b"R0lGODlhAQABAAAAACw" not in kept
    assert any(name.lower() == "content-type" for name, _ in made.exchanges[0].response_headers)


UNCOMMON = """<!DOCTYPE html><meta charset=utf-8><title>t</title>
<style>html, body { margin: 0; height: 100%; overflow: hidden } #panel { height: 100vh; overflow: auto } .far { height: 900px }</style>
<div id=panel><p>words</p><img id=taken width=200><div id=shadowed></div><video src=/parts.mp4 muted></video>
<div class=far></div><div class=far></div><img class=late data-src=/late.jpg width=300 height=200><p>the end</p></div>
<script>
const draw = document.createElement("canvas"); draw.width = draw.height = 120; const pen = draw.getContext("2d");
for (let i = 0; i < 12; i++) { pen.fillStyle = `hsl(${i * 30} 80% 50%)`; pen.fillRect(i * 10, i * 7, 40, 40); }
draw.toBlob((b) => { const url = URL.createObjectURL(b); taken.onload = () => URL.revokeObjectURL(url); taken.src = url; });
shadowed.attachShadow({mode: "open"}).innerHTML = "<style>p { color: red }</style><p>in the " + "shadow</p><img src=/shadow.jpg width=200>";
new IntersectionObserver((all) => all.forEach((e) => { if (e.isIntersecting) e.target.src = e.target.dataset.src; })).observe(document.querySelector(".late"));
</script>"""  # noqa: E501


def test_what_is_shown_in_uncommon_ways_is_kept_too(site: Site, capturing: Capturing) -> None:
    """A panel that scrolls in a page that does not, a shadow tree, a picture whose address was taken back, a video that
    the server gives in small parts only."""
    film = bytes(range(256)) * 2000

    def parts(handler: Any) -> None:
        asked = handler.headers.get("Range", "").removeprefix("bytes=").partition("-")[0]
        start = int(asked or 0)
        piece = film[start : start + 90_000]
        told = {"Content_Range": f"bytes {start}-{start + len(piece) - 1}/{len(film)}"}
        reply(handler, piece if asked else film, "video/mp4", 206 if asked else 200, **(told if asked else {}))

    site.pages["/parts.mp4"] = parts
    made = capturing(site.html("/p", UNCOMMON, Content_Security_Policy="default-src 'self' 'unsafe-inline' blob:"))
    assert (made.completeness.missing, made.partial) == ((), False)
    assert {"evidence.note_inner", "evidence.note_redrawn"} == {one.code for one in made.problems}
    shown = {one.url.rpartition("/")[2] if one.url.startswith("http") else one.url[:5] for one in made.images()}
    assert shown == {"late.jpg", "shadow.jpg", "blob:"}
    assert "in the shadow" in made.of_kind(FileKind.TEXT)[0].path.read_text()
    assert "<p>in the shadow</p>" in made.of_kind(FileKind.HTML)[0].path.read_text()
    first, *inner = made.of_kind(FileKind.SCREENSHOT)
    assert len(inner) in {3, 4}
    assert first.sha256 != inner[-1].sha256


STYLED = """<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">
<html><body><h1>made of <xsl:value-of select="feed"/></h1></body></html></xsl:template></xsl:stylesheet>"""


IMITATED = "<p>words<div id=webkit-xml-viewer-source-xml></div><xslt-warning-banner></xslt-warning-banner>"


@pytest.mark.parametrize(
    ("body", "own"),
    [("<iframe src=/styled.xml></iframe><iframe src=/feed.xml></iframe>", {"made of words", "words"}),
     (IMITATED, {"words"})],
    ids=["in frames", "imitated"],
)  # fmt: skip
def test_words_that_the_browser_itself_adds_to_an_xml_file_are_named(
    body: str, own: set[str], site: Site, capturing: Capturing
) -> None:
    feed = b"<?xml version='1.0'?><feed>words</feed>"
    site.pages["/feed.xml"] = lambda handler: reply(handler, feed, "application/xml")
    site.pages["/s.xsl"] = lambda handler: reply(handler, STYLED.encode(), "text/xsl")
    styled = feed.replace(b"?><", b"?><?xml-stylesheet type='text/xsl' href='/s.xsl'?><")
    site.pages["/styled.xml"] = lambda handler: reply(handler, styled, "text/xml")
    made = capturing(site.html("/p", body))
    text = made.of_kind(FileKind.TEXT)[0].path.read_text(encoding="utf-8")
    shown = {line.strip() for line in text.splitlines()} - {""}
    assert own <= shown
    # Which words a browser adds, and whether in frames too, differs from version to version.
    assert [one.code for one in made.problems] == ["evidence.note_xml"] * (shown > own)
    assert not made.partial


BESIDE = """<style>@media print { body * { display: none } } .b::before { content: "before " "words"; } .a::after { content: attr(data-x); }
.i::before { content: "\\e900"; } li::marker { content: url("/m.jpg") "marker words"; }</style><p class=b>a<p class=a data-x="after words">b<p class=i>c
<ul><li>item</ul><textarea id=t></textarea><input id=f><input type=password value=secret><p hidden class=a data-x=unseen></p><input placeholder="field words"><input type=button value="button words">
<script>t.value = "area words"; f.value = "typed words";</script>"""  # noqa: E501


def test_words_made_by_styles_and_standing_in_fields_are_in_the_text_and_a_page_hidden_from_paper_is_named(
    site: Site, capturing: Capturing
) -> None:
    made = capturing(site.html("/p", BESIDE))
    text = made.of_kind(FileKind.TEXT)[0].path.read_text(encoding="utf-8")
    for words in ("before", "after words", "marker words", "area words", "typed words", "field words", "button words"):
        assert words in text, words
    assert "secret" not in text
    assert "m.jpg" not in text
    assert "unseen" not in text
    assert "\ue900" not in text
    assert ([one.code for one in made.problems], made.partial) == (["evidence.note_print"], False)


LIST = """<p id=at>row 0</p><p>words</p><div style="height:4000px"></div><script>
addEventListener("scroll", () => { at.textContent = "row " + Math.round(scrollY / 500); if (scrollY) words.remove(); });
</script>""".replace("<p>words", "<p id=words>before it is scrolled")


def test_lines_that_a_page_takes_away_when_it_is_scrolled_are_kept_and_named(site: Site, capturing: Capturing) -> None:
    made = capturing(site.html("/p", LIST))
    lines = made.of_kind(FileKind.TEXT)[0].path.read_text(encoding="utf-8").splitlines()
    assert {"row 0", "row 3", "row 6", "before it is scrolled"} <= set(lines)
    assert lines.count("row 0") == 1
    assert ([one.code for one in made.problems], made.partial) == (["evidence.note_passed"], False)


def test_a_picture_opened_by_itself_is_kept(site: Site, capturing: Capturing) -> None:
    made = capturing(f"{site.url}/alone.jpg")
    assert [image.path.read_bytes() for image in made.images()] == [drawn("/alone.jpg")]


def test_a_page_that_is_gone_is_kept_as_the_answer_that_it_gives(site: Site, capturing: Capturing) -> None:
    made = capturing(f"{site.url}/nowhere")
    assert made.status == 404
    assert made.of_kind(FileKind.WACZ)


def test_capture_works_from_inside_a_running_event_loop(site: Site, capturing: Capturing) -> None:
    url = site.html("/p", "<p>hello</p>")

    async def inside() -> int:
        return capturing(url).status

    assert asyncio.run(inside()) == 200


@pytest.mark.parametrize(
    "text", ["", "   ", "صورة", "not an address", "http://", "https://[::1", "http://a:0/", "http://user:pw@host/"]
)
def test_a_text_that_is_no_address_is_refused_with_a_sentence(text: str, capturing: Capturing) -> None:
    with pytest.raises(BadInput) as caught:
        capturing(text)
    assert caught.value.code == "evidence.no_address"
    assert str(caught.value) == "evidence.no_address"


@pytest.mark.parametrize(
    "text", ["ftp://host/x", "file:///etc/passwd", "javascript:alert(1)", "view-source:http://host/", "tg://x"]
)
def test_what_is_no_web_page_is_refused(text: str, capturing: Capturing) -> None:
    with pytest.raises(BadInput) as caught:
        capturing(text)
    assert caught.value.code == "evidence.not_web"


def test_a_site_that_nobody_serves_is_told_as_unreachable(site: Site, tmp_path: Path, memory: Path) -> None:
    port = site.port
    site.close()
    door = made_door(tmp_path / "home", port)
    with pytest.raises(OutsideSilent) as caught:
        capture(f"http://127.0.0.1:{port}/", door=door, workdir=memory, options=accepted(CaptureOptions()), now=NOW)
    assert caught.value.code == "evidence.unreachable"


def test_a_machine_without_a_wall_captures_only_when_that_was_accepted(
    site: Site, tmp_path: Path, memory: Path
) -> None:
    none = Confinement(Wall.NONE, "no_bwrap", sandbox=False)
    door = made_door(tmp_path / "home", site.port)
    url = site.html("/p", "<p>hello</p><img src=/a.jpg>")
    with pytest.raises(MissingProgram) as caught:
        capture(url, door=door, workdir=memory, options=CaptureOptions(), now=NOW, wall=none)
    assert caught.value.code == "evidence.unconfined"
    made = capture(url, door=door, workdir=memory, options=CaptureOptions(accept_unconfined=True), now=NOW, wall=none)
    assert made.confinement.kind is Wall.NONE
    assert made.confinement.reason == "no_bwrap"
    assert made.completeness.kept == 2
    assert not (memory / "b").exists()
