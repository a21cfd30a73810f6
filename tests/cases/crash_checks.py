"""What must be true of a home after a start, whatever was cut short before it. Each broken promise is one sentence."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sitr.cases import exhibits, journals, notices, openings
from sitr.cases.access import Keeper
from sitr.cases.models import (
    SEALED,
    Case,
    CaseState,
    Entry,
    Exhibit,
    Holder,
    HolderLock,
    Notice,
    Photo,
    WrappedKey,
)
from sitr.cases.services import Services
from sitr.cases.tidying import tidy
from sitr.cases.work import look
from sitr.errors import SitrError
from sitr.journal import read_opening
from sitr.vault import Place


def broken(keeper: Keeper) -> Iterator[str]:
    """Every promise that does not hold. Tidies once more with the clock two hours on, so that age spares nothing."""
    services = keeper.services
    tidy(replace(services, now=lambda: services.now() + timedelta(hours=2)))
    yield from _keys(keeper)
    yield from _blobs(services)
    for line in openings.list_cases(services):
        if line.state == CaseState.OPEN:
            yield from _case(keeper, line.id)
        elif line.state == CaseState.ERASED:
            yield from _erased(line.id)
        else:
            yield f"a case stands in the state {line.state}"


def _keys(keeper: Keeper) -> Iterator[str]:
    for lock in HolderLock.objects.all():
        if not Holder.objects.filter(pk=lock.holder_id).exists():
            yield "a lock has no holder"
    for case in Case.objects.filter(state=CaseState.OPEN):
        wraps = list(WrappedKey.objects.filter(case_id=case.id))
        if not any(w.holder_id == keeper.holder_id and w.epoch == case.epoch for w in wraps):
            yield "an open case has no key for its holder"
        now = {w.holder_id for w in wraps if w.epoch == case.epoch and w.holder_id}
        older = {w.holder_id for w in wraps if w.epoch < case.epoch and w.holder_id}
        if older - now:
            yield "one who was removed has a key still"


def _blobs(services: Services) -> Iterator[str]:
    listed = {*Exhibit.objects.values_list("blob", flat=True)}
    listed |= {*Photo.objects.exclude(blob="").values_list("blob", flat=True)}
    there = set(services.blobs.names())
    if there - listed:
        yield f"{len(there - listed)} sealed files are listed nowhere"
    if listed - there:
        yield f"{len(listed - there)} sealed files are listed and not there"
    parts = [path for path in (services.home / "blobs").iterdir() if path.name.endswith(".part")]
    if parts:
        yield "a half-written file was left"


def _case(keeper: Keeper, case_id: str) -> Iterator[str]:
    try:
        report = journals.verify(keeper, case_id)
        if not report.ok:
            yield f"the journal does not verify: {[(p.code, p.seq, dict(p.data)) for p in report.problems]}"
        case = look(keeper, case_id)
        for view in exhibits.list_exhibits(keeper, case_id):
            row, _ = case.one(Exhibit, view.id)
            data = b"".join(exhibits.read(keeper, case, row))
            if hashlib.sha256(data).hexdigest() != view.sha256 or len(data) != view.bytes:
                yield f"an exhibit of kind {view.kind} is not whole"
        for photo in Photo.objects.filter(case=case.row).exclude(blob=""):
            place = Place(case_id, "photo", photo.id, "blob")
            keeper.services.blobs.verify(photo.blob, place, case.keys.of(photo.epoch))
        yield from _notices(keeper, case_id)
    except SitrError as error:
        yield f"a case does not open: {type(error).__name__} {error.code}"


def _notices(keeper: Keeper, case_id: str) -> Iterator[str]:
    for view in notices.list_notices(keeper, case_id):
        if view.state == "sending":
            yield "a notice is said to be on its way, and nobody sends it"
    said = _said(keeper, case_id)
    sends = Counter(str(one["notice"]) for one in said if one["verb"] == "send")
    consents = Counter(str(one["notice"]) for one in said if one["verb"] == "approve")
    if any(n > consents[notice] for notice, n in sends.items()):
        yield "a notice was sent more often than it was approved"
    if len({str(one["message_id"]) for one in said if one["verb"] == "send"}) != sends.total():
        yield "two sendings have one message id"


def _said(keeper: Keeper, case_id: str) -> list[dict[str, Any]]:
    openings_ = (opening for _, opening in journals.opened(look(keeper, case_id)))
    return [dict(read_opening(opening).payload) for opening in openings_ if opening]


def mails(keeper: Keeper) -> tuple[list[str], list[str]]:
    """The message ids that may have gone out, and those that a relay said it took."""
    begun, taken = [], []
    for line in openings.list_cases(keeper.services):
        if line.state != CaseState.OPEN:
            continue
        begun += [str(one["message_id"]) for one in _said(keeper, line.id) if one["verb"] == "send"]
        for _, body in look(keeper, line.id).rows(Notice, state="sent"):
            if str(body["detail"]).startswith("250"):
                taken.append(str(body["message_id"]))
    return begun, taken


def _erased(case_id: str) -> Iterator[str]:
    if WrappedKey.objects.filter(case_id=case_id).exists():
        yield "an erased case has a key still"
    if Entry.objects.filter(case_id=case_id, opening__isnull=False).exists():
        yield "an erased case has words in its journal still"
    if any(model.objects.filter(case_id=case_id).exists() for model in SEALED):
        yield "an erased case has rows still"
