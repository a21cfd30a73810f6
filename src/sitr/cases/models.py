"""What is stored. In clear only random ids, coarse states, hours, sizes and counts; everything else is sealed.

Rows of a case are written only inside `work.act` (or `work.bookkeeping`, for what no person did): any other write
raises `WriteOutsideVerb`, so that no change can escape the journal.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, ClassVar, NoReturn, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from sitr.cases.full_disk import named_full_database
from sitr.journal import AnchorState, StampState
from sitr.takedown import Result

_writing: ContextVar[bool] = ContextVar("sitr_writing", default=False)
M = TypeVar("M", bound=models.Model)


class WriteOutsideVerb(RuntimeError):
    """A row was about to be written with no journal entry. A defect in Sitr, never a person's doing."""


@contextmanager
def writing_allowed() -> Iterator[None]:
    """Open the guard. Stands around the transaction, so that a full disk has its name at the commit, too.

    Raises StoreFull `vault.disk_full` when the database has no room; then nothing was changed.
    """
    token = _writing.set(True)
    try:
        with named_full_database():
            yield
    finally:
        _writing.reset(token)


def _guard() -> None:
    if not _writing.get():
        raise WriteOutsideVerb


class GuardedQuerySet(models.QuerySet[M]):
    """A query set whose writes, too, pass the guard."""

    def update(self, **values: Any) -> int:
        """As Django's, inside a verb only."""
        _guard()
        return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        """As Django's, inside a verb only."""
        _guard()
        return super().delete()

    def bulk_create(self, *_args: Any, **_values: Any) -> NoReturn:
        """Refused: each row is written by itself, with its digest in the entry."""
        raise WriteOutsideVerb

    def bulk_update(self, *_args: Any, **_values: Any) -> NoReturn:
        """Refused, as `bulk_create`."""
        raise WriteOutsideVerb


class Guarded(models.Model):
    """A model whose rows change only inside a verb."""

    objects: ClassVar[models.Manager[Any]] = models.Manager.from_queryset(GuardedQuerySet)()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As Django's, inside a verb only."""
        _guard()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """As Django's, inside a verb only."""
        _guard()
        return super().delete(*args, **kwargs)


class User(AbstractBaseUser):
    """An account of a desk's worker. Personal mode has none; the table is there from the first migration on."""

    username = models.CharField(max_length=150, unique=True)
    holder_id = models.CharField(max_length=32, blank=True)
    is_active = models.BooleanField(default=True)

    objects = BaseUserManager["User"]()
    USERNAME_FIELD = "username"


class HolderKind(StrEnum):
    """Who a holder is, coarsely."""

    PERSON = "person"
    WORKER = "worker"
    TRUSTED = "trusted"
    RECEIPT = "receipt"


class Holder(Guarded):
    """Whoever can open a case. `public` is their age recipient."""

    id = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=8, choices=[(k, k) for k in HolderKind])
    public = models.CharField(max_length=80, unique=True)
    since_hour = models.DateTimeField()


class CaseState(StrEnum):
    """`erasing`: begun, to be completed at the next start if it was cut short."""

    OPEN = "open"
    CLOSED = "closed"
    ERASING = "erasing"
    ERASED = "erased"


class Case(Guarded):
    """One leak or threat, of one person. `public` is the age recipient of the present epoch."""

    id = models.CharField(max_length=32, primary_key=True)
    state = models.CharField(max_length=8, choices=[(s, s) for s in CaseState])
    public = models.CharField(max_length=80)
    epoch = models.PositiveIntegerField(default=0)
    opened_hour = models.DateTimeField()
    time_proof = models.BooleanField(default=False)
    calendar_proof = models.BooleanField(default=False)
    frontier = models.BinaryField()
    # What a person last did here, sealed: shown as "last opened".
    seen = models.BinaryField(default=bytes)


class Entry(Guarded):
    """One line of a case's journal. `opening` is sealed (salt and payload); null after erasure of its payload."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    seq = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField()
    line = models.BinaryField()
    opening = models.BinaryField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "seq"], name="one_entry_a_place")]
        ordering: ClassVar = ["case", "seq"]


class Checkpoint(Guarded):
    """The signed note after each write (C2SP signed note; holds an id, a size and a root)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    size = models.PositiveIntegerField()
    note = models.TextField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "size"], name="one_checkpoint_a_size")]
        ordering: ClassVar = ["case", "size"]


class Stamp(Guarded):
    """One authority's answer for one checkpoint: the whole RFC 3161 reply. `authority`: its place in the settings.

    `revocation`: what was said about the authority's certificate (PEM blocks; empty: it was not to be had; null: not
    asked yet), and when it is asked for again.
    """

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.CASCADE)
    authority = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=[(s, s) for s in StampState])
    attempts = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField()
    reply = models.BinaryField(null=True)
    # When the authority's certificate ends, and whether the reply is in a renewal; both null until looked at.
    ends = models.DateTimeField(null=True)
    renewed = models.BooleanField(null=True)
    revocation = models.BinaryField(null=True)
    revocation_tries = models.PositiveSmallIntegerField(default=0)
    revocation_next = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["checkpoint", "authority"], name="one_stamp_each")]


class Renewal(Guarded):
    """A stamp over earlier replies of a case, asked for before their certificates end. `text` holds their digests."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    authority = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=[(s, s) for s in StampState])
    attempts = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField()
    text = models.BinaryField()
    reply = models.BinaryField(null=True)
    ends = models.DateTimeField(null=True)
    renewed = models.BooleanField(null=True)
    revocation = models.BinaryField(null=True)
    revocation_tries = models.PositiveSmallIntegerField(default=0)
    revocation_next = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]


class Anchor(Guarded):
    """The OpenTimestamps proof of one checkpoint: none yet, pending, or with the way to a block. `next_try` is null
    when nobody is asked any more; `asked` is when the pending proof was made."""

    checkpoint = models.OneToOneField(Checkpoint, on_delete=models.CASCADE)
    state = models.CharField(max_length=10, choices=[(s, s) for s in AnchorState])
    attempts = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField(null=True)
    asked = models.DateTimeField(null=True)
    proof = models.BinaryField(null=True)


class SealedRow(Guarded):
    """A row whose words are all in one sealed cell, opened by the key of its epoch.

    `coarse` names what stands in clear beside it and yet belongs to the record: it is under the entry's digest, too.
    """

    coarse: ClassVar[tuple[str, ...]] = ()

    id = models.CharField(max_length=32, primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    epoch = models.PositiveIntegerField()
    order = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        abstract = True
        ordering: ClassVar = ["order", "id"]


class Answers(SealedRow):
    """What the person answered, whole, once a change: country, answers, free words."""


class Step(SealedRow):
    """What became of one step: done, skipped, later."""


class Photo(SealedRow):
    """The fingerprint of one photo of the person; the photo itself only where they asked for it."""

    blob = models.CharField(max_length=32, blank=True)


class SightingState(StrEnum):
    """Coarse state of a place; why is sealed."""

    PROPOSED = "proposed"
    REJECTED = "rejected"
    LIVE = "live"
    GONE = "gone"
    MOVED = "moved"
    LOGIN_WALL = "login_wall"
    UNKNOWN = "unknown"


UNACCEPTED = frozenset({SightingState.PROPOSED, SightingState.REJECTED})
"""States of a find that the person has not taken for a place of appearance."""


class Sighting(SealedRow):
    """One address at which a photo stands or stood."""

    coarse = ("state",)

    state = models.CharField(max_length=12, choices=[(s, s) for s in SightingState])


class Exhibit(SealedRow):
    """One sealed item of evidence: a random blob name, the digest of its ciphertext, its padded size.

    `preview`: its blurred preview, sealed by the key of `preview_epoch`. Every exhibit has one of the same size, so
    that nobody sees which of them show pictures; empty where it comes from before previews, or from another Sitr.
    """

    blob = models.CharField(max_length=32)
    sha256 = models.CharField(max_length=64)
    padded = models.BigIntegerField()
    preview = models.BinaryField(default=bytes)
    preview_epoch = models.PositiveIntegerField(default=0)


class Notice(SealedRow):
    """One notice. `state` is takedown's; `due_hour` is when its clock ends, without what for."""

    coarse = ("state", "due_hour")

    state = models.CharField(max_length=12)
    due_hour = models.DateTimeField(null=True)


class Reply(SealedRow):
    """An answer to a notice, filed as an exhibit."""


class Parsed(SealedRow):
    """What was read out of an exhibit: a derived view, in parts of some hundred items; the exhibit is the evidence.

    `exhibit` and `part` stand in clear (random id, count), so that one part is opened without the others: decision
    0013.
    """

    coarse = ("exhibit", "part")

    exhibit = models.CharField(max_length=32, db_index=True)
    part = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["order", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["exhibit", "part"], name="one_parsed_part")]


class Looked(SealedRow):
    """Photos that were looked for in a captured page after it was captured, and what was found then. What was looked
    for at the time stands with the exhibit."""

    coarse = ("exhibit",)

    exhibit = models.CharField(max_length=32, unique=True)


class Jar(SealedRow):
    """The cookies of the person's own session: names and hosts in the words, the values in a cell of their own that no
    export takes along. At most one a case."""

    secret = models.BinaryField(default=bytes)


class PairingState(StrEnum):
    """A code was shown; a browser has its key; over."""

    OFFERED = "offered"
    PAIRED = "paired"
    ENDED = "ended"


class Pairing(SealedRow):
    """A browser that may add to this case and read nothing: decision 0014.

    `digest` is of the one-time code (stretched with `salt`) while offered, of key and origin once paired; `place` is
    the half of the code that tells which one is meant, while offered; `origin_mark` is a digest of the extension's
    origin. Neither code nor key is stored.
    """

    coarse = ("state", "until")

    state = models.CharField(max_length=8, choices=[(s, s) for s in PairingState])
    until = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True, db_index=True)
    salt = models.CharField(max_length=32, blank=True)
    place = models.CharField(max_length=6, blank=True)
    origin_mark = models.CharField(max_length=64, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_hour = models.DateTimeField(null=True)


class ArrivalState(StrEnum):
    """What a paired browser added waits until a holder decides."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Arrival(SealedRow):
    """One file that a paired browser added. Its blob lies at the place of the exhibit that it may become, which has it
    once it is accepted."""

    coarse = ("state",)

    state = models.CharField(max_length=8, choices=[(s, s) for s in ArrivalState])
    blob = models.CharField(max_length=32, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    padded = models.BigIntegerField(default=0)


class WatchState(StrEnum):
    """Whether an address is watched now."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class Watch(SealedRow):
    """One address that is visited again by schedule: what the person decided about it (decision 0017)."""

    coarse = ("state",)

    state = models.CharField(max_length=8, choices=[(s, s) for s in WatchState])


class NewsState(StrEnum):
    """What a worker saw is its proposal until a holder opens it."""

    WAITING = "waiting"
    TAKEN = "taken"


class WatchNews(SealedRow):
    """Something new that a worker saw at a watched address, added without any key to the case."""

    coarse = ("state",)

    state = models.CharField(max_length=8, choices=[(s, s) for s in NewsState])


class WatchRound(Guarded):
    """The running round of one watch (its id is the watch's): no decision of anybody, so no entry tells of it.

    `order` is sealed to the worker's key that `key` is a mark of (both empty: in nobody's hands); `account` says the
    same to the case's key of `epoch`. `due_hour` is null while the watch is paused. `lease` names the visit that is
    under way until `lease_until`.
    """

    id = models.CharField(max_length=32, primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    due_hour = models.DateTimeField(null=True)
    key = models.CharField(max_length=32, blank=True, db_index=True)
    order = models.BinaryField(default=bytes)
    account = models.BinaryField(default=bytes)
    epoch = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["due_hour", "id"]


class HostTurn(Guarded):
    """When the next request may go to one host, over all workers and restarts; `id` is a keyed digest of its name. Gone
    as soon as that time is past."""

    id = models.CharField(max_length=32, primary_key=True)
    free_at = models.DateTimeField()


class Consent(SealedRow):
    """What the person allowed beyond the case itself, and since when: to whom, for what, and what came of it."""


class SubmissionState(StrEnum):
    """`sending`: written before the first byte went out; after a crash it is `unknown`."""

    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


class Submission(SealedRow):
    """A photo's hashes handed to an exchange of watch-lists: which, when, what came of it."""

    coarse = ("state",)

    state = models.CharField(max_length=9, choices=[(s, s) for s in SubmissionState])


SEALED: tuple[type[SealedRow], ...] = (
    Answers, Step, Photo, Sighting, Exhibit, Notice, Reply, Consent, Parsed, Jar, Pairing, Arrival, Watch, WatchNews,
    Submission, Looked,
)  # fmt: skip


def table_name(model: type[SealedRow]) -> str:
    """The name of a table in places, journal entries and portable cases: part of what is sealed, never to change."""
    return model.__name__.lower()


TABLES: dict[str, type[SealedRow]] = {table_name(model): model for model in SEALED}


class LedgerOutcome(Guarded):
    """One outcome in the ledger (takedown's `Outcome`), in clear. It knows no case, no time and no place in an order:
    `key` is 128 bits of chance, and rows are written in the order of their keys. See decision 0012.
    """

    key = models.CharField(max_length=32, primary_key=True)
    service = models.CharField(max_length=64)
    channel = models.CharField(max_length=64, blank=True)
    basis = models.CharField(max_length=64)
    answer_low = models.PositiveSmallIntegerField(null=True)
    answer_high = models.PositiveSmallIntegerField(null=True)
    removal_low = models.PositiveSmallIntegerField()
    removal_high = models.PositiveSmallIntegerField(null=True)
    result = models.CharField(max_length=9, choices=[(r.value, r.value) for r in Result])
    came_back = models.BooleanField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["service"], name="ledger_by_service")]


class HolderLock(Guarded):
    """A holder's identity, locked by their secret (vault's LockedIdentity, packed). Database `keys`."""

    holder_id = models.CharField(max_length=32, primary_key=True)
    locked = models.BinaryField()


class ReceiptLock(Guarded):
    """The identity of a holder that a receipt code opens: an age file to the code's `unlock`, found by its `locate`
    (hex; it tells nothing of the other). `mark`: 16 bits of the code, so that what nobody was given is turned away
    before it costs anything; empty for codes given before there were marks. Database `keys`.
    """

    holder_id = models.CharField(max_length=32, primary_key=True)
    locate = models.CharField(max_length=32, unique=True)
    mark = models.CharField(max_length=4, blank=True, db_index=True)
    locked = models.BinaryField()


class ReceiptSalt(Guarded):
    """The one salt of this installation's receipt codes. Database `keys`."""

    id = models.PositiveSmallIntegerField(primary_key=True)
    salt = models.BinaryField()


class WrappedKey(Guarded):
    """A case's identity of one epoch, as an age file to one holder's public key. Database `keys`.

    `holder_id` empty: the identity of an older epoch, sealed to the one that followed it.
    """

    case_id = models.CharField(max_length=32)
    holder_id = models.CharField(max_length=32, blank=True)
    epoch = models.PositiveIntegerField()
    wrapped = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case_id", "holder_id", "epoch"], name="one_wrap_a_holder")
        ]
