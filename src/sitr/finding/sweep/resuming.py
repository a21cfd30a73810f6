"""The book of a sweep: what was planned, which units are done, so that a killed sweep goes on with nothing twice.

Belongs here: the folder beside the output, its lock, and noticing that the list or an input changed. A unit is done
when its note stands there; the note is written after the unit's rows, each by one rename. So a kill at any moment
leaves a unit done or not done, and its rows are those of one run.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sitr.errors import BadInput
from sitr.finding.sweep import writing
from sitr.finding.sweep.inputs import Source
from sitr.finding.sweep.units import Kind, Outcome, Unit, no_counts

VERSION = 1


def book_of(out: Path) -> Path:
    """The folder in which the state of a sweep into `out` is kept."""
    return out.with_name(out.name + ".sweep")


def errors_of(out: Path) -> Path:
    """Where the errors of a sweep into `out` are named."""
    return out.with_name(out.name + ".errors.jsonl")


@contextmanager
def opened_book(out: Path, terms: Mapping[str, Any], sources: Sequence[Source]) -> Iterator["Book"]:
    """The book of this sweep, begun or gone on with, for this process alone.

    `terms`: what rows depend on (list, radius, version). Raises BadInput: `finding.sweep_running`,
    `finding.sweep_out_taken` when `out` is there and no sweep's, `finding.sweep_other_terms`,
    `finding.sweep_other_inputs`, `finding.sweep_input_changed`.
    """
    folder = book_of(out)
    if out.exists() and not folder.is_dir():
        raise BadInput("finding.sweep_out_taken", name=str(out))
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput("finding.sweep_running", name=str(out)) from None
        book = Book(folder, out, sources)
        book.begin(terms)
        yield book


class Book:
    """What is done and what is left. One process writes it; workers never do."""

    def __init__(self, folder: Path, out: Path, sources: Sequence[Source]) -> None:
        self._folder, self._out, self._sources = folder, out, sources
        self._done: dict[int, tuple[int | None, int | None]] = {}
        self._totals = no_counts()
        self._bytes = {unit.number: unit.bytes for unit in self.units}
        self._moved: dict[int, int] = {}
        self.resumed = False

    def begin(self, terms: Mapping[str, Any]) -> None:
        """Write the plan down, or see that it is the one that stands there, and read which units are done."""
        plan = {"version": VERSION, "terms": dict(terms), "sources": {s.name: s.known_by for s in self._sources}}
        file = self._folder / "plan.json"
        if file.exists():
            self._see_same(json.loads(file.read_text(encoding="utf-8", errors="surrogateescape")), plan)
            self._read_notes()
            self.resumed = True
            return
        with writing.whole(file) as draft:
            draft.write(json.dumps(plan, ensure_ascii=True, indent=1).encode())

    @staticmethod
    def _see_same(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for name, value in new["terms"].items():
            if old.get("version") != VERSION or old["terms"].get(name) != value:
                raise BadInput("finding.sweep_other_terms", what=name)
        for name in {**old["sources"], **new["sources"]}:
            if name not in new["sources"] or name not in old["sources"]:
                raise BadInput("finding.sweep_other_inputs", name=name)
            if old["sources"][name] != new["sources"][name]:
                raise BadInput("finding.sweep_input_changed", name=name)

    def _read_notes(self) -> None:
        for note in sorted(self._folder.glob("unit-*.json")):
            self._count(Outcome.from_json(note.read_text(encoding="ascii")), 1)

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units of the plan."""
        return tuple(unit for source in self._sources for unit in source.units)

    def left(self) -> tuple[Unit, ...]:
        """Units still to be done. When none is left, those whose first record turned out to begin elsewhere.

        A unit in the middle of a WARC looks for the first place where a record seems to begin. A WARC inside a WARC
        can deceive it; the unit before knows better, since it read its last record to the end.
        """
        undone = tuple(unit for unit in self.units if unit.number not in self._done)
        return undone or tuple(self._mistaken())

    def _mistaken(self) -> Iterator[Unit]:
        for source in self._sources:
            known: int | None = None
            inner = ""
            for unit in source.units:
                if unit.kind not in {Kind.WARC, Kind.WACZ}:
                    continue
                if unit.inner != inner:
                    known, inner = None, unit.inner
                first, after = self._done[unit.number]
                if known is not None and _is_elsewhere(unit, first, known) and self._moved.get(unit.number) != known:
                    self._moved[unit.number] = known
                    yield replace(unit, start=min(known, unit.end), exact=True)
                    return  # where the next one begins is known only after this one
                known = after if first is not None else known

    def enter(self, outcome: Outcome) -> None:
        """A unit is done: its rows are written, then its note."""
        # A unit that was moved still stands for its whole stretch of the file.
        outcome = replace(outcome, counts={**outcome.counts, "bytes": self._bytes[outcome.unit]})
        if outcome.unit in self._done:  # done a second time, from where its first record really begins
            self._count(self._noted(outcome.unit), -1)
        part = self._part(outcome.unit)
        if outcome.rows:
            writing.write_part(part, outcome.rows)
        else:
            part.unlink(missing_ok=True)
        kept = replace(outcome, rows=())
        with writing.whole(self._note(outcome.unit)) as note:
            note.write(kept.to_json().encode("ascii"))
        self._count(kept, 1)

    def finish(self) -> int:
        """Write the output and the errors from the parts. How many rows."""
        bad = (line for unit in self.units for line in self._noted(unit.number).bad)
        writing.write_lines(errors_of(self._out), bad)
        parts = (part for unit in self.units if (part := self._part(unit.number)).exists())
        return writing.join(parts, self._out)

    def counts(self) -> dict[str, int]:
        """Sums over all units done so far."""
        return dict(self._totals)

    @property
    def done(self) -> int:
        """How many units are done."""
        return len(self._done)

    def _count(self, outcome: Outcome, sign: int) -> None:
        self._done[outcome.unit] = (outcome.first, outcome.after)
        for name, count in outcome.counts.items():
            self._totals[name] += sign * count

    def _noted(self, number: int) -> Outcome:
        return Outcome.from_json(self._note(number).read_text(encoding="ascii"))

    def _note(self, number: int) -> Path:
        return self._folder / f"unit-{number:09d}.json"

    def _part(self, number: int) -> Path:
        return self._folder / f"unit-{number:09d}.parquet"


def _is_elsewhere(unit: Unit, first: int | None, known: int) -> bool:
    return known < unit.end if first is None else first != known


def is_begun(out: Path) -> bool:
    """Whether a sweep into `out` was begun, and perhaps finished."""
    return (book_of(out) / "plan.json").is_file()


def clear(out: Path) -> None:
    """Forget a sweep: its book, its output and its errors."""
    for file in (out, errors_of(out)):
        file.unlink(missing_ok=True)
    folder = book_of(out)
    if folder.is_dir():
        for file in folder.iterdir():
            if file.name == "lock" or file.name.startswith((".", "unit-", "plan.json")):
                file.unlink()
        folder.rmdir()
