"""What became of the notices of a case, and whether that may help others: asked plainly, taken back as easily."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from sitr.cases import outcomes as cases_outcomes
from sitr.errors import NotFound
from sitr.takedown import Door, Outcome
from sitr.web.doors import unlocked
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.words import say


@require_http_methods(["GET", "POST"])
@unlocked
def outcomes(request: Request, case: str) -> HttpResponse:
    """The outcomes as they would be shared, and the question."""
    if request.method == "POST":
        cases_outcomes.consent(request.keeper, case, given=request.POST.get("share") == "yes")
        return go("outcomes", case)
    view = cases_outcomes.show(request.keeper, case)
    found = [(_door(request, one.door), _words(request, one)) for one in view.outcomes]
    entered = [_door(request, door) for door in view.entered]
    return show(request, "outcomes.html", case=case, view=view, found=found, entered=entered)


def _door(request: Request, door: Door) -> str:
    service, _, basis = door
    knowledge, lang = request.services.knowledge, request.lang
    named = getattr(knowledge.basis(basis).name, lang)
    try:
        return f"{getattr(knowledge.service(service).name, lang)} · {named}"
    except NotFound:  # an authority's own form is named by its basis
        return str(named)


def _words(request: Request, one: Outcome) -> str:
    lang, low, high = request.lang, one.removal.low, one.removal.high
    result = say(f"cli.outcome_{one.result.value}", lang)
    if high is None and low == 0:  # refused before any visit: nothing is known of the time
        return result
    time = say("cli.hours_between", lang, low=low, high=high) if high else say("cli.hours_from", lang, low=low)
    return f"{result}{say('cli.comma', lang)}{time}"
