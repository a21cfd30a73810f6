"""What of a picture is drawn around a photo: an app's page, a meme's bar, a story's gradient.

Belongs here: telling frame from photo in the picture whose fingerprint is made. Whatever is frame may be anybody's: it
gives no features and has no vote in the sketch, so that two strangers' photos in one app do not pass for copies.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint.pixels import Grey

CELLS = 32
"""A photo, stretched to a square, is CELLS x CELLS cells."""
MOST = 0.85
"""A picture that is frame to a larger part is taken as wholly drawn: a chat, a document, a logo."""
_STRAIGHT = 0.7
PAGE = 0.2
"""From this share of one shade on, ground is a page's: measured 0.32 and more, and 0.14 at most in soft photos."""
_EVEN = 0.8
"""A drawn slope of shades is even: a plane leaves 0.33 of 255 unexplained, and 1.1 and more of a photo's sky."""
_FITTED = 7
_DRAWN = (0.5, 0.4)
"""What is set into a page is drawn too (keys, a table, icons) if half of it is of one shade, one brighter or darker
counted in, and two fifths of it are flat: measured 0.73 and 0.55 at least; photos have 0.33 of one shade at most (a
night sky, none of it flat), 0.15 where they are flat.
"""
_WHOLE = (0, 0, CELLS, CELLS)

Cells = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Frame:
    """`cells` (32, 32): what is frame. `box`: left, top, right, bottom (in cells) of a photo set into a straight frame.

    A side of `box` at 0 or 32 is the picture's own edge. `soft_ground`: a wholly drawn picture whose ground has many
    shades, as a photo's sky has and a page has not.
    """

    cells: Cells
    box: tuple[int, int, int, int]
    wholly_drawn: bool
    soft_ground: bool = False

    def outside(self) -> Cells:
        """The cells outside `box`."""
        left, top, right, bottom = self.box
        cells = np.ones((CELLS, CELLS), dtype=bool)
        cells[top:bottom, left:right] = False
        return cells

    def near_edge(self, at: npt.NDArray[np.float64], margin: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Whether points (n, 2; column, row in cells) lie closer than `margin` (n,) to a framed side of the box."""
        near = np.zeros(len(at), dtype=bool)
        for axis, (start, end) in enumerate(((self.box[0], self.box[2]), (self.box[1], self.box[3]))):
            if start > 0:
                near |= at[:, axis] < start + margin
            if end < CELLS:
                near |= at[:, axis] > end - margin
        return near


def find(grey: Grey) -> Frame:
    """The frame in a picture; empty cells and the whole box for a plain photo.

    Ground is a smooth stretch over at least a twentieth of the picture, of one shade or slowly changing; it is a page's
    if it is of one shade or of an even slope, which no camera sees. A cell is frame if a quarter of it is ground, or if
    most cells around it are. The soft background of a photo is taken along and is no loss: nothing there can be told
    apart.
    """
    ground, page, even = _ground(grey)
    frame = _cells(ground)
    if frame.mean() > MOST:
        soft = _one_shade(grey, ground) < PAGE and even < PAGE
        return Frame(np.zeros_like(frame), _WHOLE, wholly_drawn=True, soft_ground=soft)
    # A page of one shade shows a photo's edge even where the photo itself is soft; a story's gradient may not.
    boxes = (_box(~_cells(page)), _box(~frame))
    found = Frame(frame, boxes[0] if boxes[0] != _WHOLE else boxes[1], wholly_drawn=False)
    return Frame(np.zeros_like(frame), _WHOLE, wholly_drawn=True) if _drawn(grey, found) else found


def _drawn(grey: Grey, frame: Frame) -> bool:
    """Whether what is not frame is drawn as well, or too little to be what the picture is about: one of many icons."""
    cells = ~(frame.cells | frame.outside())
    if cells.mean() < 1 - MOST:
        return True
    inside = cv2.resize(cells.astype(np.uint8), grey.shape[::-1], interpolation=cv2.INTER_NEAREST).astype(bool)
    flat = _smooth(grey)[inside].mean()
    return bool(_commonest(grey[inside]) >= _DRAWN[0] * inside.sum() and flat >= _DRAWN[1])


def _smooth(grey: Grey) -> npt.NDArray[np.bool_]:
    """Pixels that differ from all around them by no more than 2 of 255."""
    low, high = cv2.erode(grey, np.ones((3, 3), np.uint8)), cv2.dilate(grey, np.ones((3, 3), np.uint8))
    return np.asarray(high.astype(np.int16) - low <= 2)


def _commonest(shades: npt.NDArray[np.uint8]) -> float:
    """How many are of the commonest shade, one brighter or darker counted in."""
    return float(np.convolve(np.bincount(shades, minlength=256), np.ones(3), "same").max())


def _one_shade(grey: Grey, ground: npt.NDArray[np.bool_]) -> float:
    """The share of the picture that is ground of its commonest shade, one brighter or darker counted in."""
    return _commonest(grey[ground]) / grey.size


def _cells(ground: npt.NDArray[np.bool_]) -> Cells:
    share = cv2.resize(ground.astype(np.float32), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    cells = (share >= 0.25).astype(np.float32)
    around = cv2.blur(cells, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return np.asarray((cells > 0) | (around >= 0.6))


def _ground(grey: Grey) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], float]:
    """Pixels of all large smooth stretches, those of a page, and the share of the picture that is of an even slope."""
    smooth = _smooth(grey)
    _, labels, numbers, _ = cv2.connectedComponentsWithStats(smooth.astype(np.uint8), connectivity=4)
    large = numbers[:, cv2.CC_STAT_AREA] >= 0.05 * grey.size
    large[0] = False  # label 0 is all that is not smooth
    even, plain = np.zeros_like(large), np.zeros_like(large)
    for label in np.flatnonzero(large):
        rows, columns = (at[::_FITTED].astype(np.float64) for at in np.nonzero(labels == label))
        shades = grey[labels == label][::_FITTED].astype(np.float64)
        even[label] = _uneven(rows, columns, shades) < _EVEN
        plain[label] = even[label] or float(shades.std()) < 1.5
    share = float(numbers[even, cv2.CC_STAT_AREA].sum() / grey.size)
    return np.asarray(large[labels]), np.asarray(plain[labels]), share


def _uneven(rows: npt.NDArray[np.float64], columns: npt.NDArray[np.float64], shades: npt.NDArray[np.float64]) -> float:
    """What the best plane through the shades leaves unexplained: their deviation from it."""
    plane = np.column_stack([rows, columns, np.ones(len(rows))])
    solved, *_ = np.linalg.lstsq(plane, shades, rcond=None)
    return float((shades - plane @ solved).std())


def _box(photo: Cells) -> tuple[int, int, int, int]:
    """The largest piece of photo, if it stops at straight lines; a side where it does not is the picture's own edge.

    A photo in a page has straight sides; what stands before a soft background has not.
    """
    _, labels, numbers, _ = cv2.connectedComponentsWithStats(photo.astype(np.uint8), connectivity=4)
    if len(numbers) < 2:
        return _WHOLE
    largest = 1 + int(np.argmax(numbers[1:, cv2.CC_STAT_AREA]))
    piece = labels == largest
    rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    inside = piece[top:bottom, left:right]
    return (
        left if _straight(inside[:, :2]) else 0,
        top if _straight(inside[:2, :]) else 0,
        right if _straight(inside[:, -2:]) else CELLS,
        bottom if _straight(inside[-2:, :]) else CELLS,
    )


def _straight(side: Cells) -> bool:
    return bool(side.any(axis=int(side.shape[1] == 2)).mean() >= _STRAIGHT) if side.size else False
