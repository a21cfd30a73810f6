"""A tar, packed or not, looked through without unpacking it: the same refusals as for a zip, and its names."""

import io
import lzma
import tarfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Self

from sitr.errors import BadInput
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.zips import safe_member

_PACKINGS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd")
_LARGEST = 4 * 2**30
"""Bytes that are unpacked (and thrown away) to read the names between them."""


class _Counted(io.RawIOBase):
    """What tarfile reads, counted: what comes out may not be endlessly more than what went in."""

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._source.read(size)
        self.taken += len(piece)
        return piece


def looks_like_tar(start: bytes) -> bool:
    """By the mark at its 257th byte, or by a packing that tars come in."""
    return start[257:262] == b"ustar"


def is_packed(start: bytes) -> bool:
    """gzip, bzip2 or xz; 7z, RAR and Zstandard too, which are named and not opened."""
    return start.startswith(_PACKINGS)


@dataclass(frozen=True)
class Names:
    """The files of a tar (name, length). `cut`: it ends too early or is damaged, and there can be more."""

    files: tuple[tuple[str, int], ...]
    cut: bool


def _telling(ends: list[str]) -> type[tarfile.TarInfo]:
    """Heads as the library reads them; why the last one was none is noted, for the library ends without a word at a
    damaged head as it does at the blocks of noughts behind the last file."""

    class Told(tarfile.TarInfo):
        @classmethod
        def fromtarfile(cls, tar: tarfile.TarFile) -> Self:
            try:
                return super().fromtarfile(tar)
            except tarfile.HeaderError as end:
                ends.append(type(end).__name__)
                raise

    return Told


def tar_names(source: BinaryIO, limits: ImportLimits) -> Names | None:
    """The files of a tar; None when it is none.

    Raises BadInput `evidence.archive_…` for names that leave their folder, links, devices, too many names, bombs.
    """
    source.seek(0)
    counted = _Counted(source)
    found: list[tuple[str, int]] = []
    ends: list[str] = []
    try:
        with tarfile.open(fileobj=counted, mode="r|*", tarinfo=_telling(ends)) as tar:
            for info in tar:
                name = safe_member(info.name)
                if not (info.isreg() or info.isdir()):
                    raise BadInput("evidence.archive_link")
                out = info.offset_data + max(info.size, 0)
                if out > _LARGEST or out > max(counted.taken, 2**16) * limits.ratio:
                    raise BadInput("evidence.archive_bomb")
                if len(found) >= limits.members:
                    raise BadInput("evidence.archive_too_many", limit=limits.members)
                if info.isreg():
                    found.append((name, info.size))
        cut = ends[-1:] != ["EOFHeaderError"]
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, OverflowError, TypeError):
        cut = True  # TypeError: the library asks for a byte of gzip's head that is not there
    return Names(tuple(found), cut) if found else None
