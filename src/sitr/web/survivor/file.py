"""The dossier: choose what goes in, the passphrase again, the phrase shown once, the download."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import exhibits
from sitr.cases.workrooms import workroom
from sitr.errors import NotFound
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show
from sitr.web.templatetags.sitr_words import kind_word, ltr


@dataclass
class Made:
    """A finished dossier on the shelf: sealed bytes in memory, and the phrase until the person has taken it down."""

    data: bytes
    name: str
    sha256: str
    items: int
    phrase: str | None


@require_http_methods(["GET", "POST"])
@unlocked
def file(request: Request, case: str) -> HttpResponse:
    """Choose, confirm, build."""
    from sitr.cases import dossiers  # draws papers: a second at the start that only this page needs

    form = Form(request)
    if form.sent:
        with form.beside("secret"), workroom(request.services) as folder:
            out = folder / "file.age"
            built = dossiers.make(
                request.keeper, case, out, secret=form.value("secret"), include=tuple(form.values("include"))
            )
            made = Made(built.file.read_bytes(), built.file.name, built.sha256, built.items, built.phrase)
            return go("ready", case, request.visit.session.put(made))
    options = [(one.id, _named(request, one)) for one in exhibits.list_exhibits(request.keeper, case)]
    return show(request, "file.html", form=form, case=case, options=options)


def _named(request: Request, one: Any) -> SafeString:
    return format_html("{} · {}", kind_word(request.lang, one.kind), ltr(one.name))


@require_GET
@unlocked
def ready(request: Request, case: str, result: str) -> HttpResponse:
    """The phrase, until it was taken down, and the download."""
    made = shelved(request, result, Made)
    if made is None:
        return go("file", case)
    return show(request, "ready.html", case=case, made=made, result=result)


@require_POST
@unlocked
def noted(request: Request, case: str, result: str) -> HttpResponse:
    """The person has taken the phrase down: it is shown no more."""
    made = shelved(request, result, Made)
    if made is not None:
        made.phrase = None
    return go("ready", case, result)


@require_GET
@unlocked
def download(request: Request, case: str, result: str) -> HttpResponse:  # noqa: ARG001  (same address shape)
    """The sealed file."""
    made = shelved(request, result, Made)
    if made is None:
        raise NotFound("web.no_such_item")
    answer = HttpResponse(made.data, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
    return answer
