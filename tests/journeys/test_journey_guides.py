"""Every guide in a phone-width browser, in both languages, as somebody reads it who has unlocked nothing.

Each is measured closed and with every fold open; SITR_SHOTS keeps pictures of both.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.journeys.drawn_pages import BASE, drawn, fits, phone, shoot, unfold
from tests.journeys.phones import held_to_the_rules
from tests.web.web_cast import KNOWLEDGE, Cast, gathered

from sitr.words import LANGS, Lang

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.django_db(transaction=True, databases=["default", "keys"]),
]

PATHS = ["/guides/", *(f"/guides/{guide.id}/" for guide in KNOWLEDGE.guides)]


@pytest.fixture
def locked(home: Path) -> Iterator[Cast]:
    """A home that is set up; nobody unlocked anything."""
    yield from gathered(home, let_in=False)


def _walked(cast: Cast, lang: Lang) -> Iterator[tuple[str, Page]]:
    """Each page in turn."""
    with phone(drawn(cast.new_browser(lang).come_in(), PATHS), lang) as page:
        for path in PATHS:
            page.goto(BASE + path)
            yield path, page


@pytest.mark.parametrize("lang", LANGS)
def test_every_guide_is_readable_on_a_phone_without_unlocking(locked: Cast, lang: Lang) -> None:
    for path, page in _walked(locked, lang):
        name = path.strip("/").replace("/", "-")
        assert page.locator("[data-leave]").is_visible(), "the quick exit"
        fits(page, lang, path)
        held_to_the_rules(page, path)
        shoot(page, lang, f"{name}-closed")
        unfold(page)
        fits(page, lang, f"{path} open")
        shoot(page, lang, f"{name}-open")


@pytest.mark.long
@pytest.mark.parametrize("lang", LANGS)
def test_every_fold_of_a_guide_keeps_to_the_rules(locked: Cast, lang: Lang) -> None:
    for path, page in _walked(locked, lang):
        unfold(page)
        held_to_the_rules(page, path)
