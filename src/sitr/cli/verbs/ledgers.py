"""`sitr ledger` and `sitr case consent`: what became of notices, given on by consent and in batches only."""

from collections.abc import Iterator
from typing import Any

from sitr.cases import ledgers, outcomes
from sitr.cli.call import Call
from sitr.cli.files import existing, new_file
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper
from sitr.errors import BadInput


def consent(call: Call) -> int:
    """Whether a case's outcomes may enter the ledger: said, or changed. What would be shared is told before."""
    what, wish = call.given.one("outcomes"), call.given.maybe("on|off")
    if what != "outcomes":
        raise BadInput("cli.one_of", word=what, choices="outcomes")
    case, holder = call.given.one("CASE"), keeper(call)
    if wish == "on":
        call.note(call.say("consent_what"))
        call.confirm(call.say("consent_sure"))
    view = outcomes.consent(holder, case, given=wish == "on") if wish else outcomes.show(holder, case)
    call.answer({"consent": view}, _consent_lines(call, view))
    return 0


def _consent_lines(call: Call, view: Any) -> Iterator[str]:
    yield call.say("consent_on", since=moment(view.since)) if view.consented else call.say("consent_off")
    for one in view.outcomes:
        yield "    " + _outcome_line(call, one)
    for service, channel, basis in view.entered:
        yield "    " + call.say("outcome_entered", door=_door(service, channel, basis))


def _outcome_line(call: Call, one: Any) -> str:
    low, high = one.removal.low, one.removal.high
    said = [call.say(f"outcome_{one.result.value}")]
    if high is not None or low:  # refused before any visit: nothing is known of the time
        said.append(call.say("hours_from", low=low) if high is None else call.say("hours_between", low=low, high=high))
    return f"{_door(one.service, one.channel, one.basis)}: {call.say('comma').join(said)}"


def _door(service: str, channel: str | None, basis: str) -> str:
    return " · ".join(dict.fromkeys((service, *([channel] if channel else []), basis)))


def contribute(call: Call) -> int:
    """Give what consenting cases may give, in one batch. 1 where there are too few; nothing left its case then."""
    given = ledgers.contribute(keeper(call))
    call.answer({"contributed": given}, [call.say("contributed", cases=given.cases, rows=given.rows, n=given.waiting)])
    return 0


def export(call: Call) -> int:
    """The ledger of this home in one file, for another desk."""
    out = new_file(call.given.one("FILE"))
    holder = keeper(call)
    call.confirm(call.say("ledger_export_sure"))
    rows = ledgers.export_ledger(holder, out)
    call.answer({"file": out, "rows": rows}, [call.say("ledger_exported", n=rows, file=out)])
    return 0


def take_in(call: Call) -> int:
    """The ledger of another desk: checked whole, then taken in; what is here already counts once."""
    file = existing(call.given.one("FILE"))
    taken = ledgers.import_ledger(keeper(call), file)
    call.answer({"taken": taken}, [call.say("ledger_taken", n=taken.new, known=taken.known, left_out=taken.left_out)])
    return 0


def stats(call: Call) -> int:
    """How many outcomes of each door there are; needs no secret, since nothing in it leads to a case."""
    view = ledgers.stats(call.services)
    call.answer({"ledger": view}, _stats_lines(call, view))
    return 0


def _stats_lines(call: Call, view: Any) -> Iterator[str]:
    yield call.say("ledger_rows", n=view.rows)
    for one in view.doors:
        counts = {"of": one.n, "removed": one.removed, "refused": one.refused, "silent": one.no_answer}
        door = _door(one.service, one.channel, one.basis)
        yield "    " + call.say("ledger_door", door=door, open=one.open, back=one.came_back, **counts)
