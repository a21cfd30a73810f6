"""Entries: what a line shows, what it hides, and what cannot become one."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput, Damaged
from sitr.journal import Kind, format_time, make_entry, read_opening, time_after, verifier
from sitr.journal.verifier import MalformedError

# The laws must hold on a busy machine too: time is no part of them.
unhurried = settings(suppress_health_check=[HealthCheck.too_slow])
NOON = datetime(2026, 11, 22, 12, 0, 30, 999_999, tzinfo=UTC)
SALT = bytes(range(16))

letters = st.characters(codec="utf-8")
words = st.text(letters, max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)
payloads = st.dictionaries(words, json_values, max_size=5)


def payload(seq: int, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "verb": "capture", "actor": "holder-1", **more}


@unhurried
@given(payloads)
def test_the_line_is_canonical_and_holds_the_commitment_of_the_opening(more: dict[str, Any]) -> None:
    entry = make_entry(
        3, NOON, Kind.EXHIBIT, {**more, **payload(3), "time": "2026-11-22T12:00:30Z", "type": "exhibit"}, SALT
    )
    value = json.loads(entry.line)
    opening = json.loads(entry.opening)
    hidden = b"sitr-commit-v1\0" + SALT + rfc8785.dumps(opening["payload"])
    assert value == {
        "v": 1,
        "seq": 3,
        "time": "2026-11-22T12:00:30Z",
        "type": "exhibit",
        "commit": hashlib.sha256(hidden).hexdigest(),
    }
    assert rfc8785.dumps(value) == entry.line
    assert bytes.fromhex(opening["salt"]) == SALT


@unhurried
@given(json_values)
def test_the_verifier_spells_json_as_rfc8785_does(value: Any) -> None:
    assert verifier.canonical(value) == rfc8785.dumps(value)


def test_keys_are_sorted_by_utf16_as_the_rfc_says() -> None:
    value = {"\U0001f600": 1, "\ufb33": 2, "ا": 3, "a": 4}
    assert verifier.canonical(value) == rfc8785.dumps(value)
    assert list(json.loads(verifier.canonical(value))) == ["a", "ا", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, "\ud800", {1: 2}, b"bytes", {"a": {3}}])
def test_what_has_no_single_spelling_cannot_be_committed_to(value: Any) -> None:
    with pytest.raises(MalformedError):
        verifier.canonical(value)
    with pytest.raises(BadInput) as caught:
        make_entry(0, NOON, Kind.CASE, payload(0, extra=value), SALT)
    assert caught.value.code == "journal.bad_payload"


def test_two_entries_that_say_the_same_look_different() -> None:
    first = make_entry(0, NOON, Kind.READ, payload(0), bytes(16))
    second = make_entry(0, NOON, Kind.READ, payload(0), bytes([1] * 16))
    assert first.line != second.line


def test_the_line_shows_nothing_of_the_payload() -> None:
    entry = make_entry(0, NOON, Kind.SIGHTING, payload(0, url="https://canary.example/سر"), SALT)
    assert set(json.loads(entry.line)) == {"v", "seq", "time", "type", "commit"}
    assert b"canary" not in entry.line
    assert "canary" in entry.opening.decode()


@pytest.mark.parametrize(
    ("seq", "kind", "given_payload", "salt", "part"),
    [
        (1, Kind.CASE, payload(0), SALT, "seq"),
        (-1, Kind.CASE, payload(-1), SALT, "seq"),
        (True, Kind.CASE, payload(1), SALT, "seq"),
        (0, Kind.CASE, {"seq": 0, "actor": "a"}, SALT, "verb"),
        (0, Kind.CASE, {"seq": 0, "verb": "v", "actor": ""}, SALT, "actor"),
        (0, Kind.CASE, payload(0), SALT[:-1], "salt"),
        (0, Kind.CASE, payload(0, time="2020-01-01T00:00:00Z"), SALT, "time"),
        (0, Kind.CASE, payload(0, type="read"), SALT, "type"),
        (2, Kind.ERASE, payload(2), SALT, "erased"),
        (2, Kind.ERASE, payload(2, erased=[]), SALT, "erased"),
        (2, Kind.ERASE, payload(2, erased=[2]), SALT, "erased"),
        (2, Kind.ERASE, payload(2, erased=["1"]), SALT, "erased"),
    ],
)
def test_a_payload_that_lacks_what_binds_it_is_refused_and_named(
    seq: int, kind: Kind, given_payload: dict[str, Any], salt: bytes, part: str
) -> None:
    with pytest.raises(BadInput) as caught:
        make_entry(seq, NOON, kind, given_payload, salt)
    assert caught.value.data == {"part": part}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInput):
        format_time(NOON.replace(tzinfo=None))


def test_times_are_written_in_utc_to_the_second() -> None:
    assert format_time(NOON.astimezone(timezone(timedelta(hours=3)))) == "2026-11-22T12:00:30Z"


def test_every_type_of_the_design_is_known_to_entries_and_verifier_alike() -> None:
    assert tuple(kind.value for kind in Kind) == verifier.TYPES


def test_a_clock_that_went_back_does_not_take_the_journal_with_it() -> None:
    last = make_entry(0, NOON, Kind.CASE, payload(0), SALT).line
    assert format_time(time_after(NOON - timedelta(days=1), last)) == format_time(NOON)
    assert time_after(NOON + timedelta(days=1), last) == NOON + timedelta(days=1)
    assert time_after(NOON, None) == NOON


@unhurried
@given(payloads)
def test_an_opening_reads_back(more: dict[str, Any]) -> None:
    entry = make_entry(0, NOON, Kind.CASE, {**payload(0), "more": more}, SALT)
    opening = read_opening(entry.opening)
    assert opening.salt == SALT
    assert opening.payload["more"] == more


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{}",
        b'{"payload":{},"salt":"00"}',
        b'{"payload":[],"salt":"%s"}' % (b"0" * 32),
        b'{"payload":{"a":1,"a":2},"salt":"%s"}' % (b"0" * 32),
        b'{"payload":{"a":1.5},"salt":"%s"}' % (b"0" * 32),
        b'{"payload":{"a":"\\ud800"},"salt":"%s"}' % (b"0" * 32),
        b"[" * 100_000,
        b'{"payload":{"a":%s},"salt":"%s"}' % (b"1" * 5000, b"0" * 32),
    ],
)
def test_an_opening_that_is_none_is_refused(broken: bytes) -> None:
    with pytest.raises(Damaged):
        read_opening(broken)


@unhurried
@given(st.binary(max_size=200))
def test_reading_lines_and_checkpoints_raises_nothing_but_malformed(blob: bytes) -> None:
    for read in (verifier.read_line, verifier.read_checkpoint, verifier.read_stamp, verifier.read_keys, read_json):
        try:
            read(blob)
        except MalformedError:
            continue


def read_json(blob: bytes) -> object:
    return verifier.read_json(blob)
