"""`sitr route`: the doors for one place of appearance, ranked, with the reason and the cost of each."""

from collections.abc import Iterator
from typing import Any

from sitr.cases import notices
from sitr.cli.call import Call
from sitr.cli.verbs.unlocking import keeper


def route(call: Call) -> int:
    """All doors; none known is an answer too, and its status is 1."""
    found = notices.routes(keeper(call), call.given.one("CASE"), call.given.one("SIGHTING"))
    call.answer({"routes": found}, _lines(call, found))
    return 0 if found else 1


def _lines(call: Call, found: list[Any]) -> Iterator[str]:
    if not found:
        yield call.say("no_routes")
    for door in found:
        yield call.say("route_line", rank=door.rank, service=door.service, channel=door.channel, basis=door.basis)
        for why in door.why:
            yield "    " + why
        if door.exposes:
            yield "    " + call.say("route_exposes", what=", ".join(door.exposes))
        if door.hours is not None:
            yield "    " + call.say("route_hours", hours=door.hours)
