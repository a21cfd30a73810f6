"""The index: which of millions of PDQ hashes lie within so many bits of a picture's hash, all of them, at once.

Belongs here: keeping hashes with the caller's keys, adding and removing while searches go on, the stored form. Not
here: what a key stands for, who may ask, and what a hit leads to.
"""

import hashlib
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sitr.errors import Damaged
from sitr.fingerprint.pdq import RADIUS, Bits

Keys = npt.NDArray[np.uint64]

_MAGIC = b"SITRIX\x00\x01"
_HEAD = struct.Struct("<8sQ")
_BLOCK = 1 << 16


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


class Index:
    """Hashes with keys; one key may stand for many hashes. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hashes = np.zeros((0, 32), np.uint8)
        self._keys = np.zeros(0, np.uint64)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, hashes: Bits, keys: Keys) -> None:
        """Take in `hashes` (n, 32) uint8 with `keys` (n,) uint64; the next search finds them."""
        hashes, keys = _rows(hashes), np.ascontiguousarray(keys, np.uint64)
        if keys.shape != (len(hashes),):
            raise ValueError("one key a hash")
        with self._lock:
            self._hashes = np.concatenate([self._hashes, hashes])
            self._keys = np.concatenate([self._keys, keys])

    def remove(self, keys: Keys) -> int:
        """Forget all hashes of these keys; the next search finds none of them. How many hashes were forgotten."""
        with self._lock:
            kept = ~np.isin(self._keys, np.asarray(keys, np.uint64))
            self._hashes, self._keys = self._hashes[kept], self._keys[kept]
        return int((~kept).sum())

    def search(self, hashes: Bits, radius: int = RADIUS) -> Hits:
        """All kept hashes that differ in at most `radius` bits from each of `hashes` (m, 32), every one of them."""
        hashes = _rows(hashes)
        if not 0 <= radius <= 256:
            raise ValueError("a radius is 0 to 256 bits")
        with self._lock:
            kept, keys = self._hashes, self._keys
        return _ordered(*_scan(hashes, kept, radius), keys)

    @property
    def memory(self) -> int:
        """Bytes held for hashes, keys and what finds them."""
        return int(self._hashes.nbytes + self._keys.nbytes)

    def save(self, path: Path) -> None:
        """Write all to a file: magic, count, keys, hashes, SHA-256 of all before it. Little-endian."""
        with self._lock:
            kept, keys = self._hashes, self._keys
        digest = hashlib.sha256()
        with path.open("wb") as out:
            for part in (_HEAD.pack(_MAGIC, len(keys)), keys.astype("<u8").tobytes(), kept.tobytes()):
                digest.update(part)
                out.write(part)
            out.write(digest.digest())

    @staticmethod
    def load(path: Path) -> "Index":
        """Read what `save` wrote. Raises Damaged("fingerprint.damaged_index")."""
        data = path.read_bytes()
        if len(data) < _HEAD.size + 32 or hashlib.sha256(data[:-32]).digest() != data[-32:]:
            raise Damaged("fingerprint.damaged_index")
        magic, count = _HEAD.unpack_from(data)
        if magic != _MAGIC or len(data) != _HEAD.size + 40 * count + 32:
            raise Damaged("fingerprint.damaged_index")
        index = Index()
        keys = np.frombuffer(data, "<u8", count, _HEAD.size).astype(np.uint64)
        rows = np.frombuffer(data, np.uint8, 32 * count, _HEAD.size + 8 * count).reshape(-1, 32)
        index.add(rows.copy(), keys)
        return index


def _rows(hashes: Bits) -> Bits:
    if hashes.dtype != np.uint8 or hashes.ndim != 2 or hashes.shape[1] != 32:
        raise ValueError("hashes are uint8 of shape (n, 32)")
    return np.ascontiguousarray(hashes)


def _scan(
    asked: Bits, kept: Bits, radius: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Every hash against every other: query, row and distance of what is near."""
    queries, rows, apart = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    words = kept.view(np.uint64)
    for query, one in enumerate(asked.view(np.uint64)):
        for start in range(0, len(words), _BLOCK):
            bits = np.bitwise_count(words[start : start + _BLOCK] ^ one).sum(axis=1, dtype=np.int64)
            near = np.flatnonzero(bits <= radius)
            queries.append(np.full(len(near), query, np.int64))
            rows.append(near + start)
            apart.append(bits[near])
    return np.concatenate(queries), np.concatenate(rows), np.concatenate(apart)


def _ordered(
    query: npt.NDArray[np.int64], row: npt.NDArray[np.int64], apart: npt.NDArray[np.int64], keys: Keys
) -> Hits:
    found = keys[row]
    order = np.lexsort((found, apart, query))
    return Hits(query[order], found[order], np.minimum(apart, 255).astype(np.uint8)[order])
