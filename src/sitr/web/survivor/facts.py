"""Which facts are due to be looked at again: for whoever keeps `knowledge/`. Public facts only; no case is opened."""

from datetime import UTC, date, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from sitr.knowledge.listing import ListedEntry
from sitr.web.requests import Request
from sitr.web.survivor.pages import show
from sitr.words import Lang, catalogue, say

# An entry is announced this long before its day.
SOON_DAYS = 30
_A_PAGE = 10
_CHOICES = ("due", "recalled", "all")
_LONGEST = 80


@require_GET
def facts(plain: HttpRequest) -> HttpResponse:
    """Totals, and the entries that are due, grouped by file; by GET form also those from memory, or all.

    Needs the one-time link like every page, and no passphrase: nothing of a case is shown.
    """
    request = cast("Request", plain)
    listed, today = request.services.knowledge.listing, datetime.now(UTC).date()
    past = [one for one in listed.entries if one.is_past(today)]
    near = [one for one in listed.entries if one.is_near(today, SOON_DAYS)]
    asked = _asked(request)
    chosen = {"due": [*past, *near], "recalled": _recalled(listed.entries), "all": listed.entries}[asked["show"]]
    kinds = sorted({one.kind for one in listed.entries})
    found = [one for one in chosen if asked["kind"] in ("", one.kind) and one.called(asked["entry"])]
    page = Paginator(found, _A_PAGE).get_page(request.GET.get("page", "1"))
    return show(
        request, "facts.html", listed=listed, past=len(past), near=len(near), soon=SOON_DAYS, asked=asked,
        kinds=[(kind, kind_word(request.lang, kind)) for kind in kinds], choices=_CHOICES, page=page,
        groups=[_group(request.lang, one, today, recalled_only=asked["show"] == "recalled") for one in page],
        query=urlencode(asked),
    )  # fmt: skip


def _asked(request: Request) -> dict[str, str]:
    """What the form asks; anything else is the first choice."""
    given = {name: request.GET.get(name, "")[:_LONGEST].strip() for name in ("show", "kind", "entry")}
    return given | {"show": given["show"] if given["show"] in _CHOICES else _CHOICES[0]}


def _recalled(entries: tuple[ListedEntry, ...]) -> list[ListedEntry]:
    return [one for one in entries if not all(fact.verified for fact in one.facts)]


def _group(lang: Lang, one: ListedEntry, today: date, *, recalled_only: bool) -> dict[str, Any]:
    shown = [fact for fact in one.facts if not (recalled_only and fact.verified)]
    return {
        "entry": one,
        "kind": kind_word(lang, one.kind),
        "facts": shown,
        "left": (one.due - today).days,
        "late": (today - one.due).days,
        "past": one.is_past(today),
    }


def kind_word(lang: Lang, kind: str) -> str:
    """The word for a kind of entry; its own name where none was written yet."""
    return say(f"facts.kind_{kind}", lang) if f"kind_{kind}" in catalogue(lang, "facts") else kind
