"""Rounds of a program that is killed in the middle, seen from outside: the process that forks them, and what is true
after each. The home outlives them all.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pyrage

import sitr
from sitr.cli.demo.mailbox import Mailbox
from sitr.evidence.browser import descendants
from sitr.net import mark_throw_away

_HERE = Path(__file__).parent
_PATH = f"{_HERE.parents[1]}:{Path(sitr.__file__).parents[1]}"
_MARK = b"crash-test-plaintext-7c1e"
_LONGEST = 60.0
# What the journal's verifier hands to openssl: a checkpoint, which is no secret, its signature, the public key.
_VERIFIER = frozenset({"key.pem", "text", "signature"})


@dataclass
class Figures:
    """What a run came to."""

    kills: int = 0
    in_tidying: int = 0
    verbs_done: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    swept: int = 0
    seconds: float = 0.0

    def told(self) -> str:
        """One line."""
        cut = ", ".join(f"{name} {n}" for name, n in self.cut.most_common())
        return (
            f"{self.kills} kills in {self.seconds:.1f} s ({self.in_tidying} of them while starting or checking, "
            f"{self.verbs_done} verbs done, {self.mails} mails, {self.swept} work folders left and swept); cut: {cut}"
        )


@dataclass
class Rounds:
    """`kill_after` or `step` ends a round; `clean` lets one come to its end and is what judges the last kill."""

    base: Path
    mailbox: Mailbox
    rng: Random
    nursery: "subprocess.Popen[bytes]"
    lines: Iterator[dict[str, Any]]
    figures: Figures = field(default_factory=Figures)
    begun: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    promised: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    page: str = "http://127.0.0.1:9/page"
    ports: tuple[int, ...] = ()
    pids: set[int] = field(default_factory=set)
    swept: set[Path] = field(default_factory=set)

    def kill_after(self, seconds: float, *, early: bool = False, real: bool = False) -> None:
        """A round whose process group is killed from outside: after the first look at the home, or `early` in it."""
        self._round({"step": 0, "early": early, "verbs": 10_000, "real": real}, seconds)

    def kill_at(self, step: int, *, early: bool) -> None:
        """A round that kills itself at a step: `early` counts the steps of the start as well."""
        self._round({"step": step, "early": early, "verbs": 10_000, "real": False}, _LONGEST)

    def clean(self) -> None:
        """A round that only starts and looks."""
        self._round({"step": 0, "early": False, "verbs": 0, "real": False}, None)

    def _round(self, how: dict[str, Any], seconds: float | None) -> None:
        told = {
            **how, "seed": self.rng.getrandbits(48), "out": str(self.base / "out"), "page": self.page,
            "ports": [self.mailbox.port, *self.ports],
        }  # fmt: skip
        stdin = self.nursery.stdin
        if stdin is None:
            raise RuntimeError("the nursery has no standard input")
        stdin.write(json.dumps(told).encode() + b"\n")
        stdin.flush()
        pid = int(next(self.lines)["pid"])
        self.pids.add(pid)
        killer = _Killer(pid, seconds)
        if how["early"] or seconds in {None, _LONGEST}:
            killer.start()
        verb, checked, failed = self._hear(killer)
        killer.stop()
        self._note(how, seconds, verb, checked=checked)
        if failed:
            self.broken.append(failed)
        self._look_after(killer.left, clean=seconds is None)

    def _hear(self, killer: "_Killer") -> tuple[str, bool, str]:
        """Everything that one child says: the verb that it was in when it ended ("" for none)."""
        verb, checked, failed = "", False, ""
        for line in self.lines:
            if "ended" in line:
                break
            if "broken" in line:
                checked = True
                killer.start()
                self.broken += line["broken"]
                self.begun |= set(line["begun"])
                self.taken |= set(line["taken"])
            verb = str(line.get("verb", verb))
            if "done" in line:
                verb = ""
                self.figures.verbs_done += 1
            if "no" in line:
                self.figures.refused[line["no"]] += 1
            if "writes" in line:
                self.promised.append(line)
            failed = str(line.get("failed", failed))
        return verb, checked, failed

    def _note(self, how: dict[str, Any], seconds: float | None, verb: str, *, checked: bool) -> None:
        if seconds is not None and (how["verbs"] or how["step"]):
            self.figures.kills += 1
            self.figures.in_tidying += not checked
            if verb:
                self.figures.cut[verb] += 1

    def _look_after(self, left: list[int], *, clean: bool) -> None:
        """What is true at once after a kill: no process goes on, nothing in clear lies on a disk, no file is half."""
        until = time.monotonic() + 10
        while any(Path(f"/proc/{one}").exists() for one in left) and time.monotonic() < until:
            time.sleep(0.02)
        if any(Path(f"/proc/{one}").exists() for one in left):
            self.broken.append("a browser goes on after its Sitr was killed")
        for name in ("home", "tmp", "user"):
            self._nothing_in_clear(self.base / name)
        self._workrooms(clean=clean)
        for promise in self.promised:
            self._whole(promise)
        self.promised.clear()

    def _nothing_in_clear(self, folder: Path) -> None:
        for path in folder.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                data = path.read_bytes() if path.is_file() else b""
                if _MARK in data:
                    self.broken.append(f"plain words stand in {path.name}")
                elif data and folder.name != "home" and not _harmless(path, data):
                    self.broken.append(f"{path.name} was left in {folder.name}")

    def _workrooms(self, *, clean: bool) -> None:
        """Folders in memory of the processes that were started here."""
        ours = [path for pid in self.pids for path in Path("/dev/shm").glob(f"sitr-work-*_{pid}_*")]
        if clean and ours:
            self.broken.append("a work folder in memory outlived the next start")
        self.swept |= set(ours)
        self.figures.swept = len(self.swept)

    def _whole(self, promise: dict[str, Any]) -> None:
        """A file outside of the home is there whole or not at all."""
        path = Path(promise["writes"])
        if not path.exists():
            return
        data = path.read_bytes()
        if "sha256" in promise and sha256(data).hexdigest() != promise["sha256"]:
            self.broken.append("an exported exhibit is not whole")
        with contextlib.suppress(KeyError):
            identity = pyrage.x25519.Identity.from_str(promise["identity"])
            try:
                pyrage.decrypt(data, [identity])
            except pyrage.DecryptError:
                self.broken.append("a dossier is not whole")
        if "phrase" in promise:
            try:
                pyrage.passphrase.decrypt(data, promise["phrase"])
            except pyrage.DecryptError:
                self.broken.append("an exported case is not whole")
        path.unlink()

    def judge_mails(self) -> None:
        """No mail came twice, none came unasked, and each that the relay is said to have taken is there."""
        got = Counter(str(message_from_bytes(mail.data)["Message-ID"]) for mail in self.mailbox.mails)
        self.figures.mails = got.total()
        if any(n > 1 for n in got.values()):
            self.broken.append("a mail was sent twice")
        if self.taken - set(got):
            self.broken.append("a notice is said to be sent, and no mail came")


def _harmless(path: Path, data: bytes) -> bool:
    """What libraries may leave on a disk when they are killed: the verifier's input, and the paper's own fonts."""
    font = path.parent.name.startswith("weasyprint-") and data[:4] in {b"\x00\x01\x00\x00", b"OTTO", b"true"}
    return font or path.name in _VERIFIER


class _Killer:
    """SIGKILL to a process group some time after `start`; `left`: the processes below it, in groups of their own."""

    def __init__(self, pid: int, seconds: float | None) -> None:
        self._pid, self.left = pid, list[int]()
        self._timer = threading.Timer(_LONGEST if seconds is None else seconds, self._kill)

    def start(self) -> None:
        """Begin to count, once."""
        if self._timer.ident is None:
            self._timer.start()

    def stop(self) -> None:
        """It has ended."""
        self._timer.cancel()
        if self._timer.ident is not None:
            self._timer.join()

    def _kill(self) -> None:
        self.left.extend(descendants(self._pid))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)


@contextmanager
def rounds(base: Path, seed: int) -> Iterator[Rounds]:
    """A throw-away home under `base`, a mailbox, and the process that forks the rounds."""
    for name in ("home", "tmp", "user", "out"):
        (base / name).mkdir(mode=0o700)
    mark_throw_away(base / "home")
    read_end, write_end = os.pipe()
    with Mailbox() as mailbox:
        env = {
            "PATH": os.environ["PATH"], "HOME": str(base / "user"), "TMPDIR": str(base / "tmp"), "LANG": "C.UTF-8",
            "SITR_HOME": str(base / "home"), "SITR_SMTP": f"127.0.0.1:{mailbox.port}", "PYTHONDONTWRITEBYTECODE": "1",
            "SITR_SMTP_FROM": "notices@sitr.invalid", "PYTHONPATH": _PATH,
        }  # fmt: skip
        nursery = subprocess.Popen(
            [sys.executable, str(_HERE / "crash_nursery.py"), str(write_end)],
            stdin=subprocess.PIPE, env=env, pass_fds=[write_end], cwd=base / "tmp",
        )  # fmt: skip
        os.close(write_end)
        try:
            with os.fdopen(read_end, encoding="utf-8") as said:
                lines = (json.loads(line) for line in said)
                next(lines)
                rng = Random(seed)  # noqa: S311
                yield Rounds(base, mailbox, rng, nursery, lines)
        finally:
            nursery.kill()
            nursery.wait()
            if nursery.stdin:
                nursery.stdin.close()


def run(world: Rounds, kills: int, seconds: float, more: Callable[[Rounds], None] | None = None) -> Figures:
    """Kill up to `kills` times in about `seconds`, by the clock and by the step in turn; then a clean round."""
    begun = time.monotonic()
    world.clean()
    for number in range(kills):
        if time.monotonic() - begun > seconds:
            break
        early = world.rng.random() < 0.2
        if number % 2:
            world.kill_after(world.rng.uniform(0.01, 0.5 if early else 1.5), early=early)
        else:
            world.kill_at(world.rng.randrange(1, 60 if early else 400), early=early)
    if more is not None:
        more(world)
    world.clean()
    world.judge_mails()
    world.figures.seconds = time.monotonic() - begun
    return world.figures
