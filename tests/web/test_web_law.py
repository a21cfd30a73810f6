"""Law pages: what every page holds to in both languages, and what the forms and links of a case's page do."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.html import escape
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.web.web_cast import ADULT, KNOWLEDGE, Cast

from sitr.cases import openings
from sitr.knowledge import LawPage, law_page
from sitr.knowledge.law import Certainty
from sitr.words import LANGS, Lang, say

TODAY = date(2026, 11, 23)
SECTIONS = ["risks", "applies", "asks", "clocks", "authorities", "support", "civil", "data", "sources"]
database = pytest.mark.django_db(transaction=True, databases=["default", "keys"])
Answers = dict[str, list[str]]


class Typed:
    """A form in which nothing was typed."""

    sent = wrong = False


class Reader(HTMLParser):
    """What a page shows, in order: ids, and every contact with the folds it lies behind and whether it is marked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.contacts: list[tuple[str, int, bool]] = []
        self.backed = 0
        self._folds, self._contact, self._marked, self._in_list = 0, "", False, 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count folds, note ids, begin a contact."""
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        self._folds += tag == "details"
        self.backed += "backing" in classes
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "ul":
            self._in_list = 1 if "contacts" in classes else 0
        if tag == "li" and self._in_list:
            self._contact, self._marked = "", False
        self._marked = self._marked or "state-unknown" in classes

    def handle_endtag(self, tag: str) -> None:
        """End a fold or a contact."""
        self._folds -= tag == "details"
        if tag == "ul":
            self._in_list = 0
        if tag == "li" and self._in_list:
            self.contacts.append((self._contact.strip(), self._folds, self._marked))

    def handle_data(self, data: str) -> None:
        """The words of a contact."""
        self._contact += data


def rendered(page: LawPage, lang: Lang) -> str:
    """The part of the page that all law pages share."""
    context = {"law": page, "lang": lang, "dated": Typed(), "known_typed": "", "today": TODAY}
    return str(render_to_string("parts/law.html", context))


def answers() -> st.SearchStrategy[Answers]:
    """Some questions of the playbook with one option each."""
    asked = {q.id: [option.id for option in q.options] for q in KNOWLEDGE.playbook.questions if q.options}
    return st.fixed_dictionaries(
        {}, optional={name: st.lists(st.sampled_from(ids), min_size=1, max_size=1) for name, ids in asked.items()}
    )


@settings(max_examples=10, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.sampled_from([*KNOWLEDGE.countries, None]), answers())
def test_every_page_shows_the_risks_first_and_marks_what_is_from_memory(country: str | None, said: Answers) -> None:
    page = law_page(country, said, KNOWLEDGE, TODAY, TODAY)
    read = {lang: Reader(rendered(page, lang)) for lang in LANGS}
    assert read["ar"].ids == read["en"].ids, "both languages show the same"
    ids = read["ar"].ids
    assert len(ids) == len(set(ids))
    assert [one for one in ids if one in SECTIONS] == [one for one in SECTIONS if one in ids]
    assert ids.index("guidance") < ids.index("risks")
    last_risk = max(ids.index(risk.id) for risk in page.risks)
    assert all(ids.index(body.id) > last_risk for body in (*page.authorities, *page.support))
    for lang in LANGS:
        _contacts_are_marked(page, read[lang])
        assert read[lang].backed == len(page.backings)


def _contacts_are_marked(page: LawPage, read: Reader) -> None:
    bodies = (*page.authorities, *page.support)
    recalled = {contact.value for body in bodies for contact in body.recalled}
    verified = {contact.value for body in bodies for contact in body.verified}
    data = page.data_protection.contact if page.data_protection else None
    for words, folds, marked in read.contacts:
        value = next(one for one in sorted(recalled | verified | {data.value if data else "-"}, key=len, reverse=True)
                     if one in words)  # fmt: skip
        if value not in verified and value in recalled:
            assert marked, value
            assert folds >= 1, "a contact from memory lies behind a word of warning"
    phones = [words for words, _, _ in read.contacts]
    assert len(phones) == sum(len(body.contacts) for body in bodies) + (data is not None)


@pytest.mark.parametrize("lang", LANGS)
def test_every_source_has_its_date_and_every_recalled_fact_its_mark(lang: Lang) -> None:
    for country in KNOWLEDGE.countries:
        page = law_page(country, {}, KNOWLEDGE, TODAY)
        text = rendered(page, lang)
        for source in page.sources:
            assert escape(source.url) in text
        marks = sum(1 for one in page.backings if one.certainty is Certainty.RECALLED)
        assert text.count(f'state-unknown">{say("law.recalled", lang)}') >= marks
        assert page.checked.isoformat() in text


def test_english_that_waits_for_its_arabic_is_marked_as_english() -> None:
    for country in KNOWLEDGE.countries:
        page = law_page(country, {}, KNOWLEDGE, TODAY)
        waiting = [law.covers for topic in page.topics for law in topic.laws if law.covers.ar is None]
        assert all(f'lang="en" dir="ltr">{escape(one.en)}' in rendered(page, "ar") for one in waiting)


@cache
def _source() -> str:
    return (Path(__file__).parents[2] / "src/sitr/web/templates/parts/law.html").read_text(encoding="utf-8")


def test_the_template_says_nothing_itself() -> None:
    assert not [letter for letter in _source() if "\u0600" <= letter <= "\u06ff"]


# --- through the app ---


def _case(cast: Cast, country: str | None = "EG", **more: list[str]) -> str:
    said = {**ADULT, "status": ["threat"], "demand": ["money"], "content": ["nude"], **more}
    return openings.open_case(cast.keeper, country=country, answers=said, time_proof=False)


@database
@pytest.mark.parametrize("lang", LANGS)
def test_the_page_of_a_case_chooses_by_its_answers_and_counts_from_its_opening(cast: Cast, lang: Lang) -> None:
    case = _case(cast)
    text = cast.in_language(lang).read(f"/n/{case}/law")
    assert 'id="eg-penal-327"' in text
    assert 'id="eg-child-116bisA"' not in text
    assert escape(say("law.clocks_known", lang)) in text
    assert f"/n/{case}/q/official_risk?then=law" in text
    assert "<details open><summary>" + say("law.authorities_show", lang) not in text


@database
def test_the_answer_that_a_report_is_safe_opens_the_authorities(cast: Cast) -> None:
    case = _case(cast)
    answer = cast.browser.post(f"/n/{case}/q/official_risk", {"choice": "no", "then": "law"})
    assert answer["Location"] == f"/n/{case}/law"
    text = cast.browser.read(f"/n/{case}/law")
    assert "<details open><summary>" + say("law.authorities_show", "en") in text
    other = cast.browser.read(f"/n/{_case(cast, official_risk=['maybe'])}/law")
    assert escape(say("law.authorities_careful", "en")) in other
    assert "<details open><summary>" + say("law.authorities_show", "en") not in other


@database
def test_a_day_that_was_given_is_counted_from_and_not_kept(cast: Cast) -> None:
    case = _case(cast)
    today = datetime.now(UTC).astimezone().date()
    known = today - timedelta(days=40)
    arabic_digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    answer = cast.browser.post(f"/n/{case}/law", {"known": known.isoformat().translate(arabic_digits)})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert escape(say("law.clocks_known_given", "en")) in text
    assert str((today + timedelta(days=52)).year) in text
    assert escape(say("law.clocks_known", "en")) in cast.browser.read(f"/n/{case}/law")


@database
@pytest.mark.parametrize("typed", ["yesterday", "2026-13-01", "9999-01-01", "20261122x"])
def test_a_day_that_is_none_or_has_not_come_gets_a_sentence_beside_the_field(cast: Cast, typed: str) -> None:
    for path in (f"/n/{_case(cast)}/law", "/law/eg/"):
        answer = cast.browser.post(path, {"known": typed})
        assert answer.status_code == 400
        assert escape(say("law.known_wrong", "en")) in answer.content.decode()


@database
def test_a_case_without_a_country_leads_to_the_question_and_to_what_helps_everywhere(cast: Cast) -> None:
    case = _case(cast, country=None)
    text = cast.browser.read(f"/n/{case}/law")
    assert f"/n/{case}/q/country?then=law" in text
    assert 'id="smex-int"' in text
    assert 'id="authorities"' not in text
    there = cast.browser.post(f"/n/{case}/q/country", {"choice": "TN", "then": "law"})
    assert there["Location"] == f"/n/{case}/law"
    assert 'id="tn-63"' not in cast.browser.read("/law/all/")


@database
def test_the_choice_of_a_country_names_all_and_prefers_none(cast: Cast) -> None:
    text = cast.browser.read("/law/")
    assert all(f'href="/law/{code.lower()}/"' in text for code in KNOWLEDGE.countries)
    assert "aria-current" not in text
    assert "checked" not in text
    assert "selected" not in text


@database
def test_the_plan_and_the_notices_lead_to_the_law(cast: Cast) -> None:
    case = _case(cast)
    for path in (f"/n/{case}/", f"/n/{case}/letters"):
        assert f'href="/n/{case}/law"' in cast.browser.read(path)
    assert 'href="/law/"' in cast.browser.read("/")


@database
def test_nobody_is_shown_how_to_keep_a_picture_of_a_child(cast: Cast) -> None:
    text = cast.browser.read(f"/n/{_case(cast, age=['minor'])}/law")
    assert escape(say("law.asks_minor", "en")) in text
    assert "screenshots (printed)" not in text
    assert 'id="stopncii"' not in text
    assert text.index('id="eg-child"') < text.index('id="eg-ncw"')
