"""The index: which of millions of PDQ hashes lie within so many bits of a picture's hash, all of them, at once.

Belongs here: keeping hashes with the caller's keys, adding and removing while searches go on, the stored form. Not
here: what a key stands for, who may ask, and what a hit leads to.
"""

import hashlib
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from sitr.errors import Damaged
from sitr.fingerprint import kernel
from sitr.fingerprint.kernel.shards import Shard
from sitr.fingerprint.pdq import RADIUS, Bits

Keys = npt.NDArray[np.uint64]

Rows = npt.NDArray[np.int64]

_MAGIC = b"SITRIX\x00\x01"
_BLOCK = struct.Struct("<Q")
_MOST_READ = 1 << 20
_COMPARED = 1 << 16


@dataclass(frozen=True)
class Hits:
    """What was found, ordered by query, then distance, then key: three arrays of one length.

    `query`: row of the asked hash (int64); `key` (uint64) as given to `add`; `distance`: differing bits (uint8, 255
    for 255 and 256).
    """

    query: npt.NDArray[np.int64]
    key: Keys
    distance: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.query)


class Plain:
    """A shard in numpy, for where there is no compiled kernel: the same answers, by comparing everything."""

    room = 1 << 62

    def __init__(self) -> None:
        self._hashes = np.zeros((0, 32), np.uint8)
        self._keys = np.zeros(0, np.uint64)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return int(self._hashes.nbytes + self._keys.nbytes)

    def add(self, hashes: Bits, keys: Keys) -> None:
        """Take in rows."""
        self._hashes, self._keys = np.concatenate([self._hashes, hashes]), np.concatenate([self._keys, keys])

    def settle(self) -> None:
        """Nothing to do: there are no tables."""

    def remove(self, keys: Keys) -> int:
        """Forget the hashes of `keys`; how many they were."""
        kept = ~np.isin(self._keys, keys)
        self._hashes, self._keys = self._hashes[kept], self._keys[kept]
        return int((~kept).sum())

    def tidy(self) -> None:
        """Nothing to do: removing leaves no gaps."""

    def search(self, hashes: Bits, radius: int) -> tuple[Rows, Keys, Rows]:
        """Query, key and distance of every hash within `radius` bits of each of `hashes`."""
        kept, keys = self._hashes, self._keys
        query, row, apart = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for number, one in enumerate(hashes.view(np.uint64)):
            for start in range(0, len(kept), _COMPARED):
                bits = np.bitwise_count(kept[start : start + _COMPARED].view(np.uint64) ^ one).sum(
                    axis=1, dtype=np.int64
                )
                near = np.flatnonzero(bits <= radius)
                query.append(np.full(len(near), number, np.int64))
                row.append(near + start)
                apart.append(bits[near])
        return np.concatenate(query), keys[np.concatenate(row)], np.concatenate(apart)

    def parts(self) -> Iterator[tuple[Bits, Keys]]:
        """All hashes and keys in blocks."""
        for start in range(0, len(self._keys), _COMPARED):
            yield self._hashes[start : start + _COMPARED], self._keys[start : start + _COMPARED]


class Index:
    """Hashes with keys; one key may stand for many hashes. Safe to use from several threads.

    `search` is exact for every radius: up to 31 by tables of pieces of the hashes (a few thousand reads a query in ten
    millions), beyond that by comparing all. A new hash is found by the next search and a removed one is not; its bits
    are wiped from memory at once. About 80 bytes a hash. Without the compiled kernel every search compares all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shards: list[Shard | Plain] = []

    def __len__(self) -> int:
        return sum(len(shard) for shard in self._shards)

    def add(self, hashes: Bits, keys: Keys) -> None:
        """Take in `hashes` (n, 32) uint8 with `keys` (n,) uint64; the next search finds them. Raises MemoryError."""
        hashes, keys = _rows(hashes), np.ascontiguousarray(keys, np.uint64)
        if keys.shape != (len(hashes),):
            raise ValueError("one key a hash")
        with self._lock:
            for shard in self._put(hashes, keys):
                shard.settle()

    def _put(self, hashes: Bits, keys: Keys) -> list[Shard | Plain]:
        """Into the shards that have room, new ones where none has; which ones got some."""
        used = []
        while len(hashes):
            if not self._shards or not self._shards[-1].room:
                self._shards = [*self._shards, Shard() if kernel.at_work() else Plain()]
            shard = self._shards[-1]
            count = min(len(hashes), shard.room)
            shard.add(hashes[:count], keys[:count])
            hashes, keys = hashes[count:], keys[count:]
            used.append(shard)
        return used

    def remove(self, keys: Keys) -> int:
        """Forget all hashes of these keys; the next search finds none of them. How many hashes were forgotten."""
        wanted = np.unique(np.asarray(keys, np.uint64))
        with self._lock:
            removed = sum(shard.remove(wanted) for shard in self._shards)
            for shard in self._shards:
                shard.tidy()
        return removed

    def search(self, hashes: Bits, radius: int = RADIUS) -> Hits:
        """All kept hashes that differ in at most `radius` bits from each of `hashes` (m, 32), every one of them."""
        hashes = _rows(hashes)
        if not 0 <= radius <= 256:
            raise ValueError("a radius is 0 to 256 bits")
        found = [shard.search(hashes, radius) for shard in self._shards]
        query = np.concatenate([np.zeros(0, np.int64), *(f[0] for f in found)])
        key = np.concatenate([np.zeros(0, np.uint64), *(f[1] for f in found)])
        apart = np.concatenate([np.zeros(0, np.int64), *(f[2] for f in found)])
        order = np.lexsort((key, apart, query))
        return Hits(query[order], key[order], np.minimum(apart, 255).astype(np.uint8)[order])

    @property
    def memory(self) -> int:
        """Bytes held for hashes, keys and what finds them."""
        return sum(shard.memory for shard in self._shards)

    def save(self, path: Path) -> None:
        """Write all to a file: magic, number of blocks; each block its length, keys and hashes; SHA-256 of it all.

        Little-endian. The file is complete or it is not there: it is written beside its place and then moved.
        """
        beside = path.with_name(path.name + ".part")
        digest = hashlib.sha256()
        with self._lock, beside.open("wb") as out:
            for part in self._written():
                digest.update(part)
                out.write(part)
            out.write(digest.digest())
        beside.replace(path)

    def _written(self) -> Iterator[bytes]:
        yield _MAGIC
        for shard in self._shards:
            for hashes, keys in shard.parts():
                yield _BLOCK.pack(len(keys)) + keys.astype("<u8").tobytes()
                yield hashes.tobytes()
        yield _BLOCK.pack(0)

    @staticmethod
    def load(path: Path) -> "Index":
        """Read what `save` wrote. Raises Damaged("fingerprint.damaged_index")."""
        index = Index()
        digest = hashlib.sha256()
        with path.open("rb") as source:
            if _read(source, len(_MAGIC), digest) != _MAGIC:
                raise Damaged("fingerprint.damaged_index")
            while count := _BLOCK.unpack(_read(source, _BLOCK.size, digest))[0]:
                if count > _MOST_READ:
                    raise Damaged("fingerprint.damaged_index")
                keys = np.frombuffer(_read(source, 8 * count, digest), "<u8").astype(np.uint64)
                rows = np.frombuffer(_read(source, 32 * count, digest), np.uint8).reshape(-1, 32)
                index._put(rows, keys)
            if source.read() != digest.digest():
                raise Damaged("fingerprint.damaged_index")
        for shard in index._shards:
            shard.settle()
        return index


def _read(source: BinaryIO, count: int, digest: "hashlib._Hash") -> bytes:
    data = source.read(count)
    if len(data) != count:
        raise Damaged("fingerprint.damaged_index")
    digest.update(data)
    return data


def _rows(hashes: Bits) -> Bits:
    if hashes.dtype != np.uint8 or hashes.ndim != 2 or hashes.shape[1] != 32:
        raise ValueError("hashes are uint8 of shape (n, 32)")
    return np.ascontiguousarray(hashes)
