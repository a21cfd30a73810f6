"""A zip that anybody may have made, opened so that it can do no harm: nothing is unpacked to a disk, ever.

Belongs here: the walk over the directory before any library believes it, names in their old alphabets, the refusals,
bounded reading of one member. Not here: what the members mean.

Refused whole (BadInput `evidence.archive_…`): names that leave their folder, links and devices, too many names, more
than can be meant honestly (bombs, overlapping members), a directory that lies. Said and left out: encrypted members,
members packed in a way we do not read, names that stand twice.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sitr.errors import BadInput
from sitr.evidence.imports.limits import ImportLimits

_END = b"PK\x05\x06"
_END64_AT = b"PK\x06\x07"
_END64 = b"PK\x06\x06"
_ENTRY = b"PK\x01\x02"
_HEAD = 46
_UNICODE_PATH = 0x7075
_UTF8 = 0x800
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_SUSPICIOUS = 8 * 2**20
_LARGEST_DIRECTORY = 64 * 2**20
_LONGEST_NAME = 1024


@dataclass(frozen=True)
class Member:
    """One file of an archive. `name`: as it was meant, with `/`; `readable`: neither encrypted nor packed strangely."""

    name: str
    length: int
    packed: int
    encrypted: bool
    readable: bool
    number: int


class Zip:
    """An opened archive. `members` are its files in order, folders left out; `doubled` names stand more than once."""

    def __init__(self, source: BinaryIO, limits: ImportLimits) -> None:
        """Raises BadInput `evidence.archive_…` for what must not be opened."""
        self.limits = limits
        size = source.seek(0, io.SEEK_END)
        _walk_directory(source, size, limits)
        try:
            self._zip = zipfile.ZipFile(source)
            infos = self._zip.infolist()
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            struct.error,
            UnicodeError,
            OverflowError,
        ):
            raise BadInput("evidence.archive_damaged") from None
        _refuse_overlaps(infos, size)
        _refuse_bombs(infos, limits)
        self._infos = infos
        self.members = tuple(_member(number, info) for number, info in enumerate(infos) if not _folder(info))
        counted = Counter(member.name for member in self.members)
        self.doubled = frozenset(name for name, times in counted.items() if times > 1)
        self._by_name = {member.name: member for member in self.members if member.name not in self.doubled}

    def find(self, name: str) -> Member | None:
        """The one member of that name; none for a name that stands twice."""
        return self._by_name.get(name)

    def read(self, member: Member, most: int) -> bytes:
        """One member whole. Raises BadInput: `evidence.member_too_large`, `member_unreadable`."""
        if member.length > most:
            raise BadInput("evidence.member_too_large")
        data = b"".join(self.pieces(member))
        if len(data) != member.length:
            raise BadInput("evidence.member_unreadable")
        return data

    def pieces(self, member: Member, size: int = 1 << 20) -> Iterator[bytes]:
        """One member in pieces, never more than its directory says. Raises BadInput `evidence.member_unreadable`."""
        if not member.readable:
            raise BadInput("evidence.member_unreadable")
        left = member.length
        try:
            with self._zip.open(self._infos[member.number]) as file:
                while left > 0 and (piece := file.read(min(size, left))):
                    left -= len(piece)
                    yield piece
        except (zipfile.BadZipFile, OSError, ValueError, EOFError, RuntimeError, NotImplementedError, zlib.error):
            raise BadInput("evidence.member_unreadable") from None
        except (struct.error, UnicodeError, OverflowError):
            raise BadInput("evidence.member_unreadable") from None


def looks_like_zip(start: bytes) -> bool:
    """By its first bytes: a first member, an empty archive, or one that was split."""
    return start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def _walk_directory(source: BinaryIO, size: int, limits: ImportLimits) -> None:
    """Count the names before the library makes an object of each; a million of them is memory, not evidence."""
    start, length = _directory(source, size)
    if length > _LARGEST_DIRECTORY:
        raise BadInput("evidence.archive_too_many", limit=limits.members)
    source.seek(start)
    data = source.read(length)
    at = count = 0
    while at + _HEAD <= len(data) and data[at : at + 4] == _ENTRY:
        name, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        if name > _LONGEST_NAME or name == 0:
            raise BadInput("evidence.archive_damaged")
        at += _HEAD + name + extra + comment
        count += 1
        if count > limits.members:
            raise BadInput("evidence.archive_too_many", limit=limits.members)
    if at != len(data):
        raise BadInput("evidence.archive_damaged")


def _directory(source: BinaryIO, size: int) -> tuple[int, int]:
    """Where the central directory begins and how long it is (APPNOTE 4.3.16; zip64: 4.3.14, 4.3.15)."""
    tail_at = max(0, size - 22 - 65_535)
    source.seek(tail_at)
    tail = source.read(size - tail_at)
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < 22:
        raise BadInput("evidence.archive_damaged")
    length, claimed = struct.unpack_from("<LL", tail, end + 12)
    at = tail_at + end
    if length == 0xFFFFFFFF or claimed == 0xFFFFFFFF or tail[max(0, end - 20) : max(0, end - 16)] == _END64_AT:
        at, length = _directory64(source, at, size)
    start = at - length
    if start < 0:
        raise BadInput("evidence.archive_damaged")
    return start, length


def _directory64(source: BinaryIO, end: int, size: int) -> tuple[int, int]:
    locator = _at(source, end - 20, 20)
    if locator[:4] != _END64_AT:
        raise BadInput("evidence.archive_damaged")
    # The library looks for this record right before its locator, whatever the locator says; so do we.
    at = end - 20 - 56
    record = _at(source, at, 56)
    if record[:4] != _END64:
        raise BadInput("evidence.archive_damaged")
    (length,) = struct.unpack_from("<Q", record, 40)
    if length > size:
        raise BadInput("evidence.archive_damaged")
    return at, length


def _at(source: BinaryIO, at: int, size: int) -> bytes:
    if at < 0:
        raise BadInput("evidence.archive_damaged")
    source.seek(at)
    return source.read(size)


def _refuse_overlaps(infos: list[zipfile.ZipInfo], size: int) -> None:
    """Members that share bytes are how a small file claims petabytes (Fifield 2019)."""
    end = 0
    for info in sorted(infos, key=lambda one: one.header_offset):
        if info.header_offset < end:
            raise BadInput("evidence.archive_bomb")
        end = info.header_offset + 30 + info.compress_size
        if end > size:
            raise BadInput("evidence.archive_damaged")


def _refuse_bombs(infos: list[zipfile.ZipInfo], limits: ImportLimits) -> None:
    total = sum(info.file_size for info in infos)
    packed = sum(info.compress_size for info in infos)
    if total > limits.unpacked or (total > 8 * _SUSPICIOUS and total > packed * limits.ratio):
        raise BadInput("evidence.archive_bomb")
    for info in infos:
        if info.file_size > _SUSPICIOUS and info.file_size > info.compress_size * limits.ratio:
            raise BadInput("evidence.archive_bomb")


def _folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.endswith(("/", "\\"))


def _member(number: int, info: zipfile.ZipInfo) -> Member:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise BadInput("evidence.archive_link")
    name = safe_member(_meant(info))
    encrypted = bool(info.flag_bits & _ENCRYPTED)
    readable = not encrypted and info.compress_type in _READABLE
    return Member(name, info.file_size, info.compress_size, encrypted, readable, number)


def safe_member(name: str) -> str:
    """The name with `/` between folders. Raises BadInput `evidence.archive_traversal` where it leaves its folder."""
    plain = name.replace("\\", "/")
    steps = plain.split("/")
    if plain.startswith("/") or ".." in steps or "\0" in plain or plain[1:2] == ":":
        raise BadInput("evidence.archive_traversal")
    return "/".join(step for step in steps if step not in {"", "."}) or "-"


def _meant(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: UTF-8 where it says so or is it, else Windows' Arabic alphabet, else DOS' own."""
    if "\0" in info.orig_filename:
        raise BadInput("evidence.archive_traversal")
    if info.flag_bits & _UTF8:
        return info.filename
    raw = info.orig_filename.encode("cp437", "replace")
    return _unicode_path(info.extra, raw) or decoded_name(raw)


def _unicode_path(extra: bytes, raw: bytes) -> str | None:
    """Info-ZIP's Unicode Path field (APPNOTE 4.6.9), valid only for the very name it stands beside."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + length]
        if kind == _UNICODE_PATH and len(body) > 5 and struct.unpack_from("<L", body, 1)[0] == zlib.crc32(raw):
            try:
                return body[5:].decode()
            except UnicodeDecodeError:
                return None
        at += 4 + length
    return None


def decoded_name(raw: bytes) -> str:
    """A name of no named alphabet. CP1256 only where it gives Arabic words: any bytes decode in it."""
    if raw.isascii():
        return raw.decode("ascii")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        arabic = raw.decode("cp1256", "replace")
    high = [letter for letter in arabic if ord(letter) > 127]
    if sum("\u0600" <= letter <= "\u06ff" for letter in high) * 4 >= len(high) * 3:
        return arabic
    return raw.decode("cp437")
