"""The page of facts that are due: totals, what is past and what soon will be, filters, pages, and nothing of a case."""

import re
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from tests.web.web_cast import KNOWLEDGE, Browser, Cast

from sitr.knowledge import ages
from sitr.knowledge.listing import Cited, ListedEntry, ListedFact, Listing
from sitr.knowledge.schema.base import Prose, Words
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

TODAY = date(2026, 11, 23)
NOTE = Prose(ar="ملاحظة أولى", en="a first note")


class Today(datetime):
    """A clock that stands at noon of that day: no test runs over a midnight."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Today":
        return cls(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sitr.web.survivor.facts.datetime", Today)


def fact(field: str, *said: str | Words | Prose, verified: bool = True, url: str | None = None) -> ListedFact:
    return ListedFact(field, said, (Cited("A page", url, "2026-01"),) if verified else (), verified)


def entry(number: int, due: date, *facts: ListedFact, kind: str = "services") -> ListedEntry:
    name = Words(ar=f"خدمة {number}", en=f"Service {number}")
    file = f"{kind}/s{number}/facts.toml"
    return ListedEntry(kind, f"s{number}", name, file, due - timedelta(days=91), "somebody", due, facts)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Listing:
    """Entries past, near and far, in place of the product's."""
    found, recalled = fact("a.phone", "+20 100", url="https://a.example/x"), fact("b.form", "Report", verified=False)
    made = Listing(
        (
            entry(1, TODAY - timedelta(days=3), found, recalled),
            entry(2, TODAY, fact("c", NOTE), kind="jurisdictions"),
            entry(3, TODAY + timedelta(days=1), found),
            entry(4, TODAY + timedelta(days=30), found),
            entry(5, TODAY + timedelta(days=31), recalled),
            *(entry(100 + n, TODAY + timedelta(days=60), found) for n in range(25)),
        ),
        unread=0,
    )
    monkeypatch.setitem(vars(KNOWLEDGE), "listing", made)  # where the cached one stands
    return made


def files(text: str) -> list[str]:
    return re.findall(r"knowledge/([a-z]+/s\d+)/facts\.toml", text)


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_shows_what_is_past_and_what_soon_will_be(cast: Cast, small: Listing, lang: Lang) -> None:
    text = cast.in_language(lang).read("/facts/")
    assert files(text) == ["services/s1", "jurisdictions/s2", "services/s3", "services/s4"]
    assert [int(n) for n in re.findall(r"<dd>(\d+)</dd>", text)] == [small.found, small.recalled, 2, 2]
    for sentence in (say("facts.late", lang, n=3), say("facts.today", lang), say("facts.left", lang, n=1)):
        assert sentence in text
    assert str(getattr(NOTE, lang)) in text
    assert text.count(say("facts.unverified", lang)) == 1
    assert "somebody" in text
    assert (TODAY - timedelta(days=94)).isoformat() in text


def test_what_is_from_memory_can_be_shown_alone(cast: Cast, small: Listing) -> None:
    text = cast.browser.read("/facts/?show=recalled")
    assert files(text) == ["services/s1", "services/s5"]
    assert "a.phone" not in text


@pytest.mark.parametrize("words", ["Service 5", "service 5", "s5", "خدمة 5"])
def test_an_entry_is_found_by_its_name_in_either_language_or_its_id(cast: Cast, small: Listing, words: str) -> None:
    answer = cast.browser.client.get("/facts/", {"show": "all", "entry": words})
    assert files(answer.content.decode()) == ["services/s5"]
    assert f'value="{words}"' in answer.content.decode()


def test_a_kind_can_be_chosen(cast: Cast, small: Listing) -> None:
    assert files(cast.browser.read("/facts/?show=all&kind=jurisdictions")) == ["jurisdictions/s2"]
    assert files(cast.browser.read("/facts/?kind=nothing-like-it")) == []


def test_pages_hold_everything_once_and_keep_the_choice(cast: Cast, small: Listing) -> None:
    seen: list[str] = []
    address = "/facts/?show=all&kind=services"
    while address:
        text = cast.browser.read(address)
        seen += files(text)
        found = re.search(rf'href="(\?[^"]+)">{say("facts.next", "en")}', text)
        address = "/facts/" + found[1].replace("&amp;", "&") if found else ""
        assert not address or "kind=services" in address
    assert len(seen) == len(set(seen)) == 29


@pytest.mark.parametrize("query", ["?page=99", "?page=x", "?page=-1", "?show=<b>", "?entry=%00%ff", "?kind[]=a&page="])
def test_strange_questions_get_a_page(cast: Cast, small: Listing, query: str) -> None:
    assert "<b>" not in cast.browser.read(f"/facts/{query}")


def test_only_web_addresses_become_links(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = ListedFact(
        "x", ("v",), (Cited("L", "javascript:alert(1)", None), Cited("M", "http://m.example/", None)), True
    )
    monkeypatch.setitem(vars(KNOWLEDGE), "listing", Listing((entry(1, TODAY, bad),), 0))
    text = cast.browser.read("/facts/")
    assert "javascript:" not in text
    assert '<a href="http://m.example/" rel="noreferrer noopener nofollow">' in text


def test_nothing_due_is_said(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(KNOWLEDGE), "listing", Listing((entry(1, TODAY + timedelta(days=99), fact("x", "v")),), 2))
    text = cast.browser.read("/facts/")
    assert say("facts.none_due", "en") in text
    assert say("facts.unread", "en", n=2).split("“")[0] in text


def test_it_needs_the_link_and_no_passphrase(cast: Cast, small: Listing) -> None:
    assert cast.new_browser().get("/facts/").status_code == 403
    assert cast.new_browser().come_in().get("/facts/").status_code == 200


def test_it_is_linked_from_the_first_page(cast: Cast) -> None:
    assert 'href="/facts/"' in cast.browser.read("/")


@pytest.fixture(scope="module")
def real() -> Listing:
    return KNOWLEDGE.listing


def test_the_list_holds_every_fact_with_its_source_and_its_day(real: Listing) -> None:
    assert real.unread == 0
    assert (real.found, real.recalled) > (1000, 1000)
    days = ages.limits(Path(KNOWLEDGE.folder))
    for one in real.entries:
        assert one.due > one.checked
        assert one.by
        assert one.kind in days or one.kind == "guides"
        for each in one.facts:
            assert each.said, (one.file, each.field)
            assert each.cited or not each.verified, (one.file, each.field)


def test_a_real_country_can_be_read_through(cast: Cast, real: Listing) -> None:
    browser: Browser = cast.in_language("ar")
    text = browser.client.get("/facts/", {"show": "all", "kind": "jurisdictions", "entry": "مصر"}).content.decode()
    assert "knowledge/jurisdictions/eg/facts.toml" in text
    assert say("facts.unverified", "ar") in text
    assert "elbalad.news" in text
