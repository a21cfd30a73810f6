"""`sitr agenda`: what is due, in order, over all cases."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sitr.cases import access, agendas
from sitr.cli.call import Call
from sitr.cli.files import new_file
from sitr.cli.keys import secret
from sitr.cli.showing import document, moment


def agenda(call: Call) -> int:
    """All dates; 1 when one of them has come. Says what for only where a passphrase file opens the cases."""
    calendar = call.given.option("--ics")
    target = new_file(calendar) if calendar else None
    now = datetime.now(UTC)
    due = agendas.agenda(call.services, _keeper_if_named(call))
    if target:
        target.write_bytes(ics(call, due, now))
    shown = [{**document(line), "is_due": line.due_at <= now} for line in due]
    call.answer({"due": shown}, _lines(call, due, calendar))
    return 1 if any(line.due_at <= now for line in due) else 0


def _keeper_if_named(call: Call) -> Any:
    """Nobody is asked for a secret just to see hours."""
    if not call.env.get("SITR_PASSPHRASE_FILE") or not access.is_set_up(call.services):
        return None
    return access.unlock(call.services, secret(call))


def _lines(call: Call, due: Sequence[Any], calendar: str | None) -> Iterator[str]:
    if not due:
        yield call.say("nothing_due")
    for line in due:
        what = line.what or call.say("due_sealed")
        yield call.say("due_line", due=moment(line.due_at), case=line.case, what=what)
    if calendar:
        yield call.say("calendar_written", file=calendar)


def ics(call: Call, due: Sequence[Any], now: datetime) -> bytes:
    """The dates as a calendar (RFC 5545). Calendars are often shared: this one names no case and no purpose."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sitr//agenda//EN"]
    for line in due:
        name = hashlib.sha256(f"{line.case} {moment(line.due_at)} {line.what}".encode()).hexdigest()[:32]
        lines += [
            "BEGIN:VEVENT",
            f"UID:{name}",
            f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{line.due_at.astimezone(UTC):%Y%m%dT%H%M%SZ}",
            f"SUMMARY:{call.say('calendar_entry')}",
            "END:VEVENT",
        ]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()
