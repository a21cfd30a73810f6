"""The person's photos: a fingerprint is made and the photo is not kept. Only for adults who said so."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from sitr.cases import openings, photos
from sitr.knowledge import Plan, PlanStep
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def pictures(request: Request, case: str) -> HttpResponse:
    """The photos of the case, and the form for one more where the answers allow pictures."""
    view = openings.show(request.keeper, case)
    form = Form(request)
    if form.sent and view.pictures:
        chosen = form.file("photo")
        if chosen is None:
            form.refuse("photo", "web.no_file")
        else:
            with form.beside("photo"):
                photos.add_photo(request.keeper, case, chosen[0], chosen[1])
                return go("pictures", case)
    made = openings.case_plan(request.keeper, case)
    known = openings.answers(request.keeper, case)
    return show(
        request, "pictures.html", form=form, case=case, view=view, photos=photos.list_photos(request.keeper, case),
        age_open=not known.answers.get("age"), elsewhere=() if view.pictures else _elsewhere(made),
    )  # fmt: skip


def _elsewhere(made: Plan) -> list[PlanStep]:
    """The steps that guard a photo without Sitr taking it in; the services for those under 18 are among them."""
    return [one for one in made.steps if one.slot == "shield"]
