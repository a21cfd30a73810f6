"""The body of a web answer that came in chunks (RFC 9112, 7.1), joined while it goes by.

Belongs here: that and nothing else. Archives write the digest of such a body over the chunks as they came or over what
was in them (ISO 28500 asks for the second); whoever checks needs both.
"""

from collections.abc import Iterator

_LONGEST_LINE = 4096


class Chunks:
    """Fed with pieces of any size, gives the bytes inside. `broken`: what came is not in chunks."""

    def __init__(self) -> None:
        self.broken = False
        self._line = b""
        self._left = 0
        self._after = False
        self._ended = False

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What is inside the chunks of this piece."""
        at = 0
        while at < len(piece) and not self.broken and not self._ended:
            if self._left:
                inside = piece[at : at + self._left]
                self._left -= len(inside)
                self._after = not self._left
                at += len(inside)
                yield inside
            else:
                at = self._head(piece, at)

    def _head(self, piece: bytes, at: int) -> int:
        """Reads on in a line of a chunk's length; gives where to go on."""
        end = piece.find(b"\n", at)
        self._line += piece[at : end + 1] if end >= 0 else piece[at:]
        if len(self._line) > _LONGEST_LINE:
            self.broken = True
        if end < 0:
            return len(piece)
        line, self._line = self._line.strip(), b""
        if self._after:
            self._after, self.broken = False, bool(line)
        else:
            self._length(line)
        return end + 1

    def _length(self, line: bytes) -> None:
        number = line.partition(b";")[0].strip()
        if not number or len(number) > 16 or number.strip(b"0123456789abcdefABCDEF"):
            self.broken = True
            return
        self._left = int(number, 16)
        self._ended = not self._left
