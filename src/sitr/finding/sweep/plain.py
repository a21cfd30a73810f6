"""The plain engine: worker processes and nothing else. It is the oracle that the other engine's rows must equal.

Belongs here: handing units to processes, and what happens when one of them dies. On a cluster each of Ray's processes
keeps one such worker. A decoder that a record makes crash takes its process with it. So each worker leaves a note of
how far it is in memory that outlives it; whoever dies twice at the same record is told to pass it over, and the record
is named. Once is not enough: processes are killed for reasons of their own.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from sitr.errors import OutsideSilent
from sitr.finding.sweep.units import Outcome, Unit, no_counts
from sitr.finding.sweep.working import Job, Worker

DEATHS_A_RECORD = 2
"""So often a worker has to die at the same record before the record is passed over."""
DEATHS_A_UNIT = 50
"""After so many the rest of a unit is given up: its file is made to kill."""
_DEATHS_BEFORE_WORK = 5
_NOT_BEGUN = -1


def here(units: Sequence[Unit], job: Job) -> Iterator[Outcome]:
    """Do all units in this process; a record that kills it ends the sweep."""
    alone = Worker(job)
    yield from (alone.do(unit) for unit in units)


def run(units: Sequence[Unit], job: Job, workers: int) -> Iterator[Outcome]:
    """Do all units in `workers` processes; outcomes come as they are ready, one for each unit whoever dies.

    Raises OutsideSilent("finding.sweep_no_workers") when workers die before they have begun.
    """
    crew = _Crew(job, units)
    try:
        for _ in range(min(workers, len(units))):
            crew.hire()
        yield from crew.outcomes()
    finally:
        crew.dismiss()


class Guarded:
    """One worker for one unit after another, in a process of its own that may die: for whoever must outlive a record
    that kills. Raises OutsideSilent as `run`.
    """

    def __init__(self, job: Job) -> None:
        self._crew = _Crew(job, ())

    def do(self, unit: Unit) -> Outcome:
        """Go through the unit; a record that kills is named."""
        return self._crew.do(unit)


@dataclass(eq=False)
class _Hand:
    """One worker's process, its end of the line, how far it is in its unit."""

    process: SpawnProcess
    line: Connection
    place: Any
    unit: Unit | None = None


class _Crew:
    def __init__(self, job: Job, units: Sequence[Unit]) -> None:
        # Started anew, not forked: a fork of a process with threads may hang in it.
        self._context = multiprocessing.get_context("spawn")
        self._job = job
        self._waiting = deque(units)
        self._hands: list[_Hand] = []
        self._deaths: dict[int, Counter[int]] = {}
        self._died_early = 0

    def hire(self) -> None:
        """One more worker, at work on the next unit."""
        line, end = self._context.Pipe()
        place = self._context.RawValue("q", _NOT_BEGUN)
        process = self._context.Process(target=_work, args=(self._job, os.getpid(), end, place), daemon=True)
        process.start()
        end.close()  # the worker's copy is the last one then, and its death ends the line
        hand = _Hand(process, line, place)
        self._hands.append(hand)
        self._give(hand)

    def do(self, unit: Unit) -> Outcome:
        """One unit, by the one worker of this crew."""
        self._waiting.append(unit)
        if self._hands:
            self._give(self._hands[0])
        else:
            self.hire()
        (outcome,) = self.outcomes()
        return outcome

    def outcomes(self) -> Iterator[Outcome]:
        """As they come."""
        while busy := {hand.line: hand for hand in self._hands if hand.unit is not None}:
            for line in wait(list(busy)):
                outcome = self._heard(busy[line])  # type: ignore[index]
                if outcome is not None:
                    yield outcome

    def dismiss(self) -> None:
        """End all workers; what one is at is done again another time."""
        for hand in self._hands:
            hand.line.close()
            hand.process.terminate()
        for hand in self._hands:
            hand.process.join()

    def _give(self, hand: _Hand) -> None:
        hand.unit = self._waiting.popleft() if self._waiting else None
        if hand.unit is not None:
            deaths = self._deaths.get(hand.unit.number, Counter())
            with suppress(OSError):  # dead already: it will be heard of
                hand.line.send((hand.unit, frozenset(n for n, count in deaths.items() if count >= DEATHS_A_RECORD)))

    def _heard(self, hand: _Hand) -> Outcome | None:
        """What a worker sent, or None when it was the end of it."""
        try:
            told = hand.line.recv()
        except (EOFError, OSError):
            return self._buried(hand)
        if isinstance(told, BaseException):
            raise told
        self._died_early = 0
        self._give(hand)
        outcome: Outcome = told
        return outcome

    def _buried(self, hand: _Hand) -> Outcome | None:
        """A worker died: another takes its place and its unit. An outcome only where the unit is given up."""
        self._hands.remove(hand)
        hand.line.close()
        hand.process.join()
        unit, place = hand.unit, int(hand.place.value)
        given_up = None
        if unit is not None and place == _NOT_BEGUN:
            self._died_early += 1
            if self._died_early >= _DEATHS_BEFORE_WORK:
                raise OutsideSilent("finding.sweep_no_workers")
        elif unit is not None:
            deaths = self._deaths.setdefault(unit.number, Counter())
            deaths[place] += 1
            # A record that was to be passed over kills those who only read it.
            if deaths[place] > DEATHS_A_RECORD or deaths.total() >= DEATHS_A_UNIT:
                given_up = _given_up(unit)
        if unit is not None and given_up is None:
            self._waiting.appendleft(unit)
        if self._waiting:
            self.hire()
        return given_up


def _given_up(unit: Unit) -> Outcome:
    bad = {"source": unit.inside, "record": unit.start, "code": "finding.sweep_killed_reading"}
    return Outcome(unit.number, {**no_counts(), "bad": 1, "bytes": unit.bytes}, bad=(bad,))


def _work(job: Job, parent: int, line: Connection, place: Any) -> None:
    """What a worker's process does: unit after unit, with a note of the record it is at."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one at the keyboard ends the parent, which ends this
    watch_parent(parent)
    worker = Worker(job)

    def at(number: int) -> None:
        place.value = number

    while True:
        try:
            unit, passed = line.recv()
        except (EOFError, OSError):
            return
        at(0)
        try:
            told: Any = worker.do(unit, passed=passed, at=at)
        except Exception as problem:  # a defect of ours, to be seen where the sweep was started
            told = problem
        line.send(told)


def watch_parent(parent: int) -> None:
    """End this process when its parent is gone: a killed sweep must not leave workers behind."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
