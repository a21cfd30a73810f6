"""Lists of addresses, visited one after another through the guarded door, no faster than a host can bear.

Belongs here: going through a list, hosts by turns, and telling a picture from a page. A page's images are visited too.
Not here: the manners themselves (`finding.courtesy`: robots.txt, a gap between two requests, waiting when told to).
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sitr.finding.courtesy import Courtesy, Kept, Manners, Way
from sitr.finding.markers import image_addresses
from sitr.finding.sweep import bodies
from sitr.finding.sweep.records import Bad, Item, Passed, Picture
from sitr.finding.sweep.screening import Screen
from sitr.finding.sweep.units import Outcome, Unit
from sitr.finding.sweep.working import Job, Tally
from sitr.net import Limits, Response

GAP = 1.0
"""Seconds between one request to a host and the next, where its robots.txt asks for no longer one."""
PATIENCE = 60.0
"""Seconds that a host may ask to wait; where it asks for more, its addresses are named as not visited."""
IMAGES_A_PAGE = 100
_LIMITS = Limits(seconds=30.0, bytes=bodies.MOST_UNFOLDED, redirects=5)
_YEARS = 1e9
_BUSY = frozenset({429, 503})
_WHY = {"disallowed": "finding.sweep_robots", "held": "finding.sweep_busy", "silent": "finding.sweep_silent"}


class Visitor:
    """Visits addresses politely. `sleep`: waits so many seconds, `now`: aware UTC, also the time written in rows."""

    def __init__(
        self, door: Way, *, sleep: Callable[[float], None], now: Callable[[], datetime], gap: float = GAP
    ) -> None:
        manners = Manners(gap=gap, patience=PATIENCE, seconds=_YEARS)
        self._courtesy = Courtesy(door, _Turns(now), manners, now, sleep)
        self._now = now

    def run(self, units: Sequence[Unit], job: Job) -> Iterator[Outcome]:
        """Visit the addresses of all units; one outcome a unit."""
        screen = Screen(job.watch, wide=job.wide, version=job.version)
        for unit in units:
            tally = Tally(screen)
            for item in self.items(unit):
                tally.take(item)
            yield tally.outcome(unit, None, None)

    def items(self, unit: Unit) -> Iterator[Item]:
        """What stands at each address of the unit, hosts by turns. `record`: the address's place in the list."""
        for place, url in _by_turns(unit.names):
            yield from self._visit(unit.source, unit.start + place, url)

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
        answer = self._courtesy.get(url, _LIMITS)
        if isinstance(answer, Kept):
            return Bad(source, place, _WHY[answer.why])
        if answer.status in _BUSY:
            return Bad(source, place, "finding.sweep_busy")
        return answer if answer.status == 200 else Bad(source, place, "finding.sweep_status")


class _Turns:
    """Whose turn it is at a host, in this process: a sweep of addresses is done by one."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._free: dict[str, datetime] = {}

    def take(self, host: str, gap: float) -> float:
        """As `courtesy.Turns.take`."""
        now = self._now()
        left = (self._free.get(host, now) - now).total_seconds()
        if left <= 0:
            self._free[host] = now + timedelta(seconds=gap)
        return max(0.0, left)

    def close(self, host: str, until: datetime) -> None:
        """As `courtesy.Turns.close`."""
        self._free[host] = max(self._free.get(host, until), until)


def _by_turns(addresses: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Each address with its place, one host after the other, so that nobody waits for the gap of a single host."""
    hosts: dict[str, deque[tuple[int, str]]] = {}
    for place, url in enumerate(addresses):
        hosts.setdefault(_host(url), deque()).append((place, url))
    while hosts:
        for host in list(hosts):
            yield hosts[host].popleft()
            if not hosts[host]:
                del hosts[host]


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:  # "http://[broken": a list may hold anything
        return ""
