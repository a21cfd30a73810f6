"""Watch-list files of any form that Sitr knows, recognised by their first line.

Belongs here: which form a file has, and the one reader and writer over all forms. Not here: the forms themselves.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial
from typing import BinaryIO

from sitr.errors import BadInput
from sitr.finding.exchange import plain, signal_files
from sitr.finding.exchange.entries import WatchEntry
from sitr.finding.exchange.lines import LONGEST


class Form(StrEnum):
    """The forms of a file: ours (CSV, JSON Lines), and the two of the threatexchange library."""

    CSV = "csv"
    JSONL = "jsonl"
    SIGNALS = "signals"
    TABLE = "table"


def recognise(first_line: bytes) -> Form:
    """The form of a file by its first line. Raises BadInput `exchange.no_form`."""
    text = first_line[:LONGEST].decode("utf-8", "replace").lstrip("\ufeff").strip()
    if text.startswith("{"):
        return Form.JSONL
    if text.startswith("signal_type,"):
        return Form.TABLE
    if "value" in text.lower().split(",") or "kind" in text.lower().split(","):
        return Form.CSV
    if text.partition(" ")[0].isidentifier() and " " in text:
        return Form.SIGNALS
    raise BadInput("exchange.no_form")


def read_list(source: BinaryIO, skipped: Counter[str] | None = None) -> Iterator[WatchEntry]:
    """The entries of a watch-list file in any of the forms. `source` can be set back to its beginning.

    Raises BadInput `exchange.*`, which names the line, as soon as the reading comes to it.
    """
    form = recognise(_first(source))
    readers: dict[Form, Callable[[BinaryIO], Iterator[WatchEntry]]] = {
        Form.CSV: plain.read_csv, Form.JSONL: plain.read_jsonl,
        Form.SIGNALS: partial(signal_files.read_signals, skipped=skipped),
        Form.TABLE: partial(signal_files.read_table, skipped=skipped),
    }  # fmt: skip
    return readers[form](source)


def _first(source: BinaryIO) -> bytes:
    line = b""
    while not line.strip() and (line := source.readline(LONGEST + 1)):
        pass
    source.seek(0)
    return line


def write_list(entries: Iterable[WatchEntry], form: Form, *, name: str = "sitr") -> Iterator[bytes]:
    """The pieces of a file in `form`. `name` is what the library's table calls the collaboration."""
    if form is Form.CSV:
        return plain.write_csv(entries)
    if form is Form.JSONL:
        return plain.write_jsonl(entries)
    return signal_files.write_signals(entries) if form is Form.SIGNALS else signal_files.write_table(entries, name)
