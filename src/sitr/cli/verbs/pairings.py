"""`sitr pair` and `sitr arrived`: browsers that may add to a case, and what they added."""

from sitr.cases import arrivals, pairings
from sitr.cli.call import Call
from sitr.cli.showing import moment
from sitr.cli.verbs.captures import exhibit_line
from sitr.cli.verbs.unlocking import keeper


def offer(call: Call) -> int:
    """Show a code that a browser exchanges for its key."""
    made = pairings.offer(keeper(call), call.given.one("CASE"))
    lines = [call.say("pair_code", code=made.code, time=moment(made.until)), call.say("pair_then")]
    call.answer({"id": made.id, "code": made.code, "until": made.until}, lines)
    return 0


def list_all(call: Call) -> int:
    """All browsers that are or were paired with a case."""
    found = pairings.list_pairings(keeper(call), call.given.one("CASE"))
    lines = [
        call.say(
            "pair_line", id=one.id, browser=one.browser, state=one.state, until=moment(one.until),
            used=moment(one.used_hour) if one.used_hour else "-",
        )
        for one in found
    ]  # fmt: skip
    call.answer({"pairings": found}, lines or [call.say("pair_none")])
    return 0


def end(call: Call) -> int:
    """Take a browser's key from it."""
    pairings.end(keeper(call), call.given.one("CASE"), call.given.one("PAIRING"))
    call.answer({"ended": call.given.one("PAIRING")}, [call.say("pair_ended")])
    return 0


def arrived(call: Call) -> int:
    """What waits for a decision."""
    found = arrivals.list_arrivals(keeper(call), call.given.one("CASE"))
    lines = [
        call.say("arrived_line", id=one.id, url=one.url, time=moment(one.captured_at), n=len(one.files))
        for one in found
    ]
    call.answer({"arrived": found}, lines or [call.say("arrived_none")])
    return 0


def accept(call: Call) -> int:
    """Take what arrived as exhibits; files that differ from what the browser had hashed are named."""
    made = arrivals.accept(keeper(call), call.given.one("CASE"), call.given.one("ARRIVAL"))
    lines = [exhibit_line(call, one) for one in made.exhibits]
    lines += [call.say("arrived_different", file=name) for name in made.different]
    call.answer({"exhibits": made.exhibits, "different": made.different, "found": made.found}, lines)
    return 0


def reject(call: Call) -> int:
    """Destroy what arrived."""
    arrivals.reject(keeper(call), call.given.one("CASE"), call.given.one("ARRIVAL"))
    call.answer({"rejected": call.given.one("ARRIVAL")}, [call.say("arrived_rejected")])
    return 0
