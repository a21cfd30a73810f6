"""What is inside a sealed file, and reading it back a chunk at a time. Version 1:

`b"sitr-file\\0\\x01"`, the place (2-byte length, then `Place.packed`), the content, zeros up to the padded size less
40, the content's length (8 bytes, big-endian) and its SHA-256. The length stands last because it is known last: what is
sealed is streamed and may come from a pipe.
"""

import hashlib
from dataclasses import dataclass

from sitr.errors import Damaged
from sitr.vault.hashing import HashBeside
from sitr.vault.padding import file_size
from sitr.vault.pieces import Piece, Reader, Writer
from sitr.vault.places import Place

_HEAD = b"sitr-file\x00\x01"
_TAIL = 8 + 32
_ZEROS = bytes(65_536)


@dataclass(frozen=True)
class Content:
    """A verified file's true length in bytes and the SHA-256 of its content. For sealed payloads, never in clear."""

    length: int
    sha256: bytes


def header(place: Place) -> bytes:
    """What stands before the content."""
    where = place.packed()
    return _HEAD + len(where).to_bytes(2, "big") + where


class FramedReader:
    """Reads a source with its frame around it; afterwards knows its length and digest."""

    def __init__(self, source: Reader, place: Place) -> None:
        self._source = source
        self._pending = header(place)
        self._head = len(self._pending)
        self._digest = HashBeside()
        self._zeros = 0
        self._ended = False
        self._tail = b""
        self.length = 0

    @property
    def content(self) -> Content:
        """What has been read, complete once `read` has given nothing."""
        return Content(self.length, self._digest.digest())

    def read(self, size: int, /) -> bytes:
        """The next bytes of header, content, padding and tail in turn."""
        if self._pending:
            piece, self._pending = self._pending[:size], self._pending[size:]
            return piece
        if not self._ended:
            piece = self._source.read(size)
            if piece:
                self.length += len(piece)
                self._digest.update(piece)
                return piece
            self._end()
        return self._read_padding(size)

    def _end(self) -> None:
        self._ended = True
        used = self._head + self.length + _TAIL
        self._zeros = file_size(used) - used
        self._tail = self.length.to_bytes(8, "big") + self._digest.digest()

    def _read_padding(self, size: int) -> bytes:
        if self._zeros:
            piece = _ZEROS[: min(size, self._zeros)]
            self._zeros -= len(piece)
            return piece
        piece, self._tail = self._tail[:size], self._tail[size:]
        return piece


class _Head:
    """The header of a file as it comes, held against the one that this place has."""

    def __init__(self, place: Place) -> None:
        self._whole = header(place)
        self._came = 0

    def __len__(self) -> int:
        return len(self._whole)

    def past(self, data: Piece) -> Piece:
        """What of `data` comes after the header; raises Damaged `vault.wrong_place` as soon as it is another's."""
        start = data[: len(self._whole) - self._came]
        if start != self._whole[self._came : self._came + len(start)]:
            raise Damaged("vault.wrong_place")
        self._came += len(start)
        return data[len(start) :]

    def finish(self) -> None:
        """Raises Damaged `vault.wrong_place` when not all of it came."""
        if self._came < len(self._whole):
            raise Damaged("vault.wrong_place")


class FrameChecker:
    """A writer that takes in a decrypted file and keeps nothing of it but its end; `finish` says what the file held.

    Where the content ends is known only at the very end. So zeros are counted instead of digested until something
    follows them: what is left over at the end is then either content or padding, whichever the length says.
    """

    def __init__(self, place: Place) -> None:
        self._head = _Head(place)
        self._held = b""
        self._digest = hashlib.sha256()
        self._taken = 0
        self._zeros = 0

    def write(self, data: Piece, /) -> int:
        """Take in the next bytes; raises Damaged `vault.wrong_place` as soon as the header is another's."""
        size = len(data)
        data = self._head.past(data)
        if len(data) <= _TAIL:
            data = self._held + data
            keep = max(0, len(data) - _TAIL)
            self._take(data[:keep])
        else:
            keep = len(data) - _TAIL
            self._take(self._held)
            self._take(data[:keep])
        self._held = bytes(data[keep:])
        return size

    def finish(self) -> Content:
        """Raises Damaged `vault.altered` unless length, digest, padding and size agree."""
        self._head.finish()
        length, digest = int.from_bytes(self._held[:8], "big"), self._held[8:]
        total = len(self._head) + self._taken + self._zeros + len(self._held)
        zeros_in_content = length - self._taken
        if not 0 <= zeros_in_content <= self._zeros or total != file_size(len(self._head) + length + _TAIL):
            raise Damaged("vault.altered")
        self._digest_zeros(zeros_in_content)
        if self._digest.digest() != digest:
            raise Damaged("vault.altered")
        return Content(length, digest)

    def _take(self, data: Piece) -> None:
        solid = data if data[-1:] != b"\x00" else bytes(data).rstrip(b"\x00")
        if solid:
            self._digest_zeros(self._zeros)
            self._digest.update(solid)
            self._taken += self._zeros + len(solid)
            self._zeros = 0
        self._zeros += len(data) - len(solid)

    def _digest_zeros(self, count: int) -> None:
        while count:
            piece = min(count, len(_ZEROS))
            self._digest.update(_ZEROS[:piece])
            count -= piece


class ContentWindow:
    """A writer that passes on only the content: neither header nor padding nor tail."""

    def __init__(self, target: Writer, place: Place, length: int) -> None:
        self._target = target
        self._skip = len(header(place))
        self._left = length

    def write(self, data: Piece, /) -> int:
        """Pass on what of `data` is content."""
        piece = data[self._skip : self._skip + self._left]
        self._skip -= min(self._skip, len(data))
        self._left -= len(piece)
        if piece:
            self._target.write(piece)
        return len(data)


class ContentOnce:
    """As `ContentWindow`, in the only pass: it knows beforehand what the file must hold and finds out on the way.

    `finish` says whether it did. What was passed on has the right length then, and its recorded digest is the one that
    was expected; that the bytes have that digest is for whoever takes them to find, who digests them anyway.
    """

    def __init__(self, target: Writer, place: Place, content: Content) -> None:
        self._target = target
        self._head = _Head(place)
        self._left = content.length
        used = len(self._head) + content.length + _TAIL
        self._zeros = file_size(used) - used
        self._tail = content.length.to_bytes(8, "big") + content.sha256

    def write(self, data: Piece, /) -> int:
        """Pass on what of `data` is content; raises Damaged `vault.wrong_place`, `vault.altered`."""
        size = len(data)
        data = self._head.past(data)
        if piece := data[: self._left]:
            self._left -= len(piece)
            self._target.write(piece)
        if after := bytes(data[len(piece) :]):
            self._take_end(after)
        return size

    def finish(self) -> None:
        """Raises Damaged `vault.altered` unless everything that was expected came."""
        self._head.finish()
        if self._left or self._zeros or self._tail:
            raise Damaged("vault.altered")

    def _take_end(self, data: bytes) -> None:
        zeros, tail = data[: self._zeros], data[self._zeros :]
        if zeros.strip(b"\x00") or not self._tail.startswith(tail):
            raise Damaged("vault.altered")
        self._zeros -= len(zeros)
        self._tail = self._tail[len(tail) :]
