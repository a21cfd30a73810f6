"""Saving a page as evidence: the question about children first, then the result with what was found."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from sitr.cases import captures, jars, openings, sightings
from sitr.cases.captures import CaptureView
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show
from sitr.web.survivor.places import find_place
from sitr.words import say

_CHILD: dict[str, captures.Child] = {"no": "no", "yes": "yes", "unsure": "unsure"}


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def save(request: Request, case: str, place: str) -> HttpResponse:
    """Ask whether a child could be on the page, say that the site will see the visit, then visit and seal."""
    one = find_place(request, case, place)
    form = Form(request, viewport="desktop")
    if form.sent:
        child = _CHILD.get(form.value("child"))
        if child is None:
            form.refuse("child", "web.save_choose")
        else:
            with form.beside("child"):
                made = captures.capture_page(request.keeper, case, one.page or one.url, child=child, wish=_wish(form))
                return go("saved", case, request.visit.session.put(made))
    options = [(child, say(f"web.save_child_{child}", request.lang)) for child in _CHILD]
    devices = [(name, say(f"web.save_viewport_{name}", request.lang)) for name in ("desktop", "phone")]
    view, jar = openings.show(request.keeper, case), jars.show(request.keeper, case)
    return show(
        request, "save.html", form=form, case=case, place=one, view=view, options=options, devices=devices, jar=jar,
    )  # fmt: skip


def _wish(form: Form) -> captures.Wish:
    return captures.Wish(
        viewport="phone" if form.value("viewport") == "phone" else "desktop", session=form.value("session") == "yes"
    )


@require_GET
@unlocked
def saved(request: Request, case: str, result: str) -> HttpResponse:
    """What was saved, what is missing and why, and which copies were found."""
    made = shelved(request, result, CaptureView)
    if made is None:
        return go("items", case)
    known = {one.id: one.proposed for one in sightings.list_sightings(request.keeper, case)}
    notes = [say(note.code, request.lang, **note.data) for note in made.notes]
    open_ids = {name for name, proposed in known.items() if proposed}
    return show(request, "saved.html", case=case, made=made, notes=notes, open_ids=open_ids, listed=known)
