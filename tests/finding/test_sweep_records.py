"""Records: read in constant memory from anywhere in a file, and each thing that is wrong with one is named."""

import gzip
import io
import random
import zlib
from itertools import pairwise
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.finding import crawls
from tests.finding.crawls import Entry
from warcio.archiveiterator import ArchiveIterator

from sitr.finding.sweep import bodies
from sitr.finding.sweep.inputs import plan
from sitr.finding.sweep.opening import Store
from sitr.finding.sweep.records import Bad, Passed, Picture, Reading
from sitr.finding.sweep.units import Kind, Unit
from sitr.finding.sweep.warcs import Broken, Record, Warc

_DICE = random.Random(20261123)  # noqa: S311  nothing is kept secret with it


def _jpeg(size: int = 900) -> bytes:
    """Bytes that begin like a JPEG; these tests decode nothing."""
    return b"\xff\xd8\xff\xe0" + _DICE.randbytes(size)


def _items(folder: Path, data: bytes, name: str = "a.warc.gz", **cut: int) -> list[Picture | Bad | Passed]:
    path = crawls.written(folder, name, data)
    unit = Unit(0, Kind.WARC, str(path), len(data), start=cut.get("start", 0), end=cut.get("end", len(data)))
    return list(Reading(unit, Store()))


def _codes(items: list[Picture | Bad | Passed]) -> list[str]:
    return [i.code.removeprefix("finding.sweep_") for i in items if isinstance(i, Bad)]


def _pictures(items: list[Picture | Bad | Passed]) -> list[bytes]:
    return [i.data for i in items if isinstance(i, Picture)]


# --- whole files ---


@pytest.mark.parametrize("form", ["packed", "plain"])
def test_a_picture_comes_with_where_it_stood(tmp_path: Path, form: str) -> None:
    body = _jpeg()
    entry = Entry(body, "https://example.org/ص.jpg", headers={"X": "y"}, media_type="image/JPEG; q=1")
    data = crawls.packed([entry]) if form == "packed" else crawls.plain([entry])
    (picture,) = _items(tmp_path, data)
    assert isinstance(picture, Picture)
    assert (picture.data, picture.url, picture.media_type) == (body, "https://example.org/ص.jpg", "image/jpeg")
    assert (picture.record, picture.captured) == (0, "2026-11-01T10:00:00Z")


def test_the_offset_of_a_record_is_where_other_tools_find_it(tmp_path: Path) -> None:
    entries = [Entry(_jpeg(200 * n), f"https://example.org/{n}.jpg") for n in range(5)]
    data = crawls.packed(entries)
    offsets = {i.url: i.record for i in _items(tmp_path, data) if isinstance(i, Picture)}
    theirs = ArchiveIterator(io.BytesIO(data))
    assert offsets == {r.rec_headers.get_header("WARC-Target-URI"): theirs.get_record_offset() for r in theirs}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Transfer-Encoding": "chunked"}, b"4\r\nABCD\r\nA;x=1\r\n0123456789\r\n0\r\n\r\n"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"ABCD0123456789", mtime=0)),
        ({"Content-Encoding": "br"}, brotli.compress(b"ABCD0123456789")),
        ({"Content-Encoding": "deflate"}, zlib.compress(b"ABCD0123456789")),
        ({"Content-Encoding": "deflate"}, zlib.compress(b"ABCD0123456789")[2:-4]),
        ({"Content-Encoding": "identity, gzip"}, gzip.compress(b"ABCD0123456789", mtime=0)),
        ({"Transfer-Encoding": "chunked"}, b"ABCD0123456789"),  # the crawler joined it and kept the head
    ],
)
def test_what_browsers_undo_is_undone(headers: dict[str, str], body: bytes) -> None:
    assert bodies.undone(body, {n.lower(): v for n, v in headers.items()}) == b"ABCD0123456789"


@pytest.mark.parametrize("said", ["image/jpeg", "text/plain", "application/octet-stream", "image/svg+xml", ""])
def test_bytes_tell_what_a_body_is_whatever_the_head_says(tmp_path: Path, said: str) -> None:
    items = _items(tmp_path, crawls.packed([Entry(_jpeg(), media_type=said)]))
    assert len(_pictures(items)) == (said != "image/svg+xml")


def test_pages_revisits_requests_and_other_answers_are_gone_through(tmp_path: Path) -> None:
    entries = [
        Entry(b"<html>" * 300, media_type="text/html"),
        Entry(b"", kind="revisit"),
        Entry(b"GET / HTTP/1.1\r\n\r\n", kind="request", media_type="application/http"),
        Entry(b"software: x\r\n", kind="warcinfo", media_type="application/warc-fields"),
        Entry(b"gone", status="404 Not Found"),
        Entry(_jpeg(), kind="resource"),
    ]
    items = _items(tmp_path, crawls.packed(entries))
    assert [type(i) for i in items] == [Passed] * 5 + [Picture]
    assert [i.revisit for i in items if isinstance(i, Passed)] == [False, True, False, False, False]


def test_a_warc_that_was_packed_in_one_piece_is_read_too(tmp_path: Path) -> None:
    bodies_in = [_jpeg(5000) for _ in range(20)]
    data = gzip.compress(crawls.plain([Entry(body) for body in bodies_in]))
    assert _pictures(_items(tmp_path, data)) == bodies_in


def test_padding_behind_the_last_record_is_nothing(tmp_path: Path) -> None:
    for data in (crawls.packed([Entry(_jpeg())]), crawls.plain([Entry(_jpeg())])):
        items = _items(tmp_path, data + b"\0" * 5000)
        assert len(items) == 1


# --- broken files ---


def _cut(data: bytes) -> bytes:
    return data[:-40]


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(b ^ 0xFF for b in data[middle : middle + 8]) + data[middle + 8 :]


@pytest.mark.parametrize("form", ["packed", "plain"])
def test_a_record_that_names_a_wrong_length_costs_no_other(tmp_path: Path, form: str) -> None:
    good = [_jpeg(3000) for _ in range(6)]
    for wrong in (1, 200, 3500, 10**12, 10**15):
        entries = [Entry(body, length=wrong if n == 2 else None) for n, body in enumerate(good)]
        items = _items(tmp_path, crawls.packed(entries) if form == "packed" else crawls.plain(entries))
        assert "wrong_length" in _codes(items), wrong
        found = _pictures(items)
        assert [body for body in good if body in found] == good if wrong < 10**12 else len(found) >= 5


def test_a_member_that_is_damaged_or_cut_costs_no_other(tmp_path: Path) -> None:
    good = [_jpeg(3000) for _ in range(5)]
    members = [crawls.packed([Entry(body)]) for body in good]
    for hurt, code in ((_flipped, "damaged_gzip"), (_cut, None)):
        data = b"".join(hurt(m) if n == 2 else m for n, m in enumerate(members))
        items = _items(tmp_path, data)
        assert _pictures(items) == good[:2] + good[3:]
        assert len(_codes(items)) == 1
        assert code is None or _codes(items) == [code]
    items = _items(tmp_path, b"".join(members)[:-40])
    assert (_pictures(items), _codes(items)) == (good[:4], ["cut_gzip"])


def test_garbage_between_records_is_named_once_and_passed(tmp_path: Path) -> None:
    one, two = _jpeg(), _jpeg()
    for build in (crawls.packed, crawls.plain):
        data = build([Entry(one)]) + b"\x1f\x8b\x08 no member WARC/1.0 no record" * 50 + build([Entry(two)])
        items = _items(tmp_path, data)
        assert _pictures(items)[-1] == two
        assert len(_codes(items)) == 1


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(b""), "empty"),
        (Entry(b"<html>not here</html>"), "not_a_picture"),
        (Entry(b"4\r\nABCD\r\nFFFF\r\nx", headers={"Transfer-Encoding": "chunked"}), "chunked"),
        (Entry(b"no gzip at all", headers={"Content-Encoding": "gzip"}), "encoding"),
        (Entry(brotli.compress(b"x" * 999)[:-3], headers={"Content-Encoding": "br"}), "encoding"),
        (Entry(b"whatever", headers={"Content-Encoding": "zstd"}), "encoding"),
        (Entry(gzip.compress(b"\0" * (80 << 20), 9), headers={"Content-Encoding": "gzip"}), "bomb"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_said_to_be_a_picture_and_is_none_is_named(tmp_path: Path, entry: Entry, code: str) -> None:
    after = _jpeg()
    items = _items(tmp_path, crawls.packed([entry, Entry(after)]))
    assert (_codes(items), _pictures(items)) == ([code], [after])


def test_a_member_that_unfolds_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sitr.finding.sweep.warcs.MOST_INFLATED", 4 << 20)
    after = _jpeg()
    bomb = Entry(b"\0" * (8 << 20), media_type="text/html")
    items = _items(tmp_path, crawls.packed([bomb, Entry(after)]))
    assert (_codes(items), _pictures(items)) == (["bomb"], [after])


def test_a_source_that_is_gone_is_named_and_ends_nothing(tmp_path: Path) -> None:
    unit = Unit(0, Kind.WARC, str(tmp_path / "gone.warc.gz"), 100, end=100)
    assert _codes(list(Reading(unit, Store()))) == ["unreadable"]


# --- cut files ---


def _read(data: bytes, start: int, end: int, *, exact: bool = False) -> tuple[list[int], Warc]:
    warc = Warc(io.BytesIO(data), lambda _: True, size=len(data), start=start, end=end, exact=exact)
    return [r.offset for r in warc if isinstance(r, Record | Broken)], warc


@given(
    sizes=st.lists(st.integers(0, 4000), min_size=1, max_size=12),
    cuts=st.lists(st.integers(0, 1000), max_size=4),
    form=st.sampled_from(["packed", "plain"]),
    seed=st.integers(0, 999),
)
@settings(max_examples=60)
def test_a_file_cut_anywhere_gives_each_record_once(sizes: list[int], cuts: list[int], form: str, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  as above
    build = crawls.packed if form == "packed" else crawls.plain
    data = build([Entry(b"\xff\xd8\xff" + dice.randbytes(size)) for size in sizes])
    whole, _ = _read(data, 0, len(data))
    assert len(whole) == len(sizes)
    edges = sorted({0, len(data), *(c * len(data) // 1000 for c in cuts)})
    parts = [_read(data, a, b) for a, b in pairwise(edges)]
    assert [offset for offsets, _ in parts for offset in offsets] == whole
    known = [(w.first, w.after) for _, w in parts if w.first is not None]
    assert all(after == first for (_, after), (first, _) in pairwise(known))


@given(
    sizes=st.lists(st.integers(0, 4000), min_size=1, max_size=8),
    kinds=st.lists(st.sampled_from(["response", "resource", "revisit", "metadata"]), min_size=8, max_size=8),
    form=st.sampled_from(["packed", "plain"]),
)
@settings(max_examples=30)
def test_files_that_are_in_order_are_read_as_warcio_reads_them(sizes: list[int], kinds: list[str], form: str) -> None:
    """The same records at the same offsets with the same fields and bytes; ours keeps bytes where pictures can be."""
    build = crawls.packed if form == "packed" else crawls.plain
    data = build([Entry(_jpeg(size), kind=kind) for size, kind in zip(sizes, kinds, strict=False)])
    ours = list(Warc(io.BytesIO(data), lambda _: True, size=len(data)))
    theirs = ArchiveIterator(io.BytesIO(data), no_record_parse=True)
    for mine, other in zip(ours, theirs, strict=True):
        block = other.raw_stream.read()
        assert isinstance(mine, Record)
        assert mine.offset == theirs.get_record_offset()
        assert mine.headers == {name.lower(): value for name, value in other.rec_headers.headers}
        assert mine.block == (block if other.rec_type in {"response", "resource"} else None)


@pytest.mark.parametrize("name", ["crawl.wacz", "again.wacz"])
def test_the_archives_inside_a_wacz_are_read_where_they_stand(tmp_path: Path, name: str) -> None:
    one, two = [_jpeg(3000) for _ in range(4)], [_jpeg(3000) for _ in range(4)]
    inside = {"a.warc.gz": crawls.packed(map(Entry, one)), "b.warc": crawls.plain(map(Entry, two))}
    path = crawls.written(tmp_path, name, crawls.wacz(inside, packed_again=name.startswith("again")))
    (source,) = plan([str(path)], Store(), unit_bytes=5000)
    items = [item for unit in source.units for item in Reading(unit, Store())]
    assert _pictures(items) == one + two
    assert {i.source for i in items if isinstance(i, Picture)} == {
        f"{path}#archive/a.warc.gz",
        f"{path}#archive/b.warc",
    }
