"""How long one plan takes, over the agreed vectors, and how long it takes to read the playbook. Target: under 5 ms.

Run: python benchmarks/plan.py. CPU milliseconds.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import process_time

from sitr.knowledge import load, make_plan

ROOT = Path(__file__).parents[1]


def main() -> None:
    vectors = json.loads((ROOT / "tests/assets/knowledge/plan_vectors.json").read_text(encoding="utf-8"))["vectors"]
    knowledge = load(ROOT / "knowledge")
    start = process_time()
    knowledge.playbook  # noqa: B018  reading it is what is measured
    print(f"playbook read and checked in {(process_time() - start) * 1000:.0f} ms")
    times = []
    for vector in vectors * 3:
        start = process_time()
        make_plan(vector["answers"], knowledge, datetime(2026, 11, 22, 20, tzinfo=UTC), country="EG")
        times.append((process_time() - start) * 1000)
    print(f"{len(times)} plans: median {median(times):.2f} ms, slowest {max(times):.2f} ms")


if __name__ == "__main__":
    main()
