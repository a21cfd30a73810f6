"""The pages about one photo, its finds, the watch and the account, in a phone-width browser, in both languages.

Each is held to the rules with something on it: hashes that were handed over and hashes of which nobody knows, a proof
drawn, a watched address, a session that is kept. SITR_SHOTS keeps pictures.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.journeys.drawn_pages import BASE, fits, held_to_the_rules, phone, shoot, unfold
from tests.web.web_case import found
from tests.web.web_cast import ADULT, Browser, Cast, drawn, gathered

from sitr.cases import jars, openings, photos, sightings, submissions, watches
from sitr.finding.exchange import MemoryExchange
from sitr.vault import Identity
from sitr.web.application import Web
from sitr.words import LANGS, Lang

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]

PAGE = "https://leaks.example/gallery/2026/11/page?id=99182&ref=share"
SESSION = "sid=0123456789abcdef; theme=dark; a-rather-long-name-of-a-cookie=1"


@pytest.fixture
def cast(home: Any) -> Iterator[Cast]:
    """A home that is unlocked."""
    yield from gathered(home)


class _Prepared:
    """A case with something on each of these pages. The names of the pages lead to their addresses."""

    def __init__(self, cast: Cast, lang: Lang) -> None:
        old = cast.browser.web
        parties = {"stopncii": MemoryExchange(name="stopncii"), "group": MemoryExchange(name="group", lost=True)}
        services = replace(
            old.services, exchange=parties.__getitem__, exchange_names=lambda: tuple(parties),
            standing_public=Identity.generate().public, match_hosts=("match.example",),
        )  # fmt: skip
        self.browser = Browser(Web(services, old.gate, old.sessions), lang)
        self.browser.client.cookies.update(cast.browser.client.cookies)
        self.browser.client.cookies["lang"] = lang
        keeper = replace(cast.keeper, services=services)
        case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=False)
        name = "صورة من الهاتف 12.jpg" if lang == "ar" else "photo from the phone 12.jpg"
        photo = photos.add_photo(keeper, case, drawn(size=(400, 300)), name).id
        for party in parties:
            submissions.submit(keeper, case, photo, party, consent=True)
        sightings.add_sighting(keeper, case, PAGE)
        watches.add(keeper, case, PAGE)
        watches.consent(keeper, case, given=True)
        jars.fill(keeper, case, SESSION, host="www.instagram.com")
        place = found(keeper, case, photo)
        self.paths = {
            "pictures": f"/n/{case}/pictures", "hand": f"/n/{case}/pictures/{photo}/hand",
            "photo-erase": f"/n/{case}/pictures/{photo}/erase", "share": f"/n/{case}/pictures/{photo}/share",
            "places": f"/n/{case}/places", "find": f"/n/{case}/places/{place}",
            "why-not-kept": f"/n/{case}/places/{place}/why", "rounds": f"/n/{case}/rounds",
            "account": f"/n/{case}/account",
        }  # fmt: skip

    def answers(self) -> dict[str, Any]:
        """The pages as they are sent, a proof with its picture last."""
        got = {path: self.browser.get(path) for path in self.paths.values()}
        why = self.paths["why-not-kept"]
        assert self.browser.post(why, {"act": "soft", "anew": "yes"}).status_code == 302
        got["/why"] = self.browser.get(why)
        got[f"{why}/soft.png"] = self.browser.get(f"{why}/soft.png")
        return got


@pytest.mark.parametrize("lang", LANGS)
def test_the_pages_of_a_photo_can_be_read_on_a_phone(cast: Cast, lang: Lang, monkeypatch: pytest.MonkeyPatch) -> None:
    cropped = drawn(size=(400, 300))
    monkeypatch.setattr("sitr.cases.proofs._fetched", lambda _keeper, _body: cropped)
    made = _Prepared(cast, lang)
    with phone(made.answers(), lang) as page:
        for name, path in [*made.paths.items(), ("why", "/why")]:
            answer = page.goto(BASE + path)
            assert answer is not None
            assert answer.status == 200, name
            unfold(page)
            fits(page, lang, name)
            held_to_the_rules(page, name, colours=name in {"hand", "why"})
            shoot(page, "photo-pages", lang, name)
