"""The index against faiss: exact search within 31 bits of millions of hashes, on one core.

    python -m benchmarks.index [--millions 1 10] [--only NAME...] [--out FILE]

90 % of the hashes are random, 10 % lie in clusters (15 bits about a centre, on average); half of the queries are 0 to
31 bits from a stored hash, the other half are random. Each index runs in a process of its own on the same hashes, for
its peak memory is asked for. Queries a second by CPU time and by wall; recall against a comparison of everything in
numpy, for the first queries; `unlike ours`: pairs that only one of the two found, over all queries that a peer was
asked. `live`: until a hash that was just added is found; `gone`: until one that stood among the first is found no more;
both with the search. faiss is a peer and no dependency: where it is not installed, that is said and ours is measured
alone (`pip install faiss-cpu`, in an environment of its own).
"""

import argparse
import importlib.util
import json
import multiprocessing
import os
import queue
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sitr.fingerprint import Index, kernel

Bits = npt.NDArray[np.uint8]
BLOCK = 500_000
RADIUS = 31
SEED = 20261123
QUERIES = {"ours": 4000, "faiss BinaryFlat": 100, "faiss MultiHash 16x16": 200, "faiss MultiHash 11x23": 400}
CHECKED = min(QUERIES.values())
Pairs = set[tuple[int, int]]


def blocks(count: int) -> "list[tuple[int, int]]":
    """Start and length of the blocks that the hashes are drawn in."""
    return [(start, min(BLOCK, count - start)) for start in range(0, count, BLOCK)]


def drawn(count: int, start: int, length: int) -> Bits:
    """One block; the same for every index."""
    dice = np.random.default_rng([SEED, start])
    centres = np.random.default_rng(SEED).integers(0, 256, (max(1, count // 1000), 32), dtype=np.uint8)
    rows = dice.integers(0, 256, (length, 32), dtype=np.uint8)
    near = length // 10
    noise = np.packbits(dice.random((near, 256)) < 15 / 256, axis=1)
    rows[:near] = centres[dice.integers(0, len(centres), near)] ^ noise
    return rows


def asked(count: int, many: int) -> Bits:
    """The queries, neighbours and strangers in turn."""
    dice = np.random.default_rng([SEED, 1, 2])
    start, length = blocks(count)[-1]
    rows = dice.integers(0, 256, (many, 32), dtype=np.uint8)
    wide = np.unpackbits(drawn(count, start, length)[dice.integers(0, length, (many + 1) // 2)], axis=1)
    for row, bits in zip(wide, dice.integers(0, RADIUS + 1, len(wide)), strict=True):
        row[dice.choice(256, bits, replace=False)] ^= 1
    rows[::2] = np.packbits(wide, axis=1)
    return rows


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, seconds of CPU and of wall."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


def ours(count: int) -> dict[str, Any]:
    """Sitr's index."""
    index = Index()
    build = 0.0
    for start, length in blocks(count):
        rows, keys = drawn(count, start, length), np.arange(start, start + length, dtype=np.uint64)
        build += timed(lambda rows=rows, keys=keys: index.add(rows, keys))[1]  # type: ignore[misc]
    queries = asked(count, QUERIES["ours"])
    hits, cpu, wall = min((timed(lambda: index.search(queries, RADIUS)) for _ in range(3)), key=lambda t: t[1])
    new = np.random.default_rng(5).integers(0, 256, (1, 32), dtype=np.uint8)

    def add_and_find() -> bool:
        index.add(new, np.array([1 << 60], np.uint64))
        return bool((index.search(new, RADIUS).key == 1 << 60).any())

    old = drawn(count, *blocks(count)[0])[:1]

    def remove_and_miss() -> bool:
        index.remove(np.zeros(1, np.uint64))
        return not (index.search(old, RADIUS).key == 0).any()

    live, gone = timed(add_and_find), timed(remove_and_miss)
    found = set(zip(hits.query.tolist(), hits.key.tolist(), strict=True))
    return {
        "build s": build,
        "cpu": cpu,
        "wall": wall,
        "found": found,
        "held MB": index.memory >> 20,
        "live ms": 1000 * live[2] if live[0] else None,
        "gone ms": 1000 * gone[2] if gone[0] else None,
    }


def of_faiss(name: str, count: int) -> dict[str, Any]:
    """One of faiss's binary indexes. 16 pieces of 16 bits with one flipped, or 11 of 23 with two, miss none of 31."""
    import faiss  # no dependency of Sitr

    faiss.omp_set_num_threads(1)
    index: Any = faiss.IndexBinaryFlat(256)
    if name != "faiss BinaryFlat":
        pieces, bits = (16, 16) if name.endswith("16x16") else (11, 23)
        index = faiss.IndexBinaryMultiHash(256, pieces, bits)
        index.nflip = 1 if pieces == 16 else 2
    build = sum(timed(lambda at=at: index.add(drawn(count, *at)))[1] for at in blocks(count))  # type: ignore[misc]
    queries = asked(count, QUERIES["ours"])[: QUERIES[name]]
    (limits, _, keys), cpu, wall = timed(lambda: index.range_search(queries, RADIUS + 1))
    query = np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64)))
    return {"build s": build, "cpu": cpu, "wall": wall, "found": set(zip(query.tolist(), keys.tolist(), strict=True))}


def run(name: str, count: int, answers: "multiprocessing.Queue[dict[str, Any]]") -> None:
    """In a process of its own: figures, what was found, and the most memory that was held at once."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures = ours(count) if name == "ours" else of_faiss(name, count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers.put(figures | {"peak MB": peak >> 10, "before MB": before >> 10})


def truth(count: int, many: int) -> Pairs:
    """What is within the radius of the first queries, by comparing all."""
    queries, found = asked(count, QUERIES["ours"])[:many].view(np.uint64), set()
    for start, length in blocks(count):
        rows = drawn(count, start, length).view(np.uint64)
        for number, query in enumerate(queries):
            near = np.bitwise_count(rows ^ query).sum(axis=1, dtype=np.int64) <= RADIUS
            found |= {(number, start + int(row)) for row in np.flatnonzero(near)}
    return found


def compare(count: int, names: Sequence[str]) -> list[dict[str, Any]]:
    """These indexes over `count` hashes, one after the other."""
    wanted = truth(count, CHECKED)
    lines: list[dict[str, Any]] = []
    ours_found: Pairs | None = None
    for name in names:
        figures = apart(name, count)
        found: Pairs = figures.pop("found")
        lines.append(line_of(name, count, figures, {pair for pair in found if pair[0] < CHECKED}, wanted))
        if name == "ours":
            ours_found = found
        elif ours_found is not None:
            theirs = {pair for pair in ours_found if pair[0] < QUERIES[name]}
            lines[-1]["unlike ours"] = len(theirs ^ found)
        print("  ".join(f"{key} {value}" for key, value in lines[-1].items()), flush=True)
    return lines


def apart(name: str, count: int) -> dict[str, Any]:
    """`run` in a process of its own. Raises SystemExit when it died, as for want of memory."""
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[dict[str, Any]] = context.Queue()
    child = context.Process(target=run, args=(name, count, answers))
    child.start()
    while True:
        try:
            figures = answers.get(timeout=1)
            break
        except queue.Empty:
            if not child.is_alive():
                raise SystemExit(f"{name} over {count} hashes ended with {child.exitcode}") from None
    child.join()
    return figures


def line_of(name: str, count: int, figures: dict[str, Any], found: Pairs, wanted: Pairs) -> dict[str, Any]:
    """What is printed of one index."""
    many, cpu, wall = QUERIES[name], figures.pop("cpu"), figures.pop("wall")
    line = {"index": name, "hashes": count, "q/s": round(many / cpu), "q/s wall": round(many / wall)}
    line |= {key: round(value, 1) if value is not None else None for key, value in figures.items()}
    line |= {"recall": round(len(found & wanted) / max(1, len(wanted)), 4), "false": len(found - wanted)}
    return line | {"load": round(os.getloadavg()[0], 1)}


def peers() -> list[str]:
    """The indexes that can be measured here."""
    if importlib.util.find_spec("faiss") is not None:
        return list(QUERIES)
    print("faiss is not installed, so ours is measured alone; its peers come with: pip install faiss-cpu", flush=True)
    return ["ours"]


def main() -> int:
    """Print the table; 1 when a target is missed at the largest size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 10])
    parser.add_argument("--only", nargs="+", choices=QUERIES, metavar="NAME")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    names = [name for name in peers() if not given.only or name in given.only or name == "ours"]
    lines = [line for millions in given.millions for line in compare(int(millions * 1e6), names)]
    print(f"kernel {kernel.state()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if given.out:
        given.out.write_text(json.dumps(lines, indent=1))
    last = next(line for line in reversed(lines) if line["index"] == "ours")
    exact = last["recall"] == 1 and not last["false"] and not any(line.get("unlike ours") for line in lines)
    quick = (last["live ms"] or 1e9) < 1000 and (last["gone ms"] or 1e9) < 5000
    return 0 if exact and quick and last["q/s"] >= 2000 and last["peak MB"] <= 1331 else 1


if __name__ == "__main__":
    sys.exit(main())
