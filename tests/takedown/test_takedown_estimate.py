"""Chances and hours from a handful of outcomes: laws for any ledger, and figures checked by hand."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.takedown import Estimate, Outcome, Prior, Result, Span, estimate
from sitr.takedown.chances import (
    beta_quantile,
    beta_share,
    mean_and_variance_between,
    normal_share,
    t_quantile_90,
)
from sitr.takedown.estimate import PRIOR_WEIGHT
from sitr.takedown.ledger import EDGES


@dataclass(frozen=True)
class Study:
    """A study of a test."""

    removed: int
    of: int
    hours: int | None


def row(result: Result = Result.REMOVED, low: int = 24, high: int | None = 48) -> Outcome:
    """One outcome; what is not removed has no upper end."""
    return Outcome("x", "c", "b", None, Span(low, high if result is Result.REMOVED else None), result)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """Any outcome of one door."""
    result = draw(st.sampled_from(Result))
    low = draw(st.sampled_from(EDGES))
    above = [edge for edge in EDGES if edge > low]
    high = draw(st.sampled_from([*above, None])) if result is Result.REMOVED else None
    return row(result, low, high)


@st.composite
def priors(draw: st.DrawFn) -> Prior:
    """Any prior, with up to two studies."""
    studies = []
    for _ in range(draw(st.integers(0, 2))):
        of = draw(st.integers(1, 5000))
        studies.append(Study(draw(st.integers(0, of)), of, draw(st.none() | st.integers(1, 5000))))
    return Prior(draw(st.floats(0.01, 100_000)), tuple(studies))


ledgers = st.lists(outcomes(), max_size=30)


def figures(found: Estimate) -> tuple[float, ...]:
    """All figures that are not counts."""
    return (
        found.chance, found.chance_low, found.chance_high, found.hours_median, found.hours_low, found.hours_high,
        found.waiting,
    )  # fmt: skip


@settings(max_examples=40)
@given(ledgers, ledgers, priors())
def test_every_figure_is_a_number_in_its_bounds(own: list[Outcome], pooled: list[Outcome], prior: Prior) -> None:
    found = estimate(own, prior, pooled)
    assert all(math.isfinite(figure) for figure in figures(found))
    assert 0 < found.chance < 1
    assert 0 <= found.chance_low <= found.chance_high <= 1
    assert found.chance_low - 1e-6 <= found.chance or found.chance < 0.1
    assert 0 < found.hours_low <= found.hours_median <= found.hours_high


@settings(max_examples=40)
@given(ledgers, priors(), st.sampled_from(EDGES[:-1]))
def test_a_further_removal_early_or_late_never_lowers_the_chance(rows: list[Outcome], prior: Prior, low: int) -> None:
    before = estimate(rows, prior)
    for high in (next(edge for edge in EDGES if edge > low), None):
        after = estimate([*rows, row(Result.REMOVED, low, high)], prior)
        assert after.chance > before.chance
        assert after.chance_low >= before.chance_low - 1e-6
        assert after.chance_high >= before.chance_high - 1e-6


@settings(max_examples=40)
@given(ledgers, priors())
def test_a_failure_that_turns_out_well_never_lowers_the_chance(rows: list[Outcome], prior: Prior) -> None:
    for place, one in enumerate(rows):
        if one.result is not Result.REMOVED:
            better = [*rows[:place], row(), *rows[place + 1 :]]
            assert estimate(better, prior).chance > estimate(rows, prior).chance
            break


@settings(max_examples=40)
@given(ledgers, priors(), st.sampled_from([Result.REFUSED, Result.NO_ANSWER, Result.OPEN]))
def test_what_still_stands_never_raises_the_chance(rows: list[Outcome], prior: Prior, result: Result) -> None:
    assert estimate([*rows, row(result, 96)], prior).chance <= estimate(rows, prior).chance


@settings(max_examples=40)
@given(ledgers, ledgers, priors(), st.integers())
def test_the_order_of_rows_does_not_matter(own: list[Outcome], pooled: list[Outcome], prior: Prior, seed: int) -> None:
    mixed, others = list(own), list(pooled)
    for rows in (mixed, others):
        Random(seed).shuffle(rows)  # noqa: S311  a test that can be repeated
    assert estimate(mixed, prior, others) == estimate(own, prior, pooled)


@settings(max_examples=40)
@given(ledgers, ledgers, priors())
def test_the_numbers_shown_are_the_rows_that_were_counted(
    own: list[Outcome], pooled: list[Outcome], prior: Prior
) -> None:
    found = estimate(own, prior, pooled)
    study = sum(one.of for one in prior.studies)
    assert (found.n_own, found.n_pooled, found.n_study, found.n_prior) == (len(own), len(pooled), study, PRIOR_WEIGHT)
    assert found.known == len(own) + len(pooled) + study


def drawn(seed: int, n: int, chance: float, median: float, spread: float) -> list[Outcome]:
    """Outcomes of a door whose truth is known: hours are lognormal, what is not removed is refused."""
    rng, rows = Random(seed), []  # noqa: S311  a test that can be repeated
    for _ in range(n):
        if rng.random() < chance:
            hours = math.exp(rng.gauss(math.log(median), spread))
            rows.append(Outcome("x", "c", "b", None, Span.around(hours, hours), Result.REMOVED))
        else:
            rows.append(row(Result.REFUSED))
    return rows


@pytest.mark.parametrize(("chance", "median", "spread"), [(0.9, 30, 0.8), (0.2, 200, 1.0), (0.5, 15, 0.5)])
def test_many_outcomes_lead_to_the_truth_whatever_the_prior(chance: float, median: float, spread: float) -> None:
    for prior in (Prior(1), Prior(72), Prior(5000)):
        found = estimate(drawn(7, 4000, chance, median, spread), prior)
        assert found.chance == pytest.approx(chance, abs=0.03)
        assert found.hours_median == pytest.approx(median, rel=0.12)
        assert math.log(found.hours_high / found.hours_median) == pytest.approx(1.2816 * spread, rel=0.15)


def test_removals_that_are_still_to_come_are_not_taken_for_failures() -> None:
    """Half the door's removals are seen when the ledger is read: naive counting would say 50 of 100."""
    rng, rows = Random(3), []  # noqa: S311  a test that can be repeated
    for _ in range(3000):
        hours, watched = math.exp(rng.gauss(math.log(72), 1.5)), 72
        seen = hours <= watched
        rows.append(Outcome("x", "c", "b", None, Span.around(hours, hours), Result.REMOVED) if seen else
                    Outcome("x", "c", "b", None, Span.around(watched, None), Result.OPEN))  # fmt: skip
    found = estimate(rows, Prior(72))
    assert found.chance > 0.55
    assert 40 < found.hours_median < 90


def test_few_outcomes_say_little_and_many_say_more() -> None:
    def width(rows: Sequence[Outcome]) -> tuple[float, float]:
        found = estimate(rows, Prior(72))
        return found.chance_high - found.chance_low, found.hours_high / found.hours_low

    none, four, forty = (width([row()] * 3 * n + [row(Result.REFUSED)] * n) for n in (0, 1, 10))
    assert none[0] > four[0] > forty[0]
    assert none[1] > four[1] > forty[1]
    assert none[0] > 0.7


def test_the_two_figures_of_the_study_of_2024_give_what_they_say() -> None:
    good = estimate([], Prior(72, (Study(25, 25, 25),)))
    bad = estimate([], Prior(72, (Study(0, 25, 504),)))
    assert good.chance == pytest.approx(26 / 27)
    assert 20 < good.hours_median < 35
    assert bad.chance < 0.06
    assert bad.waiting > 100 * good.waiting
    assert (good.n_study, bad.n_study) == (25, 25)


def test_a_large_study_does_not_drown_ones_own_experience() -> None:
    study = Prior(72, (Study(1763, 1961, None),))
    own = [row(Result.REFUSED)] * 30
    assert estimate([], study).chance > 0.85
    assert estimate(own, study).chance < 0.6


def test_the_beta_distribution_is_right() -> None:
    """Whole parameters: the beta share is a binomial tail, which can be summed exactly."""
    for a, b in ((1, 1), (2, 5), (26, 1), (1, 26), (13, 14), (300, 200)):
        for x in (0.001, 0.1, 0.37, 0.5, 0.83, 0.999):
            n = a + b - 1
            exact = math.fsum(math.comb(n, k) * x**k * (1 - x) ** (n - k) for k in range(a, n + 1))
            assert beta_share(x, a, b) == pytest.approx(exact, abs=1e-9)
        for share in (0.1, 0.5, 0.9):
            assert beta_share(beta_quantile(share, a, b), a, b) == pytest.approx(share, abs=1e-4)
    assert beta_share(0, 2, 2) == 0
    assert beta_share(1, 2, 2) == 1


def test_students_t_is_close_to_the_printed_tables() -> None:
    for degrees, printed in ((4, 1.5332), (6, 1.4398), (10, 1.3722), (30, 1.3104), (120, 1.2886)):
        assert t_quantile_90(degrees) == pytest.approx(printed, abs=2e-3)


@settings(max_examples=200)
@given(st.floats(-8, 8), st.floats(0.001, 8), st.floats(-10, 10), st.floats(0.05, 4))
def test_a_normal_known_to_an_interval_stays_in_it(low: float, width: float, mean: float, spread: float) -> None:
    for high in (low + width, math.inf):
        at, variance = mean_and_variance_between(low, high, mean, spread)
        assert low <= at <= high
        assert 0 <= variance <= spread * spread + 1e-9


def test_the_mean_of_a_cut_normal_is_what_summing_gives() -> None:
    for low, high, mean, spread in ((-1.0, 2.0, 0.5, 1.3), (1.0, 3.0, -1.0, 0.9), (-4.0, -2.0, 0.0, 1.0)):
        steps = 20_000
        points = [low + (high - low) * (k + 0.5) / steps for k in range(steps)]
        weights = [math.exp(-(((p - mean) / spread) ** 2) / 2) for p in points]
        total = math.fsum(weights)
        at = math.fsum(w * p for w, p in zip(weights, points, strict=True)) / total
        variance = math.fsum(w * (p - at) ** 2 for w, p in zip(weights, points, strict=True)) / total
        assert mean_and_variance_between(low, high, mean, spread) == pytest.approx((at, variance), rel=1e-5)
    assert normal_share(0) == 0.5
