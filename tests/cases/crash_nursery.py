"""A process that has loaded everything and forks a child for each round: `python crash_nursery.py FD`. Not a test.

Each JSON line on standard input is a round: the child starts Sitr anew on the same home, says what it finds broken, and
then does verbs by its seed until it is killed from outside, or at a step that it was told: the n-th write, rename, sync
or statement. What it has to say goes to FD, a JSON line each.
"""

import json
import os
import resource
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

_STEPS = frozenset({"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "sqlite3.connect", "shutil.rmtree"})


def main() -> None:
    out = int(sys.argv[1])
    _load()
    _say(out, {"ready": os.getpid()})
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setsid()
            _child(out, json.loads(line))
        _, status = os.waitpid(child, 0)
        _say(out, {"ended": os.waitstatus_to_exitcode(status)})


def _load() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sitr.settings")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import django

    django.setup()
    from tests.cases import (
        crash_checks,  # noqa: F401  loaded before the fork, so that a round begins at once
        crash_verbs,  # noqa: F401
    )

    import sitr.dossier.building
    import sitr.wiring  # noqa: F401


def _say(out: int, line: dict[str, Any]) -> None:
    os.write(out, json.dumps(line).encode() + b"\n")


def _child(out: int, told: dict[str, Any]) -> None:
    try:
        _say(out, {"pid": os.getpid()})
        _round(out, told)
        os._exit(0)
    except BaseException:
        _say(out, {"failed": traceback.format_exc()[-3_000:]})
        os._exit(1)


def _round(out: int, told: dict[str, Any]) -> None:
    from tests.cases import crash_checks, crash_verbs

    from sitr import wiring
    from sitr.cases import access, portable
    from sitr.errors import SitrError
    from sitr.net import LoopbackPass
    from sitr.settings import SITR
    from sitr.vault import KdfParams

    vars(portable)["CHOSEN_LOG_N"] = 10  # a guess need not cost much here
    rng = Random(told["seed"])  # noqa: S311
    if told["step"]:
        _die_at(int(told["step"]), early=bool(told["early"]))
    leave = LoopbackPass(SITR.home, told["ports"])
    services = wiring.build(SITR, loopback=leave, kdf=KdfParams(passes=1, memory_kib=8, lanes=1))
    if not told["real"]:
        services = replace(services, capture=crash_verbs.quick_capture)
    set_up = access.is_set_up(services)
    keeper = (access.unlock if set_up else access.set_up)(services, crash_verbs.SECRET)
    begun, taken = crash_checks.mails(keeper)
    _say(out, {"broken": list(crash_checks.broken(keeper)), "begun": begun, "taken": taken})
    _armed[0] = True
    world = crash_verbs.World(services, keeper, rng, Path(told["out"]), lambda line: _say(out, line), told["page"])
    for _ in range(told["verbs"]):
        verb = _next(world, crash_verbs) if not told["real"] else crash_verbs.capture
        _say(out, {"verb": verb.__name__})
        try:
            verb(world)()
        except SitrError as error:
            _say(out, {"no": error.code})
        _say(out, {"done": verb.__name__})


def _next(world: Any, crash_verbs: Any) -> Any:
    there = len(world.cases())
    if there > 3:
        return crash_verbs.erase_case
    return world.rng.choices(list(crash_verbs.VERBS), list(crash_verbs.VERBS.values()))[0]


_armed = [False]


def _die_at(step: int, *, early: bool) -> None:
    """SIGKILL to this process and its group at the `step`-th write, rename, sync or statement."""
    from django.db.backends.signals import connection_created

    left = [step]

    def count() -> None:
        if early or _armed[0]:
            left[0] -= 1
            if left[0] <= 0:
                os.killpg(0, signal.SIGKILL)

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in _STEPS:
            count()

    def around(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        count()
        result = execute(sql, params, many, context)
        count()
        return result

    def connected(connection: Any, **_more: Any) -> None:
        connection.execute_wrappers.append(around)
        commit = connection._commit

        def counted() -> Any:
            count()
            result = commit()
            count()
            return result

        connection._commit = counted

    connection_created.connect(connected, weak=False)
    fsync = os.fsync

    def synced(fd: Any) -> None:
        count()
        fsync(fd)
        count()

    os.fsync = synced
    sys.addaudithook(audited)


if __name__ == "__main__":
    main()
