"""The Chrome DevTools Protocol over Chromium's own pipe: JSON messages that end in a zero byte.

Only the wire is here: sending a command, waiting for its answer with a limit, handing events on. What the commands
mean is elsewhere. A pipe is used and no port, so that nobody else on the machine can reach the browser.
"""

import asyncio
import base64
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
_NUMBER = re.compile(rb'\{"id":(\d+)')
_PIECE = 3 * 2**18  # base64 makes four signs of three bytes: pieces of whole threes can be joined

Params = dict[str, Any]
Handler = Callable[[Params, str], None]


class CdpError(Exception):
    """Chromium answered a command with an error."""


class CdpClosedError(CdpError):
    """The browser is gone; no command can be answered any more."""


class Cdp(asyncio.Protocol):
    """One connection. Commands may run side by side; each has its own limit in seconds."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Params]] = {}
        self._handlers: dict[str, list[Handler]] = {}
        self._parts: list[bytes] = []
        self._most: dict[int, int] = {}
        self._length = 0
        self._dropping = False
        self._last = 0
        self._held: list[bytes] | None = None
        self._one_file = asyncio.Lock()
        self._writer: asyncio.WriteTransport | None = None
        self._reader: asyncio.BaseTransport | None = None
        self.closed = False

    @classmethod
    async def open(cls, read_fd: int, write_fd: int) -> "Cdp":
        """Takes over both pipe ends."""
        loop = asyncio.get_running_loop()
        self = cls()
        self._reader, _ = await loop.connect_read_pipe(lambda: self, os.fdopen(read_fd, "rb", buffering=0))
        writer, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(write_fd, "wb", buffering=0))
        self._writer = writer
        return self

    def on(self, event: str, handler: Handler) -> None:
        """`handler(params, session)` is called for each such event; it must not block."""
        self._handlers.setdefault(event, []).append(handler)

    def send(
        self, method: str, params: Params | None = None, session: str = "", *, most: int = 0
    ) -> asyncio.Future[Params]:
        """Sends now, answers later. Raises CdpClosedError through the future when the browser is gone. An answer of
        more than `most` bytes (0: any) is not taken in: CdpError."""
        future: asyncio.Future[Params] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_seen)
        if self.closed or self._writer is None:
            future.set_exception(CdpClosedError(method))
            return future
        self._last += 1
        message: Params = {"id": self._last, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        self._waiting[self._last] = future
        if most:
            self._most[self._last] = most
        data = json.dumps(message).encode() + b"\0"
        if self._held is None:
            self._writer.write(data)
        else:
            self._held.append(data)
        return future

    async def send_file(self, method: str, params: Params, name: str, path: Path) -> None:
        """Sends a command whose last parameter `name` is a file in base64, piece by piece: it is never whole in memory.
        Other commands wait until it is through; nobody waits for its answer. Raises CdpClosedError."""
        async with self._one_file:
            if self.closed or self._writer is None:
                raise CdpClosedError(method)
            self._last += 1
            head = json.dumps({"id": self._last, "method": method, "params": params})[:-2]
            self._held = []
            try:
                self._writer.write(f'{head}{", " if params else ""}"{name}": "'.encode())
                with path.open("rb") as file:
                    while piece := file.read(_PIECE):
                        await self._room(method)
                        self._writer.write(base64.b64encode(piece))
                self._writer.write(b'"}}\0')
            finally:
                held, self._held = self._held, None
                if not self.closed:
                    self._writer.write(b"".join(held))

    async def _room(self, method: str) -> None:
        """Waits until the browser has read most of what was sent."""
        while self._writer is not None and self._writer.get_write_buffer_size() > _PIECE:
            if self.closed:
                raise CdpClosedError(method)
            await asyncio.sleep(0.002)

    async def call(
        self, method: str, params: Params | None = None, session: str = "", *, seconds: float, most: int = 0
    ) -> Params:
        """Sends and waits. Raises TimeoutError after `seconds`, CdpError when refused or longer than `most` bytes,
        CdpClosedError when the browser is gone."""
        return await asyncio.wait_for(self.send(method, params, session, most=most), max(seconds, 0.01))

    def close(self) -> None:
        """Lets go of the pipe; everything still waited for ends with CdpClosedError."""
        for transport in (self._reader, self._writer):
            if transport is not None:
                transport.close()
        self.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        while (end := data.find(b"\0")) >= 0:
            self._parts.append(data[:end])
            whole, self._parts, self._length = b"".join(self._parts), [], 0
            data = data[end + 1 :]
            if not self._dropping:
                self._take(_read(whole))
            self._dropping = False
        if data and not self._dropping:
            self._parts.append(data)
            self._length += len(data)
            self._bound()

    def _bound(self) -> None:
        """Lets go of an answer that grows longer than was asked for; its number stands at its beginning."""
        if not self._most or self._length <= min(self._most.values()):
            return
        found = _NUMBER.match(b"".join(self._parts[:2])[:40])
        number = int(found[1]) if found else 0
        if self._length > self._most.get(number, self._length):
            self._parts, self._dropping = [], True
            self._most.pop(number)
            if not (future := self._waiting.pop(number)).done():
                future.set_exception(CdpError("longer than asked for"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's own signature)
        self.closed = True
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(CdpClosedError("the browser is gone"))

    def _take(self, message: Params) -> None:
        if "id" not in message:
            for handler in self._handlers.get(message["method"], ()):
                handler(message.get("params", {}), message.get("sessionId", ""))
            return
        future = self._waiting.pop(message["id"], None)
        self._most.pop(message["id"], None)
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(CdpError(message["error"].get("message", "")))
        else:
            future.set_result(cast("Params", message.get("result", {})))


def _read(message: bytes) -> Params:
    """One message. A page may write half a surrogate pair into a title or a dialog: no file takes it, so it becomes
    U+FFFD here, where everything of the page comes in."""
    found = json.loads(message.decode("utf-8", "replace"))
    return cast("Params", _whole_signs(found) if _HALF_PAIR.search(message) else found)


def _whole_signs(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_whole_signs(one) for one in value]
    if isinstance(value, dict):
        return {_whole_signs(name): _whole_signs(one) for name, one in value.items()}
    return value


def _seen(future: "asyncio.Future[Params]") -> None:
    """An answer nobody waited for (a target that closed meanwhile) is not a defect."""
    if not future.cancelled():
        future.exception()
