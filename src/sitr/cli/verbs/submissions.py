"""`sitr exchange submit|sent|withdraw`: a photo's hashes to an exchange, by consent to that very sending."""

from sitr.cases import submissions
from sitr.cases.submissions import SubmissionView
from sitr.cli.call import Call
from sitr.cli.verbs.unlocking import keeper

_OVER = frozenset({"sent", "withdrawn"})


def submit(call: Call) -> int:
    """Hand over, or, without `--consent`, say what would be sent. 1 where refused, 4 where the answer was lost."""
    case, photo, name = (call.given.one(word) for word in ("CASE", "PHOTO", "NAME"))
    consent = call.given.has("--consent")
    if not consent:
        call.note(call.say("submit_what", exchange=name))
    view = submissions.submit(keeper(call), case, photo, name, consent=consent)
    return _told(call, view)


def list_all(call: Call) -> int:
    """Everything that was handed over from a case."""
    found = submissions.list_submissions(keeper(call), call.given.one("CASE"))
    lines = [_line(call, one) for one in found] or [call.say("submissions_none")]
    call.answer({"submissions": found}, lines)
    return 0


def withdraw(call: Call) -> int:
    """Ask the exchange to take it out; 4 where its answer was lost: it can be asked again."""
    view = submissions.withdraw(keeper(call), call.given.one("CASE"), call.given.one("SUBMISSION"))
    call.answer({"submission": view}, [_line(call, view)])
    return 0 if view.state == "withdrawn" else 4


def _told(call: Call, view: SubmissionView) -> int:
    call.answer({"submission": view}, [_line(call, view)])
    return 0 if view.state in _OVER else 1 if view.state == "refused" else 4


def _line(call: Call, view: SubmissionView) -> str:
    state = call.say(f"submission_{view.state}")
    return call.say("submission_line", id=view.id, exchange=view.exchange, hashes=view.hashes, state=state)
