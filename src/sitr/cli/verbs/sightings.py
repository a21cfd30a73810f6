"""`sitr sighting`: the places of appearance of a case."""

from collections.abc import Iterable, Iterator
from typing import Any

from sitr.cases import proofs, sightings
from sitr.cli.call import Call
from sitr.cli.files import new_file
from sitr.cli.showing import document, moment
from sitr.cli.verbs.unlocking import keeper
from sitr.vault.files import written_whole
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


def proof(call: Call) -> int:
    """Draw why a find is called a copy, to a new file: blurred, unless `--clear`; `--anew` fetches the picture."""
    given = call.given
    file = new_file(given.option("--out") or "")
    drawn = proofs.draw(
        keeper(call), given.one("CASE"), given.one("SIGHTING"), lang=call.lang, clear=given.has("--clear"),
        anew=given.has("--anew"),
    )  # fmt: skip
    with written_whole(file) as out:
        out.write(drawn.png)
    why = say(drawn.code, call.lang, **drawn.data)
    call.answer({"file": file, "match": drawn.match, "why": why}, [why, call.say("exhibit_exported", file=file)])
    return 0


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
            if view.same_scene:
                yield "    " + call.say("sighting_scene")
