"""Reading a body without trusting its length or its compression."""

import http.client
import zlib
from collections.abc import Callable

from sitr.errors import OutsideSilent

_CHUNK = 65_536


def read_body(answer: http.client.HTTPResponse, most: int) -> bytes:
    """The whole decoded body of at most `most` bytes.

    Raises OutsideSilent: `net.too_big`, `net.cut` when it ends before its announced length or inside a compressed
    stream, `net.encoding` for a compression that was not asked for.
    """
    unfold = _unfolder(answer.getheader("Content-Encoding", ""))
    pieces: list[bytes] = []
    size = 0
    while chunk := answer.read(_CHUNK):
        piece = unfold(chunk, most - size)
        size += len(piece)
        pieces.append(piece)
    # read(n) gives what came before an early end without complaint; what is missing stays in `length`.
    if answer.length:
        raise OutsideSilent("net.cut")
    pieces.append(unfold(b"", most - size))
    return b"".join(pieces)


def _unfolder(encoding: str) -> Callable[[bytes, int], bytes]:
    match encoding.strip().lower():
        case "" | "identity":
            return _as_is
        case "gzip" | "x-gzip":
            return _Unzipper(zlib.MAX_WBITS | 16)
        case "deflate":
            return _Unzipper(zlib.MAX_WBITS)
        case _:
            raise OutsideSilent("net.encoding")


def _as_is(chunk: bytes, room: int) -> bytes:
    if len(chunk) > room:
        raise OutsideSilent("net.too_big")
    return chunk


class _Unzipper:
    """Unfolds at most one byte more than there is room for, so a bomb never unfolds in memory."""

    def __init__(self, wbits: int) -> None:
        self._zlib = zlib.decompressobj(wbits)
        self._fed = False

    def __call__(self, chunk: bytes, room: int) -> bytes:
        if not chunk:
            self._check_end()
            return b""
        self._fed = True
        try:
            piece = self._zlib.decompress(chunk, room + 1)
        except zlib.error:
            raise OutsideSilent("net.cut") from None
        if len(piece) > room:
            raise OutsideSilent("net.too_big")
        return piece

    def _check_end(self) -> None:
        if self._fed and not self._zlib.eof:
            raise OutsideSilent("net.cut")
