"""`sitr notice`: written, checked, approved, sent or handed over, answered."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sitr.cases import notices
from sitr.cli.call import Call
from sitr.cli.files import read, read_object
from sitr.cli.showing import document, moment
from sitr.cli.verbs.unlocking import keeper
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.knowledge import unverified_words
from sitr.words import Lang


def draft(call: Call) -> int:
    """Write a notice for one place. What is missing is named; that is no mistake yet."""
    fields = _fields(call.given.option("--fields"))
    view = notices.draft(
        keeper(call),
        call.given.one("CASE"),
        call.given.one("SIGHTING"),
        basis=call.given.option("--basis"),
        lang=cast("Lang", call.given.option("--to-lang") or "en"),
        fields=fields,
    )
    return _shown(call, view)


def _fields(name: str | None) -> dict[str, str]:
    fields = read_object(name) if name else {}
    for field, value in fields.items():
        if not isinstance(value, str):
            raise BadInput("cli.fields_shape", file=name, field=field)
    return fields


def check(call: Call) -> int:
    """What a notice lacks; 1 while it lacks something."""
    view = _one(call, keeper(call))
    _shown(call, view)
    return 1 if view.missing else 0


def _one(call: Call, holder: Any) -> Any:
    wanted = call.given.one("NOTICE")
    found = [n for n in notices.list_notices(holder, call.given.one("CASE")) if n.id == wanted]
    if not found:
        raise NotFound("cli.no_notice")
    return found[0]


def approve(call: Call) -> int:
    """Approve. While a field is missing it is named, and the answer is no."""
    holder = keeper(call)
    try:
        return _shown(call, notices.approve(holder, call.given.one("CASE"), call.given.one("NOTICE")))
    except AnswerIsNo:
        view = _one(call, holder)
        if not view.missing:
            raise
        _shown(call, view)
        return 1


def send(call: Call) -> int:
    """Send an approved notice; without a mail relay its text is handed over instead, and that is said."""
    view = notices.send(keeper(call), call.given.one("CASE"), call.given.one("NOTICE"))
    if call.settings().smtp is None:
        call.note(call.say("hand_over"))
    return _shown(call, view)


def sent(call: Call) -> int:
    """Record what the person sent by hand, when, and under which number."""
    at = call.given.option("--at")
    view = notices.mark_sent(
        keeper(call),
        call.given.one("CASE"),
        call.given.one("NOTICE"),
        call.given.option("--reference") or "",
        _time(at) if at else datetime.now(UTC),
    )
    return _shown(call, view)


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as problem:
        raise BadInput("cli.bad_time", time=text) from problem
    if time.tzinfo is None:
        raise BadInput("cli.bad_time", time=text)
    return time


def reply(call: Call) -> int:
    """File an answer as an exhibit, byte for byte."""
    name = call.given.one("FILE")
    raw = read(name)
    view = notices.file_reply(keeper(call), call.given.one("CASE"), call.given.one("NOTICE"), raw, Path(name).name)
    call.answer({"reply": view}, [call.say("reply_filed", id=view.exhibit)])
    return 0


def refused(call: Call) -> int:
    """Record that the recipient said no: whether an answer is a no, a person judges."""
    return _shown(call, notices.mark_refused(keeper(call), call.given.one("CASE"), call.given.one("NOTICE")))


def _shown(call: Call, view: Any) -> int:
    shown = document(view)
    shown["clock"] = {"due_at": shown.pop("due_at"), "then": shown.pop("then")}
    call.answer({"notice": shown}, _lines(call, view))
    return 0


def _lines(call: Call, view: Any) -> Iterator[str]:
    yield call.say("notice_line", id=view.id, state=call.say("notice_" + view.state))
    if view.recipient:
        yield call.say("notice_to", recipient=view.recipient)
    yield from (getattr(line, call.lang) for line in unverified_words(view.unverified, view.checked))
    labels = {name: arabic if call.lang == "ar" else english for name, arabic, english in view.required}
    for name in view.missing:
        yield f"{call.say('notice_missing')} {labels.get(name, name)} ({name})"
    if not view.missing:
        yield call.say("notice_complete")
    if view.due_at:
        due = moment(view.due_at)
        yield call.say("notice_due", due=due, then=view.then) if view.then else call.say("notice_due_only", due=due)
    yield ""
    yield view.subject
    yield ""
    yield view.text
