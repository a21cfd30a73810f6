"""The files of the `threatexchange` library: the lines of its local-file exchange, and the table that its command
prints.

Belongs here: these two forms, in and out. A line is `pdq <64 hex digits>`: a signal type, a space, the signal. The
table is what `tx dataset -P --csv` prints: `signal_type,signal_str,collab,category,tags`. Neither knows of a
withdrawal: only active entries are written, and a reader has the whole list each time. Read here without the library,
which need not be installed for it; the tests hold both against the library's own reader and writer (1.2.17).
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from sitr.errors import BadInput
from sitr.finding.exchange.entries import EntryState, Kind, WatchEntry, derived_id, fitting_labels, read_value
from sitr.finding.exchange.lines import numbered

NAMES = {Kind.PDQ: "pdq", Kind.MD5: "video_md5", Kind.VPDQ: "vpdq"}
"""Our kinds by the names of the library's signal types (`SignalType.get_name()`)."""
_KINDS = {name: kind for kind, name in NAMES.items()}
HEAD = ("signal_type", "signal_str", "collab", "category", "tags")
_NEGATIVE = "NEGATIVE_CLASS"


def write_signals(entries: Iterable[WatchEntry]) -> Iterator[bytes]:
    """The lines of a local-file exchange; withdrawn entries are not in it."""
    for one in entries:
        if one.state is EntryState.ACTIVE:
            yield f"{NAMES[one.kind]} {one.value}\n".encode()


def read_signals(source: BinaryIO, skipped: Counter[str] | None = None) -> Iterator[WatchEntry]:
    """The entries of a local-file exchange. Types that Sitr has no use for (text, addresses) are passed and counted
    in `skipped`. Raises BadInput `exchange.bad_signal` naming the line."""
    for number, text in numbered(source):
        name, _, signal = text.strip().partition(" ")
        yield from _one(name, signal.strip(), (), number, skipped)


def write_table(entries: Iterable[WatchEntry], collab: str) -> Iterator[bytes]:
    """The table, every entry as one that confirms; withdrawn entries are not in it."""
    yield _row(HEAD)
    for one in entries:
        if one.state is EntryState.ACTIVE:
            tags = " ".join(label for label in one.labels if " " not in label)
            yield _row((NAMES[one.kind], one.value, collab, "POSITIVE_CLASS", tags))


def _row(cells: Iterable[str]) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow(cells)
    return made.getvalue().encode()


def read_table(source: BinaryIO, skipped: Counter[str] | None = None) -> Iterator[WatchEntry]:
    """The entries of the table; signals that its members call wrong (`NEGATIVE_CLASS`) are passed and counted."""
    lines = numbered(source)
    _, head = next(lines, (1, ""))
    if tuple(head.strip().split(",")) != HEAD:
        raise BadInput("exchange.no_column", column=HEAD[0])
    for number, text in lines:
        try:
            (cells,) = csv.reader([text], strict=True)
            name, signal, _, category, tags = cells
        except (csv.Error, ValueError):
            raise BadInput("exchange.bad_csv", line=number) from None
        if category == _NEGATIVE:
            _count(skipped, category)
            continue
        yield from _one(name, signal, fitting_labels(tags.split()), number, skipped)


def _one(
    name: str, signal: str, labels: tuple[str, ...], line: int, skipped: Counter[str] | None
) -> Iterator[WatchEntry]:
    if name not in _KINDS:
        if not name.isidentifier() or not name.isascii() or not signal:
            raise BadInput("exchange.bad_signal", line=line)
        _count(skipped, name[:40])
        return
    kind = _KINDS[name]
    try:
        value = read_value(kind, signal)
    except BadInput:
        raise BadInput("exchange.bad_signal", line=line) from None
    yield WatchEntry(derived_id(kind, value), kind, value, labels=labels)


def _count(skipped: Counter[str] | None, name: str) -> None:
    if skipped is not None:
        skipped[name] += 1
