"""Places of appearance: add by pasted text, look at one with its doors, accept or reject a find, look again."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import notices, openings, sightings
from sitr.errors import NotFound
from sitr.takedown import RankedRoute, describe
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show
from sitr.words import say

_DOORS_SHOWN = 5


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def places(request: Request, case: str) -> HttpResponse:
    """All places, what was found and waits for a decision first, and the form for another one."""
    form = Form(request)
    if form.sent:
        with form.beside("text"):
            added = sightings.add_sighting(request.keeper, case, form.value("text"))
            return go("recognised", case, request.visit.session.put(tuple(added)))
    found = sightings.list_sightings(request.keeper, case)
    return show(
        request, "places.html", form=form, case=case,
        proposed=[one for one in found if one.proposed], places=[one for one in found if not one.proposed],
    )  # fmt: skip


@require_GET
@unlocked
def recognised(request: Request, case: str, result: str) -> HttpResponse:
    """What was recognised in the pasted text."""
    added = shelved(request, result, tuple)
    if added is None:
        return go("places", case)
    return show(request, "recognised.html", case=case, added=added)


@require_GET
@unlocked
def place(request: Request, case: str, place: str) -> HttpResponse:
    """One place: its state, the doors with their reasons and costs, its letters."""
    one = find_place(request, case, place)
    doors = [] if one.proposed else [_door(request, door) for door in notices.routes(request.keeper, case, place)]
    letters = [letter for letter in notices.list_notices(request.keeper, case) if letter.sighting == place]
    view = openings.show(request.keeper, case)
    reason = say(one.reason["code"], request.lang, **one.reason["data"]) if one.reason else ""
    return show(
        request, "place.html", case=case, place=one, doors=doors[:_DOORS_SHOWN], more_doors=doors[_DOORS_SHOWN:],
        letters=letters, view=view, reason=reason,
    )  # fmt: skip


def _door(request: Request, route: RankedRoute) -> dict[str, Any]:
    """What a page says of a door beside its own words: names, and what to expect of it."""
    knowledge = request.services.knowledge
    basis = knowledge.basis(route.basis)
    # An authority's own form is a door of its own: it is named by its basis and is no service.
    about = basis if route.service == route.basis else knowledge.service(route.service)
    return {"route": route, "name": about.name, "basis": basis.name, "expect": describe(route, request.lang)}


@require_POST
@unlocked
def decide(request: Request, case: str, place: str) -> HttpResponse:
    """Accept or reject what was found on a page."""
    accepted = request.POST.get("accept") == "yes"
    sightings.decide(request.keeper, case, place, accepted)
    return go("place", case, place) if accepted else go("places", case)


@require_POST
@unlocked
def recheck(request: Request, case: str, place: str) -> HttpResponse:
    """Visit the place again and say what stands there now."""
    sightings.check(request.keeper, case, place)
    return go("place", case, place)


def find_place(request: Request, case: str, place: str) -> Any:
    """The sighting with this id. Raises NotFound."""
    found = next((one for one in sightings.list_sightings(request.keeper, case) if one.id == place), None)
    if found is None:
        raise NotFound("web.no_such_place")
    return found
