"""Captures in a row, and what stays behind: memory of this process, open files, threads, processes, temporary files.

Run: `python -m benchmarks.soak [--runs 100] [--json]`. The page is another one each time (words, a picture, a video of
6 MB that is streamed); what is kept of one capture is removed before the next, as `cases` does.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tests.evidence.evidence_site import Site, ranged

from sitr.evidence import CaptureOptions, Wall, capture, confinement
from sitr.evidence.browser import descendants
from sitr.evidence.wall import NOBODY
from sitr.net import Door, LoopbackPass, mark_throw_away

_TRACES = ("*chromium*", ".org.chromium*", "*bwrap*", "sitr-*", ".config/chromium", ".cache/chromium")


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> int:
    """Descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir())) - 1


def traces() -> set[str]:
    """Names that a browser of ours could leave where temporary files go. As root ours runs as nobody: what other
    browsers leave is not taken for ours."""
    folders = [Path(p) for p in ("/tmp", "/var/tmp", "/dev/shm")] + [Path.home()]  # noqa: S108
    found = {path for folder in folders for pattern in _TRACES for path in folder.glob(pattern)}
    return {str(path) for path in found if os.geteuid() != 0 or _owner(path) == NOBODY}


def _owner(path: Path) -> int:
    try:
        return path.lstat().st_uid
    except OSError:
        return -1


def in_a_row(runs: int) -> dict[str, Any]:
    """Does it; gives figures before, after the second and after the last."""
    site, home = Site(), Path(tempfile.mkdtemp(dir="/dev/shm"))
    mark_throw_away(home)
    door = Door(loopback=LoopbackPass(home, [site.port]), resolver=lambda _host, _port: ["127.0.0.1"])
    options = CaptureOptions(accept_unconfined=confinement().kind is Wall.NONE)
    site.pages["/film.mp4"] = ranged
    before = traces()
    memory, files, took, whole = [], [], [], 0
    for number in range(runs):
        body = f"<p>version {number}</p><img src='/p{number}.jpg'><video src='/film.mp4' autoplay muted></video>"
        url = site.html("/p", body)
        work = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="soak-"))
        began = time.monotonic()
        made = capture(url, door=door, workdir=work, options=options, now=dt.datetime.now(dt.UTC), wall=None)
        took.append(round(time.monotonic() - began, 2))
        whole += made.completeness.kept == made.completeness.expected and not made.partial
        del made
        shutil.rmtree(work)
        memory.append(resident())
        files.append(open_files())
    site.close()
    shutil.rmtree(home)
    settle = time.monotonic() + 5
    while threading.active_count() > 1 and time.monotonic() < settle:
        time.sleep(0.05)
    return {
        "runs": runs, "whole": whole, "seconds": took, "rss_first": memory[0], "rss_warm": memory[min(2, runs - 1)],
        "rss_last": memory[-1], "files_first": files[0], "files_last": files[-1], "threads": threading.active_count(),
        "processes": len(descendants(os.getpid())), "traces": sorted(traces() - before),
    }  # fmt: skip


def main() -> int:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = in_a_row(arguments.runs)
    if arguments.json:
        print(json.dumps(found))
        return 0
    middle = sorted(found["seconds"])[len(found["seconds"]) // 2]
    first, third, last = (f"{found[name] / 2**20:.1f}" for name in ("rss_first", "rss_warm", "rss_last"))
    print(f"{found['whole']} of {found['runs']} whole, {middle:.2f} s median")
    print(f"memory {first} -> {third} (third) -> {last} MB")
    print(f"open files {found['files_first']} -> {found['files_last']}, threads {found['threads']}")
    print(f"processes left {found['processes']}, temporary files left {found['traces'] or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
