"""`sitr sweep`: copies of listed photos in archives, folders, stores and lists of addresses; rows as Parquet."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sitr.cli.call import Call
from sitr.cli.files import new_file, read
from sitr.errors import BadInput
from sitr.finding.sweep import Progress, Store, Summary, Visitor, WatchList, Wish, clear, is_begun, read_watchlist
from sitr.finding.sweep import sweep as run

_EVERY = 10.0
_EVERY_ON_A_TERMINAL = 1.0
_MOST_WORKERS = 1024


def sweep(call: Call) -> int:
    """0 when a match was found, 1 when none was; bad records are named in their file and change nothing of it."""
    watch = read_watchlist(read(call.given.option("--watchlist") or ""))
    wish = _wish(call)
    if call.given.has("--fresh"):
        clear(wish.out)
    _introduce(call, watch)
    teller = _Teller(call)
    try:
        done = run(
            wish, watch, version=version("sitr"), clock=time.monotonic, visitor=_visitor(call), tell=teller.progress
        )
    except KeyboardInterrupt:
        call.note(call.say("sweep_interrupted"))
        raise
    finally:
        teller.end()
    call.answer(_document(done, watch), _lines(call, done))
    return 0 if done.counts["matches"] else 1


def _wish(call: Call) -> Wish:
    cluster = call.given.option("--ray") or ""
    if cluster and call.given.has("--plain"):
        raise BadInput("cli.not_both", one="--ray", other="--plain")
    engine = "ray" if cluster else "plain" if call.given.has("--plain") else "daft"
    cores = len(os.sched_getaffinity(0))
    return Wish(
        inputs=call.given.many("INPUT"),
        out=_out(call),
        engine=engine,
        cluster=cluster,
        workers=_workers(call.given.option("--workers"), 0 if cluster else cores),
        wide=call.given.has("--wide"),
        store=_store(call),
    )


def _out(call: Call) -> Path:
    """A new file, or one that this command began to write."""
    name = call.given.option("--out") or ""
    return Path(name) if is_begun(Path(name)) else new_file(name)


def _workers(typed: str | None, cores: int) -> int:
    if typed is None:
        return cores
    if not typed.isdecimal() or not 0 < int(typed) <= _MOST_WORKERS:
        raise BadInput("cli.workers_shape", word=typed, most=_MOST_WORKERS)
    return int(typed)


def _store(call: Call) -> Store:
    """The usual variables of object stores; keys never ride on the command line."""
    return Store(
        endpoint=call.env.get("AWS_ENDPOINT_URL", ""),
        region=call.env.get("AWS_REGION", "") or call.env.get("AWS_DEFAULT_REGION", ""),
        key=call.env.get("AWS_ACCESS_KEY_ID", ""),
        secret=call.env.get("AWS_SECRET_ACCESS_KEY", ""),
        token=call.env.get("AWS_SESSION_TOKEN", ""),
    )


def _visitor(call: Call) -> Visitor:
    from sitr.net import Door

    door: Door = Door(proxy=call.settings().visit_proxy)
    return Visitor(door, sleep=time.sleep, now=lambda: datetime.now(UTC))


def _introduce(call: Call, watch: WatchList) -> None:
    call.note(call.say("sweep_list", n=len(watch.photos), hashes=len(watch.hashes), provable=watch.provable))
    if watch.unusable:
        call.note(call.say("sweep_unusable", n=watch.unusable))


class _Teller:
    """Says how far it is: on one line of a terminal, else a line every ten seconds."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._live = call.err.isatty()
        self._last = time.monotonic()
        self._open = False

    def progress(self, now: Progress) -> None:
        """Say it when it is time to."""
        if time.monotonic() - self._last < (_EVERY_ON_A_TERMINAL if self._live else _EVERY):
            return
        self._last = time.monotonic()
        line = self._call.say(
            "sweep_progress", percent=_percent(now), records=now.records, rate=round(now.records_a_second),
            megabytes=round(now.bytes_a_second / 1e6, 1), left=_left(self._call, now.seconds_left), matches=now.matches,
            bad=now.bad,
        )  # fmt: skip
        if self._live:
            self._call.err.write("\r\x1b[K" + line)
            self._call.err.flush()
            self._open = True
        else:
            self._call.note(line)

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            self._call.err.write("\n")


def _percent(now: Progress) -> int:
    return int(100 * now.bytes_done / now.bytes) if now.bytes else int(100 * now.units_done / max(1, now.units))


def _left(call: Call, seconds: float | None) -> str:
    if seconds is None:
        return call.say("sweep_left_unknown")
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"


def _document(done: Summary, watch: WatchList) -> dict[str, Any]:
    return {
        "out": str(done.out),
        "errors": str(done.errors),
        "rows": done.rows,
        **done.counts,
        "photos": len(watch.photos),
        "hashes": len(watch.hashes),
        "unusable": watch.unusable,
        "units": done.units,
        "resumed": done.resumed,
        "seconds": round(done.seconds, 2),
    }


def _lines(call: Call, done: Summary) -> Iterator[str]:
    counts = done.counts
    if done.resumed:
        yield call.say("sweep_resumed")
    yield call.say("sweep_done", records=counts["records"], images=counts["images"], seconds=round(done.seconds, 1))
    yield call.say(
        "sweep_found", n=counts["matches"], candidates=counts["candidates"], rows=done.rows, out=str(done.out)
    )
    if counts["bad"]:
        yield call.say("sweep_bad", n=counts["bad"], errors=str(done.errors))
