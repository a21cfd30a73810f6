"""The journal of a case: every step since discovery, whether it is whole, a checkpoint to keep, the exhibits' lives."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from sitr.cases import custody, journals
from sitr.errors import NotFound
from sitr.journal import describe, qr_svg, read_checkpoint
from sitr.web.doors import unlocked
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show
from sitr.words import say


@require_GET
@unlocked
def log(request: Request, case: str) -> HttpResponse:
    """The entries, the newest first."""
    entries = journals.entries(request.keeper, case)
    return show(request, "log.html", case=case, entries=list(reversed(entries)))


@require_POST
@unlocked
def check(request: Request, case: str) -> HttpResponse:
    """Verify the journal; the answer is on the page after."""
    report = journals.verify(request.keeper, case)
    return go("checked", case, request.visit.session.put(("report", report)))


@dataclass(frozen=True)
class Kept:
    """A checkpoint on the shelf, until the session ends."""

    note: str


@require_POST
@unlocked
def keep(request: Request, case: str) -> HttpResponse:
    """Hand out the newest checkpoint; the journal says that it was."""
    return go("kept", case, request.visit.session.put(Kept(journals.hand_checkpoint(request.keeper, case))))


@require_GET
@unlocked
def kept(request: Request, case: str, result: str) -> HttpResponse:
    """The checkpoint as a code to take a picture of, and as a file."""
    one = shelved(request, result, Kept)
    if one is None:
        return go("log", case)
    head = read_checkpoint(one.note)
    code = SafeString(qr_svg(one.note, say("web.kept_picture", request.lang)))  # drawn here, from digits alone
    return show(request, "kept.html", case=case, result=result, code=code, size=head.size, root=head.root.hex())


@require_GET
@unlocked
def kept_file(request: Request, case: str, result: str) -> HttpResponse:  # noqa: ARG001  (same address shape)
    """The checkpoint itself."""
    one = shelved(request, result, Kept)
    if one is None:
        raise NotFound("web.no_such_item")
    answer = HttpResponse(one.note.encode(), content_type="application/octet-stream")
    answer["Content-Disposition"] = 'attachment; filename="checkpoint.txt"'
    return answer


@require_GET
@unlocked
def lives(request: Request, case: str) -> HttpResponse:
    """What happened to each exhibit from its sealing on: who, when, why."""
    return show(request, "life.html", case=case, lives=custody.custody(request.keeper, case))


@require_GET
@unlocked
def life(request: Request, case: str, item: str) -> HttpResponse:
    """The same for one exhibit."""
    return show(request, "life.html", case=case, lives=custody.custody(request.keeper, case, item))


@require_GET
@unlocked
def checked(request: Request, case: str, result: str) -> HttpResponse:
    """The answer of the verification."""
    laid = request.visit.session.shelf.get(result)
    if not isinstance(laid, tuple) or laid[0] != "report":
        return go("log", case)
    report = laid[1]
    lines = [(found.state, describe(found, request.lang)) for found in report.checks]
    problems = [describe(found, request.lang) for found in report.problems]
    return show(request, "checked.html", case=case, report=report, lines=lines, problems=problems)
