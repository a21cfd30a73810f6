"""The guides: articles to read, open to whoever came in through the link, with nothing unlocked and nothing stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from re import fullmatch
from typing import Any

from babel.units import format_unit
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from sitr.cases import openings
from sitr.errors import BadInput
from sitr.knowledge import Knowledge
from sitr.knowledge.ages import due
from sitr.knowledge.guides import Block, Helpline, blocks, explaining, helplines
from sitr.knowledge.schema.base import Words
from sitr.knowledge.schema.bases import Basis
from sitr.knowledge.schema.guides import Guide, Section, Tool
from sitr.knowledge.schema.playbook import Caution, Step
from sitr.knowledge.schema.services import Channel
from sitr.web.requests import Request
from sitr.web.survivor.pages import show
from sitr.words import Lang

# Pages of the app that need no case; every other page of a tool lies inside one.
_WITHOUT_CASE = frozenset({"home", "new", "dates"})
# What a reader of a guide may want of a service, in this order.
_PURPOSES = ("ncii", "privacy", "impersonation", "blackmail")
_DOORS_SHOWN = 3
_UNITS = {"H": "hour", "D": "day", "W": "week", "M": "month", "Y": "year"}


@dataclass(frozen=True)
class Chapter:
    """A section with everything its links lead to."""

    section: Section
    blocks: tuple[Block, ...]
    steps: Sequence[dict[str, Any]]
    cautions: Sequence[Caution]
    tools: Sequence[dict[str, str]]
    services: Sequence[dict[str, Any]]
    bases: Sequence[dict[str, Any]]
    world: Sequence[Helpline]
    lands: Sequence[tuple[Words, Sequence[Helpline]]]
    countries: Sequence[tuple[str, Words]]


@require_GET
def guides(request: Request) -> HttpResponse:
    """All guides with their answers in one sentence."""
    return show(request, "guides.html", guides=request.services.knowledge.guides)


@require_GET
def guide(request: Request, guide: str) -> HttpResponse:
    """One guide. Raises NotFound."""
    knowledge: Knowledge = request.services.knowledge
    one = knowledge.guide(guide)
    book = {caution.id: caution for caution in knowledge.playbook.cautions}
    case = _only_case(request)
    return show(
        request, "guide.html", guide=one, cautions=[book[name] for name in one.cautions], reading_case=case,
        chapters=[_chapter(request, knowledge, section, case, book) for section in one.sections],
        numbers={source.id: number for number, source in enumerate(one.sources, start=1)},
        unverified={source.id for source in one.sources if source.confidence == "recalled"},
        stale=due(one.checked.on, one.recheck_every_days) <= datetime.now(UTC).date(),
        others=[other for other in knowledge.guides if other.id != one.id],
    )  # fmt: skip


def guides_of_steps(knowledge: Knowledge) -> dict[str, list[tuple[Guide, Section]]]:
    """Which sections explain a step. A broken guide takes no plan from a person: then there is nothing to read."""
    try:
        return explaining(knowledge.guides)
    except BadInput:
        return {}


def _only_case(request: Request) -> str | None:
    """The case to which tools may lead; None while locked, and where there is none or more than one."""
    if request.keeper is None:
        return None
    found = [one.id for one in openings.held_cases(request.keeper)]
    return found[0] if len(found) == 1 else None


def _chapter(
    request: Request, knowledge: Knowledge, section: Section, case: str | None, cautions: dict[str, Caution]
) -> Chapter:
    steps = {step.id: step for step in knowledge.playbook.steps}
    found = helplines(knowledge, section)
    lands = groupby((one for one in found if one.country), key=lambda one: one.country)
    return Chapter(
        section=section,
        blocks=blocks(getattr(section.body, request.lang)),
        steps=[_step(steps[name], steps) for name in section.steps],
        cautions=[cautions[name] for name in dict.fromkeys(c for s in section.steps for c in steps[s].cautions)],
        tools=[_tool(knowledge.tools[name], request.lang, case) for name in section.tools],
        services=[_service(knowledge, name) for name in section.services],
        bases=[_basis(knowledge.basis(name), request.lang) for name in section.bases],
        world=[one for one in found if one.country is None],
        lands=[(knowledge.jurisdiction(str(land)).name, list(of_it)) for land, of_it in lands],
        countries=[(land.lower(), knowledge.jurisdiction(land).name) for land in section.countries],
    )


def _step(step: Step, steps: dict[str, Step]) -> dict[str, Any]:
    # The first predecessor is the one of most cases; which of the others count is for a plan, with its answers.
    before = steps[step.must_follow[0]] if step.must_follow else None
    return {"step": step, "before": before, "asks": bool(step.needs_sure)}


def _tool(tool: Tool, lang: Lang, case: str | None) -> dict[str, str]:
    if tool.page in _WITHOUT_CASE:
        href = reverse(tool.page)
    else:
        href = reverse(tool.page, args=[case]) if case else reverse("home")
    inside = "" if tool.page in _WITHOUT_CASE or case else "yes"
    return {"label": getattr(tool.label, lang), "command": f"sitr {tool.command}", "href": href, "inside": inside}


def _service(knowledge: Knowledge, name: str) -> dict[str, Any]:
    service = knowledge.service(name)
    fitting = [(_rank(channel), channel) for channel in service.reporting.channels]
    doors = [channel for rank, channel in sorted(fitting, key=lambda one: one[0]) if rank[1] < len(_PURPOSES)]
    return {"name": service.name, "doors": doors[:_DOORS_SHOWN], "checked": service.checked.on}


def _rank(channel: Channel) -> tuple[bool, int]:
    """A channel from memory after those that were found, then by what the reader of a guide may want."""
    fits = [place for place, purpose in enumerate(_PURPOSES) if purpose in channel.purpose]
    return (channel.confidence != "found", min(fits, default=len(_PURPOSES)))


def _basis(basis: Basis, lang: Lang) -> dict[str, Any]:
    sources = [*basis.deadline.sources, *basis.sources]
    return {"basis": basis, "length": _length(basis.deadline.duration, lang), "sources": sources[:2]}


def _length(period: str | None, lang: Lang) -> str:
    """A period of one unit (`PT48H`, `P1M`) in words; empty where there is none."""
    found = fullmatch(r"PT?(\d+)([HDWMY])", period or "")
    return format_unit(int(found[1]), f"duration-{_UNITS[found[2]]}", locale=lang) if found else ""
