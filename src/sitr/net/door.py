"""The door itself: every address from people, pages and replies is checked after resolution, pinned, and bounded.

Two ways lead out and they do not mix: `resolve`, `connect` and `get` for addresses that anybody may have written, and
`connect_infrastructure`, `post_infrastructure` and `get_infrastructure` for exactly the host:port pairs that the
operator named. Nothing here is written to a log, and no error's text holds an address.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import urljoin

from sitr.errors import BadInput, OutsideSilent
from sitr.net.addresses import Refusal, is_own, judge, plain_ip
from sitr.net.bodies import read_body
from sitr.net.loopback import LoopbackPass
from sitr.net.names import Resolver, look_up, system_resolver
from sitr.net.socks import Proxy, ask, greet, is_inner_name
from sitr.net.targets import Target, read_host, read_target
from sitr.net.timed import Clock, Deadline, TimedSocket
from sitr.net.values import Conditions, Limits, Pinned, Response

# Where the web is served: the standard ports, the usual second ones, and the ones that large CDNs pass on. Any other
# port of a public host is somebody's mail, database or admin service, at which Sitr must not be aimed.
WEB_PORTS = frozenset(
    {80, 443, 8000, 8008, 8080, 8081, 8443, 8880, 8888, 2052, 2053, 2082, 2083, 2086, 2087, 2095, 2096}
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADER_ROOM = (
    262_144  # http.client itself stops at 100 headers of 64 KiB each; interim answers have no end of their own
)
_ADDRESSES_TRIED = 3
_LOOK_UP_SECONDS = 10.0
# A visit shows up in the log of whoever leaked the photo: it must not say that Sitr came.
_AGENT = "Mozilla/5.0"


@dataclass(frozen=True)
class _Request:
    target: Target
    method: str
    body: bytes | None = field(default=None, repr=False)
    content_type: str | None = None
    since: Conditions | None = field(default=None, repr=False)

    def headers(self) -> dict[str, str]:
        sent = {"Host": self.target.authority, "User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
        if self.body is not None:
            sent["Content-Length"] = str(len(self.body))
        if self.content_type is not None:
            sent["Content-Type"] = self.content_type
        if self.since is not None:
            sent |= self.since.headers()
        return {**sent, "Connection": "close"}


class Door:
    """The only way to the network.

    `infrastructure`: exact (host, port) pairs named by the operator. `loopback`: the demo's pass. `trust`: gives the
    TLS settings; the system's roots and name checks unless tests bring a root of their own. `own`: whether an address
    is this machine's. `proxy`: the operator's SOCKS5 proxy, by which every visit then goes, or does not go at all.
    """

    def __init__(
        self,
        infrastructure: Iterable[tuple[str, int]] = (),
        loopback: LoopbackPass | None = None,
        *,
        resolver: Resolver = system_resolver,
        clock: Clock = time.monotonic,
        trust: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        own: Callable[[str], bool] = is_own,
        proxy: Proxy | None = None,
    ) -> None:
        named = [*infrastructure, *([(proxy.host, proxy.port)] if proxy else [])]
        self._infrastructure = frozenset((read_host(host), port) for host, port in named)
        self._proxy = proxy
        self._loopback = loopback
        self._resolver = resolver
        self._clock = clock
        self._trust = trust
        self._own = own

    @property
    def proxied(self) -> bool:
        """Whether visits go by the operator's proxy, which resolves their names."""
        return self._proxy is not None

    def greet_proxy(self, seconds: float) -> None:
        """See whether the operator's proxy answers as one, with the name and password given; no host is asked of it.

        Raises OutsideSilent `net.proxy_silent`.
        """
        if self._proxy is None:
            return
        deadline = Deadline(seconds, self._clock)
        try:
            with self.connect_infrastructure(self._proxy.host, self._proxy.port, deadline.left()) as sock:
                greet(sock, self._proxy, deadline)
        except (OutsideSilent, OSError):
            raise OutsideSilent("net.proxy_silent") from None

    def resolve(self, host: str, port: int, seconds: float = _LOOK_UP_SECONDS) -> Pinned:
        """The one checked address at which this host may be visited; connect to it by `connect_pinned`.

        Raises OutsideSilent: `net.port`, `net.unknown_name`, `net.too_slow`, `net.address` with `reason` (a `Refusal`)
        when any of the name's addresses is not public, `net.proxy_resolves` when names are the proxy's to resolve;
        BadInput `net.not_an_address`.
        """
        if self._proxy is not None:
            raise OutsideSilent("net.proxy_resolves")
        return self._resolve_all(host, port, Deadline(seconds, self._clock))[0]

    def connect(
        self, host: str, port: int, seconds: float, told: Callable[[tuple[str, ...]], None] | None = None
    ) -> socket.socket:
        """A connected TCP socket to a host that anybody may have written, its timeout set to what is left. `told` gets
        all addresses that the name had, for whoever keeps a record.

        Raises what `resolve` raises, and OutsideSilent `net.unreachable`; by a proxy also `net.proxy_silent` and
        `net.proxy_refused`.
        """
        return self._visit(host, port, Deadline(seconds, self._clock), told)

    def connect_pinned(self, pinned: Pinned, seconds: float) -> socket.socket:
        """A connected TCP socket to exactly the address that `resolve` checked. Its address is judged once more."""
        if self._proxy is not None:
            raise OutsideSilent("net.proxy_resolves")
        self._check_address(pinned.ip, pinned.port)
        self._check_not_ours(pinned.ip, pinned.port)
        return _connect_first((pinned,), Deadline(seconds, self._clock))

    def connect_infrastructure(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connected TCP socket to a host and port that the operator named, wherever it stands.

        Raises OutsideSilent `net.not_infrastructure`, `net.unknown_name`, `net.unreachable`, `net.too_slow`.
        """
        deadline = Deadline(seconds, self._clock)
        return _connect_first(self._named(host, port, deadline), deadline)

    def get(
        self, url: str, limits: Limits, method: Literal["GET", "HEAD"] = "GET", *, since: Conditions | None = None
    ) -> Response:
        """Fetch an address that anybody may have written; every redirect is checked like the first one.

        An answer of any status is a Response. `since`: what an earlier answer of one address gave to ask by. With
        `limits.redirects` 0 a redirect is handed back as it is, for whoever has manners of their own on the way.
        Raises OutsideSilent for everything that is none: what `connect` raises, `net.scheme`, `net.userinfo`,
        `net.too_many_redirects`, `net.too_slow`, `net.too_big`, `net.cut`, `net.encoding`, `net.certificate`,
        `net.not_http`; BadInput `net.not_an_address`.
        """
        deadline = Deadline(limits.seconds, self._clock)
        trail: list[str] = []
        while True:
            target = read_target(url)
            sock = self._visit(target.host, target.port, deadline)
            asked = _Request(target, method, since=since if since and since.url == url else None)
            answer = self._exchange(sock, asked, limits.bytes, deadline)
            onward = answer.header("Location") if answer.status in _REDIRECTS else None
            if onward is None or not limits.redirects:
                return replace(answer, url=url, redirects=tuple(trail))
            trail.append(url)
            if len(trail) > limits.redirects:
                raise OutsideSilent("net.too_many_redirects")
            url = joined(url, onward)

    def post_infrastructure(self, url: str, body: bytes, content_type: str, limits: Limits) -> Response:
        """Post to a service that the operator named (a time authority). Redirects are handed back, never followed."""
        deadline = Deadline(limits.seconds, self._clock)
        target = read_target(url)
        sock = _connect_first(self._named(target.host, target.port, deadline), deadline)
        request = _Request(target, "POST", body, content_type)
        return replace(self._exchange(sock, request, limits.bytes, deadline), url=url)

    def get_infrastructure(self, url: str, limits: Limits) -> Response:
        """Fetch from a service that the operator named (a calendar). Redirects are handed back, never followed."""
        deadline = Deadline(limits.seconds, self._clock)
        target = read_target(url)
        sock = _connect_first(self._named(target.host, target.port, deadline), deadline)
        return replace(self._exchange(sock, _Request(target, "GET"), limits.bytes, deadline), url=url)

    def _visit(
        self, host: str, port: int, deadline: Deadline, told: Callable[[tuple[str, ...]], None] | None = None
    ) -> socket.socket:
        if self._proxy is None:
            found = self._resolve_all(host, port, deadline)
            if told is not None:
                told(tuple(one.ip for one in found))
            return _connect_first(found, deadline)
        name = read_host(host)
        if _is_literal(name) and self._passes(name, port):  # the demo's own site stands on this machine
            return _connect_first((Pinned(name, plain_ip(name), port),), deadline)
        self._check_by_look(name, port)
        try:
            sock = self.connect_infrastructure(self._proxy.host, self._proxy.port, deadline.left())
        except OutsideSilent:
            raise OutsideSilent("net.proxy_silent") from None
        try:
            ask(sock, self._proxy, plain_ip(name) if _is_literal(name) else name, port, deadline)
            sock.settimeout(deadline.left())
        except BaseException:
            sock.close()
            raise
        return sock

    def _check_by_look(self, name: str, port: int) -> None:
        """What can be told of an address that the proxy will resolve: a number is judged as ever, an inner name is
        refused by its form, the ports are the web's."""
        if (name, port) in self._infrastructure:
            raise OutsideSilent("net.address", reason=Refusal.INFRASTRUCTURE.value)
        if _is_literal(name):
            self._check_address(name, port)
            self._check_not_ours(name, port)
        elif is_inner_name(name):
            raise OutsideSilent("net.address", reason=Refusal.NOT_GLOBAL.value)
        elif port not in WEB_PORTS:
            raise OutsideSilent("net.port", port=port)

    def _resolve_all(self, host: str, port: int, deadline: Deadline) -> tuple[Pinned, ...]:
        name = read_host(host)
        if (name, port) in self._infrastructure:
            raise OutsideSilent("net.address", reason=Refusal.INFRASTRUCTURE.value)
        addresses = (name,) if _is_literal(name) else look_up(self._resolver, name, port, deadline.left())
        # One bad address among good ones is how rebinding names look: then none is used.
        for address in addresses:
            self._check_address(address, port)
        for address in addresses:
            self._check_not_ours(address, port)
        return tuple(Pinned(name, plain_ip(address), port) for address in addresses)

    def _check_address(self, address: str, port: int) -> None:
        why = None if self._passes(address, port) else judge(address)
        if why is not None:
            raise OutsideSilent("net.address", reason=why.value)
        if port not in WEB_PORTS and not self._passes(address, port):
            raise OutsideSilent("net.port", port=port)

    def _check_not_ours(self, address: str, port: int) -> None:
        if (plain_ip(address), port) in self._infrastructure:
            raise OutsideSilent("net.address", reason=Refusal.INFRASTRUCTURE.value)
        if not self._passes(address, port) and self._own(plain_ip(address)):
            raise OutsideSilent("net.address", reason=Refusal.OWN.value)

    def _passes(self, address: str, port: int) -> bool:
        return self._loopback is not None and self._loopback.allows(address, port)

    def _named(self, host: str, port: int, deadline: Deadline) -> tuple[Pinned, ...]:
        name = read_host(host)
        if (name, port) not in self._infrastructure:
            raise OutsideSilent("net.not_infrastructure")
        addresses = (name,) if _is_literal(name) else look_up(self._resolver, name, port, deadline.left())
        return tuple(Pinned(name, address, port) for address in addresses)

    def _exchange(self, sock: socket.socket, request: _Request, most: int, deadline: Deadline) -> Response:
        with sock:
            try:
                with self._secure(sock, request.target, deadline) as outer:
                    return _speak(TimedSocket(outer, deadline, most + _HEADER_ROOM), request, most)
            except TimeoutError:
                raise OutsideSilent("net.too_slow") from None
            except ssl.SSLCertVerificationError:
                raise OutsideSilent("net.certificate") from None
            except http.client.IncompleteRead:
                raise OutsideSilent("net.cut") from None
            except (http.client.HTTPException, ssl.SSLError, ValueError):
                raise OutsideSilent("net.not_http") from None
            except OSError:
                raise OutsideSilent("net.cut") from None

    def _secure(self, sock: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
        if target.scheme == "http":
            return sock
        sock.settimeout(deadline.left())
        return self._trust().wrap_socket(sock, server_hostname=target.host)


def _speak(sock: TimedSocket, request: _Request, most: int) -> Response:
    connection = http.client.HTTPConnection(request.target.host, request.target.port)
    connection.sock = sock
    try:
        connection.putrequest(request.method, request.target.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers().items():
            connection.putheader(name, value)
        connection.endheaders(request.body)
        with connection.getresponse() as answer:
            return Response("", answer.status, tuple(answer.getheaders()), read_body(answer, most))
    finally:
        connection.close()


def _connect_first(addresses: tuple[Pinned, ...], deadline: Deadline) -> socket.socket:
    """The first of a few checked addresses that answers. They are numbers: nothing is resolved a second time."""
    tried = addresses[:_ADDRESSES_TRIED]
    for number, pinned in enumerate(tried):
        # A share of the time for each, so that one that swallows everything leaves some for the next.
        share = deadline.left() / (len(tried) - number)
        try:
            sock = socket.create_connection((pinned.ip, pinned.port), timeout=share)
            sock.settimeout(deadline.left())
        except OSError:
            continue
        return sock
    deadline.left()
    raise OutsideSilent("net.unreachable")


def _is_literal(host: str) -> bool:
    return judge(host) is not Refusal.NOT_AN_ADDRESS or ":" in host


def joined(base: str, onward: str) -> str:
    """Where a redirect leads. Servers send raw UTF-8 and spaces there, which http.client hands on as Latin-1."""
    with suppress(UnicodeError):
        onward = onward.encode("latin-1").decode("utf-8")
    try:
        url = urljoin(base, onward.strip().replace(" ", "%20"))
        read_target(url)
    except (ValueError, BadInput):
        raise OutsideSilent("net.not_http") from None
    return url
