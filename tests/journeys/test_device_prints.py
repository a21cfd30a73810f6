"""Fingerprints worked out in the browser, in a real Chromium: the same bits as the server's, and nothing is sent."""

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Page, Route
from tests.journeys.drawn_pages import fits, shoot
from tests.journeys.phones import chromium, held_to_the_rules
from tests.journeys.test_journey import World, world_of

from sitr.cli.demo import photographs
from sitr.cli.demo.photographs import find_photographs
from sitr.fingerprint import Fingerprint, decode, fingerprint, pdq, views
from sitr.fingerprint.fingerprints import FEATURE_SIDE
from sitr.fingerprint.pixels import shrunk
from sitr.words import LANGS, say

pytestmark = [
    pytest.mark.browser, pytest.mark.timeout(300),
    pytest.mark.skipif(not photographs.FOLDER.is_dir(), reason="the photographs' packages are not installed"),
]  # fmt: skip
# A browser that falsifies canvases changes the lowest bit of some samples; this one does it where the worker reads.
NOISE = """
const read = OffscreenCanvasRenderingContext2D.prototype.getImageData;
OffscreenCanvasRenderingContext2D.prototype.getImageData = function (...place) {
  const got = read.apply(this, place);
  for (let i = 1; i < got.data.length; i += 30011) got.data[i] ^= 1;
  return got;
};
"""
# Waiting in steps: the content policy refuses the polling of `wait_for_function`.
FETCHED = """async () => {
  const at = new URL('/static/web/print.js', location).href;
  while (!performance.getEntriesByName(at).length) await new Promise((then) => setTimeout(then, 20));
}"""
WORKED = """async (n) => {
  const done = () => document.querySelector('textarea').value.split('\\n').length > n
    && !document.querySelector('[name=photo]').disabled;
  while (!done()) await new Promise((then) => setTimeout(then, 20));
}"""
UNREAD = {"phone.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "empty.jpg": b"", "text.jpg": b"words"}
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic"}


@dataclass
class App:
    """The app alone, and where it is."""

    world: World
    at: str


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    """Served for all tests of this file."""
    for world in world_of("quiet_world.py"):
        yield App(world, str(world.hear("base")))


@contextmanager
def tool(app: App, *, falsified: bool = False, judged: bool = False) -> Iterator[tuple[BrowserContext, Page]]:
    """The page of the tool, come in by a link, its worker fetched."""
    with chromium() as browser:
        context = browser.new_context(locale="en", viewport={"width": 390, "height": 844}, bypass_csp=judged)
        page = context.new_page()
        if falsified:
            page.route("**/print.js", _with_noise)
        page.goto(f"{app.at}/k/{app.world.hear('token')}")
        page.goto(f"{app.at}/prints/")
        page.evaluate(FETCHED)
        page.check("[data-adults]")
        yield context, page


def _with_noise(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=NOISE + answer.text())


def made(page: Page, files: dict[str, bytes]) -> dict[str, dict[str, Any]]:
    """What the page says of each file."""
    chosen: list[FilePayload] = [
        {"name": name, "mimeType": _TYPES[name.rpartition(".")[2]], "buffer": data} for name, data in files.items()
    ]
    page.set_input_files("[name=photo]", chosen)
    page.evaluate(WORKED, len(files))
    lines = [json.loads(line) for line in page.input_value("textarea").splitlines()]
    return {line["file"]: line for line in lines}


def encoded(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@cache
def photograph(at: int) -> Image.Image:
    """One of the free photographs, in turns."""
    photos = find_photographs()
    return photos[at % len(photos)].picture(1400) if at < len(photos) else photograph(at % len(photos))


def pieces(count: int, side: int) -> dict[str, bytes]:
    """Different pictures cut out of the free photographs, saved in several ways; each rich enough for PDQ."""
    found: dict[str, bytes] = {}
    for at in range(500):
        photo, dice = photograph(at), np.random.default_rng(at)
        size = dice.integers(side // 2, side, 2) // 2 * 2 + 200
        left, top = (int(dice.integers(0, max(1, whole - part))) for whole, part in zip(photo.size, size, strict=True))
        piece = photo.crop((left, top, min(photo.width, left + int(size[0])), min(photo.height, top + int(size[1]))))
        ending, options = [
            ("jpg", {"quality": 85}), ("jpg", {"quality": 60, "progressive": True}), ("jpg", {"subsampling": 0}),
            ("png", {}),
        ][at % 4]  # fmt: skip
        data = encoded(piece, "PNG" if ending == "png" else "JPEG", **options)
        if pdq.reference(decode(data, at_least=FEATURE_SIDE).grey)[1] >= 80:
            found[f"{at}.{ending}"] = data
        if len(found) == count:
            break
    assert len(found) == count
    return found


def servers(data: bytes) -> Fingerprint:
    """The shareable part as `fingerprint` makes it, without the slow sealed part."""
    pixels = decode(data, at_least=FEATURE_SIDE, at_most=2 * FEATURE_SIDE)
    hashes, quality = pdq.reference_orientations(pixels.grey)
    return Fingerprint(pixels.width, pixels.height, quality, hashes, views.make(shrunk(pixels.grey, FEATURE_SIDE)))


def bits_apart(line: dict[str, Any], wanted: Fingerprint) -> tuple[int, int]:
    """The most bits that one of the eight orientations, and one of the views, is from the server's."""
    got = Fingerprint.from_json(line)
    assert (got.width, got.height) == (wanted.width, wanted.height)
    assert line["pdq"] == got.pdq
    assert abs(got.pdq_quality - wanted.pdq_quality) <= 5
    pairs = zip(got.orientations, wanted.orientations, strict=True)
    turns = [int(pdq.distance(one, other[None])[0]) for one, other in pairs]
    theirs = {view.kind: view.pdq for view in wanted.views}
    assert len({view.kind for view in got.views} ^ set(theirs)) <= 1  # one at the edge of too flat
    crops = [int(pdq.distance(v.pdq, theirs[v.kind][None])[0]) for v in got.views if v.kind in theirs]
    return max(turns), max(crops, default=0)


def test_a_dozen_pictures_of_all_kinds_offline_and_without_a_request(app: App) -> None:
    files = pieces(4, 400)
    plain = photograph(3).resize((320, 210))
    for turn in range(1, 9):
        exif = Image.Exif()
        exif[274], exif[271] = turn, "canary-make"
        files[f"turn{turn}.jpg"] = encoded(plain, quality=85, exif=exif)
    files["web.webp"] = encoded(plain, "WEBP", quality=90)
    with tool(app) as (context, page):
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        context.set_offline(True)
        lines = made(page, {**files, **UNREAD})
        assert asked == []
        assert not page.workers[0].evaluate("() => fetch('/').then(() => true, () => false)")
        context.set_offline(False)
        assert not page.workers[0].evaluate("() => fetch('/').then(() => true, () => false)")
    assert "canary" not in json.dumps(lines)
    assert [lines[name]["error"]["code"] for name in UNREAD] == ["not_decoded", "empty", "not_decoded"]
    assert lines["phone.heic"]["error"]["message"] == say("web.device_not_decoded", "en")
    known = fingerprint(files["turn6.jpg"])
    assert lines["turn6.jpg"].keys() == {"file", *known.to_json()}
    assert lines["turn6.jpg"]["pdq_orientations"].keys() == known.to_json()["pdq_orientations"].keys()
    for name, data in files.items():
        turns, crops = bits_apart(lines[name], servers(data))
        assert max(turns, crops) <= 10, name
    assert bits_apart(lines["turn6.jpg"], known)[0] <= 10
    upright = Fingerprint.from_json(lines["turn1.jpg"])
    for turn, name in enumerate(("mirror", "rot180", "flip", "transpose", "rot270", "transverse", "rot90"), 2):
        turned = Fingerprint.from_json(lines[f"turn{turn}.jpg"]).orientations[0]
        assert int(np.argmin(pdq.distance(turned, upright.orientations))) == pdq.ORIENTATIONS.index(name)


def test_a_browser_that_falsifies_canvases_reads_jpeg_and_png_without_one(app: App) -> None:
    files = pieces(4, 300)
    plain = photograph(1).resize((300, 300))
    exif = Image.Exif()
    exif[274] = 6
    files["turned.jpg"] = encoded(plain, quality=85, exif=exif)
    files["restarts.jpg"] = encoded(plain, quality=85, restart_marker_blocks=5)
    files["grey.jpg"] = encoded(plain.convert("L"), quality=85)
    files["turned.png"] = encoded(plain, "PNG", exif=exif)
    files["few.png"] = encoded(plain.quantize(200), "PNG")
    files["alpha.png"] = encoded(_faded(plain), "PNG")
    refused = {
        "web.webp": encoded(plain, "WEBP"), "cut.jpg": files["grey.jpg"][:9000], "cut.png": files["few.png"][:9000],
        "small.png": encoded(plain.resize((6, 6)), "PNG"), "phone.heic": UNREAD["phone.heic"],
        "rgb.jpg": encoded(plain, quality=85, keep_rgb=True),  # its first part is red, not light
        "key.png": encoded(plain, "PNG", transparency=plain.getpixel((9, 9))),
    }  # fmt: skip
    with tool(app, falsified=True) as (_, page):
        lines = made(page, {**files, **refused})
    codes = {name: lines[name].get("error", {}).get("code") for name in refused}
    assert codes == {
        "web.webp": "canvas_falsified", "cut.jpg": "damaged", "cut.png": "damaged", "small.png": "too_small",
        "phone.heic": "canvas_falsified", "rgb.jpg": "not_decoded", "key.png": "not_decoded",
    }  # fmt: skip
    assert lines["web.webp"]["error"]["message"] == say("web.device_canvas_falsified", "en")
    for name, data in files.items():
        assert max(bits_apart(lines[name], servers(data))) <= 10, name


def _faded(picture: Image.Image) -> Image.Image:
    out = picture.convert("RGBA")
    out.putalpha(Image.linear_gradient("L").resize(picture.size))
    return out


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_hundred_photographs_agree_with_the_server(app: App) -> None:
    files = pieces(110, 440)
    with tool(app) as (_, page):
        lines = made(page, files)
    apart = [bits_apart(lines[name], servers(data)) for name, data in files.items()]
    assert max(turns for turns, _ in apart) <= 10
    assert np.mean([turns for turns, _ in apart]) <= 2
    assert max(crops for _, crops in apart) <= 16


def test_the_tools_page_fits_a_phone_and_asks_about_age_first(app: App) -> None:
    picture = encoded(photograph(2).resize((200, 120)))
    with tool(app, judged=True) as (context, page):
        for lang in LANGS:
            context.add_cookies([{"name": "lang", "value": lang, "url": app.at}])
            page.goto(f"{app.at}/prints/")
            assert page.is_disabled("[name=photo]")
            assert say("web.prints_minor", lang) in page.inner_text("main")
            page.check("[data-adults]")
            made(page, {"a.jpg": picture})
            assert page.inner_text("[data-said]") == say("web.device_done", lang)
            shoot(page, "prints", lang)
            fits(page, lang, "prints")
            held_to_the_rules(page, "prints")
