"""What every verb needs from outside, handed in by the wiring: stores, keys, ports, time, randomness."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # named only: a list of cases is shown without loading what looks at pictures
    from sitr.evidence import Capture, CaptureOptions
    from sitr.evidence.imports import KeyRecords
    from sitr.finding.exchange import Exchange
    from sitr.journal import Authority, Calendars, Signer
    from sitr.knowledge import Knowledge
    from sitr.net import Door
    from sitr.takedown import Mailer
    from sitr.vault import BlobStore, Identity, KdfParams

    CapturePort = Callable[[str, Path, CaptureOptions, datetime], Capture]


@dataclass(frozen=True)
class Services:
    """`memory` is a folder that lies in memory; `capture` visits one address. `authority_roots` are certificates (PEM)
    that decide about `authorities`, `authority_names` their addresses. `backups_kept` is how long the operator keeps
    backups (None: not known to Sitr). `process` names this process, `is_alive` asks after such a name.
    `calendars`: the OpenTimestamps calendars that the operator named (None: none).
    `exchange` opens an exchange of watch-lists by its name, `exchange_names` are those that the operator set up;
    `match_hosts` are the names of this server under which the matching service answers (none: it is off).
    `desk_origins`: the addresses by which people reach this installation from elsewhere, by receipt code only.
    `key_records` asks the name system for the key of a mail's signature (None: nobody is asked).
    `standing_public` is the operator's key to which the orders of cases that consented are sealed, `standing` its
    secret part, only where visits are made while nobody is there ("" and None: not at all).
    """

    home: Path
    blobs: "BlobStore"
    signer: "Signer"
    door: "Door"
    knowledge: "Knowledge"
    capture: "CapturePort"
    mailer: "Mailer | None"
    mail_from: str
    authorities: "tuple[Authority, ...]"
    authority_roots: bytes
    now: Callable[[], datetime]
    random_bytes: Callable[[int], bytes] = field(repr=False)
    memory: Path
    kdf: "KdfParams"
    accept_unconfined: bool
    process: str
    is_alive: Callable[[str], bool]
    backups_kept: timedelta | None = None
    authority_names: tuple[str, ...] = ()
    key_records: "KeyRecords | None" = None
    standing: "Identity | None" = field(default=None, repr=False)
    standing_public: str = ""
    calendars: "Calendars | None" = None
    exchange: "Callable[[str], Exchange] | None" = None
    exchange_names: Callable[[], tuple[str, ...]] = tuple
    match_hosts: tuple[str, ...] = ()
    desk_origins: tuple[str, ...] = ()

    def new_id(self) -> str:
        """A random id of 96 bits, in small letters and digits that are hard to confuse."""
        alphabet = "23456789abcdefghjkmnpqrstvwxyzab"  # 32 signs; two stand twice, which costs nothing in an id
        return "".join(alphabet[byte & 31] for byte in self.random_bytes(20))


def whole_hour(time: datetime) -> datetime:
    """A time as it may stand in clear: to the hour."""
    return time.replace(minute=0, second=0, microsecond=0)
