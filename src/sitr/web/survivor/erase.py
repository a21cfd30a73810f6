"""Erasing a case, or one photo of it: what goes, what remains, the passphrase again, and until when copies are left."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from sitr.cases import erasing, openings, submissions
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


@require_http_methods(["GET", "POST"])
@unlocked
def photo(request: Request, case: str, photo: str) -> HttpResponse:
    """The same for one photo; hashes that an exchange has are to be taken back first, or left there knowingly."""
    form = Form(request)
    view = submissions.offer(request.keeper, case, photo)
    out_there = any(one.state in {"sent", "unknown"} and not one.erased for one in view.handed)
    if form.sent:
        if form.value("sure") != "yes":
            form.refuse("sure", "web.erase_tick")
        else:
            with form.beside("secret"):
                forget = form.value("forget") == "yes"
                gone = erasing.erase_photo(
                    request.keeper, case, photo, secret=form.value("secret"), forget_handed=forget
                )
                return go("photo_gone", case, request.visit.session.put(gone))
    return show(request, "photo_erase.html", form=form, case=case, view=view, out_there=out_there)


@require_GET
@unlocked
def photo_gone(request: Request, case: str, result: str) -> HttpResponse:
    """Done: what remains and until when."""
    gone = shelved(request, result, ErasedView)
    return go("pictures", case) if gone is None else show(request, "photo_gone.html", case=case, gone=gone)


@require_GET
@unlocked
def erased(request: Request, result: str) -> HttpResponse:
    """Done: what remains and until when."""
    gone = shelved(request, result, ErasedView)
    return go("home") if gone is None else show(request, "erased.html", gone=gone)
