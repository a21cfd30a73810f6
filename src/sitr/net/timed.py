"""A socket that cannot outlive its deadline: every wait is cut to what is left, however slowly the other side drips.

An ordinary socket timeout starts anew with each byte, so a server that sends one byte a second holds it forever.
"""

import io
import socket
from collections.abc import Callable
from typing import Any

from sitr.errors import OutsideSilent

Clock = Callable[[], float]


class Deadline:
    """A moment on a monotonic clock (seconds) by which everything has to be over."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock = clock
        self._ends = clock() + seconds

    def left(self) -> float:
        """Seconds that remain; raises OutsideSilent `net.too_slow` when there are none."""
        left = self._ends - self._clock()
        if left <= 0:
            raise OutsideSilent("net.too_slow")
        return left


class TimedSocket:
    """What http.client needs of a socket: `sendall`, `makefile`, `close`; bounded in time and in bytes received."""

    def __init__(self, sock: socket.socket, deadline: Deadline, most: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._most = most

    def sendall(self, data: Any) -> None:
        """Send all bytes before the deadline."""
        view = memoryview(data)
        while view:
            self._sock.settimeout(self._deadline.left())
            view = view[self._sock.send(view[:65536]) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        """The answer as a buffered file; only reading is needed."""
        if mode != "rb":
            raise ValueError("only reading")
        return io.BufferedReader(_TimedReader(self._sock, self._deadline, self._most))

    def close(self) -> None:
        """Nothing: http.client closes once the headers are read, with the body still to come. The door closes."""


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline, most: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise OutsideSilent("net.too_big")
        return count
