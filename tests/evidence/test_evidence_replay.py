"""An archive shown again with its origin switched off: pictures, frames, what scripts fetched and posted, and video.

The player here is the tests' own: a browser whose every request is answered from the archive, found by its index, and
from nowhere else. pywb and ReplayWeb.page are GPL and AGPL and are not among what the tests install.
"""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Page, Route
from tests.evidence.evidence_site import VIDEO, Site
from tests.journeys.phones import chromium
from warcio.archiveiterator import ArchiveIterator

from sitr.evidence import Capture, FileKind

pytestmark = pytest.mark.browser


SCROLL = """async () => {
  for (let y = 0; y < 9000; y += 400) { scrollTo(0, y); await new Promise((done) => setTimeout(done, 60)); }
}"""


class Archive:
    """Answers by method and address, each read where the index says that it stands."""

    def __init__(self, wacz: Path) -> None:
        self._package = zipfile.ZipFile(wacz)
        self._warc = self._package.read("archive/capture.warc.gz")
        self.answers = {(one["method"], one["url"]): one for one in self._lines()}
        self.asked: list[str] = []
        self.missed: list[str] = []

    def _lines(self) -> Iterator[dict[str, Any]]:
        """The CDXJ, as players read it: sort key, time, JSON. A POST has its body in the key (`__wb_method=post`)."""
        packed = self._package.read("indexes/index.cdx.gz")
        for line in gzip.decompress(packed).decode().splitlines():
            key, _time, data = line.split(" ", 2)
            entry = json.loads(data)
            entry["method"] = "POST" if "__wb_method=post" in key else "GET"
            yield entry

    def read(self, entry: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        """One record: status, headers, body."""
        start = int(entry["offset"])
        piece = io.BytesIO(self._warc[start : start + int(entry["length"])])
        record = next(iter(ArchiveIterator(piece)))
        return (
            int(record.http_headers.get_statuscode()),
            dict(record.http_headers.headers),
            record.content_stream().read(),
        )

    def answer(self, route: Route) -> None:
        """From the archive or not at all."""
        request = route.request
        self.asked.append(request.url)
        entry = self.answers.get((request.method, request.url))
        if entry is None:
            self.missed.append(request.url)
            route.abort()
            return
        status, headers, body = self.read(entry)
        at = request.url
        while 300 <= status < 400 and "Location" in headers:  # playwright hands on no request that a redirect made
            at = urljoin(at, headers["Location"])
            status, headers, body = self.read(self.answers["GET", at])
        if request.headers.get("range", "").startswith("bytes=") and status == 200:
            first, _, last = request.headers["range"][6:].partition("-")
            end = int(last) if last else len(body) - 1
            headers |= {"Content-Range": f"bytes {first}-{end}/{len(body)}"}
            status, body = 206, body[int(first) : end + 1]
        route.fulfill(
            status=status, headers={k: v for k, v in headers.items() if k.lower() != "content-length"}, body=body
        )


@pytest.fixture
def played(gallery: tuple[Site, Capture]) -> Iterator[tuple[Archive, Page]]:
    """The page of the archive, opened at its first address with the site closed."""
    site, made = gallery
    site.close()
    archive = Archive(made.of_kind(FileKind.WACZ)[0].path)
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.route("**/*", archive.answer)
        page.goto(made.url)
        page.evaluate(SCROLL)
        page.wait_for_function("() => [...document.images].every((i) => i.src && i.complete)", timeout=60_000)
        yield archive, page


def test_the_archive_shows_everything_again_with_its_origin_switched_off(played: tuple[Archive, Page]) -> None:
    archive, page = played
    shown = page.evaluate("() => [...document.images].map((i) => [i.getAttribute('src') || i.id, i.naturalWidth])")
    assert [src for src, width in shown if not width] == ["/gone.jpg"]  # the site never had it
    assert len(shown) >= 16
    widths = {
        one: page.evaluate(f"() => document.getElementById('{one}').naturalWidth") for one in ("blob", "post", "inline")
    }
    assert widths["blob"] == 320  # fetched by a script, shown as blob:
    assert widths["post"] == 320  # the answer to a POST
    assert page.evaluate("() => getComputedStyle(document.body).backgroundImage").endswith('/board.jpg")')
    frame = next(each for each in page.frames if each.url.endswith("/framed"))
    assert frame.evaluate("() => document.images[0].naturalWidth") == 320
    assert page.title() == "معرض الصور"
    film = page.evaluate(
        "async () => { const r = await fetch('/film.mp4'); return (await r.arrayBuffer()).byteLength }"
    )
    assert film == len(VIDEO)
    assert archive.missed == []
