"""The shareable views: PDQ of the crops that people make most, for matchers that know nothing but PDQ.

Belongs here: which crops, in a numbered list that only ever grows, and their hashes. A matcher that compares a plain
PDQ at distance 31 finds a trimmed or re-framed copy only if the same crop was handed to it.
"""

from dataclasses import dataclass

import numpy as np

from sitr.fingerprint import pdq
from sitr.fingerprint.pdq import Bits
from sitr.fingerprint.pixels import Grey

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the photo's sides."""


@dataclass(frozen=True)
class View:
    """One crop of the photo: its number in the list of kinds, its PDQ (32 bytes) and quality."""

    kind: int
    pdq: Bits
    quality: int


_TRIMS: tuple[tuple[str, Box], ...] = (
    ("trim05", (0.025, 0.025, 0.975, 0.975)),
    ("trim10", (0.05, 0.05, 0.95, 0.95)),
    ("trim20", (0.10, 0.10, 0.90, 0.90)),
    ("top_left", (0.0, 0.0, 0.85, 0.85)),
    ("top_right", (0.15, 0.0, 1.0, 0.85)),
    ("bottom_left", (0.0, 0.15, 0.85, 1.0)),
    ("bottom_right", (0.15, 0.15, 1.0, 1.0)),
    ("no_top", (0.0, 0.10, 1.0, 1.0)),
    ("no_bottom", (0.0, 0.0, 1.0, 0.90)),
)
_FRAMES: tuple[tuple[str, float], ...] = (("square", 1.0), ("portrait", 0.8), ("story", 9 / 16), ("wide", 16 / 9))
KINDS = tuple(name for name, _ in _TRIMS) + tuple(name for name, _ in _FRAMES)


def box(kind: int, width: int, height: int) -> Box:
    """Where view `kind` lies in a photo of this size; frames (square, 4:5, 9:16, 16:9) are cut from its middle."""
    if kind < len(_TRIMS):
        return _TRIMS[kind][1]
    shape = _FRAMES[kind - len(_TRIMS)][1]
    across = min(1.0, shape * height / width)
    down = min(1.0, width / shape / height)
    return (0.5 - across / 2, 0.5 - down / 2, 0.5 + across / 2, 0.5 + down / 2)


def make(grey: Grey) -> tuple[View, ...]:
    """All views of an upright photo that differ from the whole and are not too flat for PDQ (quality 50)."""
    rows, columns = grey.shape
    views = []
    for kind in range(len(KINDS)):
        left, top, right, bottom = box(kind, columns, rows)
        if (right - left) * (bottom - top) > 0.97:
            continue
        crop = grey[round(top * rows) : round(bottom * rows), round(left * columns) : round(right * columns)]
        if min(crop.shape) < 8:
            continue
        bits, quality = pdq.reference(pdq.averaged(np.ascontiguousarray(crop)))
        if quality >= pdq.QUALITY:
            views.append(View(kind, bits, quality))
    return tuple(views)
