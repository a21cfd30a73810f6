"""Erasing a case: what goes, what remains, the passphrase again, and a page that says when the last copies are gone."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from sitr.cases import erasing, openings
from sitr.cases.erasing import ErasedView
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show


@require_http_methods(["GET", "POST"])
@unlocked
def erase(request: Request, case: str) -> HttpResponse:
    """Say what happens, then ask for the tick and the passphrase."""
    form = Form(request)
    if form.sent:
        if form.value("sure") != "yes":
            form.refuse("sure", "web.erase_tick")
        else:
            with form.beside("secret"):
                gone = erasing.erase_case(request.keeper, case, secret=form.value("secret"))
                return go("erased", request.visit.session.put(gone))
    return show(request, "erase.html", form=form, case=case, view=openings.show(request.keeper, case))


@require_GET
@unlocked
def erased(request: Request, result: str) -> HttpResponse:
    """Done: what remains and until when."""
    gone = shelved(request, result, ErasedView)
    return go("home") if gone is None else show(request, "erased.html", gone=gone)
