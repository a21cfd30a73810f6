"""What a paired browser asks: is somebody there, a key against a code, a page added. JSON, no cookie, no page.

The key stands in the Authorization header only. Answers can be read by the extension that was paired, and, while a code
waits to be typed, by the one that types it; any other origin is refused without a word. Decision 0014.
"""

import functools
import json
import re
from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from sitr.cases import arrivals, pairings
from sitr.errors import BadInput, Locked, SitrError
from sitr.web.requests import Request
from sitr.words import say

VERSION = 1
# An id of Chromium is 32 letters a to p, a UUID of Firefox is made for each installation.
_ORIGIN = re.compile(r"chrome-extension://[a-p]{32}|moz-extension://[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{43})")
_LARGEST_QUESTION = 4096

View = Callable[[Request, str], dict[str, Any]]


def _asked(method: str) -> Callable[[View], Callable[[HttpRequest], HttpResponse]]:
    """A view for extensions: the origin, the preflight, the readable refusal. CSRF does not apply: no cookie counts."""

    def decorate(view: View) -> Callable[[HttpRequest], HttpResponse]:
        @csrf_exempt
        @functools.wraps(view)
        def answering(plain: HttpRequest) -> HttpResponse:
            request = cast("Request", plain)
            origin = request.headers.get("Origin", "")
            if not _ORIGIN.fullmatch(origin) or not pairings.expects(request.services, origin):
                return HttpResponse(status=403)
            if request.method == "OPTIONS":
                return _preflight(request, origin, method)
            if request.method != method:
                return HttpResponse(status=400)  # not 405: that one becomes a page
            return _readable(_answer(view, request, origin), origin)

        return answering

    return decorate


def _answer(view: View, request: Request, origin: str) -> HttpResponse:
    try:
        return JsonResponse({"v": VERSION, **view(request, origin)})
    except SitrError as error:
        return _refused(request, error)


def _refused(request: Request, error: SitrError) -> HttpResponse:
    sentence = say(error.code, request.lang, **error.data)
    status = 429 if error.code == "cases.browser_pace" else error.http_status
    return JsonResponse({"v": VERSION, "error": error.code, "sentence": sentence}, status=status)


def _preflight(request: Request, origin: str, method: str) -> HttpResponse:
    answer = _readable(HttpResponse(status=204), origin)
    answer["Access-Control-Allow-Methods"] = method
    answer["Access-Control-Allow-Headers"] = "authorization, content-type"
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        answer["Access-Control-Allow-Private-Network"] = "true"
    return answer


def _readable(answer: HttpResponse, origin: str) -> HttpResponse:
    answer["Access-Control-Allow-Origin"] = origin
    answer["Vary"] = "Origin, Accept-Language"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _guest(request: Request, origin: str) -> pairings.Guest:
    found = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if found is None:
        raise Locked("cases.pair_ended")
    return pairings.guest(request.services, found[1], origin)


@_asked("GET")
def state(request: Request, origin: str) -> dict[str, Any]:
    """Whether something may be added now, and whether pictures may."""
    guest = _guest(request, origin)
    pictures = request.web.sessions.open_for(guest.case)
    if pictures is None:
        raise Locked("cases.browser_locked")
    return {"open": True, "pictures": pictures}


@_asked("POST")
def pair(request: Request, origin: str) -> dict[str, Any]:
    """A key against the code that the app shows."""
    asked = _question(request)
    made = pairings.exchange(request.services, str(asked.get("code", "")), origin, str(asked.get("browser", "")))
    return {"key": made.key, "until": made.until.isoformat()}


def _question(request: Request) -> dict[str, Any]:
    if _length(request) > _LARGEST_QUESTION:
        raise BadInput("cases.pair_no_code", digits=pairings.CODE_DIGITS)
    try:
        asked = json.loads(request.read(_LARGEST_QUESTION))
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict) or asked.get("v") != VERSION:
        raise BadInput("cases.pair_no_code", digits=pairings.CODE_DIGITS)
    return asked


def _length(request: Request) -> int:
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isascii() and said.isdecimal() else 0


@_asked("POST")
def add(request: Request, origin: str) -> dict[str, Any]:
    """One page, sealed as it comes: a proposal in the case that the key is for."""
    guest = _guest(request, origin)
    pictures = request.web.sessions.open_for(guest.case)
    if pictures is None:
        raise Locked("cases.browser_locked")
    if not request.web.bundles.takes(guest.pairing):
        raise BadInput("cases.browser_pace")
    got = arrivals.receive(request.services, guest, request, _length(request), pictures=pictures)
    return {"id": got.id, "files": got.files, "bytes": got.bytes, "different": list(got.different)}
