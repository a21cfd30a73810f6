"""Work orders of the watch: sealed to a worker's key, carried out by one who can read nothing else.

What belongs here: what a worker does, from asking what is due to adding what it saw as a proposal. It holds a key to
orders and none to a case. Who hands orders out, and what becomes of what was seen, is in `watches`.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import rfc8785
from django.db.models import Q

from sitr.cases.access import find_case
from sitr.cases.models import Case, CaseState, NewsState, WatchNews, WatchRound
from sitr.cases.services import Services, whole_hour
from sitr.cases.turns import HostTurns
from sitr.cases.work import Act, Writer, add, bookkeeping
from sitr.errors import AnswerIsNo, Damaged, NotFound
from sitr.finding import Book, Courtesy, Manners, Order, Told, Visited, visit_watched
from sitr.finding.watching import next_visit
from sitr.journal import Kind
from sitr.vault import Identity, Place, open_sealed, seal

LEASE = timedelta(minutes=30)
"""How long a visit may be under way before another worker takes it for lost. Longer than any visit and any host's gap
within one, so that a visit that was cut short is not made again at once."""
MOST_WAITING_NEWS = 300
_NEXT_IF_FULL = timedelta(days=1)


@dataclass(frozen=True)
class Worker:
    """One who visits. `identity` opens orders that were sealed to it, and nothing else. `standing`: the operator's key,
    by which visits go on while nobody is there."""

    identity: Identity = field(repr=False)
    services: Services = field(repr=False)
    standing: bool = False

    @property
    def mark(self) -> str:
        """By which its orders are found."""
        return key_mark(self.identity.public)

    @property
    def name(self) -> str:
        """As it stands in the journal."""
        return "worker standing" if self.standing else "worker"


@dataclass(frozen=True)
class DueVisit:
    """A visit whose hour has come: which watch, of which case. Needs nobody's key to be known."""

    watch: str
    case: str
    due_hour: datetime


@dataclass(frozen=True)
class VisitView:
    """What came of one visit, as far as a worker may say it aloud: no address, only ids and a coarse state."""

    watch: str
    case: str
    state: str
    unchanged: bool
    news: bool
    found: int
    next_at: datetime


@dataclass(frozen=True)
class _Claimed:
    """An order that this worker alone carries out until its lease ends."""

    row: WatchRound
    lease: str
    order: Order


def key_mark(public: str) -> str:
    """The mark of a worker's key: by it an order is found, and nobody's key is known from it."""
    return hashlib.sha256(b"sitr-worker-v1\x00" + public.encode()).hexdigest()[:32]


def due(services: Services) -> list[DueVisit]:
    """Every visit whose hour has come, the longest due first."""
    rows = WatchRound.objects.filter(due_hour__lte=services.now(), case__state=CaseState.OPEN)
    return [DueVisit(row.id, row.case_id, row.due_hour) for row in rows if row.due_hour]


def seal_order(case: Case, watch: str, order: Order, public: str) -> dict[str, Any]:
    """The columns of a round: the order for a worker, the same as an account for the case's holders."""
    account: dict[str, Any] = {
        "due": order.due.isoformat(),
        "memory": order.memory.as_json(),
        "photos": sorted(order.photos),
    }
    said = rfc8785.dumps(order.as_json())
    return {
        "due_hour": whole_hour(order.due), "key": key_mark(public) if public else "", "epoch": case.epoch,
        "order": seal(said, _place(case.id, watch, "order"), public) if public else b"",
        "account": seal(rfc8785.dumps(account), _place(case.id, watch, "account"), case.public),
    }  # fmt: skip


def read_account(row: WatchRound, identity: Identity) -> dict[str, Any]:
    """What the holders of a case are told of a round, by the case's identity of `row.epoch`. Raises Damaged."""
    plain = open_sealed(bytes(row.account), _place(row.case_id, row.id, "account"), identity)
    said: dict[str, Any] = json.loads(plain)
    return said


def _place(case: str, watch: str, cell: str) -> Place:
    return Place(case, "watchround", watch, cell)


def run(
    worker: Worker, *, manners: Manners, sleep: Callable[[float], None], going: Callable[[], bool] = lambda: True
) -> Iterator[VisitView]:
    """Carry out every order of this worker that is due, one after the other; what came of each. Ends when nothing is
    due, or `going` says no. Runs again harmlessly."""
    services, turns, book = worker.services, HostTurns(worker.services), Book()

    def asking(order: Order) -> Courtesy:
        return Courtesy(services.door, turns, manners, services.now, sleep, order.memory.rules, book)

    while going() and (claimed := _claim(worker)) is not None:
        view = _carry_out(worker, claimed, asking(claimed.order))
        if view is not None:
            yield view


def next_due(worker: Worker) -> datetime | None:
    """The exact time of this worker's next visit; None where it has no order."""
    times = [order.due for _, order in _orders(worker, WatchRound.objects.filter(key=worker.mark))]
    return min(times, default=None)


def _orders(worker: Worker, rows: Any) -> Iterator[tuple[WatchRound, Order]]:
    for row in rows:
        try:
            plain = open_sealed(bytes(row.order), _place(row.case_id, row.id, "order"), worker.identity)
            yield row, Order.of(json.loads(plain))
        except (Damaged, ValueError, KeyError, TypeError):  # an order that is none: nobody can carry it out
            continue


def _claim(worker: Worker) -> _Claimed | None:
    """The next order that is due and in nobody's hands, now in ours."""
    services, now = worker.services, worker.services.now()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    waiting = WatchRound.objects.filter(free, key=worker.mark, due_hour__lte=now, case__state=CaseState.OPEN)
    for row, order in _orders(worker, waiting):
        if order.due > now:
            continue
        lease = services.random_bytes(16).hex()
        with bookkeeping():
            mine = WatchRound.objects.filter(pk=row.pk, key=worker.mark, lease=row.lease)
            taken = mine.update(lease=lease, lease_until=now + LEASE)
        if taken:
            return _Claimed(row, lease, order)
    return None


def _carry_out(worker: Worker, claimed: _Claimed, ask: Courtesy) -> VisitView | None:
    """One visit, and what it saw written down; None where the order was taken back meanwhile: nothing of it stays."""
    services = worker.services
    chance = int.from_bytes(services.random_bytes(4), "big") / 2**32
    visited = visit_watched(claimed.order, ask, services.now, chance)
    try:
        visited = _write(worker, claimed, visited)
    except (AnswerIsNo, NotFound):
        return None
    told = visited.told
    return VisitView(
        claimed.row.id, claimed.row.case_id, visited.state, visited.unchanged, told is not None,
        len(told.finds) if told else 0, visited.order.due,
    )  # fmt: skip


def _write(worker: Worker, claimed: _Claimed, visited: Visited) -> Visited:
    """Put the order back for the next time; what is new is added in the same transaction, so that a visit that is cut
    short leaves either all of it or nothing, and is then made again."""
    case_id = claimed.row.case_id
    if visited.told is None:
        with bookkeeping():
            _put_back(worker, claimed, visited.order, find_case(case_id, lock=True))
        return visited
    if WatchNews.objects.filter(case_id=case_id, state=NewsState.WAITING).count() >= MOST_WAITING_NEWS:
        later = next_visit(worker.services.now(), _NEXT_IF_FULL, 0.5)
        # What cannot be told is not remembered as told: the next visit sees it as new.
        full = replace(visited, order=replace(claimed.order, due=later), told=None)
        with bookkeeping():
            _put_back(worker, claimed, full.order, find_case(case_id, lock=True))
        return full
    with add(Writer(worker.name, worker.services), case_id, Kind.SIGHTING, "watch_news") as doing:
        _put_back(worker, claimed, visited.order, doing.row)
        _tell(doing, claimed.row.id, visited.told)
    return visited


def _put_back(worker: Worker, claimed: _Claimed, order: Order, case: Case) -> None:
    mine = WatchRound.objects.filter(pk=claimed.row.pk, key=worker.mark, lease=claimed.lease)
    columns = seal_order(case, claimed.row.id, order, worker.identity.public)
    if not mine.update(lease="", lease_until=None, **columns):
        raise AnswerIsNo("cases.watch_taken_back")


def _tell(doing: Act, watch: str, told: Told) -> None:
    body = {
        "watch": watch, "at": told.at, "url": told.url, "state": told.state, "reason": dict(told.reason),
        "finds": [find.as_json() for find in told.finds], "before": told.before, "before_at": told.before_at,
    }  # fmt: skip
    row = doing.add(WatchNews, body, state=NewsState.WAITING)
    doing.details = {
        "watch": watch, "news": row.id, "url": told.url, "state": told.state, "reason": told.reason["code"],
        "found": [find.image for find in told.finds],
    }  # fmt: skip
