"""Watch-lists as files: what is written is read again, what is hostile is refused with its line."""

import csv
import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threatexchange.exchanges.impl.file_api import FileCollaborationConfig, LocalFileSignalExchangeAPI
from threatexchange.signal_type.pdq.signal import PdqSignal

from sitr.errors import BadInput
from sitr.finding.exchange import (
    EntryState,
    Form,
    Kind,
    WatchEntry,
    derived_id,
    read_list,
    read_value,
    recognise,
    write_list,
)
from sitr.finding.exchange.entries import LONGEST_LABEL
from sitr.finding.exchange.lines import LONGEST
from sitr.words import say

PDQ = PdqSignal.get_examples()[0]
MD5 = "d41d8cd98f00b204e9800998ecf8427e"
FRAMES = f'["{PDQ},100,0.000","{PDQ},87,1.000"]'

_labels = st.text(
    st.characters(exclude_characters=";", exclude_categories=("C", "Z")), min_size=1, max_size=LONGEST_LABEL
)
_values = st.one_of(
    st.tuples(st.just(Kind.PDQ), st.binary(min_size=32, max_size=32).map(bytes.hex)),
    st.tuples(st.just(Kind.MD5), st.binary(min_size=16, max_size=16).map(bytes.hex)),
    st.just((Kind.VPDQ, FRAMES)),
)
_times = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda t: t.replace(microsecond=0)
)


@st.composite
def entries(draw: st.DrawFn) -> WatchEntry:
    """Any entry."""
    kind, value = draw(_values)
    return WatchEntry(
        draw(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", fullmatch=True)), kind, value,
        draw(st.none() | st.integers(0, 100)), draw(st.sampled_from(EntryState)),
        tuple(draw(st.lists(_labels, max_size=4))), draw(st.none() | _times),
    )  # fmt: skip


def written(listed: list[WatchEntry], form: Form) -> bytes:
    """A file."""
    return b"".join(write_list(listed, form))


def read(data: bytes, skipped: Counter[str] | None = None) -> list[WatchEntry]:
    """Its entries."""
    return list(read_list(io.BytesIO(data), skipped))


def refusal(data: bytes) -> BadInput:
    """What is said of a file."""
    with pytest.raises(BadInput) as told:
        read(data)
    for lang in ("ar", "en"):
        assert say(told.value.code, lang, **told.value.data)
    return told.value


@settings(max_examples=30)
@given(st.lists(entries(), max_size=5), st.sampled_from([Form.CSV, Form.JSONL]))
def test_what_is_written_is_read_again(listed: list[WatchEntry], form: Form) -> None:
    data = written(listed, form)
    assert not data or form is Form.JSONL or recognise(data.partition(b"\n")[0]) is form
    if data:
        assert read(data) == listed


@settings(max_examples=30)
@given(st.lists(entries(), min_size=1, max_size=4))
def test_no_cell_of_a_table_is_taken_for_a_formula(listed: list[WatchEntry]) -> None:
    for row in csv.reader(io.StringIO(written(listed, Form.CSV).decode(), newline="")):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("label", ["=cmd|' /C calc'!A0", "+1", "-2", "@SUM(A1)", "'=x", "شعار", "''"])
def test_a_label_that_looks_like_a_formula_comes_back_as_it_was(label: str) -> None:
    one = WatchEntry("a", Kind.PDQ, PDQ, 80, labels=(label,))
    assert read(written([one], Form.CSV)) == [one]


def test_byte_order_marks_line_ends_of_windows_and_blank_lines_are_read() -> None:
    plain = f"\ufeffkind,value,note\r\n\r\npdq,{PDQ.upper()},=1\r\nmd5,{MD5},x\r\n".encode()
    assert [(one.kind, one.value) for one in read(plain)] == [(Kind.PDQ, PDQ), (Kind.MD5, MD5)]
    as_json = f'\ufeff{{"kind":"pdq","value":"{PDQ}"}}\r\n'.encode()
    assert read(as_json) == [WatchEntry(derived_id(Kind.PDQ, PDQ), Kind.PDQ, PDQ)]


def test_the_lines_of_sitr_fingerprint_are_a_list() -> None:
    line = f'{{"file": "a.jpg", "width": 4, "pdq": "{PDQ}", "pdq_quality": 91}}\n'.encode()
    assert read(line) == [WatchEntry(derived_id(Kind.PDQ, PDQ), Kind.PDQ, PDQ, 91)]


ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_HEAD = b"kind,value,quality,state,labels,updated,id\n"


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "exchange.no_form", None),
        (b"\x89PNG\r\n\x1a\n", "exchange.no_form", None),
        (b"value,note\nabc,d\n", "exchange.no_column", None),
        (b"kind,value,kind\npdq,x,pdq\n", "exchange.column_twice", None),
        (_HEAD + b'pdq,"' + PDQ.encode() + b"\n", "exchange.bad_csv", 2),
        (_HEAD + b"pdq," + PDQ.encode() + b"\n", "exchange.bad_csv", 2),
        (_HEAD + b"\n\npdq," + PDQ.encode() + b",,,,,\npdq,zz,,,,,\n", "exchange.bad_field", 5),
        (_HEAD + f"pdq,{PDQ.translate(ARABIC_DIGITS)},,,,,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},٩٠,,,,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},101,,,,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},-1,,,,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"phash,{PDQ},1,,,,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},1,gone,,,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},1,,,2026-13-01T00:00:00Z,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},1,,,yesterday,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},1,,,,=id\n".encode(), "exchange.bad_field", 2),
        (_HEAD + f"pdq,{PDQ},1,,{'x' * 65},,\n".encode(), "exchange.bad_field", 2),
        (_HEAD + b"pdq,\x00,1,,,,\n", "exchange.not_text", 2),
        (_HEAD + b"pdq,\xff\xfe,1,,,,\n", "exchange.not_text", 2),
        (b'{"kind":"pdq","value":1}\n', "exchange.bad_field", 1),
        (b'{"kind":"pdq"}\n', "exchange.bad_field", 1),
        (b'{"kind":"pdq","kind":"md5","value":"a"}\n', "exchange.bad_json", 1),
        (b'{"kind":"pdq","quality":NaN}\n', "exchange.bad_json", 1),
        (b'{"a":' + b"[" * 100_000 + b"\n", "exchange.bad_json", 1),
        (b'{"kind":"pdq","value":"' + PDQ.encode() + b'","labels":["a;b"]}\n', "exchange.bad_field", 1),
        (b'{"kind":"vpdq","value":"[\\"x,1,2\\"]"}\n', "exchange.bad_field", 1),
        (b"pdq " + PDQ[:-1].encode() + b"\n", "exchange.bad_signal", 1),
        (b"kind,value\n" + b"x" * (LONGEST + 10) + b"\n", "exchange.line_long", 2),
    ],
)  # fmt: skip
def test_a_hostile_list_is_refused_with_its_line(data: bytes, code: str, line: int | None) -> None:
    error = refusal(data)
    assert error.code == code
    assert error.data.get("line") == line
    assert PDQ not in repr(error.data)


def test_a_line_without_an_end_is_never_read_whole(tmp_path: Path) -> None:
    class Endless(io.BytesIO):
        largest = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            self.largest = max(self.largest, size or 0)
            return b"{" * (size or 0)

    source = Endless()
    with pytest.raises(BadInput):
        list(read_list(source))
    assert source.largest <= LONGEST + 1


# --- the files of threatexchange, held against the library itself ---


def _by_library(file: Path) -> list[tuple[str, str]]:
    made = LocalFileSignalExchangeAPI.for_collab(FileCollaborationConfig(name="x", filename=str(file)))
    (delta,) = made.fetch_iter([], None)
    return list(delta.updates)


LISTED = [
    WatchEntry("a", Kind.PDQ, PDQ, 90, labels=("x",)),
    WatchEntry("b", Kind.MD5, MD5),
    WatchEntry("c", Kind.VPDQ, FRAMES),
    WatchEntry("d", Kind.PDQ, PdqSignal.get_examples()[1], state=EntryState.WITHDRAWN),
]


def test_the_library_reads_what_we_write_and_no_withdrawn_hash_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "signals.txt"
    file.write_bytes(written(LISTED, Form.SIGNALS))
    assert _by_library(file) == [("pdq", PDQ), ("video_md5", MD5), ("vpdq", FRAMES)]
    assert PdqSignal.validate_signal_str(PDQ) == PDQ


def test_we_read_what_the_library_reads(tmp_path: Path) -> None:
    file = tmp_path / "signals.txt"
    file.write_text(f"pdq {PDQ}\nvideo_md5 {MD5}\nraw_text some words\nurl https://a.example/\n", encoding="utf-8")
    skipped: Counter[str] = Counter()
    found = read(file.read_bytes(), skipped)
    assert [(one.kind.value, one.value) for one in found] == [("pdq", PDQ), ("md5", MD5)]
    assert skipped == {"raw_text": 1, "url": 1}
    assert len(_by_library(file)) == 4


def test_frames_as_the_librarys_extension_writes_them_are_read() -> None:
    # vpdq_util.VpdqCompactFeature.__str__: seconds with three significant digits, so 1234.5 becomes 1.23e+03.
    made = "[" + ", ".join(f'"{PDQ},{q},{t:.3}"' for q, t in ((100, 0.0), (87, 1.0), (3, 1234.5))) + "]"
    assert "1.23e+03" in made
    assert read_value(Kind.VPDQ, made).count(PDQ) == 3


def test_the_librarys_table_goes_in_and_out_and_what_its_members_call_wrong_is_left() -> None:
    table = written(LISTED, Form.TABLE)
    assert table.startswith(b"signal_type,signal_str,collab,category,tags\r\n")
    assert [(one.kind, one.value, one.labels) for one in read(table)] == [
        (Kind.PDQ, PDQ, ("x",)), (Kind.MD5, MD5, ()), (Kind.VPDQ, FRAMES, ()),
    ]  # fmt: skip
    skipped: Counter[str] = Counter()
    wrong = f"signal_type,signal_str,collab,category,tags\npdq,{PDQ},c,NEGATIVE_CLASS,\n".encode()
    assert read(wrong, skipped) == []
    assert skipped == {"NEGATIVE_CLASS": 1}


def test_a_film_too_long_for_a_table_is_named() -> None:
    many = "[" + ",".join([f'"{PDQ},100,0.0"'] * 2000) + "]"
    with pytest.raises(BadInput, match=r"exchange\.long_for_csv"):
        written([WatchEntry("film", Kind.VPDQ, read_value(Kind.VPDQ, many))], Form.CSV)
    assert read(written([WatchEntry("film", Kind.VPDQ, read_value(Kind.VPDQ, many))], Form.JSONL))[0].id == "film"
