"""Rows as Parquet, and errors as JSON Lines: whole files, or none.

Belongs here: the columns, and joining parts. Not here: which parts there are (`resuming`).
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from sitr.finding.sweep.packages import arrow, parquet

COLUMNS: Mapping[str, str] = {
    "source": "string",
    "record": "int64",
    "image_url": "string",
    "captured": "string",
    "digest": "string",
    "media_type": "string",
    "width": "int32",
    "height": "int32",
    "photo": "string",
    "distance": "int16",
    "quality": "int16",
    "view": "string",
    "stage": "string",
    "match": "bool_",
    "score": "float64",
    "region": "floats",
    "mirrored": "bool_",
    "visible": "float64",
    "why": "string",
    "sitr": "string",
}
"""The columns of a row and their Arrow types; `floats`: a list of eight float64, or null."""


def schema() -> Any:
    """The Arrow schema of the rows."""
    pa = arrow()
    return pa.schema([(n, pa.list_(pa.float64()) if t == "floats" else getattr(pa, t)()) for n, t in COLUMNS.items()])


def write_part(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows to a new file, whole or not at all."""
    table = arrow().Table.from_pylist([{n: _text(v) for n, v in row.items()} for row in rows], schema=schema())
    with whole(path) as file:
        parquet().write_table(table, file, compression="zstd")


def _text(value: Any) -> Any:
    """Parquet's strings are UTF-8; names of files and of photos may hold what is none, and are written with escapes."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def join(parts: Iterable[Path], out: Path) -> int:
    """All parts in one file, in their order; a part at a time is held. How many rows."""
    count = 0
    with whole(out) as file, parquet().ParquetWriter(file, schema(), compression="zstd") as writer:
        for part in parts:
            table = parquet().read_table(part, partitioning=None)
            writer.write_table(table)
            count += table.num_rows
    return count


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> int:
    """JSON Lines, whole or not at all. How many lines."""
    count = 0
    with whole(path) as file:
        for line in lines:
            file.write((json.dumps(line, ensure_ascii=True) + "\n").encode())
            count += 1
    return count


class whole:  # noqa: N801 — used as a verb: `with whole(path) as file`
    """A file for its owner alone that appears at its place, on the disk, only when all of it was written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.draft")

    def __enter__(self) -> IO[bytes]:
        handle = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "wb")
        return self._file

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self._draft.replace(self._path)
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        else:
            self._draft.unlink(missing_ok=True)
