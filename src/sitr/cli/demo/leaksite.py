"""A small leak site on loopback: what `sitr demo` and the tests capture, find copies on, and see taken down.

Belongs here: the pages, the edited copies, a real HTTP server. It knows nothing of Sitr: no room of the house is used,
so what is found on it is found by looking at it. Not here: what the demo does with the site.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from PIL import Image, ImageDraw, ImageOps

from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.cli.demo.photographs import Photograph, jpeg

GALLERY = "/gallery/sara-7781"
SHORT = "/s/k7x"
_MIDDLE = "/latest"


@dataclass(frozen=True)
class Copy:
    """What was done to which photograph: edit is cropped, mirrored, reencoded or screenshot."""

    photo: str
    edit: str


@dataclass(frozen=True)
class Request:
    """One request that the site was asked."""

    method: str
    path: str
    status: int
    agent: str


@dataclass
class LeakSite:
    """The running site. `copies` is the answer sheet: image address -> what it is a copy of; for judging only."""

    port: int
    copies: Mapping[str, Copy]
    strangers: Sequence[str]
    requests: list[Request] = field(default_factory=list)
    gone: HTTPStatus | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The gallery page."""
        return self.origin + GALLERY

    @property
    def short_url(self) -> str:
        """An address that leads to the gallery over two redirects."""
        return self.origin + SHORT

    def take_down(self, status: int = 410) -> None:
        """From now on the page and every image answer 410 (or 404)."""
        self.gone = HTTPStatus(status)

    def put_back(self) -> None:
        """The page is there again: what a watch must notice."""
        self.gone = None


@contextmanager
def leak_site(photographs: Sequence[Photograph], *, port: int = 0) -> Iterator[LeakSite]:
    """Serve the gallery until the block ends. The first two photographs are the leaked ones, the rest strangers'.

    `port` 0 takes a free one. Nothing is written to disk.
    """
    leaked, others = photographs[:2], photographs[2:]
    images, answers = _images(leaked, others)
    with loopback_server(_Handler, port=port) as server:
        origin = f"http://127.0.0.1:{server.server_port}"
        copies = {origin + path: copy for path, copy in answers.items()}
        strangers = [origin + path for path in images if path not in answers]
        site = LeakSite(server.server_port, copies, strangers)
        _Handler.sites[site.port] = (site, images, _page(list(images)).encode())
        try:
            yield site
        finally:
            del _Handler.sites[site.port]


def _images(leaked: Sequence[Photograph], others: Sequence[Photograph]) -> tuple[dict[str, bytes], dict[str, Copy]]:
    """Path -> JPEG, in the order of the page, and which of them are copies. File names give nothing away."""
    edits: list[tuple[Photograph, str, Callable[[Image.Image], bytes]]] = [
        (leaked[0], "cropped", lambda p: jpeg(_cropped(p))),
        (leaked[1], "mirrored", lambda p: jpeg(ImageOps.mirror(p), 80)),
        (leaked[1], "reencoded", lambda p: jpeg(ImageOps.contain(p, (900, 900)), 38)),
        (leaked[0], "screenshot", lambda p: jpeg(_phone(p), 78)),
    ]
    pictures = {photo.name: photo.picture() for photo in leaked}
    made = [(Copy(photo.name, edit), make(pictures[photo.name])) for photo, edit, make in edits]
    plain = [(None, jpeg(other.picture(1200))) for other in others]
    order: list[tuple[Copy | None, bytes]] = [*plain]
    for place, copy in zip((1, 4, 8, 11), made, strict=True):
        order.insert(min(place, len(order)), copy)
    images = {f"/media/{1741 + 37 * i}.jpg": data for i, (_, data) in enumerate(order)}
    answers = {path: copy for path, (copy, _) in zip(images, order, strict=True) if copy}
    return images, answers


def _cropped(picture: Image.Image) -> Image.Image:
    """A quarter of each side cut away, off the middle."""
    width, height = picture.size
    return picture.crop((round(width * 0.2), round(height * 0.08), round(width * 0.95), round(height * 0.83)))


def _phone(picture: Image.Image) -> Image.Image:
    """The picture in a messenger on a phone, as a screenshot shows it: status bar, name, bubbles, field."""
    width, height = 720, 1480
    page = Image.new("RGB", (width, height), "#efe7dd")
    pen = ImageDraw.Draw(page)
    pen.rectangle((0, 0, width, 48), "#0b5e54")
    for at, wide in ((24, 70), (560, 30), (610, 30), (655, 45)):
        pen.rounded_rectangle((at, 16, at + wide, 34), 5, fill="#e8f5f2")
    pen.rectangle((0, 48, width, 160), "#128c7e")
    pen.ellipse((84, 64, 164, 144), "#cfe9e5")
    pen.rounded_rectangle((190, 78, 430, 104), 8, fill="#ffffff")
    pen.rounded_rectangle((190, 116, 330, 134), 6, fill="#b5ddd7")
    pen.rounded_rectangle((250, 190, 700, 290), 18, fill="#dcf8c6")
    for y, wide in ((212, 360), (248, 250)):
        pen.rounded_rectangle((276, y, 276 + wide, y + 18), 6, fill="#7d9a70")
    shown = ImageOps.contain(picture, (600, 760))
    pen.rounded_rectangle((20, 330, 40 + shown.width, 350 + shown.height + 40), 18, fill="#ffffff")
    page.paste(shown, (30, 340))
    below = 350 + shown.height
    pen.rounded_rectangle((30, below + 8, 250, below + 26), 6, fill="#9a9a9a")
    pen.rounded_rectangle((20, below + 70, 420, below + 150), 18, fill="#ffffff")
    pen.rounded_rectangle((44, below + 98, 360, below + 118), 6, fill="#8c8c8c")
    pen.rounded_rectangle((20, height - 96, 600, height - 20), 38, fill="#ffffff")
    pen.ellipse((624, height - 96, 700, height - 20), "#128c7e")
    return page


def _page(paths: list[str]) -> str:
    """The gallery: images at once, lazy, fetched by script as they come into view, and one as a background."""
    backdrop, shown = paths[-1], paths[:-1]
    figures = "\n".join(_figure(i, path) for i, path in enumerate(shown))
    return f"""<!doctype html>
<html lang="ar" dir="rtl">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>صور مسربة | Leaked photos</title>
<link rel="icon" href="data:,">
<style>
body {{ margin: 0; font-family: sans-serif; background: #f4f1ee; color: #222; }}
header {{ padding: 3rem 1rem; background: #222 url("{backdrop}") center / cover; }}
header {{ color: #fff; text-shadow: 0 0 6px #000; }}
main {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 1rem; padding: 1rem; }}
figure {{ margin: 0; min-height: 260px; background: #ddd; }}
img {{ width: 100%; display: block; min-height: 200px; object-fit: cover; }}
figcaption {{ padding: .5rem; font-size: .9rem; }}
</style>
</head>
<body>
<header><h1>معرض صور مسربة</h1><p lang="en" dir="ltr">Gallery of leaked photos, 22 November, by @k7x_leaks</p></header>
<main>
{figures}
</main>
<footer><p>للتواصل: <a href="mailto:k7x@leaks.example">k7x@leaks.example</a></p>
<p lang="en" dir="ltr">{len(shown)} pictures. Share the short link.</p></footer>
<script>
const seen = new IntersectionObserver((entries) => {{
  for (const e of entries) {{
    if (e.isIntersecting) {{ e.target.src = e.target.dataset.src; seen.unobserve(e.target); }}
  }}
}});
document.querySelectorAll("img[data-src]").forEach((i) => seen.observe(i));
</script>
</body>
</html>
"""


def _figure(i: int, path: str) -> str:
    if i < 3:
        how = f'src="{path}"'
    elif i % 2:
        how = f'src="{path}" loading="lazy"'
    else:
        how = f'data-src="{path}"'
    caption = f'صورة {i + 1} <span lang="en">Photo {i + 1}</span>'
    return f'<figure><img {how} alt="صورة {i + 1}"><figcaption>{caption}</figcaption></figure>'


_GONE_PAGE = (
    '<!doctype html><html lang="ar" dir="rtl"><meta charset="utf-8"><title>أزيل المحتوى</title>'
    '<p>أزيل هذا المحتوى.</p><p lang="en" dir="ltr">This content was removed.</p></html>'
).encode()


class _Handler(Quiet):
    """Answers for whichever site listens on this port."""

    sites: dict[int, tuple[LeakSite, dict[str, bytes], bytes]] = {}  # noqa: RUF012 (one entry a running server)
    protocol_version = "HTTP/1.1"
    timeout = 10
    server_version, sys_version = "gallery", ""

    def do_GET(self) -> None:
        self._reply()

    def do_HEAD(self) -> None:
        self._reply()

    def _reply(self) -> None:
        site, images, page = self.sites[self.server.server_address[1]]  # type: ignore[index]
        path = self.path.partition("?")[0]
        status, kind, body, location = self._answer(path, site, images, page)
        site.requests.append(Request(self.command, path, status, self.headers.get("User-Agent", "")))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    @staticmethod
    def _answer(path: str, site: LeakSite, images: dict[str, bytes], page: bytes) -> tuple[int, str, bytes, str]:
        html = "text/html; charset=utf-8"
        if path == "/robots.txt":
            return HTTPStatus.OK, "text/plain", b"User-agent: *\nAllow: /\n", ""
        if path in {"/", SHORT, _MIDDLE, GALLERY} or path in images:
            if site.gone is not None:
                return site.gone, html, _GONE_PAGE, ""
            if path in images:
                return HTTPStatus.OK, "image/jpeg", images[path], ""
            onward = {SHORT: _MIDDLE, _MIDDLE: GALLERY, "/": GALLERY}.get(path)
            return (HTTPStatus.FOUND, html, b"", onward) if onward else (HTTPStatus.OK, html, page, "")
        return HTTPStatus.NOT_FOUND, html, _GONE_PAGE, ""
