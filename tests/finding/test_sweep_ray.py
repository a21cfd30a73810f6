"""Sweeps on a Ray cluster on loopback, started and ended here: the same rows as without it, whoever dies on the way."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from tests.finding import crawls
from tests.finding.crawls import Entry

# In a process of its own: Daft lets a process choose its runner once, and Ray leaves threads and handlers behind.
_RUN = """
import json, os, sys, time
from pathlib import Path
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # on loopback, not at this machine's outer address
os.environ["SITR_TEST_HOME"] = str(os.getpid())
from sitr.finding.sweep import Wish, packages, read_watchlist, sweep
from tests.finding.deadly import deadly
packages.ray()
from ray.cluster_utils import Cluster

if __name__ == "__main__":
    source, listed, folder = map(Path, sys.argv[1:4])
    nodes, names = int(sys.argv[4]), sys.argv[5:]
    node = {"num_cpus": 2 // nodes, "object_store_memory": 80 * 2**20, "node_ip_address": "127.0.0.1"}
    cluster = Cluster(True, head_node_args={**node, "include_dashboard": False})
    if nodes == 2:
        cluster.add_node(**node)
    watch = read_watchlist(listed.read_bytes())
    watches = {
        "plain": watch, "ray": watch, "worker": deadly(watch, once=folder / "worker-died"), "record": deadly(watch),
        "process": deadly(watch, once=folder / "process-died", parent=True),
    }
    counts = {}
    try:
        for name in names:
            wish = Wish((str(source),), folder / name, engine="plain" if name == "plain" else "ray",
                        cluster=cluster.address, workers=2, unit_bytes=40_000)
            counts[name] = dict(sweep(wish, watches[name], version="t", clock=time.monotonic).counts)
    finally:
        cluster.shutdown()
    print(json.dumps(counts))
"""


def _swept(tmp_path: Path, entries: list[Entry], *names: str, nodes: int) -> dict[str, dict[str, int]]:
    """The counts of these sweeps over one crawl, one after the other on the same cluster."""
    source = crawls.written(tmp_path, "a.warc.gz", crawls.packed(entries))
    watch = crawls.written(tmp_path, "list", crawls.watchlist(1, 2))
    short = tempfile.mkdtemp(prefix="sr", dir="/tmp")  # Ray's sockets have room for a short name only
    home = {"RAY_TMPDIR": short, "PYTHONPATH": str(Path(__file__).parents[2])}
    try:
        done = subprocess.run(
            [sys.executable, "-c", _RUN, str(source), str(watch), str(tmp_path), str(nodes), *names],
            capture_output=True, text=True, timeout=560, check=False, env={**os.environ, **home},
        )  # fmt: skip
    finally:
        shutil.rmtree(short, ignore_errors=True)
    assert done.returncode == 0, done.stderr[-2000:]
    counts: dict[str, dict[str, int]] = json.loads(done.stdout.splitlines()[-1])
    return counts


def _rows(out: Path) -> Any:
    return pq.read_table(out).to_pylist()


def _errors(out: Path) -> str:
    return Path(f"{out}.errors.jsonl").read_text()


@pytest.mark.timeout(600)
@pytest.mark.heavy
def test_a_cluster_gives_the_same_rows(tmp_path: Path) -> None:
    entries = [*crawls.crawl((3, 4)), Entry(crawls.mirrored(1)), Entry(crawls.jpeg(1)), Entry(b"")]
    counts = _swept(tmp_path, entries, "plain", "ray", nodes=1)
    assert counts["plain"] == counts["ray"]
    assert (counts["ray"]["matches"], counts["ray"]["bad"]) == (2, 1)
    assert _rows(tmp_path / "ray") == _rows(tmp_path / "plain")


@pytest.mark.timeout(600)
@pytest.mark.long
def test_on_a_cluster_of_two_nodes_nothing_is_lost_or_found_twice_whoever_is_killed(tmp_path: Path) -> None:
    """Really: by SIGKILL in the middle of a unit; once a worker, once Ray's own process with it, and always at a
    record. Ray begins its processes anew for ever, and such a sweep never ended."""
    entries = [*crawls.crawl((3,)), Entry(crawls.jpeg(1)), *crawls.crawl((4, 5)), Entry(crawls.jpeg(2)), Entry(b"")]
    counts = _swept(tmp_path, entries, "plain", "worker", "process", "record", nodes=2)
    assert (tmp_path / "worker-died").exists()
    assert (tmp_path / "process-died").exists()
    for name in ("worker", "process"):
        assert counts[name] == counts["plain"], name
        assert _rows(tmp_path / name) == _rows(tmp_path / "plain"), name
        assert _errors(tmp_path / name) == _errors(tmp_path / "plain"), name
    assert [row["photo"] for row in _rows(tmp_path / "plain")] == ["photo-1.jpg", "photo-2.jpg"]
    assert [row["photo"] for row in _rows(tmp_path / "record")] == ["photo-2.jpg"]
    named = [json.loads(line) for line in _errors(tmp_path / "record").splitlines()]
    assert [(one["record"], one["code"]) for one in named] == [
        (len(crawls.packed(entries[:2])), "finding.sweep_killed"),
        (len(crawls.packed(entries[:8])), "finding.sweep_empty"),
    ]
    assert counts["record"]["records"] == counts["plain"]["records"]
