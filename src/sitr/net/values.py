"""The plain values that go in and out of the door. Nothing here connects."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limits:
    """How much of the world one request may take: wall-clock seconds in all, bytes of each body, number of redirects.

    `seconds` is a hard deadline over names, connections, redirects and bodies together. `bytes` counts the body both as
    it travels and as it unfolds, so that a compression bomb ends there.
    """

    seconds: float = 30.0
    bytes: int = 20_000_000
    redirects: int = 10


@dataclass(frozen=True)
class Pinned:
    """A name with the one checked address at which it is visited. Its parts stay out of logs."""

    host: str = field(repr=False)
    ip: str = field(repr=False)
    port: int = field(repr=False)


@dataclass(frozen=True)
class Conditions:
    """What an earlier answer of `url` gave to ask by (RFC 9110, 13.1): answered with 304 while nothing changed.

    Sent to exactly `url` and to no other address of a chain of redirects. `etag` is empty where there was none.
    """

    url: str = field(repr=False)
    etag: str = field(default="", repr=False)
    modified: str = field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        """The headers of the question. `If-Modified-Since` is left out beside an ETag, which decides alone."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.modified} if self.modified else {}


@dataclass(frozen=True)
class Response:
    """An answer: final address, status, headers in their order, decoded body, and the addresses that led here."""

    url: str = field(repr=False)
    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)
    redirects: tuple[str, ...] = field(repr=False, default=())

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)
