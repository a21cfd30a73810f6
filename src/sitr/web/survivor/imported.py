"""What was read out of an imported file: its questions first, then its messages, pictures blurred until pressed."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import imports, sightings
from sitr.cases.imports import ParsedView, where_found
from sitr.errors import NotFound, SitrError
from sitr.evidence.imports import visible_only
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.items import find_item
from sitr.web.survivor.pages import go, show
from sitr.words import isolate, say

_SHOWN_FACTS = (
    "app", "subject", "from", "to", "title", "author", "software", "make", "model", "taken", "made", "looks_like",
    "c2pa", "c2pa_signer", "c2pa_issuer", "dkim",
    "milliseconds", "pages", "software", "participants", "zone", "saved_from", "compared", "answers",
)  # fmt: skip
_IN_WORDS = {
    "c2pa": ("none", "present", "valid", "altered", "unjudged", "unreadable"),
    "dkim": ("pass", "fail", "none", "no_key", "not_asked", "broken"),
    "looks_like": ("screenshot", "photo", "unknown"), "zone": ("unknown",),
}  # fmt: skip
"""Facts of which some values are words of ours."""


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def read(request: Request, case: str, item: str, part: int = 0) -> HttpResponse:
    """The parsed view of one exhibit; a sent form is the person's answers, and the file is read anew with them."""
    form = Form(request)
    if form.sent:
        view = imports.parsed(request.keeper, case, item)
        said = {one.id: form.value(_field(one.id)) for one in view.questions if form.value(_field(one.id))}
        with form.beside(_field("zone")):
            imports.answer(request.keeper, case, item, said)
            return go("read", case, item)
    view = imports.parsed(request.keeper, case, item, part)
    one = find_item(request, case, item)
    return show(
        request, "imported.html", form=form, case=case, item=one, view=view, asked=_asked(request, view),
        found=_found(request, case, view), rows=_rows(request, view, item),
        noticed=[say(p.code, request.lang, **p.data) for p in view.problems],
        facts=[(say(f"imported.fact_{n}", request.lang), _told(request, n, view.facts[n]))
               for n in dict.fromkeys(_SHOWN_FACTS) if view.facts.get(n)],
        before=part - 1 if part else None, after=part + 1 if part + 1 < view.parts else None,
    )  # fmt: skip


@require_POST
@unlocked
def look_inside(request: Request, case: str, item: str, part: int, row: int, nth: int) -> HttpResponse:
    """Show one picture of the file unblurred, once: a deliberate press, written to the journal when it is read."""
    _named(request, case, item, part, row, nth)
    request.visit.session.shelf[_shelf(item, part, row, nth)] = True
    return go("read_part", case, item, str(part), at=f"m{row}")


@require_GET
@unlocked
def inside(request: Request, case: str, item: str, part: int, row: int, nth: int, sight: str) -> HttpResponse:
    """A picture of the file as PNG: `soft` is blurred; `clear` only after the press, and only once for it."""
    cleared = sight == "clear" and request.visit.session.shelf.pop(_shelf(item, part, row, nth), False)
    if sight == "clear" and not cleared:
        raise NotFound("web.no_such_item")
    name = _named(request, case, item, part, row, nth)
    try:
        png = imports.picture_inside(request.keeper, case, item, name, blurred=not cleared)
    except SitrError as error:
        # An image that cannot be drawn must not answer with a page.
        return HttpResponse(status=error.http_status, content_type="text/plain")
    return HttpResponse(png, content_type="image/png")


def _named(request: Request, case: str, item: str, part: int, row: int, nth: int) -> str:
    """The name of one picture of the view; a name is never taken from an address."""
    view = imports.parsed(request.keeper, case, item, part)
    if row >= len(view.items) or nth >= len(view.items[row].media):
        raise NotFound("web.no_such_item")
    return view.items[row].media[nth]


def _shelf(item: str, part: int, row: int, nth: int) -> str:
    return f"inside-{item}-{part}-{row}-{nth}"


def _field(question: str) -> str:
    return "q-" + question.replace(":", "-")


def _asked(request: Request, view: ParsedView) -> list[dict[str, Any]]:
    """The questions as fields; each choice says what the first example would then mean."""
    return [
        {
            "name": _field(one.id), "label": say(one.code, request.lang), "optional": one.optional,
            "examples": [visible_only(example) for example in one.examples[:3]],
            "options": [(c.id, _choice(request, c)) for c in one.choices],
        }
        for one in view.questions
    ]  # fmt: skip


def _choice(request: Request, choice: Any) -> str:
    said = say(choice.label, request.lang)
    return f"{said} ({isolate(choice.example)})" if choice.example else said


def _found(request: Request, case: str, view: ParsedView) -> list[dict[str, Any]]:
    """Each copy that was found: where in the file, how sure, and what has become of its proposal."""
    known = {one.id: one.proposed for one in sightings.list_sightings(request.keeper, case)} if view.found else {}
    return [
        {
            "where": where_found(copy, request.lang), "score": copy.score, "same_scene": copy.same_scene,
            "sighting": copy.sighting, "open": known.get(copy.sighting, False), "listed": copy.sighting in known,
        }
        for copy in view.found
    ]  # fmt: skip


def _rows(request: Request, view: ParsedView, item: str) -> list[dict[str, Any]]:
    """The items as the page shows them: the time as understood, else as written; pictures by their place in it."""
    shelf = request.visit.session.shelf
    in_archive = "members" in view.facts
    return [
        {
            "n": n, "one": one, "time": one.time.replace("T", " "), "written": visible_only(one.written),
            "readings": [reading.replace("T", " ") for reading in one.readings], "own": one.kind == "message",
            "media": [
                {"nth": nth, "name": name, "picture": in_archive and imports.is_picture_name(name),
                 "clear": shelf.get(_shelf(item, view.part, n, nth), False)}
                for nth, name in enumerate(one.media)
            ],
        }
        for n, one in enumerate(view.items)
    ]  # fmt: skip


def _told(request: Request, name: str, value: Any) -> str:
    if value in _IN_WORDS.get(name, ()):
        return say(f"imported.{name}_{value}", request.lang)
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)
