"""The first page (all cases), opening a case, and what is due over all cases."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from sitr.cases import agendas, openings
from sitr.errors import BadInput, NotFound
from sitr.knowledge.schema.base import Words
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.web.survivor.questions import first_questions


@require_GET
@unlocked
def home(request: Request) -> HttpResponse:
    """All cases: dates and states, no content."""
    return show(request, "home.html", cases=openings.held_cases(request.keeper))


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def new(request: Request) -> HttpResponse:
    """Open a case: nothing is asked but whether its journal may be time-stamped by outside authorities."""
    form = Form(request)
    if form.sent:
        with form.beside("time_proof"):
            chosen = {name: form.value(name) == "yes" for name in ("time_proof", "calendar_proof")}
            case = openings.open_case(request.keeper, country=None, answers={}, words={}, **chosen)
            return go("question", case, first_questions(request.services)[0].id)
    return show(request, "new.html", form=form, calendars=request.services.calendars is not None)


@require_GET
@unlocked
def dates(request: Request) -> HttpResponse:
    """What is due, in order, over all cases of this holder: another's hours are not theirs to see."""
    mine = {line.id for line in openings.held_cases(request.keeper)}
    due = [line for line in agendas.agenda(request.services, request.keeper) if line.case in mine]
    return show(request, "dates.html", due=[(line, _service(request, line.what)) for line in due])


def _service(request: Request, what: str | None) -> Words | None:
    """The name of a service that something is due from; None where it is an address or a rule."""
    try:
        found: Words | None = request.services.knowledge.service(what).name if what else None
    except (NotFound, BadInput):
        return None
    return found
