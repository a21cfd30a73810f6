"""Rendering and redirecting, the same for all pages of the survivor."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.sessions import IDLE_SECONDS


def show(request: Request, template: str, *, form: Form | None = None, **context: Any) -> HttpResponse:
    """The page `template`; with a form, under the form's status and with what was typed."""
    status = form.status if form is not None else 200
    answer = render(request, template, {"form": form, **context}, status=status)
    if form is None and request.keeper is not None:
        # Works without scripts. Pages with a form stay, because what is being typed would be lost.
        answer["Refresh"] = f"{int(IDLE_SECONDS) + 1}; url={reverse('away')}"
    return answer


def go(name: str, *places: str, at: str = "") -> HttpResponseRedirect:
    """Redirect to the page `name`, so that reloading never sends a form again; `at` is a place on that page."""
    return HttpResponseRedirect(reverse(name, args=places) + (f"#{at}" if at else ""))


def shelved(request: Request, name: str, kind: type) -> Any:
    """A result laid aside before the redirect; None after a restart, a lock, or for another kind."""
    value = request.visit.session.shelf.get(name)
    return value if isinstance(value, kind) else None
