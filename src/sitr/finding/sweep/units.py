"""Units of work: what one worker takes on at a time, and what comes back of it.

Belongs here: the two values and their JSON, which is how they travel to a process or a machine. Not here: how inputs
are cut into units (`inputs`), and what is done with one (`working`).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a unit is a part of."""

    WARC = "warc"
    WACZ = "wacz"
    PICTURES = "pictures"
    ADDRESSES = "addresses"
    BROKEN = "broken"


@dataclass(frozen=True)
class Unit:
    """A stretch of one source, small enough to be done again when a machine dies.

    `source`: a file's path, a folder or an object's address. WARC: the records that begin at offsets `start` to `end`
    (bytes, the latter not included) of the `size` bytes that stand at `base` of the source; `inner` is the WARC's name
    inside a WACZ; `base` is -1 where it is packed there and can only be read through. `exact`: `start` is known to be
    where a record begins. Pictures: `names` are paths. Broken: an archive that
    could not be opened, to be named. Addresses: `names` are addresses, of which
    the first is number `start` of the list.
    """

    number: int
    kind: Kind
    source: str
    size: int
    inner: str = ""
    base: int = 0
    start: int = 0
    end: int = 0
    exact: bool = False
    names: tuple[str, ...] = ()

    @property
    def inside(self) -> str:
        """The source as rows name it: `FILE#WARC` for a WARC in a WACZ."""
        return f"{self.source}#{self.inner}" if self.inner else self.source

    @property
    def bytes(self) -> int:
        """How much of the input it is; 0 for addresses, of which nothing is known before they are visited."""
        return self.end - self.start if self.kind in {Kind.WARC, Kind.WACZ} else self.size

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=True)

    @staticmethod
    def from_json(text: str) -> "Unit":
        """The unit in such a line."""
        read = json.loads(text)
        return Unit(**{**read, "kind": Kind(read["kind"]), "names": tuple(read["names"])})


COUNTS = ("records", "images", "small", "revisits", "candidates", "matches", "bad", "bytes")
"""What is counted. `records`: WARC records, files or addresses gone through; `images`: pictures whose hash was looked
up; `small`: shorter side under 64 pixels; `candidates`: pictures with a hash near one of the list; `matches`: rows that
say match; `bad`: records and pictures named among the errors; `bytes`: of the input."""


@dataclass(frozen=True)
class Outcome:
    """What came of one unit.

    `rows`: as `writing.SCHEMA`; `bad`: source, record, code, data of each bad record. `first`: where the first record
    that was read begins, None when none begins in the unit. `after`: where the record behind the last one begins, None
    when that is not known because the end of the unit is damaged.
    """

    unit: int
    counts: Mapping[str, int]
    rows: tuple[Mapping[str, Any], ...] = ()
    bad: tuple[Mapping[str, Any], ...] = ()
    first: int | None = None
    after: int | None = None

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=True)

    @staticmethod
    def from_json(text: str) -> "Outcome":
        """The outcome in such a line."""
        read = json.loads(text)
        return Outcome(**{**read, "rows": tuple(read["rows"]), "bad": tuple(read["bad"])})


def no_counts() -> dict[str, int]:
    """All counts at zero."""
    return dict.fromkeys(COUNTS, 0)
