"""The guides in the web app: open without unlocking, whole in both languages, every link leads somewhere."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import resolve
from django.utils.html import escape
from tests.web.web_cast import ADULT, KNOWLEDGE, SECRET, Browser, Cast, gathered

from sitr.cases import openings
from sitr.errors import BadInput
from sitr.knowledge import Knowledge
from sitr.web.survivor.guides import guides_of_steps
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

GUIDES = [guide.id for guide in KNOWLEDGE.guides]
PATHS = ["/guides/", *(f"/guides/{name}/" for name in GUIDES)]


class Links(HTMLParser):
    """The links and the anchors of a page, and whether anything on it runs or is loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort what the element leads to."""
        found = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links.append(found["href"])
        if "id" in found:
            self.anchors.append(found["id"])
        if tag in {"script", "img", "iframe", "link"}:
            self.loaded.append(found.get("src") or found.get("href", ""))
        assert not {"style", "onclick", "onload"} & found.keys()


@pytest.fixture
def locked(home: Path) -> "Iterator[Cast]":
    """A home that is set up; nobody unlocked anything."""
    yield from gathered(home, let_in=False)


def _reader(cast: Cast, lang: Lang) -> Browser:
    return cast.new_browser(lang).come_in()


@pytest.mark.parametrize("lang", LANGS)
def test_every_guide_is_read_without_unlocking(locked: Cast, lang: Lang) -> None:
    browser = _reader(locked, lang)
    for path in PATHS:
        answer = browser.get(path)
        text = answer.content.decode()
        assert answer.status_code == 200, path
        assert f'<html lang="{lang}"' in text
        assert len(re.findall("<h1[ >]", text)) == 1
        assert 'href="/leave"' in text
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_guide_says_all_that_its_entry_holds(locked: Cast, lang: Lang) -> None:
    browser = _reader(locked, lang)
    for guide in KNOWLEDGE.guides:
        text = browser.read(f"/guides/{guide.id}/")
        for words in (guide.title, guide.answer, *(section.heading for section in guide.sections)):
            assert escape(getattr(words, lang)) in text, guide.id
        steps = {step.id: step for step in KNOWLEDGE.playbook.steps}
        for section in guide.sections:
            for name in section.steps:
                assert escape(getattr(steps[name].title, lang)) in text, (guide.id, name)
            for name in section.tools:
                assert f"sitr {KNOWLEDGE.tools[name].command}" in text, (guide.id, name)
        recalled = sum(source.confidence == "recalled" for source in guide.sources)
        assert text.count(say("guides.unverified", lang)) >= recalled, guide.id


def test_every_link_of_a_guide_leads_somewhere_and_nothing_is_loaded_from_outside(locked: Cast) -> None:
    browser = _reader(locked, "ar")
    for path in PATHS:
        page = Links(browser.read(path))
        assert len(page.anchors) == len(set(page.anchors)), path
        assert all(each.startswith("/static/") for each in page.loaded), path
        for link in page.links:
            parts = urlsplit(unescape(link))
            if parts.scheme:
                assert parts.scheme in {"http", "https"}, link
            elif parts.path:
                resolve(parts.path)
            else:
                assert parts.fragment in page.anchors, (path, link)


def test_a_link_out_takes_no_referrer_along(locked: Cast) -> None:
    text = _reader(locked, "en").read("/guides/now/")
    out = re.findall(r'<a [^>]*href="http[^>]*>', text)
    assert out
    assert all("noreferrer" in link for link in out)


def test_without_the_link_of_the_terminal_there_is_no_guide(locked: Cast) -> None:
    for path in PATHS:
        answer = locked.new_browser("en").get(path)
        assert answer.status_code == 403
        assert say("web.problem_no_link", "en") in answer.content.decode()


@pytest.mark.parametrize("path", ["/guides/nothing/", "/guides/..%2fservices/", "/guides/facts.toml/"])
def test_an_unknown_guide_is_not_found(locked: Cast, path: str) -> None:
    assert _reader(locked, "en").get(path).status_code == 404


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_guide_is_only_read(locked: Cast, method: str) -> None:
    browser = _reader(locked, "en")
    browser.get("/open")
    token = browser.client.cookies["csrftoken"].value
    for path in PATHS:
        assert getattr(browser.client, method)(path, headers={"x-csrftoken": token}).status_code == 405


def test_addresses_and_places_say_nothing_to_a_glance() -> None:
    told = {"case", "evidence", "leak", "capture", "notice", "dossier", "photo", "journal", "blackmail", "nude", "sex"}
    for guide in KNOWLEDGE.guides:
        assert not {guide.id, *(section.id for section in guide.sections)} & told


def test_the_door_pages_lead_to_the_guides(locked: Cast) -> None:
    browser = _reader(locked, "en")
    assert 'href="/guides/"' in browser.read("/open")
    browser.unlock()
    assert 'href="/guides/"' in browser.read("/")


def test_a_step_of_the_plan_leads_to_the_section_that_explains_it(cast: Cast) -> None:
    case = openings.open_case(cast.keeper, country=None, answers=ADULT, time_proof=False)
    text = cast.in_language("en").read(f"/n/{case}/")
    found = set(re.findall(r'href="/guides/([a-z]+)/#([a-z-]+)"', text))
    assert found
    for name, place in found:
        assert place in {section.id for section in KNOWLEDGE.guide(name).sections}


def test_with_one_case_open_a_tool_leads_into_it(cast: Cast) -> None:
    assert "/places" not in " ".join(Links(cast.browser.read("/guides/now/")).links)
    case = openings.open_case(cast.keeper, country=None, answers=ADULT, time_proof=False)
    links = Links(cast.browser.read("/guides/now/")).links
    assert f"/n/{case}/places" in links
    assert f"/n/{case}/" in links


def test_a_locked_reader_learns_of_no_case(cast: Cast) -> None:
    case = openings.open_case(cast.keeper, country=None, answers=ADULT, time_proof=False)
    assert case not in _reader(cast, "en").read("/guides/now/")


def test_a_broken_guide_takes_no_plan_away(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise BadInput("knowledge.field_missing", file="guides/now/facts.toml", field="title")

    fresh = Knowledge(KNOWLEDGE.folder)
    monkeypatch.setattr("sitr.knowledge.reading.read_guide", broken)
    assert guides_of_steps(fresh) == {}


def test_a_guide_is_not_in_the_journal_and_needs_no_secret(cast: Cast) -> None:
    case = openings.open_case(cast.keeper, country=None, answers=ADULT, time_proof=False)
    before = cast.browser.read(f"/n/{case}/log").count("<li value=")
    cast.browser.read("/guides/mind/")
    assert cast.browser.read(f"/n/{case}/log").count("<li value=") == before
    assert SECRET not in cast.browser.read("/guides/mind/")
