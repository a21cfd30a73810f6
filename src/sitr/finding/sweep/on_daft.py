"""The engine for sweeps: Daft, in processes of this machine or on a Ray cluster, with the same code on both.

Belongs here: handing units to Daft and taking outcomes back one by one. Daft spreads the units, starts the workers, and
on Ray moves code and data to other machines; only this process writes anything.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from sitr.errors import OutsideSilent, SitrError
from sitr.finding.sweep import plain
from sitr.finding.sweep.packages import SILENT, daft, ray
from sitr.finding.sweep.units import Outcome, Unit
from sitr.finding.sweep.working import Job, Worker
from sitr.net import Door

_ANSWERS_WITHIN = 10.0
_GAVE_UP = (RuntimeError, OSError)
"""What Daft raises when a process of its own dies; Ray's errors are RuntimeErrors too."""
_TRIES = 3
"""So often in a row Daft may end without a single outcome."""
_UNITS_AT_ONCE = 2000
"""Units of one plan of Daft: workers are started anew for each, and a plan of a million units would be all planning."""


def run(units: Sequence[Unit], job: Job, workers: int, cluster: str = "") -> Iterator[Outcome]:
    """Do all units; outcomes come as they are ready. `cluster`: address of a Ray cluster; empty: in this machine's
    processes. `workers` 0: one for each core of the cluster.

    On a cluster each of Ray's processes has a process of its own for what records do to it, as the plain engine has.
    On this machine Daft gives up a plan when one of its processes dies, and does not say at which unit. The units that
    were in work are then done by plain processes here, which name the record that kills; Daft goes on with the rest.
    Raises OutsideSilent: `finding.sweep_no_cluster`, `finding.sweep_no_workers`; MissingProgram("finding.sweep_needs").
    """
    workers = workers or _cores(cluster)
    _choose(cluster)
    outcomes = _outcomes(daft(), job, workers, cluster)
    left = {unit.number: unit for unit in units}
    in_vain = 0
    while left:
        some = list(islice(left.values(), _UNITS_AT_ONCE))
        try:
            for outcome in _done(some, outcomes, workers, cluster):
                del left[outcome.unit]
                in_vain = 0
                yield outcome
        except _GAVE_UP:
            in_vain += 1
            if in_vain > _TRIES:
                raise OutsideSilent("finding.sweep_no_cluster" if cluster else "finding.sweep_no_workers") from None
            # Daft hands units out in their order, so those that were in work are among the first that are left.
            for outcome in plain.run(list(islice(left.values(), 2 * workers)), job, min(workers, os.cpu_count() or 1)):
                del left[outcome.unit]
                yield outcome


def _done(units: Sequence[Unit], outcomes: Any, workers: int, cluster: str) -> Iterator[Outcome]:
    # A batch is one unit: else all of them would be one worker's, and nothing would come back before the end.
    frame = daft().from_pydict({"unit": [unit.to_json() for unit in units]})
    frame = frame.into_partitions(len(units)) if cluster else frame.into_batches(1)
    for row in frame.select(outcomes(frame["unit"]).alias("outcome")).iter_rows(results_buffer_size=workers):
        yield Outcome.from_json(row["outcome"])


def _outcomes(engine: Any, job: Job, workers: int, cluster: str) -> Any:
    class Units:
        """Daft makes one in each worker's process."""

        def __init__(self, told: Job) -> None:
            if cluster:
                # Ray begins its process anew when a record kills it, and the record kills the next one, without end.
                self.worker: plain.Guarded | Worker = plain.Guarded(told)
                return
            plain.watch_parent(os.getppid())
            self.worker = Worker(told)

        def do(self, unit: str) -> str:
            return self.worker.do(Unit.from_json(unit)).to_json()

    Units.do = engine.method(return_dtype=engine.DataType.string())(Units.do)  # type: ignore[method-assign]
    return engine.cls(Units, use_process=True, max_concurrency=workers)(job).do


def _reach(cluster: str) -> None:
    """See that something answers there: Ray itself would try for minutes. Raises as `run`."""
    try:
        parts = urlsplit(cluster if "://" in cluster else f"ray://{cluster}")
        host, port = parts.hostname or "", parts.port or 0
        Door([(host, port)]).connect_infrastructure(host, port, _ANSWERS_WITHIN).close()
    except (SitrError, ValueError):
        raise OutsideSilent("finding.sweep_no_cluster") from None
    if host in {"localhost", "127.0.0.1"}:
        # Else Ray looks for this machine's outer address, where a cluster on loopback does not listen.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"


def _choose(cluster: str) -> None:
    """Daft made ready for this machine or for the cluster. A process can choose once."""
    engine = daft()
    if cluster:
        _join(cluster)
        engine.set_runner_ray(noop_if_initialized=True)
    elif engine.runners.get_or_infer_runner_type() != "native":
        raise RuntimeError("this process already works on a cluster")


def _join(cluster: str) -> Any:
    """Ray, connected to the cluster; it stays so until `leave`."""
    _reach(cluster)
    rays = ray()
    if not rays.is_initialized():
        try:
            rays.init(address=cluster, runtime_env={"env_vars": SILENT}, log_to_driver=False, logging_level="ERROR")
        except (ConnectionError, RuntimeError, ValueError):
            raise OutsideSilent("finding.sweep_no_cluster") from None
    return rays


def _cores(cluster: str) -> int:
    return max(1, int(_join(cluster).cluster_resources().get("CPU", 1))) if cluster else 1


def leave() -> None:
    """Leave the cluster, where there was one. The next sweep of this process may join it, or another, again."""
    if "ray" in sys.modules and ray().is_initialized():
        # Daft keeps its actor on the cluster for ever, and would ask it after it ended.
        daft().runners.get_or_create_runner().flotilla_plan_runner = None
        ray().shutdown()
