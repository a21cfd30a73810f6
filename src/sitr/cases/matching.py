"""The shared index held in memory, following its table, and what is said of a hash that a partner asks about.

Belongs here: reading the table once, following its changes twice a second, searching, and how coarse the answer is. Not
here: who may ask (`partners`), HTTP (`web`).

A withdrawn photo is answered for at most `EVERY` seconds more: no search is made on an index that is older than that,
and when the table cannot be asked, nothing is answered at all.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from django.db import DatabaseError, close_old_connections, connections

from sitr.cases import shared_rows
from sitr.cases.services import Services
from sitr.errors import OutsideSilent
from sitr.fingerprint.index import Index, Keys
from sitr.fingerprint.pdq import QUALITY, RADIUS, Bits

EVERY = 0.5
"""Seconds. With one, a new photo was known after 1.3 on a busy machine; asking for one number costs next to nothing."""
STEPS = (7, 15, 23, 31)
"""A distance is told as the end of its step: exact ones would let an asker walk towards a stored hash, bit by bit, with
fewer questions than yes and no alone do."""
_VIEW_BITS = 6
_AT_ONCE = 4096  # photos read at once


@dataclass(frozen=True)
class Asked:
    """One hash that a partner asks about: 32 bytes, and the quality that came with it."""

    pdq: bytes
    quality: int


@dataclass(frozen=True)
class Match:
    """The nearest entry: its random id, which view of the photo, and how far at most."""

    id: str
    view: str
    distance: int


class _Held:
    """The index as it is held: a key is the serial number of an entry and the number of the view."""

    def __init__(self) -> None:
        self.index = Index()
        self.entries: dict[int, int] = {}
        self._serials: dict[int, int] = {}
        self._next = 0

    def take(self, entries: set[int] | None) -> None:
        """Read these entries from the table, or all."""
        hashes: list[Bits] = []
        keys: list[Keys] = []
        for entry, packed in shared_rows.rows(entries):
            serial, self._next = self._next, self._next + 1
            self._serials[entry], self.entries[serial] = serial, entry
            views, _, bits = shared_rows.unpack(packed)
            hashes.append(bits)
            keys.append(np.uint64(serial << _VIEW_BITS) | views.astype(np.uint64))
            if len(hashes) == _AT_ONCE:
                self._add(hashes, keys)
                hashes, keys = [], []
        self._add(hashes, keys)

    def _add(self, hashes: Sequence[Bits], keys: Sequence[Keys]) -> None:
        if hashes:
            self.index.add(np.ascontiguousarray(np.concatenate(hashes)), np.concatenate(keys))

    def forget(self, entries: set[int]) -> None:
        """Drop these entries."""
        serials = [self._serials.pop(entry) for entry in entries if entry in self._serials]
        keys = [serial << _VIEW_BITS | view for serial in serials for view in range(len(shared_rows.VIEWS))]
        if keys:
            self.index.remove(np.array(keys, np.uint64))
        for serial in serials:
            del self.entries[serial]


class Follower:
    """The index in memory. Safe to use from several threads; one of them reads the table, the others wait for it."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic, every: float = EVERY) -> None:
        self._services, self._clock, self._every = services, clock, every
        self._lock = threading.Lock()
        self._held, self._number, self._asked_at = _Held(), -1, float("-inf")
        self._stop = threading.Event()

    def __len__(self) -> int:
        return len(self._held.index)

    def follow(self) -> None:
        """Bring the index up to the table's latest change. Raises OutsideSilent `cases.index_silent`."""
        with self._lock:
            if self._clock() - self._asked_at < self._every:
                return
            begun = self._clock()
            try:
                self._catch_up()
            except DatabaseError:
                raise OutsideSilent("cases.index_silent") from None
            self._asked_at = begun

    def _catch_up(self) -> None:
        latest = shared_rows.number()
        if latest == self._number:
            return
        changed = shared_rows.changed_since(self._number, latest) if self._number >= 0 else None
        if changed is None:
            anew = _Held()  # filled before it is searched: others go on with the old one until then
            anew.take(None)
            self._held = anew
        else:
            self._held.forget(changed)
            self._held.take(changed)
        self._number = latest

    def search(self, asked: Sequence[Asked]) -> list[Match | None]:
        """The nearest entry within 31 bits for each; None for none, and for a hash too flat to say anything."""
        self.follow()
        held = self._held
        usable = [place for place, one in enumerate(asked) if one.quality >= QUALITY]
        found: list[Match | None] = [None] * len(asked)
        if not usable:
            return found
        bits = np.frombuffer(b"".join(asked[place].pdq for place in usable), np.uint8).reshape(-1, 32)
        hits = held.index.search(bits.copy(), RADIUS)
        for query, key, distance in zip(hits.query.tolist(), hits.key.tolist(), hits.distance.tolist(), strict=True):
            place, entry = usable[query], held.entries.get(key >> _VIEW_BITS)
            if found[place] is None and entry is not None:  # ordered: the first is the nearest
                view = shared_rows.VIEWS[key & ((1 << _VIEW_BITS) - 1)]
                found[place] = Match(shared_rows.name_of(entry), view, next(s for s in STEPS if distance <= s))
        return found

    def start(self) -> None:
        """Follow on a thread of its own, so that what was withdrawn leaves the memory when nobody asks, too."""
        threading.Thread(target=self._run, name="shared index", daemon=True).start()

    def stop(self) -> None:
        """End that thread."""
        self._stop.set()

    def _run(self) -> None:
        try:
            while not self._stop.wait(self._every):
                self._turn()
        finally:
            connections.close_all()

    def _turn(self) -> None:
        try:
            self.follow()
            shared_rows.sweep(self._services)
        except (OutsideSilent, DatabaseError):
            return  # the next request asks again, and answers nothing until it succeeds
        finally:
            close_old_connections()
