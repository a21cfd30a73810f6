"""Who can be reached from the card of a step: this country's, the fitting ones first, none from memory."""

from datetime import date
from pathlib import Path

import pytest

from sitr.knowledge import Knowledge, law_page, load
from sitr.knowledge.nearby import nearby

FOLDER = Path(__file__).parents[2] / "knowledge"
STEPS = ("s-self-harm", "c-counselling", "r-helpline", "r-minor-hotline", "s-near-help", "no-such-step")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    """The whole of it."""
    return load(FOLDER)


@pytest.mark.parametrize("age", ["adult", "minor", None])
def test_in_every_country_up_to_three_are_named_and_each_by_a_verified_contact(
    knowledge: Knowledge, age: str | None
) -> None:
    answers = {"helping": ["self"], **({"age": [age]} if age else {})}
    for country in (*knowledge.countries, None, "ZZ"):
        page = law_page(country, answers, knowledge, date(2026, 11, 1))
        for step in STEPS:
            found = nearby(step, page, knowledge)
            assert 0 < len(found) <= 3, (country, step)
            assert all(body.verified and body in page.support for body in found)


def test_a_line_that_a_guide_names_beside_the_step_comes_first(knowledge: Knowledge) -> None:
    for country, line in (("FR", "fr-3114"), ("US", "us-988"), ("LB", "lb-embrace"), ("AE", "ae-ehs")):
        page = law_page(country, {"safe_now": ["self_harm"]}, knowledge, date(2026, 11, 1))
        assert line in {body.id for body in nearby("s-self-harm", page, knowledge)}, country


def test_a_child_is_led_to_nobody_who_helps_adults_only(knowledge: Knowledge) -> None:
    page = law_page("GB", {"age": ["minor"]}, knowledge, date(2026, 11, 1))
    adult = law_page("GB", {"age": ["adult"]}, knowledge, date(2026, 11, 1))
    theirs = {body.id for step in STEPS for body in nearby(step, page, knowledge)}
    assert theirs <= {body.id for body in page.support}
    assert {body.id for body in adult.support} - {body.id for body in page.support}
