"""What is being handed over right now, and whether what was begun is still on its way.

Its row is written before the first byte goes out. Whoever began it may be killed, or may live and be unable to write
down what became of it (a full disk, a database that is gone): in both cases it may have gone, and nobody knows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sitr.cases.services import Services
from sitr.cases.views import read_time

_MINE: set[str] = set()
"""Ids of rows that this process is handing over; ids are never used twice."""


@contextmanager
def on_the_way(row_id: str) -> Iterator[None]:
    """This process hands the row over, until what became of it is written down, or cannot be."""
    _MINE.add(row_id)
    try:
        yield
    finally:
        _MINE.discard(row_id)


def still_on_the_way(services: Services, row_id: str, body: dict[str, Any], longest: timedelta) -> bool:
    """Whether somebody is at it still: `sender`, the process that began, at `begun_at`, not longer ago than that."""
    begun, sender = read_time(body.get("begun_at")), str(body.get("sender") or "")
    if begun is None or services.now() - begun > longest:
        return False
    if sender == services.process:
        return row_id in _MINE
    return sender != "" and services.is_alive(sender)
