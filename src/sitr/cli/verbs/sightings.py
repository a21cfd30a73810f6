"""`sitr sighting`: the places of appearance of a case."""

from collections.abc import Iterable, Iterator
from typing import Any

from sitr.cases import sightings
from sitr.cli.call import Call
from sitr.cli.showing import document, moment
from sitr.cli.verbs.unlocking import keeper
from sitr.words import say


def add(call: Call) -> int:
    """Add every address in what was pasted; words around them do no harm."""
    return _shown(call, sightings.add_sighting(keeper(call), call.given.one("CASE"), "\n".join(call.given.many("URL"))))


def list_all(call: Call) -> int:
    """All places of a case."""
    return _shown(call, sightings.list_sightings(keeper(call), call.given.one("CASE")))


def check(call: Call) -> int:
    """Visit one place, or all of them, and say what stands there now."""
    holder, case, one = keeper(call), call.given.one("CASE"), call.given.maybe("SIGHTING")
    return _shown(call, [sightings.check(holder, case, one)] if one else sightings.check_all(holder, case))


def _shown(call: Call, views: Iterable[Any]) -> int:
    found = list(views)
    shown = [{**document(view), "reason": _reason(call, view)} for view in found]
    call.answer({"sightings": shown}, _lines(call, found))
    return 0


def _reason(call: Call, view: Any) -> str | None:
    """Why it is taken to be so, as a sentence."""
    return say(view.reason["code"], call.lang, **view.reason["data"]) if view.reason else None


def _lines(call: Call, views: list[Any]) -> Iterator[str]:
    if not views:
        yield call.say("no_sightings")
    for view in views:
        yield call.say("sighting_line", id=view.id, state=call.say("state_" + view.state), url=view.url)
        checked = moment(view.last_checked) if view.last_checked else call.say("no_time")
        service = view.service_name or call.say("service_unknown")
        yield "    " + call.say("sighting_more", service=service, since=moment(view.since), checked=checked)
        if reason := _reason(call, view):
            yield f"    {reason}"
        if view.returned:
            yield "    " + call.say("sighting_returned")
        if view.proposed:
            yield "    " + call.say("sighting_proposed")
