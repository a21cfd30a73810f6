"""Watch-lists as plain files: CSV and JSON Lines, both described in docs/exchange.md.

Belongs here: writing and reading the two forms. A file from elsewhere is hostile until read: what does not fit is
refused with its line, never guessed at. Not here: threatexchange's own forms (`signal_files`).

CSV: a first line that names the columns, of which `kind` and `value` must be there; one entry a line, quoted as in RFC
4180 but never over several lines. A cell that a spreadsheet would take for a formula carries an apostrophe before it,
which reading takes away. JSON Lines: one object a line with the same names; `labels` is a list. The lines of `sitr
fingerprint` (`pdq`, `pdq_quality`) are read, too.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, TypeVar

from sitr.errors import BadInput
from sitr.finding.exchange.entries import (
    MOST_LABELS,
    EntryState,
    Kind,
    WatchEntry,
    derived_id,
    is_id,
    is_label,
    read_value,
)
from sitr.finding.exchange.lines import numbered

E = TypeVar("E", Kind, EntryState)
COLUMNS = ("id", "kind", "value", "quality", "state", "labels", "updated")
LONGEST_CELL = 100_000
"""Characters in one cell of CSV, below what Python's and most spreadsheets' readers take; longer films go as JSON."""
_FORMULA = ("=", "+", "-", "@", "\t", "'")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_QUALITY = re.compile(r"[0-9]{1,3}")


def write_csv(entries: Iterable[WatchEntry]) -> Iterator[bytes]:
    """The lines of a CSV file. Raises BadInput `exchange.long_for_csv` for a film with too many frames."""
    yield _row(COLUMNS)
    for one in entries:
        if len(one.value) > LONGEST_CELL:
            raise BadInput("exchange.long_for_csv", id=one.id)
        quality = "" if one.quality is None else str(one.quality)
        cells = (one.id, one.kind.value, one.value, quality, one.state.value, ";".join(one.labels), _time(one.updated))
        yield _row(cells)


def _row(cells: Iterable[str]) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return made.getvalue().encode()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell


def _time(time: datetime | None) -> str:
    return "" if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_csv(source: BinaryIO) -> Iterator[WatchEntry]:
    """The entries of a CSV file. Raises BadInput `exchange.*` naming the line; columns that are not ours are passed."""
    lines = numbered(source)
    number, head = next(lines, (1, ""))
    columns = [cell.strip().lower() for cell in _cells(head, number)]
    for name in ("kind", "value"):
        if name not in columns:
            raise BadInput("exchange.no_column", column=name)
    if len({c for c in columns if c in COLUMNS}) != sum(c in COLUMNS for c in columns):
        raise BadInput("exchange.column_twice")
    for number, text in lines:
        cells = _cells(text, number)
        if len(cells) != len(columns):
            raise BadInput("exchange.bad_csv", line=number)
        found = {name: _plain(cell) for name, cell in zip(columns, cells, strict=True) if name in COLUMNS}
        labels = [one for one in found.get("labels", "").split(";") if one]
        yield _entry({**found, "labels": labels}, number)


def _cells(text: str, number: int) -> list[str]:
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error:
        raise BadInput("exchange.bad_csv", line=number) from None
    return rows[0] if rows else []


def write_jsonl(entries: Iterable[WatchEntry]) -> Iterator[bytes]:
    """The lines of a JSON Lines file, one object an entry."""
    for one in entries:
        made = {
            "id": one.id, "kind": one.kind.value, "value": one.value, "quality": one.quality, "state": one.state.value,
            "labels": list(one.labels), "updated": _time(one.updated) or None,
        }  # fmt: skip
        yield json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def read_jsonl(source: BinaryIO) -> Iterator[WatchEntry]:
    """The entries of a JSON Lines file. Raises BadInput `exchange.*` naming the line."""
    for number, text in numbered(source):
        found = _object(text, number)
        if "value" not in found and isinstance(found.get("pdq"), str):
            found = {"kind": Kind.PDQ.value, "value": found["pdq"], "quality": found.get("pdq_quality")}
        yield _entry({name: value for name, value in found.items() if name in COLUMNS and value is not None}, number)


def _object(text: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadInput("exchange.bad_json", line=number) from None
    if not isinstance(found, dict):
        raise BadInput("exchange.bad_json", line=number)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def _no_constant(_word: str) -> None:
    raise ValueError


def _entry(found: Mapping[str, Any], line: int) -> WatchEntry:
    """One entry from words that may be anything. Raises BadInput `exchange.bad_field` naming line and column."""
    kind = _one_of(Kind, found, "kind", line)
    if not isinstance(found.get("value"), str):
        raise BadInput("exchange.bad_field", line=line, column="value")
    try:
        value = read_value(kind, found["value"])
    except BadInput:
        raise BadInput("exchange.bad_field", line=line, column="value") from None
    state = _one_of(EntryState, found, "state", line) if found.get("state", "") != "" else EntryState.ACTIVE
    return WatchEntry(
        id=_id(found.get("id", ""), line) or derived_id(kind, value), kind=kind, value=value,
        quality=_quality(found.get("quality", ""), line), state=state, labels=_labels(found.get("labels", []), line),
        updated=_read_time(found.get("updated", ""), line),
    )  # fmt: skip


def _one_of(words: type[E], found: Mapping[str, Any], column: str, line: int) -> E:
    try:
        return words(str(found.get(column)))
    except ValueError:
        raise BadInput("exchange.bad_field", line=line, column=column) from None


def _id(said: Any, line: int) -> str:
    if said == "":
        return ""
    if not isinstance(said, str) or not is_id(said):
        raise BadInput("exchange.bad_field", line=line, column="id")
    return said


def _quality(said: Any, line: int) -> int | None:
    if said == "":
        return None
    text = str(said) if isinstance(said, int) and not isinstance(said, bool) else said
    if not isinstance(text, str) or not _QUALITY.fullmatch(text) or int(text) > 100:
        raise BadInput("exchange.bad_field", line=line, column="quality")
    return int(text)


def _labels(said: Any, line: int) -> tuple[str, ...]:
    fits = isinstance(said, list) and len(said) <= MOST_LABELS and all(isinstance(s, str) and is_label(s) for s in said)
    if not fits:
        raise BadInput("exchange.bad_field", line=line, column="labels")
    return tuple(said)


def _read_time(said: Any, line: int) -> datetime | None:
    if said == "":
        return None
    try:
        if not isinstance(said, str) or not _TIME.fullmatch(said):
            raise ValueError
        return datetime.strptime(said, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise BadInput("exchange.bad_field", line=line, column="updated") from None
