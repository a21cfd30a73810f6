"""How fast crawls are swept, against the loop that is usual today, on the same records with the same list.

    python -m benchmarks.sweep --cache DIR [--share 0.1] [--out FILE]

Belongs here: crawls derived from free photographs (benchmarks/photos.py) with planted edited copies, the plain loop
(`Pillow` decodes, `pdqhash` hashes, distance 31: what threatexchange does), and what is measured of both: pictures a
second, CPU seconds, recall by edit, memory of the whole process tree, the same rows by a Ray cluster.

`--cache` keeps photographs and crawls; `--share` makes all crawls smaller by this factor. Every record is a JPEG of its
own: a crop of a photograph at a place of its own, lightly grained, so that files are as large as camera files are.
"""

import argparse
import gzip
import io
import json
import os
import shutil
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

from sitr.finding.sweep import packages, read_watchlist
from sitr.finding.sweep.inputs import plan
from sitr.finding.sweep.opening import Store
from sitr.finding.sweep.records import Picture, Reading
from sitr.finding.sweep.units import Unit
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


# --- the plain loop ---


def usual(units: Sequence[Unit], hashes: npt.NDArray[np.uint8], owners: Sequence[str]) -> tuple[list[Any], int, float]:
    """Every picture decoded whole by Pillow, hashed by pdqhash, compared at 31. Hits, pictures, CPU seconds.

    Records are read by Sitr's own reader: what is compared is the work on pictures.
    """
    hits: list[Any] = []
    count, began = 0, time.process_time()
    words = hashes.view(np.uint64)
    for unit in units:
        for item in Reading(unit, Store()):
            if not isinstance(item, Picture):
                continue
            count += 1
            with Image.open(io.BytesIO(item.data)) as image:
                vector, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
            if quality < _QUALITY:
                continue
            bits = np.packbits(vector).view(np.uint64)
            apart = np.bitwise_count(words ^ bits).sum(axis=1)
            near = {owners[int(k)] for k in np.flatnonzero(apart <= _RADIUS)}
            hits += [(Path(item.source).name, item.record, photo) for photo in near]
    return hits, count, time.process_time() - began


def _usual_on(parts: Sequence[Sequence[Unit]], hashes: Any, owners: Any) -> tuple[list[Any], int, float, float]:
    began = time.perf_counter()
    if len(parts) == 1:
        hits, count, cpu = usual(parts[0], hashes, owners)
        return hits, count, cpu, time.perf_counter() - began
    with ProcessPoolExecutor(len(parts), mp_context=get_context("spawn")) as pool:
        done = list(pool.map(usual, parts, [hashes] * len(parts), [owners] * len(parts)))
    wall = time.perf_counter() - began
    return [h for d in done for h in d[0]], sum(d[1] for d in done), sum(d[2] for d in done), wall


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


def _hits(rows: Sequence[Mapping[str, Any]], *, proved: bool) -> set[tuple[str, int, str]]:
    return {(Path(r["source"]).name, r["record"], r["photo"]) for r in rows if r["match"] or not proved}


def speed(crawl: Crawl, watchlist: Path, folder: Path, part: float) -> dict[str, Any]:
    """Both, on one core (the plain loop on a part of the files) and on two."""
    watch = read_watchlist(watchlist.read_bytes())
    plain = np.stack([watch.hashes[k] for k, (_, view) in enumerate(watch.owners) if view == "upright"])
    plain_owners = [watch.photos[p].photo for p, view in watch.owners if view == "upright"]
    all_owners = [watch.photos[p].photo for p, _ in watch.owners]
    some = crawl.files[: max(1, round(len(crawl.files) * part))]
    units = [u for s in plan([str(f) for f in crawl.files], Store()) for u in s.units]
    few = [u for s in plan([str(f) for f in some], Store()) for u in s.units]
    rounds: dict[str, Any] = {}
    hits, count, cpu, wall = _usual_on([few], plain, plain_owners)
    rounds["usual, 1 core"] = _said(count, cpu, wall, recall(crawl, set(hits), some))
    done = ours(crawl.files, watchlist, folder, engine="plain", workers=1)
    rounds["sitr plain, 1 core"] = _of(done, crawl, crawl.files)
    hits, count, cpu, wall = _usual_on([units[0::2], units[1::2]], watch.hashes, all_owners)
    rounds["usual with all hashes, 2 cores"] = _said(count, cpu, wall, recall(crawl, set(hits), crawl.files))
    both = ours(crawl.files, watchlist, folder, engine="daft", workers=2)
    rounds["sitr daft, 2 cores"] = _of(both, crawl, crawl.files)
    rounds["same rows"] = done["rows"] == both["rows"]
    # What starting costs, measured on one record: a long sweep pays it once.
    single = _single(crawl, folder)
    starts = {e: ours([single], watchlist, folder, engine=e, workers=w)["cpu"] for e, w in (("plain", 1), ("daft", 2))}
    for name, engine in (("sitr plain, 1 core", "plain"), ("sitr daft, 2 cores", "daft")):
        rounds[name]["start_cpu_s"] = round(starts[engine], 2)
        spent = rounds[name]["cpu_ms"] - 1000 * starts[engine] / crawl.pictures
        rounds[name]["cpu_ms_less_start"] = round(spent, 2)
    one, two = rounds["usual, 1 core"], rounds["usual with all hashes, 2 cores"]
    mine, ours_two = rounds["sitr plain, 1 core"], rounds["sitr daft, 2 cores"]
    rounds["ratio"] = {
        "1 core, wall": round(mine["per_s"] / one["per_s"], 1),
        "1 core, cpu": round(one["cpu_ms"] / mine["cpu_ms"], 1),
        "2 cores, wall": round(ours_two["per_s"] / two["per_s"], 1),
        "2 cores, cpu": round(two["cpu_ms"] / ours_two["cpu_ms"], 1),
        "1 core, cpu less start": round(one["cpu_ms"] / mine["cpu_ms_less_start"], 1),
        "2 cores, cpu less start": round(two["cpu_ms"] / ours_two["cpu_ms_less_start"], 1),
    }
    return rounds


def _single(crawl: Crawl, folder: Path) -> Path:
    """The first record of a crawl in a file of its own."""
    with crawl.files[0].open("rb") as file:
        inflater = zlib.decompressobj(31)
        data = file.read(32 << 20)
        inflater.decompress(data)
    path = folder / f"single-{crawl.name}.warc.gz"
    path.write_bytes(data[: len(data) - len(inflater.unused_data)])
    return path


def _said(count: int, cpu: float, wall: float, found: Mapping[str, Any]) -> dict[str, Any]:
    return {"pictures": count, "per_s": round(count / wall, 2), "cpu_ms": round(1000 * cpu / count, 2), **found}


def _of(done: Mapping[str, Any], crawl: Crawl, files: Sequence[Path]) -> dict[str, Any]:
    pictures = done["images"] + done["small"]
    near = recall(crawl, _hits(done["rows"], proved=False), files)
    told = _said(pictures, done["cpu"], done["wall"], recall(crawl, _hits(done["rows"], proved=True), files))
    return {**told, "candidates": near["recall"], "candidates_wrong": near["wrong"], "peak_mb": done["peak_mb"],
            "wall_s": round(done["wall"], 1)}  # fmt: skip


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
    parser.add_argument("--part", type=float, default=0.25, help="of the files that the plain loop does on one core")
    parser.add_argument("--no-ray", action="store_true")
    parser.add_argument("--make-only", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = photos.one_a_scene(photos.gather(options.cache / "photos"))
    listed = _write_list(found[:LISTED], options.cache / "list.jsonl")
    crawls = [make(options.cache, found, name, options.share) for name in SIZES]
    if options.make_only:
        return 0
    told: dict[str, Any] = {"photographs": len(found), "listed": LISTED, "kernel": kernel.state()}
    told["load_before"] = os.getloadavg()
    with tempfile.TemporaryDirectory(dir=options.cache) as folder:
        for crawl in crawls:
            told[crawl.name] = {"pictures": crawl.pictures, "mean_kb": round(crawl.bytes / crawl.pictures / 1000),
                                **speed(crawl, listed, Path(folder), options.part)}  # fmt: skip
            told[crawl.name]["billion"] = billion(told[crawl.name]["sitr daft, 2 cores"]["cpu_ms_less_start"])
            print(json.dumps({crawl.name: told[crawl.name]}, indent=1), flush=True)
        told["memory_mb"] = memory(crawls[0], listed, Path(folder))
        if not options.no_ray:
            told["ray"] = on_ray(crawls[1].files[:1], listed, Path(folder))
    told["load_after"] = os.getloadavg()
    print(json.dumps(told, indent=1))
    if options.out:
        options.out.write_text(json.dumps(told, indent=1))
    return 0


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
