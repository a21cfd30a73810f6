"""From the text of an address to scheme, host, port and request line. Reads only; decides nothing about where it leads.

It follows the WHATWG URL standard where browsers and servers disagree about what is meant (numbers as hosts,
backslashes, full-width letters), because the page that we capture was written for browsers.
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from urllib.parse import quote, urlsplit

from sitr.errors import BadInput, OutsideSilent

SCHEME_PORTS = {"http": 80, "https": 443}
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_URL = 16_384


@dataclass(frozen=True)
class Target:
    """One http(s) address taken apart: `host` as to be resolved, `path` as to be sent. Its parts stay out of logs."""

    scheme: str = field(repr=False)
    host: str = field(repr=False)
    port: int = field(repr=False)
    path: str = field(repr=False)

    @property
    def authority(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == SCHEME_PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str) -> Target:
    """Take apart an address written by anybody.

    Raises BadInput `net.not_an_address` for what cannot be an address, OutsideSilent `net.scheme` for another scheme
    than http and https, and OutsideSilent `net.userinfo` for a name or password before the host: no evidence needs it
    and it serves to make an address look like another.
    """
    text = url.strip()
    if not text or len(text) > _LONGEST_URL or _UNSAFE.search(text):
        raise BadInput("net.not_an_address")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BadInput("net.not_an_address") from None
    if parts.scheme not in SCHEME_PORTS:
        raise OutsideSilent("net.scheme")
    if "@" in parts.netloc:
        raise OutsideSilent("net.userinfo")
    if port == 0:
        raise BadInput("net.not_an_address")
    host = read_host(parts.hostname or "")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]|") if parts.query else ""
    return Target(parts.scheme, host, port or SCHEME_PORTS[parts.scheme], path + query)


def read_host(written: str) -> str:
    """The host as to be resolved: lower case, ASCII (IDNA), numbers turned into dotted IPv4, no final dot.

    Raises BadInput `net.not_an_address`.
    """
    if ":" in written:  # an IPv6 literal; what it may be is judged with every other address
        return written.lower()
    try:
        host = written.encode("idna").decode("ascii").lower() if not written.isascii() else written.lower()
    except UnicodeError:
        raise BadInput("net.not_an_address") from None
    host = host.removesuffix(".")
    if not _HOST.fullmatch(host) or len(host) > 253:
        raise BadInput("net.not_an_address")
    return _number_host(host) if _NUMBER.fullmatch(host.rpartition(".")[2]) else host


def _number_host(host: str) -> str:
    """WHATWG's IPv4 parser: `0x7f.1`, `2130706433` and `0177.0.0.1` all are 127.0.0.1."""
    parts = host.split(".")
    if len(parts) > 4 or not all(_NUMBER.fullmatch(p) for p in parts):
        raise BadInput("net.not_an_address")
    try:
        numbers = [_number(p) for p in parts]
    except ValueError:
        raise BadInput("net.not_an_address") from None
    *heads, last = numbers
    if any(n > 255 for n in heads) or last >= 256 ** (5 - len(numbers)):
        raise BadInput("net.not_an_address")
    return str(IPv4Address(sum(n << (24 - 8 * i) for i, n in enumerate(heads)) + last))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)
