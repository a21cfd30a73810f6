"""When a watched address is visited again, and what is remembered of it between two visits.

Belongs here: the schedule, its chance, backing off, and the values of a work order. Pure: time and chance are handed
in. Not here: manners towards a host (`courtesy`), the visit itself (`rounds`), who may read an order (`cases`).
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from sitr.fingerprint import Fingerprint
from sitr.net import Conditions


class WatchKind(StrEnum):
    """What is watched: a page, an account's public page, a search engine's page of results, a place of appearance."""

    PAGE = "page"
    ACCOUNT = "account"
    SEARCH = "search"
    PLACE = "place"


class Every(StrEnum):
    """How often: by itself (daily at first, then more and more rarely), or at a steady interval. Never hourly."""

    AUTO = "auto"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


DAY = timedelta(days=1)
LEAST = timedelta(hours=6)
"""No two visits of one address are ever planned nearer to each other than this."""
LONGEST = timedelta(days=400)
"""Further ahead nothing is planned, whatever a server asks for."""
_STEADY = {Every.DAILY: DAY, Every.WEEKLY: 7 * DAY, Every.MONTHLY: 30 * DAY}
# What comes back mostly does so in the first weeks; later a visit a month is enough and costs hosts little.
_STAGES = ((14 * DAY, DAY), (45 * DAY, 3 * DAY), (180 * DAY, 7 * DAY))
_SPREAD = 0.5
_MOST_VALIDATOR = 300
_MOST_IMAGES = 400


def interval(every: Every, quiet: timedelta) -> timedelta:
    """The time between two visits when nothing has changed for `quiet`."""
    if every in _STEADY:
        return _STEADY[every]
    return next((step for until, step in _STAGES if quiet < until), 30 * DAY)


def next_visit(now: datetime, step: timedelta, chance: float, not_before: datetime | None = None) -> datetime:
    """When to come again: `step` later, a quarter of it earlier or later by `chance` (0 to 1), so that a host sees no
    rhythm; never before `not_before`, never nearer than `LEAST`, never further than `LONGEST`."""
    wait = step * (1 - _SPREAD / 2 + _SPREAD * min(max(chance, 0.0), 1.0))
    planned = now + min(max(wait, LEAST), LONGEST)
    return max(planned, min(not_before, now + LONGEST)) if not_before else planned


def after_failure(failures: int, usual: timedelta) -> timedelta:
    """The time to the next try after `failures` visits in a row that told nothing: doubled each time, up to the usual
    interval."""
    return min(LEAST * 2.0 ** min(max(failures, 1) - 1, 12), max(usual, LEAST))


def retry_after(value: str | None, now: datetime) -> datetime | None:
    """The time that a Retry-After header names (RFC 9110, 10.2.3: seconds or a date), at most `LONGEST` ahead; None for
    none, for one that cannot be read, and for one that is past."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=min(int(text[:12]), 10**9)), LONGEST)
    try:
        named = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = named if named.tzinfo else named.replace(tzinfo=UTC)
    return min(aware.astimezone(UTC), now + LONGEST) if aware > now else None


@dataclass(frozen=True)
class Sight:
    """What one address answered last: enough to ask whether it changed, and what was seen then. `small`: an image in
    which no photo can be told."""

    url: str
    etag: str = ""
    modified: str = ""
    digest: str = ""
    status: int = 0
    copy: bool | None = None
    at: str = ""
    small: bool = False

    def conditions(self) -> Conditions | None:
        """How to ask whether it changed; None where the server gave nothing to ask by."""
        plain = all(said.isascii() and said.isprintable() for said in (self.etag, self.modified))
        if not plain or not (self.etag or self.modified):
            return None
        return Conditions(self.url, self.etag, self.modified)


@dataclass(frozen=True)
class Memory:
    """What is remembered from visit to visit; sealed wherever it lies.

    `fresh`: the last time at which something changed; `state`: what was seen last, when and why (a visit in vain sees
    nothing), `reason`: of the last visit; `told`: the last state that was reported; `shown`: finds that were reported;
    `looked`: when images were last gone through; `rules`: the site's robots.txt as read, and until when it holds.
    """

    fresh: str
    visits: int = 0
    last: str = ""
    failures: int = 0
    state: str = ""
    state_at: str = ""
    state_reason: Mapping[str, Any] = field(default_factory=dict)
    reason: Mapping[str, Any] = field(default_factory=dict)
    told: str = ""
    shown: tuple[str, ...] = ()
    page: Sight | None = None
    images: tuple[Sight, ...] = ()
    looked: str = ""
    rules: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For sealing."""
        images = [asdict(one) for one in self.images[-_MOST_IMAGES:]]
        page = asdict(self.page) if self.page else None
        return asdict(self) | {"shown": list(self.shown[-_MOST_IMAGES:]), "page": page, "images": images}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Memory":
        """From `as_json`."""
        page = Sight(**said["page"]) if said["page"] else None
        images = tuple(Sight(**one) for one in said["images"])
        return cls(**{**said, "page": page, "images": images, "shown": tuple(said["shown"])})


@dataclass(frozen=True)
class Order:
    """A work order: all that a worker needs for one visit, and nothing else of the case.

    `image`: the direct address of the copy, for a place. `pictures`: whether images may be fetched; with False only
    address, time, status and words are judged. `mark` is a random word by which what is found is named. `was`: the
    state that the place had when the order was made. `due`: the exact minute, which stands in clear nowhere.
    """

    url: str
    kind: WatchKind
    every: Every
    pictures: bool
    due: datetime
    memory: Memory
    image: str = ""
    was: str = ""
    photos: Mapping[str, Fingerprint] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """For sealing."""
        photos = {name: base64.b64encode(one.pack()).decode() for name, one in self.photos.items()}
        return {
            "v": 1, "url": self.url, "kind": self.kind.value, "every": self.every.value, "pictures": self.pictures,
            "due": self.due.isoformat(), "memory": self.memory.as_json(), "image": self.image, "was": self.was,
            "photos": photos,
        }  # fmt: skip

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Order":
        """From `as_json`."""
        return cls(
            url=said["url"], kind=WatchKind(said["kind"]), every=Every(said["every"]), pictures=said["pictures"],
            due=datetime.fromisoformat(said["due"]), memory=Memory.of(said["memory"]), image=said["image"],
            was=said["was"],
            photos={name: Fingerprint.unpack(base64.b64decode(one)) for name, one in said["photos"].items()},
        )  # fmt: skip


def validator(value: str | None) -> str:
    """A header by which to ask again, as it is remembered; empty for none and for one of no reasonable length."""
    return value if value and len(value) <= _MOST_VALIDATOR else ""


def forget_sights(memory: Memory) -> Memory:
    """The same without what was seen: when the photos to look for are others now, everything is looked at anew."""
    return Memory(**{**memory.__dict__, "page": None, "images": (), "looked": ""})


def merged(sights: Sequence[Sight], fresh: Sequence[Sight]) -> tuple[Sight, ...]:
    """What is remembered of images, the newest last."""
    new = {one.url for one in fresh}
    return (*(one for one in sights if one.url not in new), *fresh)[-_MOST_IMAGES:]
