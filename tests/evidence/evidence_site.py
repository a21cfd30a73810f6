# ruff: noqa: E501  (pages and scripts are easier to read on one line)
"""A small web site on loopback for the capture tests: real HTTP, pages that help and pages that do harm. Pictures are drawn."""

import gzip
import io
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from typing import Any

from PIL import Image, ImageDraw

from sitr.cli.demo.loopback import Quiet, loopback_server

VIDEO = bytes(range(256)) * (6 * 4096)  # 6 MiB, more than what is held in the browser's memory


def drawn(name: str, size: tuple[int, int] = (320, 240)) -> bytes:
    """A JPEG that is different for every name."""
    seed = sum(name.encode()) * 7919
    image = Image.new("RGB", size, (seed % 200, seed // 7 % 200, seed // 49 % 200))
    pen = ImageDraw.Draw(image)
    for step in range(12):
        x, y = (seed * (step + 3)) % size[0], (seed * (step + 5)) % size[1]
        pen.ellipse((x - 30, y - 20, x + 30, y + 20), fill=((seed + step * 40) % 255, (seed * step) % 255, step * 20))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


class Site:
    """A server on a free loopback port. `hits` are the request lines that came; `raw` counts connections."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.raw = 0
        self.posted: list[bytes] = []
        self.pages: dict[str, Callable[[Any], None]] = {}
        self.stopping = threading.Event()
        site = self

        class Handler(Quiet):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def handle(self) -> None:
                site.raw += 1
                try:
                    super().handle()
                except OSError:
                    self.close_connection = True

            def do_GET(self) -> None:
                site.hits.append(self.path)
                path = self.path.partition("?")[0]
                if path in site.pages:
                    site.pages[path](self)
                elif path.endswith(".jpg"):
                    reply(self, drawn(path), "image/jpeg")
                else:
                    reply(self, b"not here", "text/plain", status=404)

            def do_POST(self) -> None:
                site.hits.append(self.path)
                site.posted.append(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
                reply(self, drawn("posted"), "image/jpeg")

        self._serving = ExitStack()
        self.port = self._serving.enter_context(loopback_server(Handler)).server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def html(self, path: str, body: str, **headers: str) -> str:
        """Puts up a page and hands back its address."""
        text = body if body.lstrip().startswith("<!") else f"<!DOCTYPE html><meta charset=utf-8><title>t</title>{body}"
        self.pages[path] = lambda handler: reply(handler, text.encode(), "text/html; charset=utf-8", 200, **headers)
        return self.url + path

    def close(self) -> None:
        self.stopping.set()
        self._serving.close()


def reply(handler: BaseHTTPRequestHandler, body: bytes, mime: str, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", mime)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def redirect(handler: BaseHTTPRequestHandler, to: str) -> None:
    reply(handler, b"", "text/plain", status=302, Location=to)


def ranged(handler: BaseHTTPRequestHandler) -> None:
    """A video server that answers ranges, as all do."""
    asked = handler.headers.get("Range", "")
    if not asked.startswith("bytes="):
        reply(handler, VIDEO, "video/mp4", Accept_Ranges="bytes")
        return
    first, _, last = asked.removeprefix("bytes=").partition("-")
    start, end = int(first), int(last or len(VIDEO) - 1)
    reply(handler, VIDEO[start : end + 1], "video/mp4", status=206, Content_Range=f"bytes {start}-{end}/{len(VIDEO)}")


def chunked_gzip(handler: BaseHTTPRequestHandler, body: bytes, mime: str) -> None:
    packed = gzip.compress(body)
    handler.send_response(200)
    handler.send_header("Content-Type", mime)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for part in (packed[:20], packed[20:]):
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
    handler.wfile.write(b"0\r\n\r\n")


def drip(site: Site, handler: BaseHTTPRequestHandler, body: bytes, mime: str, seconds: float) -> None:
    """Begins a body that has no end."""
    handler.send_response(200)
    handler.send_header("Content-Type", mime)
    handler.send_header("Connection", "close")
    handler.end_headers()
    until = time.monotonic() + seconds
    while time.monotonic() < until and not site.stopping.wait(0.1):
        handler.wfile.write(body)
        handler.wfile.flush()


GALLERY = """<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>معرض الصور</title>
<link rel="stylesheet" href="/style.css"><link rel="icon" href="/icon.jpg"></head><body class="board"><h1>صور مسرّبة</h1>
<div id="eager"></div><img src="/gone.jpg" alt="gone"><img src="/moved.jpg" width="200">
<img srcset="/set-400.jpg 400w, /set-800.jpg 800w" sizes="400px" src="/set-400.jpg">
<picture><source srcset="/other.jpg" media="(min-width: 9000px)"><img src="/chosen.jpg" width="200"></picture>
<img id="inline" src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==">
<img id="blob" width="200"><img id="post" width="200"><div class="after">x</div>
<video src="/film.mp4" poster="/poster.jpg" width="300" muted autoplay></video>
<iframe src="FRAME" width="400" height="300"></iframe>
<div id="lazy"></div><div id="watched"></div><p>آخر الصفحة</p>
<script>
const put = (box, html) => document.getElementById(box).insertAdjacentHTML("beforeend", html);
for (let i = 0; i < 4; i++) put("eager", `<img src="/eager-${i}.jpg" width="300">`);
for (let i = 0; i < 4; i++) put("lazy", `<div style="height:700px"><img loading="lazy" src="/lazy-${i}.jpg" width="300" height="200"></div>`);
for (let i = 0; i < 3; i++) put("watched", `<div style="height:700px"><img class="watched" data-src="/watched-${i}.jpg" width="300" height="200"></div>`);
const eye = new IntersectionObserver((all) => all.forEach((e) => { if (e.isIntersecting) { e.target.src = e.target.dataset.src; eye.unobserve(e.target); } }));
document.querySelectorAll(".watched").forEach((one) => eye.observe(one));
fetch("/fetched.jpg").then((r) => r.blob()).then((b) => { document.getElementById("blob").src = URL.createObjectURL(b); });
fetch("/give", {method: "POST", body: "which=7"}).then((r) => r.blob()).then((b) => { document.getElementById("post").src = URL.createObjectURL(b); });
</script></body></html>"""

STYLE = b""".board { background: url("/board.jpg"); } .after::after { content: ""; background-image: url(/pseudo.jpg); display: block; height: 50px; }
.never { background: url(/never.jpg); }"""


def put_up_gallery(site: Site) -> str:
    """The good page: everything that a leak page does to show pictures. Hands back the address before its redirect."""
    site.pages["/start"] = lambda handler: redirect(handler, "/gallery")
    site.pages["/moved.jpg"] = lambda handler: redirect(handler, "/real.jpg")
    site.pages["/gone.jpg"] = lambda handler: reply(handler, b"gone", "text/plain", status=404)
    site.pages["/style.css"] = lambda handler: chunked_gzip(handler, STYLE, "text/css")
    site.pages["/film.mp4"] = ranged
    site.html("/framed", "<body>frame<img src='/framed.jpg'>")
    site.html(
        "/gallery", GALLERY.replace("FRAME", f"http://localhost:{site.port}/framed"), Set_Cookie="visitor=1; Path=/"
    )
    return site.url + "/start"
