"""The watch-lists that were fetched, on this machine: one SQLite file, so that a page and its checkpoint stand
together.

Belongs here: applying pages, what is on a list now, where its reading stands. A withdrawn entry is deleted (and its
bytes overwritten), not marked: a hash that a person took back is kept nowhere. A list that is read anew stands as it
was until the new reading is complete; then what it did not name goes. Not here: exchanges, files.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sitr.errors import Damaged
from sitr.finding.exchange.entries import EntryState, Kind, WatchEntry
from sitr.finding.exchange.port import Delta

_TABLES = """
CREATE TABLE IF NOT EXISTS lists (name TEXT PRIMARY KEY, checkpoint TEXT, round INTEGER NOT NULL, fetched INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entries (
    list TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL, quality INTEGER, labels TEXT NOT NULL,
    updated INTEGER, round INTEGER NOT NULL, PRIMARY KEY (list, kind, value)
) WITHOUT ROWID;
"""  # noqa: E501


@dataclass(frozen=True)
class ListLine:
    """One list: how many entries, when the last page came, whether a reading of it is unfinished."""

    name: str
    entries: int
    fetched: datetime | None


@dataclass(frozen=True)
class Applied:
    """What one page changed."""

    added: int
    removed: int


class Shelf:
    """The lists in one file, for this user alone. Raises Damaged `exchange.shelf` for a file that is none."""

    def __init__(self, file: Path) -> None:
        self._file = file
        if not file.exists():
            file.touch(mode=0o600)
        with self._open() as database:
            database.executescript(_TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._file, timeout=20)) as database:
                database.execute("PRAGMA secure_delete=ON")
                database.execute("PRAGMA temp_store=MEMORY")
                with database:
                    yield database
        except sqlite3.DatabaseError as problem:
            if isinstance(problem, sqlite3.OperationalError):
                raise
            raise Damaged("exchange.shelf") from None

    def checkpoint(self, name: str) -> str | None:
        """Where the reading of a list stands."""
        with self._open() as database:
            row = database.execute("SELECT checkpoint FROM lists WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def apply(self, name: str, delta: Delta, now: datetime) -> Applied:
        """Write one page and its checkpoint, together or not at all."""
        with self._open() as database:
            database.execute("INSERT OR IGNORE INTO lists VALUES (?, NULL, 0, NULL)", (name,))
            if delta.anew:
                database.execute("UPDATE lists SET round = round + 1 WHERE name = ?", (name,))
            (turn,) = database.execute("SELECT round FROM lists WHERE name = ?", (name,)).fetchone()
            before = _count(database, name)
            gone = sum(_remove(database, name, e) for e in delta.entries if e.state is EntryState.WITHDRAWN)
            for entry in delta.entries:
                if entry.state is EntryState.ACTIVE:
                    _put(database, name, entry, turn)
            middle = _count(database, name)
            if not delta.more:
                # Outside a reading anew every entry has the round of the list or none is older, so nothing goes.
                database.execute("DELETE FROM entries WHERE list = ? AND round < ?", (name, turn))
            after = _count(database, name)
            mark = (delta.checkpoint, int(now.timestamp()), name)
            database.execute("UPDATE lists SET checkpoint = ?, fetched = ? WHERE name = ?", mark)
        return Applied(middle - before + gone, gone + middle - after)

    def entries(self, name: str) -> Iterator[WatchEntry]:
        """The entries of a list, in the order of their values."""
        with self._open() as database:
            asked = "SELECT id, kind, value, quality, labels, updated FROM entries WHERE list = ? ORDER BY kind, value"
            for row_id, kind, value, quality, labels, updated in database.execute(asked, (name,)):
                split = tuple(label for label in labels.split(";") if label)
                yield WatchEntry(row_id, Kind(kind), value, quality, EntryState.ACTIVE, split, _read_time(updated))

    def lists(self) -> list[ListLine]:
        """All lists that were begun."""
        with self._open() as database:
            rows = database.execute("SELECT name, fetched FROM lists ORDER BY name").fetchall()
            return [
                ListLine(name, _count(database, name), datetime.fromtimestamp(at, UTC) if at else None)
                for name, at in rows
            ]

    def forget(self, name: str) -> None:
        """Take a list off the shelf, with everything that was on it."""
        with self._open() as database:
            database.execute("DELETE FROM entries WHERE list = ?", (name,))
            database.execute("DELETE FROM lists WHERE name = ?", (name,))


def _read_time(stamp: int | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def _count(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute("SELECT count(*) FROM entries WHERE list = ?", (name,)).fetchone()[0])


def _remove(database: sqlite3.Connection, name: str, entry: WatchEntry) -> int:
    where = (name, entry.kind.value, entry.value)
    return database.execute("DELETE FROM entries WHERE list = ? AND kind = ? AND value = ?", where).rowcount


def _put(database: sqlite3.Connection, name: str, entry: WatchEntry, turn: int) -> None:
    updated = int(entry.updated.timestamp()) if entry.updated else None
    row = (name, entry.kind.value, entry.value, entry.id, entry.quality, ";".join(entry.labels), updated, turn)
    database.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
