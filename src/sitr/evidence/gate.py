"""The filter proxy: the only thing that confined Chromium can talk to, and the only thing here that opens connections.

It opens nothing but what (1) a request seen by the recorder asked for and (2) the door to the network allows. The
first rule keeps the browser's own calls home, preconnects and guesses inside; the second keeps pages off private
addresses: the door resolves, checks and connects to the very address it checked. It also counts bytes and remembers
which address each host had. Recording belongs to `recorder.py`; what is private belongs to `sitr.net`.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from sitr.errors import SitrError

Target = tuple[str, int]

_HEAD_LIMIT = 256 * 1024
_CONNECT_SECONDS = 10.0
# A request is announced by the recorder before it is let go, a WebSocket just after: wait this long for the
# announcement.
_PATIENCE_SECONDS = 0.4
_CHUNK = 65536
_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_HOP = re.compile(rb"^(proxy-[a-z-]+|connection|keep-alive):[^\n]*\n", re.IGNORECASE | re.MULTILINE)


class Way(Protocol):
    """What capture needs of `sitr.net.Door`."""

    @property
    def proxied(self) -> bool:
        """Whether connections go by way of a proxy: then the other end's address is the proxy's, not the site's."""

    def connect(
        self, host: str, port: int, seconds: float, told: Callable[[tuple[str, ...]], None] | None = None
    ) -> socket.socket:
        """A connected socket to a checked address; `told` gets all addresses that the name had. Raises SitrError (the
        refusal) or OSError."""


@dataclass(frozen=True)
class Refused:
    """A host that was not opened: `why` is the door's code (`net....`), `limit`, or `not_asked` for the browser's own
    calls."""

    host: str
    port: int
    why: str


class Gate:
    """One proxy for one capture. `bytes_in` counts what came from outside."""

    def __init__(self, way: Way, most_bytes: int, most_connections: int) -> None:
        self._way = way
        self._most_bytes = most_bytes
        self._most_connections = most_connections
        self._allowed: dict[Target, asyncio.Event] = {}
        self._server: asyncio.Server | None = None
        self._threads = ThreadPoolExecutor(16, thread_name_prefix="sitr-gate")
        self._tasks: set[asyncio.Task[None]] = set()
        self.bytes_in = 0
        self.connections = 0
        self.over_limit = False
        self.addresses: dict[Target, str] = {}
        self.answers: dict[str, tuple[str, ...]] = {}
        self.refused: dict[Refused, None] = {}

    async def open(self, listener: socket.socket) -> None:
        """Begins to accept on a listening socket, which may stand in another network namespace."""
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=_HEAD_LIMIT)

    def allow(self, url: str) -> None:
        """A request for this address was seen: its host and port may be asked for."""
        target = target_of(url)
        if target is not None:
            self._allowed.setdefault(target, asyncio.Event()).set()

    def address_of(self, url: str) -> str | None:
        """The address that was connected to for this URL's host and port."""
        target = target_of(url)
        return self.addresses.get(target) if target else None

    def refusal_of(self, url: str) -> str | None:
        """Why this URL's host and port was not opened, if it was not."""
        target = target_of(url)
        return next((r.why for r in self.refused if (r.host, r.port) == target and r.why != "not_asked"), None)

    async def close(self) -> None:
        """Ends every connection and lets go of the socket. Look-ups still under way end on their own limit."""
        if self._server is not None:
            self._server.close()
        await asyncio.sleep(0)  # a connection accepted just now gets its task
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # a connection that breaks shows up as a failed request in the recorder
        finally:
            await _hang_up(writer)
            if task is not None:
                self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        method, address, _version = line.split(b" ", 2)
        tunnel = method == b"CONNECT"
        target = target_of(("https://" if tunnel else "") + address.decode("ascii"))
        if target is None:
            return
        outside = await self._connect(target)
        if outside is None:
            return
        far_reader, far_writer = outside
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._splice(reader, writer, far_reader, far_writer)
            else:
                await self._one_request(reader, writer, (method, address, fields), outside)
        finally:
            await _hang_up(far_writer)

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        if not await self._asked_for(target):
            self._refuse(target, "not_asked")
            return None
        if self.over_limit or self.connections >= self._most_connections:
            self._refuse(target, "limit")
            return None
        self.connections += 1
        try:
            sock = await self._through_the_door(target)
        except SitrError as error:
            self.connections -= 1
            self._refuse(target, error.code)
            return None
        except OSError:
            self.connections -= 1
            self._refuse(target, "net.unreachable")
            return None
        if not self._way.proxied:
            self.addresses[target] = str(sock.getpeername()[0])
        sock.setblocking(False)
        return await asyncio.open_connection(sock=sock)

    async def _through_the_door(self, target: Target) -> socket.socket:
        """The door blocks, so it is asked in a thread; a socket that comes after we gave up is closed."""

        def told(addresses: tuple[str, ...]) -> None:
            self.answers[target[0]] = tuple(dict.fromkeys((*self.answers.get(target[0], ()), *addresses)))

        future = self._threads.submit(self._way.connect, *target, _CONNECT_SECONDS, told)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            future.add_done_callback(_drop)
            raise

    async def _asked_for(self, target: Target) -> bool:
        event = self._allowed.setdefault(target, asyncio.Event())
        try:
            await asyncio.wait_for(event.wait(), _PATIENCE_SECONDS)
        except TimeoutError:
            return False
        return True

    def _refuse(self, target: Target, why: str) -> None:
        # No answer is made up: the browser must see a failed connection, never a page of ours that could be recorded.
        self.refused[Refused(*target, why)] = None

    async def _one_request(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        request: tuple[bytes, bytes, bytes],
        outside: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Plain HTTP: one request a connection. What the browser sends after it belongs to another request, perhaps to
        another host, so the connection ends there and the browser opens a new one."""
        method, address, fields = request
        parts = urlsplit(address.decode("ascii"))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        far_reader, far_writer = outside
        far_writer.write(
            b"%s %s HTTP/1.1\r\nConnection: close\r\n%s" % (method, path.encode("ascii"), _HOP.sub(b"", fields))
        )
        length = _LENGTH.search(fields)
        left = int(length[1]) if length else 0
        while left > 0 and (chunk := await reader.read(min(left, _CHUNK))):
            far_writer.write(chunk)
            await far_writer.drain()
            left -= len(chunk)
        answer = asyncio.create_task(self._bring_in(far_reader, writer))
        more = asyncio.create_task(reader.read(1))
        await _first_of(answer, more)

    async def _splice(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        far_writer: asyncio.StreamWriter,
    ) -> None:
        async def take_out() -> None:
            while chunk := await reader.read(_CHUNK):
                far_writer.write(chunk)
                await far_writer.drain()

        await _first_of(asyncio.create_task(self._bring_in(far_reader, writer)), asyncio.create_task(take_out()))

    async def _bring_in(self, far_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await far_reader.read(_CHUNK):
            self.bytes_in += len(chunk)
            if self.bytes_in > self._most_bytes:
                self.over_limit = True
                return
            writer.write(chunk)
            await writer.drain()
        # The far side has said all; what the browser has not taken yet is lost if the connection ends now.
        writer.transport.set_write_buffer_limits(0)
        await writer.drain()


def _drop(future: "Future[socket.socket]") -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().close()


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Ends a connection from which nothing more is wanted."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), 0.5)
    except TimeoutError:
        writer.transport.abort()
    except OSError:
        pass  # the other side was faster


async def _first_of(*tasks: "asyncio.Task[None] | asyncio.Task[bytes]") -> None:
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError):
                await task


def target_of(url: str) -> Target | None:
    """Host and port of an http(s) or ws(s) address, None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https", "ws", "wss"} or not parts.hostname:
        return None
    return parts.hostname, port or (443 if parts.scheme in {"https", "wss"} else 80)
