"""A site on loopback that speaks HTTP as sites do: robots.txt, ETag and 304, Last-Modified, 429 with Retry-After,
content that changes from visit to visit. What was asked, and when by the test's own clock, is written down."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sitr.cli.demo.loopback import Quiet, loopback_server

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Asked:
    """One request."""

    at: datetime
    path: str
    conditional: bool
    status: int


@dataclass
class WatchSite:
    """`pages`: what a path answers, by status, headers and body, or a function that says so at each request. A page
    that carries an ETag answers 304 to whoever has it. `robots`: the text of robots.txt; None: 404."""

    port: int
    clock: Callable[[], datetime]
    pages: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    robots: str | None = None
    asked: list[Asked] = field(default_factory=list)
    hold: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str) -> str:
        """The whole address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path: str, body: bytes, media_type: str = "text/html", *, etag: bool = True, **headers: str) -> str:
        """Put something up; gives its address."""
        said = {"Content-Type": media_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if etag:
            said["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
        self.pages[path] = (200, said, body)
        return self.url(path)

    def show(self, path: str, *images: str, words: str = "gallery") -> str:
        """Put up a page with these images."""
        shown = "".join(f'<img src="{each}">' for each in images)
        return self.put(path, f"<p>{words}</p>{shown}".encode())

    def take_down(self, path: str, status: int = 404) -> None:
        """From now on it is not there."""
        self.pages[path] = (status, {"Content-Type": "text/plain"}, b"not here")

    def paths(self) -> list[str]:
        """What was asked for, in order, without robots.txt."""
        return [one.path for one in self.asked if one.path != "/robots.txt"]

    def answer(self, path: str) -> Answer:
        """What a path answers now."""
        if path == "/robots.txt":
            text = self.robots
            return (404, {}, b"") if text is None else (200, {"Content-Type": "text/plain"}, text.encode())
        found = self.pages.get(path, (404, {"Content-Type": "text/plain"}, b"not here"))
        return found() if callable(found) else found


@contextmanager
def watch_site(clock: Callable[[], datetime]) -> Iterator[WatchSite]:
    """The site, until the end of the block."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            status, headers, body = site.answer(self.path)
            asked = self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since")
            same = {headers.get("ETag"), headers.get("Last-Modified")} - {None}
            if status == 200 and asked in same:
                status, body = 304, b""
            site.asked.append(Asked(site.clock(), self.path, bool(asked), status))
            site.reached.set()
            if site.hold is not None and self.path != "/robots.txt":
                site.hold.wait(30)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with loopback_server(Handler) as server:
        site = WatchSite(server.server_port, clock)
        yield site
