"""A ledger as a file, for pooling between desks: JSON Lines, versioned, one row a line.

Here belong writing and reading the form. A file from elsewhere is untrusted: it is read whole and checked whole before
any of it counts, within bounds. Not here: which rows a home has (`cases.ledgers`).

The first line is `{"format": "sitr-ledger-v1", "rows": N}`; each further one `{"key", "service", "channel", "basis",
"answer": [low, high] | null, "removal": [low, high], "result", "came_back"}`, hours as in `ledger.EDGES`, an open end
null. No time, no place, no name of a desk.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from sitr.errors import BadInput
from sitr.takedown.ledger import KEY_BYTES, LedgerRow, Outcome, Result, Span

FORMAT = "sitr-ledger-v1"
LARGEST = 32 * 2**20  # bytes of one file; some 150,000 rows
LONGEST_LINE = 1_000  # bytes
MOST_ROWS = 100_000
_KEY = re.compile(f"[0-9a-f]{{{2 * KEY_BYTES}}}")
_FIELDS = frozenset({"key", "service", "channel", "basis", "answer", "removal", "result", "came_back"})


def write_ledger(rows: Iterable[LedgerRow]) -> Iterator[bytes]:
    """The lines of a file, in the order of the random keys."""
    ordered = sorted(rows, key=lambda row: row.key)
    yield _line({"format": FORMAT, "rows": len(ordered)})
    for row in ordered:
        yield _line(as_object(row))


def as_object(row: LedgerRow) -> dict[str, Any]:
    """One row as it stands in a line."""
    one = row.outcome
    return {
        "key": row.key, "service": one.service, "channel": one.channel, "basis": one.basis, "answer": _pair(one.answer),
        "removal": _pair(one.removal), "result": one.result.value, "came_back": one.came_back,
    }  # fmt: skip


def _pair(span: Span | None) -> list[int | None] | None:
    return None if span is None else [span.low, span.high]


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def read_ledger(untrusted: bytes) -> dict[str, Outcome]:
    """The outcomes of a file by their keys; a row that stands there twice counts once.

    Raises BadInput `takedown.ledger_*` naming the line for whatever is not exactly in the form; nothing of it counts.
    """
    if len(untrusted) > LARGEST:
        raise BadInput("takedown.ledger_large", megabytes=LARGEST // 2**20)
    lines = untrusted.removesuffix(b"\n").split(b"\n")
    head = _object(lines[0], 1)
    if head.get("format") != FORMAT:
        raise BadInput("takedown.ledger_format", format=FORMAT)
    if head != {"format": FORMAT, "rows": len(lines) - 1} or len(lines) - 1 > MOST_ROWS:
        raise BadInput("takedown.ledger_cut", most=MOST_ROWS)
    rows: dict[str, Outcome] = {}
    for number, line in enumerate(lines[1:], start=2):
        key, outcome = read_row(_object(line, number), number)
        if rows.setdefault(key, outcome) != outcome:
            raise BadInput("takedown.ledger_twice", line=number)
    return rows


def _object(line: bytes, number: int) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise BadInput("takedown.ledger_line", line=number)
    try:
        found = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise BadInput("takedown.ledger_line", line=number) from None
    if not isinstance(found, dict):
        raise BadInput("takedown.ledger_line", line=number)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that stands twice in one object is read differently by different programs: refused."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError
    return dict(pairs)


def read_row(found: dict[str, Any], number: int = 0) -> tuple[str, Outcome]:
    """One row. Raises BadInput `takedown.ledger_line`."""
    try:
        if found.keys() != _FIELDS or not _KEY.fullmatch(found["key"]):
            raise ValueError
        if not (found["came_back"] is None or isinstance(found["came_back"], bool)):
            raise ValueError
        answer, removal = _span(found["answer"]), _span(found["removal"])
        if removal is None:
            raise ValueError
        outcome = Outcome(
            service=found["service"], channel=found["channel"], basis=found["basis"], answer=answer, removal=removal,
            result=Result(found["result"]), came_back=found["came_back"],
        )  # fmt: skip
    except (ValueError, TypeError, BadInput):
        raise BadInput("takedown.ledger_line", line=number) from None
    return found["key"], outcome


def _span(pair: Any) -> Span | None:
    if pair is None:
        return None
    low, high = pair
    return Span(low, high)
