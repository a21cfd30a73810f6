"""From the person's own browser: how to set it up, the code, what arrived and waits, the browsers that are paired."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from sitr.cases import arrivals, openings, pairings
from sitr.cases.arrivals import AcceptedView
from sitr.cases.pairings import Offer
from sitr.errors import SitrError
from sitr.web.doors import unlocked
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show


@require_GET
@unlocked
def browser(request: Request, case: str) -> HttpResponse:
    """What waits first, then the browsers, then how to set one up."""
    return show(
        request, "browser.html", case=case, waiting=arrivals.list_arrivals(request.keeper, case),
        browsers=pairings.list_pairings(request.keeper, case), view=openings.show(request.keeper, case),
        elsewhere=request.desk,
    )  # fmt: skip


@require_POST
@unlocked
def code(request: Request, case: str) -> HttpResponse:
    """Show a new code."""
    made = pairings.offer(request.keeper, case)
    return go("browser_code", case, request.visit.session.put(made))


@require_GET
@unlocked
def shown_code(request: Request, case: str, result: str) -> HttpResponse:
    """The code, for as long as it can be used."""
    made = shelved(request, result, Offer)
    if made is None or made.until <= request.services.now():
        return go("browser", case)
    return show(request, "browser_code.html", case=case, offer=made, address=request.origin)


@require_POST
@unlocked
def decide_arrival(request: Request, case: str, arrival: str) -> HttpResponse:
    """Take what arrived as exhibits, or destroy it."""
    if request.POST.get("accept") == "yes":
        made = arrivals.accept(request.keeper, case, arrival)
        return go("browser_accepted", case, request.visit.session.put(made))
    arrivals.reject(request.keeper, case, arrival)
    return go("browser", case)


@require_GET
@unlocked
def accepted(request: Request, case: str, result: str) -> HttpResponse:
    """What became exhibits, and what differed from what the browser had said."""
    made = shelved(request, result, AcceptedView)
    return go("items", case) if made is None else show(request, "browser_accepted.html", case=case, made=made)


@require_POST
@unlocked
def end_pairing(request: Request, case: str, pairing: str) -> HttpResponse:
    """Take a browser's key from it."""
    pairings.end(request.keeper, case, pairing)
    return go("browser", case)


@require_GET
@unlocked
def glimpse(request: Request, case: str, file: str) -> HttpResponse:
    """A screenshot that waits, blurred."""
    try:
        png = arrivals.glimpse(request.keeper, case, file)
    except SitrError as error:
        return HttpResponse(status=error.http_status, content_type="text/plain")
    return HttpResponse(png, content_type="image/png")
