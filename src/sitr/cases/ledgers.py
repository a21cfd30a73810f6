"""The ledger of outcomes of this home: batches out of consenting cases, files from and for other desks, its figures.

Its table knows no case, no time and no order. Rows are written in the order of their random keys, in the same
transaction as the marks in their cases, so that a crash neither loses nor doubles one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Count

from sitr.cases.access import Keeper
from sitr.cases.models import LedgerOutcome, writing_allowed
from sitr.cases.outcomes import Found, mark_entered, own_cases, ready
from sitr.cases.services import Services
from sitr.cases.work import act
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.journal import Kind
from sitr.knowledge import Knowledge
from sitr.takedown import Door, LedgerRow, Outcome, Result, Span, make_batch, read_ledger, write_ledger
from sitr.takedown.ledger_file import LARGEST
from sitr.vault.files import written_whole

_OUTCOME = (
    "service", "channel", "basis", "answer_low", "answer_high", "removal_low", "removal_high", "result", "came_back",
)  # fmt: skip
_AT_ONCE = 500


@dataclass(frozen=True)
class Contribution:
    """What a batch gave: from how many cases, how many rows; `waiting` outcomes stay sealed for a later one."""

    cases: int
    rows: int
    waiting: int


@dataclass(frozen=True)
class Taken:
    """What was taken in from a file: new rows, rows that were here already, rows about what is not known here."""

    new: int
    known: int
    left_out: int


@dataclass(frozen=True)
class DoorLine:
    """The outcomes of one door in the ledger, counted."""

    service: str
    channel: str | None
    basis: str
    n: int
    removed: int
    refused: int
    no_answer: int
    open: int
    came_back: int


@dataclass(frozen=True)
class LedgerView:
    """The whole ledger, counted; doors with the most outcomes first."""

    rows: int
    doors: tuple[DoorLine, ...]


def contribute(keeper: Keeper) -> Contribution:
    """Give what consenting cases may give, in one batch of at least ten cases, shuffled, rounded, each once.

    Everything is written together or nothing is. Raises AnswerIsNo `takedown.batch_small` when there are too few, and
    `cases.changed_meanwhile` when a consent was withdrawn while it ran.
    """
    services = keeper.services
    waiting = {case.row.id: ready(case, services.knowledge).by_door for case in own_cases(keeper)}
    offered = {case: [one.outcome for one in doors.values()] for case, doors in waiting.items() if doors}
    batch = make_batch(offered, services.random_bytes)
    with writing_allowed(), transaction.atomic():
        # In the order of ids, so that two who contribute at once wait for each other and do not block each other.
        for case_id in sorted(batch.entered):
            _mark(keeper, case_id, [waiting[case_id][door] for door in batch.entered[case_id]])
        _insert(batch.rows)
    return Contribution(len(batch.entered), len(batch.rows), batch.waiting)


def _mark(keeper: Keeper, case_id: str, given: Sequence[Found]) -> None:
    with act(keeper, case_id, Kind.RELEASE, "contribute_outcomes") as doing:
        still = ready(doing, keeper.services.knowledge).by_door
        if any(still.get(one.outcome.door) != one for one in given):
            raise AnswerIsNo("cases.changed_meanwhile")
        mark_entered(doing, given)


def _insert(rows: Iterable[LedgerRow]) -> None:
    """Write new rows in the order of their keys."""
    for row in sorted(rows, key=lambda one: one.key):
        one = row.outcome
        LedgerOutcome(
            key=row.key, service=one.service, channel=one.channel or "", basis=one.basis, result=one.result.value,
            came_back=one.came_back, removal_low=one.removal.low, removal_high=one.removal.high,
            answer_low=one.answer.low if one.answer else None, answer_high=one.answer.high if one.answer else None,
        ).save(force_insert=True)  # fmt: skip


def pooled(services: Iterable[str]) -> dict[Door, list[Outcome]]:
    """The outcomes of the ledger for these services (or authorities), by door."""
    found: dict[Door, list[Outcome]] = {}
    rows = LedgerOutcome.objects.filter(service__in=set(services)).values_list(*_OUTCOME).annotate(n=Count("key"))
    for *parts, n in rows:
        outcome = _outcome(*parts)
        found.setdefault(outcome.door, []).extend([outcome] * n)
    return found


def _outcome(
    service: str, channel: str, basis: str, answer_low: int | None, answer_high: int | None, removal_low: int,
    removal_high: int | None, result: str, came_back: bool | None,
) -> Outcome:  # fmt: skip
    answer = None if answer_low is None else Span(answer_low, answer_high)
    removal = Span(removal_low, removal_high)
    return Outcome(service, channel or None, basis, answer, removal, Result(result), came_back)


def export_ledger(keeper: Keeper, out: Path) -> int:  # noqa: ARG001  only who holds a key here may hand it on
    """Write the ledger to a new file for another desk; gives the number of rows.

    Raises BadInput when the file exists, AnswerIsNo when there is nothing to hand on.
    """
    if out.exists():
        raise BadInput("cases.file_exists", file=str(out))
    rows = [LedgerRow(row.key, _outcome(*(getattr(row, name) for name in _OUTCOME))) for row in _all()]
    if not rows:
        raise AnswerIsNo("cases.ledger_empty")
    with written_whole(out) as target:
        for line in write_ledger(rows):
            target.write(line)
    return len(rows)


def _all() -> Iterator[LedgerOutcome]:
    return iter(LedgerOutcome.objects.order_by("key").iterator(chunk_size=_AT_ONCE))


def import_ledger(keeper: Keeper, file: Path) -> Taken:
    """Take in the ledger of another desk. A row that is here already counts once; a row about a service, channel or
    basis that is not known here is left out. Raises BadInput for whatever is no such file; then nothing is taken in.
    """
    with file.open("rb") as source:
        untrusted = source.read(LARGEST + 1)
    found = read_ledger(untrusted)
    known = _known(keeper.services.knowledge, set(found.values()))
    wanted = {key: outcome for key, outcome in found.items() if outcome in known}
    with writing_allowed(), transaction.atomic():
        here = _here(wanted)
        contradicted = sum(wanted[key] != outcome for key, outcome in here.items())
        if contradicted:
            raise BadInput("takedown.ledger_contradicts", n=contradicted)
        _insert(LedgerRow(key, outcome) for key, outcome in wanted.items() if key not in here)
    return Taken(len(wanted) - len(here), len(here), len(found) - len(wanted))


def _here(wanted: dict[str, Outcome]) -> dict[str, Outcome]:
    keys, found = sorted(wanted), {}
    for start in range(0, len(keys), _AT_ONCE):
        for row in LedgerOutcome.objects.filter(key__in=keys[start : start + _AT_ONCE]):
            found[row.key] = _outcome(*(getattr(row, name) for name in _OUTCOME))
    return found


def _known(knowledge: Knowledge, outcomes: set[Outcome]) -> set[Outcome]:
    """Those whose names are names of the knowledge: nothing else that somebody wrote gets into the table."""
    doors = {outcome.door for outcome in outcomes}
    good = {door for door in doors if _is_door(knowledge, door)}
    return {outcome for outcome in outcomes if outcome.door in good}


def _is_door(knowledge: Knowledge, door: Door) -> bool:
    service, channel, basis = door
    try:
        knowledge.basis(basis)
        if service == basis:
            return channel is None
        channels = {one.id for one in knowledge.service(service).reporting.channels}
    except NotFound:
        return False
    return channel is None or channel in channels


def stats(services: Services) -> LedgerView:  # noqa: ARG001  the stores are Django's
    """The ledger counted by door; needs nobody's key, since it holds nothing of a case."""
    counted: dict[Door, dict[str, int]] = {}
    rows = LedgerOutcome.objects.values_list("service", "channel", "basis", "result", "came_back")
    for service, channel, basis, result, back, n in rows.annotate(n=Count("key")):
        line = counted.setdefault((service, channel or None, basis), dict.fromkeys((*Result, "came_back"), 0))
        line[result] += n
        line["came_back"] += n if back else 0
    lines = [
        DoorLine(*door, sum(line[r] for r in Result), *(line[name] for name in (*Result, "came_back")))
        for door, line in counted.items()
    ]
    lines.sort(key=lambda one: (-one.n, one.service, one.channel or "", one.basis))
    return LedgerView(sum(one.n for one in lines), tuple(lines))
