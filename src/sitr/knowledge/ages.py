"""How old facts may grow: the limits of `knowledge.toml`, and the day on which each entry is due to be looked at again.

Here belongs reckoning with dates of checks. What stands in an entry is in `schema`; the list that an editor sees of it
is in `listing`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sitr.errors import BadInput
from sitr.knowledge.folders import read_toml
from sitr.knowledge.problems import Problem, Severity, of_error
from sitr.knowledge.schema.base import Entry
from sitr.knowledge.schema.playbook import Book

LIMITS = "recheck_every_days"


@dataclass(frozen=True)
class Check:
    """When and by whom an entry was last compared with its sources; `field` is where that stands."""

    field: str
    on: date
    by: str


def limits(root: Path) -> dict[str, int]:
    """Days after which facts are due again, by the kind of entry (the first part of its path).

    Raises BadInput naming the field for what is no whole number of days above zero.
    """
    table = read_toml(root, "knowledge.toml").get(LIMITS, {})
    if not isinstance(table, dict):
        raise BadInput("knowledge.days_wrong", file="knowledge.toml", field=LIMITS)
    for name, days in table.items():
        if not isinstance(days, int) or isinstance(days, bool) or days < 1:
            raise BadInput("knowledge.days_wrong", file="knowledge.toml", field=f"{LIMITS}.{name}")
    return table


def last_check(entry: Entry) -> Check | None:
    """When the entry was checked; None where its parts are dated elsewhere (a step by its playbook).

    Raises ValueError where a playbook's day is no day.
    """
    checked = getattr(entry, "checked", None)
    if checked is not None:
        return Check("checked.on", checked.on, checked.by)
    return Check("updated", date.fromisoformat(entry.updated), "") if isinstance(entry, Book) else None


def kind_of(file: str) -> str:
    """The kind of entry that a file belongs to, as `knowledge.toml` names it."""
    return file.partition("/")[0]


def limit_of(file: str, entry: Entry, days: Mapping[str, int]) -> int | None:
    """Days after which the entry is due again: its own figure where it has one, else that of its kind."""
    own: int | None = getattr(entry, LIMITS, None)
    return own or days.get(kind_of(file))


def due(on: date, days: int) -> date:
    """The first day on which a fact checked on `on` is too old."""
    return on + timedelta(days=days + 1)


def problems(root: Path, read: Mapping[str, Entry], today: date) -> Iterator[Problem]:
    """Entries that are old (soft); limits that are missing or wrong, and checks dated in the future (hard).

    A future date and a missing limit are hard because they would keep the warning away for ever. A day ahead is
    allowed: `today` is UTC, and an editor may live east of it.
    """
    try:
        days = limits(root)
    except BadInput as error:
        yield of_error(error)
        return
    without = set()
    for file, entry in read.items():
        try:
            check = last_check(entry)
        except ValueError:
            yield Problem(file, "updated", "not_date")
            continue
        if check is None:
            continue
        limit = limit_of(file, entry, days)
        if limit is None:
            without.add(kind_of(file))
        elif check.on > today + timedelta(days=1):
            yield Problem(file, check.field, "checked_ahead", data={"on": check.on.isoformat()})
        elif due(check.on, limit) <= today:
            data = {"on": check.on.isoformat(), "days": limit}
            yield Problem(file, check.field, "fact_old", Severity.SOFT, data)
    for kind in sorted(without):
        yield Problem("knowledge.toml", f"{LIMITS}.{kind}", "days_missing")
