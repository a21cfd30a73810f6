"""Taking off what was written over a picture: the thin bright strokes of watermarks, names and captions.

Belongs here: the picture without them, for a second look at a place that all but proves a copy. Between the strokes of
a name tiled over a photo lies the photo; filled in from there, its light and its places can be asked again. A photo's
own thin bright things (stars, twigs against the sun) go as well, so nothing is asked here alone. Not here: what the
second look must show (`rules`).
"""

import cv2
import numpy as np

from sitr.fingerprint.pixels import Grey

_SIDE = 640
_STROKE = 0.0125
"""Of the longer side: what is thinner goes. Letters a sixteenth of the width high have strokes of a hundredth."""
_BRIGHTER = 12
"""Of 255: what is less above its surroundings may be the photo's grain."""


def taken_off(grey: Grey) -> Grey:
    """The picture with every thin thing that is brighter than what is around it filled in from there."""
    rows, columns = grey.shape
    ground, strokes = _strokes(_small(grey))
    there = cv2.resize(strokes, (columns, rows), interpolation=cv2.INTER_NEAREST) > 0
    filled = cv2.resize(ground, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.where(there, filled, grey), dtype=np.uint8)


def taken_off_small(grey: Grey) -> Grey:
    """The same, of at most 640 pixels: half the work where only light and dark are asked for."""
    small = _small(grey)
    ground, strokes = _strokes(small)
    return np.asarray(np.where(strokes > 0, ground, small), dtype=np.uint8)


def _small(grey: Grey) -> Grey:
    rows, columns = grey.shape
    scale = min(1.0, _SIDE / max(rows, columns))
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _strokes(small: Grey) -> tuple[Grey, Grey]:
    """The picture's ground, and where strokes stand out of it (1, else 0)."""
    reach = max(1, round(_STROKE * max(small.shape) / 2))
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    ground = np.asarray(cv2.morphologyEx(small, cv2.MORPH_OPEN, around), dtype=np.uint8)
    return ground, np.asarray(cv2.subtract(small, ground) > _BRIGHTER, dtype=np.uint8)
