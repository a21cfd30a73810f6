"""The exhibits of a case: the list, adding a file, a preview that is blurred until somebody presses to see it."""

import io

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import comparisons, erasing, exhibits, imports
from sitr.errors import NotFound, SitrError
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, shelved, show


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def items(request: Request, case: str) -> HttpResponse:
    """All exhibits, and the form for a file."""
    form = Form(request)
    if form.sent:
        chosen = form.file("file")
        if chosen is None:
            form.refuse("file", "web.no_file")
        else:
            with form.beside("file"):
                made = imports.import_file(request.keeper, case, io.BytesIO(chosen[0]), chosen[1])
                return go("read", case, made.exhibit.id) if made.parsed.ambiguous else go("items", case)
    return show(request, "items.html", form=form, case=case, items=exhibits.list_exhibits(request.keeper, case))


@require_http_methods(["GET", "POST"])
@unlocked
def item(request: Request, case: str, item: str) -> HttpResponse:
    """One exhibit, blurred; erasing it asks for the passphrase again."""
    form = Form(request)
    if form.sent:
        with form.beside("secret"):
            erasing.erase_exhibit(request.keeper, case, item, secret=form.value("secret"))
            return go("items", case)
    one = find_item(request, case, item)
    return show(
        request, "item.html", form=form, case=case, item=one, shows=one.media_type.startswith("image/"),
        clear=shelved(request, f"clear-{item}", bool), others=comparisons.others(request.keeper, case, item),
    )  # fmt: skip


@require_POST
@unlocked
def look(request: Request, case: str, item: str) -> HttpResponse:
    """Show one picture unblurred, once: a deliberate press, written to the journal when the picture is read."""
    find_item(request, case, item)
    request.visit.session.shelf[f"clear-{item}"] = True
    return go("item", case, item)


@require_GET
@unlocked
def picture(request: Request, case: str, item: str, sight: str) -> HttpResponse:
    """The preview as PNG: `soft` is blurred; `clear` only after the press, and only once for it."""
    shelf = request.visit.session.shelf
    if sight == "clear" and not shelf.pop(f"clear-{item}", False):
        raise NotFound("web.no_such_item")
    try:
        png = exhibits.preview(request.keeper, case, item, blurred=sight != "clear")
    except SitrError as error:
        # An image that cannot be drawn must not answer with a page.
        return HttpResponse(status=error.http_status, content_type="text/plain")
    return HttpResponse(png, content_type="image/png")


def find_item(request: Request, case: str, item: str) -> exhibits.ExhibitView:
    """One exhibit of the list. Raises NotFound."""
    found = next((one for one in exhibits.list_exhibits(request.keeper, case) if one.id == item), None)
    if found is None:
        raise NotFound("web.no_such_item")
    return found
