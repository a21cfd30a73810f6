"""Handing a photo's hashes to an exchange: what goes and to whom first, then the consent; states as they are known."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from sitr.cases import openings, submissions
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.web.survivor.pictures import elsewhere
from sitr.words import say

_OUT_THERE = frozenset({"sent", "unknown"})
_SENDABLE_AGAIN = frozenset({"refused", "unknown", "withdrawn"})


@require_http_methods(["GET", "POST"])
@unlocked
def handing(request: Request, case: str, photo: str) -> HttpResponse:
    """The page; its buttons send by a tick to that very sending, or ask to take back."""
    form = Form(request)
    if form.sent:
        if form.value("act") != "withdraw" and form.value("agree") != "yes":
            form.refuse("agree", "web.handing_tick")
        else:
            with form.beside("agree"):
                _do(request, form, case, photo)
                return go("handing", case, photo)
    view = submissions.offer(request.keeper, case, photo)
    others = () if view.allowed and view.exchanges else elsewhere(openings.case_plan(request.keeper, case))
    return show(
        request, "handing.html", form=form, case=case, view=view, elsewhere=others,
        parties=[_party(request, view, name) for name in _names(view)],
    )  # fmt: skip


def _do(request: Request, form: Form, case: str, photo: str) -> None:
    if form.value("act") == "withdraw":
        submissions.withdraw(request.keeper, case, form.value("submission"))
    else:
        submissions.submit(request.keeper, case, photo, form.value("exchange"), consent=True)


def _names(view: submissions.OfferView) -> list[str]:
    """Those that are set up, and those that were and have, or may have, something."""
    return list(dict.fromkeys([*view.exchanges, *(one.exchange for one in view.handed)]))


def _party(request: Request, view: submissions.OfferView, name: str) -> dict[str, Any]:
    """One exchange as the page shows it: what it was given, what can be taken back, whether it can be given now."""
    handed = [one for one in view.handed if one.exchange == name]
    last = handed[-1].state if handed else ""
    free = name in view.exchanges and bool(view.hashes) and view.allowed
    return {
        "name": name,
        "handed": [(one, one.state in _OUT_THERE and not one.erased) for one in handed],
        "send": free and (not last or last in _SENDABLE_AGAIN),
        "agree": say("web.handing_agree", request.lang, exchange=name),
    }
