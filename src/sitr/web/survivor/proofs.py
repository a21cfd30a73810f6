"""Why a find is called a copy: blurred at first, clear only by a press, fetched anew only by a press.

Each picture is drawn when it is asked for, lies in the session's memory until the browser took it, once, and is stored
nowhere.
"""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from sitr.cases import proofs
from sitr.errors import NotFound
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.web.survivor.places import find_place
from sitr.words import say


@require_http_methods(["GET", "POST"])
@unlocked
def why(request: Request, case: str, place: str) -> HttpResponse:
    """The page, with the blurred proof where the found picture is sealed here; its buttons draw another one."""
    one = find_place(request, case, place)
    form, shelf = Form(request), request.visit.session.shelf
    view = proofs.about(request.keeper, case, place)
    if form.sent:
        with form.beside("act"):
            clear, anew = form.value("act") == "clear", form.value("anew") == "yes"
            _draw(request, case, place, clear=clear, anew=anew)
            shelf[f"why-{place}"] = ("clear" if clear else "soft", anew)
            return go("why", case, place)
    sight, anew = shelf.pop(f"why-{place}", ("", False))
    if not sight and not form.wrong and view.kept and view.photo:
        with form.beside("act"):
            _draw(request, case, place)
            sight = "soft"
        form.status = 200
    return show(
        request, "why.html", form=form if form.wrong else None, case=case, place=one, view=view, sight=sight, anew=anew,
        verdict=shelf.pop(_key(place, "said"), ""),
    )  # fmt: skip


def _draw(request: Request, case: str, place: str, *, clear: bool = False, anew: bool = False) -> None:
    drawn = proofs.draw(request.keeper, case, place, lang=request.lang, clear=clear, anew=anew)
    shelf = request.visit.session.shelf
    shelf[_key(place, "clear" if clear else "soft")] = drawn.png
    shelf[_key(place, "said")] = say(drawn.code, request.lang, **drawn.data)


def _key(place: str, sight: str) -> str:
    return f"why-{place}-{sight}"


@require_GET
@unlocked
def why_picture(request: Request, case: str, place: str, sight: str) -> HttpResponse:  # noqa: ARG001  one address, whole
    """The drawn proof as PNG, once."""
    png = request.visit.session.shelf.pop(_key(place, sight), None)
    if not isinstance(png, bytes):
        raise NotFound("web.no_such_item")
    return HttpResponse(png, content_type="image/png")
