"""What is due, over all cases. Without a key: which case and which hour. With one: what for."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sitr.cases.access import Keeper
from sitr.cases.models import Case, CaseState, Notice, WatchRound
from sitr.cases.services import Services
from sitr.cases.views import read_time
from sitr.cases.watches import list_watches
from sitr.cases.work import look
from sitr.errors import NotFound


@dataclass(frozen=True)
class DueLine:
    """One thing that is due. `what` is None while nobody's key is there; else the service or the domain. `watch`: the
    next visit of the watch, the earliest of its case; with a key, of which watch."""

    case: str
    due_at: datetime
    what: str | None
    notice: str | None = None
    watch: str | None = None


def agenda(services: Services, keeper: Keeper | None = None) -> list[DueLine]:  # noqa: ARG001  the stores are Django's
    """All that is due, the earliest first."""
    cases = Case.objects.filter(state=CaseState.OPEN)
    lines = [line for row in cases for line in [*(_opened(keeper, row.id) or _closed(row)), *_visit(keeper, row)]]
    return sorted(lines, key=lambda line: (line.due_at, line.case))


def _closed(row: Case) -> list[DueLine]:
    due = Notice.objects.filter(case=row, due_hour__isnull=False).values_list("due_hour", flat=True)
    return [DueLine(row.id, hour, None) for hour in due if hour]


def _opened(keeper: Keeper | None, case_id: str) -> list[DueLine]:
    if keeper is None:
        return []
    try:
        case = look(keeper, case_id)
    except NotFound:
        return []
    return [
        DueLine(case_id, due, body["service"] or body["recipient"] or body["basis"], row.id)
        for row, body in case.rows(Notice, due_hour__isnull=False)
        if (due := read_time(body["due_at"]))
    ]


def _visit(keeper: Keeper | None, row: Case) -> list[DueLine]:
    """The next visit of the watch, if any: to the hour without a key."""
    watched = list_watches(keeper, row.id) if keeper is not None and _holds(keeper, row) else []
    first = min((one for one in watched if one.next_at), key=lambda one: (one.next_at, one.id), default=None)
    if first is not None and first.next_at is not None:
        return [DueLine(row.id, first.next_at, urlsplit(first.url).hostname, watch=first.id)]
    if watched:
        return []
    turn = WatchRound.objects.filter(case=row, due_hour__isnull=False).first()
    return [DueLine(row.id, turn.due_hour, None)] if turn is not None and turn.due_hour is not None else []


def _holds(keeper: Keeper, row: Case) -> bool:
    try:
        return look(keeper, row.id) is not None
    except NotFound:
        return False
