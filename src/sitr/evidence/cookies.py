"""The cookies of a person's own session, as they hand them over: read and checked. Nothing is sent or kept here.

Two forms are read: a `cookies.txt` (Netscape's format, as browsers' add-ons and curl write it) and a pasted `Cookie:`
header (RFC 6265, 4.2) with the host that it belongs to. A value opens an account: it is in no printed form of these.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import Any

from sitr.errors import BadInput

_MOST = 300
_LONGEST = 4096
_LONGEST_TEXT = 512 * 1024
_FIELDS = 7
_SECONDS = re.compile(r"-?[0-9]{1,18}(\.[0-9]{0,18})?")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}")
# What no cookie may hold: controls and the separator (RFC 6265, 4.1.1); the rest is left to the site.
_BAD_VALUE = re.compile(r"[\x00-\x1f\x7f;]")


@dataclass(frozen=True)
class Cookie:
    """One cookie. `subdomains`: sent to hosts below `host`, too. `expires`: seconds since 1970, None: this session."""

    name: str
    value: str = field(repr=False)
    host: str = field(repr=False)
    subdomains: bool = False
    path: str = "/"
    secure: bool = True
    http_only: bool = False
    expires: int | None = None

    def belongs_to(self, host: str) -> bool:
        """Whether it may be sent to that host (RFC 6265, 5.1.3)."""
        return host == self.host or (self.subdomains and host.endswith("." + self.host))

    def as_json(self) -> dict[str, Any]:
        """As it is sealed."""
        return dict(vars(self))


def from_json(stored: Mapping[str, Any]) -> Cookie:
    """A cookie as `as_json` wrote it."""
    return Cookie(**stored)


def read_cookies(text: str, host: str = "") -> tuple[Cookie, ...]:
    """The cookies in a `cookies.txt`, or in a pasted header that belongs to `host`.

    Raises BadInput: `evidence.no_cookies` (none in the text, or one of them malformed), `evidence.cookie_host` (a
    header without its host), `evidence.cookie_too_wide` (for a whole public suffix such as `com`).
    """
    if len(text) > _LONGEST_TEXT:
        raise BadInput("evidence.no_cookies")
    lines = [line.rstrip("\r") for line in text.split("\n") if line.strip()]
    if any(line.count("\t") >= _FIELDS - 2 for line in lines):
        found = list(_netscape(lines))
    else:
        found = list(_header(" ".join(lines), checked_host(host)))
    if not found or len(found) > _MOST:
        raise BadInput("evidence.no_cookies")
    return tuple({(c.name, c.host, c.path): c for c in found}.values())


def _netscape(lines: list[str]) -> Iterator[Cookie]:
    """Host, subdomains, path, secure, expires, name, value, with tabs between. `#HttpOnly_` stands before a host."""
    for line in lines:
        http_only = line.startswith("#HttpOnly_")
        if line.startswith("#") and not http_only:
            continue
        parts = line.removeprefix("#HttpOnly_").split("\t")
        if len(parts) == _FIELDS - 1:  # an empty value loses its tab in some editors
            parts.append("")
        if len(parts) != _FIELDS:
            raise BadInput("evidence.no_cookies")
        host, below, path, secure, expires, name, value = parts
        expires = expires.strip()  # of more than what a number may have around it
        if not _SECONDS.fullmatch(expires):
            raise BadInput("evidence.no_cookies")
        ends = int(float(expires))
        yield _made(
            Cookie(
                name, value, checked_host(host.lstrip(".")), subdomains=below == "TRUE" or host.startswith("."),
                path=path or "/", secure=secure == "TRUE", http_only=http_only, expires=ends if ends > 0 else None,
            )
        )  # fmt: skip


def _header(text: str, host: str) -> Iterator[Cookie]:
    """A header names no host, path or time: this host only, over TLS only, for one visit."""
    body = text.strip()
    body = body[7:] if body[:7].casefold() == "cookie:" else body
    for pair in body.split(";"):
        if pair.strip():
            name, equals, value = pair.strip().partition("=")
            if not equals:
                raise BadInput("evidence.no_cookies")
            yield _made(Cookie(name.strip(), value.strip(), host, secure=not _is_number(host)))


def _made(cookie: Cookie) -> Cookie:
    fits = _NAME.fullmatch(cookie.name) and not _BAD_VALUE.search(cookie.value) and len(cookie.value) <= _LONGEST
    if not fits or not cookie.path.startswith("/") or _BAD_VALUE.search(cookie.path):
        raise BadInput("evidence.no_cookies")
    if cookie.subdomains and not _is_number(cookie.host) and _suffixes().publicsuffix(cookie.host) == cookie.host:
        raise BadInput("evidence.cookie_too_wide", host=cookie.host)
    return cookie


def checked_host(written: str) -> str:
    """A host as browsers compare it. Raises BadInput `evidence.cookie_host`."""
    host = written.strip().rstrip(".").lower()
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        host = ""
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise BadInput("evidence.cookie_host")
    return host


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> Any:
    from publicsuffixlist import PublicSuffixList  # a quarter of a second that only a jar needs

    return PublicSuffixList()
