"""One visit to one watched address: what is asked, what it shows, what is remembered, what is to be told.

Belongs here: the visit of a work order, with manners (`courtesy`), and its judgement (`visits`). Not here: the hour of
the next one (`watching`), what becomes of it in the case (`cases`). Nothing that was fetched is kept but digests.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sitr.finding.copies import Found, find_copies
from sitr.finding.courtesy import Courtesy, Kept
from sitr.finding.markers import image_addresses, inline_pictures, mark_inside, runs_scripts
from sitr.finding.visits import Answer, State, judge_visit
from sitr.finding.watching import (
    Memory,
    Order,
    Sight,
    WatchKind,
    after_failure,
    interval,
    merged,
    next_visit,
    validator,
)
from sitr.net import Limits, Response

PAGE = Limits(seconds=20.0, bytes=10_000_000, redirects=0)
IMAGE = Limits(seconds=20.0, bytes=40_000_000, redirects=0)
MOST_IMAGES = 40
QUIET, DISALLOWED = "quiet", "disallowed"
"""States of a watched page beyond those of a place: it opens and shows no copy; the site asks programs to stay away."""
_LOOK_AGAIN = timedelta(days=7)
_IN_VAIN = frozenset(
    f"finding.{name}" for name in ("visit_unknown_silent", "visit_unknown_server", "visit_unknown_busy", "watch_held")
)
_TOLD = frozenset({State.LIVE, State.GONE, State.MOVED, State.LOGIN_WALL, QUIET, DISALLOWED})


@dataclass(frozen=True)
class Find:
    """A copy on the watched page: the exact address of the image, or, for one that stands in the page itself, which.

    `same_scene` as in `copies.Found`; finds that were sealed before it was told are copies.
    """

    image: str
    photo: str
    score: float
    region: tuple[tuple[float, float], ...] | None
    mirrored: bool
    same_scene: bool = False

    def as_json(self) -> dict[str, Any]:
        """For sealing."""
        region = [list(point) for point in self.region] if self.region else None
        return {**self.__dict__, "region": region}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Find":
        """From `as_json`."""
        region = tuple((x, y) for x, y in said["region"]) if said["region"] else None
        return cls(**{**said, "region": region})


@dataclass(frozen=True)
class Told:
    """What a visit found that is new: a state, copies that were not known. `before`: what the visit before saw, and
    when."""

    at: str
    url: str
    state: str
    reason: Mapping[str, Any]
    finds: tuple[Find, ...]
    before: str
    before_at: str


@dataclass(frozen=True)
class Visited:
    """A visit done: the order for the next one, and what is to be told (None: nothing new)."""

    order: Order
    told: Told | None
    state: str
    unchanged: bool


def visit(order: Order, ask: Courtesy, now: Callable[[], datetime], chance: float) -> Visited:
    """Visit the address of an order once. `chance` (0 to 1) decides the minute of the next visit."""
    at = now()
    seen = _Round(order, ask, at).look()
    finds = tuple(find for find in seen.finds if find.image not in order.memory.shown)
    told = _to_tell(order, seen, finds, at)
    memory = _remember(order.memory, seen, told, at)
    memory = replace(memory, rules=ask.remembered(order.url))
    step = interval(order.every, at - datetime.fromisoformat(memory.fresh))
    if memory.failures:
        step = after_failure(memory.failures, step)
    due = next_visit(now(), step, chance, ask.not_before)
    return Visited(replace(order, memory=memory, due=due), told, seen.state, seen.unchanged)


@dataclass
class _Seen:
    """What one visit saw."""

    state: str
    reason: dict[str, Any]
    url: str
    unchanged: bool = False
    finds: tuple[Find, ...] = ()
    page: Sight | None = None
    images: tuple[Sight, ...] = ()
    looked: bool = False


def _remember(memory: Memory, seen: _Seen, told: Told | None, at: datetime) -> Memory:
    now = at.isoformat()
    in_vain = seen.reason["code"] in _IN_VAIN
    return replace(
        memory, visits=memory.visits + 1, last=now, failures=memory.failures + 1 if in_vain else 0,
        state=memory.state if in_vain else seen.state, state_at=memory.state_at if in_vain else now,
        state_reason=memory.state_reason if in_vain else seen.reason, reason=seen.reason,
        told=seen.state if told and seen.state in _TOLD else memory.told, fresh=now if told else memory.fresh,
        shown=(*memory.shown, *(find.image for find in told.finds)) if told else memory.shown,
        page=seen.page or memory.page, images=merged(memory.images, seen.images),
        looked=now if seen.looked else memory.looked,
    )  # fmt: skip


def _to_tell(order: Order, seen: _Seen, finds: tuple[Find, ...], at: datetime) -> Told | None:
    """New copies, or a state that is another than the last that was told. That nothing is known is no news, and that a
    page shows no copy is none at its first visit."""
    before = order.memory.told or order.was
    news = seen.state in _TOLD and seen.state != before and not (seen.state == QUIET and not before)
    if not news and not finds:
        return None
    return Told(at.isoformat(), seen.url, seen.state, seen.reason, finds, order.memory.state, order.memory.state_at)


@dataclass(frozen=True)
class _Compared:
    """Whether an image shows a copy, None where that is not known, and whether it is too small to tell."""

    copy: bool | None
    small: bool = False


class _Round:
    """One visit under way. `_photo_sized`: an image was seen, now or before, that a photo could be told in; `_blind`:
    none was, and the page brings scripts."""

    def __init__(self, order: Order, ask: Courtesy, at: datetime) -> None:
        self._order, self._ask, self._at = order, ask, at
        self._memory = order.memory
        self._known = {one.url: one for one in order.memory.images}
        self._fresh: list[Sight] = []
        self._finds: list[Find] = []
        self._photo_sized = self._blind = False

    def look(self) -> _Seen:
        """The page first, then what it shows."""
        before = self._memory.page
        got = self._ask.get(self._order.url, PAGE, before.conditions() if before else None)
        if isinstance(got, Kept):
            return self._kept(got)
        if got.status == 304 and before is not None:
            seen = self._not_modified(before)
            if seen is not None:
                return seen
            # What the page says is not kept, so it is asked for again to judge the image beside it.
            got = self._ask.get(self._order.url, PAGE)
            if isinstance(got, Kept):
                return self._kept(got)
        return self._judged(got)

    def _kept(self, kept: Kept) -> _Seen:
        if kept.why == "disallowed":
            return _Seen(DISALLOWED, {"code": "finding.watch_disallowed", "data": {}}, self._order.url)
        name = "watch_held" if kept.why == "held" else "visit_unknown_silent"
        data = {} if kept.why == "held" else {"status": 0}
        return _Seen(State.UNKNOWN, {"code": f"finding.{name}", "data": data}, self._order.url)

    def _not_modified(self, before: Sight) -> _Seen | None:
        """The page is as it was: nothing more is asked, but for the image of a place, and for all images now and then,
        since they can be exchanged under a page that stays. None where the image is not as it was."""
        memory = self._memory
        if self._order.image and self._order.pictures and self._order.image != self._order.url:
            known = self._known.get(self._order.image)
            answer = self._image(self._order.image)
            if known is None or (answer.status, answer.copy) != (known.status, known.copy):
                return None
        elif self._must_look():
            return None
        page = replace(before, at=self._at.isoformat())
        images = tuple(self._fresh)
        return _Seen(memory.state, dict(memory.state_reason), before.url, unchanged=True, page=page, images=images)

    def _must_look(self) -> bool:
        memory = self._memory
        if not self._order.pictures or not self._order.photos:
            return False
        return not memory.looked or self._at - datetime.fromisoformat(memory.looked) >= _LOOK_AGAIN

    def _judged(self, got: Response) -> _Seen:
        digest = hashlib.sha256(got.body).hexdigest()
        before = self._memory.page
        same = before is not None and (before.digest, before.status, before.url) == (digest, got.status, got.url)
        page, looked = self._page(got, unchanged=same)
        image = self._order.image if self._order.image != self._order.url else ""
        verdict = judge_visit(page, self._image(image) if image else None)
        state, code = verdict.state.value, verdict.reason.code
        if self._order.kind is not WatchKind.PLACE:
            if code == "finding.visit_unknown_no_image":
                state, code = QUIET, "finding.watch_quiet"
            code = "finding.watch_found" if code == "finding.visit_live" else code
        if self._blind and code == "finding.visit_unknown_not_looked":
            code = "finding.watch_scripts"
        sight = Sight(
            got.url, validator(got.header("etag")), validator(got.header("last-modified")), digest, got.status,
            page.copy, self._at.isoformat(),
        )  # fmt: skip
        return _Seen(
            state, {"code": code, "data": dict(verdict.reason.data)}, got.url,
            unchanged=same and state == self._memory.state and not self._finds, finds=tuple(self._finds),
            page=sight if 200 <= got.status < 300 else None, images=tuple(self._fresh), looked=looked,
        )  # fmt: skip

    def _page(self, got: Response, *, unchanged: bool) -> tuple[Answer, bool]:
        """What the page answered, and whether its images were gone through."""
        told = Answer(self._order.url, got.status, got.url)
        if (got.header("content-type") or "").startswith("image/"):
            copy = self._compare(got.url, got.body).copy if got.status == 200 else None
            return replace(told, copy=copy), True
        told = replace(told, text=got.body.decode("utf-8", "replace"))
        if got.status != 200:
            return told, False
        before = self._memory.page
        if unchanged and before is not None and before.copy is not None and not self._must_look():
            return replace(told, copy=before.copy), False
        return replace(told, copy=self._copy_on(told.text, got.url)), True

    def _copy_on(self, html: str, base: str) -> bool | None:
        """True for a copy among the page's images; False only when all were seen and none is one. None of them is
        fetched where pictures are not to be taken in, or there is no photo to look for. Where a page brings scripts and
        no picture beyond icons, what it shows was not seen: large platforms send such pages to everybody."""
        if not self._order.pictures or not self._order.photos:
            return None
        addresses = image_addresses(html, base)
        answers = [self._compare(mark_inside("data", data), data).copy for data in inline_pictures(html)]
        for url in self._in_order(addresses):
            answers.append(self._image(url).copy)
        if any(answers):
            return True
        self._blind = not self._photo_sized and runs_scripts(html)
        whole = len(addresses) <= MOST_IMAGES and None not in answers and not self._blind
        return False if whole else None

    def _in_order(self, addresses: list[str]) -> Iterator[str]:
        """Those never seen first: a page of more images than one visit may ask for is seen whole in several."""
        yield from sorted(addresses, key=lambda url: url in self._known)[:MOST_IMAGES]

    def _image(self, url: str) -> Answer:
        """What an image's own address answers; asked once in a visit, and by what it gave the last time."""
        done = next((one for one in self._fresh if one.url == url), None)
        if done is not None:
            return Answer(url, done.status or None, url, "", done.copy)
        if not self._order.pictures:
            return Answer(url, None)
        known = self._known.get(url)
        got = self._ask.get(url, IMAGE, known.conditions() if known else None)
        if isinstance(got, Kept):
            return Answer(url, None)
        if got.status == 304 and known is not None:
            self._fresh.append(known)
            self._photo_sized |= known.copy is not None and not known.small
            return Answer(url, known.status, url, "", known.copy)
        digest = hashlib.sha256(got.body).hexdigest()
        if known is not None and (known.digest, known.status) == (digest, got.status):
            seen = _Compared(known.copy, known.small)
            self._photo_sized |= known.copy is not None and not known.small
        else:
            seen = self._compare(url, got.body) if got.status == 200 else _Compared(None)
        # By the address as the page names it: conditions hold for an answer that came from there directly.
        direct = got.url == url
        tag, changed = (validator(got.header(name)) if direct else "" for name in ("etag", "last-modified"))
        self._fresh.append(Sight(url, tag, changed, digest, got.status, seen.copy, self._at.isoformat(), seen.small))
        return Answer(url, got.status, got.url, "", seen.copy)

    def _compare(self, url: str, data: bytes) -> _Compared:
        """Whether these bytes are a copy; what is found is noted under the address. None where they cannot be read."""
        if not self._order.photos or not self._order.pictures:
            return _Compared(None)
        search = find_copies([(url, data)], self._order.photos)
        self._finds += [_find(one) for one in search.found]
        self._photo_sized |= bool(search.looked)
        small = not search.looked and all(one.why.code == "finding.skipped_small" for one in search.skipped)
        return _Compared(bool(search.found) if search.looked or small else None, small)


def _find(one: Found) -> Find:
    region = tuple((float(x), float(y)) for x, y in one.region) if one.region else None
    return Find(one.image_url, one.photo, one.score, region, one.mirrored, one.same_scene)
