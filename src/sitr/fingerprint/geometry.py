"""Where, in another picture, the places of a photo lie: the geometric proof.

Belongs here: matching features, finding the one placement that most matches agree on, and refining it. Each feature
knows its size and direction, so a single match already proposes a whole placement; every proposal is tried (no dice, so
the same input gives the same answer), and all matches vote. Not here: whether the pixels agree (`sketch`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import kernel
from sitr.fingerprint.features import Features

Matrix = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float64]

_NEIGHBOURS = 3
_ALIKE = 84
_ALIKE_GUIDED = 92
_SLOPE_SHARE = 0.85
_LEAST_VOTES = 3
_LARGEST = 8.0
_SMALLEST = 0.08
_LARGEST_STRETCH = 1.8


@dataclass(frozen=True)
class Placement:
    """`matrix` (2 x 3) takes a point of the photo (in feature pixels) to the candidate.

    `inliers`: places that agree; `spread`: over how many of the 8 x 8 parts of the photo they lie.
    """

    matrix: Matrix
    inliers: int
    spread: int


def place(photo: Features, side: float, candidate: Features, most: int = 3) -> list[Placement]:
    """The best placements of the photo in the candidate, best first; empty when no three places agree.

    `side`: the photo's longer side in feature pixels, the measure for how near is near.
    """
    if len(photo) < _LEAST_VOTES or len(candidate) < _LEAST_VOTES:
        return []
    mine, other = _matches(photo, candidate)
    if len(mine) < _LEAST_VOTES:
        return []
    found = []
    for members in _proposals(photo, candidate, mine, other, side=side, most=most):
        found += _refined(photo, candidate, mine[members], other[members], side)
    return sorted(found, key=lambda p: -p.inliers)


def _matches(photo: Features, candidate: Features) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Pairs (photo feature, candidate feature) that look alike: up to three of the nearest for each of the photo's."""
    most = _limits(photo, _ALIKE)
    if kernel.at_work():
        return kernel.near(photo.bits, candidate.bits, most, _NEIGHBOURS)
    return nearest(photo.bits, candidate.bits, most)


def nearest(
    mine: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8], most: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The three nearest of `other` for each of `mine` within `most` bits, by OpenCV; `kernel.near` gives the same."""
    near = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(mine, other, k=min(_NEIGHBOURS, len(other)))
    pairs = [(m.queryIdx, m.trainIdx) for each in near for m in each if m.distance <= most[m.queryIdx]]
    both = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _limits(photo: Features, most: int) -> npt.NDArray[np.float64]:
    """How many bits a match may differ (n,): nearer to each other than to a plain slope, which any soft picture has."""
    return np.asarray(np.minimum(most, _SLOPE_SHARE * photo.telling), dtype=np.float64)


def _proposals(
    photo: Features,
    candidate: Features,
    mine: npt.NDArray[np.intp],
    other: npt.NDArray[np.intp],
    *,
    side: float,
    most: int,
) -> list[npt.NDArray[np.bool_]]:
    """For the placements with most votes, which matches voted for them."""
    start, end = photo.xy[mine].astype(np.float64), candidate.xy[other].astype(np.float64)
    size = (candidate.size[other] / photo.size[mine]).astype(np.float64)
    turn = (candidate.angle[other] - photo.angle[mine]).astype(np.float64)
    if kernel.at_work():
        masks = kernel.proposals((start, end), size, turn, mine, side, most, _LEAST_VOTES)
        return [np.asarray(mask, dtype=np.bool_) for mask in masks]
    return voted(start, end, size, turn, mine, side=side, most=most)


def voted(
    start: Matrix,
    end: Matrix,
    size: Weights,
    turn: Weights,
    mine: npt.NDArray[np.intp],
    *,
    side: float,
    most: int,
) -> list[npt.NDArray[np.bool_]]:
    """The votes by numpy; `kernel.proposals` counts the same."""
    a, b = size * np.cos(turn), size * np.sin(turn)
    along = start[None] - start[:, None]
    x = end[:, None, 0] + a[:, None] * along[..., 0] - b[:, None] * along[..., 1]
    y = end[:, None, 1] + b[:, None] * along[..., 0] + a[:, None] * along[..., 1]
    # One feature's size and direction are rough, so what lies far from it may miss by more.
    far = np.hypot(along[..., 0], along[..., 1])
    slack = size[:, None] * (0.02 * side + 0.12 * far)
    close = (x - end[None, :, 0]) ** 2 + (y - end[None, :, 1]) ** 2 < slack**2
    alike = np.abs(np.log(size[None, :] / size[:, None])) < 0.42
    turned = np.cos(turn[None, :] - turn[:, None]) > 0.85
    votes = close & alike & turned
    firsts = np.flatnonzero(np.r_[True, np.diff(mine) != 0])
    counts = np.maximum.reduceat(votes, firsts, axis=1).sum(axis=1)
    chosen: list[npt.NDArray[np.bool_]] = []
    for best in np.argsort(-counts, kind="stable"):
        if counts[best] < _LEAST_VOTES or len(chosen) == most:
            break
        if not any((votes[best] & taken).sum() > 0.5 * votes[best].sum() for taken in chosen):
            chosen.append(votes[best])
    return chosen


def _refined(
    photo: Features, candidate: Features, mine: npt.NDArray[np.intp], other: npt.NDArray[np.intp], side: float
) -> list[Placement]:
    """Fit, look again for matches near where the fit puts them, fit again with less slack.

    Up to two placements: turn, size and shift only, as crops and screenshots make them; and with stretch and shear.
    """
    return settle(photo, side, candidate, _fit(*_ends(photo, candidate, mine, other), _similarity))


def settle(photo: Features, side: float, candidate: Features, matrix: Matrix | None) -> list[Placement]:
    """The placements near `matrix` that matches agree on; empty where fewer than three do."""
    for slack in (0.05, 0.03, 0.02):
        if matrix is None or not sane(matrix):
            return []
        mine, other = _guided(photo, candidate, matrix, slack * side)
        if len(mine) < _LEAST_VOTES:
            return []
        matrix = _fit(*_ends(photo, candidate, mine, other), _affine if len(mine) >= 6 else _similarity)
    ends = _ends(photo, candidate, mine, other)
    fits = [_fit(*ends, _similarity), matrix] if len(mine) >= 6 else [matrix]
    return [_placement(photo, candidate, fit, side) for fit in fits if fit is not None and sane(fit)]


def _ends(
    photo: Features, candidate: Features, mine: npt.NDArray[np.intp], other: npt.NDArray[np.intp]
) -> tuple[Matrix, Matrix]:
    return photo.xy[mine].astype(np.float64), candidate.xy[other].astype(np.float64)


def _placement(photo: Features, candidate: Features, matrix: Matrix, side: float) -> Placement:
    mine, other = _guided(photo, candidate, matrix, 0.012 * side)
    cells = {(int(x), int(y)) for x, y in photo.xy[mine] / (side / 8)}
    return Placement(matrix, min(len(set(mine)), len(_distinct(candidate.xy[other]))), len(cells))


def _distinct(points: npt.NDArray[np.float32]) -> set[tuple[int, int]]:
    return {(int(x), int(y)) for x, y in points / 3}


def _fit(start: Matrix, end: Matrix, solve: Callable[[Matrix, Matrix, Weights], Matrix | None]) -> Matrix | None:
    """Least squares with the worst misses weighed down."""
    if kernel.at_work():
        return kernel.fit(start, end, stretch=solve is _affine)
    return weighed(start, end, solve)


def weighed(start: Matrix, end: Matrix, solve: Callable[[Matrix, Matrix, Weights], Matrix | None]) -> Matrix | None:
    """The fit by numpy; `kernel.fit` finds the same but for last digits."""
    weight = np.ones(len(start))
    matrix: Matrix | None = None
    for _ in range(4):
        matrix = solve(start, end, weight)
        if matrix is None:
            return None
        apart = start @ matrix[:, :2].T + matrix[:, 2] - end
        miss = np.hypot(apart[:, 0], apart[:, 1])
        usual = max(1.0, _middle(miss))
        weight = 1 / (1 + (miss / (2 * usual)) ** 2)
    return matrix


def fitted(start: Matrix, end: Matrix) -> Matrix | None:
    """The map (2 x 3) that best takes `start` to `end` (n, 2), odd ones weighed down; None when it cannot be told.

    With fewer than six points turn, size and shift only.
    """
    return _fit(start, end, _affine if len(start) >= 6 else _similarity)


def flat_map(start: Matrix, end: Matrix, size: Weights) -> Callable[[Matrix], Matrix]:
    """What a flat thing does from any side: the perspective that best takes `start` to `end`, odd ones weighed down.

    `size`: how rough each point is. With fewer than ten points an affine map: eight numbers would fit anything.
    """
    affine = fitted(start, end)
    if len(start) < 10 or affine is None:
        return lambda points: points if affine is None else points @ affine[:, :2].T + affine[:, 2]
    middle, spread = start.mean(axis=0), max(1.0, float(start.std()))
    weight = 1 / size
    solved = np.zeros(8)
    for _ in range(5):
        solved = _perspective((start - middle) / spread, (end - middle) / spread, weight)
        miss = np.linalg.norm(_through(solved, (start - middle) / spread) * spread + middle - end, axis=1) / size
        usual = max(0.3, float(np.median(miss)))
        weight = 1 / (size * (1 + (miss / (2 * usual)) ** 2))
    return lambda points: _through(solved, (points - middle) / spread) * spread + middle


def unbent(at: Matrix, off: Matrix, size: Weights) -> Matrix:
    """What is left of misses (n, 2) at points (n, 2) when an even bend is taken out: of the second order, as lenses,
    screens and sheets of paper bend. Odd ones weighed down; `size`: how rough each is.
    """
    middle, spread = at.mean(axis=0), max(1.0, float(at.std()))
    x, y = ((at - middle) / spread).T
    bend = np.column_stack([np.ones(len(at)), x, y, x * x, x * y, y * y])
    weight, left = 1 / size, off
    for _ in range(5):
        solved, *_ = np.linalg.lstsq(bend * weight[:, None], off * weight[:, None], rcond=None)
        left = off - bend @ solved
        miss = np.linalg.norm(left, axis=1) / size
        usual = max(0.15, float(np.median(miss)))
        weight = 1 / (size * (1 + (miss / (2 * usual)) ** 2))
    return np.asarray(left)


def _perspective(start: Matrix, end: Matrix, weight: Weights) -> Weights:
    one, none = np.ones(len(start)), np.zeros(len(start))
    (x, y), (u, v) = start.T, end.T
    across = np.column_stack([x, y, one, none, none, none, -u * x, -u * y]) * weight[:, None]
    down = np.column_stack([none, none, none, x, y, one, -v * x, -v * y]) * weight[:, None]
    wanted = np.concatenate([u * weight, v * weight])
    solved, *_ = np.linalg.lstsq(np.concatenate([across, down]), wanted, rcond=None)
    return np.asarray(solved, dtype=np.float64)


def _through(solved: Weights, points: Matrix) -> Matrix:
    matrix = np.append(solved, 1.0).reshape(3, 3)
    there = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(there[:, :2] / there[:, 2:])


def _middle(values: Weights) -> float:
    """The upper of the two middle values; numpy's median takes longer than all else in a fit of few points."""
    half = len(values) // 2
    return float(np.partition(values, half)[half])


def _affine(start: Matrix, end: Matrix, weight: Weights) -> Matrix | None:
    middle = np.average(start, axis=0, weights=weight)
    spread = start - middle
    # Points on one line leave the affine map open across it.
    if np.linalg.svd(spread * weight[:, None], compute_uv=False)[-1] < 1e-3 * max(1.0, np.abs(spread).max()):
        return _similarity(start, end, weight)
    left = np.column_stack([start, np.ones(len(start))]) * weight[:, None]
    solved, *_ = np.linalg.lstsq(left, end * weight[:, None], rcond=None)
    return np.asarray(solved.T, dtype=np.float64)


def _similarity(start: Matrix, end: Matrix, weight: Weights) -> Matrix | None:
    total = weight.sum()
    from_, to = weight @ start / total, weight @ end / total
    p, q = start - from_, end - to
    below = float(weight @ (p * p).sum(axis=1))
    if below < 1e-9:
        return None
    along = float(weight @ (p * q).sum(axis=1)) / below
    across = float(weight @ (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])) / below
    linear = np.array([[along, -across], [across, along]])
    return np.column_stack([linear, to - linear @ from_])


def sane(matrix: Matrix) -> bool:
    """Whether a placement is one that screenshots, crops and collages make: no flip, no great shear or stretch."""
    (a, b, _), (c, d, _) = matrix.tolist()
    # The singular values of a 2 x 2 matrix, outright: numpy takes a hundred times as long over so small a one.
    whole, part = math.hypot(a + d, b - c) / 2, math.hypot(a - d, b + c) / 2
    large, small = whole + part, abs(whole - part)
    return a * d > b * c and small > _SMALLEST and large < min(_LARGEST, _LARGEST_STRETCH * small)


def _guided(
    photo: Features, candidate: Features, matrix: Matrix, slack: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For each of the photo's features the candidate's most alike one within `slack` of where the placement puts it."""
    size = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    turn = float(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))
    there = photo.xy @ matrix[:, :2].T + matrix[:, 2]
    near, limits = slack * size + 1.0, _limits(photo, _ALIKE_GUIDED)
    if kernel.at_work():
        mine = photo.xy, photo.size, photo.angle, photo.bits
        its = candidate.xy, candidate.size, candidate.angle, candidate.bits
        return kernel.guided(np.ascontiguousarray(there), mine, its, near, size, turn, limits)
    return near_there(photo, candidate, there, near=near, size=size, turn=turn, limits=limits)


def near_there(
    photo: Features, candidate: Features, there: Matrix, *, near: float, size: float, turn: float, limits: Weights
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The guided matches by numpy; `kernel.guided` finds the same."""
    x, y = (there[:, None, axis] - candidate.xy[None, :, axis] for axis in (0, 1))
    mine, other = np.nonzero(x * x + y * y <= near**2)
    ratio = np.abs(np.log(candidate.size[other] / (photo.size[mine] * size)))
    turned = np.cos(candidate.angle[other] - photo.angle[mine] - turn) > 0.8
    mine, other = mine[turned & (ratio < 0.42)], other[turned & (ratio < 0.42)]
    bits = np.bitwise_count(photo.bits[mine] ^ candidate.bits[other]).sum(axis=1)
    order = np.lexsort((bits, mine))
    mine, other, bits = mine[order], other[order], bits[order]
    first = np.r_[True, np.diff(mine) != 0] if len(mine) else np.zeros(0, dtype=bool)
    kept = first & (bits <= limits[mine])
    return mine[kept], other[kept]
