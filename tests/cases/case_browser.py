"""A paired browser, without a browser: its key, and bundles as the extension makes them."""

import io
import json
from hashlib import sha256
from typing import Any

from tests.cases.case_world import World, drawn

from sitr.cases import arrivals, pairings
from sitr.cases.arrivals import ArrivalView
from sitr.cases.pairings import Guest

ORIGIN = "chrome-extension://" + "abcdefghijklmnop" * 2
OTHER_ORIGIN = "moz-extension://0f0f0f0f-1111-4222-8333-444455556666"
PAGE = "https://leaks.example/behind/the/wall?id=7"
WORDS = "نص الصفحة كما ظهرت\n"


def key_for(world: World, case: str, origin: str = ORIGIN) -> str:
    """The key of a browser that is paired now."""
    code = pairings.offer(world.holder, case).code
    return pairings.exchange(world.services, code, origin, "chromium").key


def paired(world: World, case: str) -> Guest:
    """A browser that is paired now, as it shows its key."""
    return pairings.guest(world.services, key_for(world, case), ORIGIN)


def files(*, pictures: bool = True) -> dict[str, tuple[str, str, bytes]]:
    """Files of a page by name: kind, media type, bytes."""
    text = {"page.txt": ("text", "text/plain", WORDS.encode())}
    if not pictures:
        return text
    saved = (
        b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--b\r\nContent-Type: image/png\r\n"
        b"Content-Transfer-Encoding: binary\r\nContent-Location: https://cdn.leaks.example/a.png\r\n\r\n"
        + drawn() + b"\r\n--b--\r\n"
    )  # fmt: skip
    return {
        **text, "page-1.png": ("screenshot", "image/png", drawn(7)), "page.mhtml": ("mhtml", "multipart/related", saved)
    }  # fmt: skip


def bundle(parts: dict[str, tuple[str, str, bytes]], /, **said: Any) -> bytes:
    """A bundle of these files; `said` lies over what an honest manifest says."""
    pictures = any(kind != "text" for kind, _, _ in parts.values())
    manifest = {
        "v": 1, "url": PAGE, "title": "عنوان", "captured_at": "2026-03-14T09:20:00Z", "child": "no",
        "pictures": pictures, "partial": False, "images": [],
        "parts": [
            {"kind": kind, "name": name, "media_type": media, "bytes": len(data), "sha256": sha256(data).hexdigest()}
            for name, (kind, media, data) in parts.items()
        ],
        **said,
    }  # fmt: skip
    raw = json.dumps(manifest, ensure_ascii=False).encode()
    return len(raw).to_bytes(4, "big") + raw + b"".join(data for _, _, data in parts.values())


def send(world: World, guest: Guest, data: bytes, *, pictures: bool = True) -> arrivals.Receipt:
    """Send a bundle."""
    return arrivals.receive(world.services, guest, io.BytesIO(data), len(data), pictures=pictures)


def arrived(world: World, case: str) -> ArrivalView:
    """A page that arrived and waits."""
    name = send(world, paired(world, case), bundle(files())).id
    return next(one for one in arrivals.list_arrivals(world.holder, case) if one.id == name)
