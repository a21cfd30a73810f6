"""A copy's places lie where one plain placing puts them, each as finely as it can tell; a second shot's do not."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitr.fingerprint.exactness import Exactness, measure

SIDE = 9
PLACES = 60
Places = Callable[[np.ndarray], np.ndarray]


def tables(steps: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """Tables in which `steps` (n, 2) bits turn round a pixel further on, along `ways` (n; radians) and across them."""
    spots = np.arange(SIDE) - SIDE // 2
    down, across = np.meshgrid(spots, spots, indexing="ij")
    made = []
    for (along, aside), way in zip(steps, ways, strict=True):
        first = np.cos(way) * across + np.sin(way) * down
        second = -np.sin(way) * across + np.cos(way) * down
        made.append(np.rint(np.hypot(along * first, aside * second)))
    return np.array(made, dtype=np.int64)


def measured(off: Places, seed: int = 1, steps: tuple[float, float] = (12.0, 12.0), noise: float = 1.0) -> Exactness:
    """How exactly 60 places lie. `off`: from their shares of the side to what is added, in pixels, to their noise,
    which is as large as each says of itself."""
    dice = np.random.default_rng(seed)
    xy, ways = dice.uniform(0, 640, (PLACES, 2)), dice.uniform(0, np.pi, PLACES)
    size = np.ones(PLACES)
    local = dice.normal(0, 1.05, (PLACES, 2)) / np.array(steps) * noise
    cosine, sine = np.cos(ways), np.sin(ways)
    there = np.column_stack([cosine * local[:, 0] - sine * local[:, 1], sine * local[:, 0] + cosine * local[:, 1]])
    at = xy + off(xy / 640) + there
    return measure(xy, at, size, tables(np.tile(steps, (PLACES, 1)), ways), np.ones(PLACES, dtype=bool))


def nothing(at: np.ndarray) -> np.ndarray:
    return np.zeros_like(at)


@given(st.lists(st.floats(-0.5, 0.5), min_size=4, max_size=4), st.floats(-300, 300), st.integers(0, 50))
def test_turned_scaled_and_stretched_they_lie_as_exactly_as_before(
    numbers: list[float], shift: float, seed: int
) -> None:
    linear = np.array(numbers).reshape(2, 2)
    plain, placed = measured(nothing, seed), measured(lambda at: 640 * at @ linear + shift, seed)
    assert placed.miss == pytest.approx(plain.miss, abs=1e-6)
    assert placed.bend == pytest.approx(plain.bend, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("steps", [(16.0, 16.0), (12.0, 6.0), (5.0, 5.0), (15.0, 2.5)])
def test_each_place_is_off_by_no_more_than_it_says_of_itself(steps: tuple[float, float]) -> None:
    middle = [measured(nothing, seed, steps).miss for seed in range(20)]
    assert 0.5 < float(np.median(middle)) < 1.2
    assert not any(measured(nothing, seed, steps).off or measured(nothing, seed, steps).askew for seed in range(20))


def test_lines_that_run_together_are_seen_at_a_third_of_a_pixel() -> None:
    aslant = measured(lambda at: 2.0 * at[:, :1] * at)
    assert aslant.askew
    assert aslant.bend > 10 * measured(nothing).bend


def test_near_things_that_moved_against_far_ones_are_seen() -> None:
    moved = measured(lambda at: 0.6 * (np.sin(25 * at.prod(axis=1, keepdims=True)) > 0) * (1, 0))
    assert moved.off
    assert moved.bend < 10  # no even bend explains it


def test_what_covers_a_third_of_the_places_changes_nothing() -> None:
    covered = measured(lambda at: np.where(at[:, :1] > 0.66, 7 * np.sin(25600 * at), 0))
    assert not covered.off


def test_along_an_edge_a_place_does_not_know_and_is_not_blamed() -> None:
    """Its noise is six times as large that way; in a measure that knew no way it would be off."""
    sure = measured(nothing, steps=(15.0, 2.5))
    assert not sure.off
    assert measured(nothing, steps=(15.0, 2.5), noise=3.0).off


def test_soft_places_and_few_places_tell_nothing() -> None:
    assert measured(nothing, steps=(1.5, 1.5)) == Exactness()
    few = np.random.default_rng(1).uniform(0, 640, (8, 2))
    table = tables(np.tile((12.0, 12.0), (8, 1)), np.zeros(8))
    assert measure(few, few + 30 * np.sin(few), np.ones(8), table, np.ones(8, dtype=bool)) == Exactness()
    assert not Exactness().off
    assert not Exactness().askew


def test_a_place_found_at_the_rim_of_what_was_searched_is_not_asked() -> None:
    xy = np.random.default_rng(2).uniform(0, 640, (PLACES, 2))
    table = np.roll(tables(np.tile((12.0, 12.0), (PLACES, 1)), np.zeros(PLACES)), SIDE // 2, axis=2)
    assert measure(xy, xy, np.ones(PLACES), table, np.ones(PLACES, dtype=bool)) == Exactness()


def test_places_on_one_line_are_measured_too() -> None:
    x = np.linspace(0, 640, PLACES)
    xy = np.column_stack([x, x])
    table = tables(np.tile((12.0, 12.0), (PLACES, 1)), np.zeros(PLACES))
    told = measure(xy, xy + 0.01 * np.sin(xy), np.ones(PLACES), table, np.ones(PLACES, dtype=bool))
    assert told.places == PLACES
    assert not told.off
