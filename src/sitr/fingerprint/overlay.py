"""Where a candidate would fit as a cut of the photo, by its shades: laid over their 8 x 8 squares in every size.

Belongs here: proposing placements of photos whose features and steps writing, squeezing and soft light have buried; how
bright a block is, in the mean of some thousand pixels, outlives that nearly unchanged. A cut is thought to be upright
or mirrored and unstretched, as in `sliding`, whose places it tries. What is proposed proves nothing: a sky is as bright
as the next. Not here: taking writing off before (`writing`), judging (`rules`).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import sliding
from sitr.fingerprint.frames import CELLS
from sitr.fingerprint.pixels import Grey
from sitr.fingerprint.shades import GAINS, LOST, SIDE, Shades

Matrix = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

_MIDDLE = 128
"""Brightness is counted from here, which keeps sums of squares small enough for short floats."""
_BLOCK = CELLS // SIDE
"""Cells of the sketch along a block of the shades."""
_LEAST_BLOCKS, _LEAST_SPREAD = 9, 2.0
"""Fewer blocks, or blocks that differ by less (of 255), would fit anywhere."""
_USUAL = 25
"""Whole blocks in sight of a cut by a third."""
_EXACT = 1e-4


@dataclass(frozen=True)
class Tones:
    """A candidate laid at every place: `at` (m, 5) as in `sliding.Cuts`; of the photo's 64 blocks, which are `seen`
    there (m, 64; 1 or 0; burnt-out and black ones are not) and how much brighter than 128 (m, 64; 0 where not seen).
    """

    at: npt.NDArray[np.int64]
    seen: Floats
    bright: Floats

    @cached_property
    def own(self) -> tuple[Floats, Floats, Floats]:
        """Of each place (m,): how many blocks are seen, how bright they are on average, and by how much they vary."""
        count = np.maximum(self.seen.sum(axis=1), 1)
        mean = self.bright.sum(axis=1) / count
        return count, mean, np.maximum((self.bright**2).sum(axis=1) / count - mean**2, 1e-9)


def lay(cells: list[tuple[Grey, int]]) -> Tones:
    """The candidate at every place. `cells`: it in every size and both ways round (1: mirrored), a pixel a cell."""
    at: list[npt.NDArray[np.int64]] = [np.zeros((0, 5), np.int64)]
    seen: list[Floats] = [np.zeros((0, SIDE**2), np.float32)]
    bright: list[Floats] = [np.zeros((0, SIDE**2), np.float32)]
    for each, mirrored in cells:
        rows, columns = each.shape
        if min(rows, columns) < 2 * _BLOCK:
            continue
        first, inside = _blocks(columns, rows)
        means = np.asarray(cv2.boxFilter(each.astype(np.float32), -1, (_BLOCK, _BLOCK), anchor=(0, 0)))
        there = means.ravel()[first]
        counted = inside & (there > LOST[0]) & (there < LOST[1])
        at.append(sliding.places(mirrored, columns, rows))
        seen.append(counted.astype(np.float32))
        bright.append(counted * (there - np.float32(_MIDDLE)))
    return Tones(np.concatenate(at), np.concatenate(seen), np.concatenate(bright))


@lru_cache(maxsize=256)
def _blocks(columns: int, rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """For a cut of this size, at each of its places, for each of the photo's blocks: the cell of the cut at which the
    block begins, counted row by row, and whether all of it is inside (both m, 64).
    """
    _, lefts, tops, _, _ = sliding.places(0, columns, rows).T
    blocks = _BLOCK * np.arange(SIDE)
    down, across = blocks[None, :, None] - tops[:, None, None], blocks[None, None, :] - lefts[:, None, None]
    inside = (down >= 0) & (down <= rows - _BLOCK) & (across >= 0) & (across <= columns - _BLOCK)
    return np.where(inside, down * columns + across, 0).reshape(-1, SIDE**2), inside.reshape(-1, SIDE**2)


def fitting(
    shades: Shades, tones: Tones, shape: tuple[int, int], least: float, most: int
) -> list[tuple[Matrix, float]]:
    """The places at which the candidate is as bright as the photo, best first, each for others near it.

    As matrices (2 x 3): the photo's unit square to pixel centres of a candidate of `shape` (rows, columns); each with
    what `likeness` says, `least` at least.
    """
    fair = likeness(shades, tones)
    chosen: list[tuple[Matrix, float]] = []
    while len(chosen) < most and len(fair) and fair.max() >= least:
        best = int(fair.argmax())
        chosen.append((sliding.matrix(tones.at[best], shape), float(fair[best])))
        fair[sliding.near(tones.at, tones.at[best])] = -np.inf
    return chosen


def likeness(shades: Shades, tones: Tones) -> Floats:
    """How well light and dark fit at each place (m,): minus the logarithm of what a line of light leaves unexplained of
    the candidate's blocks, more for more blocks; below 0 where too few are seen or differ, or the line is no light's.
    """
    mine = shades.ravel().astype(np.float32) - np.float32(_MIDDLE)
    count, there, its = tones.own
    mean, square = (tones.seen @ np.column_stack([mine, mine**2])).T / count
    both = tones.bright @ mine / count - mean * there
    spread = np.maximum(square - mean**2, 1e-9)
    gain = both / spread
    told = (count >= _LEAST_BLOCKS) & (spread >= _LEAST_SPREAD**2) & (gain >= GAINS[0]) & (gain <= GAINS[1])
    left = np.maximum(1 - both**2 / (spread * its), 0)
    return np.asarray(np.where(told, -np.log(left + _EXACT) * np.sqrt(count / _USUAL), -1.0))
