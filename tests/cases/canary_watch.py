"""Looks at a running program from outside, some fifteen times a second: what it writes, and what its processes are
called with. Files that live for a moment only (a database's journal, a temp file) are read while they are there.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sitr.evidence.browser import descendants

_MOST = 64 * 2**20
_PAUSE = 0.06


class Watch:
    """`with Watch(pid, folders) as watch:` keeps, in memory, each state seen of each file, and every command line and
    environment of the process and of all below it.
    """

    def __init__(self, pid: int, folders: Sequence[Path]) -> None:
        self._pid, self._folders = pid, folders
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._seen: set[tuple[str, int, int]] = set()
        self.files: list[tuple[str, bytes]] = []
        self.processes: dict[str, bytes] = {}
        self.rounds = 0

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_rest: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._look()
            self.rounds += 1
            time.sleep(_PAUSE)

    def _look(self) -> None:
        for folder in self._folders:
            for path in files_under(folder):
                with contextlib.suppress(OSError):
                    stat = path.stat()
                    state = (str(path), stat.st_mtime_ns, stat.st_size)
                    # Whole blobs and databases are looked at when the program stands still; here only what is passing.
                    if state not in self._seen and stat.st_size < _MOST and _passing(path):
                        self._seen.add(state)
                        self.files.append((f"{path} (passing)", path.read_bytes()))
        for pid in (self._pid, *descendants(self._pid)):
            for name in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    data = Path(f"/proc/{pid}/{name}").read_bytes()
                    self.processes.setdefault(f"{name} of a process: {hash(data)}", data)


def _passing(path: Path) -> bool:
    return path.name.endswith(("-journal", "-wal", ".part")) or "home" not in path.parts


def files_under(folder: Path, *, newer_than: float = 0.0) -> Iterator[Path]:
    """Every plain file below, on the same disk; files and folders that vanish meanwhile are passed by."""
    waiting = [folder]
    disk = folder.stat().st_dev
    while waiting:
        here = waiting.pop()
        with contextlib.suppress(OSError):
            for path in here.iterdir():
                with contextlib.suppress(OSError):
                    if path.is_symlink():
                        continue
                    if path.is_dir():
                        # Another's mount (a system of its own below /tmp) is none of ours.
                        waiting += [path] if path.stat().st_dev == disk else []
                    elif path.is_file() and path.stat().st_mtime >= newer_than:
                        yield path
