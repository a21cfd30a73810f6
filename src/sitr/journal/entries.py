"""Entries: how one step of a case becomes a line of the journal and the opening that goes with it.

Here belong the types of entries, the making of a line and of its opening, and reading an opening back. Not here: the
tree over the lines (`tree`), their checking (`verifier`), and who seals the opening (the caller, to the case's key).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NewType

import rfc8785

from sitr.errors import BadInput, Damaged
from sitr.journal import verifier

VERSION = 1
SALT_BYTES = 16

Salt = NewType("Salt", bytes)


class Kind(StrEnum):
    """What an entry is about. It stands in clear, so it says nothing beyond the type."""

    CASE = "case"
    ANSWER = "answer"
    PHOTO = "photo"
    EXHIBIT = "exhibit"
    SIGHTING = "sighting"
    NOTICE = "notice"
    REPLY = "reply"
    CLOCK = "clock"
    HOLDER = "holder"
    READ = "read"
    RELEASE = "release"
    ERASE = "erase"


@dataclass(frozen=True)
class Entry:
    """One made entry.

    `line` is the leaf: RFC 8785 JSON in UTF-8, without line end, free of personal data. `opening` is the RFC 8785 JSON
    `{"payload": {...}, "salt": "<32 hex>"}`: it tells what the entry says, and is to be sealed.
    """

    seq: int
    line: bytes
    opening: bytes


@dataclass(frozen=True)
class Opening:
    """What opens one line: the payload it commits to and the 16 bytes that hid it."""

    payload: Mapping[str, Any]
    salt: Salt


def make_entry(seq: int, time: datetime, kind: Kind, payload: Mapping[str, Any], salt: bytes) -> Entry:
    """One line and its opening.

    `seq` counts from 0 and is the place in the tree (so the next one is `Frontier.size`); `time` is aware and kept to
    the second in UTC; `salt` is 16 fresh random bytes. The payload repeats `seq` and holds `verb` and `actor` as text;
    an `erase` entry names in `erased` the earlier entries whose payload is destroyed. The committed payload also
    repeats `time` and `type`, so that a line altered later can be told apart from its neighbours.
    Raises BadInput when a part is missing or cannot be written in RFC 8785 without fractions.
    """
    stamp, kind = format_time(time), Kind(kind)
    if len(salt) != SALT_BYTES:
        raise BadInput("journal.bad_payload", part="salt")
    full = {**payload, "time": stamp, "type": kind.value}
    _check_payload(seq, kind, payload, full)
    try:
        commit = verifier.commitment(salt, full)
        opening = rfc8785.dumps({"payload": full, "salt": salt.hex()})
        line = rfc8785.dumps({"v": VERSION, "seq": seq, "time": stamp, "type": kind.value, "commit": commit})
    except (verifier.MalformedError, rfc8785.CanonicalizationError) as error:
        raise BadInput("journal.bad_payload", part="value") from error
    return Entry(seq, line, opening)


def read_opening(opening: bytes) -> Opening:
    """What `make_entry` put into the opening. Raises Damaged when it is not in that form."""
    try:
        payload, salt = verifier.read_opening(opening)
    except verifier.MalformedError as error:
        raise Damaged("journal.opening_unreadable", part=error.part) from error
    return Opening(payload, Salt(salt))


def format_time(time: datetime) -> str:
    """A time as journals write it: UTC, whole seconds, `2026-11-22T20:00:00Z`. Raises BadInput without a zone."""
    if time.tzinfo is None:
        raise BadInput("journal.bad_payload", part="time")
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_after(now: datetime, last: bytes | None) -> datetime:
    """The time for the next entry: `now`, or the time of the last line when the machine's clock went back since.

    A journal whose times go back does not verify, and nobody should lose a step because a clock was put right. The
    true hour is what the time authorities say; a caller that sees a difference can put its own clock into the payload.
    """
    if last is None:
        return now
    return max(now, datetime.fromisoformat(verifier.read_line(last).time))


def _check_payload(seq: int, kind: Kind, payload: Mapping[str, Any], full: Mapping[str, Any]) -> None:
    if type(seq) is not int or not 0 <= seq <= verifier.LARGEST_INT or payload.get("seq") != seq:
        raise BadInput("journal.bad_payload", part="seq")
    for part in ("verb", "actor"):
        if not isinstance(payload.get(part), str) or not payload[part]:
            raise BadInput("journal.bad_payload", part=part)
    for part in ("time", "type"):
        if payload.get(part, full[part]) != full[part]:
            raise BadInput("journal.bad_payload", part=part)
    if kind is Kind.ERASE and not _names_earlier(payload.get("erased"), seq):
        raise BadInput("journal.bad_payload", part="erased")


def _names_earlier(erased: object, seq: int) -> bool:
    return isinstance(erased, list) and bool(erased) and all(type(e) is int and 0 <= e < seq for e in erased)
