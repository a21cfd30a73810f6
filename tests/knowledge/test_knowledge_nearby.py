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
            assert all(body.verified and body in (*page.support, *page.authorities) for body in found)


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


def test_where_life_may_be_in_danger_whoever_comes_at_once_stands_first_if_a_source_carries_the_number(
    knowledge: Knowledge,
) -> None:
    answers = {"safe_now": ["danger"]}
    for country, first in (("LB", "lb-isf"), ("MA", "ma-police")):
        page = law_page(country, answers, knowledge, date(2026, 11, 1))
        assert nearby("s-safe-place", page, knowledge)[0].id == first
        assert first not in {body.id for body in nearby("r-helpline", page, knowledge)}
    from_memory = law_page("SA", answers, knowledge, date(2026, 11, 1))
    assert any(body.emergency and not body.verified for body in from_memory.authorities)
    assert not any(body.emergency for body in nearby("s-safe-place", from_memory, knowledge))
