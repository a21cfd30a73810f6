"""Lists of addresses, visited one after another through the guarded door, no faster than a host can bear.

Belongs here: politeness (robots.txt, a pause between two requests to one host, waiting when told to), and telling a
picture from a page. A page's images are visited too. Sources: RFC 9309 (robots.txt), RFC 9110, 10.2.3 (Retry-After).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from sitr.errors import SitrError
from sitr.finding.markers import image_addresses
from sitr.finding.sweep import bodies
from sitr.finding.sweep.records import Bad, Item, Passed, Picture
from sitr.finding.sweep.screening import Screen
from sitr.finding.sweep.units import Outcome, Unit
from sitr.finding.sweep.working import Job, Tally
from sitr.net import Limits, Response

PAUSE = 1.0
"""Seconds between the end of one request to a host and the next."""
MOST_PAUSE = 60.0
"""Seconds that a host may ask to wait; where it asks for more, its address is named as not visited."""
IMAGES_A_PAGE = 100
_LIMITS = Limits(seconds=30.0, bytes=bodies.MOST_UNFOLDED, redirects=5)
_ROBOTS = Limits(seconds=15.0, bytes=512 * 1024, redirects=5)
_BUSY = frozenset({429, 503})


class WebDoor(Protocol):
    """What is needed of `sitr.net.Door`."""

    def get(self, url: str, limits: Limits) -> Response:
        """Fetch an address that anybody may have written."""


class Visitor:
    """Visits addresses politely. `clock`: seconds, `sleep`: waits so many, `now`: the time written in rows."""

    def __init__(
        self,
        door: WebDoor,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        now: Callable[[], datetime],
        pause: float = PAUSE,
    ) -> None:
        self._door, self._clock, self._sleep, self._now, self._pause = door, clock, sleep, now, pause
        self._free: dict[str, float] = {}
        self._robots: dict[str, RobotFileParser | None] = {}

    def run(self, units: Sequence[Unit], job: Job) -> Iterator[Outcome]:
        """Visit the addresses of all units; one outcome a unit."""
        screen = Screen(job.watch, wide=job.wide, version=job.version)
        for unit in units:
            tally = Tally(screen)
            for item in self.items(unit):
                tally.take(item)
            yield tally.outcome(unit, 0, None, None)

    def items(self, unit: Unit) -> Iterator[Item]:
        """What stands at each address of the unit, hosts by turns. `record`: the address's place in the unit."""
        for place, url in _by_turns(unit.names):
            yield from self._visit(unit.source, place, url)

    def _visit(self, source: str, place: int, url: str) -> Iterator[Item]:
        answer = self._answer(source, place, url)
        if isinstance(answer, Bad):
            yield answer
            return
        item = self._picture(source, place, answer)
        yield item
        if isinstance(item, Picture) or bodies.media_type(answer.header("Content-Type") or "") != "text/html":
            return
        images = image_addresses(answer.body.decode("utf-8", "replace"), answer.url)
        for image in images[:IMAGES_A_PAGE]:
            shown = self._answer(source, place, image)
            yield shown if isinstance(shown, Bad) else self._picture(source, place, shown)

    def _picture(self, source: str, place: int, answer: Response) -> Item:
        said = bodies.media_type(answer.header("Content-Type") or "")
        if bodies.is_picture(answer.body):
            moment = self._now().isoformat(timespec="seconds").replace("+00:00", "Z")
            return Picture(source, place, answer.body, answer.url, moment, "", said)
        if said.startswith("image/") and said != "image/svg+xml":
            return Bad(source, place, "finding.sweep_empty" if not answer.body else "finding.sweep_not_a_picture")
        return Passed()

    def _answer(self, source: str, place: int, url: str) -> Response | Bad:
        """The answer of status 200 to one address, or why there is none."""
        host = urlsplit(url).netloc.lower()
        try:
            if not self._welcome(url, host):
                return Bad(source, place, "finding.sweep_robots")
            answer = self._get(url, host, _LIMITS)
            if answer.status in _BUSY:
                wait = _seconds(answer.header("Retry-After"))
                if wait > MOST_PAUSE:
                    return Bad(source, place, "finding.sweep_busy")
                self._free[host] = self._clock() + wait
                answer = self._get(url, host, _LIMITS)
        except SitrError as refused:
            return Bad(source, place, refused.code)
        if answer.status in _BUSY:
            return Bad(source, place, "finding.sweep_busy")
        return answer if answer.status == 200 else Bad(source, place, "finding.sweep_status")

    def _get(self, url: str, host: str, limits: Limits) -> Response:
        wait = self._free.get(host, 0.0) - self._clock()
        if wait > 0:
            self._sleep(wait)
        try:
            return self._door.get(url, limits)
        finally:
            self._free[host] = self._clock() + self._pause

    def _welcome(self, url: str, host: str) -> bool:
        if host not in self._robots:
            self._robots[host] = self._rules(url, host)
        rules = self._robots[host]
        return rules is not None and rules.can_fetch("*", url)

    def _rules(self, url: str, host: str) -> RobotFileParser | None:
        """The host's rules; None when it could not be asked, which counts as no (RFC 9309, 2.3.1.4)."""
        try:
            answer = self._get(f"{urlsplit(url).scheme}://{host}/robots.txt", host, _ROBOTS)
        except SitrError:
            return None
        if answer.status >= 500:
            return None
        rules = RobotFileParser()
        rules.parse(answer.body.decode("utf-8", "replace").splitlines() if answer.status == 200 else [])
        return rules


def _seconds(asked: str | None) -> float:
    """Retry-After in seconds; a date or nothing counts as ten seconds."""
    return float(asked) if asked and asked.isdecimal() and len(asked) < 9 else 10.0


def _by_turns(addresses: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Each address with its place, one host after the other, so that nobody waits for the pause of a single host."""
    hosts: dict[str, deque[tuple[int, str]]] = {}
    for place, url in enumerate(addresses):
        hosts.setdefault(urlsplit(url).netloc.lower(), deque()).append((place, url))
    while hosts:
        for host in list(hosts):
            yield hosts[host].popleft()
            if not hosts[host]:
                del hosts[host]
