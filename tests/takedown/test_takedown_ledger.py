"""Rounding, batches in which nothing stands out, and the file of a ledger, from friends and from anybody."""

import json
from collections import Counter
from contextlib import suppress
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import AnswerIsNo, BadInput
from sitr.takedown import LedgerRow, Outcome, Result, Span, make_batch, read_ledger, write_ledger
from sitr.takedown.ledger import ALIKE, CASES, EDGES, make_alike
from sitr.takedown.ledger_file import FORMAT, LARGEST, LONGEST_LINE
from sitr.words import LANGS, say

DOORS = (("x", "x_copyright", "dmca_512c3"), ("tiktok", "tt_privacy", "platform_ncii_policy"), ("au", None, "au"))


@st.composite
def spans(draw: st.DrawFn, *, open_end: bool = False) -> Span:
    low = draw(st.sampled_from(EDGES))
    return Span(low, None if open_end else draw(st.sampled_from([*(e for e in EDGES if e > low), None])))


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    result = draw(st.sampled_from(Result))
    gone = result is Result.REMOVED
    return Outcome(
        *draw(st.sampled_from(DOORS)),
        answer=draw(st.none() | spans()),
        removal=draw(spans(open_end=not gone)),
        result=result,
        came_back=draw(st.booleans()) if gone else False,
    )


def random_bytes(seed: int = 1) -> Any:
    return Random(seed).randbytes  # noqa: S311  a test that can be repeated


def gone(low: int = 24, high: int = 48, door: tuple[str, str | None, str] = DOORS[0], back: bool = False) -> Outcome:
    return Outcome(*door, None, Span(low, high), Result.REMOVED, back)


@given(st.floats(0, 10_000), st.floats(0, 10_000))
def test_a_span_holds_what_it_rounds(first: float, second: float) -> None:
    low, high = sorted((first, second))
    span = Span.around(low, high)
    assert span.low <= low
    assert span.high is None or (span.high >= high and span.high > span.low)
    assert Span.around(low, None).high is None


@pytest.mark.parametrize("pair", [(24, 24), (48, 24), (5, 24), (0, 7), (-6, 6), (True, 6), (0.0, 6), ("0", 6), (0, 0)])
def test_no_other_span_can_be(pair: tuple[Any, Any]) -> None:
    with pytest.raises(BadInput):
        Span(*pair)


def test_an_outcome_that_contradicts_itself_cannot_be() -> None:
    for bad in (
        {"result": Result.OPEN, "removal": Span(24, 48)},
        {"result": Result.REFUSED, "removal": Span(24, None), "came_back": True},
        {"service": "has a blank"},
        {"service": ""},
        {"basis": "x" * 65},
        {"channel": "../up"},
    ):
        said: dict[str, Any] = {
            "service": "x", "channel": None, "basis": "b", "answer": None, "removal": Span(0, 6),
            "result": Result.REMOVED, **bad,
        }  # fmt: skip
        with pytest.raises(BadInput):
            Outcome(**said)


@settings(max_examples=50)
@given(st.lists(outcomes(), max_size=40))
def test_nothing_that_may_enter_stands_out(rows: list[Outcome]) -> None:
    for door in DOORS:
        group = [o for o in rows if o.door == door]
        alike = make_alike(group)
        assert len(alike) in {0, len(group)}
        assert all(n >= ALIKE for n in Counter(alike).values())


@settings(max_examples=50)
@given(st.lists(outcomes(), max_size=40))
def test_rounding_keeps_every_result_and_only_widens_spans(rows: list[Outcome]) -> None:
    for door in DOORS:
        group = [o for o in rows if o.door == door]
        alike = make_alike(group)
        if not alike:
            continue
        assert Counter(o.result for o in alike) == Counter(o.result for o in group)
        for before in group:
            fits = [a for a in alike if a.result is before.result and _holds(a.removal, before.removal)]
            assert fits
        for wide in alike:
            assert wide.came_back in {None, True, False}


def _holds(wide: Span, narrow: Span) -> bool:
    return wide.low <= narrow.low and (wide.high is None or (narrow.high is not None and narrow.high <= wide.high))


def test_a_door_with_one_refusal_among_its_removals_waits_whole() -> None:
    refused = Outcome(*DOORS[0], None, Span(24, None), Result.REFUSED)
    assert make_alike([gone()] * 9 + [refused]) == []
    assert len(make_alike([gone()] * 9 + [refused] * 3)) == 12


def test_whether_it_came_back_is_untold_where_few_agree() -> None:
    assert {o.came_back for o in make_alike([gone()] * 5 + [gone(back=True)])} == {None}
    assert {o.came_back for o in make_alike([gone()] * 5 + [gone(back=True)] * 3)} == {True, False}


def test_a_batch_is_in_the_order_of_its_random_keys_and_names_the_doors_of_each_case() -> None:
    cases = {f"case{n}": [gone(EDGES[n % 3], EDGES[n % 3 + 1])] for n in range(12)}
    batch = make_batch(cases, random_bytes())
    keys = [row.key for row in batch.rows]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(batch.rows) == 12
    assert batch.entered == dict.fromkeys(cases, (DOORS[0],))
    assert batch.waiting == 0
    orders = {tuple(row.outcome.removal for row in make_batch(cases, random_bytes(n)).rows) for n in range(20)}
    assert len(orders) > 10


def test_fewer_than_ten_cases_are_refused_with_a_sentence() -> None:
    with pytest.raises(AnswerIsNo) as refused:
        make_batch({f"case{n}": [gone()] for n in range(CASES - 1)}, random_bytes())
    assert refused.value.code == "takedown.batch_small"
    for lang in LANGS:
        assert "9" in say(refused.value.code, lang, **refused.value.data)


def test_ten_cases_are_too_few_where_the_outcomes_of_one_have_to_wait() -> None:
    cases = {f"case{n}": [gone()] for n in range(CASES - 1)} | {"lone": [gone(door=DOORS[1])]}
    with pytest.raises(AnswerIsNo):
        make_batch(cases, random_bytes())
    batch = make_batch({**cases, "tenth": [gone()]}, random_bytes())
    assert (len(batch.rows), batch.waiting) == (10, 1)
    assert "lone" not in batch.entered


def test_a_case_gives_one_row_a_door_and_nothing_that_is_not_settled() -> None:
    young = Outcome(*DOORS[0], None, Span(24, None), Result.OPEN)
    cases = {f"case{n}": [young, gone(), gone(96, 192)] for n in range(10)}
    batch = make_batch(cases, random_bytes())
    assert len(batch.rows) == 10
    assert {row.outcome for row in batch.rows} == {gone()}


# --- the file ---


def a_file(*rows: Outcome) -> bytes:
    numbers = count(1)
    return b"".join(write_ledger(LedgerRow(f"{next(numbers):032x}", row) for row in rows))


@settings(max_examples=40)
@given(st.lists(outcomes(), max_size=12))
def test_what_is_written_is_read_again(rows: list[Outcome]) -> None:
    assert Counter(read_ledger(a_file(*rows)).values()) == Counter(rows)


def test_a_file_holds_no_time_no_place_and_no_name() -> None:
    lines = [json.loads(line) for line in a_file(gone()).splitlines()]
    assert lines[0] == {"format": FORMAT, "rows": 1}
    assert set(lines[1]) == {"key", "service", "channel", "basis", "answer", "removal", "result", "came_back"}


def test_a_row_that_stands_twice_counts_once() -> None:
    head, line = a_file(gone()).splitlines()
    twice = head.replace(b'"rows":1', b'"rows":2') + b"\n" + line + b"\n" + line + b"\n"
    assert len(read_ledger(twice)) == 1


GOOD: dict[str, Any] = json.loads(a_file(gone()).splitlines()[1])
HOSTILE: dict[str, Any] = {
    "a key too short": {"key": "ab"},
    "a key that is no text": {"key": 7},
    "a field too many": {"name": "somebody"},
    "a time": {"time": "2026-01-01"},
    "a span outside the steps": {"removal": [1, 5]},
    "a span upside down": {"removal": [48, 24]},
    "a span of three": {"removal": [0, 6, 12]},
    "a span of text": {"removal": "06"},
    "a span that is an object": {"removal": {"0": 1, "6": 2}},
    "no removal": {"removal": None},
    "truth for a number": {"removal": [False, 6]},
    "a result that is none": {"result": "vanished"},
    "a service with a path": {"service": "../../etc/passwd"},
    "a service with bidi controls": {"service": "x\u202e"},
    "a service with a line break": {"service": "x\n"},
    "a service that is a list": {"service": ["x"]},
    "a number for came_back": {"came_back": 1},
    "a refusal that came back": {"result": "refused", "removal": [24, None], "came_back": True},
    "a refusal with an end": {"result": "refused"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_row_is_refused_with_its_line(name: str) -> None:
    line = json.dumps({**GOOD, **HOSTILE[name]}).encode()
    with pytest.raises(BadInput) as refused:
        read_ledger(b'{"format":"sitr-ledger-v1","rows":1}\n' + line + b"\n")
    assert refused.value.code == "takedown.ledger_line"
    assert refused.value.data == {"line": 2}


ROW = json.dumps(GOOD).encode()
FILES: dict[str, bytes] = {
    "nothing": b"",
    "no ledger": b"hello\n",
    "a list": b"[]\n",
    "another version": b'{"format":"sitr-ledger-v2","rows":0}\n',
    "a cut file": b'{"format":"sitr-ledger-v1","rows":2}\n' + ROW + b"\n",
    "a row too many": b'{"format":"sitr-ledger-v1","rows":0}\n' + ROW + b"\n",
    "rows below nothing": b'{"format":"sitr-ledger-v1","rows":-1}\n',
    "rows beyond all bounds": b'{"format":"sitr-ledger-v1","rows":99999999999999999999}\n',
    "a head with more": b'{"format":"sitr-ledger-v1","rows":0,"desk":"here"}\n',
    "a name that stands twice": b'{"format":"sitr-ledger-v1","rows":1}\n' + ROW[:-1] + b',"key":"abc"}\n',
    "a line too long": b'{"format":"sitr-ledger-v1","rows":1}\n' + ROW + b" " * LONGEST_LINE,
    "deep nesting": b"[" * (LONGEST_LINE - 1),
    "no UTF-8": b'{"format":"sitr-ledger-v1","rows":1}\n\xff\xfe\n',
    "UTF-16": '{"format":"sitr-ledger-v1","rows":0}\n'.encode("utf-16"),
    "not a number": b'{"format":"sitr-ledger-v1","rows":NaN}\n',
    "the same key twice with other words": b'{"format":"sitr-ledger-v1","rows":2}\n' + ROW + b"\n"
    + ROW.replace(b"dmca_512c3", b"dmca_other") + b"\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_ledger(FILES[name])
    for lang in LANGS:
        assert say(refused.value.code, lang, **refused.value.data)


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput) as refused:
        read_ledger(bytes(LARGEST + 1))
    assert refused.value.code == "takedown.ledger_large"


@settings(max_examples=120)
@given(st.binary(max_size=300))
def test_any_bytes_give_rows_or_a_sentence(data: bytes) -> None:
    for untrusted in (data, b'{"format":"sitr-ledger-v1","rows":1}\n' + data):
        with suppress(BadInput):
            assert len(read_ledger(untrusted)) <= 1
