"""One sweep on a Ray cluster: two workers on loopback, started and ended here, and the same rows as without it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.finding import crawls
from tests.finding.crawls import Entry

# In a process of its own: Daft lets a process choose its runner once, and Ray leaves threads and handlers behind.
_RUN = """
import json, os, sys, time
from pathlib import Path
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # on loopback, not at this machine's outer address
from sitr.finding.sweep import Wish, packages, read_watchlist, sweep
packages.ray()
from ray.cluster_utils import Cluster

if __name__ == "__main__":
    source, watch, folder = map(Path, sys.argv[1:])
    head = {"num_cpus": 2, "object_store_memory": 80 * 2**20, "include_dashboard": False,
            "node_ip_address": "127.0.0.1"}
    cluster = Cluster(True, head_node_args=head)
    counts = []
    try:
        for engine in ("plain", "ray"):
            wish = Wish((str(source),), folder / engine, engine=engine, cluster=cluster.address, workers=2,
                        unit_bytes=40_000)
            watched = read_watchlist(watch.read_bytes())
            counts.append(sweep(wish, watched, version="t", clock=time.monotonic).counts)
    finally:
        cluster.shutdown()
    print(json.dumps(counts))
"""


@pytest.mark.timeout(280)
@pytest.mark.heavy
def test_a_cluster_gives_the_same_rows(tmp_path: Path) -> None:
    import json

    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    entries = [*crawls.crawl((3, 4)), Entry(crawls.mirrored(1)), Entry(crawls.jpeg(1)), Entry(b"")]
    source = crawls.written(tmp_path, "a.warc.gz", crawls.packed(entries))
    watch = crawls.written(tmp_path, "list", crawls.watchlist(1))
    short = tempfile.mkdtemp(prefix="sr", dir="/tmp")  # Ray's sockets have room for a short name only
    try:
        done = subprocess.run(
            [sys.executable, "-c", _RUN, str(source), str(watch), str(tmp_path)],
            capture_output=True, text=True, timeout=260, check=False, env={**os.environ, "RAY_TMPDIR": short},
        )  # fmt: skip
    finally:
        shutil.rmtree(short, ignore_errors=True)
    assert done.returncode == 0, done.stderr[-2000:]
    plain, ray = json.loads(done.stdout.splitlines()[-1])
    assert plain == ray
    assert (ray["matches"], ray["bad"]) == (2, 1)
    assert pq.read_table(tmp_path / "ray").to_pylist() == pq.read_table(tmp_path / "plain").to_pylist()
