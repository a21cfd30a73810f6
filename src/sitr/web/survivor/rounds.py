"""The watch of a case: what is visited again by schedule, what was seen, what may be read while the person is away."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from sitr.cases import sightings, watches
from sitr.cases.watches import TakenView
from sitr.errors import BadInput
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show
from sitr.words import say

_VERBS = {"pause": watches.pause, "resume": watches.resume, "remove": watches.remove}
_EVERY = ("auto", "daily", "weekly", "monthly")


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def rounds(request: Request, case: str) -> HttpResponse:
    """What waits to be opened first, then what is watched, then adding, then the consent."""
    form = Form(request, every="auto")
    if form.sent:
        with form.beside("text"):
            _add(request, form, case)
            return go("rounds", case)
    keeper, lang = request.keeper, request.lang
    found = [
        (one, say(one.reason["code"], lang, **one.reason["data"]) if one.reason else "")
        for one in watches.list_watches(keeper, case)
    ]
    places = [one for one in sightings.list_sightings(keeper, case) if not one.proposed]
    return show(
        request, "rounds.html", form=form, case=case, watched=found, news=watches.news(keeper, case),
        away=watches.away(keeper, case), places=bool(places),
        intervals=[(word, say(f"watch.every_{word}", lang)) for word in _EVERY],
    )  # fmt: skip


def _add(request: Request, form: Form, case: str) -> None:
    every = form.value("every") or "auto"
    if form.value("places") == "yes":
        watches.add_places(request.keeper, case, every=every)
    elif not form.value("text").strip():
        raise BadInput("cases.no_address", example="https://example.com/page")
    if form.value("text").strip():
        watches.add(request.keeper, case, form.value("text"), every=every)


@require_POST
@unlocked
def open_news(request: Request, case: str) -> HttpResponse:
    """Open what workers saw: finds become proposals, places take the state that was seen."""
    taken = watches.take_in(request.keeper, case)
    return go("rounds_seen", case, request.visit.session.put(taken))


@require_http_methods(["GET"])
@unlocked
def seen(request: Request, case: str, result: str) -> HttpResponse:
    """What became of what was opened."""
    taken = shelved(request, result, TakenView)
    return go("rounds", case) if taken is None else show(request, "rounds_seen.html", case=case, taken=taken)


@require_POST
@unlocked
def change(request: Request, case: str, watch: str) -> HttpResponse:
    """Pause, resume or remove one watched address."""
    verb = _VERBS.get(request.POST.get("act", ""))
    if verb is not None:
        verb(request.keeper, case, watch)
    return go("rounds", case)


@require_POST
@unlocked
def consent(request: Request, case: str) -> HttpResponse:
    """Whether addresses may be visited while the person is away."""
    watches.consent(request.keeper, case, given=request.POST.get("away") == "yes")
    return go("rounds", case, at="away")
