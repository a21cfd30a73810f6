"""Into the pages and out of them: link, passphrase, lock, quick exit, language. Nothing here is about a case."""

import secrets
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sitr.cases import access, receipts
from sitr.web import cookies
from sitr.web.doors import way_back, way_in
from sitr.web.forms import Form
from sitr.web.problems import page as problem
from sitr.web.requests import Request
from sitr.web.survivor.pages import go, show
from sitr.words import LANGS, Lang

_LONGEST_CODE = 400  # 24 digits with whatever a keyboard puts between them
# Where the quick exit leads: a page that anybody may have open, one for each language.
HARMLESS: dict[Lang, str] = {"ar": "https://ar.wikipedia.org/", "en": "https://en.wikipedia.org/"}


@require_GET
def link(plain: HttpRequest, token: str) -> HttpResponse:
    """The one-time link: sets the cookie, or says that a used link opens nothing."""
    request = cast("Request", plain)
    if not request.web.gate.passes(token):
        return problem(request, 403, "no_link")
    answer = go("home")
    cookies.set_session(answer, request.web.sessions.begin())
    return answer


@require_http_methods(["GET", "POST"])
def begin(plain: HttpRequest) -> HttpResponse:
    """Choose the passphrase, typed twice; only once for a home."""
    request = cast("Request", plain)
    if access.is_set_up(request.services):
        return go("home")
    form = Form(request)
    if form.sent:
        if form.value("secret") != form.value("again"):
            form.refuse("again", "web.begin_not_same")
        else:
            with form.beside("secret"):
                return _let_in(request, access.set_up(request.services, form.value("secret")), reverse("home"))
    from sitr.dossier.phrase import make_phrase  # its room draws papers and costs a second; only a new home comes here

    # The same suggestion after a mistake: it may be the one that is being typed.
    suggestion = form.value("suggestion") or make_phrase(secrets.token_bytes)
    return show(request, "begin.html", form=form, suggestion=suggestion)


@require_http_methods(["GET", "POST"])
def unlock(plain: HttpRequest) -> HttpResponse:
    """Type the passphrase; then back to where the lock fell, with what was typed there."""
    request = cast("Request", plain)
    if not access.is_set_up(request.services):
        return go("begin")
    form = Form(request)
    if form.sent:
        with form.beside("secret"):
            request.keeper = access.unlock(request.services, form.value("secret"))
            return _let_in(request, request.keeper, way_back(request))
    return show(request, "open.html", form=form, waits=request.visit.session.draft is not None)


@require_http_methods(["GET", "POST"])
def come(plain: HttpRequest) -> HttpResponse:
    """Come back by a receipt code: from this machine, or from elsewhere under a name that the operator gave."""
    request = cast("Request", plain)
    form = Form(request)
    if form.sent:
        with form.beside("secret"):
            written = form.value("secret")[:_LONGEST_CODE]
            lane = receipts.lane(request.services, written)
            if lane is not None and not request.web.receipts.takes(lane):
                form.refuse("secret", "cases.receipt_pace", 429)
            else:
                request.keeper = receipts.come_in(request.services, written)
                return _let_in(request, request.keeper, way_back(request), receipt=True)
    return show(request, "come.html", form=form, elsewhere=request.desk)


def _let_in(request: Request, keeper: access.Keeper, path: str, *, receipt: bool = False) -> HttpResponse:
    fresh = request.web.sessions.renew(request.visit)
    fresh.session.receipt = receipt
    fresh.session.kept = access.keep(keeper, fresh.key)
    fresh.session.public = keeper.identity.public
    answer = HttpResponseRedirect(path)
    cookies.set_session(answer, fresh, secure=request.origin.startswith("https:"))
    return answer


@require_POST
def lock(plain: HttpRequest) -> HttpResponse:
    """The lock button."""
    request = cast("Request", plain)
    request.visit.session.lock()
    return go(way_in(request))


@require_GET
def away(plain: HttpRequest) -> HttpResponse:
    """Where a page that was left open goes by itself after ten minutes, so that nothing stays on the screen.

    By then the session is locked, unless the person is busy in another window: then only this window is emptied.
    """
    request = cast("Request", plain)
    return go(way_in(request)) if request.keeper is None else show(request, "away.html")


@require_GET
def leave(plain: HttpRequest) -> HttpResponse:
    """The quick exit: the session is over, the browser is asked to forget, and a harmless page opens.

    A link and not a form, so that it works everywhere at once; another site cannot press it: the cookie is Strict.
    """
    request = cast("Request", plain)
    request.web.sessions.end(request.visit)
    answer = HttpResponseRedirect(HARMLESS[request.lang])
    cookies.forget(answer)
    answer["Clear-Site-Data"] = '"cookies", "storage", "cache"'
    return answer


@require_POST
def language(plain: HttpRequest) -> HttpResponse:
    """Switch the language and return to the same page."""
    request = cast("Request", plain)
    lang, back = request.POST.get("lang", ""), request.POST.get("back", "/")
    if lang not in LANGS:
        raise Http404
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    answer = HttpResponseRedirect(back if safe else "/")
    cookies.set_language(answer, lang)
    return answer
