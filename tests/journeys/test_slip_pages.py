"""The pages of receipt codes in a phone-width browser, in both languages. SITR_SHOTS keeps pictures."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.journeys.drawn_pages import BASE, fits, phone, shoot, unfold
from tests.journeys.phones import held_to_the_rules
from tests.web.web_cast import ADULT, SECRET, Browser, Cast, gathered

from sitr.cases import openings, receipts
from sitr.words import LANGS, Lang

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]


@pytest.fixture
def cast(home: Any) -> Iterator[Cast]:
    """A home that is unlocked."""
    yield from gathered(home)


def _answers(cast: Cast, lang: Lang) -> dict[str, Any]:
    """The name of each page, and the answer."""
    services = replace(cast.services, desk_origins=("https://desk.example.org",))
    browser = Browser(replace(cast.web, services=services), lang)
    browser.client.cookies.update(cast.browser.client.cookies)
    browser.client.cookies["lang"] = lang
    case = openings.open_case(cast.keeper, country="DE", answers=ADULT, time_proof=False)
    openings.open_case(cast.keeper, country=None, answers={}, time_proof=False)
    none = browser.get("/slips")
    wrong = browser.post("/slips", {"secret": SECRET})
    shown = browser.get(browser.post("/slips", {"opens": case, "secret": SECRET})["Location"])
    made = receipts.give(cast.keeper, [case], secret=SECRET)
    end = browser.get(f"/slips/{made.id}/end")
    outside = cast.new_browser(lang).come_in()
    found = {
        "none": none, "wrong": wrong, "shown": shown, "given": browser.get("/slips"), "end": end,
        "home": browser.get("/"), "come": outside.get("/come"), "door": outside.get("/open"),
        "come-wrong": outside.post("/come", {"secret": "1" * 24}),
        "come-none": outside.post("/come", {"secret": "12 34"}),
    }  # fmt: skip
    outside.post("/come", {"secret": made.code})
    return found | {"home-by-code": outside.get("/"), "slips-by-code": outside.get("/slips"),
                    "file-by-code": outside.get(f"/n/{case}/file")}  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
def test_the_pages_of_receipts_fit_a_phone_and_keep_the_rules(cast: Cast, lang: Lang) -> None:
    answers = _answers(cast, lang)
    with phone({f"/{name}": answer for name, answer in answers.items()}, lang) as page:
        for name, answer in answers.items():
            assert answer.status_code < 500, name
            page.goto(f"{BASE}/{name}")
            unfold(page)
            shoot(page, f"slips-{lang}", name)
            held_to_the_rules(page, name)
            fits(page, lang, name)
