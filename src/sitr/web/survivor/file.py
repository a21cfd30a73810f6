"""The dossier: choose for whom and what goes in, the passphrase again, the phrase shown once, the download."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import releases
from sitr.cases.workrooms import workroom
from sitr.dossier import Certified, Tongue
from sitr.dossier.audiences import audiences
from sitr.errors import NotFound
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show
from sitr.web.templatetags.sitr_words import kind_word, ltr
from sitr.words import say

DEFAULT: Final = "lawyer"
TONGUES: Final[tuple[Tongue, ...]] = ("both", "ar", "en")
GROUPS: Final = ("section", "sighting", "notice", "exhibit")


@dataclass
class Made:
    """A finished dossier on the shelf: sealed bytes in memory, and the phrase until the person has taken it down."""

    data: bytes
    name: str
    sha256: str
    items: int
    phrase: str | None


@dataclass(frozen=True)
class Row:
    """One thing that can go in: its label, and each choice as (value, words, whether it stands so now)."""

    field: str
    label: str | SafeString
    choices: tuple[tuple[str, str, bool], ...]


@require_http_methods(["GET", "POST"])
@unlocked
def file(request: Request, case: str) -> HttpResponse:
    """Choose for whom; look at what goes in, change it item by item; confirm, build. Only what was shown is built."""
    form = Form(request)
    audience = form.value("for") or DEFAULT
    seen = form.value("seen") or DEFAULT
    if form.sent and form.value("act") != "show" and audience == seen:
        answer = _build(request, form, case, audience)
        if answer is not None:
            return answer
    # What was typed for another audience says nothing about this one.
    chosen = _chosen(request, form, case, audience) if form.sent and audience == seen else {}
    items = releases.offer(request.keeper, case, audience, chosen)
    return show(
        request, "file.html", form=form, case=case, audience=audience, tongue=form.value("tongue") or "both",
        audiences=[(one.id, getattr(one.name, request.lang), one.id == audience) for one in audiences().values()],
        tongues=[(one, say(f"web.file_tongue_{one}", request.lang)) for one in TONGUES],
        groups=[(what, [_row(request, one) for one in items if one.what == what]) for what in GROUPS],
        changed=form.sent and audience != seen,
    )  # fmt: skip


def _build(request: Request, form: Form, case: str, audience: str) -> HttpResponse | None:
    from sitr.cases import dossiers  # draws papers: a second at the start that only this page needs

    with form.beside("secret"), workroom(request.services) as folder:
        out = folder / "file.age"
        built = dossiers.make(
            request.keeper, case, out, secret=form.value("secret"), audience=audience,
            items=_chosen(request, form, case, audience), tongue=_tongue(form.value("tongue")), stated=_stated(form),
        )  # fmt: skip
        made = Made(built.file.read_bytes(), built.file.name, built.sha256, built.items, built.phrase)
        return go("ready", case, request.visit.session.put(made))
    return None


def _stated(form: Form) -> Any:
    from sitr.cases.dossiers import Stated  # as above

    own = {name: form.value(name) for name in ("alias", "made_for", "purpose")}
    return Stated(**own, certified=Certified(**{name: form.value(f"signed_{name}") for name in vars(Certified())}))


def _tongue(value: str) -> Tongue:
    return value if value in TONGUES else "both"


def _chosen(request: Request, form: Form, case: str, audience: str) -> dict[str, str]:
    """What was chosen for the things that this case has; a field for anything else is passed over."""
    known = releases.offer(request.keeper, case, audience)
    return {one.id: value for one in known if (value := form.value(f"item-{one.id}")) in one.forms}


def _row(request: Request, item: releases.Item) -> Row:
    choices = tuple((form.value, say(f"web.file_form_{form}", request.lang), form is item.form) for form in item.forms)
    return Row(f"item-{item.id}", _label(request, item), choices)


def _label(request: Request, item: releases.Item) -> str | SafeString:
    if item.what == "section":
        return say(f"cli.section_{item.id}", request.lang)
    if item.what == "exhibit":
        return format_html("{} · {}", kind_word(request.lang, item.kind), ltr(item.name))
    if item.what == "notice":
        basis = request.services.knowledge.basis(item.kind)
        return format_html("{} · {}", getattr(basis.name, request.lang), ltr(item.name))
    return format_html("{} · {}", ltr(item.kind), ltr(item.name))


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
