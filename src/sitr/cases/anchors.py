"""OpenTimestamps proofs of a case's checkpoints: what waits, what is pending, what has become complete.

Here belong the queue and its turns; a worker runs them and needs nobody's key. Asking a calendar is `sitr.journal`'s.
Only for cases whose person agreed to it at the opening, and only where the operator named calendars.
"""

from datetime import datetime

from django.db.models import QuerySet

from sitr.cases.models import Anchor
from sitr.cases.services import Services
from sitr.cases.work import OpenCase, bookkeeping
from sitr.errors import Damaged, OutsideSilent
from sitr.journal import SALT_BYTES, AnchorState, anchor_facts, checkpoint_digest, next_look, next_try

_LOOKS = 40  # at 1, 2, 4 ... hours and then weekly, more than half a year: what has not come then never will


def anchored(case: OpenCase) -> QuerySet[Anchor]:
    """The proofs of a case, pending and complete, in the order of their checkpoints."""
    held = Anchor.objects.filter(checkpoint__case=case.row).exclude(proof=None)
    return held.select_related("checkpoint").order_by("checkpoint__size")


def advance(services: Services) -> int:
    """Ask for the pending proofs that are due, and whether pending ones are complete; gives how many changed."""
    if services.calendars is None:
        return 0
    now = services.now()
    due = list(Anchor.objects.filter(next_try__lte=now).select_related("checkpoint"))
    return sum(_submit(services, row, now) if row.proof is None else _look(services, row, now) for row in due)


def _submit(services: Services, row: Anchor, now: datetime) -> bool:
    if services.calendars is None:
        return False
    try:
        proof = services.calendars.submit(checkpoint_digest(row.checkpoint.note), services.random_bytes(SALT_BYTES))
    except OutsideSilent:
        later = next_try(row.attempts + 1, now)
        return _write(row, state=AnchorState.WILL_RETRY, attempts=row.attempts + 1, next_try=later) and False
    return _write(row, state=AnchorState.PENDING, proof=proof, asked=now, attempts=0, next_try=next_look(0, now))


def _look(services: Services, row: Anchor, now: datetime) -> bool:
    """One more look at a pending proof. A complete one is looked at as well while another calendar still owes."""
    if services.calendars is None:
        return False
    before = bytes(row.proof or b"")
    try:
        after = services.calendars.upgrade(before)
        facts = anchor_facts(after)
    except (Damaged, OutsideSilent):
        return _write(row, attempts=row.attempts + 1, next_try=_later(row, now)) and False
    state = AnchorState.COMPLETE if facts.blocks else AnchorState.PENDING
    later = _later(row, now) if facts.waiting else None
    return _write(row, state=state, proof=after, attempts=row.attempts + 1, next_try=later) and after != before


def _later(row: Anchor, now: datetime) -> datetime | None:
    return next_look(row.attempts + 1, now) if row.attempts < _LOOKS else None


def _write(row: Anchor, **values: object) -> bool:
    with bookkeeping():
        return Anchor.objects.filter(pk=row.pk).update(**values) == 1
