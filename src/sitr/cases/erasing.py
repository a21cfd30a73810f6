"""Erasing: a case, one exhibit, one photo, a whole home. Of a case the key is destroyed first, so that what is left
opens for nobody.

An erasure that was begun is completed at the next start, without anybody's key.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sitr.cases import receipts, shared_index, shared_rows, submissions, watches
from sitr.cases.access import Keeper, confirm
from sitr.cases.full_disk import named_full_database
from sitr.cases.journals import latest_writes, opened, writers_of
from sitr.cases.models import (
    SEALED,
    Anchor,
    Arrival,
    Case,
    CaseState,
    Consent,
    Entry,
    Exhibit,
    Holder,
    HolderLock,
    LedgerOutcome,
    Looked,
    Parsed,
    Photo,
    ReceiptLock,
    ReceiptSalt,
    Renewal,
    Reply,
    Stamp,
    Submission,
    WatchRound,
    WrappedKey,
    writing_allowed,
)
from sitr.cases.scouring import scour
from sitr.cases.services import Services
from sitr.cases.work import act, append, bookkeeping, look
from sitr.journal import Frontier, Kind
from sitr.vault import StoreFull


@dataclass(frozen=True)
class ErasedView:
    """A case, or a photo of it, is erased here. Old backups stay readable by a holder until that time (None: Sitr does
    not know)."""

    case: str
    backups_readable_until: datetime | None


def erase_case(keeper: Keeper, case_id: str, *, secret: str) -> ErasedView:
    """Destroy a case: its wrapped keys, its files, its words; the journal keeps its commitments. Asks for the secret.

    Raises Locked; StoreFull when it could only begin. Whatever is cut short is completed at the next start.
    """
    confirm(keeper, secret)
    with act(keeper, case_id, Kind.ERASE, "erase_case") as doing:
        doing.details = {"erased": list(range(Frontier.unpack(bytes(doing.row.frontier)).size))}
        shared_index.withdraw_all(doing)  # now, since the link goes with the key
        doing.row.state = CaseState.ERASING
    try:
        with named_full_database():
            _destroy(keeper.services, case_id)
    except StoreFull as full:
        raise StoreFull("cases.erasing_unfinished") from full
    return _erased(keeper, case_id)


def _erased(keeper: Keeper, case_id: str) -> ErasedView:
    until = keeper.services.backups_kept
    return ErasedView(case_id, keeper.services.now() + until if until else None)


def finish_erasures(services: Services) -> int:
    """Complete the erasures that were cut short; gives how many."""
    begun = list(Case.objects.filter(state=CaseState.ERASING).values_list("pk", flat=True))
    for case_id in begun:
        _destroy(services, case_id)
    return len(begun)


def _destroy(services: Services, case_id: str) -> None:
    with writing_allowed():
        WrappedKey.objects.filter(case_id=case_id).delete()
    scour("keys", WrappedKey._meta.db_table)
    receipts.wipe_unused()
    for blob in _blobs(case_id):
        services.blobs.delete(blob)
    with bookkeeping():
        for model in SEALED:
            model.objects.filter(case_id=case_id).delete()
        WatchRound.objects.filter(case_id=case_id).delete()
        Entry.objects.filter(case_id=case_id).update(opening=None)
        Stamp.objects.filter(checkpoint__case_id=case_id).delete()
        Anchor.objects.filter(checkpoint__case_id=case_id).delete()
        Renewal.objects.filter(case_id=case_id).delete()
        Case.objects.filter(pk=case_id).update(state=CaseState.ERASED, seen=b"", public="")
    scour("default", Exhibit._meta.db_table)
    shared_rows.scour_rows()


def _blobs(case_id: str) -> Iterator[str]:
    yield from Exhibit.objects.filter(case_id=case_id).values_list("blob", flat=True)
    yield from Arrival.objects.filter(case_id=case_id).exclude(blob="").values_list("blob", flat=True)
    yield from Photo.objects.filter(case_id=case_id).exclude(blob="").values_list("blob", flat=True)


def erase_exhibit(keeper: Keeper, case_id: str, exhibit_id: str, *, secret: str) -> None:
    """Destroy one exhibit: its file, its row, what was read out of it (the answer that a filed mail is), and the
    payload and salt of the entries that tell of it.

    Those entries may tell of other rows, too (the rest of the same capture): an entry `restate` before the erasure says
    the digests of these again, so that they stay under the journal.
    """
    confirm(keeper, secret)
    case = look(keeper, case_id)
    row, _ = case.one(Exhibit, exhibit_id)
    blob = row.blob
    with act(keeper, case_id, Kind.ERASE, "erase_exhibit") as doing:
        openings = {entry.seq: opening for entry, opening in opened(doing)}
        told = [seq for seq, opening in openings.items() if opening and exhibit_id.encode() in opening]
        replies = [reply for reply, body in doing.rows(Reply) if body["exhibit"] == exhibit_id]
        arrived = [one for one, body in doing.rows(Arrival) if body["exhibit"] == exhibit_id]
        read_out = [*replies, *arrived, *Parsed.objects.filter(case=doing.row, exhibit=exhibit_id)]
        read_out += Looked.objects.filter(case=doing.row, exhibit=exhibit_id)
        if left := _left_unsaid(openings, told, {exhibit_id, *(one.id for one in read_out)}):
            append(doing, Kind.EXHIBIT, "restate", {}, left)
        doing.details = {"erased": told}
        Entry.objects.filter(case=doing.row, seq__in=told).update(opening=None)
        for gone in (row, *read_out):
            gone.delete()
    keeper.services.blobs.delete(blob)
    scour("default", Exhibit._meta.db_table)
    for table in {one._meta.db_table for one in read_out}:
        scour("default", table)


def erase_photo(keeper: Keeper, case_id: str, photo_id: str, *, secret: str, forget_handed: bool = False) -> ErasedView:
    """Destroy what is kept of one photo: both parts of its fingerprint, its name, the photo itself where it was kept,
    its hashes in the shared index and among what was handed to exchanges, the orders of the watch that hold it, and the
    payload and salt of the entries that wrote it. What was found by it stays, and so do the entries about consents.

    Raises AnswerIsNo `cases.photo_handed` while an exchange has, or may have, its hashes, which can only be taken back
    there before (`forget_handed`: erase all the same), `cases.photo_in_the_air` while they are just being sent.
    """
    confirm(keeper, secret)
    with act(keeper, case_id, Kind.ERASE, "erase_photo") as doing:
        row, _ = doing.one(Photo, photo_id)
        blob = row.blob
        submissions.forget(doing, photo_id, handed=forget_handed)
        shared_index.forget(doing, photo_id)
        openings = {entry.seq: opening for entry, opening in opened(doing)}
        told = writers_of(openings, Photo, photo_id)
        if left := _left_unsaid(openings, told, {photo_id}):
            append(doing, Kind.PHOTO, "restate", {}, left)
        doing.details = {"erased": told}
        Entry.objects.filter(case=doing.row, seq__in=told).update(opening=None)
        row.delete()
        watches.forget_photos(doing)
    if blob:
        keeper.services.blobs.delete(blob)
    for model in (Photo, Entry, Submission, Consent, WatchRound):
        scour("default", model._meta.db_table)
    shared_rows.scour_rows()
    return _erased(keeper, case_id)


def _left_unsaid(openings: Mapping[int, bytes | None], told: Sequence[int], gone: set[str]) -> list[dict[str, str]]:
    """The writes to other rows that no entry would name any more."""
    latest = latest_writes(openings).items()
    return [
        {"table": table, "row": row, "sha256": said}
        for (table, row), (seq, said) in latest
        if seq in told and row not in gone
    ]


def erase_home(services: Services) -> None:
    """Destroy everything in this home, for whoever lost the secret: every key first, then every file and word."""
    with writing_allowed():
        WrappedKey.objects.all().delete()
        HolderLock.objects.all().delete()
        ReceiptLock.objects.all().delete()
        ReceiptSalt.objects.all().delete()
    scour("keys", WrappedKey._meta.db_table)
    scour("keys", ReceiptLock._meta.db_table)
    for case_id in list(Case.objects.exclude(state=CaseState.ERASED).values_list("pk", flat=True)):
        _destroy(services, case_id)
    for name in list(services.blobs.names()):
        services.blobs.delete(name)
    with bookkeeping():
        Holder.objects.all().delete()
        LedgerOutcome.objects.all().delete()
        shared_rows.drop_all()
    scour("default", LedgerOutcome._meta.db_table)
    shared_rows.scour_rows()
