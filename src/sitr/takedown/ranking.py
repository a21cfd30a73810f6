"""The order of doors, with what became of notices through each: studies, the shared ledger, one's own outcomes.

Pure. `knowledge.routes` says which doors there are, by hard rules, and what each costs; here they are put in order and
each rank is explained. One number in hours orders them: the cost (who learns the name, what is visible, what is not
verified; weights in `knowledge.doors`) plus the hours until a removal over its chance.
Not here: where outcomes come from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields

from sitr.knowledge import Route
from sitr.knowledge.schema.base import Words
from sitr.knowledge.schema.studies import Study
from sitr.takedown.estimate import Estimate, Prior, estimate
from sitr.takedown.ledger import Door, Outcome, Result
from sitr.words import LANGS, Lang, say

_DAYS_FROM = 72  # hours; from here on days read better


@dataclass(frozen=True)
class RankedRoute(Route):
    """A door at its rank. `why` holds what became of earlier notices, too; `hours` is the median of the estimate."""

    estimate: Estimate = field(kw_only=True)


def rank(
    doors: Sequence[Route], own: Mapping[Door, Sequence[Outcome]], pooled: Mapping[Door, Sequence[Outcome]]
) -> list[RankedRoute]:
    """`doors` in the order in which to try them: `own` outcomes and those of the ledger, by door."""
    judged = []
    for route in doors:
        door = (route.service, route.channel, route.basis)
        mine, theirs = own.get(door, ()), pooled.get(door, ())
        judged.append((route, mine, theirs, estimate(mine, Prior(route.hours, route.studies), theirs)))
    judged.sort(key=lambda one: (one[0].penalty + one[3].waiting, *_name(one[0])))
    return [_ranked(number, *one) for number, one in enumerate(judged, start=1)]


def _name(route: Route) -> tuple[str, ...]:
    return route.service, route.channel or "", route.basis, route.signer


def _ranked(
    number: int, route: Route, own: Sequence[Outcome], pooled: Sequence[Outcome], found: Estimate
) -> RankedRoute:
    said = {one.name: getattr(route, one.name) for one in fields(Route)}
    evidence = [*_from_studies(route.studies), *_from_rows("own", own), *_from_rows("pooled", pooled)]
    # What the door is for comes first, then what became of such notices, then conditions and costs.
    why = (*route.why[:1], *evidence, *route.why[1:])
    said |= {"rank": number, "why": why, "hours": round(found.hours_median, 1)}
    return RankedRoute(**said, estimate=found)


def _from_studies(studies: Sequence[Study]) -> Iterator[Words]:
    for study in studies:
        yield _said(*_timed("study", study.hours), removed=study.removed, of=study.of, year=study.year)


def _from_rows(whose: str, rows: Sequence[Outcome]) -> Iterator[Words]:
    removed = [row for row in rows if row.result is Result.REMOVED]
    if not rows:
        return
    if not removed:
        yield _said(f"{whose}_none", None, of=len(rows))
        return
    ends = [row.removal.high for row in removed]
    last = None if None in ends else max(end for end in ends if end is not None)
    yield _said(*_timed(whose, last), removed=len(removed), of=len(rows))
    returned = sum(row.came_back is True for row in removed)
    if returned:
        yield _said("returned", None, returned=returned)


def _timed(whose: str, hours: int | None) -> tuple[str, int | None]:
    """The name of the sentence for that many hours, and its number."""
    if hours is None:
        return f"{whose}_ever", None
    return (f"{whose}_days", round(hours / 24)) if _in_days(hours) else (f"{whose}_hours", hours)


def _in_days(hours: float) -> bool:
    return hours >= _DAYS_FROM or (hours >= 24 and hours % 24 == 0)


def _said(name: str, n: int | None, **blanks: object) -> Words:
    more = blanks if n is None else {**blanks, "n": n}
    return Words(**{lang: say(f"takedown.{name}", lang, **more) for lang in LANGS})


def describe(route: RankedRoute, lang: Lang) -> list[str]:
    """What to expect of a door, in whole sentences: the time, the chance where anything is known, and from what."""
    found = route.estimate
    lines = [_usual(found, lang)]
    if not found.known:
        reckoned = "counted_law" if route.lawful else "counted_prior"
        return [*lines, say("takedown.chance_unknown", lang), say(f"takedown.{reckoned}", lang)]
    low, middle, high = (_of_hundred(c) for c in (found.chance_low, found.chance, found.chance_high))
    lines.append(say("takedown.chance", lang, chance=middle, low=low, high=high))
    counts = {"own": found.n_own, "pooled": found.n_pooled, "study": found.n_study}
    return [*lines, say("takedown.counted", lang, **counts), say("takedown.not_a_promise", lang)]


def _of_hundred(chance: float) -> int:
    """Of a hundred; never 0 and never 100, because neither is ever known."""
    return min(max(round(chance * 100), 1), 99)


def _usual(found: Estimate, lang: Lang) -> str:
    days = found.hours_median >= _DAYS_FROM
    unit, by = ("days", 24.0) if days else ("hours", 1.0)
    low, middle, high = (max(1, round(hours / by)) for hours in (found.hours_low, found.hours_median, found.hours_high))
    usual = say(f"takedown.usual_{unit}", lang, n=middle)
    if low == high:
        return usual + "."
    return f"{usual} ({say(f'takedown.range_{unit}', lang, low=low, n=high)})."
