"""Bad input: files that are not what they say, sites that hang or are dead. Made by the tests, small on the disk."""

import socket
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cases.crash_verbs import drawn


def corrupt_image(path: Path) -> Path:
    """A JPEG whose second half is noise cut short."""
    data = drawn(1)
    path.write_bytes(data[: len(data) // 3] + bytes(range(256)) * 4)
    return path


def bomb(path: Path) -> Path:
    """A PNG of 100 kilobytes that wants 10,000 by 10,000 pixels."""
    row = b"\x00" + bytes(10_000 // 8)
    data = zlib.compress(row * 10_000, 9)
    head = struct.pack(">IIBBBBB", 10_000, 10_000, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", head) + _part(b"IDAT", data) + _part(b"IEND", b""))
    return path


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def text_named_jpg(path: Path) -> Path:
    """A letter that says it is a photo."""
    path.write_text("رسالة لا صورة\nA letter, no photo.\n", encoding="utf-8")
    return path


@contextmanager
def hanging_site() -> Iterator[int]:
    """Takes every connection and never says a word; the port."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        stop = threading.Event()

        def take() -> None:
            while not stop.is_set():
                try:
                    taken.append(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            thread.join(timeout=5)
            for connection in taken:
                connection.close()
