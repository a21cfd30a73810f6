"""The plan of one case: what is now, what comes after, and what became of each step."""

from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET, require_POST

from sitr.cases import openings
from sitr.knowledge import WATCHED, Level, Plan, PlanStep, State, law_page
from sitr.knowledge.nearby import nearby
from sitr.knowledge.schema.guides import Guide, Section
from sitr.knowledge.schema.playbook import Question
from sitr.web.doors import unlocked
from sitr.web.requests import Request
from sitr.web.survivor.guides import guides_of_steps
from sitr.web.survivor.pages import go, show
from sitr.web.survivor.questions import asked_in

_MARKS: dict[str, openings.StepMark] = {"done": "done", "skipped": "skipped", "later": "later", "open": "open"}
_BANNERS_SHOWN = 2
_GUIDES_SHOWN = 2
# Where a step that leaves something behind is carried out, by the kind of what it leaves.
_DONE_IN = {
    "capture": "places",
    "fingerprint": "pictures",
    "notice": "places",
    "evidence_pack": "file",
    "journal_entry": "items",
}

# What a step leaves behind that says whom to reach.
_REACHES = "contact_card"
# Steps of this phase are decided on with the law page open: its risks stand before its authorities.
_LAW_PHASE = "legal"


@require_GET
@unlocked
def plan(request: Request, case: str) -> HttpResponse:
    """The plan. In an emergency only the cards of level now stand open; the rest waits behind a button."""
    made, known = openings.case_plan(request.keeper, case), openings.answers(request.keeper, case)
    questions = asked_in(request.services, made, known)
    reading = guides_of_steps(request.services.knowledge)
    cards = [_card(request, made, step, questions, reading.get(step.id, [])) for step in made.steps]
    lines = [{"step": line} for line in made.banners]
    _add_helpers(request, [*cards, *lines], known)
    waiting = [card for card in cards if card["step"].state in (State.OPEN, State.WAITING)]
    return show(
        request, "plan.html", case=case, view=openings.show(request.keeper, case), plan=made,
        banners=lines[:_BANNERS_SHOWN], more_banners=lines[_BANNERS_SHOWN:],
        now=[card for card in waiting if card["step"].level is Level.NOW], levels=_by_level(waiting),
        held=[card for card in cards if card["step"].state is State.HELD], holding=_holding(request, known),
        finished=[card for card in cards if card["step"].state in (State.DONE, State.SKIPPED)],
        emergency=made.risk == "emergency", next_question=next(iter(made.questions), None),
        disclaimer=request.services.knowledge.playbook.book.disclaimer,
    )  # fmt: skip


@require_POST
@unlocked
def step(request: Request, case: str, step: str) -> HttpResponse:
    """Done, skipped, put off by a day, or open again."""
    mark = _MARKS.get(request.POST.get("state", ""))
    if mark is None:
        raise Http404
    openings.mark_step(request.keeper, case, step, mark)
    return go("plan", case, at="steps")


def _add_helpers(request: Request, cards: list[dict[str, Any]], known: openings.AnswersView) -> None:
    """Onto the card or line of each step that says to reach somebody: whom."""
    knowledge = request.services.knowledge
    page = law_page(known.country, known.answers, knowledge, request.services.now().date())
    for card in cards:
        if _REACHES in card["step"].artefacts:
            card["helpers"] = nearby(card["step"].id, page, knowledge)


def _holding(request: Request, known: openings.AnswersView) -> list[Question]:
    """The questions whose answers hold steps back: to be answered anew when the moment is safe."""
    playbook = request.services.knowledge.playbook
    watched = next(term for term in playbook.book.terms if term.id == WATCHED)
    given = {f"{name}.{chosen}" for name, all_chosen in known.answers.items() for chosen in all_chosen}
    names = {one.partition(".")[0] for one in given & set(watched.when.any)}
    return [question for question in playbook.questions if question.id in names]


def _by_level(cards: list[dict[str, Any]]) -> list[tuple[Level, list[dict[str, Any]]]]:
    levels = [
        (level, [card for card in cards if card["step"].level is level]) for level in Level if level is not Level.NOW
    ]
    return [(level, found) for level, found in levels if found]


def _card(
    request: Request, made: Plan, one: PlanStep, questions: dict[str, Any], reading: list[tuple[Guide, Section]]
) -> dict[str, Any]:
    book = request.services.knowledge.playbook
    places = dict.fromkeys(_DONE_IN[kind] for kind in one.artefacts if kind in _DONE_IN)
    if one.phase == _LAW_PHASE:
        places["law"] = None
    return {
        "step": one,
        "places": list(places),
        "question": next(iter(questions.get(one.id, [])), None),
        "cautions": [caution for caution in made.cautions if caution.id in one.cautions],
        "templates": [found for found in made.templates if found.id in one.templates],
        "template_rules": book.book.template_rules,
        "guides": reading[:_GUIDES_SHOWN],
    }
