"""Decorators of views: who may pass. One helper each, so that a view cannot forget half of it."""

import functools
import json
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from sitr.cases import access, pairings
from sitr.errors import Damaged
from sitr.vault import Place, open_sealed, seal
from sitr.web.forms import kept_form
from sitr.web.requests import Request

View = Callable[..., HttpResponse]
V = TypeVar("V", bound=View)

# Where a form that met the lock waits: sealed to the holder, so that it opens for nobody else.
_WAITING = Place(case="-", table="session", row="-", field="form")
_LARGEST_WAITING = 256 * 1024


def unlocked(view: V) -> V:
    """Only with an unlocked keeper; otherwise to the door, and a form that was sent waits there unharmed."""

    @functools.wraps(view)
    def guarded(plain: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        request = cast("Request", plain)
        if request.keeper is None:
            if not access.is_set_up(request.services):
                return HttpResponseRedirect(reverse("begin"))
            _keep(request, getattr(view, "keeps_form", False))
            return HttpResponseRedirect(reverse(way_in(request)))
        _open_for_browsers(request, kwargs.get("case"))
        if request.web.visiting is not None:
            request.web.visiting.offer(request.keeper)
        request.waiting = _waiting(request)  # type: ignore[attr-defined]  # read by Form
        return view(request, *args, **kwargs)

    return cast("V", guarded)


def way_in(request: Request) -> str:
    """The name of the page at which this browser unlocks: by a receipt code where it came by one, else a passphrase."""
    return "come" if request.desk or request.visit.session.receipt else "open"


def _open_for_browsers(request: Request, case: str | None) -> None:
    """A paired browser may add to a case only while a holder who looked at it is unlocked; and pictures only by the
    answers as they stand at that look (decision 0014)."""
    pictures = pairings.door(request.keeper, case) if case else None
    if case and pictures is not None:
        request.visit.session.cases[case] = pictures


def keeps_form(view: V) -> V:
    """Marks a view whose form is sent to its own address: a locked session may lay it aside and show it again."""
    view.keeps_form = True  # type: ignore[attr-defined]
    return view


def _keep(request: Request, form: bool) -> None:
    session = request.visit.session
    posted = kept_form(request.POST) if form and request.method == "POST" and session.public else ""
    if not posted and (request.method != "GET" or session.draft is not None):
        return
    if not session.public or len(posted) > _LARGEST_WAITING:
        return
    laid = json.dumps({"path": request.path, "form": posted}).encode()
    session.draft = seal(laid, _WAITING, session.public)


def way_back(request: Request) -> str:
    """Where the person was when the session was locked; home when that is not known. `request.keeper` is unlocked."""
    laid = _opened(request)
    return laid["path"] if laid else reverse("home")


def _waiting(request: Request) -> QueryDict | None:
    laid = _opened(request) if request.method == "GET" else None
    if laid is None or laid["path"] != request.path:
        return None
    request.visit.session.draft = None
    return QueryDict(laid["form"], mutable=False) if laid["form"] else None


def _opened(request: Request) -> dict[str, str] | None:
    draft = request.visit.session.draft
    if draft is None:
        return None
    try:
        laid = open_sealed(draft, _WAITING, request.keeper.identity)
    except Damaged:
        # Sealed to another holder, who used this browser before: it is theirs, and gone.
        request.visit.session.draft = None
        return None
    return cast("dict[str, str]", json.loads(laid))
