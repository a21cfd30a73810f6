"""Manners towards a host: one request at a time, a gap between two, robots.txt, and no sooner than it asks.

Belongs here: the way from an address to an answer, each step of it with leave. Not here: which addresses (`rounds`),
when to come again (`watching`), where turns are written down so that several workers and a restart keep them (`cases`).
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from sitr.errors import BadInput, OutsideSilent
from sitr.finding.robots import EVERYTHING, NOTHING, PRODUCT, Robots, read_robots
from sitr.finding.watching import retry_after
from sitr.net import Conditions, Limits, Response, Target, joined, read_target

_RULES = Limits(seconds=20.0, bytes=4_000_000, redirects=0)
_RULES_LIVE = timedelta(hours=24)  # RFC 9309, 2.4
_RULES_LIVE_IN_DOUBT = timedelta(hours=1)
_HOPS, _HOPS_TO_RULES = 10, 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 503})
_BUSY_PAUSE = timedelta(hours=1)


class Way(Protocol):
    """The guarded door, as far as it is used here (`net.Door` is one)."""

    def get(self, url: str, limits: Limits, *, since: Conditions | None = None) -> Response:
        """As `net.Door.get`."""


class Turns(Protocol):
    """Whose turn it is at a host, over all workers and restarts."""

    def take(self, host: str, gap: float) -> float:
        """0.0: the turn is taken and the next one comes `gap` seconds from now; else the seconds until one is free."""

    def close(self, host: str, until: datetime) -> None:
        """No turn at this host before `until`."""


@dataclass(frozen=True)
class Manners:
    """`gap`: least seconds between two requests to one host; `patience`: the longest wait for a turn in one visit;
    `seconds`: how long one visit may take in all."""

    gap: float = 10.0
    patience: float = 120.0
    seconds: float = 600.0


@dataclass(frozen=True)
class Kept:
    """No answer, and why: `disallowed` (by robots.txt), `held` (not our turn before `until`), `silent`."""

    why: str
    until: datetime | None = None


Book = dict[str, tuple[Robots | Kept, datetime]]
"""What sites ask of programs, by origin, and until when that holds."""


class Courtesy:
    """Asks for addresses as a guest does. Of one visit; `rules` may be remembered from an earlier one, `book` is shared
    by the visits of one worker."""

    def __init__(
        self,
        way: Way,
        turns: Turns,
        manners: Manners,
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
        rules: Mapping[str, Any] | None = None,
        book: Book | None = None,
    ) -> None:
        self._way, self._turns, self._manners = way, turns, manners
        self._now, self._sleep = now, sleep
        self._ends = now() + timedelta(seconds=manners.seconds)
        self._rules: Book = {} if book is None else book
        self.not_before: datetime | None = None
        """The latest time before which a host asked not to be visited; None where none did."""
        if rules and rules["origin"] not in self._rules:
            self._rules[rules["origin"]] = (Robots.of(rules), datetime.fromisoformat(rules["until"]))

    def get(self, url: str, limits: Limits, since: Conditions | None = None) -> Response | Kept:
        """The answer of an address, over redirects, each of which is asked for with the same leave and patience."""
        trail: list[str] = []
        for _ in range(_HOPS + 1):
            answer = self._asked(url, limits, since)
            if isinstance(answer, Kept):
                return answer
            onward = _onward(answer)
            if onward is None:
                return replace(answer, redirects=tuple(trail))
            trail.append(url)
            url = onward
        return Kept("silent")

    def remembered(self, url: str) -> dict[str, Any]:
        """The rules of an address's site, to be handed in at the next visit; empty where there are none to keep."""
        target = _target(url)
        rules, until = self._rules.get(_origin(target), (None, None)) if target else (None, None)
        said = rules.as_json() if isinstance(rules, Robots) else None
        if said is None or target is None or until is None:
            return {}
        return {**said, "origin": _origin(target), "until": until.isoformat()}

    def _asked(self, url: str, limits: Limits, since: Conditions | None) -> Response | Kept:
        target = _target(url)
        if target is None:
            return Kept("silent")
        rules = self._rules_of(target)
        if isinstance(rules, Kept):
            return rules
        if not rules.allows(url):
            return Kept("disallowed")
        return self._fetch(url, target, limits, since, rules.delay)

    def _fetch(
        self, url: str, target: Target, limits: Limits, since: Conditions | None, delay: float = 0.0
    ) -> Response | Kept:
        held = self._wait(target.host, max(self._manners.gap, delay))
        if held is not None:
            return held
        try:
            answer = self._way.get(url, replace(limits, redirects=0), since=since)
        except (OutsideSilent, BadInput) as silent:
            return Kept("too_big" if silent.code == "net.too_big" else "silent")
        asked = retry_after(answer.header("Retry-After"), self._now()) if answer.status in _BUSY else None
        if answer.status == 429 or asked:
            self._close(target.host, asked or self._now() + _BUSY_PAUSE)
        return answer

    def _wait(self, host: str, gap: float) -> Kept | None:
        """Wait for the turn; Kept where that would take too long."""
        while (left := self._turns.take(host, gap)) > 0:
            until = self._now() + timedelta(seconds=left)
            if left > max(self._manners.patience, gap) or until > self._ends:
                self._hold(until)
                return Kept("held", until)
            self._sleep(left)
        return None

    def _close(self, host: str, until: datetime) -> None:
        self._turns.close(host, until)
        self._hold(until)

    def _hold(self, until: datetime) -> None:
        self.not_before = max(self.not_before, until) if self.not_before else until

    def _rules_of(self, target: Target) -> Robots | Kept:
        known = self._rules.get(_origin(target))
        if known and known[1] > self._now():
            return known[0]
        rules = self._read_rules(target)
        if not (isinstance(rules, Kept) and rules.why == "held"):
            lives = _RULES_LIVE if isinstance(rules, Robots) else _RULES_LIVE_IN_DOUBT
            self._rules[_origin(target)] = (rules, self._now() + lives)
        if isinstance(rules, Robots) and rules.delay > self._manners.gap:
            # The pause that is asked for was not known when the file was: it holds from there on, too.
            self._turns.close(target.host, self._now() + timedelta(seconds=rules.delay))
        return rules

    def _read_rules(self, target: Target) -> Robots | Kept:
        """RFC 9309, 2.3.1: what came is read; a file that is refused or not there forbids nothing; one that cannot be
        had, for the server's sake, forbids all."""
        url: str | None = f"{_origin(target)}/robots.txt"
        for _ in range(_HOPS_TO_RULES + 1):
            there = _target(url) if url else None
            if url is None or there is None:
                return EVERYTHING
            answer = self._fetch(url, there, _RULES, None)
            if isinstance(answer, Kept):
                return NOTHING if answer.why == "too_big" else answer
            if answer.status not in _MOVED:
                return _rules_in(answer)
            url = _onward(answer)
        return EVERYTHING


def _rules_in(answer: Response) -> Robots | Kept:
    if 200 <= answer.status < 300:
        return read_robots(answer.body, PRODUCT)
    if answer.status in _BUSY or answer.status >= 500:
        return Kept("silent")
    return EVERYTHING


def _target(url: str) -> Target | None:
    try:
        return read_target(url)
    except (BadInput, OutsideSilent):
        return None


def _origin(target: Target) -> str:
    return f"{target.scheme}://{target.authority}"


def _onward(answer: Response) -> str | None:
    to = answer.header("Location") if answer.status in _MOVED else None
    try:
        return joined(answer.url, to) if to else None
    except OutsideSilent:
        return None


class MemoryTurns:
    """Turns of one process, for tests and for programs that keep no database. `now` gives the time."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._free = now, dict[str, datetime]()
        self._lock = threading.Lock()

    def take(self, host: str, gap: float) -> float:
        """As `Turns`."""
        with self._lock:
            now = self._now()
            free = self._free.get(host, now)
            if free > now:
                return (free - now).total_seconds()
            self._free[host] = now + timedelta(seconds=gap)
            return 0.0

    def close(self, host: str, until: datetime) -> None:
        """As `Turns`."""
        with self._lock:
            self._free[host] = max(until, self._free.get(host, until))
