"""How fast crawls are swept, against the loop that is usual today, on the same records with the same list.

    python -m benchmarks.sweep --cache DIR [--share 0.1] [--out FILE] [--fresh]

Belongs here: crawls derived from free photographs (benchmarks/photos.py) with planted edited copies, the plain loop
(`Pillow` decodes, `pdqhash` hashes, distance 31: what threatexchange does), and what is measured of both: pictures a
second, CPU seconds, recall by edit, memory of the whole process tree, the same rows by a Ray cluster.

Both go through the same file one after the other, each in a process of its own, so that whatever else the machine does
weighs on both; time is taken for each stretch of 64 MB, after starting and reading the list. Whole sweeps, starting
included, come behind. What is measured is kept beside the crawls, by the sources it was measured with: a run that was
ended goes on where it was, and `--fresh` measures again.

`--cache` keeps photographs and crawls; `--share` makes all crawls smaller by this factor. Every record is a JPEG of its
own: a crop of a photograph at a place of its own, lightly grained, so that files are as large as camera files are.
"""

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pdqhash
from benchmarks import edits, photos
from PIL import Image

import sitr
from sitr.finding.sweep import packages, read_watchlist
from sitr.finding.sweep.inputs import plan
from sitr.finding.sweep.opening import Store
from sitr.finding.sweep.records import Picture, Reading
from sitr.finding.sweep.units import Unit
from sitr.finding.sweep.working import Job, Worker
from sitr.fingerprint import fingerprint, kernel

LISTED = 50
SIZES = {"1MP": (1152, 864, 20_000), "12MP": (4000, 3000, 400)}
FILES = {"1MP": 10, "12MP": 4}
PLANTED = {"1MP": 0.02, "12MP": 0.15}
EDITS = (
    *("jpeg_q50", "jpeg_q30", "bright0.6", "contrast1.7", "gray", "saturate2", "noise15", "wm_corner", "whatsapp_x2"),
    *("caption_ar", "sticker5", "crop5_centre", "crop10_centre", "crop20_centre", "rot90", "rot180", "mirror"),
)
_RADIUS = 31
_QUALITY = 50
_GRAIN = 5.0


# --- crawls ---


@dataclass(frozen=True)
class Crawl:
    """The WARCs of one size and what was planted: (file name, offset) to photo and edit."""

    name: str
    files: tuple[Path, ...]
    pictures: int
    bytes: int
    planted: Mapping[tuple[str, int], tuple[str, str]]


def make(cache: Path, found: Sequence[photos.Photo], name: str, share: float) -> Crawl:
    """The crawl of this size, from the cache where it is there."""
    width, height, count = SIZES[name]
    count = max(FILES[name] * 4, round(count * share))
    folder = cache / f"crawl-{name}-{count}"
    if not (folder / "truth.json").is_file():
        _write(folder, found, (width, height), count, name)
    truth = json.loads((folder / "truth.json").read_text())
    files = tuple(sorted(folder.glob("*.warc.gz")))
    planted = {(file, offset): (photo, edit) for file, offset, photo, edit in truth}
    return Crawl(name, files, count, sum(f.stat().st_size for f in files), planted)


def _write(folder: Path, found: Sequence[photos.Photo], size: tuple[int, int], count: int, name: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    dice = np.random.default_rng(20261123)
    listed, others = found[:LISTED], found[LISTED:]
    chosen = sorted(dice.choice(count, round(count * PLANTED[name]), replace=False).tolist())
    known = {n: (listed[k % LISTED], EDITS[k % len(EDITS)]) for k, n in enumerate(chosen)}
    grain = dice.normal(0, _GRAIN, (size[1] + 256, size[0] + 256, 1)).astype(np.int16)
    # A photograph is read and enlarged once, then many crops are taken of it.
    last, ground = -1, np.zeros((1, 1, 3), np.uint8)
    for n in sorted(set(range(count)) - set(known), key=lambda n: n % len(others)):
        if n % len(others) != last:
            last = n % len(others)
            ground = _enlarged(others[last], (round(size[0] * 1.5), round(size[1] * 1.5)))
        (folder / f"{n}.jpg").write_bytes(_derived(ground, grain, size, dice))
    for n, (photo, edit) in known.items():
        (folder / f"{n}.jpg").write_bytes(_edited(photo, edit, size, dice))
    _pack(folder, count, -(-count // FILES[name]), {n: (photo.name, edit) for n, (photo, edit) in known.items()})


def _enlarged(photo: photos.Photo, least: tuple[int, int]) -> npt.NDArray[np.uint8]:
    with Image.open(photo.path) as image:
        image.draft("RGB", least)
        pixels = np.asarray(image.convert("RGB"))[:, :, ::-1]
    scale = max(least[0] / pixels.shape[1], least[1] / pixels.shape[0])
    whole = cv2.resize(
        pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA
    )
    return np.asarray(whole, dtype=np.uint8)


def _derived(
    ground: npt.NDArray[np.uint8], grain: npt.NDArray[np.int16], size: tuple[int, int], dice: np.random.Generator
) -> bytes:
    """A crop at a place of its own, lighter or darker, mirrored or not, with grain."""
    left, top = int(dice.integers(ground.shape[1] - size[0])), int(dice.integers(ground.shape[0] - size[1]))
    x, y = dice.integers(256, size=2)
    crop = ground[top : top + size[1], left : left + size[0]][:, :: 1 if dice.random() < 0.5 else -1]
    shown = cv2.add(crop, np.broadcast_to(grain[y : y + size[1], x : x + size[0]], crop.shape), dtype=cv2.CV_8U)
    _, data = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, int(dice.integers(80, 93))])
    return data.tobytes()


def _edited(photo: photos.Photo, edit: str, size: tuple[int, int], dice: np.random.Generator) -> bytes:
    """An edited copy of a listed photograph at the crawl's size."""
    with Image.open(photo.path) as image:
        image.draft("RGB", size)
        picture = image.convert("RGB")
    scale = (size[0] * size[1] / (picture.width * picture.height)) ** 0.5
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BICUBIC)
    changed = edits.SUITE[edit](picture, edits.dice(int(dice.integers(1 << 30))), [])
    return edits.jpeg(changed, 85)


def _pack(folder: Path, count: int, each: int, known: Mapping[int, tuple[str, str]]) -> None:
    truth: list[tuple[str, int, str, str]] = []
    for first in range(0, count, each):
        file = folder / f"{first // each:03d}.warc.gz"
        with file.open("wb") as out:
            for n in range(first, min(count, first + each)):
                if n in known:
                    truth.append((file.name, out.tell(), *known[n]))
                draft = folder / f"{n}.jpg"
                out.write(gzip.compress(_record(n, draft.read_bytes()), 1, mtime=0))
                draft.unlink()
    (folder / "truth.json").write_text(json.dumps(truth))


def _record(number: int, data: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n".encode()
    named = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: https://crawl.example/{number}.jpg\r\n"
        f"WARC-Date: 2026-11-01T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {len(head) + len(data)}\r\n\r\n"
    )
    return named.encode() + head + data + b"\r\n\r\n"


# --- both loops, a stretch of a crawl at a time ---


class Usual:
    """Every picture decoded whole by Pillow, hashed by pdqhash, compared at 31: what threatexchange does.

    Records are read by Sitr's own reader: what is compared is the work on pictures.
    """

    def __init__(self, hashes: npt.NDArray[np.uint8], owners: Sequence[str]) -> None:
        self._words, self._owners = hashes.view(np.uint64), owners

    def do(self, unit: Unit) -> dict[str, Any]:
        """One stretch: pictures, hits, how many pictures were candidates."""
        hits: list[Any] = []
        count = 0
        for item in Reading(unit, Store()):
            if not isinstance(item, Picture):
                continue
            count += 1
            with Image.open(io.BytesIO(item.data)) as image:
                vector, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
            if quality < _QUALITY:
                continue
            apart = np.bitwise_count(self._words ^ np.packbits(vector).view(np.uint64)).sum(axis=1)
            near = {self._owners[int(k)] for k in np.flatnonzero(apart <= _RADIUS)}
            hits += [(Path(item.source).name, item.record, photo) for photo in near]
        return {"pictures": count, "hits": hits}


class Ours:
    """Sitr's own worker, as every engine runs it."""

    def __init__(self, watchlist: Path) -> None:
        self._worker = Worker(Job(read_watchlist(watchlist.read_bytes()), wide=False, version="benchmark"))

    def do(self, unit: Unit) -> dict[str, Any]:
        """One stretch: as `Usual.do`, and how many pictures went to the proof."""
        done = self._worker.do(unit)
        hits = [(Path(r["source"]).name, r["record"], r["photo"]) for r in done.rows if r["match"]]
        near = [(Path(r["source"]).name, r["record"], r["photo"]) for r in done.rows]
        pictures = done.counts["images"] + done.counts["small"]
        return {"pictures": pictures, "hits": hits, "near": near, "proofs": done.counts["candidates"]}


def _usual(watchlist: Path, views: str) -> Usual:
    watch = read_watchlist(watchlist.read_bytes())
    chosen = [k for k, (_, view) in enumerate(watch.owners) if views == "all" or view == "upright"]
    return Usual(np.stack([watch.hashes[k] for k in chosen]), [watch.photos[watch.owners[k][0]].photo for k in chosen])


def stretches(way: str, units: Sequence[Unit], watchlist: Path) -> list[dict[str, Any]]:
    """What came of each unit, and seconds of CPU and wall. `way`: `ours`, `usual` or `usual with all hashes`."""
    loop = Ours(watchlist) if way == "ours" else _usual(watchlist, "all" if "all" in way else "upright")
    told = []
    for unit in units:
        wall, cpu = time.perf_counter(), time.process_time()
        done = loop.do(unit)
        told.append({**done, "cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall})
    return told


@dataclass(frozen=True)
class Kept:
    """Where measured stretches are kept, by the sources that they were measured with."""

    folder: Path

    def measured(self, way: str, crawl: Crawl, file: Path, watchlist: Path) -> list[dict[str, Any]]:
        """The stretches of one file gone through one way; from the folder where they are there."""
        note = self.folder / f"{crawl.name}-{crawl.pictures}-{file.stem}-{way.replace(' ', '-')}.json"
        if not note.is_file():
            units = [u for s in plan([str(file)], Store()) for u in s.units]
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                told = alone.submit(stretches, way, units, watchlist).result()
            note.write_text(json.dumps({"load": os.getloadavg()[0], "stretches": told}))
        read: list[dict[str, Any]] = json.loads(note.read_text())["stretches"]
        return read


def kept_in(cache: Path, *, fresh: bool) -> Kept:
    """The folder for the sources as they are."""
    digest = hashlib.sha256()
    root = Path(sitr.__file__).parent
    for file in sorted([*(root / "finding" / "sweep").rglob("*"), *(root / "fingerprint").rglob("*"), Path(__file__)]):
        if file.suffix in {".py", ".cpp", ".h"}:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    folder = cache / f"measured-{digest.hexdigest()[:12]}"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    return Kept(folder)


# --- measuring ---


class Memory:
    """Peak of the proportional memory (PSS) of a process and all below it, looked at five times a second."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid, self._over = pid, threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self.peak = max(self.peak, sum(map(_pss, _tree(self._pid))))

    def end(self) -> float:
        """The peak in MB."""
        self._over.set()
        self._thread.join()
        return self.peak / 1e6


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            for child in children.read_text().split():
                yield from _tree(int(child))
        except OSError:
            continue


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Pss:")), 0)


_RUN = """
import json, os, resource, sys, time
from pathlib import Path
from sitr.finding.sweep import Wish, read_watchlist, sweep
if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    watch = read_watchlist(Path(told.pop("list")).read_bytes())
    began = time.perf_counter()
    wish = Wish(tuple(told.pop("inputs")), Path(told.pop("out")), **told)
    done = sweep(wish, watch, version="benchmark", clock=time.monotonic)
    own, below = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    cpu = own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime
    print(json.dumps({"wall": time.perf_counter() - began, "cpu": cpu, **done.counts}))
"""


def ours(files: Sequence[Path], watchlist: Path, folder: Path, **more: Any) -> dict[str, Any]:
    """One sweep in a process of its own: wall and CPU seconds (of it and all it started), counts, memory, rows."""
    out = folder / f"{more.get('engine', 'daft')}-{time.monotonic_ns()}.parquet"
    told = {"inputs": [str(f) for f in files], "out": str(out), "list": str(watchlist), **more}
    running = subprocess.Popen([sys.executable, "-c", _RUN, json.dumps(told)], stdout=subprocess.PIPE, text=True)
    memory = Memory(running.pid)
    said, _ = running.communicate()
    if running.returncode:
        raise SystemExit("a sweep failed")
    rows = packages.parquet().read_table(out).to_pylist()
    return {**json.loads(said.splitlines()[-1]), "peak_mb": round(memory.end()), "rows": rows}


def recall(crawl: Crawl, hits: set[tuple[str, int, str]], files: Sequence[Path]) -> dict[str, Any]:
    """Share of the planted copies found, by edit, and how many hits are none of them."""
    names = {file.name for file in files}
    planted = {place: told for place, told in crawl.planted.items() if place[0] in names}
    found, all_of = Counter[str](), Counter[str]()
    for (file, offset), (photo, edit) in planted.items():
        all_of[edit] += 1
        found[edit] += (file, offset, photo) in hits
    wrong = sum((file, offset) not in planted or planted[file, offset][0] != photo for file, offset, photo in hits)
    total = sum(found.values()) / max(1, len(planted))
    return {"recall": round(total, 4), "planted": len(planted), "wrong": wrong,
            "by_edit": {e: round(found[e] / all_of[e], 3) for e in sorted(all_of)}}  # fmt: skip


def _summed(crawl: Crawl, told: Sequence[Mapping[str, Any]], files: Sequence[Path]) -> dict[str, Any]:
    pictures, cpu = sum(t["pictures"] for t in told), [1000 * t["cpu"] / t["pictures"] for t in told if t["pictures"]]
    hits = {(file, offset, photo) for t in told for file, offset, photo in t["hits"]}
    figures = {
        "pictures": pictures,
        "stretches": len(told),
        "cpu_ms": round(1000 * sum(t["cpu"] for t in told) / pictures, 2),
        "cpu_ms_median": round(statistics.median(cpu), 2),
        "cpu_ms_least": round(min(cpu), 2),
        "wall_ms": round(1000 * sum(t["wall"] for t in told) / pictures, 2),
        **recall(crawl, hits, files),
    }
    if "near" in told[0]:
        near = recall(crawl, {(file, offset, photo) for t in told for file, offset, photo in t["near"]}, files)
        figures |= {"proofs": sum(t["proofs"] for t in told), "candidates": near["recall"]}
    return figures


def speed(crawl: Crawl, watchlist: Path, kept: Kept) -> dict[str, Any]:
    """Both ways over every file, by turns, on one core; and the usual one with all our hashes over the first file."""
    told: dict[str, list[dict[str, Any]]] = {"usual": [], "ours": []}
    for number, file in enumerate(crawl.files):
        for way in ("usual", "ours") if number % 2 else ("ours", "usual"):
            told[way] += kept.measured(way, crawl, file, watchlist)
            cpu = sum(t["cpu"] for t in told[way]) / sum(t["pictures"] for t in told[way])
            print(f"{crawl.name} {file.name} {way}: {1000 * cpu:.2f} ms so far", flush=True)
    all_hashes = kept.measured("usual with all hashes", crawl, crawl.files[0], watchlist)
    pairs = [(u, o) for u, o in zip(told["usual"], told["ours"], strict=True) if u["pictures"]]
    return {
        "usual": _summed(crawl, told["usual"], crawl.files),
        "ours": _summed(crawl, told["ours"], crawl.files),
        "usual with all hashes, first file": _summed(crawl, all_hashes, crawl.files[:1]),
        "ratio": {clock: _ratios(pairs, clock) for clock in ("cpu", "wall")},
    }


def _ratios(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], clock: str) -> dict[str, float]:
    """How many times the usual way's time is ours: over all, and stretch by stretch."""
    each = [u[clock] / o[clock] for u, o in pairs]
    over = sum(u[clock] for u, _ in pairs) / sum(o[clock] for _, o in pairs)
    told = {"all": over, "median": statistics.median(each), "least": min(each), "most": max(each)}
    return {name: round(ratio, 2) for name, ratio in told.items()}


def whole(crawl: Crawl, watchlist: Path, folder: Path) -> dict[str, Any]:
    """Whole sweeps of the crawl in processes of their own: starting, planning and writing included."""
    told: dict[str, Any] = {}
    rows = []
    single = _single(crawl, folder)
    for name, engine, workers in (("plain, 1 core", "plain", 1), ("daft, 2 cores", "daft", 2)):
        done = ours(crawl.files, watchlist, folder, engine=engine, workers=workers)
        start = ours([single], watchlist, folder, engine=engine, workers=workers)["cpu"]
        pictures = done["images"] + done["small"]
        rows.append(done["rows"])
        told[name] = {
            "cpu_ms": round(1000 * done["cpu"] / pictures, 2),
            "cpu_ms_less_start": round(1000 * (done["cpu"] - start) / pictures, 2),
            "start_cpu_s": round(start, 2),
            "wall_s": round(done["wall"], 1),
            "peak_mb": done["peak_mb"],
        }
    return {**told, "same rows": rows[0] == rows[1]}


def _single(crawl: Crawl, folder: Path) -> Path:
    """The first record of a crawl in a file of its own."""
    with crawl.files[0].open("rb") as file:
        inflater = zlib.decompressobj(31)
        data = file.read(32 << 20)
        inflater.decompress(data)
    path = folder / f"single-{crawl.name}.warc.gz"
    path.write_bytes(data[: len(data) - len(inflater.unused_data)])
    return path


def memory(crawl: Crawl, watchlist: Path, folder: Path) -> dict[str, Any]:
    """Peak of the process tree for one file, and for one ten times as large."""
    small, large = folder / "small.warc.gz", folder / "large.warc.gz"
    shutil.copyfile(crawl.files[0], small)
    with large.open("wb") as out:
        for _ in range(10):
            out.write(crawl.files[0].read_bytes())
    told = {}
    for engine in ("plain", "daft"):
        for file in (small, large):
            done = ours([file], watchlist, folder, engine=engine, workers=2, unit_bytes=16 << 20)
            told[f"{engine}, {file.stat().st_size / 1e6:.0f} MB"] = done["peak_mb"]
    return told


_CLUSTER = """
import sys
from sitr.finding.sweep import packages
import os
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
packages.ray()
from ray.cluster_utils import Cluster
if __name__ == "__main__":
    node = dict(num_cpus=1, object_store_memory=80 * 2**20)
    cluster = Cluster(True, head_node_args={**node, "include_dashboard": False, "node_ip_address": "127.0.0.1"})
    cluster.add_node(**node)
    cluster.wait_for_nodes()
    print(cluster.address, flush=True)
    sys.stdin.read()
    cluster.shutdown()
"""


def on_ray(files: Sequence[Path], watchlist: Path, folder: Path) -> dict[str, Any]:
    """The same sweep by plain processes and on a cluster of two nodes, started here on loopback and ended here."""
    short = tempfile.mkdtemp(prefix="sr", dir="/tmp")
    cluster = subprocess.Popen(
        [sys.executable, "-c", _CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "RAY_TMPDIR": short},
    )  # fmt: skip
    try:
        address = (cluster.stdout.readline() if cluster.stdout else "").strip()
        by_ray = ours(files, watchlist, folder, engine="ray", cluster=address, workers=2, unit_bytes=4 << 20)
    finally:
        cluster.communicate("")
        shutil.rmtree(short, ignore_errors=True)
    plain = ours(files, watchlist, folder, engine="plain", workers=2, unit_bytes=4 << 20)
    return {"rows": len(plain["rows"]), "same rows": by_ray["rows"] == plain["rows"],
            "wall_s": round(by_ray["wall"], 1), "plain_wall_s": round(plain["wall"], 1)}  # fmt: skip


def billion(cpu_ms: float) -> dict[str, float]:
    """Core-hours for a billion pictures at so many CPU milliseconds each."""
    return {"cpu_ms": cpu_ms, "core_hours": round(1e9 * cpu_ms / 1000 / 3600)}


def main() -> int:
    """Make the crawls, measure, print, and write all as JSON with --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="where photographs and crawls are kept")
    parser.add_argument("--share", type=float, default=1.0, help="of the 20,000 and 400 pictures")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with these sources")
    parser.add_argument("--no-ray", action="store_true")
    parser.add_argument("--make-only", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = photos.one_a_scene(photos.gather(options.cache / "photos"))
    listed = _write_list(found[:LISTED], options.cache / "list.jsonl")
    crawls = [make(options.cache, found, name, options.share) for name in SIZES]
    if options.make_only:
        return 0
    kept = kept_in(options.cache, fresh=options.fresh)
    told: dict[str, Any] = {"photographs": len(found), "listed": LISTED, "kernel": kernel.state()}
    told["load_before"] = os.getloadavg()
    for crawl in crawls:
        told[crawl.name] = {"pictures": crawl.pictures, "mean_kb": round(crawl.bytes / crawl.pictures / 1000),
                            **speed(crawl, listed, kept)}  # fmt: skip
        told[crawl.name]["billion"] = {w: billion(told[crawl.name][w]["cpu_ms"]) for w in ("usual", "ours")}
        _say(told, options.out, crawl.name)
    with tempfile.TemporaryDirectory(dir=options.cache) as folder:
        told["memory_mb"] = memory(crawls[0], listed, Path(folder))
        _say(told, options.out, "memory_mb")
        if not options.no_ray:
            told["ray"] = on_ray(crawls[1].files[:1], listed, Path(folder))
            _say(told, options.out, "ray")
        for crawl in crawls[::-1]:
            told[f"{crawl.name} whole"] = whole(crawl, listed, Path(folder))
            _say(told, options.out, f"{crawl.name} whole")
    told["load_after"] = os.getloadavg()
    _say(told, options.out, "load_after")
    met = told["1MP"]["ratio"]["cpu"]["all"] >= 5 and told["12MP"]["ratio"]["cpu"]["all"] >= 15
    return 0 if met and all(told[n]["ours"]["recall"] >= told[n]["usual"]["recall"] for n in SIZES) else 1


def _say(told: Mapping[str, Any], out: Path | None, name: str) -> None:
    print(json.dumps({name: told[name]}, indent=1), flush=True)
    if out:
        out.write_text(json.dumps(told, indent=1))


def _write_list(listed: Sequence[photos.Photo], path: Path) -> Path:
    lines = []
    for photo in listed:
        out = io.BytesIO()
        photo.picture(1600).save(out, "JPEG", quality=92)
        lines.append(json.dumps({"photo": photo.name, **fingerprint(out.getvalue()).to_json()}))
    path.write_text("\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
