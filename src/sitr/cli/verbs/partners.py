"""`sitr partner`: who may ask the matching service. The operator's; no case is opened for it."""

from sitr.cases import partners
from sitr.cli.call import Call
from sitr.errors import BadInput


def add(call: Call) -> int:
    """Add one; the key is on standard output, once."""
    made = partners.add(call.services, call.given.one("NAME"), _quota(call.given.option("--per-day")))
    said = call.say("partner_added", name=made.name, id=made.id, per_day=made.per_day, per_minute=made.per_minute)
    call.answer({"partner": made}, [said, made.key])
    return 0


def _quota(text: str | None) -> int:
    if text is None:
        return partners.PER_DAY
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        raise BadInput("cli.not_a_number", word=text)
    return int(text)


def list_all(call: Call) -> int:
    """All, with what they used today."""
    found = partners.list_partners(call.services)
    lines = [
        call.say(
            "partner_line", id=one.id, name=one.name, used=one.used_today, per_day=one.per_day,
            state=call.say("partner_active" if one.state == "active" else "partner_ended_state"),
        )
        for one in found
    ]  # fmt: skip
    call.answer({"partners": found}, lines or [call.say("partners_none")])
    return 0


def end(call: Call) -> int:
    """End a key, at once."""
    partner = call.given.one("PARTNER")
    partners.end(call.services, partner)
    call.answer({"ended": partner}, [call.say("partner_ended", id=partner)])
    return 0
