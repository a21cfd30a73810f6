"""The law pages: choose a country, read its page, or the page of a case, which the answers choose from."""

from datetime import UTC, date, datetime
from typing import Any
from unicodedata import digit

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from sitr.cases import openings
from sitr.knowledge import LawPage, countries, law_page
from sitr.web.doors import keeps_form, unlocked
from sitr.web.forms import Form
from sitr.web.requests import Request
from sitr.web.survivor.pages import show

# The address of the page that belongs to no country.
ANYWHERE = "all"


@require_GET
@unlocked
def laws(request: Request) -> HttpResponse:
    """All countries that have a page. None is chosen beforehand."""
    lang, known = request.lang, countries(request.services.knowledge)
    return show(
        request, "laws.html", anywhere=ANYWHERE, countries=sorted(known, key=lambda one: getattr(one.name, lang))
    )


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def country(request: Request, country: str) -> HttpResponse:
    """The page of one country without a case; what helps everywhere where that country has none."""
    form = Form(request)
    page = law_page(None if country == ANYWHERE else country, {}, request.services.knowledge, _today(), _known(form))
    return _shown(request, "law_open.html", form, page)


@require_http_methods(["GET", "POST"])
@unlocked
@keeps_form
def law(request: Request, case: str) -> HttpResponse:
    """The page of a case: its country, its answers; periods are counted from its opening unless a day is given."""
    said = openings.answers(request.keeper, case)
    opened = said.opened_at.astimezone().date()
    form = Form(request)
    given = _known(form)
    page = law_page(said.country, said.answers, request.services.knowledge, _today(), given or opened)
    helper = page.risk_question.question.text_helper if _is_helper(said) else None
    return _shown(request, "law.html", form, page, case=case, opened=None if given else opened, helper_text=helper)


def _is_helper(said: openings.AnswersView) -> bool:
    return not {"self"}.issuperset(said.answers.get("helping", ()))


def _shown(request: Request, template: str, form: Form, page: LawPage, **context: Any) -> HttpResponse:
    # Not handed on as the page's form: nothing is lost by leaving, so the page hides itself like any page that is read.
    answer = show(
        request, template, dated=form, known_typed=form.value("known"), law=page, today=_today(),
        **context,
    )  # fmt: skip
    answer.status_code = form.status
    return answer


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _known(form: Form) -> date | None:
    """The day that was typed, in any digits; a sentence beside the field where it is none or has not come yet."""
    typed = "".join(str(digit(c, c)) for c in form.value("known").strip())
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = None
    if day is None or day > _today():
        form.refuse("known", "law.known_wrong")
        return None
    return day
