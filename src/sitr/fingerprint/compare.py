"""Is this picture a copy of that photo, however edited: two stages, then one verdict.

Belongs here: gathering possible placements (from hashes and from local features), judging each, saying why. A verdict
says "a copy of this photo" or not; never who is in it.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import geometry, pdq, sketch, views
from sitr.fingerprint.features import Features, extract
from sitr.fingerprint.fingerprints import Fingerprint
from sitr.fingerprint.pixels import Grey, decode
from sitr.fingerprint.sketch import Agreement, Ladder

Matrix = npt.NDArray[np.float64]
Corner = tuple[float, float]
Region = tuple[Corner, Corner, Corner, Corner]

CANDIDATE_SIDE = 1280
CANDIDATE_LEAST = 1000
CANDIDATE_FEATURES = 1500

_CANDIDATE_RADIUS = 60
"""First wrong pair in 10.2 million stood at 78 bits; up to here a hash is worth a look, never a proof."""

_RULES = (
    # places, share of blocks, share of votes, blocks: halfway between the worst copies and the best strangers measured
    # (16 places and more: 0.71 and 0.80 against 0.48 and 0.69; 7 to 11: 0.88 and 0.82 against 0.75 and 0.80).
    (16, 0.55, 0.73, 6),  # a tile of a collage: the rest of the photo lies under its neighbours
    (16, 0.80, 0.73, 4),
    (12, 0.60, 0.77, 6),
    (12, 0.90, 0.90, 4),
    (7, 0.80, 0.82, 8),
    (4, 0.90, 0.88, 12),
)
_WORTH_SETTLING = 0.58
"""Of the sketch's single votes: chance gives a half, and nudging what is wrong only makes chance look better."""
_SETTLED = 0.93
"""Of the sketch's single votes: from here on a placement is as good as it gets."""


@dataclass(frozen=True)
class Reason:
    """Why, as a sentence of the catalogue and its blanks: `say(reason.code, lang, **reason.data)`."""

    code: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """The answer about one candidate.

    `score`: the share (0 to 1) of the photo's visible, telling blocks that the candidate shows at the place found; 0
    when no place was found. `region`: the photo's four corners in the candidate's upright pixels, cut to the picture,
    in the order top left, top right, bottom right, bottom left of the photo. `visible`: share of the photo's area
    that lies inside the candidate. `mirrored`: shown as in a mirror. `places`: local features that agree.
    """

    match: bool
    score: float
    region: Region | None
    mirrored: bool
    visible: float
    why: Reason
    places: int = 0


class Look:
    """What is computed from a candidate once, however many photos it is compared with. Raises as `decode`."""

    def __init__(self, image: bytes) -> None:
        pixels = decode(image, at_least=CANDIDATE_LEAST, at_most=CANDIDATE_SIDE)
        self.width, self.height, self.scale = pixels.width, pixels.height, pixels.scale
        self.grey: Grey = pixels.grey
        self.ladder = Ladder(pixels.grey)

    @cached_property
    def hashed(self) -> tuple[pdq.Bits, int]:
        """PDQ and quality of the whole candidate."""
        return pdq.reference(pdq.averaged(self.grey))

    @cached_property
    def features(self) -> Features:
        """Local features of the candidate as it is."""
        return extract(self.grey, CANDIDATE_FEATURES)

    @cached_property
    def mirrored(self) -> Features:
        """Local features of the candidate seen in a mirror."""
        return self.features.mirrored(self.grey.shape[1])


@dataclass(frozen=True)
class _Found:
    """One placement (`matrix`: the photo's unit square to pixel centres of the candidate) and what speaks for it."""

    matrix: Matrix
    places: int
    distance: int
    agreement: Agreement

    @property
    def mirrored(self) -> bool:
        return bool(np.linalg.det(self.matrix[:, :2]) < 0)


def compare(reference: Fingerprint, candidate: bytes) -> Verdict:
    """Whether `candidate` (a picture's file) is a copy of the photo, and where it lies in it. Raises as `decode`."""
    return judge(reference, Look(candidate))


def judge(reference: Fingerprint, look: Look) -> Verdict:
    """`compare` for a candidate that was already looked at."""
    if reference.features is None or reference.steps is None:
        return _by_hash_alone(reference, look)
    found = _by_hash(reference, look)
    if not any(_proved(f, reference.wholly_drawn) for f in found):
        found += _by_places(reference, look, look.features, flipped=False)
    if not any(_proved(f, reference.wholly_drawn) for f in found):
        found += _by_places(reference, look, look.mirrored, flipped=True)
    if not found:
        return Verdict(False, 0.0, None, False, 0.0, Reason("fingerprint.why_nothing"))
    best = max(found, key=lambda f: _weight(f, reference.wholly_drawn))
    return _verdict(best, look, match=_proved(best, reference.wholly_drawn))


def _proved(found: _Found, wholly_drawn: bool) -> bool:
    """The rule of the house. More places may stand beside less agreement; neither stands alone.

    Measured with benchmarks/matching.py; the figures are in docs/decisions/0008-fingerprint.md.
    """
    share, blocks = found.agreement.share, found.agreement.blocks
    if wholly_drawn:
        return share >= 0.85 and blocks >= 12 and (found.places >= 12 or found.distance <= pdq.RADIUS)
    if found.distance <= pdq.RADIUS and share >= 0.7 and blocks >= 8:
        return True
    votes = found.agreement.votes
    return any(
        found.places >= places and share >= least_share and votes >= least_votes and blocks >= least_blocks
        for places, least_share, least_votes, least_blocks in _RULES
    )


def _weight(found: _Found, wholly_drawn: bool) -> tuple[bool, float]:
    return _proved(found, wholly_drawn), found.agreement.share * min(1.0, (found.places + 4) / 12)


def _by_hash(reference: Fingerprint, look: Look) -> list[_Found]:
    """Placements that the whole candidate's PDQ suggests: the photo turned or mirrored, or one of its views."""
    bits, quality = look.hashed
    if quality < pdq.QUALITY:
        return []
    rows, columns = look.grey.shape
    found = []
    for index, apart in enumerate(pdq.distance(bits, reference.orientations)):
        if apart <= _CANDIDATE_RADIUS:
            found.append(_weighed(reference, look, _turned(index, columns, rows), int(apart)))
    for view in reference.views:
        apart = pdq.distance(bits, view.pdq[None])[0]
        if apart <= _CANDIDATE_RADIUS:
            box = views.box(view.kind, reference.width, reference.height)
            found.append(_weighed(reference, look, _cut(box, columns, rows), int(apart)))
    return found


def _weighed(reference: Fingerprint, look: Look, matrix: Matrix, apart: int, places: int | None = None) -> _Found:
    steps = reference.steps
    agreement = sketch.agree(steps, look.ladder, matrix) if steps is not None else Agreement(0.0, 0, 0.0)
    return _Found(matrix, places or 0, apart, agreement)


def _turned(orientation: int, columns: int, rows: int) -> Matrix:
    """Unit square of the photo to the candidate that shows it whole in this orientation of `pdq.ORIENTATIONS`."""
    x, y, one = np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
    across, down = [
        (x, y),
        (y, one - x),
        (one - x, one - y),
        (one - y, x),
        (x, one - y),
        (one - x, y),
        (y, x),
        (one - y, one - x),
    ][orientation]
    return np.stack([across * columns - 0.5 * one, down * rows - 0.5 * one])


def _cut(box: views.Box, columns: int, rows: int) -> Matrix:
    """Unit square of the photo to the candidate that shows only `box` of it."""
    left, top, right, bottom = box
    across, down = columns / (right - left), rows / (bottom - top)
    return np.array([[across, 0, -left * across - 0.5], [0, down, -top * down - 0.5]])


def _by_places(reference: Fingerprint, look: Look, features: Features, *, flipped: bool) -> list[_Found]:
    if reference.features is None:
        return []
    side = max(reference.feature_width, reference.feature_height)
    unit = np.array([[reference.feature_width, 0, -0.5], [0, reference.feature_height, -0.5], [0, 0, 1]])
    found = []
    for placement in geometry.place(reference.features, side, features):
        matrix = placement.matrix @ unit
        if flipped:
            matrix[0] = -matrix[0]
            matrix[0, 2] += look.grey.shape[1] - 1
        found.append(_weighed(reference, look, matrix, 256, placement.inliers))
    if not found:
        return []
    best = max(found, key=lambda f: f.agreement.votes * min(1.0, (f.places + 4) / 12))
    worth_it = best.places >= 4 and _WORTH_SETTLING < best.agreement.votes < _SETTLED
    return [*found, _settled(reference, look, best)] if worth_it else found


def _settled(reference: Fingerprint, look: Look, found: _Found) -> _Found:
    """The placement nudged to where most of the sketch agrees: a few places fix it only to within a cell or two."""
    for nudge in (0.03, 0.015):
        for entry in ((0, 2), (1, 2), (0, 0), (1, 1), (0, 1), (1, 0)):
            for step in (-nudge, nudge):
                found = max(found, _nudged(reference, look, found, entry, step), key=lambda f: f.agreement.votes)
    return found


def _nudged(reference: Fingerprint, look: Look, found: _Found, entry: tuple[int, int], step: float) -> _Found:
    """Moved, stretched or turned by `step` of the photo's own size, about its middle."""
    change = np.eye(3)
    change[entry] += step
    middle = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1.0]])
    matrix = found.matrix @ (np.linalg.inv(middle) @ change @ middle)
    return _weighed(reference, look, matrix, found.distance, found.places)


def _by_hash_alone(reference: Fingerprint, look: Look) -> Verdict:
    """What a matcher with the shareable part only can say: today's practice, over all orientations and views."""
    bits, quality = look.hashed
    hashes = np.concatenate([reference.orientations, *(v.pdq[None] for v in reference.views)])
    apart = pdq.distance(bits, hashes)
    best = int(np.argmin(apart))
    match = bool(apart[best] <= pdq.RADIUS and quality >= pdq.QUALITY and reference.pdq_quality >= pdq.QUALITY)
    why = Reason("fingerprint.why_hash_only" if match else "fingerprint.why_hash_far", {"bits": int(apart[best])})
    return Verdict(match, 1 - float(apart[best]) / 128 if match else 0.0, None, 4 <= best < 8, 0.0, why)


def _verdict(found: _Found, look: Look, *, match: bool) -> Verdict:
    region, visible = _region(found.matrix, look)
    share = round(100 * found.agreement.share)
    if match:
        code = "fingerprint.why_copy_mirrored" if found.mirrored else "fingerprint.why_copy"
        if found.places == 0:
            code = "fingerprint.why_whole_mirrored" if found.mirrored else "fingerprint.why_whole"
        why = Reason(code, {"n": found.places, "share": share, "visible": round(100 * visible), "bits": found.distance})
        return Verdict(True, found.agreement.share, region, found.mirrored, visible, why, found.places)
    code = "fingerprint.why_layout" if found.places >= 8 else "fingerprint.why_weak"
    why = Reason(code, {"n": found.places, "share": share})
    return Verdict(False, found.agreement.share, None, False, 0.0, why, found.places)


def _region(matrix: Matrix, look: Look) -> tuple[Region, float]:
    """The photo's corners in upright pixels of the candidate, cut to it, and the share of its area that is inside."""
    rows, columns = look.grey.shape
    corners = np.array([[0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]]) @ matrix.T + 0.5
    frame = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], dtype=np.float32)
    area, _ = cv2.intersectConvexConvex(corners.astype(np.float32), frame)
    whole = abs(np.linalg.det(matrix[:, :2]))
    cut = np.clip(corners, 0, [columns, rows]) * look.scale
    points = [(round(float(x), 1), round(float(y), 1)) for x, y in cut]
    return (points[0], points[1], points[2], points[3]), float(min(1.0, max(0.0, area / whole)))
