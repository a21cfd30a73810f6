"""`sitr route`: the doors for one place of appearance, ranked, with the reason and the cost of each."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sitr.cases import notices
from sitr.cli.call import Call
from sitr.cli.showing import document
from sitr.cli.verbs.unlocking import keeper
from sitr.takedown import describe


def route(call: Call) -> int:
    """All doors; none known is an answer too, and its status is 1."""
    found = notices.routes(keeper(call), call.given.one("CASE"), call.given.one("SIGHTING"))
    shown = [_shown(call, door) for door in found]
    call.answer({"routes": shown}, _lines(call, shown))
    return 0 if found else 1


def _shown(call: Call, door: Any) -> dict[str, Any]:
    """A door with its sentences in the language of the call. `studies` are what was published, with their limits."""
    studies = [
        {
            "id": s.id, "removed": s.removed, "of": s.of, "hours": s.hours, "year": s.year,
            "name": getattr(s.name, call.lang), "limits": getattr(s.limits, call.lang),
            "confidence": s.confidence.value, "sources": [source.url for source in s.sources],
        }
        for s in door.studies
    ]  # fmt: skip
    why = [getattr(why, call.lang) for why in door.why]
    told = document(replace(door, why=(), studies=()))
    warnings = [getattr(line, call.lang) for line in door.warnings]
    return {**told, "why": why, "studies": studies, "expect": describe(door, call.lang), "warnings": warnings}


def _lines(call: Call, found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield call.say("no_routes")
    for door in found:
        channel = door["channel"] or door["kind"]
        yield call.say("route_line", rank=door["rank"], service=door["service"], channel=channel, basis=door["basis"])
        if door["address"]:
            yield "    " + call.say("at", url=door["address"])
        for why in door["why"]:
            yield f"    {why}"
        if door["exposes"]:
            yield (
                "    "
                + call.say("route_exposes")
                + " "
                + call.say("comma").join(call.say(f"exposes_{e}") for e in door["exposes"])
            )
        for line in door["expect"]:
            yield f"    {line}"
        for study in door["studies"]:
            yield "    " + call.say("route_study", name=study["name"], limits=study["limits"])
        for line in door["warnings"]:
            yield f"    {line}"
