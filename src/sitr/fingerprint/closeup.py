"""A closer look at one proposed place: is each of the photo's features really there, and exactly there?

Belongs here: bringing the place to the photo's own size and upright, looking for every stored feature around the spot
where it must be, nudging the placement until they fit, and counting. Finding places is `geometry`'s work, which has to
do with the few corners that both pictures happen to share; here the candidate's pixels are asked at the photo's own
spots, so that a feature is found although no corner was seen there.

What is left over when the best plane is taken out tells a copy from another shot of the same scene: in a copy every
feature lies where one flat map puts it; from another spot, near things have moved against far ones.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sitr.fingerprint import exactness, geometry
from sitr.fingerprint import features as local
from sitr.fingerprint.exactness import Exactness
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
_SURE = 48
_EXACT = 1.6
"""In pixels of the feature's level: spots are looked for at whole pixels, in both pictures."""
_LEAST = 3
_MOST_STRAIN = 60.0
_MOVED_STRAIN, _MOVED_MISS, _MOVED_LEAST = 8.5, 0.5, 24
"""Copies (edited, also photographed from a screen): strain under 6.6, one of a soft sky 8.3, half the misses under 0.3;
stereo pairs 13 to 18 and 1.1 to 2. Measured on the tuning half."""
_SHIFTED, _SHIFTED_STRAIN, _TOGETHER, _ALIKE_SHIFT = 5, 20.0, 0.2, 0.5
"""Places a pixel and more beside where the flat map puts them, much more alike there, with a neighbour (within 0.2 of
the photo's longer side) that went the same way: copies have 3 at most (a photographed screen), bursts of the tuning
photos whose nearest layer moved by 4 % of the picture 7 in the middle.
"""

_SHIFTED_DRIFT = 0.02
"""Of 45 bursts with so many all drift more; two photographed screens, bent by more than a perspective, do not."""
_DRIFTING, _DRIFT_ALIKE, _DRIFT_FAR, _DRIFT_LEAST = 0.1, 48, 4.0, 16
"""Neighbours are those within about a tenth of the photo's longer side; asked are features at most so many bits and
pixels of their level off, if there are enough of them."""
_DRIFTED, _DRIFT_ERRORS, _DRIFT_CLEAR = 0.06, 2.8, 0.008
"""From these on neighbours are off together, where half of the features are this clear: a watermark over faint ones
pushes them as well. Of 342 copies of the tuning half one is so (a soft sky at JPEG 10), of 29 bursts 21."""
_BURNT, _BURNT_SHARE = (6, 249), 0.02
"""Features around which so much is burnt out or black are not asked: brightening moves the edges of what it burns."""
_TELLING = 0.4
"""Of the places that are there, so many must know where they are: a soft photo's few are its layout's."""
_DRIFT_MOST = 1.5
"""A miss counts for no more than so many pixels, so that no single one decides."""


@dataclass(frozen=True)
class Closeup:
    """`matrix` (2 x 3; feature pixels of the photo to the candidate) after the nudge.

    `tried`: features that the candidate has room and sharpness for; `held`: those of them that are there.
    Of the `sure` ones: `strain`, by how many bits they look less alike where one flat map of all puts them than where
    each is found, on average; `miss`, how far these two are apart, in pixels of the feature's level, the median.
    `shifted`: those of them that lie beside the map together with a neighbour: something there has moved.
    `drift`: how far neighbours lie off the map the same way, when all that bends evenly is taken out (as a lens or a
    screen bends): the mean product of their misses, in pixels of the level squared; and how many standard errors that
    is from none. In a copy what is left has no direction.
    `against`: of all the light and dark around those alike, the share that is turned round: of the first quarter of
    them at most, and of half of them.
    `start`, `end` (held, 2): the places that are there, in feature pixels of the photo and in pixels of the candidate.
    `search`: the features and where each was found, for `exactness`, which is seldom asked.
    """

    matrix: Matrix
    tried: int
    held: int
    sure: int = 0
    strain: float = 0.0
    miss: float = 0.0
    shifted: int = 0
    drift: tuple[float, float] = (0.0, 0.0)
    against: tuple[float, float] = (1.0, 1.0)
    start: Floats = field(default_factory=lambda: np.zeros((0, 2)), repr=False, compare=False)
    end: Floats = field(default_factory=lambda: np.zeros((0, 2)), repr=False, compare=False)
    search: "tuple[Features, _Sought] | None" = field(default=None, repr=False, compare=False)

    @cached_property
    def exactness(self) -> Exactness:
        """How exactly the features lie where one plain placing puts them."""
        if self.search is None:
            return Exactness()
        found, sought = self.search
        return exactness.measure(
            found.xy.astype(np.float64),
            sought.at,
            found.size.astype(np.float64),
            sought.table,
            sought.alike(found) & ~sought.lost,
        )

    @property
    def off(self) -> bool:
        """Whether places lie where no turn, scale and stretch of the whole photo puts them."""
        return self._can_tell and self.exactness.off

    @property
    def askew(self) -> bool:
        """Whether they lie as another view puts them, by less than `off` sees. Not to be asked of soft photos, as
        `drifted`."""
        return self._can_tell and self.exactness.askew

    @property
    def _can_tell(self) -> bool:
        return self.exactness.places >= _TELLING * self.held

    @property
    def moved(self) -> bool:
        """Whether near things have moved against far ones, or a thing by itself: another shot of the scene."""
        if self.shifted >= _SHIFTED and self.drift[0] >= _SHIFTED_DRIFT:
            return True
        enough = self.sure >= max(_MOVED_LEAST, self.tried / 2)  # of few, those that grain has shifted could be many
        return enough and self.strain >= _MOVED_STRAIN and self.miss >= _MOVED_MISS

    @property
    def drifted(self) -> bool:
        """Whether neighbours lie off the map together, by less than `moved` sees: another shot from almost the spot.

        Not to be asked of soft photos: what JPEG and shrinking do to a sky goes one way too.
        """
        far, errors = self.drift
        return far >= _DRIFTED and errors >= _DRIFT_ERRORS and self.against[1] <= _DRIFT_CLEAR


def look(photo: Features, shape: tuple[int, int], picture: Ladder, matrix: Matrix) -> Closeup:
    """Look closely at the placement `matrix` of the photo (`shape`: its rows and columns in feature pixels)."""
    found = photo.take(_triable(photo, picture, matrix))
    if len(found) < _LEAST:
        return Closeup(matrix, len(found), 0)
    first, second = _REACH
    matrix = _nudged(matrix, found, _sought(found, shape, picture, matrix, first))
    return _counted(found, _sought(found, shape, picture, matrix, second), matrix)


def _counted(found: Features, sought: "_Sought", matrix: Matrix) -> Closeup:
    alike = sought.alike(found)
    put = _flat(found, sought.at, alike)
    miss = np.linalg.norm(sought.at - put, axis=1) / found.size
    held, sure = alike & (miss <= _EXACT), alike & (sought.bits <= _SURE)
    less_alike = np.minimum(sought.bits_at(put, found) - sought.bits, _MOST_STRAIN)
    return Closeup(
        _nudged(matrix, found, sought),
        len(found),
        int(held.sum()),
        int(sure.sum()),
        float(less_alike[sure].mean()) if sure.any() else 0.0,
        float(np.median(miss[sure])) if sure.any() else 0.0,
        _shifted(found, sought.at - put, sure & (miss >= 1) & (less_alike >= _SHIFTED_STRAIN)),
        _drift(found, sought.at - put, (sought.bits <= _DRIFT_ALIKE) & (miss < _DRIFT_FAR) & ~sought.lost),
        _quarter_and_half(sought.against[alike]),
        found.xy[held].astype(np.float64),
        sought.at[held] @ matrix[:, :2].T + matrix[:, 2],
        (found, sought),
    )


def _shifted(found: Features, off: Floats, beside: npt.NDArray[np.bool_]) -> int:
    """How many of those `beside` the map have a neighbour, also beside it, that went the same way."""
    at, way, side = found.xy[beside], off[beside], float(found.xy.max())
    apart = np.linalg.norm(at[:, None] - at[None], axis=2)
    other = np.linalg.norm(way[:, None] - way[None], axis=2)
    with_it = (apart < _TOGETHER * side) & (other < _ALIKE_SHIFT * np.linalg.norm(way, axis=1)[:, None])
    return int((with_it.sum(axis=1) > 1).sum())  # each is its own neighbour


def _quarter_and_half(values: Floats) -> tuple[float, float]:
    if not len(values):
        return 1.0, 1.0
    quarter, half = np.quantile(values, (0.25, 0.5))
    return float(quarter), float(half)


def _drift(found: Features, off: Floats, asked: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Whether neighbours are off the same way (see `Closeup.drift`); none where too few are asked.

    Moran's measure of likeness between neighbours, on misses in the plane. Its standard error is that of misses of
    these lengths without any direction of their own.
    """
    if asked.sum() < _DRIFT_LEAST:
        return 0.0, 0.0
    at, size = found.xy[asked].astype(np.float64), found.size[asked, None].astype(np.float64)
    left = geometry.unbent(at, off[asked], size[:, 0]) / size
    left = left * np.minimum(1, _DRIFT_MOST / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9))
    apart = np.linalg.norm(at[:, None] - at[None], axis=2) / float(found.xy.max())
    weight = np.exp(-((apart / _DRIFTING) ** 2))
    np.fill_diagonal(weight, 0)
    length = (left**2).sum(axis=1)
    total = max(float(weight.sum()), 1e-9)
    error = float(np.sqrt((weight**2 * np.outer(length, length)).sum()))
    together = float((weight * (left @ left.T)).sum())
    return together / total, together / max(error, 1e-9)


@dataclass(frozen=True)
class _Sought:
    """Where each feature was found (n, 2; feature pixels of the photo), how many bits differ there (n,), and the
    table of all: bits (n, k, k) at the spots around `middle` (n, 2; column and row in the feature's level).
    `against` (n,): of the light and dark around the spot, the share that is turned round; `lost` (n,): part of it is
    burnt out or black.
    """

    at: Floats
    bits: Floats
    table: npt.NDArray[np.int64]
    middle: Floats
    against: Floats
    lost: npt.NDArray[np.bool_]

    def alike(self, found: Features) -> npt.NDArray[np.bool_]:
        """Which of them look like the photo's, and more so than like any soft slope."""
        return np.asarray(self.bits <= np.minimum(_ALIKE, 0.7 * found.telling))

    def bits_at(self, points: Floats, found: Features) -> Floats:
        """Bits that differ at the spots nearest to `points` (n, 2; feature pixels), at the edge of what was tried."""
        reach = self.table.shape[1] // 2
        spot = np.rint((points + 0.5) / found.size[:, None] - 0.5 - self.middle).astype(np.intp)
        column, row = np.clip(spot, -reach, reach).T + reach
        return np.asarray(self.table[np.arange(len(points)), row, column], dtype=np.float64)


def _triable(photo: Features, picture: Ladder, matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Features whose middle lies inside the candidate and which are not finer than its pixels."""
    rows, columns = picture.shape
    zoom = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    there = photo.xy @ matrix[:, :2].T + matrix[:, 2]
    margin = _MARGIN * photo.size * zoom
    inside = (there[:, 0] > margin) & (there[:, 0] < columns - 1 - margin)
    inside &= (there[:, 1] > margin) & (there[:, 1] < rows - 1 - margin)
    return np.asarray(inside & (photo.size * zoom >= _RESOLVED))


def _sought(found: Features, shape: tuple[int, int], picture: Ladder, matrix: Matrix, reach: int) -> _Sought:
    """Each feature looked for up to `reach` pixels of its level around where `matrix` puts it."""
    levels = local.pyramid(picture.patch(matrix, shape))
    steps = np.arange(-reach, reach + 1)
    down, right = (grid.ravel() for grid in np.meshgrid(steps, steps, indexing="ij"))
    middle = np.rint((found.xy.astype(np.float64) + 0.5) / found.size[:, None] - 0.5)
    table = np.full((len(found), len(steps), len(steps)), 256, dtype=np.int64)
    against, lost = np.ones(len(found)), np.zeros(len(found), dtype=bool)
    for level, size in levels:
        here = np.flatnonzero(np.abs(np.log(found.size / size)) < 0.1)
        if len(here):
            column, row = middle[here].astype(np.int64).T
            rows, columns = (row[:, None] + down).ravel(), (column[:, None] + right).ravel()
            described = local.describe(level, rows, columns, np.repeat(found.angle[here], len(down)))
            apart = np.bitwise_count(described.reshape(len(here), len(down), -1) ^ found.bits[here][:, None])
            table[here] = apart.sum(axis=2).reshape(len(here), len(steps), len(steps))
            best = apart.sum(axis=2).reshape(len(here), -1).argmin(axis=1)
            spot = row + down[best], column + right[best]
            seen = local.points(level, *spot, found.angle[here])
            against[here], lost[here] = _against(seen, found.bits[here]), _lost(seen)
    bits, fine = _finest(table)
    return _Sought((middle + fine - reach + 0.5) * found.size[:, None] - 0.5, bits, table, middle, against, lost)


def _against(seen: npt.NDArray[np.uint8], bits: local.Bits) -> Floats:
    """Of all the light and dark around each spot (`seen`: n, 225), the share (0 to 1) that goes against the bits.

    What edits, grain and blur turn round are the faint steps; in another tile of the wall strong ones differ.
    """
    first, second = local.pattern()
    steps = seen[:, second].astype(np.float64) - seen[:, first]
    wrong = np.unpackbits(bits, axis=1).astype(bool) != (steps > 0)
    return np.asarray((np.abs(steps) * wrong).sum(axis=1) / np.maximum(np.abs(steps).sum(axis=1), 1))


def _lost(seen: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Whether something around each spot is burnt out or black: the edge of that lies where the light was cut off."""
    low, high = _BURNT
    return np.asarray(((seen <= low) | (seen >= high)).mean(axis=1) > _BURNT_SHARE)


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


def _nudged(matrix: Matrix, found: Features, sought: _Sought) -> Matrix:
    """The placement after the map that best takes the features from where they were put to where they were found."""
    alike = sought.alike(found)
    if alike.sum() < _LEAST:
        return matrix
    fit = geometry.fitted(found.xy[alike].astype(np.float64), sought.at[alike])
    if fit is None or not geometry.sane(fit):
        return matrix
    return np.asarray(matrix @ np.vstack([fit, [0, 0, 1]]))


def _flat(found: Features, at: Floats, alike: npt.NDArray[np.bool_]) -> Floats:
    """Where (n, 2) the best perspective of those alike puts each feature."""
    start = found.xy.astype(np.float64)
    if alike.sum() < _LEAST:
        return start
    return geometry.flat_map(start[alike], at[alike], found.size[alike].astype(np.float64))(start)
