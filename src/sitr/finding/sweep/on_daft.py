"""The engine for sweeps: Daft, in processes of this machine or on a Ray cluster, with the same code on both.

Belongs here: handing units to Daft and taking outcomes back one by one. Daft spreads the units, starts the workers, and
on Ray moves code and data to other machines; only this process writes anything.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from sitr.errors import OutsideSilent, SitrError
from sitr.finding.sweep.packages import SILENT, daft, ray
from sitr.finding.sweep.plain import watch_parent
from sitr.finding.sweep.units import Outcome, Unit
from sitr.finding.sweep.working import Job, Worker
from sitr.net import Door

_ANSWERS_WITHIN = 10.0
_UNITS_AT_ONCE = 2000
"""Units of one plan of Daft: workers are started anew for each, and a plan of a million units would be all planning."""


def run(units: Sequence[Unit], job: Job, workers: int, cluster: str = "") -> Iterator[Outcome]:
    """Do all units; outcomes come as they are ready. `cluster`: address of a Ray cluster; empty: in this machine's
    processes. `workers` 0: one for each core of the cluster.
    Raises OutsideSilent("finding.sweep_no_cluster"), MissingProgram("finding.sweep_needs").
    """
    workers = workers or _cores(cluster)
    _choose(cluster)
    outcomes = _outcomes(daft(), job, workers, cluster)
    for start in range(0, len(units), _UNITS_AT_ONCE):
        yield from _done(units[start : start + _UNITS_AT_ONCE], outcomes, workers, cluster)


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
            if not cluster:  # Ray ends its own
                watch_parent(os.getppid())
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
    """Leave the cluster, where there was one."""
    if "ray" in sys.modules and ray().is_initialized():
        ray().shutdown()
