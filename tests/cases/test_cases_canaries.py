"""Thirty words go through a whole case in the clear, and stand nowhere afterwards but in what the key opens."""

import base64
import contextlib
import gzip
import io
import json
import os
import secrets
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.cases.canary_cluster import Cluster, cluster
from tests.cases.canary_search import Canary, Find, Search, code_spellings, dice, make_canaries, spellings
from tests.cases.canary_site import CanarySite, canary_site, picture
from tests.cases.canary_watch import Watch, files_under

import sitr
from sitr.cli.demo.authorities import local_authorities
from sitr.cli.demo.mailbox import Mailbox
from sitr.cli.demo.photographs import find_photographs
from sitr.net import mark_throw_away

_HERE = Path(__file__).parent
_PATH = f"{_HERE.parents[1]}:{Path(sitr.__file__).parents[1]}"
_SECONDS = 240
_MOST = 64 * 2**20
# Names of `knowledge/` say what a case is about: none may stand in clear either.
_KNOWLEDGE_IDS = (b"gdpr_art17", b"private_moment", b"other_site")


# --- the search itself ---


def test_every_way_to_write_a_canary_is_found_when_it_is_planted() -> None:
    rng = dice(7)
    canaries, marks = make_canaries(rng)
    search = Search(canaries, marks)
    assert len(canaries) == 30
    for name, one in canaries.items():
        for how, written in spellings(one.text, host=one.host).items():
            noise = rng.randbytes(rng.randrange(2_000))
            found = search.look(noise + written + rng.randbytes(500), "planted")
            assert {find.canary for find in found} == {name}, f"{name}: {how}"


@pytest.mark.parametrize("packed", ["gzip", "zlib", "zip", "gzip in zip", "cut gzip", "zip in gzip in zip"])
def test_a_canary_is_found_inside_what_is_packed(packed: str) -> None:
    rng = dice(11)
    canaries, marks = make_canaries(rng)
    search = Search(canaries, marks)
    for name, one in canaries.items():
        plain = rng.randbytes(300) + one.text.encode() + b" and more words after it" * 30
        data = rng.randbytes(rng.randrange(999)) + _PACKERS[packed](plain) + rng.randbytes(200)
        assert one.text.encode() not in data
        assert {find.canary for find in search.look(data, "planted")} == {name}


@pytest.mark.parametrize("shift", range(7))
def test_base64_of_a_longer_text_is_found_at_every_alignment(shift: int) -> None:
    canaries, marks = make_canaries(dice(shift))
    search = Search(canaries, marks)
    for name, one in canaries.items():
        for coded in (base64.b64encode, base64.urlsafe_b64encode):
            data = coded(b"x" * shift + one.text.encode() + b"?>~ tail")
            assert {find.canary for find in search.look(data, "planted")} == {name}


@pytest.mark.parametrize("shift", range(3))
def test_a_receipt_code_is_found_when_it_is_planted(shift: int) -> None:
    code = "9402 1187 3350 0021 7764 5910"
    digits = code.replace(" ", "")
    search = Search(*make_canaries(dice(1)))
    run = Run(Path("/nowhere"), search, search, code=code_spellings(code))
    arabic = digits.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    planted = (
        code.encode(),
        digits.encode(),
        digits.encode("utf-16-le"),
        arabic.encode(),
        digits.encode().hex().encode(),
    )
    for one in (*planted, base64.b64encode(b"x" * shift + digits.encode() + b"...")):
        run.finds.clear()
        run.seek(b"before " + one + b" after", "planted")
        assert [find.canary for find in run.finds] == ["receipt code"]


def test_noise_holds_no_canary() -> None:
    canaries, marks = make_canaries(dice(3))
    search = Search(canaries, marks)
    assert search.look(dice(4).randbytes(4 * 2**20), "noise") == []


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member.txt", data)
    return out.getvalue()


_PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zip": _zipped,
    "gzip in zip": lambda data: _zipped(gzip.compress(data)),
    "cut gzip": lambda data: gzip.compress(data + dice(1).randbytes(9_000))[:6_000],
    "zip in gzip in zip": lambda data: _zipped(gzip.compress(_zipped(data))),
}


# --- the whole path ---


@dataclass
class Run:
    """One run of the whole path, and everything that was found while it ran."""

    base: Path
    search: Search
    control: Search
    finds: list[Find] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    opened: list[Find] = field(default_factory=list)
    knowledge: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    database: list[tuple[str, bytes]] = field(default_factory=list)
    code: tuple[bytes, ...] = ()

    def seek(self, data: bytes, where: str) -> None:
        """Every canary in these bytes, and the receipt code once one was given."""
        self.finds += self.search.look(data, where)
        self.finds += [Find("receipt code", "as digits", where) for one in self.code if one in data]

    def look(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_size > _MOST:
                raise AssertionError(f"{path} is too large to be searched")
            data = path.read_bytes()
            self.seek(data, str(path))
            if self.base / "home" in path.parents:
                self.knowledge += [f"{path}: {name!r}" for name in _KNOWLEDGE_IDS if name in data]


def _walk(base: Path, database: Cluster | None) -> Run:
    """Run the path in a process of its own; look at everything at each of its stops."""
    canaries, marks = make_canaries(dice(secrets.randbits(64)))
    run = Run(base, Search(canaries, marks), Search(canaries, marks))
    for name in ("home", "tmp", "user", "out", "given", "opened", "authorities"):
        (base / name).mkdir(mode=0o700)
    mark_throw_away(base / "home")
    mine, other, *_ = find_photographs()
    (base / "given" / "photo.jpg").write_bytes(picture(mine, 1600, canaries["photo comment"].text))
    with canary_site(canaries, mine, other) as site, Mailbox() as box, local_authorities(base / "authorities") as tsa:
        told = {
            "words": {name: one.text for name, one in canaries.items()},
            "ports": [site.port, box.port, *(a.port for a in tsa)], "start": site.start,
            "photo": str(base / "given" / "photo.jpg"), "folder": str(base / "out"), "opened": str(base / "opened"),
        }  # fmt: skip
        env = _environment(base, database) | {
            "SITR_SMTP": f"127.0.0.1:{box.port}", "SITR_SMTP_FROM": "notices@sitr.invalid",
            "SITR_TSA": " ".join(f"{a.url}|{a.ca_file}" for a in tsa),
        }  # fmt: skip
        _drive(run, told, env, site, database)
        assert len(box.mails) == 1
        assert len(site.posted) >= 1
    return run


def _environment(base: Path, database: Cluster | None) -> dict[str, str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(base / "user"), "TMPDIR": str(base / "tmp"), "LANG": "C.UTF-8"}
    env |= {
        "SITR_HOME": str(base / "home"),
        "SITR_ACCEPT_UNCONFINED": "yes",
        "PYTHONPATH": _PATH,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if database is not None:
        env |= {"SITR_DATABASE_URL": "postgresql://sitr@/postgres", "PGHOST": str(database.folder / "socket")}
    return env


def _drive(run: Run, told: dict[str, Any], env: dict[str, str], site: CanarySite, database: Cluster | None) -> None:
    begun, base = time.time(), run.base
    read_end, write_end = os.pipe()
    with (base / "stdout").open("wb") as out, (base / "stderr").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, str(_HERE / "canary_run.py"), str(write_end)],
            stdin=subprocess.PIPE, stdout=out, stderr=err, env=env, pass_fds=[write_end], cwd=base / "tmp",
        )  # fmt: skip
    os.close(write_end)
    stdin = process.stdin
    assert stdin is not None
    folders = [base / name for name in ("home", "tmp", "user", "out")]
    try:
        with os.fdopen(read_end, encoding="utf-8") as said, Watch(process.pid, folders) as watch:
            stdin.write(json.dumps(told).encode() + b"\n")
            stdin.flush()
            for line in said:
                told_now = json.loads(line)
                name = told_now["at"]
                run.stops.append(name)
                run.code = run.code or code_spellings(told_now.get("receipt", ""))
                if name == "the site takes it down":
                    site.gone = True
                elif name == "opened by the key":
                    _control(run)
                elif name in {"captured", "released"}:
                    _look_everywhere(run, begun, database)
                else:
                    _look_at_home(run)
                stdin.write(b"go on\n")
                stdin.flush()
            status = process.wait(timeout=_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        stdin.close()
    assert status == 0, (base / "stderr").read_text(encoding="utf-8")[-2_000:]
    assert watch.rounds > 20
    for where, data in (*watch.files, *watch.processes.items()):
        run.seek(data, where)
    _after(run, begun, database)


def _look_everywhere(run: Run, begun: float, database: Cluster | None) -> None:
    """No verb runs now: nothing of the case may stand anywhere but sealed."""
    _look_at_home(run)
    for name in ("stdout", "stderr"):
        run.look(run.base / name)
    for path in files_under(Path("/dev/shm")):
        run.look(path)
    for folder in (Path("/tmp"), Path("/var/tmp")):
        for path in _new_files(run, folder, begun):
            run.look(path)
    if database is not None:
        for path in files_under(database.folder):
            run.look(path)
        run.seek(database.dump(), "every row as text")


def _look_at_home(run: Run) -> None:
    for name in ("home", "tmp", "user", "out", "authorities"):
        for path in files_under(run.base / name):
            run.look(path)


def _new_files(run: Run, folder: Path, begun: float) -> Iterator[Path]:
    """Files newer than the start, without what tests write down, this one (the words, the control) and others."""
    own = [run.base / name for name in ("given", "opened")]
    for path in files_under(folder, newer_than=begun):
        other = path.parts[2].startswith("pytest-of-") and run.base not in path.parents
        with contextlib.suppress(FileNotFoundError):
            if not other and not any(one in path.parents for one in own) and path.stat().st_size <= _MOST:
                yield path


def _control(run: Run) -> None:
    for path in files_under(run.base / "opened"):
        run.opened += run.control.look(path.read_bytes(), path.name)


def _after(run: Run, begun: float, database: Cluster | None) -> None:
    if database is not None:
        database.stop()
        for path in files_under(database.folder):
            run.look(path)
    _look_everywhere(run, begun, None)
    run.left = [str(path) for name in ("tmp", "user") for path in files_under(run.base / name)]
    run.left += [str(path) for path in files_under(run.base / "home") if path.name.endswith(".part")]


def _told(finds: list[Find]) -> str:
    return "\n".join(sorted({f"{find.canary} ({find.how}): {find.where}" for find in finds}))


def _judge(run: Run, canaries: Mapping[str, Canary]) -> None:
    assert run.stops == [
        "opened", "taken in", "captured", "written", "the site takes it down", "all done", "released",
        "opened by the key",
    ]  # fmt: skip
    # The control first: a search that finds nothing proves nothing.
    assert {find.canary for find in run.opened} == set(canaries), "the control did not find them all"
    assert run.search.bytes_seen > 2**20
    assert len(run.code) > 10, "no receipt was given"
    assert not run.finds, _told(run.finds)
    assert not run.knowledge, "\n".join(sorted(set(run.knowledge)))
    assert not run.left, "files were left:\n" + "\n".join(run.left)


@pytest.mark.browser
def test_no_canary_stands_anywhere_but_in_what_the_key_opens(tmp_path: Path) -> None:
    run = _walk(tmp_path, None)
    _judge(run, run.search.canaries)


@pytest.mark.browser
@pytest.mark.database
def test_no_canary_stands_in_the_folder_or_the_log_of_postgresql(tmp_path: Path) -> None:
    if "SITR_DATABASE_URL" not in os.environ:
        pytest.skip("done once, with the database's tests on PostgreSQL; the test above is the one on SQLite")
    with cluster() as database:
        run = _walk(tmp_path, database)
        _judge(run, run.search.canaries)
