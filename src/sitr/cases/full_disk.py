"""A database that has no room left, said as the one error that the whole house uses for it.

Not here: sealed files, which say it themselves (`sitr.vault.files`), and what a person reads.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError

from sitr.vault import StoreFull

# SQLite asks for room in three places: the file itself, its log, and the log's index in shared memory, which says
# IOERR and not FULL when it cannot grow (unixShmMap in os_unix.c).
_SQLITE = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_WRITE})
_POSTGRESQL = "53100"  # disk_full


@contextmanager
def named_full_database() -> Iterator[None]:
    """Turn a database's ways of saying "no room" into StoreFull `vault.disk_full`; its transaction is rolled back."""
    try:
        yield
    except DatabaseError as error:
        if says_full(error.__cause__):
            raise StoreFull("vault.disk_full") from None
        raise


def says_full(cause: BaseException | None) -> bool:
    """Whether the database's own error means that there is no room."""
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) in _SQLITE
    return getattr(cause, "sqlstate", None) == _POSTGRESQL
