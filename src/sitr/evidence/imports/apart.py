"""A program that reads hostile bytes for us, in a process of its own: no network, no writing, bounded time and memory.

Belongs here: how such a process is shut in and what became of it. Not here: which program, and what its answer means.
With bubblewrap it gets its own namespaces and a read-only view; where that is not to be had, only the limits hold, and
the answer says so.
"""

import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.wall import unprivileged, wall_command

_MOST_OUT = 64 * 2**20


@dataclass(frozen=True)
class Answer:
    """`output` is empty unless the program ended well; `confined`: whether the wall stood; `late`: it ran too long."""

    output: bytes
    ended_well: bool
    confined: bool
    late: bool = False


def run_apart(program: Sequence[str], source: BinaryIO, limits: ImportLimits) -> Answer:
    """Run a program of the system (under /usr) with `source`, an open file, as its standard input."""
    walled = [*wall_command(16 * 2**20), *_bounded(program, limits)]
    if shutil.which("bwrap") is not None:
        answer = _run(walled, source, limits, confined=True)
        if answer.ended_well or answer.late or not _no_wall(limits):
            return answer
    return _run(_bounded(program, limits), source, limits, confined=False)


def run_in_memory(program: Sequence[str], source: BinaryIO, limits: ImportLimits, room: int) -> Answer:
    """The same for a program that must write files: up to `room` bytes in a memory that ends with it.

    Only behind the wall: without one it is not run, since its files would reach a disk.
    """
    if shutil.which("bwrap") is None:
        return Answer(b"", ended_well=False, confined=False)
    return _run([*wall_command(room), *_bounded(program, limits, room)], source, limits, confined=True)


def run_python_apart(python: str, code: str, source: BinaryIO, limits: ImportLimits) -> Answer:
    """Run our own Python on a file, everything else of the system read-only, no network, no environment."""
    program = _bounded([python, "-I", "-c", code], limits)
    if shutil.which("bwrap") is not None:
        wall = [
            "bwrap", "--die-with-parent", "--new-session", "--clearenv", "--unshare-all", "--cap-drop", "ALL",
            "--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--size", str(64 * 2**20), "--tmpfs", "/tmp",  # noqa: S108
            # Python itself may lie under /tmp.
            *(part for place in (sys.prefix, sys.base_prefix) for part in ("--ro-bind", place, place)),
            "--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/tmp", "--chdir", "/",  # noqa: S108
        ]  # fmt: skip
        answer = _run([*wall, *program], source, limits, confined=True, lower=False)
        if answer.ended_well or answer.late or not _no_wall(limits):
            return answer
    return _run(program, source, limits, confined=False, lower=False)


def _bounded(program: Sequence[str], limits: ImportLimits, room: int = 0) -> list[str]:
    cap = ["prlimit", f"--as={limits.memory}", f"--cpu={limits.seconds}", "--core=0", f"--fsize={room}", "--"]
    return [*cap, *program]


def _no_wall(limits: ImportLimits) -> bool:
    """Whether no wall can be had at all here: asked only after a program failed inside one."""
    return not _run([*wall_command(2**20), "/bin/true"], None, limits, confined=True).ended_well


def _run(
    command: list[str], source: BinaryIO | None, limits: ImportLimits, *, confined: bool, lower: bool = True
) -> Answer:
    if source is not None:
        source.seek(0)
    try:
        with subprocess.Popen(
            command, stdin=source if source is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            **(unprivileged() if lower else {}),  # type: ignore[call-overload]
        ) as process:  # fmt: skip
            return _outcome(process, limits, confined)
    except OSError:
        return Answer(b"", ended_well=False, confined=confined)


def _outcome(process: "subprocess.Popen[bytes]", limits: ImportLimits, confined: bool) -> Answer:
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    watch = threading.Timer(limits.seconds, end)
    watch.start()
    try:
        # One byte more than is allowed: an answer without end is cut here and not in memory.
        output = process.stdout.read(_MOST_OUT + 1) if process.stdout else b""
        if len(output) > _MOST_OUT:
            process.kill()
        process.wait()
    finally:
        watch.cancel()
    well = process.returncode == 0 and len(output) <= _MOST_OUT
    return Answer(output if well else b"", ended_well=well, confined=confined, late=late.is_set())
