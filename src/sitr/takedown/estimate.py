"""What to expect of a door: the chance that the photo goes, and how long that takes, with how much is known.

Pure; no figure here is a promise, and each comes with the number of outcomes behind it. Not here: outcomes (`ledger`),
the order of doors and its words (`ranking`).

**Chance.** A beta posterior (conjugate to yes/no). It begins as Beta(1, 1): `PRIOR_WEIGHT` outcomes, half of them good.
A removal adds one on the good side, a refusal one on the other. What still stands after t hours is not yet a failure:
it counts as the share of removals that would be over by then, were the prior's hours true, as in the weighting of
late outcomes by Cheung and Chappell (Sequential designs for phase I clinical trials with late-onset toxicities,
Biometrics 56, 2000). The share is taken from the prior and never from the rows, so that a further removal, be it early
or late, can only raise the chance. A study counts with its own n, up to `STUDY_MOST`, because it saw another time and
other pictures.

**Hours** are those until a removal, where there is one: lognormal. Each removal is known to a span only (interval
censoring); what still stands counts, with the share that was not counted as failure, as "longer than t" (right
censoring). The prior is `PRIOR_WEIGHT` outcomes at the law's or the editor's hours, with the spread `PRIOR_SPREAD`. The
posterior mode is found by EM for normals known to intervals (Dempster, Laird and Rubin, Maximum likelihood from
incomplete data, JRSS B 39, 1977, section 4.2). `hours_low` and `hours_high` hold four fifths of what is to be expected
next time (Student's t, which widens when few are known); a study that says only "all within h" is taken at h, the
careful end.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sitr.takedown.chances import beta_quantile, mean_and_variance_between, normal_share, t_quantile_90
from sitr.takedown.ledger import Outcome, Result

PRIOR_WEIGHT = 2
PRIOR_SPREAD = 1.5  # of the logarithm: four of five lie between a seventh and seven times the hours
_SPREAD_WEIGHT = 4
STUDY_MOST = 50
_SHORTEST, _LONGEST = 0.25, 5 * 8766.0  # hours: what is shown stays between a quarter of an hour and five years
_ROUNDS = 300


class Study(Protocol):
    """A published study: `removed` of `of` notices went within `hours` (None: not told)."""

    @property
    def removed(self) -> int: ...
    @property
    def of(self) -> int: ...
    @property
    def hours(self) -> int | None: ...


@dataclass(frozen=True)
class Prior:
    """What is reckoned with before any outcome: hours by the law or an editor (> 0), and published studies."""

    hours: float
    studies: Sequence[Study] = ()


@dataclass(frozen=True)
class Estimate:
    """What to expect. Chances are between 0 and 1, hours positive and low <= median <= high; the ranges hold four
    fifths. `n_own`, `n_pooled` and `n_study` are the outcomes behind it, `n_prior` what the prior counts as.
    """

    chance: float
    chance_low: float
    chance_high: float
    hours_median: float
    hours_low: float
    hours_high: float
    n_own: int
    n_pooled: int
    n_study: int
    n_prior: int

    @property
    def known(self) -> int:
        """How many outcomes are behind it; 0 where only a guess is."""
        return self.n_own + self.n_pooled + self.n_study

    @property
    def waiting(self) -> float:
        """Hours to reckon with: those until a removal, over its chance."""
        return self.hours_median / self.chance


def estimate(own: Sequence[Outcome], prior: Prior, pooled: Sequence[Outcome] = ()) -> Estimate:
    """What to expect of one door, from one's own outcomes, those of the ledger, and the prior. The order of the rows
    does not matter. See the head of this file for the method.
    """
    centre = math.log(min(max(prior.hours, _SHORTEST), _LONGEST))
    seen = Counter((row.result, row.removal) for row in (*own, *pooled))
    good, bad = PRIOR_WEIGHT / 2, [PRIOR_WEIGHT / 2]
    spans: list[_Known] = []
    for (result, span), count in sorted(seen.items(), key=lambda one: (one[0][0], one[0][1].width)):
        if result is Result.REMOVED:
            good += count
            spans.append(_Known(_log(span.low), _log(_LONGEST if span.high is None else span.high), count))
        elif result is Result.REFUSED:
            bad.append(count)
        else:
            _still_there(_log(span.low), count, centre, bad, spans)
    for study in prior.studies:
        share = min(1.0, STUDY_MOST / study.of)
        good += study.removed * share
        at = None if study.hours is None else math.log(study.hours)
        _study_rows(study, at, share, centre, bad, spans)
    failures = math.fsum(bad)
    median, low, high = _hours(spans, centre)
    return Estimate(
        chance=good / (good + failures), chance_low=beta_quantile(0.1, good, failures),
        chance_high=beta_quantile(0.9, good, failures), hours_median=median, hours_low=low, hours_high=high,
        n_own=len(own), n_pooled=len(pooled), n_study=sum(study.of for study in prior.studies), n_prior=PRIOR_WEIGHT,
    )  # fmt: skip


@dataclass(frozen=True)
class _Known:
    """`weight` removals that took between `low` and `high`, in logarithms of hours; equal where it is known exactly."""

    low: float
    high: float
    weight: float


def _log(hours: float) -> float:
    return math.log(max(hours, _SHORTEST))


def _still_there(since: float, weight: float, centre: float, bad: list[float], spans: list[_Known]) -> None:
    """What stood until then: in part a failure, in part a removal that takes longer."""
    over = normal_share((since - centre) / PRIOR_SPREAD)
    bad.append(weight * over)
    spans.append(_Known(since, math.inf, weight * (1 - over)))


def _study_rows(
    study: Study, at: float | None, share: float, centre: float, bad: list[float], spans: list[_Known]
) -> None:
    left = (study.of - study.removed) * share
    if at is None:  # a study that tells no hours followed its notices to their end
        bad.append(left)
        return
    spans.append(_Known(at, at, study.removed * share))
    _still_there(at, left, centre, bad, spans)


def _hours(spans: Sequence[_Known], centre: float) -> tuple[float, float, float]:
    """Median, and the ends of four fifths, of the next removal."""
    total = PRIOR_WEIGHT + math.fsum(span.weight for span in spans)
    mean, variance = centre, PRIOR_SPREAD**2
    for _ in range(_ROUNDS):
        parts = [(span.weight, *_expected(span, mean, math.sqrt(variance))) for span in spans]
        new = (PRIOR_WEIGHT * centre + math.fsum(w * e for w, e, _ in parts)) / total
        square = math.fsum(w * (v + (e - new) ** 2) for w, e, v in parts) + PRIOR_WEIGHT * (centre - new) ** 2
        new_variance = (_SPREAD_WEIGHT * PRIOR_SPREAD**2 + square) / (_SPREAD_WEIGHT + total)
        moved = abs(new - mean) + abs(new_variance - variance)
        mean, variance = new, new_variance
        if moved < 1e-9:
            break
    seen = math.fsum(
        span.weight for span in spans if span.high < math.inf
    )  # "longer than t" tells nothing of the width
    spread = math.sqrt(variance * (1 + 1 / (PRIOR_WEIGHT + seen))) * t_quantile_90(_SPREAD_WEIGHT + seen)
    return _bounded(mean), _bounded(mean - spread), _bounded(mean + spread)


def _expected(span: _Known, mean: float, spread: float) -> tuple[float, float]:
    if span.low == span.high:
        return span.low, 0.0
    return mean_and_variance_between(span.low, span.high, mean, spread)


def _bounded(log_hours: float) -> float:
    return min(max(math.exp(min(log_hours, 20.0)), _SHORTEST), _LONGEST)
