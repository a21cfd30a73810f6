"""The pages about one photo, its finds, the watch and the account, in a phone-width browser, in both languages.

Each is held to the rules with something on it: hashes that were handed over and hashes of which nobody knows, a proof
drawn, a watched address, a session that is kept. SITR_SHOTS keeps pictures.
"""

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.evidence.import_fixtures import record, zipped
from tests.evidence.signed_pictures import Made
from tests.journeys.drawn_pages import BASE, fits, phone, shoot, unfold
from tests.journeys.phones import held_to_the_rules
from tests.web.web_case import found
from tests.web.web_cast import ADULT, Browser, Cast, drawn, gathered

from sitr.cases import imports, jars, openings, photos, sightings, submissions, watches
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
        signed = Made(more_left_out=[{"start": 8, "length": 20}]).file()
        imported = [
            imports.import_file(keeper, case, io.BytesIO(data), file).exhibit.id
            for file, data in (("chat.zip", _chat()), ("page.wacz", _saved()), ("IMG-0001.png", signed))
        ]
        photo = photos.add_photo(keeper, case, drawn(size=(400, 300)), name).id
        self.look = f"/n/{case}/pictures/look"
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
            "account": f"/n/{case}/account", **{f"imported-{n}": f"/n/{case}/items/{one}/read" for n, one in
                                                enumerate(imported)},
        }  # fmt: skip

    def answers(self) -> dict[str, Any]:
        """The pages as they are sent, a proof with its picture last. Pictures inside files are asked for as well."""
        got = {"/waiting": self.browser.get(self.paths["pictures"])}
        assert self.browser.post(self.look).status_code == 302
        got |= {path: self.browser.get(path) for path in self.paths.values()}
        chat = self.paths["imported-0"]
        inside = [f"{chat}/0/{row}/0/soft.png" for row in (0, 1)]
        got |= {path: self.browser.get(path) for path in inside}
        why = self.paths["why-not-kept"]
        assert self.browser.post(why, {"act": "soft", "anew": "yes"}).status_code == 302
        got["/why"] = self.browser.get(why)
        got[f"{why}/soft.png"] = self.browser.get(f"{why}/soft.png")
        return got


def _chat() -> bytes:
    said = "31/12/2023, 21:05 - Ali: {} (file attached)\n01/02/2024, 09:10 - Ali: ادفع 500 وإلا نشرت كل شيء\n"
    name = "IMG-20231231-WA0001.png"
    return zipped({"_chat.txt": said.format(name).encode(), name: drawn(size=(400, 300)), "inner.zip": zipped({})})


def _saved() -> bytes:
    """A page saved by a browser, with two copies on it."""
    address = "https://cdn.leaks.example/uploads/2026/11/a-rather-long-name-of-a-picture-{}.png?size=large&token=abc"
    warc = b"".join(record(address.format(n), drawn(size=(400, 300)), "Content-Type: image/png") for n in (1, 2))
    pages = f'{{"url":"{PAGE}","title":"صفحة"}}\n'.encode()
    return zipped({"datapackage.json": b"{}", "archive/data.warc": warc, "pages/pages.jsonl": pages})


@pytest.mark.parametrize("lang", LANGS)
def test_the_pages_of_a_photo_can_be_read_on_a_phone(cast: Cast, lang: Lang, monkeypatch: pytest.MonkeyPatch) -> None:
    cropped = drawn(size=(400, 300))
    monkeypatch.setattr("sitr.cases.proofs._fetched", lambda _keeper, _body: cropped)
    made = _Prepared(cast, lang)
    with phone(made.answers(), lang) as page:
        for name, path in [*made.paths.items(), ("waiting", "/waiting"), ("why", "/why")]:
            answer = page.goto(BASE + path)
            assert answer is not None
            assert answer.status == 200, name
            unfold(page)
            fits(page, lang, name)
            held_to_the_rules(page, name)
            shoot(page, "photo-pages", lang, name)
