"""The shades: how bright each block of a photo is, so coarsely that only light and dark are left.

Belongs here: taking them, and asking whether a picture shows the photo's light and dark where the geometry puts it,
also where the photo is soft and has neither places nor steps to say anything. That is what a layout cannot bring along:
the page, the meme's words agree, but between them lies another photo's sky. Brightened, darkened and faded copies agree
too: one line takes the photo's shades to the copy's.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint.pixels import Grey
from sitr.fingerprint.sketch import FRAME, Ladder

SIDE = 8
"""A photo, stretched to a square, is SIDE x SIDE blocks: those by which the sketch counts."""
_SEEN = 0.9
_LEAST = 2
GAINS = (0.35, 3.0)
"""From a faded copy to one of strong contrast; beyond lie pictures in which anything would do."""
_ROUGH, _NEAR = 6.0, 0.25
"""A block agrees within 6 of 255, or within a quarter of how much the photo's blocks differ."""
LOST = (3.0, 252.0)
_NEAREST = 0.35
"""What a third and a half of the blocks miss is told of what also stickers, watermarks and collages leave alone."""

Shades = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Likeness:
    """`share` of the `blocks` in sight whose brightness agrees; `spread`: how much the photo's differ (0 to 127).

    `third`, `half`: by the line that fits so many best, how far a third (exactly 0.35) and a half of the blocks miss it
    at most, in shades of the photo (0 to 255): in a copy a few tenths: the mean of so many pixels outlives what is
    done to single ones.
    """

    share: float
    blocks: int
    spread: float
    third: float = 0.0
    half: float = 0.0


def make(grey: Grey) -> Shades:
    """The mean brightness of each of a photo's 8 x 8 blocks."""
    small = cv2.resize(grey, (FRAME, FRAME), interpolation=cv2.INTER_AREA)
    return np.rint(_means(np.asarray(small, dtype=np.float32))).astype(np.uint8)


def agree(shades: Shades, picture: Ladder, place: npt.NDArray[np.float64]) -> Likeness:
    """How many of the blocks that the picture shows at `place` (the photo's unit square to pixels) are as bright.

    As bright: by the line (gain and shift of light) by which most blocks are so. Burnt-out and black ones abstain.
    """
    shown, seen = picture.frame(place)
    there = _means(shown).ravel()
    counted = (_means(seen).ravel() > _SEEN) & (there > LOST[0]) & (there < LOST[1])
    blocks = int(counted.sum())
    if blocks < _LEAST:
        return Likeness(0.0, blocks, 0.0)
    mine = shades.ravel()[counted].astype(np.float64)
    spread = float(mine.std())
    miss, gain = _misses(mine, there[counted].astype(np.float64))
    slack = np.maximum(_ROUGH, _NEAR * gain * spread)
    share = int((miss <= slack[:, None]).sum(axis=1).max()) / blocks
    ranks = (int(_NEAREST * (blocks - 1)), (blocks - 1) // 2)
    least = np.partition(miss, ranks, axis=1) / gain[:, None]
    third, half = (float(least[:, rank].min()) for rank in ranks)
    return Likeness(share, blocks, spread, third, half)


def _means(frame: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    side = FRAME // SIDE
    return np.asarray(frame.reshape(SIDE, side, SIDE, side).mean(axis=(1, 3)), dtype=np.float32)


def _misses(
    mine: npt.NDArray[np.float64], there: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Of all lines through two blocks (l): how far each block lies off it (l, n), and its gain (l,)."""
    first, second = np.triu_indices(len(mine), 1)
    run = mine[second] - mine[first]
    first, second, run = first[np.abs(run) >= 1], second[np.abs(run) >= 1], run[np.abs(run) >= 1]
    gain = (there[second] - there[first]) / run
    sound = (gain >= GAINS[0]) & (gain <= GAINS[1])
    # A photo of one shade has no two blocks to draw a line through: light may still have shifted.
    gain = np.append(gain[sound], 1.0)
    shift = np.append(there[first][sound] - gain[:-1] * mine[first][sound], float(np.median(there - mine)))
    return np.abs(there[None, :] - gain[:, None] * mine[None, :] - shift[:, None]), gain
