"""The rows of the shared index: written and removed with the change that says so, read for those who search.

Belongs here: the stored form and the numbering of changes. Not here: who consented (`shared_index`), searching
(`matching`). Every function that writes stands inside a verb's transaction.
"""

import struct
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import numpy as np

from sitr.cases.models import writing_allowed
from sitr.cases.scouring import scour
from sitr.cases.services import Services
from sitr.cases.shared_models import SharedChange, SharedCount, SharedPhoto
from sitr.errors import AnswerIsNo, Damaged
from sitr.fingerprint import Fingerprint
from sitr.fingerprint.pdq import ORIENTATIONS, QUALITY, Bits
from sitr.fingerprint.views import KINDS

VIEWS = ORIENTATIONS + KINDS
"""The names of the views by their number in a row: the eight orientations, then the crops of `fingerprint.views`."""
CHANGES_LIVE = timedelta(minutes=5)
_ROW = struct.Struct(">BB32s")
_ONLY = 1


def pack(made: Fingerprint) -> bytes:
    """The shareable part as rows. Raises AnswerIsNo `cases.photo_too_flat` where PDQ says too little (quality 50)."""
    if made.pdq_quality < QUALITY:
        raise AnswerIsNo("cases.photo_too_flat")
    whole = [(number, made.pdq_quality, bits.tobytes()) for number, bits in enumerate(made.orientations)]
    crops = [(len(ORIENTATIONS) + v.kind, v.quality, v.pdq.tobytes()) for v in made.views if v.quality >= QUALITY]
    return b"".join(_ROW.pack(*row) for row in [*whole, *crops])


def count(packed: bytes) -> int:
    """How many hashes a row's bytes hold."""
    return len(packed) // _ROW.size


def unpack(packed: bytes) -> tuple[Bits, Bits, Bits]:
    """Views (n,), qualities (n,) and PDQ (n, 32), all uint8. Raises Damaged `cases.shared_row`."""
    if len(packed) % _ROW.size:
        raise Damaged("cases.shared_row")
    rows = np.frombuffer(packed, dtype=np.uint8).reshape(-1, _ROW.size)
    if len(rows) and int(rows[:, 0].max()) >= len(VIEWS):
        raise Damaged("cases.shared_row")
    return rows[:, 0], rows[:, 1], rows[:, 2:]


def name_of(entry: int) -> str:
    """An entry's id as others see it: 16 hex digits."""
    return f"{entry:016x}"


def put(services: Services, packed: bytes, now: datetime) -> int:
    """Write a row under a new random id; gives it."""
    entry = int.from_bytes(services.random_bytes(8), "big") >> 1 or 1
    SharedPhoto(id=entry, hashes=packed).save(force_insert=True)
    _note([entry], now)
    return entry


def drop(entries: Iterable[int], now: datetime) -> int:
    """Remove rows; gives how many were there."""
    wanted = list(entries)
    gone = SharedPhoto.objects.filter(pk__in=wanted).delete()[0] if wanted else 0
    if gone:
        _note(wanted, now)
    return int(gone)


def drop_all() -> None:
    """Remove every row. The number jumps, so that whoever follows reads everything anew."""
    SharedPhoto.objects.all().delete()
    SharedChange.objects.all().delete()
    SharedCount.objects.filter(pk=_ONLY).update(number=_locked().number + 2)


def scour_rows() -> None:
    """Make the database give up the bytes of removed rows. Outside of any transaction."""
    scour("default", SharedPhoto._meta.db_table)


def is_there(entry: int) -> bool:
    """Whether an entry is in the index of this home."""
    return SharedPhoto.objects.filter(pk=entry).exists()


def _note(entries: list[int], now: datetime) -> None:
    last = _locked()
    for entry in entries:
        last.number += 1
        SharedChange(number=last.number, entry=entry, at=now).save(force_insert=True)
    last.save(force_update=True)


def _locked() -> SharedCount:
    """The count, held until the transaction ends, so that numbers become visible in their order."""
    row: SharedCount = SharedCount.objects.select_for_update().get_or_create(pk=_ONLY, defaults={"number": 0})[0]
    return row


def number() -> int:
    """The number of the latest change."""
    found: int | None = SharedCount.objects.filter(pk=_ONLY).values_list("number", flat=True).first()
    return found or 0


def changed_since(number: int, latest: int) -> set[int] | None:
    """The entries of the changes after `number` up to `latest`; None when some of them are known no more."""
    rows = SharedChange.objects.filter(number__gt=number, number__lte=latest).values_list("entry", flat=True)
    entries = list(rows)
    return set(entries) if len(entries) == latest - number else None


def rows(entries: Iterable[int] | None = None, at_once: int = 2000) -> Iterator[tuple[int, bytes]]:
    """Ids and packed rows, of these entries or of all, in the order of their random ids."""
    found = SharedPhoto.objects.all() if entries is None else SharedPhoto.objects.filter(pk__in=list(entries))
    for entry, packed in found.order_by("pk").values_list("pk", "hashes").iterator(chunk_size=at_once):
        yield entry, bytes(packed)


def sweep(services: Services) -> int:
    """Forget changes that every running server has seen long ago; gives how many. Needs nobody's key."""
    old = SharedChange.objects.filter(at__lt=services.now() - CHANGES_LIVE)
    if not old.exists():
        return 0
    with writing_allowed():
        return int(old.delete()[0])
