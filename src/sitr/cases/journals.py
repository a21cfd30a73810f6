"""The journal of a case: its entries, its verification, and the time proofs that arrive for it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Thread
from time import monotonic
from typing import Any

from django.db.models import QuerySet

from sitr.cases import revocations
from sitr.cases.access import Keeper
from sitr.cases.anchors import advance, anchored
from sitr.cases.models import TABLES, Checkpoint, Entry, Renewal, SealedRow, Stamp, table_name
from sitr.cases.services import Services
from sitr.cases.work import OpenCase, act, bookkeeping, digest, entry_place, look
from sitr.errors import Damaged, OutsideSilent
from sitr.journal import (
    RENEW_BEFORE,
    Kind,
    Opening,
    Problem,
    Report,
    StampState,
    checkpoint_digest,
    next_try,
    read_opening,
    renewal_text,
    revocation_files,
    stamp_ends,
    stamp_revocation,
    verify_journal,
)
from sitr.vault import open_sealed

_RENEWAL_PAUSE = timedelta(days=14)
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


def verify(
    keeper: Keeper, case_id: str, earlier: Sequence[bytes] = (), headers: Mapping[int, bytes] | None = None
) -> Report:
    """Check the whole record: the tree, the checkpoints, the time proofs, and that every row is what its entry says.

    `earlier`: checkpoints that the person kept from before, which this journal must continue. `headers`: block headers
    of Bitcoin by height, that decide about OpenTimestamps proofs.
    """
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
        tsa_ca=services.authority_roots or None, earlier=earlier,
        renewals=[(bytes(one.text), bytes(one.reply or b"")) for one in renewed(case)],
        anchors=[bytes(one.proof or b"") for one in anchored(case)], headers=headers, revocations=_said(case),
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
    """The checkpoints that have a proof of time and the last one, and the stamps."""
    held = list(stamped(case))
    last = Checkpoint.objects.filter(case=case.row).order_by("-size").first()
    sealed_in_time = [*(stamp.checkpoint for stamp in held), *(anchor.checkpoint for anchor in anchored(case))]
    notes = {one.size: one.note for one in sealed_in_time}
    if last is not None:
        notes[last.size] = last.note
    return [notes[size] for size in sorted(notes)], [bytes(stamp.reply or b"") for stamp in held]


def _said(case: OpenCase) -> list[bytes]:
    """What was kept about the authorities' certificates, each once."""
    rows: list[Stamp | Renewal] = [*stamped(case), *renewed(case)]
    kept = (said_about(bytes(row.reply or b""), bytes(row.revocation or b"")) for row in rows)
    return list(dict.fromkeys(one for both in kept for one in both if one))


def said_about(tsr: bytes, revocation: bytes) -> tuple[bytes, bytes]:
    """Revocation lists in PEM and an OCSP answer in DER: what came inside a reply, and what was asked for later."""
    try:
        inside = stamp_revocation(tsr)
    except Damaged:
        inside = b""  # the verification of the reply itself says so
    lists, answer = revocation_files(revocation)
    return inside + lists, answer


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


def writers_of(openings: Mapping[int, bytes | None], model: type[SealedRow], row: str) -> list[int]:
    """The entries that wrote one row, in order."""
    named = (table_name(model), row)
    return [
        seq
        for seq in sorted(openings)
        if any((one["table"], one["row"]) == named for one in _payload(openings[seq]).get("writes", ()))
    ]


def _payload(opening: bytes | None) -> dict[str, Any]:
    if opening is None:
        return {}
    try:
        found: Opening = read_opening(opening)
    except Damaged:
        return {}
    return dict(found.payload)


def handed(case: OpenCase, entries: Iterable[tuple[Entry, bytes | None]]) -> list[str]:
    """The checkpoints that were handed to the person, in order: each is the one that its own entry made."""
    sizes = [row.seq + 1 for row, opening in entries if _payload(opening).get("verb") == "hand_checkpoint"]
    notes = dict(Checkpoint.objects.filter(case=case.row, size__in=sizes).values_list("size", "note"))
    return [notes[size] for size in sizes if size in notes]


def hand_checkpoint(keeper: Keeper, case_id: str) -> str:
    """The newest checkpoint as text, for the person to keep elsewhere. An entry says that it was handed out."""
    with act(keeper, case_id, Kind.RELEASE, "hand_checkpoint"):
        pass
    newest = Checkpoint.objects.filter(case=look(keeper, case_id).row).order_by("-size").first()
    if newest is None:
        raise Damaged("cases.no_checkpoint")
    return newest.note


# --- time proofs ------------------------------------------------------------------------------------------------------


def waiting(case: OpenCase) -> QuerySet[Stamp]:
    """The time proofs that were asked for and have not come."""
    return Stamp.objects.filter(checkpoint__case=case.row).exclude(state=StampState.STAMPED)


def renewed(case: OpenCase) -> QuerySet[Renewal]:
    """The renewals that came."""
    return Renewal.objects.filter(case=case.row, state=StampState.STAMPED)


def stamp_pending(services: Services) -> int:
    """Ask the time authorities for the proofs that wait and are due, and for renewals, and the calendars for theirs;
    gives how many came. Needs nobody's key.

    An authority that is silent is asked again later; the journal says `not time-stamped` until then.
    """
    now = services.now()
    _plan_renewals(now, len(services.authorities))
    waiting = Stamp.objects.exclude(state=StampState.STAMPED).filter(next_try__lte=now).select_related("checkpoint")
    again = Renewal.objects.exclude(state=StampState.STAMPED).filter(next_try__lte=now)
    rows: list[Stamp | Renewal] = [*waiting, *again]
    came = sum(_ask(services, each, now) for each in rows)
    revocations.advance(services)
    return came + advance(services)


def stamp_within(services: Services, case_id: str, seconds: float) -> int:
    """Ask for the proofs of one case that wait, all at once, and take those that come within `seconds`."""
    now = services.now()
    rows = Stamp.objects.exclude(state=StampState.STAMPED).filter(checkpoint__case=case_id).select_related("checkpoint")
    asked = [(row, _asking(services, row, now)) for row in rows if row.authority < len(services.authorities)]
    end = monotonic() + seconds
    for _, asking in asked:
        asking.thread.join(max(0.0, end - monotonic()))
    return sum(_keep(row, asking.answer, asking.silent, now) for row, asking in asked)


@dataclass
class _Asking:
    """One authority being asked beside the others: only the network is in the thread, never the database."""

    thread: Thread
    answer: bytes | None = None
    silent: bool = False


def _asking(services: Services, row: Stamp, now: datetime) -> _Asking:
    def ask() -> None:
        try:
            made.answer = _answer(services, row, now)
        except OutsideSilent:
            made.silent = True

    made = _Asking(Thread(target=ask, name="time proof", daemon=True))
    made.thread.start()
    return made


def _stamped_bytes(row: Stamp | Renewal) -> bytes:
    """The SHA-256 that a stamp is for."""
    return checkpoint_digest(row.checkpoint.note) if isinstance(row, Stamp) else sha256(bytes(row.text)).digest()


def _answer(services: Services, row: Stamp | Renewal, now: datetime) -> bytes:
    nonce = int.from_bytes(services.random_bytes(8), "big")
    return services.authorities[row.authority].stamp(_stamped_bytes(row), now, nonce).tsr


def _ask(services: Services, row: Stamp | Renewal, now: datetime) -> bool:
    if row.authority >= len(services.authorities):
        return False
    try:
        return _keep(row, _answer(services, row, now), False, now)
    except OutsideSilent:
        return _keep(row, None, True, now)


def _keep(row: Stamp | Renewal, reply: bytes | None, silent: bool, now: datetime) -> bool:
    """Write down what came of asking; True when a stamp did."""
    if reply is None and not silent:
        return False  # still under way when the time was up: asked again later
    rows = type(row).objects.filter(pk=row.pk)
    with bookkeeping():
        if reply is None:
            later = next_try(row.attempts + 1, now)
            rows.update(state=StampState.WILL_RETRY, attempts=row.attempts + 1, next_try=later)
            return False
        return rows.update(state=StampState.STAMPED, reply=reply) == 1


# --- renewals ---------------------------------------------------------------------------------------------------------


def _plan_renewals(now: datetime, authorities: int) -> None:
    """Queue a renewal for each case of which replies can soon no longer be checked."""
    for model in (Stamp, Renewal):
        _note_ends(model)
    due: dict[str, list[Stamp | Renewal]] = {}
    soon = {"state": StampState.STAMPED, "ends__lte": now + RENEW_BEFORE, "ends__gt": now, "renewed": False}
    for stamp in Stamp.objects.filter(**soon).select_related("checkpoint__case"):
        if stamp.checkpoint.case.time_proof:
            due.setdefault(stamp.checkpoint.case_id, []).append(stamp)
    for again in Renewal.objects.filter(**soon):
        lasting = Renewal.objects.filter(case=again.case_id, text=again.text, ends__gt=now + RENEW_BEFORE)
        if not lasting.exists():  # one authority with a long life is enough for the other's short one
            due.setdefault(again.case_id, []).append(again)
    for case_id, rows in due.items() if authorities else ():
        # Where every authority's own certificate ends soon, a renewal gains little until they have new ones.
        if not Renewal.objects.filter(case=case_id, next_try__gt=now - _RENEWAL_PAUSE).exists():
            _queue_renewal(case_id, rows, now, authorities)


def _note_ends(model: type[Stamp] | type[Renewal]) -> None:
    """When the certificates of replies end, where nobody looked yet."""
    for row in model.objects.filter(state=StampState.STAMPED, renewed=None):
        try:
            ends = stamp_ends(bytes(row.reply or b""))
        except Damaged:
            ends = None  # it proves nothing as it is; the verification says so
        with bookkeeping():
            model.objects.filter(pk=row.pk).update(ends=ends, renewed=False)


def _queue_renewal(case_id: str, rows: list[Stamp | Renewal], now: datetime, authorities: int) -> None:
    text = renewal_text(bytes(row.reply or b"") for row in rows)
    with bookkeeping():
        for place in range(authorities):
            Renewal(case_id=case_id, authority=place, state=StampState.QUEUED, next_try=now, text=text).save()
        for row in rows:
            type(row).objects.filter(pk=row.pk).update(renewed=True)
