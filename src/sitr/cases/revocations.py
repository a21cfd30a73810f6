"""What issuers say about the certificates of time authorities, fetched for the stamps of cases and kept with them.

Here belongs whose turn it is; a worker runs it and needs nobody's key. Only for stamps that were asked for by consent.
Right after a stamp nobody can know yet of a revocation at that very hour, so what was said before the stamp is asked
for again. What it means is judged by the journal's verifier.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from sitr.cases.models import Renewal, Stamp
from sitr.cases.services import Services
from sitr.cases.work import bookkeeping
from sitr.errors import Damaged
from sitr.journal import StampState, fetch_revocation, read_stamp, revocation_files, signer_mark, verifier

_TRIES = 6
_PAUSE = timedelta(days=1)


def advance(services: Services) -> int:
    """Ask about the certificates of replies that are due; gives for how many something usable came."""
    now, said = services.now(), dict[str, bytes]()
    due = Q(state=StampState.STAMPED) & (Q(revocation_tries=0) | Q(revocation_next__lte=now))
    rows: list[Stamp | Renewal] = [*Stamp.objects.filter(due), *Renewal.objects.filter(due)]
    return sum(_ask(services, row, said, now) for row in rows)


def _ask(services: Services, row: Stamp | Renewal, said: dict[str, bytes], now: datetime) -> bool:
    tsr = bytes(row.reply or b"")
    try:
        mark = signer_mark(tsr)
        if mark not in said:  # every reply of one authority is signed by the same certificate: it is asked about once
            said[mark] = fetch_revocation(tsr, services.authority_roots, services.door)
        kept = said[mark] or bytes(row.revocation or b"")
        settled = _settled(tsr, kept, services.authority_roots)
    except Damaged:
        kept, settled = b"", True  # no reply: the verification says so
    later = None if settled or row.revocation_tries + 1 >= _TRIES else now + _PAUSE * 2**row.revocation_tries
    values = {"revocation": kept, "revocation_tries": row.revocation_tries + 1, "revocation_next": later}
    with bookkeeping():
        type(row).objects.filter(pk=row.pk).update(**values)
    return bool(kept)


def _settled(tsr: bytes, kept: bytes, roots: bytes) -> bool:
    """Whether what is kept was said after the stamp was made."""
    stamped = read_stamp(tsr)
    lists, answer = revocation_files(kept)
    found = verifier.standing(tsr, stamped, [one for one in (lists, answer) if one], roots or None)
    return found is not None and found.as_of >= stamped.time
