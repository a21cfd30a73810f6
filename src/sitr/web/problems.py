"""Pages that say what went wrong and what to do, in the calm frame of all others."""

from typing import Any, cast

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render

from sitr.errors import SitrError
from sitr.web.requests import Request
from sitr.words import say


def page(request: Request, status: int, name: str, **blanks: Any) -> HttpResponse:
    """The page for a problem that the web itself knows: `web.problem_<name>` and its title."""
    title = say(f"web.problem_{name}_title", request.lang)
    return _render(request, status, title, say(f"web.problem_{name}", request.lang, **blanks))


def of_error(request: Request, error: SitrError) -> HttpResponse:
    """The page for one of our errors: its own sentence, its own status."""
    status = error.http_status
    name = {403: "locked", 404: "missing", 500: "damaged", 502: "outside", 503: "program"}.get(status, "input")
    title = say(f"web.problem_{name}_title", request.lang)
    return _render(request, status, title, say(error.code, request.lang, **error.data))


def is_djangos(error: Exception) -> bool:
    """Whether Django answers this exception by one of the handlers below."""
    return isinstance(error, Http404 | PermissionDenied | SuspiciousOperation | BadRequest | MultiPartParserError)


def _render(request: Request, status: int, title: str, sentence: str) -> HttpResponse:
    return render(request, "problem.html", {"title": title, "sentence": sentence}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  (Django's signature)
    """404."""
    return page(_ready(request), 404, "missing")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """400: another host, a broken form."""
    return page(_ready(request), 400, "input")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """403."""
    return page(_ready(request), 403, "locked")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403: the form is not from one of our pages, or from before a restart."""
    return page(_ready(request), 403, "csrf")


def server_error(request: HttpRequest) -> HttpResponse:
    """500."""
    return page(_ready(request), 500, "broken")


def _ready(plain: HttpRequest) -> Request:
    """The request with a language, also when it failed before the middleware could set one."""
    request = cast("Request", plain)
    if not hasattr(request, "lang"):
        request.lang = "ar"
    return request
