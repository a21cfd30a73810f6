"""What stands in the databases and in the store, so that a test can say that nothing changed, or what exactly did."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import connections
from tests.cases.case_world import World

from sitr.cases import journals
from sitr.cases.access import Keeper
from sitr.cases.models import SEALED, table_name
from sitr.cases.work import digest, look
from sitr.journal import read_opening

Tables = dict[str, list[tuple[Any, ...]]]


def tables(alias: str) -> Tables:
    """Every row of every table of one database, as stored."""
    connection = connections[alias]
    found: Tables = {}
    with connection.cursor() as cursor:
        for name in sorted(connection.introspection.table_names()):
            cursor.execute(f'SELECT * FROM "{name}"')  # noqa: S608  names come from the database itself
            found[name] = sorted((tuple(map(_plain, row)) for row in cursor.fetchall()), key=repr)
    return found


def standing_in_clear(home: Path, needles: Sequence[bytes]) -> list[str]:
    """The tables and files of a home in which one of the needles can be read."""
    places = {
        table: repr(rows).encode() + b"".join(cell for row in rows for cell in row if isinstance(cell, bytes))
        for alias in ("default", "keys")
        for table, rows in tables(alias).items()
    }
    places |= {str(file.relative_to(home)): file.read_bytes() for file in home.rglob("*") if file.is_file()}
    return [name for name, data in places.items() if any(needle in data for needle in needles)]


def columns(alias: str, table: str) -> list[str]:
    """The names of a table's columns."""
    with connections[alias].cursor() as cursor:
        return [column.name for column in connections[alias].introspection.get_table_description(cursor, table)]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


KEY_TABLES = frozenset({"cases_holderlock", "cases_wrappedkey"})


def everything(world: World) -> tuple[Tables, Tables, set[str]]:
    """The rows beside the keys, the keys, and the names of all sealed files. On PostgreSQL both lie in one database."""
    rows = {name: found for name, found in tables("default").items() if name not in KEY_TABLES}
    keys = {name: found for name, found in tables("keys").items() if name in KEY_TABLES}
    return rows, keys, set(world.services.blobs.names())


def words(keeper: Keeper, case_id: str) -> dict[tuple[str, str], str]:
    """The digest of each row, by table and id."""
    case = look(keeper, case_id)
    return {(table_name(model), row.id): digest(row, body) for model in SEALED for row, body in case.rows(model)}


def payloads(keeper: Keeper, case_id: str) -> list[dict[str, Any]]:
    """What every entry says, in order; empty for an erased one."""
    case = look(keeper, case_id)
    return [dict(read_opening(said).payload) if said else {} for _, said in journals.opened(case)]
