"""The order of doors: what was learned moves a door, what it costs moves it more, and every rank is explained."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.knowledge import Knowledge, Route, identify, load, routes
from sitr.takedown import Door, Outcome, RankedRoute, Result, Span, describe, rank
from sitr.words import LANGS

ON_X = "https://x.com/someuser/status/1712345678901234567"
ADULT = {"age": ["adult"], "content": ["nude"], "status": ["public"]}
MINE = {**ADULT, "author": ["me"]}
FORM: Door = ("x", "x_private_form", "platform_ncii_policy")


@cache
def knowledge() -> Knowledge:
    return load(Path(__file__).parents[2] / "knowledge")


def doors(said: dict[str, list[str]], country: str | None = None, place: str = ON_X) -> list[Route]:
    return routes(identify(place, knowledge())[0], said, knowledge(), country)


def rows(door: Door, removed: int, refused: int = 0, low: int = 6, high: int = 48) -> list[Outcome]:
    good = Outcome(*door, None, Span(low, high), Result.REMOVED)
    return [good] * removed + [Outcome(*door, None, Span(24, None), Result.REFUSED)] * refused


def ranked(
    said: dict[str, list[str]], own: Sequence[Outcome] = (), pooled: Sequence[Outcome] = ()
) -> list[RankedRoute]:
    return rank(doors(said, "EG"), _by_door(own), _by_door(pooled))


def _by_door(outcomes: Sequence[Outcome]) -> dict[Door, list[Outcome]]:
    found: dict[Door, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(one.door, []).append(one)
    return found


def said_of(route: RankedRoute) -> str:
    return " ".join([*(why.en for why in route.why), *describe(route, "en")])


def test_a_study_is_shown_with_its_number_and_moves_the_rank() -> None:
    found = ranked(MINE)
    assert found[0].basis == "dmca_512c3"
    assert "25 of 25" in said_of(found[0])
    assert "in a study of 2024" in said_of(found[0])
    policy = [r for r in found if (r.service, r.basis) == ("x", "platform_ncii_policy")]
    assert policy
    for route in policy:
        assert "0 of 25" in said_of(route)
        assert "21 days" in said_of(route)
        assert route.estimate.chance < 0.06
        assert route.rank > found[0].rank


def test_ones_own_outcomes_move_a_door_and_are_told() -> None:
    said = {"age": ["adult"], "content": ["ordinary"]}
    before = next(r for r in ranked(said) if (r.service, r.channel, r.basis) == FORM)
    good = next(r for r in ranked(said, rows(FORM, 3, 1)) if (r.service, r.channel, r.basis) == FORM)
    bad = next(r for r in ranked(said, rows(FORM, 0, 6)) if (r.service, r.channel, r.basis) == FORM)
    assert good.rank <= before.rank < bad.rank
    assert "Your own notices through this door: 3 of 4 led to removal within 2 days." in said_of(good)
    assert "none of 6 has led to removal so far" in said_of(bad)
    assert "4 of your own notices, 0 of the shared ledger, 0 of studies" in said_of(good)


def test_the_shared_ledger_is_told_apart_from_ones_own() -> None:
    said = {"age": ["adult"], "content": ["ordinary"]}
    found = next(r for r in ranked(said, pooled=rows(FORM, 12, 3)) if (r.service, r.channel, r.basis) == FORM)
    assert "In the shared ledger, 12 of 15 notices" in said_of(found)
    assert "0 of your own notices, 15 of the shared ledger" in said_of(found)


def test_what_came_back_is_told() -> None:
    back = [Outcome(*FORM, None, Span(6, 48), Result.REMOVED, came_back=True)] * 2
    found = next(r for r in ranked(ADULT, back) if (r.service, r.channel, r.basis) == FORM)
    assert "After 2 of these removals the photo came back later." in said_of(found)


def test_a_door_of_which_nothing_is_known_claims_no_chance() -> None:
    there = doors({"age": ["adult"], "content": ["ordinary"]}, "EG", "https://www.instagram.com/p/CxYz12/")
    for route in rank(there, {}, {}):
        if not route.estimate.known:
            assert "of 100" not in said_of(route)
            assert "Nothing is known yet" in said_of(route)


def test_no_rank_is_a_promise_and_none_is_certain() -> None:
    for own in ([], rows(FORM, 400), rows(FORM, 0, 400)):
        for route in ranked(ADULT, own):
            for lang in LANGS:
                text = " ".join(describe(route, lang))
                assert "100 of 100" not in text
                assert not text.startswith("0 of 100")
            if route.estimate.known:
                assert "It is no promise." in said_of(route)
                assert "وليس وعدا" in " ".join(describe(route, "ar"))


def test_a_quicker_door_never_comes_before_one_that_keeps_the_name_from_the_uploader_for_less() -> None:
    """Learned chances change the order of doors of like cost; a name that reaches the uploader weighs three weeks."""
    quick = rows(("x", "x_copyright", "dmca_512c3"), 400, 0, 0, 6)
    found = ranked(MINE, quick)
    agent = next(r for r in found if r.basis == "dmca_512c3" and r.signer == "agent" and r.service == "x")
    oneself = next(r for r in found if r.basis == "dmca_512c3" and r.signer == "self" and r.service == "x")
    assert agent.rank < oneself.rank
    assert oneself.rank > 3


@settings(max_examples=15)
@given(
    st.sampled_from([ADULT, MINE, {**ADULT, "age": ["minor"]}, {}, {**ADULT, "content": ["chat"]}]),
    st.sampled_from([None, "EG", "US", "AU", "DE"]),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_ranking_keeps_every_door_and_adds_none(
    said: dict[str, list[str]], country: str | None, removed: int, refused: int
) -> None:
    """Hard rules are not for the ledger to change."""
    there = doors(said, country)
    found = rank(there, _by_door(rows(FORM, removed, refused)), {})
    assert sorted((r.service, r.channel or "", r.basis, r.signer) for r in there) == sorted(
        (r.service, r.channel or "", r.basis, r.signer) for r in found
    )
    assert [r.rank for r in found] == list(range(1, len(found) + 1))
    for route in found:
        assert all(why.ar and why.en for why in route.why)
        assert all(describe(route, lang) for lang in LANGS)


@pytest.mark.parametrize("lang", LANGS)
def test_every_study_is_told_in_both_languages(lang: str) -> None:
    for study in knowledge().studies:
        assert getattr(study.name, lang)
        assert getattr(study.limits, lang)
        assert study.confidence == "found"
        assert study.sources
