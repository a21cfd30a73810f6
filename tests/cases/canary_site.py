"""A page on loopback whose every part holds a canary: its address, its words, its pictures, what its script does."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from PIL import Image
from tests.cases.canary_search import Canary

from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.cli.demo.photographs import Photograph


@dataclass
class CanarySite:
    """The running site."""

    port: int
    start: str
    page: str
    canaries: Mapping[str, Canary]
    pictures: Mapping[str, bytes]
    gone: bool = False
    posted: list[bytes] = field(default_factory=list)


def picture(photo: Photograph, side: int, comment: str) -> bytes:
    """A copy of the photograph with a comment in its file."""
    out = io.BytesIO()
    shown: Image.Image = photo.picture(side)
    shown.save(out, "JPEG", quality=80, comment=comment.encode())
    return out.getvalue()


@contextmanager
def canary_site(canaries: Mapping[str, Canary], mine: Photograph, other: Photograph) -> Iterator[CanarySite]:
    """Serve the page until the block ends. The first picture is a copy of `mine`."""
    said = {name: one.text for name, one in canaries.items()}
    pictures = {
        said["image file"]: picture(mine, 900, said["image comment"]),
        said["image file in Arabic"]: picture(other, 700, "nothing"),
    }
    with loopback_server(_Handler) as server:
        port = server.server_port
        page = f"/{quote(said['page path'])}?v={said['page query']}"
        site = CanarySite(port, f"http://127.0.0.1:{port}/{said['short path']}", page, canaries, pictures)
        _Handler.sites[port] = site
        try:
            yield site
        finally:
            del _Handler.sites[port]


def _html(site: CanarySite) -> str:
    said = {name: one.text for name, one in site.canaries.items()}
    images = "".join(f'<img src="/{quote(name)}" alt="">' for name in site.pictures)
    return f"""<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>{said["page title"]}</title>
<link rel="icon" href="data:,"></head><body><h1>{said["page title"]}</h1><p lang="en">{said["page text"]}</p>{images}
<script>
localStorage.setItem("seen", "{said["stored by the page"]}");
fetch("/api", {{method: "POST", body: "{said["posted"]}"}}).then(r => r.text()).then(t => {{
  document.body.append(t);
}});
</script></body></html>"""


class _Handler(Quiet):
    """Answers for whichever site listens on this port."""

    sites: dict[int, CanarySite] = {}  # noqa: RUF012 (one entry a running server)
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        site = self.sites[self.server.server_address[1]]  # type: ignore[index]
        name = unquote(self.path.partition("?")[0]).removeprefix("/")
        if site.gone:
            self._reply(410, "text/html", b"<!doctype html><title>gone</title>")
        elif name == site.canaries["short path"].text:
            self._reply(302, "text/html", b"", ("Location", site.page))
        elif name == site.canaries["page path"].text:
            self._reply(
                200, "text/html; charset=utf-8", _html(site).encode(),
                ("Set-Cookie", f"visit={site.canaries['cookie'].text}"),
                ("X-Served-By", site.canaries["header"].text),
            )  # fmt: skip
        elif name in site.pictures:
            self._reply(200, "image/jpeg", site.pictures[name])
        else:
            self._reply(404, "text/html", b"<!doctype html><title>none</title>")

    def do_POST(self) -> None:
        site = self.sites[self.server.server_address[1]]  # type: ignore[index]
        site.posted.append(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        self._reply(200, "text/plain; charset=utf-8", site.canaries["fetched"].text.encode())

    def _reply(self, status: int, kind: str, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name in http.server)
        """Nothing is written to the terminal."""
