"""`sitr watch`: addresses that are visited again by schedule, and the worker that visits them."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sitr.cases import orders, watches
from sitr.cases.orders import Worker
from sitr.cli.call import Call
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper
from sitr.errors import BadInput, Locked
from sitr.finding import Manners
from sitr.words import say

MANNERS = Manners()
LONGEST_NAP = 60.0
"""Seconds after which the loop looks again, whatever it waits for: orders may have come meanwhile."""


def add(call: Call) -> int:
    """Watch addresses, places by their id, or all accepted places (`--places`)."""
    holder, case, texts = keeper(call), call.given.one("CASE"), call.given.taken.get("URL", ())
    every = call.given.option("--every") or "auto"
    if call.given.has("--places") == bool(texts):
        raise BadInput("cli.watch_what")
    if not texts:
        made = watches.add_places(holder, case, every=every)
    else:
        kind = call.given.option("--kind")
        made = [one for text in texts for one in watches.add(holder, case, text, kind=kind, every=every)]
    call.answer({"watches": made}, _lines(call, made))
    return 0


def list_all(call: Call) -> int:
    """What is watched; what workers saw meanwhile is opened."""
    holder, case = keeper(call), call.given.one("CASE")
    taken = watches.take_in(holder, case)
    found, away = watches.list_watches(holder, case), watches.away(holder, case)
    shown = {"watches": found, **_taken(taken), "away": away}
    call.answer(shown, [*_lines(call, found), *_taken_lines(call, taken), *_away_lines(call, away)])
    return 0


def pause(call: Call) -> int:
    """Visit an address no more for now."""
    return _set(call, watches.pause, "watch_paused")


def resume(call: Call) -> int:
    """Visit it again."""
    return _set(call, watches.resume, "watch_resumed")


def remove(call: Call) -> int:
    """Watch it no more."""
    return _set(call, watches.remove, "watch_removed")


def _set(call: Call, verb: Callable[[Any, str, str], None], said: str) -> int:
    watch = call.given.one("WATCH")
    verb(keeper(call), call.given.one("CASE"), watch)
    call.answer({"watch": watch}, [call.say(said)])
    return 0


def consent(call: Call) -> int:
    """Whether addresses of a case may be visited while nobody is there: said, or changed. What that means is told
    before."""
    case, wish, holder = call.given.one("CASE"), call.given.maybe("on|off"), keeper(call)
    if wish == "on":
        call.note(call.say("watch_away_what"))
        call.confirm(call.say("watch_away_sure"))
    view = watches.consent(holder, case, given=wish == "on") if wish else watches.away(holder, case)
    call.answer({"away": view}, _away_lines(call, view))
    return 0


def run(call: Call) -> int:
    """Visit what is due: with the passphrase, in all one's own cases; with the operator's key (`--standing`), what
    people consented to. Goes on until it is stopped, for `--for` minutes, or once."""
    going = _going(call)
    taken, visits = (_standing if call.given.has("--standing") else _unlocked)(call, going)
    shown = {"visits": visits, **_taken(taken)}
    call.answer(shown, [call.say("watch_visited", n=len(visits)), *_taken_lines(call, taken)])
    return 0


def _going(call: Call) -> Callable[[], bool]:
    """Whether the time that was asked for is not over."""
    minutes = call.given.option("--for")
    if minutes is None:
        return lambda: True
    if not (minutes.isascii() and minutes.isdigit() and 0 < int(minutes) <= 60 * 24 * 31):
        raise BadInput("cli.not_a_number", word=minutes)
    end = call.services.now() + timedelta(minutes=int(minutes))
    return lambda: bool(call.services.now() < end)


def _unlocked(call: Call, going: Callable[[], bool]) -> tuple[Any, list[Any]]:
    """A round as whoever is there; each has a key of its own, which ends with it."""
    holder, visits, parts = keeper(call), [], []
    with _until_stopped():
        while True:
            done = watches.visit_now(holder, manners=MANNERS, sleep=time.sleep, going=going)
            visits += list(done.visits)
            parts.append(done.taken)
            _note(call, done.visits)
            if call.given.has("--once") or not _nap(call, going, None):
                break
    return watches.together(parts), visits


def _standing(call: Call, going: Callable[[], bool]) -> tuple[Any, list[Any]]:
    """Rounds with the operator's key: nothing is opened, what was seen waits for whoever holds the case."""
    identity = call.services.standing
    if identity is None:
        raise Locked("cli.watch_no_key")
    worker, visits = Worker(identity, call.services, standing=True), []
    with _until_stopped():
        while True:
            for view in orders.run(worker, manners=MANNERS, sleep=time.sleep, going=going):
                visits.append(view)
                _note(call, [view])
            if call.given.has("--once") or not _nap(call, going, orders.next_due(worker)):
                break
    return watches.TakenView(), visits


class _until_stopped:  # noqa: N801  reads as a block
    """Ctrl-C ends the loop in order; what was begun is put back by whoever began it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is KeyboardInterrupt


def _nap(call: Call, going: Callable[[], bool], until: datetime | None) -> bool:
    """Wait a while; whether to go on."""
    now = call.services.now()
    left = (until - now).total_seconds() if until else LONGEST_NAP
    time.sleep(min(max(left, 1.0), LONGEST_NAP))
    return going()


def _note(call: Call, visits: Any) -> None:
    """Progress, with ids and coarse words only: an address must not stand in whatever keeps this."""
    for one in visits:
        call.note(call.say("watch_visit", watch=one.watch, state=_state(call, one.state), next=moment(one.next_at)))


def _taken(taken: Any) -> dict[str, Any]:
    return {"returned": taken.returned, "proposed": taken.proposed, "changed": taken.changed}


def _taken_lines(call: Call, taken: Any) -> Iterator[str]:
    for name in ("returned", "proposed", "changed"):
        for place in getattr(taken, name):
            state = call.say("state_" + place.state)
            yield call.say("watch_" + name, id=place.id, url=place.url, state=state)


def _lines(call: Call, found: Any) -> Iterator[str]:
    if not found:
        yield call.say("watch_none")
    for one in found:
        kind, every = call.say("watch_kind_" + one.kind), call.say("watch_every_" + one.every)
        yield call.say("watch_line", id=one.id, kind=kind, url=one.url, every=every)
        following = moment(one.next_at) if one.next_at else call.say("watch_is_paused")
        last = moment(one.last_at) if one.last_at else call.say("no_time")
        yield "    " + call.say("watch_more", next=following, last=last, n=one.visits)
        if one.reason:
            yield "    " + say(one.reason["code"], call.lang, **one.reason["data"])


def _away_lines(call: Call, away: Any) -> Iterator[str]:
    if away.given:
        yield call.say("watch_away_on", since=moment(away.since), n=away.orders)
    else:
        yield call.say("watch_away_off" if away.possible else "watch_away_never")


def _state(call: Call, state: str) -> str:
    return call.say("state_" + state)
