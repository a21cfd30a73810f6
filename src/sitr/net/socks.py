"""A SOCKS5 proxy of the operator's (RFC 1928, user and password by RFC 1929): what is said to it, and its answers.

The proxy is given the name and resolves it itself (`socks5h`): nothing about a visit is asked of this machine's
resolver. So what a name leads to cannot be judged here; what may be asked for by the look of it belongs to `door.py`.
"""

import re
import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from sitr.errors import BadInput, OutsideSilent
from sitr.net.timed import Deadline

_VERSION, _CONNECT, _RESERVED = 5, 1, 0
_NO_SECRET, _BY_SECRET, _NONE_FITS = 0, 2, 0xFF
_IPV4, _NAME, _IPV6 = 1, 3, 4
_NOT_ALLOWED = 2
# The other side is not there, says the proxy: general failure, network, host, refused, TTL (RFC 1928, 6).
_NOT_THERE = frozenset({1, 3, 4, 5, 6})
_LENGTHS = {_IPV4: 4, _IPV6: 16}
# Names that lead into the proxy's own network, whatever it resolves them to (RFC 6761, 6762, 8375, 9476).
_INNER_NAMES = re.compile(
    r"(^|\.)(localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa|alt)$"
)


@dataclass(frozen=True)
class Proxy:
    """Where the operator's proxy stands, and the name and password that it may ask for."""

    host: str
    port: int
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def read_proxy(url: str) -> Proxy:
    """A proxy from `socks5h://[user:password@]host:port`. Raises BadInput `net.not_a_proxy`.

    `socks5://` is refused: with most programs it means that names are resolved before the proxy, which tells them to
    this machine's resolver.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise BadInput("net.not_a_proxy") from None
    extra = parts.path.strip("/") or parts.query or parts.fragment
    name, secret = unquote(parts.username or ""), unquote(parts.password or "")
    too_long = any(len(one.encode()) > 255 for one in (name, secret))
    if parts.scheme != "socks5h" or not parts.hostname or not port or extra or too_long or bool(name) != bool(secret):
        raise BadInput("net.not_a_proxy")
    return Proxy(parts.hostname, port, name, secret)


def is_inner_name(host: str) -> bool:
    """Whether a name belongs to a network's inside by its form: one label, or an ending that is never public."""
    return "." not in host or _INNER_NAMES.search(host) is not None


def ask(sock: socket.socket, proxy: Proxy, host: str, port: int, deadline: Deadline) -> None:
    """Have the proxy at the other end of `sock` connect to `host`; afterwards the socket speaks with that host.

    Raises OutsideSilent: `net.proxy_silent` (it does not speak SOCKS5, broke off, or wants another password),
    `net.unreachable` (it says that the host is not there), `net.proxy_refused` (its rules forbid it), `net.too_slow`.
    """
    talk = greet(sock, proxy, deadline)
    talk.send(bytes([_VERSION, _CONNECT, _RESERVED]) + _address(host) + port.to_bytes(2, "big"))
    _read_reply(talk)


def greet(sock: socket.socket, proxy: Proxy, deadline: Deadline) -> "_Talk":
    """Agree with the proxy on who asks; no host is named. Raises OutsideSilent `net.proxy_silent`, `net.too_slow`."""
    talk = _Talk(sock, deadline)
    methods = [_BY_SECRET] if proxy.username else [_NO_SECRET]
    talk.send(bytes([_VERSION, len(methods), *methods]))
    version, method = talk.read(2)
    if version != _VERSION or method == _NONE_FITS or method not in methods:
        raise OutsideSilent("net.proxy_silent")
    if method == _BY_SECRET:
        _log_in(talk, proxy)
    return talk


def _log_in(talk: "_Talk", proxy: Proxy) -> None:
    name, secret = proxy.username.encode(), proxy.password.encode()
    talk.send(bytes([1, len(name)]) + name + bytes([len(secret)]) + secret)
    if talk.read(2)[1] != 0:
        raise OutsideSilent("net.proxy_silent")


def _address(host: str) -> bytes:
    try:
        number = ip_address(host)
    except ValueError:
        name = host.encode("ascii")
        return bytes([_NAME, len(name)]) + name
    return bytes([_IPV4 if number.version == 4 else _IPV6]) + number.packed


def _read_reply(talk: "_Talk") -> None:
    version, answer, _reserved, kind = talk.read(4)
    if version != _VERSION:
        raise OutsideSilent("net.proxy_silent")
    if answer in _NOT_THERE:
        raise OutsideSilent("net.unreachable")
    if answer != 0:
        raise OutsideSilent("net.proxy_refused" if answer == _NOT_ALLOWED else "net.proxy_silent")
    # Where it connected from: of no use, but it stands before the first byte of the site.
    length = talk.read(1)[0] if kind == _NAME else _LENGTHS.get(kind)
    if length is None:
        raise OutsideSilent("net.proxy_silent")
    talk.read(length + 2)


class _Talk:
    """Exact reads within the deadline: not a byte more than the proxy's own, the rest is the site's."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.left())
        try:
            self._sock.sendall(data)
        except TimeoutError:
            raise OutsideSilent("net.too_slow") from None
        except OSError:
            raise OutsideSilent("net.proxy_silent") from None

    def read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            self._sock.settimeout(self._deadline.left())
            try:
                part = self._sock.recv(size - len(got))
            except TimeoutError:
                raise OutsideSilent("net.too_slow") from None
            except OSError:
                part = b""
            if not part:
                raise OutsideSilent("net.proxy_silent")
            got += part
        return got
