"""The time a recipient has, by the basis that the notice invokes, and what is due when it ends.

Pure. The figures come from the basis (knowledge); only the reminder for bases without a figure is decided here.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from sitr.errors import BadInput
from sitr.takedown.notice import Rung, next_rung

# Escalation desks want to see that the platform was silent for a week (research, RH1); it is a reminder, not a right.
SILENCE = timedelta(days=7)

_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,2})Y)?(?:(?P<months>\d{1,3})M)?(?:(?P<weeks>\d{1,3})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,5})M)?)?"
)


class Deadline(Protocol):
    """The deadline of a basis: an ISO 8601 duration, or None when the rule names no figure."""

    @property
    def value(self) -> str | None: ...
    @property
    def in_force_since(self) -> str | date | None: ...


@dataclass(frozen=True)
class Clock:
    """When the next rung is due. `lawful` is True only when the basis itself names the time and is in force."""

    due_at: datetime
    then: Rung | None
    lawful: bool


def clock(deadline: Deadline, sent_at: datetime, rung: Rung = Rung.SERVICE) -> Clock:
    """The clock of a notice sent at `sent_at` (aware) to `rung`, under a basis with this `deadline`.

    Without a figure, or before the rule is in force, the clock is the week of silence and not `lawful`.
    Raises BadInput `takedown.bad_duration` when the basis holds something that is not a duration.
    """
    sent = sent_at.astimezone(UTC)
    then = next_rung(rung)
    if deadline.value is None or not _in_force(deadline.in_force_since, sent):
        return Clock(sent + SILENCE, then, lawful=False)
    return Clock(add_duration(sent, deadline.value), then, lawful=True)


def add_duration(start: datetime, duration: str) -> datetime:
    """`start` plus an ISO 8601 duration (years to minutes); a month ends on its last day at the latest."""
    found = _DURATION.fullmatch(duration)
    if found is None or not any(found.groups()):
        raise BadInput("takedown.bad_duration", duration=duration)
    part = {name: int(value or 0) for name, value in found.groupdict().items()}
    later = _add_months(start, 12 * part["years"] + part["months"])
    return later + timedelta(weeks=part["weeks"], days=part["days"], hours=part["hours"], minutes=part["minutes"])


def _add_months(start: datetime, months: int) -> datetime:
    # Regulation 1182/71 Art. 3(2)(c): a month ends on the same date, or on the last day of a shorter month.
    year, month = divmod(start.month - 1 + months, 12)
    last = calendar.monthrange(start.year + year, month + 1)[1]
    return start.replace(year=start.year + year, month=month + 1, day=min(start.day, last))


def _in_force(since: str | date | None, at: datetime) -> bool:
    if since is None:
        return True
    return (since if isinstance(since, str) else since.isoformat()) <= at.date().isoformat()
