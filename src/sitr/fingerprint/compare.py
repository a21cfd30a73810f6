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

from sitr.fingerprint import closeup, geometry, pdq, sketch, views
from sitr.fingerprint.closeup import Closeup
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

_CLOSEUPS = 2
"""How many placements are looked at closely: the best two; a third has never been the right one."""
_WORTH_PLACES, _WORTH_VOTES = 4, 0.58
"""By fewer places, or with fewer of the sketch's single votes (a half by chance), a placement is not worth a look."""
_EVIDENCE = (0.16, -0.22, 0.26, -0.20, -2.1)
"""Log-odds for each place that is there or not, each block that agrees or does not, and to begin with.

Fitted (logistic, ridge) on 12 photos of the tuning half: 235 copies in the 19 hardest edits and in layouts, 922 wrong
placements. Copies stood at 2.1 and above (but for two crops to a soft quarter), strangers at -1.2 and below.
"""
_ENOUGH = 1.5
_BY_CORNERS = (12, 0.8, 0.85, 8)
_BY_PLACES = (12, 0.8)
_LEAST_HELD, _LEAST_BLOCKS, _LEAST_SHARE, _LEAST_VOTES = 5, 4, 0.6, 0.74
"""Below these nothing is proved, whatever the sum says: it was fitted on what is common, and strangers are legion."""


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
    `same_scene`: no copy, but by all signs another shot of what the photo shows, from another spot.
    """

    match: bool
    score: float
    region: Region | None
    mirrored: bool
    visible: float
    why: Reason
    places: int = 0
    same_scene: bool = False


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
        return pdq.quick(self.grey)

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
    close: Closeup | None = None

    @property
    def mirrored(self) -> bool:
        return bool(np.linalg.det(self.matrix[:, :2]) < 0)


@dataclass(frozen=True)
class Proof:
    """A verdict and its places: `photo` (n, 2) in shares of its sides, `candidate` (n, 2) in its upright pixels.

    `matrix` (2 x 3): the photo's unit square to the candidate's upright pixels, at the placement judged best.
    """

    verdict: Verdict
    photo: Matrix = field(default_factory=lambda: np.zeros((0, 2)))
    candidate: Matrix = field(default_factory=lambda: np.zeros((0, 2)))
    matrix: Matrix | None = None


def compare(reference: Fingerprint, candidate: bytes) -> Verdict:
    """Whether `candidate` (a picture's file) is a copy of the photo, and where it lies in it. Raises as `decode`."""
    return judge(reference, Look(candidate))


def judge(reference: Fingerprint, look: Look) -> Verdict:
    """`compare` for a candidate that was already looked at."""
    return prove(reference, look).verdict


def prove(reference: Fingerprint, look: Look) -> Proof:
    """`judge`, with the places that the verdict rests on."""
    if reference.features is None or reference.steps is None:
        return Proof(_by_hash_alone(reference, look))
    by_hash = [f for f in _by_hash(reference, look) if f.agreement.votes >= _WORTH_VOTES]
    by_hash = sorted(by_hash, key=lambda f: -f.agreement.votes)[:_CLOSEUPS]
    found = [_closely(reference, look, f) for f in by_hash]
    for flipped in (False, True):
        if not any(_proved(f, reference) for f in found):
            features = look.mirrored if flipped else look.features
            found += _best(reference, look, _by_places(reference, look, features, flipped=flipped))
    if not found:
        return Proof(Verdict(False, 0.0, None, False, 0.0, Reason("fingerprint.why_nothing")))
    best = max(found, key=lambda f: (_proved(f, reference), evidence(f.agreement, f.close)))
    verdict = _verdict(best, look, proved=_proved(best, reference))
    matrix = np.asarray((best.matrix + np.array([0, 0, 0.5])) * look.scale)
    if best.close is None:
        return Proof(verdict, matrix=matrix)
    sides = np.array([reference.feature_width, reference.feature_height])
    return Proof(verdict, (best.close.start + 0.5) / sides, (best.close.end + 0.5) * look.scale, matrix)


def evidence(agreement: Agreement, close: Closeup | None) -> float:
    """How strongly places and sketch speak for a copy: logarithm of the odds, fitted on the tuning photos.

    Neither stands alone: what a sketch says counts by its blocks, what places say by those that were tried.
    """
    held, tried = (close.held, close.tried) if close else (0, 0)
    agreeing = agreement.share * agreement.blocks
    signs = (held, tried - held, agreeing, agreement.blocks - agreeing)
    return float(np.dot(_EVIDENCE[:4], signs)) + _EVIDENCE[4]


def _proved(found: _Found, reference: Fingerprint) -> bool:
    """The rule of the house. The figures are in docs/decisions/0008-fingerprint.md."""
    agreement, close = found.agreement, found.close
    if close is None:
        return False
    near_whole = found.distance <= pdq.RADIUS
    if reference.wholly_drawn:
        return _proved_drawn(found, close, near_whole=near_whole, soft_ground=reference.soft_ground)
    if near_whole and agreement.share >= 0.7 and agreement.blocks >= 8 and close.held >= 0.3 * close.tried:
        return True
    # Under a collage's tiles or in grain most places are gone; then many corners and the whole sketch must agree.
    corners, share, votes, blocks = _BY_CORNERS
    if found.places >= corners and agreement.share >= share and agreement.votes >= votes and agreement.blocks >= blocks:
        return close.held >= corners
    # A crop to black or burnt-out ground leaves the sketch little to say; then nearly all places must be there.
    held, of_tried = _BY_PLACES
    if close.held >= held and close.held >= of_tried * close.tried and agreement.blocks >= 2:
        return agreement.share >= _LEAST_SHARE
    enough = close.held >= _LEAST_HELD and agreement.blocks >= _LEAST_BLOCKS
    enough = enough and agreement.share >= _LEAST_SHARE and agreement.votes >= _LEAST_VOTES
    return enough and evidence(agreement, close) >= _ENOUGH


def _proved_drawn(found: _Found, close: Closeup, *, near_whole: bool, soft_ground: bool) -> bool:
    """For a photo that is nearly all soft ground, or a page: what it has may be any page's, so all must agree more.

    A page is proved by the whole of it: with another photo in it, it agrees in up to 0.96 of the blocks and 0.88 of the
    places, but lies 48 bits and more away. Copies of photos before a soft ground, also in collages, agree in 0.73 of
    the blocks, 0.86 of the votes and 0.63 of the places.
    """
    agreement = found.agreement
    if near_whole and agreement.share >= 0.85:
        return True
    if not soft_ground or agreement.blocks < 12:
        return False
    if agreement.share >= 0.85 and close.held >= 12:
        return True
    there = close.held >= 8 and close.held >= 0.6 * close.tried
    return there and agreement.share >= 0.7 and agreement.votes >= 0.84


def _best(reference: Fingerprint, look: Look, found: list[_Found]) -> list[_Found]:
    """The placements that are worth it, looked at closely."""
    found = sorted(found, key=lambda f: -f.agreement.votes * min(1.0, (f.places + 4) / 12))
    worth = [f for f in found if f.places >= _WORTH_PLACES and f.agreement.votes >= _WORTH_VOTES][:_CLOSEUPS]
    return [_closely(reference, look, f) for f in worth] or found[:1]


def _closely(reference: Fingerprint, look: Look, found: _Found) -> _Found:
    if reference.features is None:
        return found
    unit = _unit(reference)
    shape = (reference.feature_height, reference.feature_width)
    close = closeup.look(reference.features, shape, look.ladder, found.matrix @ np.linalg.inv(unit))
    there = _weighed(reference, look, close.matrix @ unit, found.distance, found.places)
    return _Found(there.matrix, found.places, found.distance, there.agreement, close)


def _unit(reference: Fingerprint) -> Matrix:
    """The photo's unit square to its feature pixels' centres."""
    return np.array([[reference.feature_width, 0, -0.5], [0, reference.feature_height, -0.5], [0, 0, 1]])


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
    unit = _unit(reference)
    found = []
    for placement in geometry.place(reference.features, side, features):
        matrix = placement.matrix @ unit
        if flipped:
            matrix[0] = -matrix[0]
            matrix[0, 2] += look.grey.shape[1] - 1
        found.append(_weighed(reference, look, matrix, 256, placement.inliers))
    return found


def _by_hash_alone(reference: Fingerprint, look: Look) -> Verdict:
    """What a matcher with the shareable part only can say: today's practice, over all orientations and views."""
    bits, quality = look.hashed
    hashes = np.concatenate([reference.orientations, *(v.pdq[None] for v in reference.views)])
    apart = pdq.distance(bits, hashes)
    best = int(np.argmin(apart))
    match = bool(apart[best] <= pdq.RADIUS and quality >= pdq.QUALITY and reference.pdq_quality >= pdq.QUALITY)
    why = Reason("fingerprint.why_hash_only" if match else "fingerprint.why_hash_far", {"bits": int(apart[best])})
    return Verdict(match, 1 - float(apart[best]) / 128 if match else 0.0, None, 4 <= best < 8, 0.0, why)


def _verdict(found: _Found, look: Look, *, proved: bool) -> Verdict:
    region, visible = _region(found.matrix, look)
    share, places = round(100 * found.agreement.share), found.close.held if found.close else found.places
    if proved and found.close and found.close.moved:
        why = Reason("fingerprint.why_same_scene", {"n": places, "share": share})
        return Verdict(False, found.agreement.share, region, found.mirrored, visible, why, places, same_scene=True)
    if proved:
        code = "fingerprint.why_copy_mirrored" if found.mirrored else "fingerprint.why_copy"
        if places == 0:
            code = "fingerprint.why_whole_mirrored" if found.mirrored else "fingerprint.why_whole"
        why = Reason(code, {"n": places, "share": share, "visible": round(100 * visible), "bits": found.distance})
        return Verdict(True, found.agreement.share, region, found.mirrored, visible, why, places)
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
