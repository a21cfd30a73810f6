"""What is done with one unit, by whichever engine: the same function, so that all engines give the same rows.

Belongs here: joining reading and screening, and counting. Not here: who runs it, and where (`plain`, `on_daft`).
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Any

from sitr.errors import BadInput
from sitr.finding.sweep.opening import Store
from sitr.finding.sweep.records import Bad, Item, Passed, Picture, Reading
from sitr.finding.sweep.screening import Screen
from sitr.finding.sweep.units import Outcome, Unit, no_counts
from sitr.finding.sweep.watchlist import WatchList

KILLS = "finding.sweep_killed"
"""The code of a picture that ended the process which looked at it."""


@dataclass(frozen=True)
class Job:
    """What every worker is told. `version`: of Sitr, written in each row."""

    watch: WatchList = field(repr=False)
    wide: bool
    version: str
    store: Store = field(default_factory=Store)


class Worker:
    """One worker: the list is made ready once, then unit after unit."""

    def __init__(self, job: Job) -> None:
        import cv2

        cv2.setNumThreads(1)  # there is a worker for each core already
        self._store = job.store
        self._screen = Screen(job.watch, wide=job.wide, version=job.version)

    def do(self, unit: Unit, *, passed: Container[int] = (), at: Callable[[int], None] = lambda _: None) -> Outcome:
        """Go through the unit. Nothing that is wrong with a record ends it, but one that ends this process.

        `at`: is told the number of each item, from 0, before it is read; `passed`: numbers of items that are named
        and not looked at, since they ended processes.
        """
        reading = Reading(unit, self._store)
        tally = Tally(self._screen)
        at(0)
        for number, item in enumerate(reading):
            tally.take(Bad(item.source, item.record, KILLS) if isinstance(item, Picture) and number in passed else item)
            at(number + 1)
        return tally.outcome(unit, reading.first, reading.after)


class Tally:
    """Counts and rows of a unit while it is gone through."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._counts = no_counts()
        self._rows: list[Any] = []
        self._bad: list[Any] = []

    def take(self, item: Item) -> None:
        """Look at one item."""
        self._counts["records"] += not isinstance(item, Bad) or item.whole
        if isinstance(item, Bad):
            self._name(item)
            return
        if isinstance(item, Passed):
            self._counts["revisits"] += item.revisit
            return
        try:
            seen = self._screen.look(item)
        except BadInput as refused:
            self._name(Bad(item.source, item.record, refused.code))
            return
        except MemoryError:
            self._name(Bad(item.source, item.record, KILLS))
            return
        self._counts["small" if seen.small else "images"] += 1
        self._counts["candidates"] += seen.candidate
        self._counts["matches"] += sum(bool(row["match"]) for row in seen.rows)
        self._rows += seen.rows

    def _name(self, bad: Bad) -> None:
        self._counts["bad"] += 1
        self._bad.append({"source": bad.source, "record": bad.record, "code": bad.code})

    def outcome(self, unit: Unit, first: int | None, after: int | None) -> Outcome:
        """What came of the unit."""
        counts = {**self._counts, "bytes": unit.bytes}
        return Outcome(unit.number, counts, tuple(self._rows), tuple(self._bad), first, after)
