"""Whether one photo's hashes may stand in the shared index: what that reveals first, then the question."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from sitr.cases import openings, shared_index
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.web.survivor.pictures import elsewhere


@require_http_methods(["GET", "POST"])
@unlocked
def sharing(request: Request, case: str, photo: str) -> HttpResponse:
    """The page and its one button."""
    form = Form(request)
    if form.sent:
        with form.beside("share"):
            shared_index.consent(request.keeper, case, photo, given=request.POST.get("share") == "yes")
            return go("sharing", case, photo)
    view = shared_index.show(request.keeper, case, photo)
    others = () if view.allowed else elsewhere(openings.case_plan(request.keeper, case))
    return show(
        request, "sharing.html", form=form if form.wrong else None, case=case, view=view, elsewhere=others,
        asked=bool(request.services.match_hosts),
    )  # fmt: skip
