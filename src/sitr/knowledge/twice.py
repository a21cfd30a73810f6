"""Ids that stand twice: in one list of an entry, in the order of the playbook, or in two countries.

Looked for in the tables before the schema, because words are laid to items by their id: with two of one name the
words of both would go to one, and the schema would only complain of words that are missing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sitr.knowledge.folders import Table
from sitr.knowledge.problems import Problem
from sitr.knowledge.schema.base import Entry
from sitr.knowledge.schema.jurisdictions import International, Jurisdiction

# Lists of ids that are an order: each id has one place in it.
_ORDERS = ("questions", "situations", "steps", "cautions", "templates")
# What guides, plans and routes name across countries.
_PARTS = ("laws", "authorities", "support", "risks", "services")


def in_table(file: str, table: Table, path: str = "") -> Iterator[Problem]:
    """Every id that stands twice in one list of the entry, however deep."""
    for key, value in table.items():
        field = f"{path}{key}"
        if isinstance(value, dict):
            yield from in_table(file, value, f"{field}.")
        elif isinstance(value, list):
            items = [item for item in value if isinstance(item, dict)]
            name = "kind" if key == "url_patterns" else "id"
            yield from _repeated(file, field, (str(item[name]) for item in items if name in item))
            for item in items:
                yield from in_table(file, item, f"{field}.{item.get(name, '')}.")


def in_order(file: str, table: Table) -> Iterator[Problem]:
    """Every id that the playbook's order names twice."""
    for field in _ORDERS:
        value = table.get(field, ())
        if isinstance(value, list):
            yield from _repeated(file, field, (each for each in value if isinstance(each, str)))


def across(read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Laws, authorities, helplines and risks whose id another country has, too."""
    first: dict[tuple[str, str], str] = {}
    for file, entry in read.items():
        if not isinstance(entry, Jurisdiction | International):
            continue
        for part in _PARTS:
            for item in getattr(entry, part, ()):
                other = first.setdefault((part, item.id), file)
                if other != file:
                    yield Problem(file, part, "id_elsewhere", data={"name": item.id, "other": other})


def _repeated(file: str, field: str, names: Iterable[str]) -> Iterator[Problem]:
    for name, count in Counter(names).items():
        if count > 1:
            yield Problem(file, field, "id_twice", data={"name": name})
