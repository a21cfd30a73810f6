"""`sitr doctor`: what is installed, what is missing, what it is for, and the command that gets it.

Every check looks at the thing itself (a program is run, a library is loaded, a database is asked); none is taken on
trust from a version file. A warning is something that weakens a promise and that only the operator can change.
"""

import platform
import re
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from sitr.cli.call import Call
from sitr.errors import MissingProgram, OutsideSilent
from sitr.evidence import Wall, chromium_built, confinement
from sitr.fingerprint import kernel
from sitr.net import Door, Proxy
from sitr.words import say

_APT = "apt-get update && apt-get install -y --no-install-recommends "
# program: (how it is asked, package, what for)
_PROGRAMS = {
    "chromium": (("chromium", "--version"), "chromium", "capture"),
    "openssl": (("openssl", "version"), "openssl", "time"),
    "age": (("age", "--version"), "age", "opening"),
    "pdfsig": (("pdfsig", "-v"), "poppler-utils", "papers"),
    "bwrap": (("bwrap", "--version"), "bubblewrap", "confinement"),
}
# Modules whose native libraries can be missing although the package is there.
_NATIVE = {"cv2": "finding", "pyrage": "sealing", "argon2": "sealing", "weasyprint": "papers", "psycopg": "database"}
_NAME = re.compile(r"[A-Za-z0-9._-]+")  # the name at the head of a requirement (PEP 508)
_PANGO = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
_PICTURES = Path("/usr/share/backgrounds")
_FRESH = timedelta(days=60)
"""Chromium has a new version each month, most with holes closed that others already use."""
_MIB = 1024 * 1024
_PROXY_SECONDS = 5.0
_LEAST_DISK = 1024 * _MIB
_LEAST_MEMORY = 256 * _MIB


@dataclass(frozen=True)
class Check:
    """`needed_for` and `fix` in the person's language and as a command; `warning`: weakens a promise, stops nothing."""

    name: str
    ok: bool
    needed_for: str
    fix: str = ""
    detail: str = ""
    warning: bool = False


def examine(call: Call) -> int:
    """All checks; 0 when none failed (warnings may stand), else 1."""
    checks = list(_all(call))
    call.answer({"checks": checks}, _lines(call, checks))
    return 0 if all(c.ok or c.warning for c in checks) else 1


def _all(call: Call) -> Iterator[Check]:
    settings = call.settings()
    yield _python(call)
    for name in _PROGRAMS:
        yield _program(call, name)
    yield from _browsers_age(call)
    yield _packages(call)
    for name, purpose in _NATIVE.items():
        yield _native(call, name, purpose)
    yield _kernel(call)
    yield _fonts(call)
    yield _confinement(call)
    yield _visit_proxy(call, settings.visit_proxy)
    yield _calendars(call, settings.calendars)
    yield _knowledge(call, settings.knowledge)
    yield _home(call, settings.home)
    yield _disk(call, settings.home)
    yield _memory(call)
    yield _database(call, settings.database)
    yield _swap(call)
    yield _core_dumps(call)
    yield _pictures(call)


def _check(
    call: Call, name: str, purpose: str, *, ok: bool, fix: str = "", detail: str = "", warning: bool = False
) -> Check:
    return Check(name, ok, call.say("for_" + purpose), "" if ok else fix, detail, warning and not ok)


def _python(call: Call) -> Check:
    found = platform.python_version()
    return _check(
        call, "python", "all", ok=found.startswith("3.11."), fix=_APT + "python3.11 python3-venv", detail=found
    )


def _program(call: Call, name: str) -> Check:
    command, package, purpose = _PROGRAMS[name]
    answer = _asked(command)
    return _check(
        call, name, purpose, ok=answer is not None, fix=_APT + package, detail=(answer or "").partition("\n")[0][:80]
    )


def _browsers_age(call: Call) -> Iterator[Check]:
    """Pages that mean harm are opened in it; nothing where it is missing, which is told above."""
    with suppress(MissingProgram, OSError):
        built = chromium_built()
        ok = datetime.now(UTC).date() - built <= _FRESH
        fix = _APT + "chromium"
        yield _check(call, "browser's age", "fresh_browser", ok=ok, fix=fix, detail=built.isoformat(), warning=True)


def _asked(command: Iterable[str]) -> str | None:
    """What a program says about itself; None when it is missing or does not run."""
    try:
        done = subprocess.run([*command], capture_output=True, timeout=20, check=False, text=True, errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout or done.stderr).strip() if done.returncode in (0, 99) else None  # pdfsig -v leaves with 99


def _packages(call: Call) -> Check:
    needed = [r for r in requires("sitr") or () if "extra ==" not in r]
    names = [found.group() for r in needed if (found := _NAME.match(r))]
    missing = [name for name in names if not _installed(name)]
    return _check(
        call, "packages", "all", ok=not missing, fix="./start doctor", detail=", ".join(missing) or str(len(names))
    )


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _native(call: Call, name: str, purpose: str) -> Check:
    fix = _APT + _PANGO if name == "weasyprint" else "rm -rf .venv && ./start doctor"
    try:
        import_module(name)
    except (ImportError, OSError) as problem:
        return _check(call, name, purpose, ok=False, fix=fix, detail=type(problem).__name__)
    return _check(call, name, purpose, ok=True)


def _kernel(call: Call) -> Check:
    """Without the compiled kernel all works and gives the same answers, only slower: a warning."""
    state = kernel.state()
    fix = _APT + "g++ python3-dev && rm -rf .venv && ./start doctor"
    ok = state == "compiled"
    return _check(call, "kernel", "finding", ok=ok, fix=fix, detail=call.say(f"kernel_{state}"), warning=True)


def _fonts(call: Call) -> Check:
    answer = _asked(("fc-list", ":lang=ar", "family"))
    families = sorted({line.split(",")[0] for line in (answer or "").splitlines() if line})
    fix = _APT + "fonts-noto-core fontconfig"
    return _check(call, "fonts", "arabic_pages", ok=bool(families), fix=fix, detail=", ".join(families[:3]))


def _confinement(call: Call) -> Check:
    """Full is fine; part of it weakens a promise; with none, no page is captured unless the operator accepted that."""
    found = confinement()
    detail = say(f"evidence.wall_{found.reason}", call.lang) if found.reason else found.kind.value
    weaker = found.kind is Wall.PARTIAL or bool(call.settings().accept_unconfined)
    ok, fix = found.kind is Wall.FULL, _APT + "bubblewrap"
    return _check(call, "confinement", "confinement", ok=ok, fix=fix, detail=detail, warning=weaker)


def _visit_proxy(call: Call, proxy: Proxy | None) -> Check:
    """Whether pages are visited by a proxy, and whether one answers there. Nothing is asked of it to visit."""
    if proxy is None:
        return _check(call, "visit proxy", "visits", ok=True, detail=call.say("visits_direct"))
    where = f"{proxy.host}:{proxy.port}"
    try:
        Door(proxy=proxy).greet_proxy(_PROXY_SECONDS)
    except OutsideSilent:
        return _check(call, "visit proxy", "visits", ok=False, fix="SITR_VISIT_PROXY", detail=where)
    return _check(call, "visit proxy", "visits", ok=True, detail=where)


def _calendars(call: Call, named: tuple[str, ...]) -> Check:
    """OpenTimestamps needs a package only where calendars are named."""
    ok = not named or _installed("opentimestamps")
    detail = ", ".join(named) if named else call.say("calendars_none")
    return _check(call, "opentimestamps", "time", ok=ok, fix="pip install 'sitr[ots]'", detail=detail)


def _knowledge(call: Call, folder: Path) -> Check:
    ok = (folder / "knowledge.toml").is_file()
    return _check(call, "knowledge", "all", ok=ok, fix="unset SITR_KNOWLEDGE", detail=str(folder))


def _home(call: Call, home: Path) -> Check:
    """The home is this user's alone; one that is not there yet will be made so."""
    if not home.exists():
        return _check(call, "home", "cases", ok=True, detail=call.say("home_not_yet"))
    private = home.is_dir() and not home.stat().st_mode & 0o077
    return _check(call, "home", "cases", ok=private, fix=f"chmod 700 {home}", detail=str(home))


def _disk(call: Call, home: Path) -> Check:
    place = next(p for p in (home, *home.parents) if p.is_dir())
    free = shutil.disk_usage(place).free
    return _check(call, "disk", "cases", ok=free >= _LEAST_DISK, fix=f"df -h {place}", detail=f"{free // _MIB} MiB")


def _memory(call: Call) -> Check:
    """Plain contents pass through memory only; /dev/shm is where."""
    shm = Path("/dev/shm")  # noqa: S108 in memory on Linux, and that is why it is used
    free = shutil.disk_usage(shm).free if shm.is_dir() else 0
    fix = "mount -o remount,size=1G /dev/shm"
    return _check(call, "memory", "plain_in_memory", ok=free >= _LEAST_MEMORY, fix=fix, detail=f"{free // _MIB} MiB")


def _database(call: Call, database: dict[str, Any]) -> Check:
    postgres = str(database["ENGINE"]).endswith("postgresql")
    try:
        detail = _ask_postgresql(database) if postgres else _ask_sqlite(Path(str(database["NAME"])))
    except Exception as problem:  # any failure of any driver is the answer "no"
        return _check(call, "database", "cases", ok=False, fix="SITR_DATABASE_URL", detail=type(problem).__name__)
    return _check(call, "database", "cases", ok=detail is not None, fix="sitr case import", detail=detail or "")


def _ask_postgresql(database: dict[str, Any]) -> str:
    psycopg = import_module("psycopg")
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    given = {k: database[v] for k, v in names.items() if database.get(v)}
    with psycopg.connect(**given, connect_timeout=5) as connection:
        return f"PostgreSQL {connection.info.server_version // 10000}"


def _ask_sqlite(path: Path) -> str | None:
    """The engine's version; None when the file is damaged. A file that is not there yet is fine."""
    if path.exists():
        with sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                return None
    return f"SQLite {sqlite3.sqlite_version}"


def _swap(call: Call) -> Check:
    """Memory that is written to a disk can hold what was unlocked. zram stays in memory."""
    table = Path("/proc/swaps")
    lines = table.read_text().splitlines()[1:] if table.exists() else []
    on_disk = [line.split()[0] for line in lines if "zram" not in line]
    return _check(
        call, "swap", "plain_in_memory", ok=not on_disk, fix="swapoff -a", detail=", ".join(on_disk), warning=True
    )


def _core_dumps(call: Call) -> Check:
    """Sitr forbids them for itself; a handler to which the kernel pipes them may keep them all the same."""
    pattern = Path("/proc/sys/kernel/core_pattern")
    handler = pattern.read_text().strip() if pattern.exists() else ""
    closed = resource.getrlimit(resource.RLIMIT_CORE)[0] == 0 and not handler.startswith("|")
    fix = "sysctl -w kernel.core_pattern=core"
    return _check(call, "core dumps", "plain_in_memory", ok=closed, fix=fix, detail=handler, warning=True)


def _pictures(call: Call) -> Check:
    found = sum(1 for _ in _PICTURES.rglob("*.jpg")) if _PICTURES.is_dir() else 0
    fix = _APT + "lomiri-wallpapers-20.04 mate-backgrounds"
    return _check(call, "photographs", "demo", ok=found >= 12, fix=fix, detail=str(found), warning=True)


_MARKS: dict[str, Callable[[Check], bool]] = {
    "mark_ok": lambda c: c.ok,
    "mark_warning": lambda c: c.warning,
    "mark_missing": lambda _c: True,
}


def _lines(call: Call, checks: list[Check]) -> Iterator[str]:
    for check in checks:
        mark = next(name for name, fits in _MARKS.items() if fits(check))
        yield f"{call.say(mark)}  {check.name}  {check.detail}".rstrip()
        if not check.ok:
            yield "    " + check.needed_for
            yield f"    {check.fix}"
