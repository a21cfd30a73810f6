"""What one capture is, as plain values: no browser, no network, no clock.

Everything here points to the person (addresses, texts, hosts): the caller seals it. Nothing of it may be logged.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

RECORD_VERSION = 1

Headers = tuple[tuple[str, str], ...]


class FileKind(StrEnum):
    """What a captured file is; the word stands in the sealed exhibit."""

    WACZ = "wacz"
    SCREENSHOT = "screenshot"
    PDF = "pdf"
    HTML = "html"
    TEXT = "text"
    RECORD = "record"


class Wall(StrEnum):
    """How far Chromium is shut in (see docs/decisions/0006-capture.md)."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


class BodyState(StrEnum):
    """What became of the body of one response. A missing body is a state, never an empty one."""

    KEPT = "kept"
    CUT = "cut"
    ABSENT = "absent"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Confinement:
    """What shuts Chromium in. `reason` is empty for `full`; otherwise a word of `REASONS` in `wall.py`.

    `sandbox` says whether Chromium's own sandbox was on (in a capture: seen on the running renderer).
    """

    kind: Wall
    reason: str
    sandbox: bool


@dataclass(frozen=True)
class Problem:
    """One thing that was not as it should be. `say(code, lang, **data)` is its sentence."""

    code: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CapturedFile:
    """One file in the work folder: plain bytes, to be sealed by the caller."""

    kind: FileKind
    path: Path
    mime: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Hop:
    """One step of the way from the address asked for to the page shown."""

    url: str
    status: int
    location: str | None
    address: str | None


@dataclass(frozen=True)
class Certificate:
    """The TLS chain one host showed, leaf first, DER."""

    host: str
    chain: tuple[bytes, ...]


@dataclass
class Exchange:
    """One request and what came back, as received by the browser (bodies decoded). Filled while it happens."""

    number: int
    url: str
    method: str
    type: str
    frame: str
    started: datetime
    network_id: str = ""
    request_headers: Headers = ()
    post: bytes = b""
    status: int = 0
    reason: str = ""
    response_headers: Headers = ()
    address: str | None = None
    state: BodyState = BodyState.ABSENT
    why: str = ""
    body: Path | None = None
    length: int = 0

    def header(self, name: str) -> str:
        """The first response header of that name, or an empty string."""
        return next((v for k, v in self.response_headers if k.lower() == name), "")

    @property
    def mime(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def location(self) -> str | None:
        return self.header("location") or None if 300 <= self.status < 400 else None


@dataclass(frozen=True)
class PageImage:
    """One image of the page with the exact address it came from.

    `url` is the address of the response (after redirects), or `data:`/`blob:` forms cut to their first 120 characters;
    `dom_urls` are the addresses as the page wrote them (made absolute); `roles` say where it stood (img, srcset,
    background, poster ...).
    """

    url: str
    dom_urls: tuple[str, ...]
    roles: tuple[str, ...]
    path: Path
    mime: str
    bytes: int


@dataclass(frozen=True)
class Missing:
    """A resource of the page that has no whole body in the archive, and why."""

    url: str
    why: str


@dataclass(frozen=True)
class Completeness:
    """Of `expected` resources that the final page refers to, `kept` have their whole body in the archive."""

    kept: int
    expected: int
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class Tools:
    """With what it was done; printed in the dossier."""

    sitr: str
    browser: str
    user_agent: str
    warcio: str
    wacz: str
    viewport: tuple[int, int]
    locale: str
    timezone: str
    device: str = "desktop"
    scroll: bool = True
    expand: bool = False


@dataclass(frozen=True)
class Session:
    """The person's own cookies that came along: their names by host, never a value. `redacted` is at how many places
    outside of headers a value stood and was starred out."""

    cookies: tuple[tuple[str, str], ...] = ()
    redacted: int = 0


@dataclass(frozen=True)
class Capture:
    """One visit to one address and all that was kept of it. `partial` means: more was there than could be kept.
    `answers`: all addresses that each name had, of which `addresses` are those connected to. `proxied`: by way of the
    operator's proxy, which resolved the names; then no address of a server is known."""

    url: str
    final_url: str
    title: str
    status: int
    started: datetime
    ended: datetime
    pictures: bool
    redirects: tuple[Hop, ...]
    certificates: tuple[Certificate, ...]
    addresses: Mapping[str, str]
    files: tuple[CapturedFile, ...]
    exchanges: tuple[Exchange, ...]
    page_images: tuple[PageImage, ...]
    completeness: Completeness
    partial: bool
    problems: tuple[Problem, ...]
    confinement: Confinement
    tools: Tools
    seconds: Mapping[str, float]
    session: Session = field(default_factory=Session)
    proxied: bool = False
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def images(self) -> Iterator[PageImage]:
        """Every image of the page whose bytes were kept; empty when pictures were not allowed."""
        yield from self.page_images

    def of_kind(self, kind: FileKind) -> tuple[CapturedFile, ...]:
        """The files of one kind, in order (a tall page has several screenshots)."""
        return tuple(file for file in self.files if file.kind is kind)
