"""The page behind a login that the extension saves in the tests, and what has to come of it, in whichever browser."""

import io
import json
from typing import Any

import numpy as np
from PIL import Image

BAND, BANDS = 250, 36
COOKIE = "seat=somebody-in-particular"
LAZY = (201, 17, 133)
ELSEWHERE = ((20, 90, 200), (240, 200, 10))
FIXED, STICKY = (255, 0, 255), (0, 200, 255)


def colour(number: int) -> tuple[int, int, int]:
    """Of the band of this number."""
    return (40 + number * 37 % 150, 60 + number * 61 % 120, 90 + number * 17 % 100)


def _picture(left: tuple[int, int, int], right: tuple[int, int, int]) -> bytes:
    """Two halves, so that a piece of it, or a mirrored one, is another picture."""
    out = io.BytesIO()
    made = Image.new("RGB", (120, 80), left)
    made.paste(right, (60, 0, 120, 80))
    made.save(out, "PNG")
    return out.getvalue()


def _long_page() -> bytes:
    """Bands of known colours; a header that sticks, a bar that is fixed, images that wait to be scrolled to, and one of
    another site. `PORT` is for the site to fill in."""
    bands = "".join(
        f'<div style="height:{BAND}px;background:rgb{colour(number)}">'
        + (f'<img loading="lazy" src="/lazy.png?{number}" width="120" height="80">' if number % 10 == 5 else "")
        + ('<img src="http://cdn.localhost:PORT/open/other.png" width="120" height="80">' if number == 3 else "")
        + "</div>"
        for number in range(BANDS)
    )
    return (
        '<!doctype html><html lang="ar" dir="rtl"><meta charset="utf-8"><title>صفحة خلف الجدار 🌿</title>'
        "<style>body{margin:0}header{position:sticky;top:0;height:50px;background:rgb(0,200,255)}"
        "footer{position:fixed;bottom:0;inset-inline:0;height:40px;background:rgb(255,0,255)}</style>"
        '<header id="h" style="color:black">صفحة <a href="/@leaker.one">@leaker.one</a></header>'
        f"{bands}<p style='margin:0;height:60px'>نص عربي في آخر الصفحة، من حساب @second_account</p>"
        "<div id=s></div><script>s.attachShadow({mode: 'closed'}).innerHTML = '<p>@third' + '_account</p>'</script>"
        '<footer>fixed</footer><iframe src="http://other.localhost:1/x" style="display:none"></iframe></html>'
    ).encode()


PAGES = {
    "/login": ("text/html", b"<p>in</p>"), "/wall": ("text/html; charset=utf-8", _long_page()),
    "/lazy.png": ("image/png", _picture(LAZY, LAZY)), "/open/other.png": ("image/png", _picture(*ELSEWHERE)),
}  # fmt: skip


def unpack(body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A bundle as it went over the wire: what it says, and its files by name."""
    size = int.from_bytes(body[:4], "big")
    said = json.loads(body[4 : 4 + size])
    at, found = 4 + size, {"page.json": body[4 : 4 + size]}
    for part in said["parts"]:
        found[part["name"]] = body[at : at + part["bytes"]]
        at += part["bytes"]
    assert at == len(body)
    return said, found


def manifest_is_right(said: dict[str, Any], address: str, browser: str) -> None:
    """Address, title, answers, account names, images."""
    assert said["url"] == address
    assert said["title"] == "صفحة خلف الجدار 🌿"
    assert (said["child"], said["pictures"]) == ("no", True)
    assert {one["name"] for one in said["accounts"]} >= {"@leaker.one", "@second_account", "@third_account"}
    origin = address.removesuffix("/wall")
    lazy = {f"{origin}/lazy.png?{number}" for number in range(5, BANDS, 10)}
    assert {one["address"] for one in said["images"]} == lazy | {elsewhere(address)}
    assert browser in str(said["user_agent"])


def elsewhere(address: str) -> str:
    """The address of the image of another site."""
    return address.replace("leaks.", "cdn.").replace("/wall", "/open/other.png")


def pictures_are_right(files: dict[str, bytes], height: int) -> None:
    """Every band of the page stands at its place in the stitched picture, each header once, every lazy image shown."""
    tiles = [np.asarray(Image.open(io.BytesIO(files[f"page-0{n}.png"])).convert("RGB")) for n in (1, 2)]
    assert [tile.shape[0] for tile in tiles] == [8000, height - 8000]
    whole = np.concatenate(tiles)
    for number in range(BANDS):
        middle = 50 + number * BAND + BAND // 2
        assert tuple(whole[middle, 30]) == colour(number), number
        if number % 10 == 5:
            near = whole[50 + number * BAND : 50 + number * BAND + 80]
            assert (near == LAZY).all(axis=2).any(), number
    sticks = np.flatnonzero((whole[:, 30] == STICKY).all(axis=1))
    assert (sticks.min(), sticks.max()) == (0, 49)
    assert not (whole == FIXED).all(axis=2).any()
    view = np.asarray(Image.open(io.BytesIO(files["view.png"])).convert("RGB"))
    assert tuple(view[-20, 30]) == FIXED
    assert tuple(view[20, 30]) == STICKY
