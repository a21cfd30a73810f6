"""Where a candidate would fit as a cut of the photo, by the sketch alone: laid over it in every size, at every place.

Belongs here: proposing placements of soft photos whose few features grain, squeezing or writing has buried; light and
dark of 32 x 32 cells outlive that. A cut is thought to be upright or mirrored, unstretched, and at least two fifths of
the photo's width and height. What is proposed proves nothing: skies fit many skies. Not here: judging (`rules`).
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import kernel
from sitr.fingerprint.frames import CELLS
from sitr.fingerprint.pixels import Grey
from sitr.fingerprint.sketch import REACH, Steps

Matrix = npt.NDArray[np.float64]
Rows = npt.NDArray[np.uint32]

_SIZES = (15, 17, 19, 21, 23, 25, 28, 30, 32)
"""A cut's longer side in cells of the photo: each a ninth more, so that none is off by more than half a cell."""
_LEAST_GROUP, _LEAST_VOTES = 10, 60
_APART = 3
"""Two proposals differ by more than so many cells in place or size."""
_SMALL = 160
"""Cells are averaged from a candidate of so many pixels."""


@dataclass(frozen=True)
class Cuts:
    """A candidate in the sizes and both ways round that a cut may have: `brighter` (n, 2, 32), of the steps to the
    right (0) and below (1) in each row, a bit a column, those that lead to a brighter cell; `sizes` (n, 2): columns and
    rows in cells of the photo; `mirrored` (n,).
    """

    brighter: Rows
    sizes: npt.NDArray[np.int64]
    mirrored: npt.NDArray[np.int64]

    @cached_property
    def at(self) -> npt.NDArray[np.int64]:
        """Each at every place inside the photo (m, 5), downwards: mirrored, left, top, columns and rows."""
        each = zip(self.mirrored.tolist(), self.sizes.tolist(), strict=True)
        return np.concatenate([np.zeros((0, 5), dtype=np.int64), *(places(way, *size) for way, size in each)])


def cells(grey: Grey, stretch: float) -> list[tuple[Grey, int]]:
    """The candidate in every size that a cut may have, a pixel a cell of the photo, upright (0) and mirrored (1).

    `stretch`: the photo's width over its height.
    """
    scale = min(1.0, _SMALL / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    tall = grey.shape[0] / grey.shape[1] * stretch  # rows of cells for each column
    out = []
    for longer in _SIZES:
        columns, rows = (longer, round(longer * tall)) if tall <= 1 else (round(longer / tall), longer)
        if min(columns, rows) > 2 * REACH:
            each = np.asarray(cv2.resize(small, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
            out += [(each, 0), (each[:, ::-1], 1)]
    return out


def lay(grey: Grey, stretch: float) -> Cuts:
    """All cuts that the candidate may be of a photo. `stretch`: the photo's width over its height."""
    each = cells(grey, stretch)
    brighter = np.array([_brighter(cut) for cut, _ in each], dtype=np.uint32).reshape(-1, 2, CELLS)
    sizes = np.array([cut.shape[::-1] for cut, _ in each], dtype=np.int64).reshape(-1, 2)
    return Cuts(brighter, sizes, np.array([mirrored for _, mirrored in each], dtype=np.int64))


def _brighter(cells: Grey) -> Rows:
    """Which steps lead to a brighter cell, a row of bits for each row of cells; none leads out of them."""
    steps = np.zeros((2, CELLS, CELLS), dtype=bool)
    rows, columns = cells.shape
    steps[0, :rows, : columns - REACH] = cells[:, REACH:] > cells[:, :-REACH]
    steps[1, : rows - REACH, :columns] = cells[REACH:] > cells[:-REACH]
    return _rows(steps)


def _rows(steps: npt.NDArray[np.bool_]) -> Rows:
    return np.packbits(steps, axis=2, bitorder="little").view("<u4")[:, :, 0].astype(np.uint32)


def places(mirrored: int, columns: int, rows: int) -> npt.NDArray[np.int64]:
    """A cut of this size at every place inside the photo's cells (n, 5): mirrored, left, top, columns and rows."""
    tops, lefts = np.divmod(np.arange((CELLS - rows + 1) * (CELLS - columns + 1)), CELLS - columns + 1)
    same = np.tile([mirrored, columns, rows], (len(tops), 1))
    return np.column_stack([same[:, 0], lefts, tops, same[:, 1:]])


def fitting(steps: Steps, cuts: Cuts, shape: tuple[int, int], least: float, most: int) -> list[Matrix]:
    """The cuts that agree with at least so many (0 to 1) of the sketch's votes, best first, each for other places.

    Brighter and darker steps count alike, as in the sketch's own votes. As matrices (2 x 3): the photo's unit square to
    pixel centres of a candidate of `shape` (rows, columns).
    """
    votes, bounds = (_rows(steps > 0), _rows(steps < 0)), (REACH, _LEAST_GROUP, _LEAST_VOTES)
    fair = (kernel.slide if kernel.at_work() else slid)(cuts.brighter, cuts.sizes, votes, bounds)
    chosen: list[int] = []
    while len(chosen) < most and len(fair) and fair.max() >= least:
        chosen.append(int(fair.argmax()))
        fair[near(cuts.at, cuts.at[chosen[-1]])] = 0
    return [matrix(cuts.at[each], shape) for each in chosen]


def slid(
    brighter: Rows, sizes: npt.NDArray[np.int64], votes: tuple[Rows, Rows], bounds: tuple[int, int, int]
) -> npt.NDArray[np.float64]:
    """How well each fits at each place, by numpy; `kernel.slide` finds the same."""
    reach, group, least = bounds
    out = [np.zeros(0)]
    for mine, (columns, rows) in zip(brighter, sizes.tolist(), strict=True):
        seen = np.zeros((2, rows), dtype=np.uint32)
        seen[0], seen[1, :-reach] = (1 << (columns - reach)) - 1, (1 << columns) - 1
        shown, there = (_everywhere(each, columns, rows) for each in (seen, mine[:, :rows]))
        kinds = [(votes[0], there), (votes[1], ~there)]
        told = np.stack([_count(shown & vote) for vote, _ in kinds], axis=1).reshape(-1, 4)
        right = np.stack([_count(shown & vote & way) for vote, way in kinds], axis=1).reshape(-1, 4)
        enough = told >= group
        fair = (enough * right / np.maximum(told, 1)).sum(axis=1) / np.maximum(enough.sum(axis=1), 1)
        out.append(np.where(told.sum(axis=1) >= least, fair, 0.0))
    return np.concatenate(out)


def _everywhere(steps: Rows, columns: int, rows: int) -> Rows:
    """The steps at every place inside the photo's cells (n, 2, 32), from left to right, then downwards."""
    beside = steps[None] << np.arange(CELLS - columns + 1, dtype=np.uint32)[:, None, None]
    out = np.zeros((CELLS - rows + 1, len(beside), 2, CELLS), dtype=np.uint32)
    for top in range(len(out)):
        out[top, :, :, top : top + rows] = beside
    return out.reshape(-1, 2, CELLS)


def _count(rows: Rows) -> npt.NDArray[np.int64]:
    return np.asarray(np.bitwise_count(rows).sum(axis=2, dtype=np.int64))


def near(at: npt.NDArray[np.int64], one: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which cuts show about the same as this one."""
    return np.asarray((at[:, 0] == one[0]) & (np.abs(at[:, 1:] - one[1:]).max(axis=1) <= _APART))


def matrix(at: npt.NDArray[np.int64], shape: tuple[int, int]) -> Matrix:
    """The placement `at` (5,) in a candidate of `shape` (rows, columns) pixels."""
    mirrored, left, top, columns, rows = at.tolist()
    across, down = shape[1] / columns, shape[0] / rows
    out = np.array([[CELLS * across, 0, -left * across - 0.5], [0, CELLS * down, -top * down - 0.5]])
    if mirrored:
        out[0] = -out[0]
        out[0, 2] += shape[1] - 1
    return out
