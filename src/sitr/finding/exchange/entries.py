"""One entry of a watch-list: a hash that is looked for, of which kind, and whether it still is.

Belongs here: the value and what makes one well-formed. Not here: files (`plain`, `signal_files`), other parties.
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sitr.errors import BadInput


class Kind(StrEnum):
    """What the value is: PDQ of a picture, MD5 of a film's file, vPDQ of a film's sampled frames."""

    PDQ = "pdq"
    MD5 = "md5"
    VPDQ = "vpdq"


class EntryState(StrEnum):
    """`withdrawn`: whoever put it there took it back; it must leave every set that it is in."""

    ACTIVE = "active"
    WITHDRAWN = "withdrawn"


LONGEST_LABEL = 64
MOST_LABELS = 32
MOST_FRAMES = 7200  # two hours, a frame a second
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_DIGITS = {Kind.PDQ: re.compile(r"[0-9a-f]{64}"), Kind.MD5: re.compile(r"[0-9a-f]{32}")}
_FRAME = re.compile(r"([0-9a-f]{64}),([0-9]{1,3}),([0-9]{1,9}(?:\.[0-9]{1,9})?(?:e\+[0-9]{2})?)")


@dataclass(frozen=True, slots=True)
class WatchEntry:
    """One hash that is looked for.

    `value` is lower-case hex for `pdq` (64 digits, the order of ThreatExchange) and `md5` (32), and for `vpdq` the JSON
    list of `hex,quality,seconds` that threatexchange's vPDQ extension exchanges. `quality` is PDQ's, 0 to 100; None
    where the source names none. `updated` is aware UTC.
    """

    id: str
    kind: Kind
    value: str
    quality: int | None = None
    state: EntryState = EntryState.ACTIVE
    labels: tuple[str, ...] = ()
    updated: datetime | None = None


def derived_id(kind: Kind, value: str) -> str:
    """The id of an entry that came without one: the same for the same hash, wherever it is read."""
    return hashlib.sha256(f"{kind.value}\0{value}".encode()).hexdigest()[:32]


def is_id(text: str) -> bool:
    """Whether a text can be an entry's id: letters, digits and `._:-`, at most 64."""
    return _ID.fullmatch(text) is not None


def read_value(kind: Kind, untrusted: str) -> str:
    """The value in its one form. Raises BadInput `exchange.bad_value`; the text itself is never in the error."""
    if kind is Kind.VPDQ:
        return _frames(untrusted)
    value = untrusted.strip().lower()
    if not value.isascii() or not _DIGITS[kind].fullmatch(value):
        raise BadInput("exchange.bad_value", kind=kind.value)
    return value


def _frames(untrusted: str) -> str:
    try:
        listed = json.loads(untrusted)
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_FRAMES or not all(map(_is_frame, listed)):
        raise BadInput("exchange.bad_value", kind=Kind.VPDQ.value)
    return json.dumps([one.lower() for one in listed], separators=(",", ":"))


def _is_frame(one: object) -> bool:
    found = _FRAME.fullmatch(one.lower()) if isinstance(one, str) and one.isascii() else None
    return found is not None and int(found[2]) <= 100 and math.isfinite(float(found[3]))


def is_label(text: str) -> bool:
    """Whether a text can be a label: 1 to 64 printable characters, no `;` (which parts labels in CSV)."""
    return 0 < len(text) <= LONGEST_LABEL and text.isprintable() and ";" not in text and text == text.strip()


def fitting_labels(untrusted: object) -> tuple[str, ...]:
    """Those of another party's labels that can be kept, sorted, each once; what does not fit is left out."""
    found = untrusted if isinstance(untrusted, list | tuple | set | frozenset) else ()
    return tuple(sorted({one for one in found if isinstance(one, str) and is_label(one)})[:MOST_LABELS])
