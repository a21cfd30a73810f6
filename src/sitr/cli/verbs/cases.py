"""`sitr case`: open, list, show, plan, steps, erase."""

from collections.abc import Iterator
from typing import Any, cast

from sitr.cases import erasing, openings
from sitr.cli.answers import AnswerFile, country, read_answers
from sitr.cli.call import Call
from sitr.cli.keys import secret
from sitr.cli.plans import plan_document, plan_lines
from sitr.cli.showing import moment
from sitr.cli.verbs.unlocking import keeper, keeper_of_new_home
from sitr.errors import BadInput


def new(call: Call) -> int:
    """Open a case. The first one in a home sets its passphrase."""
    named = call.given.option("--answers")
    given = read_answers(named) if named else AnswerFile()
    code = country(call.given.option("--country"), "--country") or given.country
    holder = keeper_of_new_home(call)
    case = openings.open_case(
        holder, country=code, answers=given.answers, words=given.words, time_proof=_time_proof(call),
        calendar_proof=_calendar_proof(call),
    )  # fmt: skip
    call.answer({"case": case, "holder": holder.holder_id}, [call.say("case_opened", case=case)])
    return 0


def _time_proof(call: Call) -> bool:
    """Whether a hash, the hour and this address may go to time authorities: a consent of its own, asked once."""
    return _consent(call, "--time-proof", "time_proof_question", named=bool(call.settings().authorities))


def _calendar_proof(call: Call) -> bool:
    """The same of a salted hash and OpenTimestamps calendars."""
    return _consent(call, "--calendar-proof", "calendar_proof_question", named=bool(call.settings().calendars))


def _consent(call: Call, option: str, question: str, *, named: bool) -> bool:
    asked = call.given.option(option)
    if asked or not named:
        return asked == "yes"
    call.note(call.say(question))
    return call.read_line().strip().casefold() in {"نعم", "yes", "y"}


def list_all(call: Call) -> int:
    """All cases, with no secret: ids, states and hours."""
    cases = openings.list_cases(call.services)
    lines = [
        call.say(
            "case_line",
            case=c.id,
            state=call.say("case_" + c.state),
            opened=moment(c.opened_hour),
            due=_when(call, c.due_hour),
        )
        for c in cases
    ]
    call.answer({"cases": cases}, lines or [call.say("no_cases")])
    return 0


def _when(call: Call, time: Any) -> str:
    return moment(time) if time else call.say("no_time")


def show(call: Call) -> int:
    """One case: its state, its country, how much is in it."""
    case = openings.show(keeper(call), call.given.one("CASE"))
    call.answer({"case": case}, _case_lines(call, case))
    return 0


def _case_lines(call: Call, case: Any) -> Iterator[str]:
    yield call.say("case_is", case=case.id, state=call.say("case_" + case.state))
    if case.country:
        yield call.say("case_country", country=case.country)
    yield call.say("case_since", opened=moment(case.opened_at), last=_when(call, case.last_opened))
    yield call.say("case_pictures_yes" if case.pictures else "case_pictures_no")
    for name, n in case.counts.items():
        yield "    " + call.say("case_count", name=call.say(f"count_{name}"), n=n)


def plan(call: Call) -> int:
    """The plan of a case, with what was done and skipped."""
    found = openings.case_plan(keeper(call), call.given.one("CASE"))
    call.answer(plan_document(found, call.lang), plan_lines(found, call))
    return 0


def step(call: Call) -> int:
    """Mark a step: done, skipped, or put off by a day."""
    name = call.given.one("STEP")
    state = cast("openings.StepMark", call.given.one("done|skipped|later"))  # the grammar lets no other word through
    openings.mark_step(keeper(call), call.given.one("CASE"), name, state)
    call.answer({"step": name, "state": state}, [call.say("step_marked", step=name, state=call.say("step_" + state))])
    return 0


def erase(call: Call) -> int:
    """Erase one case, with the secret again; or the whole home, which who lost the secret can do too, asked twice."""
    case = call.given.maybe("CASE")
    if call.given.has("--all") == bool(case):
        raise BadInput("cli.erase_what")
    return _erase_one(call, case) if case else _erase_all(call)


def _erase_one(call: Call, case: str) -> int:
    holder = keeper(call)
    call.confirm(call.say("erase_sure", case=case))
    erased = erasing.erase_case(holder, case, secret=secret(call, "ask_again"))
    until = erased.backups_readable_until
    backups = call.say("erased_backups", until=moment(until)) if until else call.say("erased_backups_unknown")
    call.answer({"erased": case, "backups_readable_until": until}, [call.say("erased", case=case), backups])
    return 0


def _erase_all(call: Call) -> int:
    call.confirm(call.say("erase_all_sure", home=call.settings().home))
    call.confirm(call.say("erase_all_again"))
    erasing.erase_home(call.services)
    call.answer({"erased": "all"}, [call.say("erased_all"), call.say("erased_backups_unknown")])
    return 0
