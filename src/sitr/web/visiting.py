"""Visits of the watch while somebody is unlocked in this process: a worker beside the pages, with a key in memory.

Belongs here: when orders are handed out and when they end. What a visit is stands in `cases.orders`. The worker is
given a key to orders and never a keeper; both are destroyed when nobody is unlocked any more, and once a day.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any

from django.db import DatabaseError, close_old_connections

from sitr.cases import orders, watches
from sitr.cases.access import Keeper
from sitr.cases.orders import VisitView, Worker
from sitr.errors import SitrError
from sitr.finding import Manners
from sitr.vault import Identity

_EVERY_SECONDS = 20.0
_KEY_LIVES = timedelta(days=1)
_OFFERS_APART = timedelta(minutes=1)


class Visiting:
    """One worker of this process. `anyone` says whether somebody is unlocked now."""

    def __init__(
        self,
        services: Any,
        anyone: Callable[[], bool],
        *,
        manners: Manners | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._services, self._anyone = services, anyone
        self._manners, self._sleep = manners or Manners(), sleep
        self._lock = Lock()
        self._worker: Worker | None = None
        self._since: datetime | None = None
        self._offered: datetime | None = None

    def offer(self, keeper: Keeper) -> None:
        """Hand out what is due in this holder's cases, at most once a minute: called at each request of somebody who is
        unlocked, and nothing is opened where nothing is due."""
        now = self._services.now()
        with self._lock:
            if self._offered is not None and now - self._offered < _OFFERS_APART:
                return
            self._offered = now
        if orders.due(self._services):
            watches.hand_out(keeper, self._key(now).identity.public)

    def _key(self, now: datetime) -> Worker:
        with self._lock:
            if self._worker is None or self._since is None:
                self._worker, self._since = Worker(Identity.generate(), self._services), now
            return self._worker

    def work(self) -> list[VisitView]:
        """Visit what was handed out, while somebody is unlocked; else destroy the orders, and the key with them."""
        with self._lock:
            worker, since = self._worker, self._since
        if worker is None or since is None:
            return []
        done = list(orders.run(worker, manners=self._manners, sleep=self._sleep, going=self._anyone))
        if not self._anyone() or self._services.now() - since >= _KEY_LIVES:
            self.end()
        return done

    def end(self) -> None:
        """Destroy the orders of this worker, and its key."""
        with self._lock:
            worker, self._worker, self._since = self._worker, None, None
        if worker is not None:
            watches.take_back(worker)

    def start(self) -> None:
        """Go on by itself, in a thread that ends with the process."""
        Thread(target=self._go_on, args=(Event(),), name="visits", daemon=True).start()

    def _go_on(self, stop: Event) -> None:
        while not stop.wait(_EVERY_SECONDS):
            with suppress(SitrError, OSError, DatabaseError):  # what was not done is due still
                self.work()
            close_old_connections()
