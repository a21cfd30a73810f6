"""Every way in which a page shows a picture, captured by a real Chromium: each copy becomes a proposal of its own."""

import base64
import io
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.cases.case_world import World, drawn
from tests.evidence.capture_world import names
from tests.evidence.evidence_site import Site, reply

from sitr.cases import captures, photos, sightings
from sitr.evidence import capture
from sitr.net import Door, LoopbackPass

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.browser,
]  # fmt: skip

# Addresses of their own, by where the page names them; `other` is a site of another origin.
HERE = (
    "img", "srcset-small", "srcset-large", "picture-unused", "style", "sheet", "before", "list", "border", "poster",
    "framed", "lazy", "watched", "svg", "input", "object", "shadow", "noscript", "moved-to",
)  # fmt: skip
THERE = ("there-img", "there-sheet", "there-framed", "there-deep")
INSIDE = ("data", "data", "data", "blob", "canvas")

PAGE = """<!DOCTYPE html><html><head><meta charset=utf-8><title>t</title><link rel=stylesheet href="/sheet.css">
<link rel=stylesheet href="OTHER/there.css"></head><body>
<img src="/img.jpg" width=200><img src="/moved.jpg" width=200><img src="OTHER/there-img.jpg" width=200>
<img srcset="/srcset-small.jpg 200w, /srcset-large.jpg 2000w" sizes="200px" width=200>
<picture><source media="(min-width: 9000px)" srcset="/picture-unused.jpg"><img src="/img.jpg" width=200></picture>
<div style="background-image:url('/style.jpg');width:200px;height:150px"></div>
<div class=sheet></div><div class=before></div><ul class=list><li>x</ul><div class=border></div>
<div class=there></div><div class=inline-sheet></div>
<video poster="/poster.jpg" width=200></video><iframe src="/framed"></iframe><iframe src="OTHER/there-framed"></iframe>
<img src="data:image/jpeg;base64,DATA" width=200>
<div style="background:url(data:image/jpeg;base64,DATB);width:200px;height:150px"></div>
<svg width=200 height=150><image href="/svg.jpg" width=200 height=150 /></svg>
<svg width=200 height=150><image href="data:image/jpeg;base64,DATC" width=200 height=150 /></svg>
<input type=image src="/input.jpg" width=200><object type="image/jpeg" data="/object.jpg" width=200></object>
<noscript><img src="/noscript.jpg"><img src="/dot.jpg" width=1 height=1></noscript>
<div id=shadow></div><img id=blob width=200><canvas id=canvas width=320 height=240></canvas>
<div style="height:6000px"></div><img loading=lazy src="/lazy.jpg" width=200 height=150>
<img id=watched data-src="/watched.jpg" width=200 height=150>
<script>
document.getElementById("shadow").attachShadow({mode: "open"}).innerHTML = '<img src="/shadow.jpg" width=200>';
fetch("/blob-source").then(r => r.blob()).then(b => { document.getElementById("blob").src = URL.createObjectURL(b); });
const pen = new Image();
pen.onload = () => document.getElementById("canvas").getContext("2d").drawImage(pen, 0, 0, 320, 240);
pen.src = "/canvas-source";
const show = (e) => { if (e.isIntersecting) e.target.src = e.target.dataset.src; };
const eye = new IntersectionObserver(all => all.forEach(show));
eye.observe(document.getElementById("watched"));
</script></body></html>"""
SHEET = """.sheet { background-image: url("/sheet.jpg"); width: 200px; height: 150px; }
.before::before { content: ""; display: block; width: 200px; height: 150px; background: url(/before.jpg); }
.list { list-style-image: url(/list.jpg); } .border { border: 30px solid; border-image: url(/border.jpg) 30; }"""
THERE_SHEET = ".there { background-image: url(/there-sheet.jpg); width: 200px; height: 150px; }"


def copy_of(name: str) -> bytes:
    """The photo, saved anew: other bytes for each name, the same picture to the eye."""
    out = io.BytesIO()
    quality = 70 + sum(name.encode()) % 25
    Image.open(io.BytesIO(drawn(1, 320))).convert("RGB").save(out, "JPEG", quality=quality, comment=name.encode())
    return out.getvalue()


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    """The page's own site and one of another origin."""
    here, other = Site(), Site()
    yield here, other
    here.close()
    other.close()


@pytest.fixture
def memory() -> Iterator[Path]:
    # Without namespaces root's browser runs as nobody with its profile below, where a socket's path must be short.
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="s-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def _put_up(here: Site, other: Site) -> str:
    away = f"http://localhost:{other.port}"
    for site, listed in ((here, HERE), (other, THERE)):
        for name in listed:
            site.pages[f"/{name}.jpg"] = lambda handler, n=name: reply(handler, copy_of(n), "image/jpeg")  # type: ignore[misc]
    for name in ("blob-source", "canvas-source"):
        here.pages[f"/{name}"] = lambda handler, n=name: reply(handler, copy_of(n), "text/plain")  # type: ignore[misc]
    here.pages["/moved.jpg"] = lambda handler: reply(handler, b"", "text/plain", status=302, Location="/moved-to.jpg")
    here.pages["/sheet.css"] = lambda handler: reply(handler, SHEET.encode(), "text/css")
    other.pages["/there.css"] = lambda handler: reply(handler, THERE_SHEET.encode(), "text/css")
    here.html("/framed", '<img src="/framed.jpg">')
    other.html("/there-framed", '<img src="/there-framed.jpg"><iframe src="/there-deep"></iframe>')
    other.html("/there-deep", '<div style="background:url(/there-deep.jpg);width:200px;height:150px"></div>')
    page = PAGE.replace("OTHER", away)
    for blank in ("DATA", "DATB", "DATC"):
        page = page.replace(blank, base64.b64encode(copy_of(blank)).decode())
    return here.html("/page", page)


def test_each_kind_of_picture_becomes_a_proposal_with_its_own_address(
    world: World, sites: tuple[Site, Site], memory: Path
) -> None:
    here, other = sites
    page = _put_up(here, other)
    door = Door((), LoopbackPass(world.services.home, [here.port, other.port]), resolver=names)
    port = lambda url, work, options, now: capture(url, door=door, workdir=work, options=options, now=now)  # noqa: E731
    keeper = replace(world.holder, services=replace(world.services, capture=port, memory=memory))
    photos.add_photo(keeper, world.case, drawn(1, 320), "mine.png")
    view = captures.capture_page(keeper, world.case, page, child="no")
    places = sightings.list_sightings(keeper, world.case)
    direct = {one.image for one in places if one.image}
    wanted = {here.url + f"/{name}.jpg" for name in HERE} | {
        f"http://localhost:{other.port}/{name}.jpg" for name in THERE
    }
    # What serves as a source for a script is a picture of the page, too.
    sources = {here.url + "/blob-source", here.url + "/canvas-source"}
    assert direct - sources == wanted
    inside = [one for one in places if not one.image]
    assert sorted(one.inside.partition(":")[0] for one in inside) == sorted(INSIDE)
    assert {(one.url, one.page) for one in inside} == {(page, page)}
    assert all(one.proposed and one.photo for one in places)
    assert {one.image_url for one in view.found} == direct | {page}
    assert "/dot.jpg" not in here.hits
    # The same page again: blobs have new addresses, and nothing is proposed twice.
    captures.capture_page(keeper, world.case, page, child="no")
    assert len(sightings.list_sightings(keeper, world.case)) == len(places)
