"""A sweep from its beginning to its output, whichever engine does the units.

Belongs here: plan, book, engine, progress, output, in this order. The clock, the version and the door are handed in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sitr.errors import BadInput
from sitr.finding.sweep import on_daft, plain, resuming
from sitr.finding.sweep.addresses import Visitor
from sitr.finding.sweep.inputs import UNIT_BYTES, plan
from sitr.finding.sweep.opening import Store
from sitr.finding.sweep.screening import WIDE_MOST
from sitr.finding.sweep.units import Kind, Outcome, Unit
from sitr.finding.sweep.watchlist import WatchList
from sitr.finding.sweep.working import Job


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    `engine`: `daft`, `plain`, `ray`, or `here`: in this process, which a record may then end. `cluster`: the address of
    Ray. `workers`: processes, and 0 on a cluster means one for each core of it. `unit_bytes`: how large a stretch of a
    WARC one worker takes on at a time.
    """

    inputs: tuple[str, ...]
    out: Path
    engine: str = "daft"
    cluster: str = ""
    workers: int = 1
    wide: bool = False
    store: Store = field(default_factory=Store)
    unit_bytes: int = UNIT_BYTES


@dataclass(frozen=True)
class Progress:
    """How far it is. Rates are of this run; `bytes_done` counts earlier runs too. `seconds_left`: None before anything
    is known. Lists of addresses have units and records, and no bytes that could be known beforehand.
    """

    units_done: int
    units: int
    bytes_done: int
    bytes: int
    records: int
    matches: int
    bad: int
    seconds: float
    records_a_second: float
    bytes_a_second: float
    seconds_left: float | None


@dataclass(frozen=True)
class Summary:
    """What came of it. `rows`: written to `out`; `errors`: where bad records are named; `resumed`: units of an earlier
    run were taken over.
    """

    out: Path
    errors: Path
    rows: int
    counts: Mapping[str, int]
    units: int
    seconds: float
    resumed: bool


def sweep(
    wish: Wish,
    watch: WatchList,
    *,
    version: str,
    clock: Callable[[], float],
    visitor: Visitor | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Summary:
    """Look for copies of the listed photos in all inputs, and write what was found. May be killed and called again.

    Raises BadInput and OutsideSilent as `inputs.plan`, `resuming.opened_book` and the engines; BadInput
    `finding.sweep_wide_list`, `finding.sweep_no_door` when addresses are listed and no visitor was handed in.
    """
    if wish.wide and len(watch.hashes) > WIDE_MOST:
        raise BadInput("finding.sweep_wide_list", limit=WIDE_MOST)
    sources = plan(wish.inputs, wish.store, wish.unit_bytes)
    terms = {"list": watch.digest, "wide": wish.wide, "version": version, "unit_bytes": wish.unit_bytes}
    job = Job(watch, wish.wide, version, wish.store)
    with resuming.opened_book(wish.out, terms, sources) as book:
        pace = _Pace(book, clock)
        try:
            while units := book.left():
                for outcome in _outcomes(units, job, wish, visitor):
                    book.enter(outcome)
                    tell(pace.progress())
        finally:
            on_daft.leave()
        rows = book.finish()
        return Summary(
            wish.out, resuming.errors_of(wish.out), rows, book.counts(), len(book.units), pace.seconds, book.resumed
        )


def _outcomes(units: Sequence[Unit], job: Job, wish: Wish, visitor: Visitor | None) -> Iterator[Outcome]:
    here = [unit for unit in units if unit.kind is Kind.ADDRESSES]
    away = [unit for unit in units if unit.kind is not Kind.ADDRESSES]
    if here and visitor is None:
        raise BadInput("finding.sweep_no_door")
    if away and wish.engine == "here":
        yield from plain.here(away, job)
    elif away and wish.engine == "plain":
        yield from plain.run(away, job, wish.workers)
    elif away:
        yield from on_daft.run(away, job, wish.workers, wish.cluster)
    # Addresses are visited from this one process: many that do not know of each other cannot be polite to a host.
    if here and visitor is not None:
        yield from visitor.run(here, job)


class _Pace:
    """How fast it goes."""

    def __init__(self, book: resuming.Book, clock: Callable[[], float]) -> None:
        self._book, self._clock = book, clock
        self._began = clock()
        self._before = book.counts()
        self._done_before = book.done
        self._units, self._bytes = len(book.units), sum(unit.bytes for unit in book.units)

    @property
    def seconds(self) -> float:
        return self._clock() - self._began

    def progress(self) -> Progress:
        counts, total = self._book.counts(), self._bytes
        seconds = max(self.seconds, 1e-6)
        rate = (counts["bytes"] - self._before["bytes"]) / seconds
        left = max(0, total - counts["bytes"])
        # Where nothing is known of sizes, units tell how far it is.
        if not total:
            left, rate = self._units - self._book.done, (self._book.done - self._done_before) / seconds
        return Progress(
            units_done=self._book.done,
            units=self._units,
            bytes_done=counts["bytes"],
            bytes=total,
            records=counts["records"],
            matches=counts["matches"],
            bad=counts["bad"],
            seconds=seconds,
            records_a_second=(counts["records"] - self._before["records"]) / seconds,
            bytes_a_second=(counts["bytes"] - self._before["bytes"]) / seconds,
            seconds_left=left / rate if rate > 0 else None,
        )
