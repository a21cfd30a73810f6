"""The person's photos: a fingerprint is made and the photo is not kept. Only for adults who said so.

The fingerprint is worked out in the browser (`static/web/print.js`; then only the result is sent) or by Sitr.
"""

import base64
import binascii
from typing import cast
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import openings, photos, second_looks
from sitr.knowledge import Plan, PlanStep
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.words import say

_LOOKING = 10.0
"""Seconds after which no other file is gone through before the page is shown; a press goes on."""


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def pictures(request: Request, case: str) -> HttpResponse:
    """The photos of the case, and the form for one more where the answers allow pictures."""
    view = openings.show(request.keeper, case)
    form = Form(request)
    if form.sent and view.pictures:
        chosen, made_there = form.file("photo"), form.value("print")
        if chosen is None and not made_there:
            form.refuse("photo", "web.no_file")
        else:
            with form.beside("photo"):
                if chosen is None:
                    photos.add_fingerprint(request.keeper, case, _bytes(made_there), _name(request, form, case))
                else:
                    photos.add_photo(request.keeper, case, chosen[0], chosen[1])
                return _look_in_imports(request, case)
    made = openings.case_plan(request.keeper, case)
    known = openings.answers(request.keeper, case)
    return show(
        request, "pictures.html", form=form, case=case, view=view, photos=photos.list_photos(request.keeper, case),
        age_open=not known.answers.get("age"), own_machine=is_own_machine(request.get_host()),
        shared=bool(request.services.match_hosts),
        elsewhere=() if view.pictures else elsewhere(made), left=second_looks.waiting(request.keeper, case),
        looked=request.visit.session.shelf.pop(f"looked-{case}", None),
    )  # fmt: skip


@require_POST
@unlocked
def look_in_imports(request: Request, case: str) -> HttpResponse:
    """Go on looking for the photos in what was added before them."""
    return _look_in_imports(request, case)


def _look_in_imports(request: Request, case: str) -> HttpResponse:
    looked = second_looks.look_again(request.keeper, case, seconds=_LOOKING)
    if looked.files:
        request.visit.session.shelf[f"looked-{case}"] = looked.found
    return go("pictures", case)


@require_GET
def prints(plain: HttpRequest) -> HttpResponse:
    """A tool without any case: fingerprints of chosen pictures, worked out and shown in the browser; nothing is sent.

    Needs the one-time link like every page, and no passphrase.
    """
    return show(cast("Request", plain), "prints.html")


def is_own_machine(host: str) -> bool:
    """Whether the browser reached Sitr on the machine it runs on itself: then the photo leaves it neither way."""
    return urlsplit(f"//{host}").hostname in {"127.0.0.1", "::1", "localhost"}


def _bytes(text: str) -> bytes:
    """What the page's script sent, base64; anything else is nothing, which the verb refuses."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _name(request: Request, form: Form, case: str) -> str:
    """The name that was typed; the file's own is not sent."""
    number = len(photos.list_photos(request.keeper, case)) + 1
    return form.value("name").strip() or say("web.pictures_unnamed", request.lang, n=number)


def elsewhere(made: Plan) -> list[PlanStep]:
    """The steps that guard a photo without Sitr taking it in; the services for those under 18 are among them."""
    return [one for one in made.steps if one.slot == "shield"]
