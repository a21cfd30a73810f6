"""Receipt codes: given, shown once, withdrawn. Coming in by one is in `entry`."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from sitr.cases import openings, receipts
from sitr.cases.receipts import Given
from sitr.errors import NotFound
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show


@require_http_methods(["GET", "POST"])
@unlocked
def slips(request: Request) -> HttpResponse:
    """What a receipt is, those that are out, and a new one for chosen cases."""
    cases = _numbered(request)
    form = Form(request, opens=list(cases))
    if form.sent:
        with form.beside("secret" if form.values("opens") else "opens"):
            made = receipts.give(request.keeper, form.values("opens"), secret=form.value("secret"))
            return go("slip_shown", request.visit.session.put(made))
    given = [(one, _words(one.cases, cases)) for one in receipts.list_receipts(request.keeper)]
    return show(request, "slips.html", form=form, given=given, options=list(cases.items()), origins=_origins(request))


@require_GET
@unlocked
def shown(request: Request, result: str) -> HttpResponse:
    """The code. Once: another look at this address shows the list."""
    made = shelved(request, result, Given)
    request.visit.session.shelf.pop(result, None)
    if made is None:
        return go("slips")
    return show(request, "slip_shown.html", made=made, opens=_words(made.cases, _numbered(request)),
                origins=_origins(request))  # fmt: skip


@require_http_methods(["GET", "POST"])
@unlocked
def end(request: Request, slip: str) -> HttpResponse:
    """Say what withdrawing does, then ask for the passphrase."""
    found = next((one for one in receipts.list_receipts(request.keeper) if one.id == slip), None)
    if found is None:
        raise NotFound("cases.no_such_thing")
    form = Form(request)
    if form.sent:
        with form.beside("secret"):
            receipts.withdraw(request.keeper, slip, secret=form.value("secret"))
            return go("slips")
    return show(request, "slip_end.html", form=form, one=found, opens=_words(found.cases, _numbered(request)))


def _numbered(request: Request) -> dict[str, int]:
    """The holder's cases, by the numbers under which the first page lists them."""
    return {line.id: number for number, line in enumerate(openings.held_cases(request.keeper), 1)}


def _words(cases: tuple[str, ...], numbers: dict[str, int]) -> list[int]:
    return sorted(numbers[case] for case in cases if case in numbers)


def _origins(request: Request) -> tuple[str, ...]:
    origins: tuple[str, ...] = request.services.desk_origins
    return origins
