"""Pages: contacts from memory stand behind their heading, marked and dated; doors and letters say what is so known."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from tests.knowledge.test_knowledge_unverified import COUNTRIES, DAY, recalled_ways
from tests.web.web_cast import ANSWERS, Cast

from sitr.cases import notices, openings, sightings
from sitr.words import LANGS, Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@dataclass
class Item:
    """One list item: the card it stands in, its text, and the heading of the fold around it."""

    card: str
    fold: str
    text: str = ""


@dataclass
class Open:
    """What is open while reading: cards by id, folds by their heading."""

    cards: list[str] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)


class Contacts(HTMLParser):
    """The contacts of a page, in the order in which they stand."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Item] = []
        self._items: list[Item | None] = []
        self._lists: list[str] = []
        self._at = Open()
        self._heading = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a card, a fold, a list or a contact."""
        told = dict(attrs)
        if tag == "ul":
            self._lists.append(told.get("class") or "")
        elif tag == "details":
            self._at.folds.append("")
        elif tag == "summary":
            self._heading = True
        elif tag == "li":
            contact = bool(self._lists) and "contacts" in self._lists[-1]
            card, fold = (self._at.cards or [""])[-1], (self._at.folds or [""])[-1]
            self._at.cards.append(told.get("id") or card)
            self._items.append(Item(card, fold.strip()) if contact else None)

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag == "ul":
            self._lists.pop()
        elif tag == "details":
            self._at.folds.pop()
        elif tag == "summary":
            self._heading = False
        elif tag == "li":
            self._at.cards.pop()
            item = self._items.pop()
            if item is not None:
                self.found.append(item)

    def handle_data(self, data: str) -> None:
        """The words of a heading or a contact."""
        if self._heading:
            self._at.folds[-1] += data
        elif self._items and (item := self._items[-1]) is not None:
            item.text += data


@pytest.mark.parametrize("lang", LANGS)
def test_every_contact_from_memory_is_behind_its_heading_marked_and_dated(cast: Cast, lang: Lang) -> None:
    browser, seen = cast.in_language(lang), 0
    for country in COUNTRIES:
        values = {(name, value) for name, _, value in recalled_ways(country)}
        contacts = Contacts(browser.read(f"/law/{country.lower()}/")).found
        assert contacts, country
        for one in contacts:
            recalled = any(name == one.card and value in one.text for name, value in values)
            marked = say("law.recalled", lang) in one.text
            if recalled:
                seen += 1
                assert marked, (country, one)
            if marked:
                assert DAY.search(one.text), (country, one)
                if one.card:  # the site of a data authority stands alone and is no one to call
                    assert one.fold.startswith(say("law.recalled_contacts", lang)), (country, one)
            else:
                assert not one.fold.startswith(say("law.recalled_contacts", lang)), (country, one)
    assert seen > 60


@pytest.mark.parametrize("lang", LANGS)
def test_a_door_and_its_letter_say_what_is_from_memory_with_the_day(cast: Cast, lang: Lang) -> None:
    case = openings.open_case(cast.keeper, country="DE", answers=ANSWERS, time_proof=False)
    (place,) = sightings.add_sighting(cast.keeper, case, "https://x.com/someuser/status/1712345678901234567")
    doors = notices.routes(cast.keeper, case, place.id)
    text = cast.in_language(lang).read(f"/n/{case}/places/{place.id}")
    marked = [door for door in doors if door.unverified]
    assert marked
    for line in {getattr(line, lang) for door in marked for line in door.warnings}:
        assert line in text
    door = next(door for door in marked if "channel" in door.unverified)
    made = notices.draft(cast.keeper, case, place.id, basis=door.basis, channel=door.channel)
    assert "channel" in made.unverified
    letter = cast.browser.read(f"/n/{case}/letters/{made.id}")
    assert say("knowledge.unverified_channel", lang, on=made.checked.isoformat()).split("2026")[0][:30] in letter
    filled = notices.fill(cast.keeper, case, made.id, {"recipient": "abuse@x.example"})
    assert "channel" not in filled.unverified


@pytest.mark.parametrize("lang", LANGS)
def test_no_contact_from_memory_stands_on_a_plan(cast: Cast, lang: Lang) -> None:
    browser = cast.in_language(lang)
    for country in ("EG", "SA", "LB", "IQ", "JO"):
        case = openings.open_case(
            cast.keeper, country=country, answers={**ANSWERS, "safe_now": ["danger"]}, time_proof=False
        )
        contacts = Contacts(browser.read(f"/n/{case}/")).found
        assert contacts, country
        for _, _, value in recalled_ways(country):
            told = re.compile(rf"(?<!\d){re.escape(value)}(?!\d)")
            assert not [one for one in contacts if told.search(one.text)], (country, value)
