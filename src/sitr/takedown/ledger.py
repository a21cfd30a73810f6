"""The outcome ledger: what became of a notice, rounded so far that it may stand beside other people's.

Here belong one outcome, its coarse spans of hours, and what must hold before a batch of outcomes may leave its cases.
Not here: reading outcomes out of a case (`cases.outcomes`), chances and hours (`estimate`), files (`ledger_file`).
Why it is so, and what it does not protect: docs/decisions/0012-outcome-ledger.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from sitr.errors import AnswerIsNo, BadInput

# Hours; each step doubles. Two months is the longest that is told apart: what takes longer took "long".
EDGES = (0, 6, 12, 24, 48, 96, 192, 384, 768, 1536)
CASES = 10  # a batch comes from at least so many cases
ALIKE = 3  # every row of a batch has at least so many twins, itself counted: nothing in it stands out
KEY_BYTES = 16
_ID = re.compile(r"[a-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, order=True)
class Span:
    """Some time between `low` and `high` hours, both of `EDGES`; `high` is None where there is no upper end.

    Raises BadInput `takedown.ledger_span` for anything else.
    """

    low: int
    high: int | None

    def __post_init__(self) -> None:
        fits = type(self.low) is int and self.low in EDGES
        if not fits or not (self.high is None or (type(self.high) is int and self.high in EDGES)):
            raise BadInput("takedown.ledger_span")
        if self.high is not None and self.high <= self.low:
            raise BadInput("takedown.ledger_span")

    @classmethod
    def around(cls, earliest: float, latest: float | None) -> "Span":
        """The narrowest span that holds both: what is rounded never claims more than was seen. Hours, not negative."""
        low = max(edge for edge in EDGES if edge <= max(earliest, 0))
        above = [edge for edge in EDGES if latest is not None and edge >= latest and edge > low]
        return cls(low, min(above) if above else None)

    def union(self, other: "Span") -> "Span":
        """The narrowest span that holds both."""
        ends = (self.high, other.high)
        return Span(min(self.low, other.low), None if None in ends else max(e for e in ends if e is not None))

    @property
    def width(self) -> tuple[int, float]:
        """To sort by: where it begins, then where it ends."""
        return self.low, float("inf") if self.high is None else self.high


class Result(StrEnum):
    """What became of a notice. `OPEN`: it still stood when last seen, and the time of the recipient was not over."""

    REMOVED = "removed"
    REFUSED = "refused"
    NO_ANSWER = "no_answer"
    OPEN = "open"


@dataclass(frozen=True)
class Outcome:
    """What became of one notice through one door.

    `answer`: hours to the first answer, None where none came or it is not told. `removal`: where it was removed, the
    hours until then (between the last visit that saw it and the first that did not); else the hours for which it was
    seen to stand, with no upper end. `came_back` is None where it is not told; False for what was never removed.
    Raises BadInput `takedown.ledger_row` for what cannot be.
    """

    service: str
    channel: str | None
    basis: str
    answer: Span | None
    removal: Span
    result: Result
    came_back: bool | None = False

    def __post_init__(self) -> None:
        names = (self.service, self.basis, *(() if self.channel is None else (self.channel,)))
        if not all(isinstance(name, str) and _ID.fullmatch(name) for name in names):
            raise BadInput("takedown.ledger_row")
        if self.result is not Result.REMOVED and (self.removal.high is not None or self.came_back is not False):
            raise BadInput("takedown.ledger_row")

    @property
    def door(self) -> "Door":
        """Through which door it went."""
        return self.service, self.channel, self.basis

    @property
    def settled(self) -> bool:
        """Whether little more is to be learned: an outcome enters the ledger only once, so it waits until then."""
        return self.result is not Result.OPEN or self.removal.low >= 768


Door = tuple[str, str | None, str]
"""Service, channel, basis."""


@dataclass(frozen=True)
class LedgerRow:
    """One outcome in the ledger. `key` is 32 hexadecimal digits of chance: it says nothing, and counts a row once."""

    key: str
    outcome: Outcome


@dataclass(frozen=True)
class Batch:
    """What may enter now. `rows` stand in the order of their random keys; `entered` names the doors by case, `waiting`
    is how many outcomes stay sealed for a later batch.
    """

    rows: tuple[LedgerRow, ...]
    entered: Mapping[str, tuple[Door, ...]]
    waiting: int


def make_batch(cases: Mapping[str, Sequence[Outcome]], random_bytes: Callable[[int], bytes]) -> Batch:
    """One batch of the settled outcomes of `cases`, at most one for each case and door (the first that is given).

    A door enters whole or waits whole: letting only its common results in would make it look surer than it is.
    Raises AnswerIsNo `takedown.batch_small` when what may enter comes from fewer than `CASES` cases; nothing leaves.
    """
    ready = _first_of_each_door(cases)
    rows: list[Outcome] = []
    entered: dict[str, list[Door]] = {}
    for door in sorted({o.door for _, o in ready}, key=repr):
        group = [(case, outcome) for case, outcome in ready if outcome.door == door]
        alike = make_alike([outcome for _, outcome in group])
        rows += alike
        for case, _ in group if alike else ():
            entered.setdefault(case, []).append(door)
    if len(entered) < CASES:
        raise AnswerIsNo("takedown.batch_small", cases=len(entered), least=CASES)
    keyed = sorted((LedgerRow(random_bytes(KEY_BYTES).hex(), row) for row in rows), key=lambda row: row.key)
    return Batch(tuple(keyed), {case: tuple(doors) for case, doors in entered.items()}, len(ready) - len(rows))


def _first_of_each_door(cases: Mapping[str, Sequence[Outcome]]) -> list[tuple[str, Outcome]]:
    ready: dict[tuple[str, Door], Outcome] = {}
    for case, outcomes in cases.items():
        for outcome in outcomes:
            if outcome.settled:
                ready.setdefault((case, outcome.door), outcome)
    return [(case, outcome) for (case, _), outcome in ready.items()]


def make_alike(group: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of one door, rounded further until each has `ALIKE` twins; empty when the door has to wait.

    Results are never changed. Whether it came back is left untold where too few agree; spans of neighbours in time are
    joined; an answer's span is joined, or left untold where some have none.
    """
    classes = [[o for o in group if o.result is result] for result in Result]
    if any(0 < len(one) < ALIKE for one in classes):
        return []
    return [row for one in classes for part in _by_return(one) for row in _joined(part)]


def _by_return(rows: list[Outcome]) -> Iterable[list[Outcome]]:
    parts = [[o for o in rows if o.came_back is said] for said in (True, False, None)]
    parts = [part for part in parts if part]
    if all(len(part) >= ALIKE for part in parts):
        return parts
    return [[replace(o, came_back=None) for o in rows]]


def _joined(rows: list[Outcome]) -> Iterable[Outcome]:
    """Neighbours in time under one span: at least `ALIKE` each, and those with the same span stay together."""
    runs = [list(run) for _, run in groupby(sorted(rows, key=_place), key=lambda o: o.removal)]
    heaps: list[list[Outcome]] = []
    for run in runs:
        if heaps and len(heaps[-1]) < ALIKE:
            heaps[-1] += run
        else:
            heaps.append(run)
    if len(heaps) > 1 and len(heaps[-1]) < ALIKE:
        last = heaps.pop()
        heaps[-1] += last
    for heap in heaps:
        removal, answer = _one_span([o.removal for o in heap]), _one_span([o.answer for o in heap])
        yield from (replace(o, removal=removal or o.removal, answer=answer) for o in heap)


def _place(outcome: Outcome) -> tuple[int, float, tuple[int, float]]:
    return (*outcome.removal.width, outcome.answer.width if outcome.answer else (-1, -1.0))


def _one_span(spans: Sequence[Span | None]) -> Span | None:
    told = [span for span in spans if span is not None]
    if len(told) < len(spans) or not told:
        return None
    joined = told[0]
    for span in told[1:]:
        joined = joined.union(span)
    return joined
