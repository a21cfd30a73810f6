"""The one place where a case is changed: a transaction, the guard opened, the case locked, the journal written.

`act` is for what a person does; `add` for one who may add and not read; `bookkeeping` for what no person did (a time
proof arrived, an erasure is completed).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

import rfc8785
from django.db import transaction
from django.db.models import Max

from sitr.cases.access import CaseKeys, Keeper, case_keys, find_case
from sitr.cases.models import Anchor, Case, Checkpoint, Entry, SealedRow, Stamp, table_name, writing_allowed
from sitr.cases.services import Services
from sitr.errors import AnswerIsNo, NotFound
from sitr.journal import AnchorState, Frontier, Kind, StampState, format_time, make_entry, sign_checkpoint, time_after
from sitr.vault import Place, open_sealed, seal

R = TypeVar("R", bound=SealedRow)
_SALT = 16
_BETWEEN_ANCHORS = timedelta(hours=1)  # a block of Bitcoin comes every ten minutes, a calendar's far more rarely


@dataclass
class OpenCase:
    """A case that this holder may read."""

    row: Case
    keys: CaseKeys = field(repr=False)

    def body(self, row: SealedRow) -> dict[str, Any]:
        """The words of a row. Raises Damaged when the cell was cut, altered or swapped."""
        place = row_place(type(row), self.row.id, row.id)
        return _read(open_sealed(bytes(row.body), place, self.keys.of(row.epoch)))

    def rows(self, model: type[R], **where: Any) -> list[tuple[R, dict[str, Any]]]:
        """All rows of one kind with their words, in order."""
        return [(row, self.body(row)) for row in cast("Iterable[R]", model.objects.filter(case=self.row, **where))]

    def one(self, model: type[R], row_id: str) -> tuple[R, dict[str, Any]]:
        """One row. Raises NotFound."""
        found = cast("R | None", model.objects.filter(case=self.row, pk=row_id).first())
        if found is None:
            raise NotFound("cases.no_such_thing")
        return found, self.body(found)


@dataclass(frozen=True)
class Writer:
    """Who may add to a case without reading it: a name for the journal, and no key. Sealing needs public keys only."""

    holder_id: str
    services: Services = field(repr=False)


@dataclass
class Act(OpenCase):
    """A change under way. `details` go into the entry's payload, which is sealed; `erased` names destroyed payloads."""

    keeper: Keeper | Writer = field(repr=False)
    kind: Kind
    verb: str
    now: datetime
    details: dict[str, Any] = field(default_factory=dict)
    writes: list[dict[str, str]] = field(default_factory=list)

    def new_id(self) -> str:
        """A random id."""
        return self.keeper.services.new_id()

    def add(self, model: type[R], body: dict[str, Any], *, row_id: str | None = None, **clear: Any) -> R:
        """Write a new row with `body` sealed."""
        row = model(id=row_id or self.new_id(), case=self.row, epoch=self.row.epoch, order=self._order(), **clear)
        self._seal(row, body)
        row.save(force_insert=True)
        return row

    def change(self, row: SealedRow, body: dict[str, Any], **clear: Any) -> None:
        """Write a row anew, under the present epoch."""
        row.epoch = self.row.epoch
        for name, value in clear.items():
            setattr(row, name, value)
        self._seal(row, body)
        row.save(force_update=True)

    def require_epoch(self, epoch: int) -> None:
        """Raises AnswerIsNo when a holder was removed since a file was sealed: nobody could open it any more."""
        if self.row.epoch != epoch:
            raise AnswerIsNo("cases.changed_meanwhile")

    def also(self, kind: Kind, verb: str, details: dict[str, Any]) -> None:
        """A further entry in the same transaction, before this act's own."""
        append(self, kind, verb, details, [])

    def _order(self) -> int:
        return int(Frontier.unpack(bytes(self.row.frontier)).size) * 1000 + len(self.writes)

    def _seal(self, row: SealedRow, body: dict[str, Any]) -> None:
        row.body = seal(rfc8785.dumps(body), row_place(type(row), self.row.id, row.id), self.row.public)
        self.writes.append({"table": table_name(type(row)), "row": row.id, "sha256": digest(row, body)})


def row_place(model: type[SealedRow], case: str, row: str) -> Place:
    """The place that a row's cell names inside."""
    return Place(case=case, table=table_name(model), row=row, field="body")


def digest(row: SealedRow, body: dict[str, Any]) -> str:
    """The digest of a row as an entry names it: its words, and what of the record stands in clear beside them."""
    beside = {name: _plain(getattr(row, name)) for name in row.coarse}
    return hashlib.sha256(rfc8785.dumps({"body": body, "beside": beside})).hexdigest()


def _plain(value: Any) -> Any:
    return seconds(value) if isinstance(value, datetime) else value


def look(keeper: Keeper, case_id: str) -> OpenCase:
    """A case opened for reading. Raises NotFound for a stranger."""
    row = find_case(case_id)
    return OpenCase(row, case_keys(keeper, row))


@contextmanager
def act(keeper: Keeper, case_id: str, kind: Kind, verb: str) -> Iterator[Act]:
    """Change a case: everything inside and its journal entry are written together, or nothing is."""
    with writing_allowed(), transaction.atomic():
        row = find_case(case_id, lock=True)
        doing = Act(row, case_keys(keeper, row), keeper, kind, verb, keeper.services.now())
        yield doing
        append(doing, kind, verb, doing.details, doing.writes)


@contextmanager
def add(writer: Writer, case_id: str, kind: Kind, verb: str) -> Iterator[Act]:
    """As `act`, for one who holds no key: inside, rows can be written and none can be read. Raises NotFound."""
    with writing_allowed(), transaction.atomic():
        row = find_case(case_id, lock=True)
        doing = Act(row, CaseKeys({}), writer, kind, verb, writer.services.now())
        yield doing
        append(doing, kind, verb, doing.details, doing.writes)


@contextmanager
def bookkeeping() -> Iterator[None]:
    """Change what no person did, with no entry: the time proofs of checkpoints, the completion of an erasure."""
    with writing_allowed(), transaction.atomic():
        yield


def append(doing: Act, kind: Kind, verb: str, details: dict[str, Any], writes: Sequence[dict[str, str]]) -> None:
    """Write one journal entry, its checkpoint, and the wish for a time proof. Only inside a transaction of a verb."""
    case, services = doing.row, doing.keeper.services
    frontier = Frontier.unpack(bytes(case.frontier))
    seq = frontier.size
    payload = {"seq": seq, "verb": verb, "actor": doing.keeper.holder_id, **details, "writes": list(writes)}
    last = Entry.objects.filter(case=case).order_by("-seq").values_list("line", flat=True).first()
    time = time_after(doing.now, bytes(last) if last is not None else None)
    made = make_entry(seq, time, kind, payload, services.random_bytes(_SALT))
    opening = seal(made.opening, entry_place(case.id, seq), case.public)
    Entry(case=case, seq=seq, epoch=case.epoch, line=made.line, opening=opening).save(force_insert=True)
    frontier.append(made.line)
    case.frontier = frontier.pack()
    case.save(force_update=True)
    note = sign_checkpoint(origin(case.id), frontier.size, frontier.root(), services.signer)
    checkpoint = Checkpoint(case=case, size=frontier.size, note=note)
    checkpoint.save(force_insert=True)
    _queue(case, checkpoint, services, doing.now)


def _queue(case: Case, checkpoint: Checkpoint, services: Services, now: datetime) -> None:
    # A stamp on the newest checkpoint proves all that came before it: older ones that still wait are dropped.
    Stamp.objects.filter(checkpoint__case=case).exclude(state=StampState.STAMPED).delete()
    if case.time_proof:
        for place in range(len(services.authorities)):
            Stamp(checkpoint=checkpoint, authority=place, state=StampState.QUEUED, next_try=now).save()
    Anchor.objects.filter(checkpoint__case=case, proof=None).delete()
    if case.calendar_proof and services.calendars is not None:
        last = Anchor.objects.filter(checkpoint__case=case).aggregate(last=Max("asked"))["last"]
        due = max(now, last + _BETWEEN_ANCHORS) if last else now
        Anchor(checkpoint=checkpoint, state=AnchorState.QUEUED, next_try=due).save()


def entry_place(case: str, seq: int) -> Place:
    """The place that an entry's sealed opening names inside."""
    return Place(case=case, table="entry", row=str(seq), field="opening")


def origin(case_id: str) -> str:
    """The name of a case's log in its checkpoints."""
    return f"sitr/{case_id}"


def seconds(time: datetime) -> str:
    """A time as it stands in sealed words: UTC, whole seconds."""
    return format_time(time)


def _read(plain: bytes) -> dict[str, Any]:
    found = json.loads(plain)
    return found if isinstance(found, dict) else {}
