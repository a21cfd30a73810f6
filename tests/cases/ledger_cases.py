"""Cases in which notices were sent and places visited, written straight into their rows: a hundred verbs for each would
say nothing more about the ledger.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.cases.case_world import World

from sitr.cases.models import Consent, Notice, Reply, Sighting, SightingState
from sitr.cases.outcomes import TO_LEDGER
from sitr.cases.work import Act, act, seconds
from sitr.journal import Kind
from sitr.takedown import NoticeState

X = ("x", "x_copyright", "dmca_512c3")
TIKTOK = ("tiktok", "tt_privacy", "platform_ncii_policy")
Runs = Sequence[tuple[str, float, float]]
"""What visits saw: live or gone, the first and the last visit, in hours after the start."""


def add_place(world: World, case: str, runs: Runs, *, service: str | None = "x", path: str = "1") -> str:
    """A place with what its visits saw; gives its id."""
    with act(world.holder, case, Kind.SIGHTING, "add_sighting") as doing:
        return _write_place(doing, runs, service, path)


def _write_place(doing: Act, runs: Runs, service: str | None, path: str) -> str:
    start, url = doing.now, f"https://x.com/someone/status/{path}"
    body: dict[str, Any] = {
        "url": url, "canonical": url, "page": url, "image": "", "service": service, "kind": "post", "ids": {},
        "domain": "x.com", "host": "x.com", "since": seconds(start), "last_checked": None, "returned": False,
        "was_gone": False, "photo": None, "score": None, "region": None, "reason": None,
        "runs": [[state, _at(start, first), _at(start, last)] for state, first, last in runs],
    }  # fmt: skip
    return doing.add(Sighting, body, state=SightingState.LIVE).id


def add_sent(world: World, case: str, place: str, door: Sequence[str | None], at: float = 0) -> str:
    """A notice that was sent at that hour, its time over a week later; gives its id."""
    with act(world.holder, case, Kind.NOTICE, "draft") as doing:
        return _write_sent(doing, place, door, at)


def _write_sent(doing: Act, place: str, door: Sequence[str | None], at: float) -> str:
    service, channel, basis = door
    body: dict[str, Any] = {
        "sighting": place, "service": service, "channel": channel, "basis": basis, "recipient": "", "lang": "en",
        "given": {}, "fields": {}, "missing": [], "subject": "s", "text": "t", "then": None, "lawful": False,
        "detail": "", "message_id": "", "sender": None, "sent_at": _at(doing.now, at),
        "due_at": _at(doing.now, at + 168),
    }  # fmt: skip
    return doing.add(Notice, body, state=NoticeState.SENT).id


def add_answer(world: World, case: str, notice: str, at: float | None) -> None:
    """An answer that says it was written at that hour."""
    time = None if at is None else _at(world.clock(), at)
    body: dict[str, Any] = {
        "notice": notice, "exhibit": "e", "sender": "", "subject": "", "time": time, "text": "", "problems": [],
    }  # fmt: skip
    with act(world.holder, case, Kind.REPLY, "file_reply") as doing:
        doing.add(Reply, body)


def _at(start: datetime, hours: float) -> str:
    return seconds(start + timedelta(hours=hours))


def removed_case(world: World, door: Sequence[str | None] = X, hours: float = 30, *, consent: bool = True) -> str:
    """A case with one notice whose place was seen to stand and then to be gone; with its consent."""
    case = world.open_case()
    with act(world.holder, case, Kind.NOTICE, "draft") as doing:
        place = _write_place(doing, [("live", hours - 5, hours - 5), ("gone", hours, hours)], door[0], "1")
        _write_sent(doing, place, door, 0)
        if consent:
            doing.add(Consent, {"to": TO_LEDGER, "given": True, "since": seconds(doing.now), "entered": []})
    return case
