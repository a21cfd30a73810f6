"""Local features: many small places of a picture, each with where, how large, which way, and 256 bits of how it looks.

Belongs here: finding the places, describing them, and their mirror image. Not here: which of them are worth keeping
(`selection`), what two pictures' features say about each other (`geometry`).

A place is a corner (Shi and Tomasi, 1994) in one of the levels of an image pyramid; its direction is the gradient of a
much smoother picture (as in MOPS: Brown, Szeliski, Winder 2005); its bits compare smoothed brightness at pairs of
points around it, turned into that direction (BRIEF: Calonder et al. 2010). The pattern of pairs is symmetric about the
direction, so the features of the mirrored picture follow by reordering bits, without a second look at the pixels.
The pattern is part of the stored format: docs/fingerprint-format.md gives its recipe.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import kernel
from sitr.fingerprint.pixels import Grey

Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint8]

STEP = 1.25
"""Each level of the pyramid is this much smaller than the one before."""
GRID = 15
"""The described patch is sampled at GRID x GRID points, SPACING level pixels apart."""
SPACING = 2.5
_MARGIN = 9
_LEAST_SIDE = 40
_TWIN, _ELSEWHERE = 40, 0.05
"""Two features of one picture look the same within so many bits, and lie elsewhere from this share of its side on."""
_LEAST_RESPONSE = 2e-5
"""Of the smaller eigenvalue, for brightness 0 to 1: just above the noise of a good JPEG."""


@dataclass(frozen=True)
class Features:
    """Arrays of one length n: `xy` (n, 2) columns and rows in pixels; `size` (n,) pixels per level pixel; `angle` (n,)
    radians, x to the right and y down; `bits` (n, 32) bytes.
    """

    xy: Floats
    size: Floats
    angle: Floats
    bits: Bits

    def __len__(self) -> int:
        return len(self.xy)

    def take(self, chosen: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Features":
        """Only the chosen ones, in that order."""
        return Features(self.xy[chosen], self.size[chosen], self.angle[chosen], self.bits[chosen])

    def mirrored(self, width: float) -> "Features":
        """The features of the same picture seen in a mirror, `width` pixels wide."""
        xy = self.xy.copy()
        xy[:, 0] = width - 1 - xy[:, 0]
        half = self.bits.shape[1] // 2
        swapped = np.concatenate([self.bits[:, half:], self.bits[:, :half]], axis=1)
        return Features(xy, self.size, np.float32(np.pi) - self.angle, swapped)

    @cached_property
    def telling(self) -> npt.NDArray[np.int64]:
        """Bits (n,) between each and a plain slope from dark to light: near 0 it looks like anything soft."""
        return np.asarray(np.bitwise_count(self.bits ^ _slope()).sum(axis=1), dtype=np.int64)

    @cached_property
    def repeated(self) -> float:
        """The share (0 to 1) of which another, elsewhere in the picture, looks the same: tiles, bricks, keys, icons."""
        if len(self) < 2:
            return 0.0
        apart = np.bitwise_count(self.bits[:, None] ^ self.bits[None]).sum(axis=2).astype(np.int64)
        far = np.linalg.norm(self.xy[:, None] - self.xy[None], axis=2) >= _ELSEWHERE * max(1.0, float(self.xy.max()))
        return float((np.where(far, apart, 256).min(axis=1) <= _TWIN).mean())


def extract(grey: Grey, count: int) -> Features:
    """Up to `count` features spread over the picture and its pyramid; fewer in a plain picture, none in a flat one."""
    levels = pyramid(grey)
    shares = _shares(levels, count)
    found = [_level_features(level, size, share) for (level, size), share in zip(levels, shares, strict=True)]
    return Features(
        np.concatenate([f.xy for f in found]),
        np.concatenate([f.size for f in found]),
        np.concatenate([f.angle for f in found]),
        np.concatenate([f.bits for f in found]),
    )


def pyramid(grey: Grey) -> list[tuple[Grey, float]]:
    """The picture at its own size and each STEP smaller, with how many of its pixels make one of the level's."""
    levels: list[tuple[Grey, float]] = [(grey, 1.0)]
    while len(levels) < 9:
        size = STEP ** len(levels)
        rows, columns = round(grey.shape[0] / size), round(grey.shape[1] / size)
        if min(rows, columns) < _LEAST_SIDE:
            break
        smaller = cv2.resize(levels[-1][0], (columns, rows), interpolation=cv2.INTER_LINEAR)
        levels.append((np.asarray(smaller, dtype=np.uint8), size))
    return levels


def _shares(levels: list[tuple[Grey, float]], count: int) -> list[int]:
    """More for the finer levels, in proportion to their side: by area the coarse ones would get none."""
    weights = np.array([1 / size for _, size in levels])
    return [max(4, int(share)) for share in count * weights / weights.sum()]


def _level_features(level: Grey, size: float, share: int) -> Features:
    rows, columns = _corners(level, share)
    angle = _directions(level, rows, columns)
    bits = describe(level, rows, columns, angle)
    # The centre of level pixel (0, 0) is half a large pixel in from the corner of the picture.
    xy = (np.stack([columns, rows], axis=1).astype(np.float32) + 0.5) * size - 0.5
    return Features(xy.astype(np.float32), np.full(len(rows), size, np.float32), angle, bits)


def _corners(level: Grey, share: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The strongest corners, taken in turns from the cells of a grid, so that no busy part wins all."""
    found = kernel.corners(level, _MARGIN, _LEAST_RESPONSE) if kernel.at_work() else peaks(level)
    rows, columns, strength = found
    side = max(8.0, float(np.sqrt(level.size / max(1, share / 4))))
    cell = (rows / side).astype(np.intp) * 4096 + (columns / side).astype(np.intp)
    order = np.lexsort((-strength, cell))
    turn = _turns(cell[order])
    best = order[np.lexsort((-strength[order], turn))[:share]]
    return rows[best], columns[best]


def peaks(level: Grey) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    """Rows, columns and strength of corners, by OpenCV; `kernel.corners` finds the same but for the last digits."""
    response = cv2.cornerMinEigenVal(level, 3)
    peaks = (response >= cv2.dilate(response, np.ones((7, 7), np.uint8))) & (response > _LEAST_RESPONSE)
    peaks[:_MARGIN], peaks[-_MARGIN:], peaks[:, :_MARGIN], peaks[:, -_MARGIN:] = False, False, False, False
    rows, columns = np.nonzero(peaks)
    return rows, columns, np.asarray(response[rows, columns], dtype=np.float32)


def _turns(sorted_cells: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """For cells in order, the place of each entry within its own cell: 0, 1, 2, 0, 1, ..."""
    if not len(sorted_cells):
        return sorted_cells
    starts = np.flatnonzero(np.r_[True, np.diff(sorted_cells) != 0])
    lengths = np.diff(np.r_[starts, len(sorted_cells)])
    return np.arange(len(sorted_cells)) - np.repeat(starts, lengths)


def _directions(level: Grey, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Floats:
    """The gradient of the picture smoothed over about a third of the patch, in radians, x to the right and y down."""
    if not len(rows):  # a level too small to have any may be too small to have slopes
        return np.zeros(0, dtype=np.float32)
    size = (max(1, level.shape[1] // 2), max(1, level.shape[0] // 2))
    half = np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    rows, columns = np.minimum(rows // 2, size[1] - 1), np.minimum(columns // 2, size[0] - 1)
    dx, dy = kernel.gradients(half, _bell(), rows, columns) if kernel.at_work() else slopes(half, rows, columns)
    return np.arctan2(dy, dx).astype(np.float32)


def slopes(half: Grey, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """The slopes at places of a blurred picture, by OpenCV; `kernel.gradients` finds the same but for last digits."""
    smooth = cv2.GaussianBlur(half.astype(np.float32), (0, 0), 2.25)
    dx, dy = (cv2.Sobel(smooth, cv2.CV_32F, *way)[rows, columns] for way in ((1, 0), (0, 1)))
    return np.asarray(dx, dtype=np.float32), np.asarray(dy, dtype=np.float32)


@cache
def _bell() -> Floats:
    """The weights of that blur: as many as OpenCV takes for float pictures, four deviations each way."""
    return np.asarray(cv2.getGaussianKernel(19, 2.25, cv2.CV_32F), dtype=np.float32).ravel()


def describe(
    level: Grey, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], angle: Floats
) -> npt.NDArray[np.uint8]:
    """256 bits a place: is the first point of a pair darker than the second."""
    smooth = np.asarray(cv2.GaussianBlur(level, (0, 0), 1.8), dtype=np.uint8)
    turn = np.cos(angle), np.sin(angle)
    if kernel.at_work():
        return kernel.describe(smooth, (rows, columns), turn, _lattice(), pattern())
    return sampled(smooth, rows, columns, *turn)


def sampled(
    smooth: Grey, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], cosine: Floats, sine: Floats
) -> Bits:
    """The bits of places in a blurred level, by numpy; `kernel.describe` gives the same, bit for bit."""
    values = _values(smooth, rows, columns, cosine, sine)
    first, second = pattern()
    return np.packbits(values[:, first] < values[:, second], axis=1)


def _values(
    smooth: Grey, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], cosine: Floats, sine: Floats
) -> Grey:
    """The blurred level at the points (n, 225) around each place, turned into its direction."""
    along, across = _lattice()
    cos, sin = cosine[:, None], sine[:, None]
    x = np.rint(columns[:, None] + cos * along - sin * across).astype(np.intp)
    y = np.rint(rows[:, None] + sin * along + cos * across).astype(np.intp)
    # Clamped to the picture: a patch that hangs over the edge repeats it, the same in both orders of mirroring.
    return np.asarray(smooth[np.clip(y, 0, smooth.shape[0] - 1), np.clip(x, 0, smooth.shape[1] - 1)])


def points(
    level: Grey, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp], angle: Floats
) -> npt.NDArray[np.uint8]:
    """Behind the bits of `describe`: the brightness (n, 225) that the pairs of `pattern` compare."""
    smooth = np.asarray(cv2.GaussianBlur(level, (0, 0), 1.8), dtype=np.uint8)
    return _values(smooth, rows, columns, np.cos(angle), np.sin(angle))


@cache
def _lattice() -> tuple[Floats, Floats]:
    """Offsets of the sampled points along and across the direction, in level pixels, across varying slowest."""
    steps = (np.arange(GRID) - GRID // 2) * np.float32(SPACING)
    along, across = np.meshgrid(steps, steps)
    return along.ravel().astype(np.float32), across.ravel().astype(np.float32)


@cache
def _slope() -> Bits:
    first, second = pattern()
    along, _ = _lattice()
    return np.packbits(along[first] < along[second])


@cache
def pattern() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The 256 pairs as indices into the lattice: 128 drawn ones, then their reflections across the direction.

    Drawn by the multiplicative generator of Park and Miller (x -> 16807 x mod 2^31 - 1, from 20261122), so that any
    program can make the same: a coordinate is the sum of two draws of 0 to 7, less 7; points lie within a disc, the two
    of a pair at least two steps apart.
    """
    draws = _park_miller(20261122)
    half = GRID // 2
    pairs: list[tuple[int, int, int, int]] = []
    while len(pairs) < 128:
        a, b, c, d = (sum(next(draws) % 8 for _ in range(2)) - 7 for _ in range(4))
        near = (a - c) ** 2 + (b - d) ** 2 < 4
        outside = max(a * a + b * b, c * c + d * d) > half * half
        on_axis = (b, d) == (0, 0) or (a == c and b == -d)  # its reflection would be itself, or its own opposite
        known = any(pair in pairs for pair in ((a, b, c, d), (a, -b, c, -d)))
        if not (near or outside or on_axis or known):
            pairs.append((a, b, c, d))
    both = pairs + [(a, -b, c, -d) for a, b, c, d in pairs]
    first = [(b + half) * GRID + a + half for a, b, _, _ in both]
    second = [(d + half) * GRID + c + half for _, _, c, d in both]
    return np.array(first, dtype=np.intp), np.array(second, dtype=np.intp)


def _park_miller(state: int) -> Iterator[int]:
    while True:
        state = state * 16807 % 2147483647
        yield state >> 8
