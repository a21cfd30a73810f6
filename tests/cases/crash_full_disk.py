"""Every verb on a disk that fills up: `python crash_full_disk.py FOLDER FD short|long`. FOLDER is a small disk.

Before each call the disk is filled until only so much room is left; after it the filling goes away, and everything is
looked at. What came of each goes to FD, a JSON line each.
"""

import json
import os
import subprocess
import sys
import traceback
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

# Nothing at all; a page or two; a log's index; a row but no file; a file but not all of it.
_ROOM = (0, 4_096, 32_768, 90_000, 300_000, 2**30)
_SHORT = (0, 50_000)


def main() -> None:
    folder, out = Path(sys.argv[1]), int(sys.argv[2])
    os.environ["DJANGO_SETTINGS_MODULE"] = "sitr.settings"
    import django

    django.setup()
    from tests.cases import crash_checks, crash_verbs

    from sitr import wiring
    from sitr.cases import access, portable
    from sitr.net import mark_throw_away
    from sitr.settings import SITR
    from sitr.vault import KdfParams

    vars(portable)["CHOSEN_LOG_N"] = 10  # a guess need not cost much here
    mark_throw_away(SITR.home)
    (folder / "out").mkdir()
    services = wiring.build(SITR, kdf=KdfParams(passes=1, memory_kib=8, lanes=1))
    services = replace(services, capture=crash_verbs.quick_capture)
    keeper = access.set_up(services, crash_verbs.SECRET)
    world = crash_verbs.World(services, keeper, Random(5), folder / "out", lambda _: None)  # noqa: S311
    disk = _Disk(folder)
    for verb in crash_verbs.VERBS:
        for room in _ROOM if sys.argv[3] == "long" else _SHORT:
            while len(world.cases()) > 1:
                crash_verbs.erase_case(world)()
            call = verb(world)
            with disk.only(room):
                came = _came_of(call)
            for left in (folder / "out").iterdir():
                left.unlink()
            broken = list(crash_checks.broken(keeper))
            _say(out, {"verb": verb.__name__, "room": room, **came, "broken": broken})
    with disk.only(0):
        _say(out, {"typed": _typed("case", "list"), "new": _typed("case", "new")})
    _say(out, {"typed": _typed("case", "list")})


def _say(out: int, line: dict[str, Any]) -> None:
    os.write(out, json.dumps(line).encode() + b"\n")


def _came_of(call: Any) -> dict[str, Any]:
    from sitr.errors import SitrError
    from sitr.words import say

    try:
        call()
    except SitrError as error:
        words = [say(error.code, lang, **error.data) for lang in ("ar", "en")]
        return {"came": type(error).__name__, "code": error.code, "words": words}
    except Exception as error:
        return {"came": type(error).__name__, "code": "", "words": [], "trace": traceback.format_exc()[-1_500:]}
    return {"came": "done", "code": "", "words": []}


def _typed(*argv: str) -> tuple[int, str]:
    """A `sitr` of its own on the same home, in English."""
    done = subprocess.run(
        [sys.executable, "-m", "sitr", *argv, "--lang", "en"], capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr


class _Disk:
    """A small disk and the filling on it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._filling = folder, folder / "filling"
        self._room = 0

    def only(self, room: int) -> "_Disk":
        """Leave so many bytes, for the length of a `with`."""
        self._room = room
        return self

    def __enter__(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # room that the log holds already is room, too
        found = os.statvfs(self._folder)
        free = found.f_bavail * found.f_frsize
        with self._filling.open("wb") as file:
            file.write(bytes(max(0, free - self._room)))

    def __exit__(self, *_rest: object) -> None:
        self._filling.unlink()


if __name__ == "__main__":
    main()
