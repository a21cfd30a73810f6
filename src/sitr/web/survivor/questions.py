"""The questions of the playbook, one at a time; each can be skipped."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods

from sitr.cases import openings
from sitr.knowledge import Plan
from sitr.knowledge.conditions import holds
from sitr.knowledge.schema.playbook import Question
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.web.templatetags.sitr_words import countries

# Pages that may ask a question in between and get the person back afterwards.
_RETURNS = frozenset({"plan", "pictures", "law"})


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def question(request: Request, case: str, question: str) -> HttpResponse:
    """Ask one question; then the next first one, or back to the plan. An emergency goes to the plan at once."""
    asked = _find(request, question)
    known = openings.answers(request.keeper, case)
    form = Form(request, choice=_given(asked, known))
    if form.sent:
        with form.beside("choice"):
            if form.value("skip") != "yes":
                _answer(request, case, asked, [one for one in form.values("choice") if one])
            return _onward(request, case, asked)
    plan = openings.case_plan(request.keeper, case)
    helper = asked.text_helper if "is.helper" in plan.given else None
    return show(
        request, "question.html", form=form, case=case, asked=asked, text=helper or asked.text,
        options=_options(request, asked), step=_place(request, asked), then=request.GET.get("then", ""),
        country=form.values("choice"),
    )  # fmt: skip


def first_questions(services: Any) -> Sequence[Question]:
    """The opening questions, in the order of the playbook."""
    return [one for one in services.knowledge.playbook.questions if one.stage == "first"]


def asked_in(services: Any, plan: Plan, known: Any) -> dict[str, list[Question]]:
    """The unanswered questions that fit now, by the step on whose card each is asked."""
    found: dict[str, list[Question]] = {}
    for one in services.knowledge.playbook.questions:
        if one.asked_in and not _given(one, known) and holds(one.ask_when, plan.given):
            found.setdefault(one.asked_in, []).append(one)
    return found


def _find(request: Request, name: str) -> Question:
    book = request.services.knowledge.playbook
    found: Question | None = next((one for one in book.questions if one.id == name), None)
    if found is None:
        raise Http404
    return found


def _given(asked: Question, known: Any) -> list[str]:
    if asked.type == "country":
        return [known.country] if known.country else []
    return list(known.answers.get(asked.id, ()))


def _answer(request: Request, case: str, asked: Question, chosen: list[str]) -> None:
    if not chosen:
        return
    if asked.type == "country":
        openings.answer(request.keeper, case, {}, country=chosen[0])
    else:
        openings.answer(request.keeper, case, {asked.id: chosen})


def _onward(request: Request, case: str, asked: Question) -> HttpResponse:
    then = request.POST.get("then", "")
    if then in _RETURNS:
        return go(then, case)
    first = list(first_questions(request.services))
    later = first[first.index(asked) + 1 :] if asked in first else []
    if not later or openings.case_plan(request.keeper, case).risk == "emergency":
        return go("plan", case)
    return go("question", case, later[0].id)


def _place(request: Request, asked: Question) -> tuple[int, int] | None:
    first = list(first_questions(request.services))
    return (first.index(asked) + 1, len(first)) if asked in first else None


def _options(request: Request, asked: Question) -> list[tuple[str, str]]:
    if asked.type == "country":
        return [("", ""), *countries(request.lang)]
    return [(one.id, getattr(one.label, request.lang)) for one in asked.options]
