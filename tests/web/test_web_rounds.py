"""The page of the watch, and the visits that are made beside the pages while somebody is unlocked."""

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.cases.case_world import drawn
from tests.cases.watch_site import WatchSite, watch_site
from tests.web.web_cast import ADULT, Browser, Cast

from sitr.cases import openings, photos, sightings, watches
from sitr.cases.models import WatchRound
from sitr.finding import Manners
from sitr.net import Door, LoopbackPass
from sitr.settings import SITR
from sitr.vault import Identity
from sitr.web.application import Web
from sitr.web.sessions import IDLE_SECONDS
from sitr.web.visiting import Visiting
from sitr.words import Lang, say

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


@pytest.fixture
def shown(cast: Cast) -> Iterator[tuple[Browser, Visiting, WatchSite, str, Any]]:
    """An unlocked browser whose process visits a site, a case with one photo and one watched page."""
    old = cast.browser.web
    key = Identity.generate()
    with watch_site(old.services.now) as site:
        door = Door((), LoopbackPass(SITR.home, [site.port]))
        made = replace(old.services, door=door, standing_public=key.public)
        visiting = Visiting(made, old.sessions.anyone, manners=Manners(gap=0.01))
        web = Web(made, old.gate, old.sessions, None, visiting)
        browser = Browser(web)
        browser.client.cookies.update(cast.browser.client.cookies)
        keeper = replace(cast.keeper, services=made)
        case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=False)
        photos.add_photo(keeper, case, drawn(1, 240), "mine.png")
        site.put("/a.png", drawn(1, 240), "image/png")
        watches.add(keeper, case, site.show("/page", "/a.png"))
        yield browser, visiting, site, case, keeper


def _said(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>|\s+", " ", page))


def test_what_is_due_is_visited_while_unlocked_waits_on_the_page_and_is_opened(shown: Any) -> None:
    browser, visiting, site, case, keeper = shown
    assert visiting.work() == []
    assert say("watch.not_yet", "en") in _said(browser.read(f"/n/{case}/rounds"))
    assert [one.found for one in visiting.work()] == [1]
    page = browser.read(f"/n/{case}/rounds")
    assert say("watch.news_title", "en") in _said(page)
    assert sightings.list_sightings(keeper, case) == []
    answer = browser.post(f"/n/{case}/rounds/open")
    opened = browser.read(answer["Location"])
    assert say("watch.opened_proposed", "en") in _said(opened)
    assert site.url("/a.png") in opened
    assert say("watch.news_title", "en") not in _said(browser.read(f"/n/{case}/rounds"))


def test_orders_and_key_end_when_nobody_is_unlocked_any_more(cast: Cast, shown: Any) -> None:
    browser, visiting, site, case, _keeper = shown
    browser.read(f"/n/{case}/rounds")
    assert bytes(WatchRound.objects.get().order)
    cast.clock.now += IDLE_SECONDS + 1
    assert visiting.work() == []
    assert bytes(WatchRound.objects.get().order) == b""
    assert site.asked == []
    assert visiting.work() == []


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_the_page_says_what_can_be_read_while_away_before_it_asks(shown: Any, lang: Lang) -> None:
    browser, _visiting, _site, case, keeper = shown
    browser.client.cookies["lang"] = lang
    page = _said(browser.read(f"/n/{case}/rounds"))
    at = [
        page.index(say(f"watch.away_{name}", lang)) for name in ("title", "addresses", "prints", "seen", "who", "off")
    ]
    assert at == sorted(at)
    assert not re.search(r"\bwatch\.[a-z]", page)
    browser.post(f"/n/{case}/rounds/away", {"away": "yes"})
    assert watches.away(keeper, case).orders == 1
    assert say("watch.away_on", lang) in _said(browser.read(f"/n/{case}/rounds"))
    browser.post(f"/n/{case}/rounds/away", {"away": "no"})
    assert watches.away(keeper, case).orders == 0


def test_addresses_are_added_paused_and_removed_by_forms(shown: Any) -> None:
    browser, _visiting, site, case, keeper = shown
    assert browser.post(f"/n/{case}/rounds", {"text": ""}).status_code == 400
    assert browser.post(f"/n/{case}/rounds", {"text": site.url("/2"), "every": "monthly"}).status_code == 302
    assert [one.every for one in watches.list_watches(keeper, case)] == ["auto", "monthly"]
    watch = watches.list_watches(keeper, case)[1].id
    for act, state in (("pause", "paused"), ("resume", "active")):
        browser.post(f"/n/{case}/rounds/{watch}", {"act": act})
        assert watches.list_watches(keeper, case)[1].state == state
    browser.post(f"/n/{case}/rounds/{watch}", {"act": "remove"})
    assert len(watches.list_watches(keeper, case)) == 1
    sightings.add_sighting(keeper, case, site.url("/3"))
    assert browser.post(f"/n/{case}/rounds", {"text": "", "places": "yes"}).status_code == 302
    assert [one.kind for one in watches.list_watches(keeper, case)] == ["page", "place"]
