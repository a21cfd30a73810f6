"""The journal of a case: every step since discovery, and whether it is whole."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from sitr.cases import journals
from sitr.journal import describe
from sitr.web.doors import unlocked
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show


@require_GET
@unlocked
def log(request: Request, case: str) -> HttpResponse:
    """The entries, the newest first."""
    entries = journals.entries(request.keeper, case)
    return show(request, "log.html", case=case, entries=list(reversed(entries)))


@require_POST
@unlocked
def check(request: Request, case: str) -> HttpResponse:
    """Verify the journal; the answer is on the page after."""
    report = journals.verify(request.keeper, case)
    return go("checked", case, request.visit.session.put(("report", report)))


@require_GET
@unlocked
def checked(request: Request, case: str, result: str) -> HttpResponse:
    """The answer of the verification."""
    laid = request.visit.session.shelf.get(result)
    if not isinstance(laid, tuple) or laid[0] != "report":
        return go("log", case)
    report = laid[1]
    lines = [(found.state, describe(found, request.lang)) for found in report.checks]
    problems = [describe(found, request.lang) for found in report.problems]
    return show(request, "checked.html", case=case, report=report, lines=lines, problems=problems)
