"""From a name to addresses, within a bounded time. The system's resolver is a default; tests hand in their own."""

import queue
import socket
import threading
from collections.abc import Callable, Sequence

from sitr.errors import OutsideSilent

Resolver = Callable[[str, int], Sequence[str]]
"""Takes a host and a port, gives its IP addresses in the order to try; raises OSError when there are none."""


def system_resolver(host: str, port: int) -> Sequence[str]:
    """All addresses that the machine's own resolver knows for TCP, in its order of preference (RFC 6724)."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return tuple(dict.fromkeys(str(info[4][0]) for info in found))


def look_up(resolver: Resolver, host: str, port: int, seconds: float) -> tuple[str, ...]:
    """The addresses of a host. `getaddrinfo` has no time limit of its own, so it waits in a thread that we can leave.

    Raises OutsideSilent `net.unknown_name`, or `net.too_slow` after `seconds`.
    """
    answer: queue.SimpleQueue[tuple[str, ...] | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(tuple(resolver(host, port)))
        except (OSError, UnicodeError):
            answer.put(None)

    threading.Thread(target=ask, name="sitr-look-up", daemon=True).start()
    try:
        addresses = answer.get(timeout=seconds)
    except queue.Empty:
        raise OutsideSilent("net.too_slow") from None
    if not addresses:
        raise OutsideSilent("net.unknown_name")
    return addresses
