"""`sitr plan`: the plan for a file of answers; stores nothing. Also how any plan is shown."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sitr.cli.answers import read_answers
from sitr.cli.call import Call
from sitr.cli.showing import moment
from sitr.knowledge import Plan, load, make_plan
from sitr.words import Lang


def plan(call: Call) -> int:
    """The ordered plan. Without `opened_at` in the file, times count from now."""
    given = read_answers(call.given.option("--answers") or "")
    opened_at = given.opened_at or datetime.now(UTC)
    found = make_plan(given.answers, load(call.settings().knowledge), opened_at, given.country)
    call.answer(plan_document(found, call.lang), plan_lines(found, call))
    return 0


def plan_document(found: Plan, lang: Lang) -> Mapping[str, Any]:
    """A plan as JSON; words in the language asked for."""
    return {
        "steps": [
            {
                "id": s.id,
                "phase": s.phase,
                "slot": s.slot,
                "level": s.level,
                "due_at": s.due_at,
                "state": s.state,
                "title": getattr(s.title, lang),
                "body": getattr(s.body, lang),
                "why": getattr(s.why, lang),
                "waits_for": s.waits_for,
                "skip_ok": s.skip_ok,
                "sources": s.sources,
            }
            for s in found.steps
        ],
        "banners": [
            {"id": b.id, "title": getattr(b.title, lang), "body": getattr(b.body, lang), "sources": b.sources}
            for b in found.banners
        ],
        "cautions": [_entry(c, lang) for c in found.cautions],
        "templates": [_entry(t, lang) for t in found.templates],
        "situations": [s.id for s in found.situations],
        "risk": found.risk,
    }


def plan_lines(found: Plan, call: Call) -> Iterator[str]:
    """A plan as a person reads it: banners first, then the steps with their reason."""
    for banner in found.banners:
        yield f"{getattr(banner.title, call.lang)}"
        yield f"    {getattr(banner.body, call.lang)}"
    for number, step in enumerate(found.steps, start=1):
        due = f" · {moment(step.due_at)}" if step.due_at else ""
        yield ""
        yield f"{number}. {getattr(step.title, call.lang)}"
        yield f"    {call.say('level_' + step.level)} · {call.say('step_' + step.state)}{due} · {step.id}"
        yield f"    {getattr(step.body, call.lang)}"
        yield f"    {call.say('why')} {getattr(step.why, call.lang)}"


def _entry(entry: Any, lang: Lang) -> dict[str, Any]:
    """A caution or template as the schema holds it, with its words in one language."""
    held = entry.model_dump(mode="json")
    return {k: v[lang] if isinstance(v, dict) and set(v) == {"ar", "en"} else v for k, v in held.items()}
