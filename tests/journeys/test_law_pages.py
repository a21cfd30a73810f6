"""Law pages in a phone-width browser, in both languages: axe-core finds nothing, nothing from outside, all fits."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.journeys.drawn_pages import BASE, drawn, fits, phone, shoot, unfold
from tests.journeys.phones import held_to_the_rules

from sitr.cases import openings
from sitr.words import LANGS, Lang

if TYPE_CHECKING:
    from tests.web.web_cast import Cast

pytestmark = [
    pytest.mark.browser, pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]  # fmt: skip
SAID = {
    "EG": {"status": ["threat"], "content": ["nude"], "demand": ["money"], "suspect": ["ex"]},
    "SA": {"status": ["public"], "content": ["private_moment"], "exposed": ["phone"], "official_risk": ["no"]},
    "TN": {"status": ["account_taken"], "content": ["chat"], "age": ["minor"]},
}


@pytest.fixture
def cast(transactional_db: None, home: Path) -> Any:
    """The holder's browser, unlocked."""
    from tests.web.web_cast import gathered

    yield from gathered(home)


def _paths(cast: "Cast") -> list[str]:
    cases = [
        openings.open_case(cast.keeper, country=country, answers=said, time_proof=False)
        for country, said in SAID.items()
    ]
    return ["/law/", "/law/eg/", "/law/es/", *(f"/n/{case}/law" for case in cases)]


@pytest.mark.parametrize("lang", LANGS)
def test_law_pages_fit_a_phone_and_everybody(cast: "Cast", lang: Lang) -> None:
    pages = drawn(cast.in_language(lang), _paths(cast))
    with phone(pages, lang) as page:
        for number, path in enumerate(pages):
            page.goto(BASE + path)
            shoot(page, "law", lang, str(number))
            unfold(page)
            fits(page, lang, path)
            held_to_the_rules(page, path)
            shoot(page, "law", lang, f"{number}-open")
