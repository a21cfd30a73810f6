"""How long one capture takes and how much memory, on the gallery of the tests (30 resources, iframe, blobs) served on
loopback.

Run: `python -m benchmarks.capture [--runs N] [--video]`. Prints one line a run, then the median of each step. Figures
to beat (research, same kind of page on 2 cores): 6.6 s without video, 8.0 s with a 5 MB video, 880-902 MB peak PSS.
"""

import argparse
import datetime as dt
import os
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

from tests.evidence.evidence_site import GALLERY, Site, put_up_gallery

from sitr.evidence import Capture, CaptureOptions, Wall, capture, confinement
from sitr.evidence.browser import descendants
from sitr.net import Door, LoopbackPass, mark_throw_away


def peak_memory(pid: int, stop: threading.Event, seen: list[int]) -> None:
    """Follows the proportional memory (PSS, bytes) of everything below this process."""
    while not stop.wait(0.1):
        total = 0
        for each in descendants(pid):
            try:
                line = next(
                    x for x in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines() if x.startswith("Pss:")
                )
                total += int(line.split()[1]) * 1024
            except (OSError, StopIteration):
                continue
        seen.append(total)


def one(site: Site, url: str) -> tuple[Capture, float]:
    work, home = Path(tempfile.mkdtemp(dir="/dev/shm")), Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        mark_throw_away(home)
        options = CaptureOptions(accept_unconfined=confinement().kind is Wall.NONE)
        door = Door(loopback=LoopbackPass(home, [site.port]), resolver=lambda _host, _port: ["127.0.0.1"])
        began = time.perf_counter()
        made = capture(url, door=door, workdir=work, options=options, now=dt.datetime.now(dt.UTC))
        return made, time.perf_counter() - began
    finally:
        shutil.rmtree(work)
        shutil.rmtree(home)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--video", action="store_true", help="with the 6 MB video")
    arguments = parser.parse_args()
    site = Site()
    url = put_up_gallery(site)
    if not arguments.video:
        without = GALLERY.replace('<video src="/film.mp4"', "<video").replace(
            "FRAME", f"http://localhost:{site.port}/framed"
        )
        site.html("/gallery", without)
    stop, seen = threading.Event(), [0]
    watcher = threading.Thread(target=peak_memory, args=(os.getpid(), stop, seen))
    watcher.start()
    runs = []
    for _ in range(arguments.runs):
        made, seconds = one(site, url)
        runs.append((made, seconds))
        print(f"{seconds:6.2f} s  kept {made.completeness.kept}/{made.completeness.expected}  {made.confinement.kind}")
    stop.set()
    watcher.join()
    site.close()
    print(f"median {statistics.median(s for _, s in runs):.2f} s, peak PSS {max(seen) / 2**20:.0f} MB")
    for step in runs[0][0].seconds:
        print(f"  {step:18} {statistics.median(made.seconds.get(step, 0) for made, _ in runs):6.2f} s")


if __name__ == "__main__":
    main()
