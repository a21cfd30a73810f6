"""WARC files as a stream of records, in constant memory, whatever is wrong with some of them.

Belongs here: gzip members, record headers, lengths, finding the next record after damage or in the middle of a file.
Not here: HTTP inside a record (`bodies`). Source: ISO 28500:2017 (WARC 1.1), RFC 1952 (gzip).

warcio is not used: it cannot begin in the middle of a file, and it ends at the first damaged member.
"""

import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST_BODY = 64 * 2**20
"""A record's block above this is passed over and named: no picture of a crawl is that large."""
MOST_INFLATED = 2 * 2**30
"""A gzip member that unfolds to more is given up: it is a bomb, or a whole file that was packed in one piece."""
_CHUNK = 128 * 1024
_PIECE = 1024 * 1024
_HEAD = 64 * 1024
_PEEK = 4096
_MAGIC = b"\x1f\x8b\x08"
_WANTED = frozenset({"response", "resource", "conversion"})

Worth = Callable[[bytes], bool]
"""Told the first bytes of a block (its HTTP head among them), whether the rest should be read at all."""


@dataclass(frozen=True)
class Record:
    """One record. `headers`: names in lower case; `block`: None for what was not wanted."""

    offset: int
    headers: dict[str, str]
    block: bytes | None


@dataclass(frozen=True)
class Broken:
    """Something wrong at this offset, named by a code of the space `finding`; reading went on behind it."""

    offset: int
    code: str


class _Fault(Exception):
    """This record cannot be read on; the next one is to be looked for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Window:
    """The bytes of one WARC inside a file, by offset."""

    def __init__(self, file: BinaryIO, base: int, size: int) -> None:
        self._file, self._base, self.size = file, base, size
        self._at = -1

    def read(self, at: int, count: int) -> bytes:
        count = min(count, self.size - at)
        if count <= 0:
            return b""
        if at != self._at:
            self._file.seek(self._base + at)
        data = self._file.read(count)
        self._at = at + len(data)
        return data


class _Flow:
    """Bytes of one segment (a gzip member, or a plain file from here on), read forward."""

    def __init__(self, window: _Window, at: int) -> None:
        self._window, self._at = window, at
        self._held = bytearray()
        self._over = False

    def _more(self) -> bytes:
        data = self._window.read(self._at, _CHUNK)
        self._at += len(data)
        return data

    @property
    def place(self) -> int:
        """Where the next byte that would be taken stands in the WARC; of use for plain files."""
        return self._at - len(self._held)

    def peek(self, count: int) -> bytes:
        """Up to `count` bytes without taking them."""
        while len(self._held) < count and not self._over:
            data = self._more()
            self._over = not data
            self._held += data
        return bytes(self._held[:count])

    def take(self, count: int) -> bytes:
        """Up to `count` bytes; fewer only where the segment ends."""
        data = self.peek(count)
        del self._held[:count]
        return data

    def until(self, mark: bytes, most: int) -> bytes:
        """All up to and with `mark`. Raises _Fault when it does not come within `most` bytes."""
        size = 512
        while (found := self.peek(size).find(mark)) < 0:
            if size >= most or len(self._held) < size:
                raise _Fault("finding.sweep_no_record")
            size = min(most, size * 4)
        return self.take(found + len(mark))

    def skip(self, count: int) -> int:
        """Pass over up to `count` bytes; how many there were."""
        left = count
        while left and (data := self.peek(min(left, _PIECE))):
            left -= len(data)
            del self._held[: len(data)]
        return count - left


class _Plain(_Flow):
    def skip(self, count: int) -> int:
        held = min(count, len(self._held))
        del self._held[:held]
        ahead = min(count - held, self._window.size - self._at)
        self._at += ahead
        return held + ahead


class _Member(_Flow):
    """One gzip member. `pending`: bytes of it that were already read."""

    def __init__(self, window: _Window, at: int, pending: bytes) -> None:
        super().__init__(window, at + len(pending))
        self._pending = pending
        self._inflater = zlib.decompressobj(31)
        self._inflated = 0

    def _more(self) -> bytes:
        while not self._inflater.eof:
            if not self._pending:
                self._pending = super()._more()
                if not self._pending:
                    raise _Fault("finding.sweep_cut_gzip")
            try:
                data = self._inflater.decompress(self._pending, _PIECE)
            except zlib.error:
                raise _Fault("finding.sweep_damaged_gzip") from None
            self._pending = self._inflater.unconsumed_tail
            self._inflated += len(data)
            if self._inflated > MOST_INFLATED:
                raise _Fault("finding.sweep_bomb")
            if data:
                return data
        return b""

    def finish(self) -> tuple[int, bytes]:
        """Read to the end of the member: where the next one begins, and what was already read of it."""
        while self._more():
            pass
        rest = self._inflater.unused_data
        return self._at - len(rest), rest


class Warc:
    """The records that begin at offsets `start` to `end` of a WARC of `size` bytes that stands at `base` of `file`.

    After iterating, `first` and `after` are as in `units.Outcome`. A record that begins before `end` is read whole.
    """

    def __init__(
        self,
        file: BinaryIO,
        worth: Worth,
        *,
        size: int,
        base: int = 0,
        start: int = 0,
        end: int = -1,
        exact: bool = False,
    ) -> None:
        self._window = _Window(file, base, size)
        self._worth = worth
        self._start, self._end = start, size if end < 0 else end
        self._exact = exact or start == 0
        self.first: int | None = None
        self.after: int | None = None

    def __iter__(self) -> Iterator[Record | Broken]:
        packed = self._window.read(0, 2) == _MAGIC[:2]
        at = self._start if self._exact else self._sync(self._start, packed=packed)
        if at is None or at >= self._end:
            return
        self.first = at
        yield from self._members(at) if packed else self._plain(at)

    def _sync(self, at: int, *, packed: bool) -> int | None:
        """The first offset from `at`, before the end, at which a record begins."""
        found = sync_gzip if packed else sync_plain
        return found(self._window, at, self._end)

    def _members(self, at: int) -> Iterator[Record | Broken]:
        pending = b""
        while at < self._end:
            member = _Member(self._window, at, pending)
            try:
                yield from self._in_member(member, at)
                at, pending = member.finish()
            except _Fault as fault:
                if _is_padding(self._window, at):
                    self.after = self._window.size
                    return
                yield Broken(at, fault.code)
                onward = self._sync(at + 1, packed=True)
                if onward is None:
                    self.after = None
                    return
                at, pending = onward, b""
        self.after = at

    def _in_member(self, member: _Member, at: int) -> Iterator[Record | Broken]:
        while member.peek(_PEEK).strip(b"\r\n"):
            headers, length = _head(member)
            block, given = self._block(member, headers, length)
            right, behind = given == length, member.peek(4 + 5)
            if right and (behind[:4] == b"\r\n\r\n" or not behind) and behind[4:] in (b"", b"WARC/"):
                member.take(4)
                yield Record(at, headers, block)
                continue
            # The member is the record whatever its header says: what is there is what was fetched.
            rest = member.take(MOST_BODY) if block is not None else b""
            yield Broken(at, "finding.sweep_wrong_length")
            if block is not None:
                yield Record(at, headers, (block + rest).removesuffix(b"\r\n\r\n"))
            return

    def _plain(self, at: int) -> Iterator[Record | Broken]:
        flow = _Plain(self._window, at)
        while at < self._end:
            try:
                headers, length = _head(flow)
                body = flow.place
                block, given = self._block(flow, headers, length)
                ended = flow.take(4)
                follows = flow.peek(5) == b"WARC/" or not flow.peek(_PEEK).strip(b"\0\r\n")
                if given == length and ended in (b"\r\n\r\n", b"") and follows:
                    yield Record(at, headers, block)
                    at = flow.place
                    continue
                yield Broken(at, "finding.sweep_wrong_length")
                onward = sync_plain(self._window, body, self._window.size) or self._window.size
                if block is not None and onward - body <= MOST_BODY:
                    block = self._window.read(body, onward - body)
                    yield Record(at, headers, block.removesuffix(b"\r\n\r\n"))
            except _Fault as fault:
                if _is_padding(self._window, at):
                    self.after = self._window.size
                    return
                yield Broken(at, fault.code)
                found = self._sync(at + 1, packed=False)
                if found is None:
                    self.after = None
                    return
                onward = found
            at = onward
            flow = _Plain(self._window, at)
        self.after = at

    def _block(self, flow: _Flow, headers: dict[str, str], length: int) -> tuple[bytes | None, int]:
        """The record's block, or None where it is not wanted, and how many bytes of it there were."""
        wanted = headers.get("warc-type", "").lower() in _WANTED and length <= MOST_BODY
        if wanted and self._worth(flow.peek(_PEEK)):
            block = flow.take(length)
            return block, len(block)
        return None, flow.skip(length)


def _head(flow: _Flow) -> tuple[dict[str, str], int]:
    """The named fields of a record and its Content-Length. Raises _Fault."""
    while flow.peek(2) == b"\r\n":
        flow.take(2)
    if flow.peek(5) != b"WARC/":
        raise _Fault("finding.sweep_no_record")
    lines = flow.until(b"\r\n\r\n", _HEAD).decode("utf-8", "replace").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdecimal()) or len(length) > 18:
        raise _Fault("finding.sweep_no_length")
    return headers, int(length)


def _is_padding(window: _Window, at: int) -> bool:
    """Whether only zeros or line ends follow: files are padded so, and nothing is lost in it."""
    while data := window.read(at, _PIECE):
        if data.strip(b"\0\r\n"):
            return False
        at += len(data)
    return True


def sync_gzip(window: _Window, at: int, end: int) -> int | None:
    """The first offset in [at, end) at which a gzip member begins that holds a WARC record."""
    for found in _marks(window, at, end, re.compile(re.escape(_MAGIC))):
        try:
            head = zlib.decompressobj(31).decompress(window.read(found, 4096), 16)
        except zlib.error:
            continue
        if head.startswith(b"WARC/"):
            return found
    return None


def sync_plain(window: _Window, at: int, end: int) -> int | None:
    """The first offset in [at, end) at which a plain record's header begins."""
    for found in _marks(window, at, end, re.compile(rb"WARC/[01]\.[0-9]+\r\n")):
        head, ended, _ = window.read(found, _HEAD).partition(b"\r\n\r\n")
        if ended and b"\r\nwarc-type:" in head.lower() and b"\r\ncontent-length:" in head.lower():
            return found
    return None


def _marks(window: _Window, at: int, end: int, mark: re.Pattern[bytes]) -> Iterator[int]:
    """Offsets in [at, end) at which `mark` stands."""
    while at < end:
        data = window.read(at, _PIECE + 16)
        if not data:
            return
        for found in mark.finditer(data):
            if found.start() < _PIECE and at + found.start() < end:
                yield at + found.start()
        at += _PIECE


def is_warc(head: bytes) -> bool:
    """Whether a file that begins like this is a WARC, plain or packed."""
    if head.startswith(b"WARC/"):
        return True
    if not head.startswith(_MAGIC):
        return False
    try:
        return zlib.decompressobj(31).decompress(head, 16).startswith(b"WARC/")
    except zlib.error:
        return False


def window_of(data: bytes) -> _Window:
    """A window on bytes in memory, for looking into one."""
    return _Window(io.BytesIO(data), 0, len(data))
