"""A whole sweep: engines that agree, kills that lose and repeat nothing, changes that are noticed."""

import gc
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from tests.finding import crawls
from tests.finding.crawls import Entry
from tests.finding.deadly import DeadlyStore, deadly

from sitr.errors import BadInput, MissingProgram, OutsideSilent
from sitr.finding.sweep import Progress, Summary, WatchList, Wish, clear, packages, plain, read_watchlist, sweep
from sitr.finding.sweep.units import Kind, Outcome, Unit
from sitr.finding.sweep.working import Job
from sitr.finding.sweep.writing import COLUMNS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def watch() -> WatchList:
    return read_watchlist(crawls.watchlist(1, 2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small crawl in every form, a folder of pictures, and some things that are wrong."""
    root = tmp_path_factory.mktemp("crawls")
    found = [Entry(crawls.mirrored(1), "https://example.net/m.jpg"), Entry(crawls.jpeg(2), "https://example.net/2.jpg")]
    bad = [Entry(crawls.jpeg(4)[:9000], "https://example.net/cut.jpg"), Entry(b"", "https://example.net/0.jpg")]
    small = [Entry(crawls.jpeg(3, 60, 200), "https://example.net/icon.jpg"), Entry(b"", kind="revisit")]
    entries = [*crawls.crawl((3, 4)), *found, *bad, *small, *crawls.crawl((5,))]
    crawls.written(root, "a.warc.gz", crawls.packed(entries))
    crawls.written(root, "b.warc", crawls.plain(entries))
    crawls.written(root, "c.wacz", crawls.wacz({"x.warc.gz": crawls.packed(entries[:6])}))
    (root / "pictures").mkdir()
    crawls.written(root / "pictures", "copy.jpg", crawls.mirrored(2))
    crawls.written(root / "pictures", "other.jpg", crawls.jpeg(5))
    crawls.written(root / "pictures", "notes.txt", b"no picture")
    crawls.written(root / "pictures", "broken.png", b"no picture either")
    return root


def _done(wish: Wish, watch: WatchList, tell: Callable[[Progress], None] = lambda _: None) -> Summary:
    return sweep(wish, watch, version="test", clock=time.monotonic, tell=tell)


def _rows(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out).to_pylist()
    return rows


def _errors(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(f"{out}.errors.jsonl").read_text().splitlines()]


def _wish(folder: Path, out: Path, **more: Any) -> Wish:
    return Wish((str(folder),), out, **{"engine": "here", "unit_bytes": 30_000, **more})


def test_copies_are_found_in_every_form_and_what_is_wrong_is_named(
    folder: Path, watch: WatchList, tmp_path: Path
) -> None:
    out = tmp_path / "found.parquet"
    told: list[Progress] = []
    done = _done(_wish(folder, out), watch, told.append)
    rows = _rows(out)
    assert pq.read_schema(out).names == list(COLUMNS)
    assert [(Path(r["source"]).name, r["photo"], r["mirrored"]) for r in rows] == [
        ("a.warc.gz", "photo-1.jpg", True),
        ("a.warc.gz", "photo-2.jpg", False),
        ("b.warc", "photo-1.jpg", True),
        ("b.warc", "photo-2.jpg", False),
        ("x.warc.gz", "photo-1.jpg", True),
        ("x.warc.gz", "photo-2.jpg", False),
        ("copy.jpg", "photo-2.jpg", True),
    ]
    assert all(r["match"] and r["stage"] == "proved" and len(r["region"]) == 8 and r["score"] > 0.9 for r in rows)
    first = rows[0]
    assert (first["image_url"], first["captured"]) == ("https://example.net/m.jpg", "2026-11-01T10:00:00Z")
    assert (first["width"], first["height"], first["view"], first["sitr"]) == (400, 300, "mirror", "test")
    assert first["distance"] <= 31
    assert first["digest"].startswith("sha256:")
    codes = sorted(e["code"] for e in _errors(out))
    assert codes == sorted(
        ["fingerprint.damaged", "finding.sweep_empty"] * 2 + ["finding.sweep_not_a_picture"]
    )  # two WARCs hold the cut and the empty one; a.wacz none
    assert done.counts["small"] == 2
    assert done.counts["revisits"] == 2
    assert done.counts["records"] == 12 * 2 + 6 + 4
    assert (done.counts["matches"], done.rows, done.counts["bad"]) == (7, 7, 5)
    assert told[-1].bytes_done == told[-1].bytes == done.counts["bytes"]
    assert [t.units_done for t in told] == list(range(1, done.units + 1))


# Daft leaves the pipe of each worker to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file:ResourceWarning")
def test_daft_and_plain_processes_give_the_same_rows(folder: Path, watch: WatchList, tmp_path: Path) -> None:
    summaries = []
    for engine in ("here", "plain", "daft"):
        out = tmp_path / engine
        summaries.append(_done(_wish(folder, out, engine=engine, workers=2), watch))
        assert (_rows(out), _errors(out)) == (_rows(tmp_path / "here"), _errors(tmp_path / "here"))
    assert len({json.dumps(s.counts) for s in summaries}) == 1
    gc.collect()  # here, and not in the middle of another test


def test_a_list_without_proof_says_what_the_hash_says(folder: Path, watch: WatchList, tmp_path: Path) -> None:
    photos = tuple(replace(p, fingerprint=None) for p in watch.photos)
    _done(_wish(folder / "pictures", tmp_path / "o"), replace(watch, photos=photos))
    (row,) = _rows(tmp_path / "o")
    assert (row["stage"], row["match"], row["region"], row["visible"]) == ("hash", True, None, None)


def test_a_near_hash_that_is_not_proved_keeps_its_address_to_itself(tmp_path: Path, watch: WatchList) -> None:
    one, two = watch.photos
    assert two.fingerprint is not None
    crossed = replace(watch, photos=(replace(one, fingerprint=two.fingerprint),))
    path = crawls.written(tmp_path, "a.warc", crawls.plain([Entry(crawls.jpeg(1))]))
    done = _done(_wish(path, tmp_path / "o"), crossed)
    (row,) = _rows(tmp_path / "o")
    assert (row["match"], row["image_url"], row["source"]) == (False, None, str(path))
    assert (done.counts["candidates"], done.counts["matches"]) == (1, 0)


def _broken_archives(root: Path) -> None:
    """What lies in real folders of crawls beside whole archives."""
    crawls.written(root, "a-empty.warc.gz", b"")
    crawls.written(root, "b-cut.wacz", crawls.wacz({"x.warc.gz": b"x" * 3000})[:-40])
    crawls.written(root, "c-no-warc.wacz", crawls.wacz({"x.txt": b"words"}))
    packed = bytearray(crawls.wacz({"x.warc": crawls.plain([Entry(crawls.jpeg(2))])}, packed_again=True))
    middle = len(packed) // 2
    packed[middle : middle + 400] = b"\xff" * 400
    crawls.written(root, "d-inside.wacz", bytes(packed))
    locked = bytearray(crawls.wacz({"x.warc": crawls.plain([Entry(crawls.jpeg(2))])}, packed_again=True))
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.rindex(head) + flags] |= 1  # sealed with a password (APPNOTE 4.4.4)
    crawls.written(root, "e-locked.wacz", bytes(locked))
    crawls.written(root, "f-no-archive.warc", b"<html>not found</html>")
    crawls.written(root, "z.warc.gz", crawls.packed([Entry(crawls.jpeg(1))]))


def test_a_broken_archive_in_a_folder_is_named_and_the_others_are_read(tmp_path: Path, watch: WatchList) -> None:
    (tmp_path / "in").mkdir()
    _broken_archives(tmp_path / "in")
    done = _done(_wish(tmp_path / "in", tmp_path / "o", unit_bytes=1 << 20), watch)
    assert [Path(row["source"]).name for row in _rows(tmp_path / "o")] == ["z.warc.gz"]
    named = [(Path(e["source"].partition("#")[0]).name, e["code"]) for e in _errors(tmp_path / "o")]
    assert [name for name, _ in named] == sorted(p.name for p in (tmp_path / "in").iterdir())[:-1]
    assert done.counts["bad"] == len(named) == 6
    assert {code for _, code in named} == {"finding.sweep_empty_archive", "finding.sweep_unreadable"}
    with pytest.raises(BadInput) as said:  # one that was asked for by its name is refused at once
        _done(_wish(tmp_path / "in" / "b-cut.wacz", tmp_path / "p"), watch)
    assert said.value.code == "finding.sweep_unknown_input"


def test_names_that_are_no_text_are_written_all_the_same(tmp_path: Path, watch: WatchList) -> None:
    """A file's name is bytes, and a list's names may hold half a character."""
    folder = tmp_path / "صور \u202eمجلد"
    folder.mkdir()
    (folder / os.fsdecode(b"\xff\x1b[31m.jpg")).write_bytes(crawls.jpeg(1))
    (folder / os.fsdecode(b"\xfe.jpg")).write_bytes(b"")
    halved = replace(watch, photos=tuple(replace(photo, photo="\ud800" + photo.photo) for photo in watch.photos))
    _done(_wish(folder, tmp_path / "o"), halved)
    (row,) = _rows(tmp_path / "o")
    assert (Path(row["source"]).name, row["photo"]) == ("\\udcff\x1b[31m.jpg", "\\ud800photo-1.jpg")
    assert [(Path(e["source"]).name, e["code"]) for e in _errors(tmp_path / "o")] == [
        ("\udcfe.jpg", "finding.sweep_empty")
    ]


# --- going on ---


def test_a_finished_sweep_does_nothing_twice_and_one_that_was_stopped_goes_on(
    folder: Path, watch: WatchList, tmp_path: Path
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "o"
    _done(_wish(folder, whole), watch)
    seen: list[int] = []

    class Stop(Exception):
        pass

    def stop(now: Progress) -> None:
        seen.append(now.units_done)
        if now.units_done == 3:
            raise Stop

    with pytest.raises(Stop):
        _done(_wish(folder, out), watch, stop)
    assert not out.exists()
    done = _done(_wish(folder, out), watch, lambda now: seen.append(now.units_done))
    assert seen == list(range(1, done.units + 1))
    assert done.resumed
    assert (_rows(out), _errors(out)) == (_rows(whole), _errors(whole))
    again = _done(_wish(folder, out), watch, lambda _: pytest.fail("nothing is left to do"))
    assert (again.rows, again.counts) == (done.rows, done.counts)


def test_what_changed_since_is_noticed_and_not_mixed(folder: Path, watch: WatchList, tmp_path: Path) -> None:
    out, source = tmp_path / "o", tmp_path / "a.warc.gz"
    source.write_bytes((folder / "a.warc.gz").read_bytes())
    wish = _wish(source, out)
    _done(wish, watch)
    before = out.read_bytes()

    def refused(wish: Wish, watch: WatchList = watch) -> str:
        with pytest.raises(BadInput) as said:
            _done(wish, watch)
        assert out.read_bytes() == before
        return said.value.code

    assert refused(wish, replace(watch, digest="0" * 64)) == "finding.sweep_other_terms"
    assert refused(replace(wish, wide=True)) == "finding.sweep_other_terms"
    assert refused(replace(wish, inputs=(str(source), str(folder / "b.warc")))) == "finding.sweep_other_inputs"
    os.utime(source, ns=(1, 1))
    assert refused(wish) == "finding.sweep_input_changed"
    clear(out)
    assert list(tmp_path.iterdir()) == [source]
    assert _done(wish, watch).counts["matches"] == 2
    stranger = tmp_path / "mine.parquet"
    stranger.write_bytes(b"somebody's")
    assert refused(replace(wish, out=stranger)) == "finding.sweep_out_taken"
    assert stranger.read_bytes() == b"somebody's"


def test_two_sweeps_do_not_write_into_one_file(folder: Path, watch: WatchList, tmp_path: Path) -> None:
    codes: list[str] = []

    def second(_: Progress) -> None:
        if not codes:
            with pytest.raises(BadInput) as said:
                _done(_wish(folder, tmp_path / "o"), watch)
            codes.append(said.value.code)

    _done(_wish(folder, tmp_path / "o"), watch, second)
    assert codes == ["finding.sweep_running"]


def test_a_unit_that_began_at_the_wrong_place_is_done_again_from_the_right_one(
    watch: WatchList, tmp_path: Path
) -> None:
    """A WARC inside a WARC: a unit that starts in it would take its records for records of the crawl."""
    inner = crawls.plain([Entry(crawls.jpeg(1), f"https://inner.example/{n}.jpg") for n in range(3)])
    outer = [Entry(crawls.jpeg(3)), Entry(inner, "https://example.org/a.warc", media_type="application/warc")]
    path = crawls.written(tmp_path, "a.warc", crawls.plain([*outer, Entry(crawls.jpeg(2))]))
    whole = _done(_wish(path, tmp_path / "whole", unit_bytes=1 << 30), watch)
    cut = _done(_wish(path, tmp_path / "cut", unit_bytes=40_000), watch)
    assert whole.counts["matches"] == 1
    assert _rows(tmp_path / "cut") == _rows(tmp_path / "whole")
    assert cut.counts == whole.counts


_KILLED = """
import sys, time
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.finding.test_sweep_running import _wish
from sitr.finding.sweep import read_watchlist, sweep

if __name__ == "__main__":
    watch = read_watchlist(Path({watch!r}).read_bytes())
    sweep(_wish(Path({folder!r}), Path({out!r}), **{more!r}), watch, version="test", clock=time.monotonic)
"""


def _killed_sweeps(folder: Path, tmp_path: Path, moments: Iterator[float], **more: Any) -> int:
    """Start the same sweep, kill it after each moment, until one ends by itself. How many were killed."""
    script = tmp_path / "sweep.py"
    told = {"root": str(ROOT), "watch": str(tmp_path / "watch"), "folder": str(folder), "out": str(tmp_path / "o")}
    script.write_text(_KILLED.format(**told, more=more))
    killed = 0
    for moment in moments:
        # In a group of its own, yet only the one process is killed: what it started has to end by itself.
        running = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
        try:
            if running.wait(moment) == 0:
                return killed
            pytest.fail("the sweep failed by itself")
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
            killed += 1
            _no_one_left(running.pid)
    pytest.fail("no run was let end")


def _no_one_left(group: int) -> None:
    """Workers end within moments of the process that was killed."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("workers outlived a killed sweep")


def _until_the_end(first: list[float]) -> Iterator[float]:
    yield from first
    yield 120.0


def _kill_and_compare(folder: Path, watch: WatchList, tmp_path: Path, moments: list[float], **more: Any) -> None:
    _done(_wish(folder, tmp_path / "whole", **more), watch)
    crawls.written(tmp_path, "watch", crawls.watchlist(1, 2))
    _killed_sweeps(folder, tmp_path, _until_the_end(moments), **more)
    assert _rows(tmp_path / "o") == _rows(tmp_path / "whole")
    assert _errors(tmp_path / "o") == _errors(tmp_path / "whole")


def test_a_sweep_killed_at_any_moment_loses_and_repeats_nothing(folder: Path, watch: WatchList, tmp_path: Path) -> None:
    _kill_and_compare(folder, watch, tmp_path, [1.3, 2.1], unit_bytes=8_000)


@pytest.mark.long
@pytest.mark.parametrize("engine", ["plain", "daft"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file:ResourceWarning")
def test_many_kills_of_many_workers_lose_and_repeat_nothing(
    folder: Path, watch: WatchList, tmp_path: Path, engine: str
) -> None:
    dice = random.Random(5)  # noqa: S311  moments, no secrets
    moments = [dice.uniform(1.0, 7.0) for _ in range(12)]
    _kill_and_compare(folder, watch, tmp_path, moments, unit_bytes=4_000, engine=engine, workers=2)
    gc.collect()  # here, and not in the middle of another test


# --- records that kill ---


@pytest.mark.parametrize("engine", ["plain", pytest.param("daft", marks=pytest.mark.long)])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:unclosed file:ResourceWarning")
def test_a_picture_that_kills_whoever_looks_at_it_is_named_and_passed_over(
    watch: WatchList, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Really: the worker's process ends by SIGKILL in the middle of its unit, each time it comes to it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # Daft's workers have to find the deadly list
    entries = [*crawls.crawl((3,)), Entry(crawls.jpeg(1)), *crawls.crawl((2,)), Entry(crawls.jpeg(2)[:9000])]
    path = crawls.written(tmp_path, "a.warc.gz", crawls.packed(entries))
    done = _done(_wish(path, tmp_path / "o", engine=engine, workers=1, unit_bytes=1 << 20), deadly(watch))
    offset = len(crawls.packed(entries[:2]))
    assert [(e["record"], e["code"]) for e in _errors(tmp_path / "o")] == [
        (offset, "finding.sweep_killed"),
        (len(crawls.packed(entries[:5])), "fingerprint.damaged"),
    ]
    assert [row["photo"] for row in _rows(tmp_path / "o")] == ["photo-2.jpg"]
    assert (done.counts["records"], done.counts["bad"], done.counts["bytes"]) == (6, 2, path.stat().st_size)
    gc.collect()


def test_a_worker_that_was_killed_once_for_no_reason_loses_no_record(watch: WatchList, tmp_path: Path) -> None:
    path = crawls.written(tmp_path, "a.warc.gz", crawls.packed([Entry(crawls.jpeg(1)), Entry(crawls.jpeg(2))]))
    once = deadly(watch, once=tmp_path / "killed")
    _done(_wish(path, tmp_path / "o", engine="plain"), once)
    assert (tmp_path / "killed").exists()
    assert [row["photo"] for row in _rows(tmp_path / "o")] == ["photo-1.jpg", "photo-2.jpg"]
    assert _errors(tmp_path / "o") == []


@pytest.mark.long
def test_a_file_that_kills_whoever_reads_it_is_given_up(watch: WatchList, tmp_path: Path) -> None:
    path = crawls.written(tmp_path, "p.jpg", crawls.jpeg(2))
    units = [Unit(0, Kind.WARC, "s3://x/y", 10, end=10), Unit(1, Kind.PICTURES, "p", 9, names=(str(path),))]
    deaths, ends = plain.run(units, Job(watch, wide=False, version="", store=DeadlyStore()), 1)
    assert [dict(b) for b in deaths.bad] == [
        {"source": "s3://x/y", "record": 0, "code": "finding.sweep_killed_reading"}
    ]
    assert (deaths.unit, deaths.counts["bad"], deaths.counts["bytes"]) == (0, 1, 10)
    assert (ends.unit, ends.counts["matches"]) == (1, 1)


@pytest.mark.long
def test_workers_that_end_before_they_begin_end_the_sweep(watch: WatchList) -> None:
    units = [Unit(0, Kind.PICTURES, "p", 9, names=("/nowhere",))]
    with pytest.raises(OutsideSilent) as said:
        list(plain.run(units, Job(deadly(watch, at_once=True), wide=False, version=""), 1))
    assert said.value.code == "finding.sweep_no_workers"


# --- values and packages ---


def test_units_and_outcomes_travel_as_json() -> None:
    unit = Unit(3, Kind.PICTURES, "a\udcff.warc", 10, names=("x", "é"))
    assert Unit.from_json(unit.to_json()) == unit
    outcome = Outcome(3, {"records": 1}, ({"source": "é", "region": [0.1]},), ({"code": "x"},), None, 7)
    assert Outcome.from_json(outcome.to_json()) == outcome


_SILENT = """
import json, os
from sitr.finding.sweep import packages
daft = packages.daft()
from daft.scarf_telemetry import opted_out
ray = packages.ray()
from ray._common.usage.usage_lib import usage_stats_enabled
print(json.dumps([opted_out(), usage_stats_enabled()]))
"""


def test_neither_daft_nor_ray_reports_to_anybody() -> None:
    bare = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    done = subprocess.run(
        [sys.executable, "-c", _SILENT], capture_output=True, text=True, check=False, env=bare, timeout=100
    )
    assert done.stdout.strip() == "[true, false]", done.stderr


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "daft", None)
    with pytest.raises(MissingProgram) as said:
        packages.daft()
    assert (said.value.code, said.value.data) == ("finding.sweep_needs", {"package": "daft"})
