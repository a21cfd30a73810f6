"""`/api/match`: a keyed partner asks whether hashes of uploads are near one of the shared index. JSON, no cookie, no
page.

Belongs here: the form of question and answer (OpenAPI at /api/openapi.json), and that nothing of either is written
down. Not here: who may ask and how much (`cases.partners`), the search (`cases.matching`). The pages that django-
ninja offers for reading an API load scripts from elsewhere: they are off; docs/match-api.md is the page. Decision
0019.
"""

from typing import Annotated, Any, Literal, cast

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.request import split_domain_port
from ninja import Field, NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer
from pydantic import ConfigDict

from sitr.cases import partners
from sitr.cases.matching import Asked, Match
from sitr.cases.partners import QuotaSpent
from sitr.cases.shared_rows import VIEWS
from sitr.errors import Locked, SitrError
from sitr.fingerprint.pdq import QUALITY, RADIUS
from sitr.web.requests import Request
from sitr.words import say

MOST_HASHES = 100


class Hash(Schema):
    """One hash: PDQ as ThreatExchange writes it, and its quality. Nothing else is taken, so that nothing of a user of
    the asking site comes along."""

    model_config = ConfigDict(extra="forbid")

    pdq: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$", description="64 hex digits")]
    quality: Annotated[int, Field(ge=0, le=100, strict=True, description=f"under {QUALITY}: not looked for")]


class Question(Schema):
    """Up to a hundred hashes."""

    model_config = ConfigDict(extra="forbid")

    hashes: Annotated[list[Hash], Field(min_length=1, max_length=MOST_HASHES)]


class Found(Schema):
    """The answer for one hash."""

    match: Annotated[bool | None, Field(description="null: too flat to say (quality)")]
    id: Annotated[str | None, Field(description="the entry's random id, for reports to the operator")] = None
    view: Annotated[str | None, Field(description="; ".join(VIEWS))] = None
    distance: Annotated[Literal[7, 15, 23, 31] | None, Field(description="differing bits, at most; in steps")] = None


class Answer(Schema):
    """The answers in the order of the hashes."""

    results: list[Found]
    radius: int = RADIUS


class Refusal(Schema):
    """Why there is no answer: a code that stays, and a sentence."""

    error: str
    sentence: str


def _here(request: Request) -> None:
    host = split_domain_port(request.get_host())[0]
    if request.web.follower is None or host not in request.services.match_hosts:
        raise Http404


class Key(HttpBearer):
    """The partner's key, in the Authorization header only."""

    def authenticate(self, request: HttpRequest, token: str) -> str:
        """The id of the partner. Off, the service is not there at all, whatever the key."""
        _here(cast("Request", request))
        return partners.known(token)


api = NinjaAPI(
    title="Sitr: matching", version="1", docs_url=None, openapi_url=None, urls_namespace="match",
    description="Is the picture behind a PDQ hash near one that somebody asked to be kept down? docs/match-api.md",
)  # fmt: skip


@api.get("/openapi.json", include_in_schema=False)
def schema(request: HttpRequest) -> HttpResponse:
    """The description of this API, for programs."""
    _here(cast("Request", request))
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/"))


@api.post(
    "/match", auth=Key(), summary="Ask about up to a hundred hashes",
    response={200: Answer, 400: Refusal, 401: Refusal, 429: Refusal, 502: Refusal},
)  # fmt: skip
def match(request: HttpRequest, asked: Question) -> dict[str, Any]:
    """For each hash: whether an entry lies within 31 bits, which, in which view, and how far at most."""
    here, partner = cast("Request", request), str(request.auth)  # type: ignore[attr-defined]  # what Key gave
    partners.spend(here.services, partner, len(asked.hashes))
    follower = here.web.follower
    if follower is None:
        raise Http404
    hashes = [Asked(bytes.fromhex(one.pdq), one.quality) for one in asked.hashes]
    found = follower.search(hashes)
    return {"results": [_told(one, hit) for one, hit in zip(hashes, found, strict=True)], "radius": RADIUS}


def _told(asked: Asked, hit: Match | None) -> dict[str, Any]:
    if asked.quality < QUALITY:
        return {"match": None}
    if hit is None:
        return {"match": False}
    return {"match": True, "id": hit.id, "view": hit.view, "distance": hit.distance}


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    sentence = say(error.code, cast("Request", request).lang, **error.data)
    status = 401 if isinstance(error, Locked) else error.http_status
    answer = JsonResponse({"error": error.code, "sentence": sentence}, status=status)
    if isinstance(error, QuotaSpent):
        answer["Retry-After"] = str(error.data["seconds"])
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    return answer


def _no_question(request: HttpRequest, _error: Any) -> HttpResponse:
    """What came is not repeated: the framework's own answer would hold it, hash and all."""
    return _refused(request, _Unreadable("web.match_question", most=MOST_HASHES))


class _Unreadable(SitrError):
    """No question in the form of this API."""


def _no_key(request: HttpRequest, _error: Any) -> HttpResponse:
    return _refused(request, Locked("cases.partner_unknown"))


def _is_not_here(_request: HttpRequest, _error: Any) -> HttpResponse:
    return HttpResponse(status=404)


api.add_exception_handler(SitrError, _refused)
api.add_exception_handler(ValidationError, _no_question)
api.add_exception_handler(HttpError, _no_question)
api.add_exception_handler(AuthenticationError, _no_key)
api.add_exception_handler(Http404, _is_not_here)
