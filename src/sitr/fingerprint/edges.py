"""The photo's own edges: does the picture show where the photo ends?

Belongs here: looking along the photo's four sides, where the places say that they must be. A photo that was taken
from a screen or a print lies aslant, as a second shot of its scene does; but around it is what is around a screen. A
second shot goes on where the photo ended, and nothing there runs along the photo's side.
"""

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import geometry
from sitr.fingerprint.pixels import Grey
from sitr.fingerprint.sketch import Ladder

Floats = npt.NDArray[np.float64]

_SIDE, _AROUND = 320, 22
"""The photo's longer side when its edges are looked for, and how much around it is looked at, in pixels."""
_CORNER = 8
_FAR, _TILT, _ON = 12, 6, 1.5
"""How far from where it must be an edge is looked for, by how much its ends may differ, and how near to it the
strongest step must be."""
_STRONG = 5.0
_LEAST_OUTSIDE, _LEAST_SEEN = 3, 0.4
"""Of the outside so many pixels must be in the picture, along so much of the side."""
_EDGED = (0.33, 3, 0.5, 2)
"""So much of three sides must be edges, and so much of two of them. Tuning photos photographed from a screen and seen
aslant: 46 of 46, the least 0.58, 0.56, 0.36; second shots show one or two such sides."""


def in_view(start: Floats, end: Floats, shape: tuple[int, int], picture: Ladder) -> bool:
    """Whether the picture shows the photo's edges around it.

    `start`, `end` (n, 2): the places, in pixels of the photo (`shape`: its rows and columns) and of the picture.
    """
    seen = sorted(_sides(*_upright(start, end, shape, picture)), reverse=True)
    least, sides, most, clear = _EDGED
    return seen[sides - 1] >= least and seen[clear - 1] >= most


def _upright(start: Floats, end: Floats, shape: tuple[int, int], picture: Ladder) -> tuple[Grey, npt.NDArray[np.bool_]]:
    """The photo with what is around it, upright and blurred by a pixel; and which of it the picture shows."""
    rows, columns = shape
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]]) - 0.5
    there = geometry.flat_map(start, end, np.ones(len(start)))(corners)
    small = _SIDE / max(shape)
    put = ((corners + 0.5) * small + _AROUND - 0.5).astype(np.float32)
    size = (round(columns * small) + 2 * _AROUND, round(rows * small) + 2 * _AROUND)
    zoom = float(np.sqrt(cv2.contourArea(there.astype(np.float32)) / cv2.contourArea(put)))
    level, shrink = picture.level(zoom)
    there = ((there + 0.5) / shrink - 0.5).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(there, put)
    seen = cv2.warpPerspective(np.full(level.shape, 255, np.uint8), matrix, size)
    shown = cv2.GaussianBlur(cv2.warpPerspective(level, matrix, size), (0, 0), 1.0)
    return np.asarray(shown, dtype=np.uint8), np.asarray(seen > 250)


def _sides(shown: Grey, seen: npt.NDArray[np.bool_]) -> list[float]:
    """Of each side, what share of it is an edge; 0 where the picture does not show what lies beyond."""
    return [_edge(np.rot90(shown, turn), np.rot90(seen, turn)) for turn in range(4)]


def _edge(shown: Grey, seen: npt.NDArray[np.bool_]) -> float:
    """The share of the upper side at which the strongest step lies on one straight line, the best there is."""
    along = slice(_AROUND + _CORNER, shown.shape[1] - _AROUND - _CORNER)
    strip, there = shown[: 2 * _AROUND + 1, along].astype(np.float32), seen[: 2 * _AROUND + 1, along]
    steps = np.where(there[2:] & there[:-2], np.abs(strip[2:] - strip[:-2]), 0.0)
    outside = (there[2:] & there[:-2])[: _AROUND + 1].sum(axis=0) >= _LEAST_OUTSIDE
    if not outside.size or outside.mean() < _LEAST_SEEN:
        return 0.0
    strong = steps.max(axis=0) >= _STRONG
    strongest = (steps.argmax(axis=0) + 1 - _AROUND)[outside & strong]
    at = np.linspace(-1, 1, strip.shape[1])[outside & strong]
    lines = np.arange(-_FAR, _FAR + 1)[:, None, None] + np.arange(-_TILT, _TILT + 1)[:, None] * at
    return float((np.abs(strongest - lines) <= _ON).sum(axis=2).max(initial=0) / outside.sum())
