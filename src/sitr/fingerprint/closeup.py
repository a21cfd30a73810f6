"""A closer look at one proposed place: is each of the photo's features really there, and exactly there?

Belongs here: bringing the place to the photo's own size and upright, looking for every stored feature around the spot
where it must be, nudging the placement until they fit, and counting. Finding places is `geometry`'s work, which has to
do with the few corners that both pictures happen to share; here the candidate's pixels are asked at the photo's own
spots, so that a feature is found although no corner was seen there.

What is left over when the best plane is taken out tells a copy from another shot of the same scene: in a copy every
feature lies where one flat map puts it; from another spot, near things have moved against far ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sitr.fingerprint import features as local
from sitr.fingerprint import geometry
from sitr.fingerprint.features import Features
from sitr.fingerprint.sketch import Ladder

Matrix = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]

_RESOLVED = 0.5
"""A feature can be tried when one of its level's pixels is at least this many pixels of the candidate."""
_MARGIN = 6.0
_REACH = (5, 4)
"""How far around its spot a feature is looked for, in pixels of its own level: first, and after the nudge."""
_ALIKE = 66
"""Bits that may differ: the best of a hundred spots of a stranger is seldom nearer."""
_SURE = 44
_EXACT = 1.6
"""In pixels of the feature's level: spots are looked for at whole pixels, in both pictures."""
_ASTRAY = 2.6


@dataclass(frozen=True)
class Closeup:
    """`matrix` (2 x 3; feature pixels of the photo to the candidate) after the nudge.

    `tried`: features that the candidate has room and sharpness for; `held`: those of them that are there; `astray`:
    those that are surely there, but beside the spot where the best perspective of all others puts them.
    """

    matrix: Matrix
    tried: int
    held: int
    astray: int
    bits: Floats
    miss: Floats


def look(photo: Features, shape: tuple[int, int], picture: Ladder, matrix: Matrix) -> Closeup:
    """Look closely at the placement `matrix` of the photo (`shape`: its rows and columns in feature pixels)."""
    chosen = _triable(photo, picture, matrix)
    found = photo.take(chosen)
    if len(found) < 3:
        return Closeup(matrix, len(found), 0, 0, np.zeros(0), np.zeros(0))
    at, bits = found.xy.astype(np.float64), np.full(len(found), 256.0)
    for reach in _REACH:
        at, bits = _sought(found, shape, picture, matrix, reach)
        matrix = _nudged(matrix, found, at, _alike(found, bits))
    miss = _misses(found, at, _alike(found, bits))
    # After the nudge spots are measured in the frame before it; the misses are about the best perspective in that frame.
    alike = _alike(found, bits)
    held = int((alike & (miss <= _EXACT)).sum())
    astray = int(((bits <= _SURE) & (miss > _ASTRAY)).sum())
    return Closeup(matrix, len(found), held, astray, bits, miss)


def _triable(photo: Features, picture: Ladder, matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Features whose middle lies inside the candidate and which are not finer than its pixels."""
    rows, columns = picture.shape
    zoom = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    there = photo.xy @ matrix[:, :2].T + matrix[:, 2]
    margin = _MARGIN * photo.size * zoom
    inside = (there[:, 0] > margin) & (there[:, 0] < columns - 1 - margin)
    inside &= (there[:, 1] > margin) & (there[:, 1] < rows - 1 - margin)
    return np.asarray(inside & (photo.size * zoom >= _RESOLVED))


def _alike(found: Features, bits: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray(bits <= np.minimum(_ALIKE, 0.7 * found.telling()))


def _sought(
    found: Features, shape: tuple[int, int], picture: Ladder, matrix: Matrix, reach: int
) -> tuple[Floats, Floats]:
    """Where (n, 2; in feature pixels of the photo) each feature is found best, and how many bits differ there (n,)."""
    levels = local.pyramid(picture.patch(matrix, (shape[0], shape[1])))
    at, bits = found.xy.astype(np.float64), np.full(len(found), 256.0)
    steps = np.arange(-reach, reach + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    for level, size in levels:
        here = np.flatnonzero(np.abs(np.log(found.size / size)) < 0.1)
        if not len(here):
            continue
        spot = (found.xy[here].astype(np.float64) + 0.5) / size - 0.5
        column, row = np.rint(spot).astype(np.int64).T
        rows, columns = (row[:, None] + down).ravel(), (column[:, None] + right).ravel()
        angle = np.repeat(found.angle[here], len(down))
        described = local.describe(level, rows, columns, angle).reshape(len(here), len(down), -1)
        apart = np.bitwise_count(described ^ found.bits[here][:, None]).sum(axis=2)
        best, fine = _finest(apart.reshape(len(here), len(steps), len(steps)))
        bits[here] = best
        at[here] = (np.stack([column, row], axis=1) + fine - reach + 0.5) * size - 0.5
    return at, bits


def _finest(apart: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The least of each (n, k, k) table, and where (n, 2; column, row), between the whole steps by a parabola."""
    side = apart.shape[1]
    flat = apart.reshape(len(apart), -1).argmin(axis=1)
    row, column = flat // side, flat % side
    each = np.arange(len(apart))
    least = apart[each, row, column].astype(np.float64)

    def between(before: Floats, after: Floats) -> Floats:
        bend = before + after - 2 * least
        return np.where(bend > 0, np.clip((before - after) / np.maximum(2 * bend, 1e-9), -0.5, 0.5), 0.0)

    low, high = np.maximum(row - 1, 0), np.minimum(row + 1, side - 1)
    left, right = np.maximum(column - 1, 0), np.minimum(column + 1, side - 1)
    y = row + between(apart[each, low, column].astype(np.float64), apart[each, high, column].astype(np.float64))
    x = column + between(apart[each, row, left].astype(np.float64), apart[each, row, right].astype(np.float64))
    return least, np.stack([x, y], axis=1)


def _nudged(matrix: Matrix, found: Features, at: Floats, alike: npt.NDArray[np.bool_]) -> Matrix:
    """The placement after the map that best takes the features from where they were put to where they were found."""
    if alike.sum() < 3:
        return matrix
    fit = geometry.fitted(found.xy[alike].astype(np.float64), at[alike])
    if fit is None or not geometry.sane(fit):
        return matrix
    return np.asarray(matrix @ np.vstack([fit, [0, 0, 1]]))


def _misses(found: Features, at: Floats, alike: npt.NDArray[np.bool_]) -> Floats:
    """How far (n,) each was found from where the best perspective of those alike puts it, in pixels of its level."""
    start = found.xy.astype(np.float64)
    if alike.sum() < 3:
        return np.full(len(found), np.inf)
    put = geometry.flat_map(start[alike], at[alike], found.size[alike].astype(np.float64))(start)
    return np.asarray(np.linalg.norm(at - put, axis=1) / found.size)
