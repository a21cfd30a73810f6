"""Where a candidate would fit as a cut of the photo, by the sketch alone: laid over it in every size, at every place.

Belongs here: proposing placements of soft photos whose few features grain, squeezing or writing has buried; light and
dark of 32 x 32 cells outlive that. A cut is thought to be upright or mirrored, unstretched, and at least two fifths of
the photo's width and height. What is proposed proves nothing: skies fit many skies. Not here: judging (`rules`).
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import kernel
from sitr.fingerprint.frames import CELLS
from sitr.fingerprint.pixels import Grey
from sitr.fingerprint.sketch import REACH, Steps

Matrix = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]

_SIZES = (15, 17, 19, 21, 23, 25, 28, 30, 32)
"""A cut's longer side in cells of the photo: each a ninth more, so that none is off by more than half a cell."""
_LEAST_GROUP, _LEAST_VOTES = 10, 60
_APART = 3
"""Two proposals differ by more than so many cells in place or size."""
_SMALL = 160
"""Cells are averaged from a candidate of so many pixels."""
_NONE = np.zeros((0, 2, CELLS // 2), dtype=np.uint64)
_NOWHERE = np.zeros((0, 5), dtype=np.int64)


@dataclass(frozen=True)
class Cuts:
    """A candidate as every cut: `shown` and `brighter` (n, 2, 16), bits of the photo's cells in sight, and of those
    that are brighter to the right (0) or below (1). `at` (n, 5): mirrored, left, top, columns and rows in cells.
    """

    shown: Words
    brighter: Words
    at: npt.NDArray[np.int64]


def lay(grey: Grey, stretch: float) -> Cuts:
    """All cuts that the candidate may be of a photo. `stretch`: the photo's width over its height."""
    scale = min(1.0, _SMALL / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    tall = grey.shape[0] / grey.shape[1] * stretch  # rows of cells for each column
    shown, brighter, at = [_NONE], [_NONE], [_NOWHERE]
    for longer in _SIZES:
        columns, rows = (longer, round(longer * tall)) if tall <= 1 else (round(longer / tall), longer)
        if min(columns, rows) <= 2 * REACH:
            continue
        cells = np.asarray(cv2.resize(small, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        seen = _everywhere(_seen(rows, columns), columns)
        for mirrored in (0, 1):
            shown.append(seen)
            brighter.append(_everywhere(_brighter(cells[:, ::-1] if mirrored else cells), columns))
            at.append(_at(mirrored, columns, rows))
    return Cuts(np.concatenate(shown), np.concatenate(brighter), np.concatenate(at))


def _seen(rows: int, columns: int) -> npt.NDArray[np.uint32]:
    """The steps (2, rows; a bit a column) that so many cells have: none leads out of them."""
    seen = np.zeros((2, rows), dtype=np.uint32)
    seen[0], seen[1, :-REACH] = (1 << (columns - REACH)) - 1, (1 << columns) - 1
    return seen


def _brighter(cells: Grey) -> npt.NDArray[np.uint32]:
    """Which of these steps lead to a brighter cell."""
    steps = np.zeros((2, *cells.shape), dtype=bool)
    steps[0, :, :-REACH] = cells[:, REACH:] > cells[:, :-REACH]
    steps[1, :-REACH] = cells[REACH:] > cells[:-REACH]
    return np.asarray((steps * _bits(cells.shape[1])).sum(axis=2, dtype=np.uint32))


def _bits(columns: int) -> npt.NDArray[np.uint32]:
    return np.uint32(1) << np.arange(columns, dtype=np.uint32)


def _everywhere(steps: npt.NDArray[np.uint32], columns: int) -> Words:
    """The steps at every place inside the photo's cells, from left to right, then downwards."""
    rows = steps.shape[1]
    beside = steps[None] << np.arange(CELLS - columns + 1, dtype=np.uint32)[:, None, None]
    out = np.zeros((CELLS - rows + 1, len(beside), 2, CELLS), dtype=np.uint32)
    for top in range(len(out)):
        out[top, :, :, top : top + rows] = beside
    return out.reshape(-1, 2, CELLS).view(np.uint64)


def _at(mirrored: int, columns: int, rows: int) -> npt.NDArray[np.int64]:
    across = CELLS - columns + 1
    tops, lefts = np.divmod(np.arange((CELLS - rows + 1) * across), across)
    same = np.tile([mirrored, columns, rows], (len(tops), 1))
    return np.column_stack([same[:, 0], lefts, tops, same[:, 1:]])


def fitting(steps: Steps, cuts: Cuts, shape: tuple[int, int], least: float, most: int) -> list[Matrix]:
    """The cuts that agree with at least so many (0 to 1) of the sketch's votes, best first, each for other places.

    As matrices (2 x 3): the photo's unit square to pixel centres of a candidate of `shape` (rows, columns).
    """
    up, down = (_words(steps == sign) for sign in (1, -1))
    count = kernel.slide if kernel.at_work() else counted
    seen, right = np.moveaxis(count(cuts.shown, cuts.brighter, up, down).reshape(-1, 2, 4), 1, 0)
    enough = seen >= _LEAST_GROUP
    fair = (enough * right / np.maximum(seen, 1)).sum(axis=1) / np.maximum(enough.sum(axis=1), 1)
    fair[seen.sum(axis=1) < _LEAST_VOTES] = 0
    chosen: list[int] = []
    while len(chosen) < most and len(fair) and fair.max() >= least:
        chosen.append(int(fair.argmax()))
        fair[_near(cuts.at, cuts.at[chosen[-1]])] = 0
    return [_matrix(cuts.at[each], shape) for each in chosen]


def _words(steps: npt.NDArray[np.bool_]) -> Words:
    return np.asarray((steps * _bits(CELLS)).sum(axis=2, dtype=np.uint32).view(np.uint64))


def counted(shown: Words, brighter: Words, up: Words, down: Words) -> npt.NDArray[np.int64]:
    """The votes by numpy; `kernel.slide` counts the same."""
    seen = np.stack([shown & up, shown & down], axis=1)
    right = np.stack([shown & up & brighter, shown & down & ~brighter], axis=1)
    return np.asarray(np.bitwise_count(np.stack([seen, right], axis=1)).sum(axis=4, dtype=np.int64))


def _near(at: npt.NDArray[np.int64], one: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which cuts show about the same as this one."""
    return np.asarray((at[:, 0] == one[0]) & (np.abs(at[:, 1:] - one[1:]).max(axis=1) <= _APART))


def _matrix(at: npt.NDArray[np.int64], shape: tuple[int, int]) -> Matrix:
    mirrored, left, top, columns, rows = at.tolist()
    across, down = shape[1] / columns, shape[0] / rows
    matrix = np.array([[CELLS * across, 0, -left * across - 0.5], [0, CELLS * down, -top * down - 0.5]])
    if mirrored:
        matrix[0] = -matrix[0]
        matrix[0, 2] += shape[1] - 1
    return matrix
