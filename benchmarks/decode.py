"""How fast the first stage is, and how far its hash lies from the reference's.

    python -m benchmarks.decode --cache DIR [--photos 40] [--out FILE]

Each photograph (benchmarks.photos, one a scene) is scaled to 12, 2 and 1 megapixels, saved as a JPEG of quality 90
(4:2:0), and as a progressive one at 12. Then, on the same bytes in the same run, one core each: `screen` against the
plain loop of Pillow and pdqhash that threatexchange runs. CPU time of the thread, medians over the photographs; wall
time beside it. Bits: between the two hashes, for photographs whose quality is 50 or more.
"""

import argparse
import io
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pdqhash
from benchmarks import photos
from PIL import Image

from sitr.fingerprint import kernel, pdq, screen

WAYS: tuple[tuple[str, float, bool], ...] = (
    ("12 MP", 12.0, False),
    ("12 MP progressive", 12.0, True),
    ("2 MP", 2.0, False),
    ("1 MP", 1.0, False),
)
ROUNDS = 3
Result = TypeVar("Result")


@dataclass
class Row:
    """One way of storing: milliseconds of CPU and of wall a picture, for us and for the plain loop; bits apart."""

    way: str
    bytes: list[int] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    ours_wall: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    bits: list[int] = field(default_factory=list)
    flat: int = 0

    def figures(self) -> dict[str, float | str | int]:
        """The line of the table."""
        ours, plain = statistics.median(self.ours), statistics.median(self.plain)
        return {
            "way": self.way,
            "pictures": len(self.ours),
            "KB": round(statistics.median(self.bytes) / 1024),
            "ms": round(ours, 2),
            "wall ms": round(statistics.median(self.ours_wall), 2),
            "per second": round(1000 / ours, 1),
            "plain ms": round(plain, 1),
            "ratio": round(plain / ours, 1),
            "ratio of sums": round(sum(self.plain) / sum(self.ours), 1),
            "bits mean": round(statistics.mean(self.bits), 2) if self.bits else 0,
            "bits max": max(self.bits, default=0),
            "too flat": self.flat,
        }


def plain_loop(data: bytes) -> tuple[pdq.Bits, int]:
    """What threatexchange's PdqSignal does with a file."""
    with Image.open(io.BytesIO(data)) as image:
        vector, quality = pdqhash.compute(np.asarray(image.convert("RGB")))
    return np.packbits(vector.astype(np.uint8)), int(quality)


def timed(work: Callable[[bytes], Result], data: bytes) -> tuple[Result, float, float]:
    """What it gives, and milliseconds of CPU and wall."""
    wall, cpu = time.perf_counter(), time.thread_time()
    result = work(data)
    return result, 1000 * (time.thread_time() - cpu), 1000 * (time.perf_counter() - wall)


def scaled(image: Image.Image, megapixels: float) -> Image.Image:
    """Of the same shape, with so many pixels."""
    by = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    return image.resize((round(image.width * by), round(image.height * by)), Image.Resampling.LANCZOS)


def measure(image: Image.Image, row: Row, megapixels: float, progressive: bool) -> None:
    """One picture, stored one way: the median of ROUNDS for us, once for the plain loop."""
    out = io.BytesIO()
    scaled(image, megapixels).save(out, "JPEG", quality=90, progressive=progressive)
    data = out.getvalue()
    rounds = [timed(screen, data) for _ in range(ROUNDS)]
    seen = rounds[0][0]
    (wanted, quality), plain, _ = timed(plain_loop, data)
    row.bytes.append(len(data))
    row.ours.append(statistics.median(r[1] for r in rounds))
    row.ours_wall.append(statistics.median(r[2] for r in rounds))
    row.plain.append(plain)
    if quality < pdq.QUALITY:
        row.flat += 1
    else:
        row.bits.append(int(pdq.distance(wanted, seen.pdq[None])[0]))


def main() -> int:
    """Print the table; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="where benchmarks.photos keeps its packages")
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    Image.MAX_IMAGE_PIXELS = None
    chosen = photos.one_a_scene(photos.gather(given.cache))[: given.photos]
    rows = [Row(way) for way, _, _ in WAYS]
    for photo in chosen:
        image = photo.picture(6000)
        for row, (_, megapixels, progressive) in zip(rows, WAYS, strict=True):
            measure(image, row, megapixels, progressive)
    figures = [row.figures() for row in rows]
    for line in figures:
        print("  ".join(f"{name} {value}" for name, value in line.items()))
    print(
        f"kernel {kernel.state()}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {len(chosen)} photographs"
    )
    if given.out:
        given.out.write_text(json.dumps({"figures": figures, "rows": [asdict(row) for row in rows]}, indent=1))
    first = figures[0]
    met = float(first["per second"]) >= 50 and float(first["bits mean"]) <= 4 and float(first["bits max"]) <= 10
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
