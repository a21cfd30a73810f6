"""Two lists of text blocks aligned: which blocks went and which came between those that stayed. Bounded in time.

The usual alignment takes quadratic time and more, and a page can be written so that it takes minutes. So blocks that
stand once on both sides are fixed first, in their longest common order (the "patience" way), and only small rests are
aligned exactly; a large rest without such blocks is told by what one side has more often than the other.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

H = TypeVar("H", bound=Hashable)

_SMALL = 120

Run = tuple[list[str], list[str]]
"""Blocks that went, and those that came in their place."""


def changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Run]:
    """Every place where the lists differ, in order."""
    waiting: list[tuple[list[str], list[str]]] = [(list(before), list(after))]
    while waiting:
        gone, come = _trimmed(*waiting.pop())
        if not gone or not come:
            if gone or come:
                yield gone, come
            continue
        anchors = _anchors(gone, come)
        if anchors:
            waiting += reversed(list(_between(gone, come, anchors)))
        elif max(len(gone), len(come)) <= _SMALL:
            yield from _exactly(gone, come)
        else:
            yield surplus(gone, come), surplus(come, gone)


def _trimmed(one: list[str], other: list[str]) -> Run:
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start : len(one) - end], other[start : len(other) - end]


def _anchors(one: list[str], other: list[str]) -> list[tuple[int, int]]:
    """Places of blocks that stand once on each side, in the longest order that both sides share."""
    counts, others = Counter(one), Counter(other)
    place = {block: at for at, block in enumerate(other) if others[block] == 1}
    pairs = [(at, place[block]) for at, block in enumerate(one) if counts[block] == 1 and block in place]
    # The longest rising run of second places, by the piles of patience sorting.
    tops: list[int] = []
    last: list[int] = []
    back: list[int] = []
    for number, (_, at) in enumerate(pairs):
        pile = bisect_left(tops, at)
        back.append(last[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(at)
            last.append(number)
        else:
            tops[pile], last[pile] = at, number
    found: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(pairs[at])
        at = back[at]
    return found[::-1]


def _between(one: list[str], other: list[str], anchors: list[tuple[int, int]]) -> Iterator[Run]:
    a = b = 0
    for first, second in [*anchors, (len(one), len(other))]:
        yield one[a:first], other[b:second]
        a, b = first + 1, second + 1


def _exactly(one: list[str], other: list[str]) -> Iterator[Run]:
    for what, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what != "equal":
            yield one[a:b], other[c:d]


def surplus(these: Sequence[H], those: Sequence[H]) -> list[H]:
    """What stands among these more often than among those, in order."""
    left = Counter(those)
    found = []
    for one in these:
        if left[one]:
            left[one] -= 1
        else:
            found.append(one)
    return found
