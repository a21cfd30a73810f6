"""ISO base media boxes (ISO/IEC 14496-12): MP4, MOV, M4A, HEIC. Only what the containers say of themselves is read."""

import datetime as dt
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_EPOCH = dt.datetime(1904, 1, 1, tzinfo=dt.UTC)
_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta"})
_MOST = 4000
_FIRST = 86_400 * 365 * 90
"""Seconds from 1904 to about 1994, before such files: what is smaller was counted from another year or by no clock."""


@dataclass(frozen=True)
class Box:
    """One box: its type, where its content begins and ends in the file."""

    kind: bytes
    start: int
    end: int


def boxes(source: BinaryIO, start: int, end: int, deep: bool = True) -> Iterator[Box]:
    """The boxes between two places, those inside containers after their own; at most 4,000."""
    waiting = [(start, end)]
    count = 0
    while waiting:
        at, stop = waiting.pop()
        while at + 8 <= stop and count < _MOST:
            source.seek(at)
            head = source.read(16)
            if len(head) < 8:
                break
            size, kind = struct.unpack_from(">L4s", head)
            begin = at + 8
            if size == 1 and len(head) == 16:
                (size,) = struct.unpack_from(">Q", head, 8)
                begin = at + 16
            size = stop - at if size == 0 else size
            if size < begin - at or at + size > stop:
                break
            count += 1
            yield Box(kind, begin, at + size)
            if deep and kind in _PARENTS:
                waiting.append((begin, at + size))
            at += size


def content(source: BinaryIO, box: Box, most: int = 1 << 20) -> bytes:
    """The first bytes of a box."""
    source.seek(box.start)
    return source.read(min(box.end - box.start, most))


def brand(start: bytes) -> str:
    """The major brand of the file (`M4A `, `heic`, `qt  ` ...), empty for another container."""
    return start[8:12].decode("latin-1").strip() if start[4:8] == b"ftyp" else ""


def movie_facts(source: BinaryIO) -> dict[str, str | int | bool | list[str]]:
    """Length in thousandths of a second, hour of making, kinds of tracks (`vide`, `soun`), as the container claims."""
    facts: dict[str, str | int | bool | list[str]] = {}
    tracks: list[str] = []
    for box in boxes(source, 0, source.seek(0, io.SEEK_END)):
        if box.kind == b"mvhd":
            _header(content(source, box, 120), facts)
        elif box.kind == b"hdlr":
            kind = content(source, box, 12)[8:12].decode("latin-1")
            if kind in {"vide", "soun"}:
                tracks.append(kind)
        elif box.kind == b"covr":
            facts["cover"] = True
    if tracks:
        facts["tracks"] = tracks
    return facts


def _header(data: bytes, facts: dict[str, str | int | bool | list[str]]) -> None:
    try:
        if data[0] == 1:
            made, _, scale, length = struct.unpack_from(">QQLQ", data, 4)
        else:
            made, _, scale, length = struct.unpack_from(">LLLL", data, 4)
    except (struct.error, IndexError):
        return
    if scale and length not in {0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}:
        facts["milliseconds"] = min(length * 1000 // scale, 2**53 - 1)
    if _FIRST <= made < 2**33:
        facts["made"] = (_EPOCH + dt.timedelta(seconds=made)).isoformat().replace("+00:00", "Z")
