"""What goes into a dossier: frozen values that the caller fills from an opened case.

Here belong only shapes. What is released and what stays back is decided by the caller, item by item: an exhibit without
a `source` is listed with its digest and never leaves. How it is drawn, signed, packed and sealed is in the other files.
All times are aware and in UTC. `Both` holds the two languages; a plain `str` is a machine value or
the person's own words.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

Tongue = Literal["ar", "en", "both"]
"""The languages of a paper."""

ByteSource = Callable[[], Iterable[bytes]]
"""Gives the bytes anew on each call, in chunks, never whole (vault `read` behind a partial)."""


class Both(NamedTuple):
    """The same sentence in Arabic and English."""

    ar: str
    en: str


@dataclass(frozen=True)
class Answer:
    """One question of the plan and what was answered: the options chosen, or the person's own words."""

    question: Both
    chosen: tuple[Both, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class TimelineRow:
    """One thing that happened. `value` is a machine value (address, handle, number); `entry` the journal's seq."""

    time: datetime
    what: Both
    value: str = ""
    entry: int | None = None


@dataclass(frozen=True)
class SightingRow:
    """One address at which the photo stands or stood. `state`: live, gone, moved, login_wall, unknown."""

    id: str
    url: str
    service: str
    state: str
    since: datetime
    last_checked: datetime | None = None
    returned: bool = False
    image_urls: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class CustodyEvent:
    """One moment in the life of an exhibit: sealed, viewed, exported, released ..., by which pseudonym, and why."""

    time: datetime
    what: Both
    actor: str
    entry: int | None = None
    why: Both | None = None


@dataclass(frozen=True)
class Credentials:
    """What was found of content credentials (C2PA) in a file when it was taken in. `state`: valid, altered, unjudged,
    unreadable; `said`: that in a sentence; `signer`, `issuer`: names as the certificate in the file claims them.
    """

    state: str
    said: Both
    reason: str = ""
    signer: str = ""
    issuer: str = ""


@dataclass(frozen=True)
class ExhibitItem:
    """One sealed item of evidence.

    `sha256` (lower-case hex) and `length` (bytes) are of the original bytes. `source` is None when the item is not
    released. `copy` (JPEG) goes in its place: a blurred one, which shows nobody. `picture` says that the bytes show, or
    may show, the photo. `preview` is a small PNG or JPEG for the page, already blurred if it is to be blurred; None
    draws none.
    """

    id: str
    kind: str
    name: str
    media_type: str
    sha256: str
    length: int
    time: datetime
    source: ByteSource | None = None
    copy: bytes | None = None
    picture: bool = False
    preview: bytes | None = None
    url: str = ""
    kept: int | None = None
    expected: int | None = None
    missing: tuple[str, ...] = ()
    partial: bool = False
    method: str = ""
    entry: int | None = None
    custody: tuple[CustodyEvent, ...] = ()
    note: Both | None = None
    credentials: Credentials | None = None


@dataclass(frozen=True)
class ReplyRow:
    """One answer of a recipient; `exhibit` names the item that holds the mail itself."""

    time: datetime
    sender: str
    subject: str
    text: str
    exhibit: str = ""


@dataclass(frozen=True)
class NoticeRow:
    """One notice. `state` is a value of takedown's NoticeState; `recipient` an address or the name of a form."""

    id: str
    sighting: str
    recipient: str
    basis: Both
    citation: str
    state: str
    text: str
    sent_at: datetime | None = None
    due_at: datetime | None = None
    lawful: bool = False
    then: Both | None = None
    reference: str = ""
    replies: tuple[ReplyRow, ...] = ()


@dataclass(frozen=True)
class LegalRow:
    """A law or rule that may apply. `verified` is False for what is only recalled; `checked` the date of the check."""

    name: Both
    citation: str
    source: str = ""
    checked: str = ""
    verified: bool = False


@dataclass(frozen=True)
class TimeProof:
    """One RFC 3161 reply, whole. `data` are the very bytes that were stamped (a checkpoint), or empty when the digest
    is that of the exhibit named by `exhibit`. `chain` holds PEM certificates: what is needed to judge the token.
    `crl` (PEM) and `ocsp` (DER): what was said about the revocation of its certificate.
    """

    tsr: bytes
    chain: bytes
    digest: str
    time: datetime
    authority: str
    serial: str = ""
    policy: str = ""
    data: bytes = b""
    exhibit: str = ""
    crl: bytes = b""
    ocsp: bytes = b""


@dataclass(frozen=True)
class JournalPart:
    """The journal as its room wrote it: NDJSON leaves, the last signed-note checkpoint, openings of what is released.

    `openings` is the JSON that `sitr.journal.verifier` reads. Earlier checkpoints go in as `TimeProof.data`. With
    `proofs` (the file of that name) there are no lines and no openings: only what is released is proven. `handed` are
    the checkpoints that were given to the person, `consistency` the proofs from older checkpoints to the last.
    """

    lines: bytes
    checkpoint: bytes
    openings: bytes
    proofs: bytes = b""
    handed: tuple[bytes, ...] = ()
    consistency: bytes = b""


@dataclass(frozen=True)
class Renewal:
    """A stamp over the digests of earlier replies (`text`), made before their certificates end.

    `crl` (PEM) and `ocsp` (DER) as in TimeProof.
    """

    text: bytes
    tsr: bytes
    chain: bytes
    time: datetime
    authority: str
    crl: bytes = b""
    ocsp: bytes = b""


@dataclass(frozen=True)
class Anchor:
    """An OpenTimestamps proof (`ots`, the whole file) of the checkpoint `data`. `blocks`: the blocks of Bitcoin that it
    names, none while it is pending and proves nothing; `waiting`: the calendars that promised to complete it.
    """

    ots: bytes
    data: bytes
    blocks: tuple[int, ...] = ()
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certified:
    """What is filled in beforehand on the page that a person signs; each may be empty. Date and signature never are."""

    name: str = ""
    capacity: str = ""
    training: str = ""
    departures: str = ""
    place: str = ""


@dataclass(frozen=True)
class Contents:
    """Everything that one dossier says. `made_for` and `purpose` are as the person wrote them; both may be empty.

    `alias` is how the person wants to be named on the paper; empty means that nobody is named. `audience` says for whom
    this was chosen; `certificate` whether the page to be filled and signed by a person is in it; `tongue` in which
    languages the paper is written.
    """

    case: str
    opened_at: datetime
    journal: JournalPart
    alias: str = ""
    country: str = ""
    made_for: str = ""
    purpose: str = ""
    answers: tuple[Answer, ...] = ()
    timeline: tuple[TimelineRow, ...] = ()
    sightings: tuple[SightingRow, ...] = ()
    exhibits: tuple[ExhibitItem, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    legal: tuple[LegalRow, ...] = ()
    gaps: tuple[Both, ...] = ()
    proofs: tuple[TimeProof, ...] = ()
    renewals: tuple[Renewal, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    audience: Both | None = None
    certificate: bool = True
    certified: Certified = field(default_factory=Certified)
    tongue: Tongue = "both"
    tools: tuple[str, ...] = field(default=())
