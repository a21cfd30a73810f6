"""The journal of a case: its entries, its verification, and the time proofs that arrive for it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from sitr.cases.access import Keeper
from sitr.cases.models import TABLES, Checkpoint, Entry, Stamp
from sitr.cases.services import Services
from sitr.cases.work import OpenCase, bookkeeping, digest, entry_place, look
from sitr.errors import Damaged, OutsideSilent
from sitr.journal import (
    Opening,
    Problem,
    Report,
    StampState,
    checkpoint_digest,
    next_try,
    read_opening,
    verify_journal,
)
from sitr.vault import open_sealed

_SHOWN = ("url", "state", "due_at", "recipient", "detail", "reference", "sha256")


@dataclass(frozen=True)
class EntryView:
    """One entry. `verb` and `actor` are None where its payload was erased; `text` is its machine value, if any."""

    seq: int
    time: datetime
    kind: str
    verb: str | None
    actor: str | None
    text: str


def entries(keeper: Keeper, case_id: str) -> list[EntryView]:
    """All entries of a case, in order."""
    return [shown(row, opening) for row, opening in opened(look(keeper, case_id))]


def opened(case: OpenCase) -> Iterator[tuple[Entry, bytes | None]]:
    """Each entry with its opening; None where it was erased. Raises Damaged for one that was altered."""
    for row in Entry.objects.filter(case=case.row).order_by("seq"):
        yield row, _opening(case, row)


def _opening(case: OpenCase, row: Entry) -> bytes | None:
    if row.opening is None:
        return None
    return open_sealed(bytes(row.opening), entry_place(case.row.id, row.seq), case.keys.of(row.epoch))


def shown(row: Entry, opening: bytes | None) -> EntryView:
    """An entry as it is shown."""
    line: dict[str, Any] = json.loads(bytes(row.line))
    said: dict[str, Any] = dict(read_opening(opening).payload) if opening else {}
    text = next((str(said[name]) for name in _SHOWN if said.get(name)), "")
    time = datetime.fromisoformat(line["time"])
    return EntryView(row.seq, time, line["type"], said.get("verb"), said.get("actor"), text)


def verify(keeper: Keeper, case_id: str) -> Report:
    """Check the whole record: the tree, the checkpoints, the time proofs, and that every row is what its entry says."""
    case, services = look(keeper, case_id), keeper.services
    lines: list[bytes] = []
    openings: dict[int, bytes | None] = {}
    unread: list[Problem] = []
    for row in Entry.objects.filter(case=case.row).order_by("seq"):
        lines.append(bytes(row.line))
        try:
            openings[row.seq] = _opening(case, row)
        except Damaged as damage:
            openings[row.seq] = None
            unread.append(Problem("opening_damaged", row.seq, {"reason": damage.code}))
    notes, stamps = proofs(case)
    report = verify_journal(
        lines, openings, notes, signer=services.signer.public_pem() + _signers_before(openings), stamps=stamps,
        tsa_ca=services.authority_roots or None,
    )  # fmt: skip
    wrong = [*unread, *_rows_that_differ(case, openings), *([] if unread else _rows_unknown(case, openings))]
    return replace(report, ok=False, problems=(*report.problems, *wrong)) if wrong else report


def _signers_before(openings: dict[int, bytes | None]) -> bytes:
    """The keys under which a case was kept before it was taken in here: checked then, and named in that entry."""
    said = (_payload(opening) for opening in openings.values())
    return "".join(str(one["signer_before"]) for one in said if one.get("verb") == "import_case").encode()


def stamped(case: OpenCase) -> QuerySet[Stamp]:
    """The time proofs that a case holds, each with its checkpoint."""
    return Stamp.objects.filter(checkpoint__case=case.row, state=StampState.STAMPED).select_related("checkpoint")


def proofs(case: OpenCase) -> tuple[list[str], list[bytes]]:
    """The checkpoints that are stamped and the last one, and the stamps."""
    held = list(stamped(case))
    last = Checkpoint.objects.filter(case=case.row).order_by("-size").first()
    notes = {stamp.checkpoint.size: stamp.checkpoint.note for stamp in held}
    if last is not None:
        notes[last.size] = last.note
    return [notes[size] for size in sorted(notes)], [bytes(stamp.reply or b"") for stamp in held]


def _rows_that_differ(case: OpenCase, openings: dict[int, bytes | None]) -> Iterator[Problem]:
    """Rows that are not as the last entry that wrote them says: altered, rolled back, swapped, or gone."""
    for (table, row_id), (seq, expected) in latest_writes(openings).items():
        row = TABLES[table].objects.filter(case=case.row, pk=row_id).first()
        try:
            same = row is not None and digest(row, case.body(row)) == expected
        except Damaged:
            same = False
        if not same:
            yield Problem("row_differs", seq, {"table": table, "row": row_id})


def _rows_unknown(case: OpenCase, openings: dict[int, bytes | None]) -> Iterator[Problem]:
    """Rows that no entry wrote: sealing needs only the public key, so whoever writes to the database can make one."""
    known = latest_writes(openings)
    for table, model in TABLES.items():
        for row_id in model.objects.filter(case=case.row).values_list("pk", flat=True):
            if (table, row_id) not in known:
                yield Problem("row_unknown", None, {"table": table, "row": row_id})


def latest_writes(openings: Mapping[int, bytes | None]) -> dict[tuple[str, str], tuple[int, str]]:
    """For each row (table, id): the last entry that wrote it, and the digest that it names."""
    latest: dict[tuple[str, str], tuple[int, str]] = {}
    for seq in sorted(openings):
        for write in _payload(openings[seq]).get("writes", ()):
            latest[write["table"], write["row"]] = (seq, write["sha256"])
    return latest


def _payload(opening: bytes | None) -> dict[str, Any]:
    if opening is None:
        return {}
    try:
        found: Opening = read_opening(opening)
    except Damaged:
        return {}
    return dict(found.payload)


def stamp_pending(services: Services) -> int:
    """Ask the time authorities for the proofs that wait and are due; gives how many came. Needs nobody's key.

    An authority that is silent is asked again later; the journal says `not time-stamped` until then.
    """
    now = services.now()
    waiting = Stamp.objects.exclude(state=StampState.STAMPED).filter(next_try__lte=now).select_related("checkpoint")
    return sum(_ask(services, stamp, now) for stamp in waiting)


def _ask(services: Services, stamp: Stamp, now: datetime) -> bool:
    if stamp.authority >= len(services.authorities):
        return False
    authority = services.authorities[stamp.authority]
    nonce = int.from_bytes(services.random_bytes(8), "big")
    try:
        answer = authority.stamp(checkpoint_digest(stamp.checkpoint.note), now, nonce)
    except OutsideSilent:
        later = next_try(stamp.attempts + 1, now)
        with bookkeeping():
            Stamp.objects.filter(pk=stamp.pk).update(
                state=StampState.WILL_RETRY, attempts=stamp.attempts + 1, next_try=later
            )
        return False
    with bookkeeping():
        changed = Stamp.objects.filter(pk=stamp.pk).update(state=StampState.STAMPED, reply=answer.tsr)
    return changed == 1
