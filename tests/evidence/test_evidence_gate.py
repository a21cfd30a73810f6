"""The gate between the browser and the web: what came reaches the browser whole, however slowly it reads."""

import asyncio
import socket
import time
from pathlib import Path

import pytest
from tests.evidence.capture_world import made_door
from tests.evidence.evidence_site import Site, reply

from sitr.evidence.gate import Gate

SMALL = 4096  # bytes that the kernel holds back for one side; the rest waits in the gate


def small_sockets() -> tuple[socket.socket, socket.socket]:
    listener, client = socket.socket(), socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener, client


def read_late(client: socket.socket, port: int, request: bytes, pause: float) -> bytes:
    """All that comes after nothing was read for `pause` seconds."""
    with client:
        client.settimeout(20)
        client.connect(("127.0.0.1", port))
        client.sendall(request)
        time.sleep(pause)
        got = b""
        while chunk := client.recv(65536):
            got += chunk
    return got


@pytest.mark.parametrize("tunnel", [False, True], ids=["plain", "tunnel"])
def test_a_browser_that_reads_late_gets_all_of_an_answer(tunnel: bool, site: Site, tmp_path: Path) -> None:
    """A busy browser reads in fits and starts: the end of a film was lost when it paused for half a second."""
    body = bytes(range(256)) * 240
    site.pages["/film"] = lambda handler: reply(handler, body, "video/mp4", Connection="close")
    target = f"http://127.0.0.1:{site.port}"
    asked = f"GET {'' if tunnel else target}/film HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()

    async def fetched() -> bytes:
        gate = Gate(made_door(tmp_path / "home", site.port), 2**20, 9)
        gate.allow(target)
        gate.allow(target.replace("http:", "https:"))
        listener, client = small_sockets()
        await gate.open(listener)
        first = f"CONNECT 127.0.0.1:{site.port} HTTP/1.1\r\n\r\n".encode() if tunnel else b""
        try:
            return await asyncio.to_thread(read_late, client, listener.getsockname()[1], first + asked, 1.2)
        finally:
            await gate.close()

    assert asyncio.run(fetched()).endswith(b"\r\n\r\n" + body)
