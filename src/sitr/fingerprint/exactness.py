"""How exactly the places lie: does one plain placing put every one of them where it is?

Belongs here: measuring by how much the places that were found miss the turn, scale and stretch that takes the photo to
its copy, each by its own measure. Not here: finding them (`closeup`), what is enough (`rules`).

Whoever edits, crops or shows a photo puts it somewhere by such a placing, and every place of it lands where the placing
says. A camera that looks a second time never stands quite where it stood: lines run together, near things have moved
against far ones. That is a few tenths of a pixel, less than most places can tell; but a place tells by itself how much
it can, and which way: the more of its bits turn round a pixel further on, the finer it knows where it is, and along an
edge it does not know. So each miss is counted in what its place can tell, and in a copy half of all misses stay within
one such measure, whatever was done to it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SURE = 48
_LEAST_STEP, _MOST_STEP = 2.0, 18.0
"""Bits that turn round a pixel further on, the way it is least sure of: with fewer a place is not asked; more than the
most is luck."""
_MEASURE = (1.05, 0.045)
"""A place is known to within so many pixels of its level, over those bits: to begin with, and for each bit that differs
where it is most alike. In 4,339 copies of the tuning half (some 460,000 misses) the middle of the misses in this
measure is at 0.94, in 95 of 100 copies under 1.18."""
_ROUNDS = 10
_LEAST = 12
_MIDDLE, _OFF = 1.0, 4.0
_BEND, _ASKEW = 0.8, 4.5
"""Where the middle of the misses lies in copies, or below, and so much further, over the root of their number, are
places that are off; the bend's part in it, and from where on both together tell. Of those 4,339 copies 4 are so, of 90
bursts that passed all other rules 74.
"""


@dataclass(frozen=True)
class Exactness:
    """Of `places` that can tell: the middle of their misses, in what each can tell, from the best plain placing
    (`miss`); `bend`: how much better an even bend explains them, as the ratio F of variances (six more numbers).
    Neither is known where `places` is 0.
    """

    places: int = 0
    miss: float = 0.0
    bend: float = 0.0

    @property
    def off(self) -> bool:
        """Whether the places lie where no plain placing puts them."""
        return self._beyond > _OFF

    @property
    def askew(self) -> bool:
        """Whether misses and bend together say so: a slanting view, or one from a little way beside."""
        return self.places > 0 and self._beyond + _BEND * float(np.log(max(self.bend, 1.0))) > _ASKEW

    @property
    def _beyond(self) -> float:
        return (self.miss - _MIDDLE) * float(np.sqrt(self.places))


def measure(
    xy: Floats, at: Floats, size: Floats, table: npt.NDArray[np.int64], known: npt.NDArray[np.bool_]
) -> Exactness:
    """How exactly features at `xy` (n, 2; pixels of the photo) were found `at` (n, 2).

    `size` (n,): of a pixel of each one's level; `table` (n, k, k): bits that differ at the spots around; `known` (n,):
    those that look like the photo's and are not burnt out.
    """
    least, steps, ways = _steps(table)
    asked = known & (least <= _SURE) & (steps[:, 0] >= _LEAST_STEP)
    if asked.sum() < _LEAST:
        return Exactness()
    base, each = _MEASURE
    within = (base + each * least[asked]) * size[asked]
    sure = np.minimum(steps[asked], _MOST_STEP) / within[:, None]
    ruler = np.einsum("nij,nj,nkj->nik", ways[asked], sure, ways[asked])
    return _measured(xy[asked], at[asked] - xy[asked], ruler)


def _steps(table: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """The least of each table (n,); how many bits more differ a pixel further on (n, 2), the way that changes least
    first; and these two ways (n, 2, 2), at right angles, as columns (across, down).

    0 steps where the least is at the edge of the table: what lies beyond is not known.
    """
    side = table.shape[1]
    flat = table.reshape(len(table), -1).argmin(axis=1)
    row, column, each = flat // side, flat % side, np.arange(len(table))
    least = table[each, row, column].astype(np.float64)
    inside = (row > 0) & (row < side - 1) & (column > 0) & (column < side - 1)

    def square(down: int, across: int) -> Floats:
        """Of the step this way and back, in bits a pixel: its square."""
        there, back = (
            table[each, np.clip(row + s * down, 0, side - 1), np.clip(column + s * across, 0, side - 1)]
            for s in (1, -1)
        )
        return np.asarray((((there + back) / 2 - least) ** 2) / (down * down + across * across))

    x, y, slant, other = square(0, 1), square(1, 0), square(1, 1), square(1, -1)
    # The form whose values in these four ways come nearest to the squares.
    spare = (slant + other - x - y) / 4
    form = np.empty((len(table), 2, 2))
    form[:, 0, 0], form[:, 1, 1] = x + spare, y + spare
    form[:, 0, 1] = form[:, 1, 0] = (slant - other) / 2
    squares, ways = np.linalg.eigh(form)
    return least, np.where(inside[:, None], np.sqrt(np.maximum(squares, 0)), 0.0), ways


def _measured(xy: Floats, off: Floats, ruler: Floats) -> Exactness:
    x, y = ((xy - xy.mean(axis=0)) / max(1.0, float(xy.std()))).T
    bend = np.column_stack([np.ones(len(x)), x, y, x * x, x * y, y * y])
    plain = bend[:, :3]
    misses, _ = _fitted(plain, off, ruler)
    _, odd = _fitted(bend, off, ruler)
    # Both again, with what the bend thinks odd weighed down alike: else each would have its own outliers.
    more, less = (float(2 * ((odd * _missed(model, off, ruler, odd)) ** 2).sum()) for model in (plain, bend))
    freedom = max(1, 2 * len(x) - 12)
    ratio = (more - less) / 6 / max(less / freedom, 0.3)
    return Exactness(len(x), float(np.median(misses)), ratio)


def _fitted(model: Floats, off: Floats, ruler: Floats) -> tuple[Floats, Floats]:
    """How far (n,) each place misses the best fit of the model, in its own measure, and the weights (n,) of the last
    round: odd ones weighed down."""
    odd = np.ones(len(off))
    misses = np.zeros(len(off))
    for _ in range(_ROUNDS):
        misses = _missed(model, off, ruler, odd)
        odd = 1 / (1 + (misses / (2 * max(0.7, float(np.median(misses))))) ** 2)
    return misses, odd


def _missed(model: Floats, off: Floats, ruler: Floats, odd: Floats) -> Floats:
    """By how much (n,) the model (n, k) at its best misses `off` (n, 2), each by its own `ruler` (n, 2, 2)."""
    count, numbers = model.shape
    told = np.einsum("nij,nk->nijk", ruler, model).reshape(2 * count, 2 * numbers)
    wanted, weight = np.einsum("nij,nj->ni", ruler, off).reshape(-1), np.repeat(odd, 2)
    solved, *_ = np.linalg.lstsq(told * weight[:, None], wanted * weight, rcond=None)
    left = (wanted - told @ solved).reshape(count, 2)
    return np.asarray(np.sqrt((left**2).mean(axis=1)))
