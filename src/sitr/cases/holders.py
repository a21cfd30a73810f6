"""Who else can open a case: added by one who holds, removed by a new epoch."""

from dataclasses import dataclass

from django.db import transaction

from sitr.cases.access import Keeper, confirm
from sitr.cases.models import Case, Holder, HolderKind, WrappedKey, writing_allowed
from sitr.cases.services import whole_hour
from sitr.cases.work import act, look
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.journal import Kind
from sitr.vault import Identity, Place, open_sealed, seal, wrap_case


@dataclass(frozen=True)
class HolderView:
    """One who can open this case."""

    id: str
    kind: str
    public: str
    you: bool


def list_holders(keeper: Keeper, case_id: str) -> list[HolderView]:
    """Everybody who can open this case now."""
    case = look(keeper, case_id)
    ids = WrappedKey.objects.filter(case_id=case_id, epoch=case.row.epoch).values_list("holder_id", flat=True)
    rows = Holder.objects.filter(pk__in=[one for one in ids if one]).order_by("since_hour", "id")
    return [HolderView(row.id, row.kind, row.public, row.id == keeper.holder_id) for row in rows]


def add_holder(
    keeper: Keeper, case_id: str, public: str, *, secret: str, kind: HolderKind = HolderKind.TRUSTED
) -> HolderView:
    """Let another holder open the case, by their public key alone. They can read everything that stands in it.

    Raises Locked, BadInput for what is no age public key, AnswerIsNo when they hold already.
    """
    confirm(keeper, secret)
    return admit(keeper, case_id, public, kind, "add_holder")


def admit(keeper: Keeper, case_id: str, public: str, kind: HolderKind, verb: str) -> HolderView:
    """`add_holder`, where the secret was asked for already."""
    case = look(keeper, case_id)
    wrapped = wrap_case(case.keys.of(case.row.epoch), public)
    with act(keeper, case_id, Kind.HOLDER, verb) as doing:
        doing.require_epoch(case.row.epoch)
        row = Holder.objects.filter(public=public).first()
        if row is None:
            row = Holder(id=doing.new_id(), kind=kind, public=public, since_hour=whole_hour(doing.now))
            row.save(force_insert=True)
        if WrappedKey.objects.filter(case_id=case_id, holder_id=row.id, epoch=doing.row.epoch).exists():
            raise AnswerIsNo("cases.holds_already")
        doing.details = {"holder": row.id, "public": public}
        key = WrappedKey(case_id=case_id, holder_id=row.id, epoch=doing.row.epoch, wrapped=wrapped)
        # Keys lie in another database: written only after the entry stands, so that nobody holds without one.
        transaction.on_commit(lambda: key.save(force_insert=True))
    return HolderView(row.id, row.kind, row.public, you=row.id == keeper.holder_id)


def remove_holder(keeper: Keeper, case_id: str, holder_id: str, *, secret: str) -> None:
    """Begin a new epoch without this holder: what is written from now on is closed to them. What they could read before
    cannot be taken back, and the screen says so. Raises Locked, BadInput for oneself, NotFound.
    """
    confirm(keeper, secret)
    if holder_id == keeper.holder_id:
        raise BadInput("cases.not_oneself")
    expel(keeper, case_id, holder_id, "remove_holder")


def expel(keeper: Keeper, case_id: str, holder_id: str, verb: str) -> None:
    """`remove_holder`, where the secret was asked for already."""
    new = Identity.generate()
    with act(keeper, case_id, Kind.HOLDER, verb) as doing:
        everybody = list_holders(keeper, case_id)
        remaining = [one for one in everybody if one.id != holder_id]
        if len(remaining) == len(everybody):
            raise NotFound("cases.no_such_thing")
        old, epoch = doing.keys.of(doing.row.epoch), doing.row.epoch + 1
        _wrap_epoch(case_id, epoch, new, old, [(one.id, one.public) for one in remaining])
        # The entry is the first thing that the removed holder cannot read.
        _reseal_seen(doing.row, old, new)
        doing.row.epoch, doing.row.public = epoch, new.public
        doing.details = {"holder": holder_id, "epoch": epoch}
    with writing_allowed():
        WrappedKey.objects.filter(case_id=case_id, holder_id=holder_id).delete()


def finish_removals() -> int:
    """Take away the older keys of those who were removed while the process was cut short; gives how many."""
    removed = 0
    for case_id, epoch in list(Case.objects.filter(epoch__gt=0).values_list("pk", "epoch")):
        wraps = WrappedKey.objects.filter(case_id=case_id).exclude(holder_id="")
        now = set(wraps.filter(epoch=epoch).values_list("holder_id", flat=True))
        left = wraps.filter(epoch__lt=epoch).exclude(holder_id__in=now)
        with writing_allowed():
            removed += left.delete()[0]
    return removed


def _wrap_epoch(case_id: str, epoch: int, new: Identity, old: Identity, holders: list[tuple[str, str]]) -> None:
    # A cut between here and the case's own row leaves wraps of an epoch that never began: they are written over.
    WrappedKey.objects.filter(case_id=case_id, epoch=epoch).delete()
    WrappedKey.objects.filter(case_id=case_id, holder_id="", epoch=epoch - 1).delete()
    for holder, public in holders:
        WrappedKey(case_id=case_id, holder_id=holder, epoch=epoch, wrapped=wrap_case(new, public)).save()
    WrappedKey(case_id=case_id, holder_id="", epoch=epoch - 1, wrapped=wrap_case(old, new.public)).save()


def _reseal_seen(row: Case, old: Identity, new: Identity) -> None:
    if bytes(row.seen):
        place = Place(row.id, "case", row.id, "seen")
        row.seen = seal(open_sealed(bytes(row.seen), place, old), place, new.public)
