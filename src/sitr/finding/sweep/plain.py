"""The plain engine: worker processes and nothing else. It is the oracle that the other engine's rows must equal."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

from sitr.finding.sweep.units import Outcome, Unit
from sitr.finding.sweep.working import Job, Worker

_worker: list[Worker] = []
"""The one worker of a worker's process: making the list ready for each unit anew would cost more than the unit."""


def run(units: Sequence[Unit], job: Job, workers: int) -> Iterator[Outcome]:
    """Do all units in `workers` processes; outcomes come as they are ready. One worker: in this process."""
    if workers == 1:
        alone = Worker(job)
        yield from (alone.do(unit) for unit in units)
        return
    # Started anew, not forked: a fork of a process with threads may hang in it.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(job, os.getpid())) as pool:
        waiting = iter(units)
        running: set[Future[Outcome]] = set()
        try:
            while True:
                # A few ahead, not all: a plan may hold a million units.
                while len(running) < 2 * workers and (unit := next(waiting, None)) is not None:
                    running.add(pool.submit(_do, unit))
                if not running:
                    return
                ready, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in ready)
        finally:
            for future in running:
                future.cancel()


def _begin(job: Job, parent: int) -> None:
    watch_parent(parent)
    _worker.append(Worker(job))


def _do(unit: Unit) -> Outcome:
    return _worker[0].do(unit)


def watch_parent(parent: int) -> None:
    """End this process when its parent is gone: a killed sweep must not leave workers behind."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()
