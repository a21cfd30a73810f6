"""The session of the person's own account, for pages behind a login: handed over, told what it means, forgotten.

What opens the account is never put back into a page, and does not wait with other forms while the session is locked.
"""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from sitr.cases import jars
from sitr.web.doors import unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show


@require_http_methods(["GET", "POST"])
@unlocked
def account(request: Request, case: str) -> HttpResponse:
    """Which session is kept, by names; and where to hand one over."""
    form = Form(request)
    if form.sent:
        sent = form.file("file")
        text = sent[0].decode("utf-8", errors="replace") if sent else form.value("header")
        with form.beside("file" if sent else "header"):
            jars.fill(request.keeper, case, text, host=form.value("host"))
            return go("account", case)
    view = jars.show(request.keeper, case)
    over = view.ends is not None and view.ends <= request.services.now()
    return show(request, "account.html", form=form, case=case, jar=view, over=over)


@require_POST
@unlocked
def forget(request: Request, case: str) -> HttpResponse:
    """Destroy the values."""
    jars.forget(request.keeper, case)
    return go("account", case)
