"""What happens to every request before and after its view.

Host, size of the body, language, the gate and the session, errors turned into pages, headers. What does not belong
here: anything about a case.
"""

import logging
import traceback
from collections.abc import Callable
from typing import cast

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import trans_real

from sitr.cases import access, bundles
from sitr.errors import Locked, SitrError
from sitr.web import cookies, problems
from sitr.web.application import ENVIRON_KEY, Web
from sitr.web.requests import Request
from sitr.web.sessions import Visit
from sitr.words import LANGS, Lang

GetResponse = Callable[[HttpRequest], HttpResponse]
log = logging.getLogger("sitr.web")

# Beyond it nothing is read into memory. The multipart frame around one file of 64 MiB fits in.
LARGEST_BODY = 65 * 1024 * 1024
# What a paired browser adds is sealed as it comes, piece by piece.
LARGEST_BUNDLE = bundles.MOST_BYTES
# A hundred hashes, and nothing else that somebody may have put there.
LARGEST_ASKING = 32 * 1024
API = "/api/"
# What there is under a desk's name without a session: the door, and the way out of the building.
_FOR_ANYBODY = frozenset({"/come", "/leave"})
_OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})
_DRAIN_AT_MOST = 512 * 1024 * 1024

# What a page may do in the browser, beside the content policy: nothing that asks for the device.
_HEADERS = {
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=(), browsing-topics=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}


class HostMiddleware:
    """First of all: a request for another host name gets nothing, not even the style sheet (DNS rebinding).

    A name that the operator gave for the matching service leads there and to no page; one that they gave for people
    elsewhere leads to the pages, by receipt code.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said, ours = request.get_host(), cast("Request", request)
        here = split_domain_port(said)[0] in _OWN_HOSTS
        desks = cast("Web", request.META[ENVIRON_KEY]).services.desk_origins
        desk = next((one for one in desks if one.partition("://")[2] == said), None)
        if not here and desk is None and not request.path.startswith(API):
            raise DisallowedHost
        ours.desk, ours.origin = desk is not None, desk or f"http://{said}"
        return self.get_response(request)


class LanguageMiddleware:
    """Sets `request.lang`: the cookie, else what the browser asks for, else Arabic. Also the headers of every page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cast("Request", request).lang = language(request)
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", cast("Request", request).lang)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if getattr(request, "origin", "").startswith("https:"):
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        add_never_cache_headers(response)
        return response


def language(request: HttpRequest) -> Lang:
    """The language of this request."""
    asked = [request.COOKIES.get(cookies.LANGUAGE, "")]
    header = request.headers.get("Accept-Language", "")[:500]
    asked += [tag.partition("-")[0] for tag, _ in trans_real.parse_accept_lang_header(header)]
    return next((tag for tag in asked if tag in LANGS), "ar")


class SizeMiddleware:
    """Refuses a body that is too large before it is read, with a page that says so."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        largest = LARGEST_BUNDLE if request.path == "/x/add" else LARGEST_BODY
        largest = LARGEST_ASKING if request.path.startswith(API) else largest
        if not length.isdecimal() or int(length) <= largest:
            return self.get_response(request)
        if request.path.startswith(API):
            return HttpResponse(status=413)
        _drain(request, min(int(length), _DRAIN_AT_MOST))
        return problems.page(cast("Request", request), 413, "too_large", megabytes=64)


def _drain(request: HttpRequest, length: int) -> None:
    # A browser shows the answer only when it could send everything; what comes is thrown away piece by piece.
    while length > 0:
        piece = request.read(min(length, 1 << 20))
        if not piece:
            return
        length -= len(piece)


class SessionMiddleware:
    """Finds the session by its cookie. Without one every page is the same short page: open the link."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, plain: HttpRequest) -> HttpResponse:
        request = cast("Request", plain)
        request.web = cast("Web", request.META[ENVIRON_KEY])
        request.services, request.keeper = request.web.services, None
        # /x/: a paired browser, /api/: a partner: neither has a cookie. The one-time link is for this machine.
        link = request.path.startswith("/k/") and not request.desk
        if link or request.path.startswith(("/x/", API)) or request.path == "/lang":
            return self.get_response(request)
        visit = request.web.sessions.find(request.COOKIES.get(cookies.SESSION, ""), touch=request.path != "/away")
        if request.desk:
            return self._elsewhere(request, visit)
        if visit is None:
            return problems.page(request, 403, "no_link")
        return self._with(request, visit)

    def _elsewhere(self, request: Request, visit: Visit | None) -> HttpResponse:
        """Under a desk's name: a receipt code, and nothing that a passphrase opens."""
        if visit is not None and visit.session.receipt and request.path not in {"/open", "/begin"}:
            return self._with(request, visit)
        if request.path not in _FOR_ANYBODY:
            return HttpResponseRedirect(reverse("come"))
        request.visit = request.web.sessions.nobody()
        return self.get_response(request)

    def _with(self, request: Request, visit: Visit) -> HttpResponse:
        request.visit = visit
        if visit.session.kept is not None:
            try:
                request.keeper = access.resume(request.services, visit.session.kept, visit.key)
            except Locked:
                visit.session.lock()
        return self.get_response(request)


class ErrorMiddleware:
    """One place where an error becomes a page: ours with its sentence, any other as 500 without a word of its text."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405:
            answer = problems.page(cast("Request", request), 405, "method")
            answer["Allow"] = response["Allow"]
            return answer
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answers for the view that raised `error`; None leaves Django's own kinds (404, 403) to their handlers."""
        if isinstance(error, SitrError):
            return problems.of_error(cast("Request", request), error)
        if problems.is_djangos(error):
            return None
        log.error("%s", _where(error))
        return problems.page(cast("Request", request), 500, "broken")


def _where(error: BaseException) -> str:
    """Kind and places of an error. Its text is left out: it may hold what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return type(error).__name__ + "".join(f" < {f.filename.rpartition('/')[2]}:{f.lineno}" for f in reversed(frames))
