"""Notices: choose a door, fill the fields, approve, send or hand over, file the answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import notices
from sitr.errors import NotFound
from sitr.knowledge import unverified_words
from sitr.takedown import Content, is_asked, is_mailbox
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.words import say


@require_GET
@unlocked
def letters(request: Request, case: str) -> HttpResponse:
    """All notices of the case."""
    return show(request, "letters.html", case=case, letters=notices.list_notices(request.keeper, case))


@require_POST
@unlocked
def write(request: Request, case: str, place: str) -> HttpResponse:
    """Begin a notice for one door."""
    chosen = request.POST
    made = notices.draft(
        request.keeper, case, place, basis=chosen.get("basis") or None, channel=chosen.get("channel") or None,
        lang="ar" if chosen.get("lang") == "ar" else "en",
    )  # fmt: skip
    return go("letter", case, made.id)


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def letter(request: Request, case: str, letter: str) -> HttpResponse:
    """One notice, in whatever state it is, with what can be done now."""
    one = _find(request, case, letter)
    form = Form(request, **{"recipient": one.recipient, **one.fields})
    if form.sent:
        act = _ACTS.get(form.value("act"))
        if act is None:
            raise Http404
        act(request, case, letter, form)
        if not form.wrong:
            return go("letter", case, letter, at=_PLACE_AFTER.get(form.value("act"), ""))
    return show(request, "letter.html", form=form, case=case, letter=one, **_asked(request, one, form))


def _asked(request: Request, one: Any, form: Form) -> dict[str, Any]:
    """What the basis asks for, in the language of the page: fields, declarations, kinds of content, what is missing."""
    lang, basis = request.lang, request.services.knowledge.basis(one.basis)
    labels = {name: ar if lang == "ar" else en for name, ar, en in one.required}
    needed = {field.id for field in basis.required_fields if field.required}
    words = {name: say(f"takedown.statement_{name}", lang) for name in basis.statements}
    return {
        "fields": [(name, label, name in needed) for name, label in labels.items() if is_asked(name)],
        "statements": [(name, text, form.value(name) == "yes") for name, text in words.items()],
        "contents": [(kind.value, say(f"web.content_{kind.value}", lang)) for kind in Content],
        "missing": [labels.get(name) or words.get(name) or name for name in one.missing],
        "warnings": unverified_words(one.unverified, one.checked),
        "by_mail": is_mailbox(one.recipient) and request.services.mailer is not None,
    }


def _fill(request: Request, case: str, letter: str, form: Form) -> None:
    one = _find(request, case, letter)
    basis = request.services.knowledge.basis(one.basis)
    asked = [name for name, _, _ in one.required if is_asked(name)]
    # A box that was not ticked is not sent by the browser; here it counts as taken back.
    fields = {name: form.value(name) for name in (*asked, *basis.statements, "recipient", "content", "agent")}
    with form.beside("act"):
        notices.fill(request.keeper, case, letter, fields)


def _approve(request: Request, case: str, letter: str, form: Form) -> None:
    with form.beside("act"):
        notices.approve(request.keeper, case, letter)


def _send(request: Request, case: str, letter: str, form: Form) -> None:
    with form.beside("act"):
        notices.send(request.keeper, case, letter)


def _sent(request: Request, case: str, letter: str, form: Form) -> None:
    with form.beside("reference"):
        notices.mark_sent(request.keeper, case, letter, form.value("reference"), datetime.now(UTC))


def _reply(request: Request, case: str, letter: str, form: Form) -> None:
    chosen = form.file("reply")
    if chosen is None:
        form.refuse("reply", "web.no_file")
        return
    with form.beside("reply"):
        notices.file_reply(request.keeper, case, letter, chosen[0], chosen[1])


def _said_no(request: Request, case: str, letter: str, form: Form) -> None:
    with form.beside("act"):
        notices.mark_refused(request.keeper, case, letter)


_ACTS: dict[str, Callable[[Request, str, str, Form], None]] = {
    "fill": _fill,
    "approve": _approve,
    "send": _send,
    "sent": _sent,
    "reply": _reply,
    "said_no": _said_no,
}
_PLACE_AFTER = {"fill": "preview"}


def _find(request: Request, case: str, letter: str) -> Any:
    found = next((one for one in notices.list_notices(request.keeper, case) if one.id == letter), None)
    if found is None:
        raise NotFound("web.no_such_letter")
    return found
