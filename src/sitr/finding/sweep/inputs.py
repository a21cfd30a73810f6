"""From what was typed to units of work.

Belongs here: telling what an input is, listing folders and stores, finding the WARCs in a WACZ, cutting large WARCs,
and what an input is known by, so that one that changed between two runs is noticed. Not here: reading records.
"""

import hashlib
import os
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from sitr.errors import BadInput
from sitr.finding.sweep import bodies
from sitr.finding.sweep.opening import BROKEN_ZIP, Store, is_object, listed, opened
from sitr.finding.sweep.units import Kind, Unit
from sitr.finding.sweep.warcs import is_warc

UNIT_BYTES = 64 * 2**20
"""A WARC is cut into stretches of this size: a second of work for some cores, little enough to do twice."""
_PICTURES_A_UNIT = 500
_ADDRESSES_A_UNIT = 50
_MOST_LIST = 256 * 2**20
_HEAD = 64 * 1024
_T = TypeVar("_T")
_LOCAL = struct.Struct("<4s5H3I2H")  # a ZIP member's local header (APPNOTE 4.3.7)


@dataclass(frozen=True)
class Source:
    """One input and its units (numbered later). `known_by`: SHA-256 over size, time of change and first bytes."""

    name: str
    known_by: str
    units: tuple[Unit, ...]


def plan(inputs: Iterable[str], store: Store, unit_bytes: int = UNIT_BYTES) -> tuple[Source, ...]:
    """What each input is and how it is cut. The same inputs give the same plan.

    Raises BadInput: `finding.sweep_no_input`, `finding.sweep_unknown_input`; OutsideSilent `finding.sweep_store`.
    """
    sources: list[Source] = []
    seen: set[str] = set()
    for name in inputs:
        for source in _sources(name, store, unit_bytes):
            if source.name not in seen:
                seen.add(source.name)
                sources.append(source)
    numbers = iter(range(10**9))
    return tuple(
        replace(source, units=tuple(replace(unit, number=next(numbers)) for unit in source.units)) for source in sources
    )


def _sources(name: str, store: Store, unit_bytes: int) -> Iterator[Source]:
    if is_object(name):
        yield from _many(name, listed(name, store), store, unit_bytes)
        return
    path = Path(name)
    if path.is_dir():
        yield from _many(name, list(_walked(path)), store, unit_bytes)
    elif path.is_file():
        yield _file(name, path.stat().st_size, store, unit_bytes)
    else:
        raise BadInput("finding.sweep_no_input", name=name)


def _walked(folder: Path) -> Iterator[tuple[str, int]]:
    """All plain files below, in order; links are not followed, hidden files are left out."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in sorted(files):
            path = Path(parent) / file
            if not file.startswith(".") and path.is_file() and not path.is_symlink():
                yield str(path), path.stat().st_size


def _many(name: str, files: list[tuple[str, int]], store: Store, unit_bytes: int) -> Iterator[Source]:
    """Archives one by one, whole or broken; all else is taken for pictures, and looked at as such."""
    archives = [(n, s) for n, s in files if n.lower().endswith((".warc", ".warc.gz", ".wacz"))]
    for file, size in archives:
        yield _archive(file, size, store, unit_bytes)
    taken = {n for n, _ in archives}
    rest = [(n, s) for n, s in files if n not in taken]
    if rest:
        units = [
            Unit(0, Kind.PICTURES, name, sum(s for _, s in part), names=tuple(n for n, _ in part))
            for part in _parts(rest, _PICTURES_A_UNIT)
        ]
        marks = "\n".join(f"{n}\0{s}\0{_changed(n)}" for n, s in rest)
        yield Source(name, _digest(marks.encode("utf-8", "surrogateescape")), tuple(units))


def _archive(name: str, size: int, store: Store, unit_bytes: int) -> Source:
    """One of many: folders of crawls hold empty and cut files, which must not keep the others from being read."""
    try:
        return _file(name, size, store, unit_bytes)
    except BadInput:
        known_by = _digest(f"broken\0{size}\0{_changed(name)}".encode())
        return Source(name, known_by, (Unit(0, Kind.BROKEN, name, size),))


def _file(name: str, size: int, store: Store, unit_bytes: int) -> Source:
    try:
        with opened(name, store) as file:
            head = file.read(_HEAD)
            known_by = _digest(f"{size}\0{_changed(name)}\0".encode() + head)
            if is_warc(head):
                return Source(name, known_by, tuple(_cut(Unit(0, Kind.WARC, name, size), unit_bytes)))
            if head.startswith(b"PK\x03\x04"):
                return Source(name, known_by, tuple(_in_wacz(name, file, unit_bytes)))
            if bodies.is_picture(head):
                return Source(name, known_by, (Unit(0, Kind.PICTURES, name, size, names=(name,)),))
            if size <= _MOST_LIST and (addresses := _addresses(head + file.read(_MOST_LIST))):
                units = [
                    Unit(0, Kind.ADDRESSES, name, 0, start=_ADDRESSES_A_UNIT * n, names=tuple(part))
                    for n, part in enumerate(_parts(addresses, _ADDRESSES_A_UNIT))
                ]
                return Source(name, known_by, tuple(units))
    except OSError:
        raise BadInput("finding.sweep_no_input", name=name) from None
    raise BadInput("finding.sweep_unknown_input", name=name)


def _changed(name: str) -> int:
    """When a local file was last changed, in nanoseconds; objects are replaced whole and have a size and a head."""
    return 0 if is_object(name) else Path(name).stat().st_mtime_ns


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _cut(whole: Unit, unit_bytes: int) -> Iterator[Unit]:
    for start in range(0, max(whole.size, 1), unit_bytes):
        yield replace(whole, start=start, end=min(whole.size, start + unit_bytes))


def _in_wacz(name: str, file: BinaryIO, unit_bytes: int) -> Iterator[Unit]:
    """The WARCs of a WACZ (a ZIP with `archive/*.warc.gz`, as a rule not packed a second time)."""
    try:
        with zipfile.ZipFile(file) as archive:
            inside = [m for m in archive.infolist() if m.filename.lower().endswith((".warc", ".warc.gz"))]
            for member in inside:
                if member.compress_type != zipfile.ZIP_STORED:
                    yield Unit(
                        0, Kind.WACZ, name, member.file_size, inner=member.filename, base=-1, end=member.file_size
                    )
                    continue
                whole = Unit(
                    0, Kind.WACZ, name, member.file_size, inner=member.filename, base=_begin(file, member.header_offset)
                )
                yield from _cut(whole, unit_bytes)
    except BROKEN_ZIP:
        raise BadInput("finding.sweep_unknown_input", name=name) from None
    if not inside:
        raise BadInput("finding.sweep_unknown_input", name=name)


def _begin(file: BinaryIO, header: int) -> int:
    """Where a stored member's bytes begin."""
    file.seek(header)
    raw = file.read(_LOCAL.size)
    if len(raw) < _LOCAL.size or raw[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile
    name, extra = _LOCAL.unpack(raw)[-2:]
    return header + _LOCAL.size + int(name) + int(extra)


def _addresses(data: bytes) -> list[str]:
    """The addresses of a list, one a line; lines that begin with # and empty ones are passed over. Empty: no list."""
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        return []
    found = [line for line in lines if line and not line.startswith("#")]
    return list(dict.fromkeys(found)) if all(f.lower().startswith(("http://", "https://")) for f in found) else []


def _parts(things: list[_T], size: int) -> Iterator[list[_T]]:
    for at in range(0, len(things), size):
        yield things[at : at + size]
