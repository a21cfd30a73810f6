"""Receipt codes: a second way for a person to come back to their own cases, by 24 digits on a slip of paper.

What belongs here: giving, listing, coming in, withdrawing. A receipt is a holder of its own, so that it opens the cases
it was given for and no others, its entries can be told apart, and withdrawing it begins a new epoch. The code is shown
once and stored nowhere; what is stored finds and unlocks that holder's identity. Decision 0021.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sitr.cases import holders
from sitr.cases.access import Keeper, confirm, receipt_keys, receipt_lane, receipt_salt, unlock_by_receipt
from sitr.cases.models import (
    Case,
    CaseState,
    Holder,
    HolderKind,
    ReceiptLock,
    WrappedKey,
    writing_allowed,
)
from sitr.cases.openings import held_cases
from sitr.cases.scouring import scour
from sitr.cases.services import Services
from sitr.cases.work import act
from sitr.errors import BadInput, NotFound
from sitr.journal import Kind
from sitr.vault import Identity, ReceiptCode, lock_with

MOST = 20


@dataclass(frozen=True)
class Given:
    """A new receipt. `code` is shown now and never again."""

    id: str
    code: str = field(repr=False)
    cases: tuple[str, ...]


@dataclass(frozen=True)
class ReceiptView:
    """One receipt as its giver sees it: when it was given (to the hour), and which of their cases it opens."""

    id: str
    since_hour: datetime
    cases: tuple[str, ...]


def give(keeper: Keeper, cases: Sequence[str], *, secret: str) -> Given:
    """A receipt for these cases of this holder. Raises Locked, NotFound, AnswerIsNo for one who came by a receipt,
    BadInput for no case, or while as many as `MOST` are out.

    The lock comes last: a code that would open nothing, because this was cut short, has not been shown.
    """
    confirm(keeper, secret)
    chosen = tuple(dict.fromkeys(cases))
    if not chosen:
        raise BadInput("cases.receipt_no_case")
    if len(list_receipts(keeper)) >= MOST:
        raise BadInput("cases.receipt_many", n=MOST)
    services, identity = keeper.services, Identity.generate()
    code = ReceiptCode.new(services.random_bytes)
    keys = receipt_keys(services, code)
    for case in chosen:
        view = holders.admit(keeper, case, identity.public, HolderKind.RECEIPT, "give_receipt")
    locked = lock_with(identity, keys.unlock.public)
    with writing_allowed():
        mark = code.mark(receipt_salt(services))
        ReceiptLock(holder_id=view.id, locate=keys.locate.hex(), mark=mark, locked=locked).save(force_insert=True)
    return Given(view.id, code.reveal(), chosen)


def list_receipts(keeper: Keeper) -> list[ReceiptView]:
    """The receipts that open any of this holder's cases, the oldest first."""
    mine = _open_cases(WrappedKey.objects.filter(holder_id=keeper.holder_id).values_list("case_id", flat=True))
    opens: dict[str, list[str]] = {}
    wraps = WrappedKey.objects.filter(case_id__in=mine).exclude(holder_id__in=("", keeper.holder_id))
    for holder, case, epoch in wraps.values_list("holder_id", "case_id", "epoch"):
        if mine[case] == epoch:
            opens.setdefault(holder, []).append(case)
    given = ReceiptLock.objects.filter(holder_id__in=opens).values_list("holder_id", flat=True)
    rows = Holder.objects.filter(pk__in=list(given)).order_by("since_hour", "id")
    return [ReceiptView(row.id, row.since_hour, tuple(sorted(opens[row.id]))) for row in rows]


def _open_cases(ids: Iterable[str]) -> dict[str, int]:
    """Case and present epoch."""
    rows = Case.objects.filter(pk__in=list(ids), state__in=(CaseState.OPEN, CaseState.CLOSED))
    return dict(rows.values_list("pk", "epoch"))


def come_in(services: Services, written: str) -> Keeper:
    """Open by the code as typed: any digits, with spaces and dashes or without. Each case that it opens gets an entry,
    so that the person sees when their receipt was used.

    Raises BadInput for what is no code; Locked `cases.receipt_wrong`, which says nothing about why.
    """
    keeper = unlock_by_receipt(services, written)
    for line in held_cases(keeper):
        with act(keeper, line.id, Kind.READ, "open_by_receipt"):
            pass
    return keeper


def lane(services: Services, written: str) -> str | None:
    """Under which name the tries of what was typed are counted: that of the receipts whose code it may be. None for
    what no receipt of this installation can be: it is turned away at no cost, and need not be counted.

    So who does not have a code of somebody's cannot use up the tries of that somebody. Raises BadInput for what is no
    code.
    """
    return receipt_lane(services, ReceiptCode.read(written))


def withdraw(keeper: Keeper, receipt: str, *, secret: str) -> None:
    """End a receipt for all cases of this holder: its way in is destroyed, and each case begins a new epoch, so that
    what is written later is closed even to whoever has the code and an old copy of the database.

    Raises Locked, NotFound, AnswerIsNo for one who came by a receipt.
    """
    confirm(keeper, secret)
    found = next((one for one in list_receipts(keeper) if one.id == receipt), None)
    if found is None:
        raise NotFound("cases.no_such_thing")
    for case in found.cases:
        holders.expel(keeper, case, receipt, "withdraw_receipt")
    wipe_unused()


def wipe_unused() -> int:
    """Destroy the locks of receipts that open no case any more; gives how many. Needs nobody's key."""
    opens = WrappedKey.objects.exclude(holder_id="").values_list("holder_id", flat=True)
    unused = list(ReceiptLock.objects.exclude(holder_id__in=list(opens)).values_list("holder_id", flat=True))
    if unused:
        with writing_allowed():
            ReceiptLock.objects.filter(holder_id__in=unused).delete()
        scour("keys", ReceiptLock._meta.db_table)
    return len(unused)
