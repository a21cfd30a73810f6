"""The sketch: which of two neighbouring cells of a photo is brighter, nothing more.

Belongs here: making it, and asking how much of it is really there where the geometry says the photo lies. This is the
judge that keeps a layout from passing for a photo: two strangers' pictures in the same app frame share its corners, so
their features agree; the cells between them do not. A cell that looks drawn (flat ground of one colour, as behind
text and buttons) has no vote.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import kernel
from sitr.fingerprint.frames import CELLS, Frame
from sitr.fingerprint.pixels import Grey

REACH = 2
"""Compared are cells this far apart: direct neighbours would suffer from a shift of half a cell."""
FRAME = 128
BLOCK = 4
"""A block is BLOCK x BLOCK cells; agreement is counted by block, so that one busy corner cannot outvote a photo."""
_LEAST_STEP = 2.0
_BLOCK_VOTES = 8
_LEAST_GROUP = 10
_BLOCK_AGREES = 0.75

Steps = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Agreement:
    """`share` of the `blocks` that are visible and say something in which the picture agrees with the sketch.

    `votes`: share of single votes that are right, brighter and darker steps counted alike; a half by chance.
    """

    share: float
    blocks: int
    votes: float


def make(grey: Grey, frame: Frame) -> Steps:
    """The sketch of a photo: int8 (2, 32, 32), +1 brighter to the right (0) or below (1), -1 darker, 0 no vote.

    Cells of the frame have no vote, nor have steps that lead out of the framed photo.
    """
    small = cv2.resize(grey, (FRAME, FRAME), interpolation=cv2.INTER_AREA)
    steps = _steps(_cells(np.asarray(small, dtype=np.float32)))
    votes = np.where(np.abs(steps) >= _LEAST_STEP, np.sign(steps), 0).astype(np.int8)
    votes[:, frame.cells] = 0
    outside = frame.outside()
    votes[0, :, :-REACH][outside[:, REACH:]] = 0
    votes[1, :-REACH, :][outside[REACH:, :]] = 0
    return votes


def _cells(frame: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    side = FRAME // CELLS
    return np.asarray(frame.reshape(CELLS, side, CELLS, side).mean(axis=(1, 3)), dtype=np.float32)


def _steps(cells: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Difference to the cell REACH to the right and REACH below; 0 where there is none."""
    steps = np.zeros((2, CELLS, CELLS), np.float32)
    steps[0, :, :-REACH] = cells[:, REACH:] - cells[:, :-REACH]
    steps[1, :-REACH, :] = cells[REACH:, :] - cells[:-REACH, :]
    return steps


class Ladder:
    """A picture at its own size and halved again and again, so that a patch of it is cheap to average down."""

    def __init__(self, grey: Grey) -> None:
        self._levels = [grey]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        return self._levels[0].shape[0], self._levels[0].shape[1]

    def frame(self, place: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The photo as this picture shows it at `place`, and where it is seen.

        `place` (2 x 3): unit square of the photo to pixel centres. Both float32 (FRAME, FRAME): brightness; and 1
        where the picture has it, 0 outside.
        """
        level, placed = self.framed(place)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (FRAME, FRAME)
        seen = cv2.warpAffine(np.full(level.shape, 255, np.uint8), placed, size, flags=flags)
        shown = cv2.warpAffine(level, placed, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(shown, dtype=np.float32), np.asarray(seen / 255, dtype=np.float32)

    def framed(self, place: npt.NDArray[np.float64]) -> tuple[Grey, npt.NDArray[np.float64]]:
        """The step of the ladder to look at, and the way from the frame's points to its pixels."""
        to_frame = place @ np.array([[1 / FRAME, 0, 0.5 / FRAME], [0, 1 / FRAME, 0.5 / FRAME], [0, 0, 1]])
        return self._placed(to_frame)

    def patch(self, matrix: npt.NDArray[np.float64], shape: tuple[int, int]) -> Grey:
        """The part of this picture to which `matrix` (2 x 3) takes a picture of `shape` (rows, columns), as that."""
        level, placed = self._placed(matrix)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (shape[1], shape[0])
        return np.asarray(cv2.warpAffine(level, placed, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def _placed(self, matrix: npt.NDArray[np.float64]) -> tuple[Grey, npt.NDArray[np.float64]]:
        """The step of the ladder that is not much finer than what is asked for, and `matrix` for its pixels."""
        level, shrink = self.level(float(np.sqrt(abs(np.linalg.det(matrix[:, :2])))))
        offset = np.array([[0, 0, 0.5 / shrink - 0.5], [0, 0, 0.5 / shrink - 0.5]])
        return level, matrix / shrink + offset

    def level(self, zoom: float) -> tuple[Grey, int]:
        """The step of the ladder for so many of the picture's pixels to one, and how many of them it has in one."""
        wanted = max(0, int(np.floor(np.log2(max(zoom, 1.0)))))
        while len(self._levels) <= wanted and min(self._levels[-1].shape) >= 16:
            last = self._levels[-1]
            half = cv2.resize(last, (last.shape[1] // 2, last.shape[0] // 2), interpolation=cv2.INTER_AREA)
            self._levels.append(np.asarray(half, dtype=np.uint8))
        at = min(wanted, len(self._levels) - 1)
        return self._levels[at], 2**at


def agree(steps: Steps, picture: Ladder, place: npt.NDArray[np.float64]) -> Agreement:
    """How much of the sketch the picture shows at `place`: 1.0 all of it, about 0.1 by chance."""
    if kernel.at_work():
        return Agreement(*kernel.agree(*picture.framed(place), steps, _LEAST_GROUP, _BLOCK_VOTES, _BLOCK_AGREES))
    return looked_up(steps, picture, place)


def looked_up(steps: Steps, picture: Ladder, place: npt.NDArray[np.float64]) -> Agreement:
    """The agreement by OpenCV and numpy; `kernel.agree` finds the same but for a vote whose cells are all but equal."""
    shown, seen = picture.frame(place)
    cells, visible = _cells(shown), _cells(seen) > 0.95
    both = np.stack([visible, visible])
    both[0, :, :-REACH] &= visible[:, REACH:]
    both[1, :-REACH, :] &= visible[REACH:, :]
    voting = (steps != 0) & both & ~_clipped(cells)
    right = voting & (np.sign(_steps(cells)) == steps)
    return _by_block(voting, right, _fair(steps, voting, right))


def _clipped(cells: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Steps between two cells that are both burnt out or both black: brightening took what was there, so no vote."""
    lost = np.stack([cells > 252, cells < 3])
    both = np.zeros((2, CELLS, CELLS), dtype=bool)
    both[0, :, :-REACH] = (lost[:, :, :-REACH] & lost[:, :, REACH:]).any(axis=0)
    both[1, :-REACH, :] = (lost[:, :-REACH, :] & lost[:, REACH:, :]).any(axis=0)
    return both


def _fair(steps: Steps, voting: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_]) -> float:
    """The share of right votes, brighter and darker steps counted alike.

    A photo that only darkens downwards, as skies do, would otherwise agree with every other sky.
    """
    shares = []
    for way in (0, 1):
        for sign in (-1, 1):
            group = voting[way] & (steps[way] == sign)
            if group.sum() >= _LEAST_GROUP:
                shares.append(float(right[way][group].mean()))
    return float(np.mean(shares)) if shares else 0.0


def _by_block(voting: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], fair: float) -> Agreement:
    shape = (2, CELLS // BLOCK, BLOCK, CELLS // BLOCK, BLOCK)
    votes = voting.reshape(shape).sum(axis=(0, 2, 4))
    rights = right.reshape(shape).sum(axis=(0, 2, 4))
    counted = votes >= _BLOCK_VOTES
    blocks = int(counted.sum())
    agreeing = int((counted & (rights >= _BLOCK_AGREES * votes)).sum())
    return Agreement(agreeing / blocks if blocks else 0.0, blocks, fair)
