"""What goes through the vault's streams: pieces, where they come from, where they go. Nothing here does anything."""

from typing import Protocol

Piece = bytes | memoryview
PIECES_KEPT = 5  # a piece that sealing handed on stays as it is until so many further ones were handed on


class Reader(Protocol):
    """What is read from while streaming."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


class Writer(Protocol):
    """What is written to while streaming."""

    def write(self, data: Piece, /) -> int:
        """Take all of `data`; give its length. What is no `bytes` may be looked at while `write` runs; what sealing
        hands on until `PIECES_KEPT` further pieces have come, no longer: the pieces are written over."""
        ...
