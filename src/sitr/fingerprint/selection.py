"""Which few features of a photo are worth keeping: those that are found again after what leaks do to photos.

Belongs here: trying edits on the photo once, when its fingerprint is made, and choosing. A hundred features that were
seen to survive are worth more than five hundred strong ones, and take a fifth of the room.
"""

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint.features import Features, extract
from sitr.fingerprint.frames import CELLS, Frame
from sitr.fingerprint.pixels import Grey

_TRIED = 1200
_NEAR = 2.5
_SLACK = 1e-3  # of a pixel: no pair is lost to rounding
_ALIKE = 56
_GRID = 6
_QUARTER, _AROUND = 13, 8
"""Of the features, so many for each quarter of the photo, if it has them; and how far each looks, in its pixels."""
_STEADY, _TELLING = 2, 24
"""What is taken for a quarter's sake is found again after so many edits at least, and so far from a plain slope."""


def choose(grey: Grey, count: int, frame: Frame) -> Features:
    """The `count` steadiest features of the photo, spread over it.

    None is taken from the frame, nor from where a framed photo meets it: both may be anybody's.
    """
    found = extract(grey, _TRIED)
    found = found.take(_in_photo(found, grey.shape, frame))
    if not len(found):
        return found
    steadiness = sum((_found_again(found, edited, size) for edited, size in _edits(grey)), np.zeros(len(found)))
    return found.take(_spread(found, steadiness, grey.shape, count))


def _edits(grey: Grey) -> list[tuple[Grey, float]]:
    """The photo as it might come back, each with its size relative to the original; same position otherwise."""
    return [
        (_scaled(grey, 0.45), 0.45),
        (_scaled(grey, 0.7), 0.7),
        (_scaled(grey, 1.45), 1.45),
        (_scaled(grey, 1.1), 1.1),
        (_squeezed(np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.5), dtype=np.uint8), 25), 1.0),
        (np.clip(grey.astype(np.float32) * 0.6 + 20, 0, 255).astype(np.uint8), 1.0),
        (_squeezed(_scaled(grey, 0.8), 35), 0.8),
    ]


def _scaled(grey: Grey, factor: float) -> Grey:
    mode = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, None, fx=factor, fy=factor, interpolation=mode), dtype=np.uint8)


def _squeezed(grey: Grey, quality: int) -> Grey:
    _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _found_again(found: Features, edited: Grey, size: float) -> npt.NDArray[np.float64]:
    """1 for each feature that the edited photo shows at the same place, of about the same size, looking alike."""
    again = extract(edited, _TRIED)
    if not len(again):
        return np.zeros(len(found))
    place, reach = (again.xy + 0.5) / size - 0.5, _NEAR * found.size
    mine, other = _within_columns(found.xy[:, 0], place[:, 0], reach)
    near = ((found.xy[mine] - place[other]) ** 2).sum(axis=1) <= reach[mine] ** 2
    ratio = (again.size / size)[other] / found.size[mine]
    kept = near & (ratio > 0.7) & (ratio < 1.43)
    mine, other = mine[kept], other[kept]
    apart = np.bitwise_count(found.bits[mine] ^ again.bits[other]).sum(axis=1)
    seen = np.zeros(len(found))
    seen[mine[apart <= _ALIKE]] = 1
    return seen


def _within_columns(
    x: npt.NDArray[np.floating], other: npt.NDArray[np.floating], reach: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Index pairs of all that lie at most `reach` apart sideways: a thirtieth of all pairs, for a closer look."""
    order = np.argsort(other, kind="stable")
    first = np.searchsorted(other[order], x - reach - _SLACK, "left")
    counts = np.searchsorted(other[order], x + reach + _SLACK, "right") - first
    mine = np.repeat(np.arange(len(x)), counts)
    within = np.arange(len(mine)) - np.repeat(np.cumsum(counts) - counts, counts)
    return mine, order[first[mine] + within]


def _in_photo(found: Features, shape: tuple[int, ...], frame: Frame) -> npt.NDArray[np.bool_]:
    per_pixel = CELLS / np.array([shape[1], shape[0]], dtype=np.float64)
    at = (found.xy + 0.5) * per_pixel
    cell = at.astype(np.intp).clip(0, CELLS - 1)
    # A feature looks about eight of its pixels around itself; what it sees of the frame would be part of it.
    margin = 0.5 + 8 * found.size * per_pixel.max()
    return np.asarray(~frame.cells[cell[:, 1], cell[:, 0]] & ~frame.near_edge(at, margin))


def _spread(
    found: Features, steadiness: npt.NDArray[np.float64], shape: tuple[int, ...], count: int
) -> npt.NDArray[np.intp]:
    """Greedy: the steadiest first, each lowering the worth of its neighbours, so that every part is covered.

    First each quarter of the photo, those of its corners and the middle one, has its share: whoever is cut to it finds
    them there, and soft quarters would get none from the busy ones.
    """
    side = max(shape) / _GRID
    cell = (found.xy[:, 1] / side).astype(np.intp) * 64 + (found.xy[:, 0] / side).astype(np.intp)
    # Larger ones survive shrinking; those that look like a plain slope prove nothing.
    worth = steadiness + 0.5 * np.log(found.size) + np.minimum(found.telling, 90) / 20
    chosen: list[int] = []

    def take(among: npt.NDArray[np.bool_]) -> None:
        best = int(np.argmax(np.where(among, worth, -np.inf)))
        chosen.append(best)
        worth[cell == cell[best]] -= 0.8
        close = ((found.xy - found.xy[best]) ** 2).sum(axis=1) < (3 * found.size[best]) ** 2
        worth[close] -= 1.0
        worth[best] = -np.inf

    steady = (steadiness >= _STEADY) & (found.telling >= _TELLING)
    quarters = [inside & steady for inside in _quarters(found, shape)]
    for turn in range(min(_QUARTER, count // len(quarters))):
        for inside in quarters:
            left = inside & np.isfinite(worth)
            if inside[chosen].sum() <= turn and left.any():
                take(left)
    everywhere = np.ones(len(found), dtype=bool)
    while len(chosen) < min(count, len(found)):
        take(everywhere)
    return np.array(chosen, dtype=np.intp)


def _quarters(found: Features, shape: tuple[int, ...]) -> list[npt.NDArray[np.bool_]]:
    """Which features lie, with all they look at, inside each quarter of the photo: of its corners, and the middle."""
    margin = (_AROUND * found.size)[:, None]
    sides = np.array([shape[1], shape[0]], dtype=np.float64)
    starts = np.array([[0, 0], [0.5, 0], [0, 0.5], [0.5, 0.5], [0.25, 0.25]])
    return [
        ((found.xy >= start * sides + margin) & (found.xy <= (start + 0.5) * sides - margin)).all(axis=1)
        for start in starts
    ]
