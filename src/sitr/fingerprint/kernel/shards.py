"""A shard of the index: up to 16 million hashes in the kernel's memory.

Belongs here: the kernel's index behind checked arrays. Not here: many shards as one, files (`sitr.fingerprint.index`).
"""

import ctypes
import weakref
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sitr.fingerprint.kernel import Bytes, Longs, address, function

Keys = npt.NDArray[np.uint64]

MOST = 0xFFFFFF
"""Hashes a shard takes, removed ones counted until it is tidied."""
_TABLES = 11
_P, _L = ctypes.c_void_p, ctypes.c_int64
_FEW, _MANY = 2048, 16384
_COPIED = 1 << 18


class Shard:
    """Hashes with keys; reads and writes may come from several threads, and wait for one table at most."""

    def __init__(self) -> None:
        handle = function("index_new", result=_P)()
        if not handle:
            raise MemoryError
        self._handle = handle
        self._end = weakref.finalize(self, function("index_free", _P), handle)

    def __len__(self) -> int:
        return self._says(0)

    @property
    def memory(self) -> int:
        """Bytes held."""
        return self._says(2)

    @property
    def room(self) -> int:
        """How many hashes still fit."""
        return self._says(4)

    def _says(self, what: int) -> int:
        return function("index_says", _P, _L)(self._handle, what)

    def add(self, hashes: Bytes, keys: Keys) -> None:
        """Take in rows; they are found from now on, and `settle` makes finding them quick. Raises MemoryError."""
        count = len(hashes)
        where = address(hashes, np.uint8, (count, 32)), address(keys, np.uint64, (count,))
        if function("index_add", _P, _P, _P, _L)(self._handle, *where, count):
            raise MemoryError

    def settle(self) -> None:
        """Move what was added into the tables, once there is enough of it; searches go on between two tables."""
        behind = self._says(1)
        if behind <= min(_MANY, max(_FEW, len(self) // 512)):
            return
        for table in range(_TABLES):
            if function("index_settle", _P, _L)(self._handle, table):
                raise MemoryError

    def remove(self, keys: Keys) -> int:
        """Forget the hashes of `keys` (ascending); how many they were."""
        count = function("index_remove", _P, _P, _L)(self._handle, address(keys, np.uint64, (None,)), len(keys))
        if count < 0:
            raise MemoryError
        return count

    def tidy(self) -> None:
        """Close the gaps of removed hashes when they are more than the others; only then does it take seconds."""
        if self._says(3) > max(_MANY, len(self)):
            function("index_compact", _P)(self._handle)
            self.settle()

    def search(self, hashes: Bytes, radius: int) -> tuple[Longs, Keys, Longs]:
        """Query, key and distance of every hash within `radius` bits of each of `hashes`, in no order."""
        found = ctypes.c_void_p()
        call = function("index_search", _P, _P, _L, _L, _P)
        where = address(hashes, np.uint8, (len(hashes), 32))
        count = call(self._handle, where, len(hashes), radius, ctypes.addressof(found))
        if count < 0:
            raise MemoryError
        query, key, bits = np.empty(count, np.int64), np.empty(count, np.uint64), np.empty(count, np.int64)
        function("index_take", _P, _P, _P, _P)(found, query.ctypes.data, key.ctypes.data, bits.ctypes.data)
        return query, key, bits

    def parts(self) -> Iterator[tuple[Bytes, Keys]]:
        """All hashes and keys, in order and in blocks. What is added meanwhile may or may not be among them."""
        at = np.zeros(1, np.int64)
        call = function("index_copy", _P, _L, _L, _P, _P, _P)
        while True:
            hashes, keys = np.empty((_COPIED, 32), np.uint8), np.empty(_COPIED, np.uint64)
            start = int(at[0])
            count = call(self._handle, start, _COPIED, hashes.ctypes.data, keys.ctypes.data, at.ctypes.data)
            if count == 0:
                return
            yield hashes[:count], keys[:count]
