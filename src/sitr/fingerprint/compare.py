"""Is this picture a copy of that photo, however edited: two stages, then one verdict.

Belongs here: gathering possible placements (from hashes and from local features), judging each, saying why. A verdict
says "a copy of this photo" or not; never who is in it.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sitr.fingerprint import closeup, edges, geometry, overlay, pdq, rules, shades, sketch, sliding, views, writing
from sitr.fingerprint.features import Features, extract
from sitr.fingerprint.fingerprints import Fingerprint
from sitr.fingerprint.pixels import Grey, decode
from sitr.fingerprint.rules import Signs
from sitr.fingerprint.sketch import Agreement, Ladder

Matrix = npt.NDArray[np.float64]
Corner = tuple[float, float]
Region = tuple[Corner, Corner, Corner, Corner]

CANDIDATE_SIDE = 1280
CANDIDATE_LEAST = 1000
CANDIDATE_FEATURES = 1500

_CANDIDATE_RADIUS = 60
"""First wrong pair in 10.2 million stood at 78 bits; up to here a hash is worth a look, never a proof."""

_LEAST_QUALITY = 20
"""From this quality of the candidate's hash on it may propose; to speak for a copy it needs `pdq.QUALITY`."""
_CLOSEUPS = 2
"""How many placements are looked at closely: the best two; a third has never been the right one."""
_WORTH_PLACES, _WORTH_VOTES = 4, (0.58, 0.68)
"""By fewer places, or with fewer of the sketch's single votes (a half by chance; proposed by a hash, and by places), a
placement is not worth a look. Copies that places proposed had 0.75 and more, one stranger's placement in fifty as many.
"""

_CUTS, _FITS = 3, (0.8, 0.74)
"""How many cuts are tried where nothing else proved it, and how many of the sketch's votes each must have: laid cell
on cell, and where places near by agree on it. Other photos: 2 in a hundred, and 6 in a thousand (tuning half)."""

_LIGHT, _LOOKS = (1.4, 0.72), 3
"""How well the shades must fit for a cut to be tried, and how many of the sketch's votes it must have then; how many
placements are looked at closely at most."""

_STRETCH = 0.04
"""Photos whose sides' ratios differ by less are laid under the same cuts: half a cell in 25."""

_SILENT = (2, 7)
"""Where so few of the sketch's blocks are in sight (a cut to a sky), so many places are worth a look without them."""


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


class Seen:
    """A candidate's pixels, and what is computed from them once, however many photos they are compared with."""

    def __init__(self, grey: Grey) -> None:
        self.grey = grey
        self.ladder = Ladder(grey)
        self._laid: dict[int, sliding.Cuts] = {}

    @cached_property
    def features(self) -> Features:
        """Local features of the candidate as it is."""
        return extract(self.grey, CANDIDATE_FEATURES)

    @cached_property
    def mirrored(self) -> Features:
        """Local features of the candidate seen in a mirror."""
        return self.features.mirrored(self.grey.shape[1])

    def laid(self, stretch: float) -> sliding.Cuts:
        """The candidate as every cut of a photo so much wider than high; of photos nearly as wide the same."""
        kind = round(np.log(stretch) / _STRETCH)
        if kind not in self._laid:
            self._laid[kind] = sliding.lay(self.grey, float(np.exp(kind * _STRETCH)))
        return self._laid[kind]


class Look(Seen):
    """A candidate as it came, from its file. Raises as `decode`."""

    def __init__(self, image: bytes) -> None:
        pixels = decode(image, at_least=CANDIDATE_LEAST, at_most=CANDIDATE_SIDE)
        super().__init__(pixels.grey)
        self.width, self.height, self.scale = pixels.width, pixels.height, pixels.scale
        self._toned: dict[int, overlay.Tones] = {}

    @cached_property
    def hashed(self) -> tuple[pdq.Bits, int]:
        """PDQ and quality of the whole candidate."""
        return pdq.quick(self.grey)

    @cached_property
    def unwritten(self) -> Seen:
        """The candidate with what may have been written over it taken off, for a second look."""
        return Seen(writing.taken_off(self.grey))

    def toned(self, stretch: float) -> overlay.Tones:
        """How bright every cut of a photo so much wider than high would be here, with writing taken off."""
        kind = round(np.log(stretch) / _STRETCH)
        if kind not in self._toned:
            cells = sliding.cells(writing.taken_off_small(self.grey), float(np.exp(kind * _STRETCH)))
            self._toned[kind] = overlay.lay(cells)
        return self._toned[kind]


@dataclass(frozen=True)
class _Found:
    """One placement (`matrix`: the photo's unit square to pixel centres of the candidate) and what speaks for it.

    `proved`: by the rules it is the photo; `moved`: but it lies there as no copy does. Both are False of a placement
    that was not looked at closely.
    """

    matrix: Matrix
    signs: Signs
    proved: bool = False
    moved: bool = False

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
    by_hash = [f for f in _by_hash(reference, look) if f.signs.agreement.votes >= _WORTH_VOTES[0]]
    by_hash = sorted(by_hash, key=lambda f: -f.signs.agreement.votes)[:_CLOSEUPS]
    found = [_closely(reference, look.ladder, f) for f in by_hash]
    for flipped in (False, True):
        if not any(f.proved for f in found):
            features = look.mirrored if flipped else look.features
            found += _best(reference, look, _by_places(reference, look, features, flipped=flipped))
    found += _again(reference, look, found)
    # What seems to have moved may have been moved by writing.
    if not any(f.proved and not (f.moved and rules.worn(f.signs)) for f in found):
        found += _by_shades(reference, look)
    if not any(f.proved for f in found):
        by_light = _by_light(reference, look)
        found += by_light + _again(reference, look, by_light)
    if not found:
        return Proof(Verdict(False, 0.0, None, False, 0.0, Reason("fingerprint.why_nothing")))
    # One placement at which nothing has moved is enough: a copy's are two, nudged from two sides.
    best = max(found, key=lambda one: (one.proved, not one.moved, rules.evidence(one.signs)))
    verdict = _verdict(best, look)
    matrix = np.asarray((best.matrix + np.array([0, 0, 0.5])) * look.scale)
    close = best.signs.close
    if close is None:
        return Proof(verdict, matrix=matrix)
    sides = np.array([reference.feature_width, reference.feature_height])
    return Proof(verdict, (close.start + 0.5) / sides, (close.end + 0.5) * look.scale, matrix)


def _judged(reference: Fingerprint, picture: Ladder, found: _Found) -> _Found:
    """The same placement, with what the rules say of it."""
    signs, features = found.signs, reference.features
    proved = rules.proved(signs, wholly_drawn=reference.wholly_drawn, soft_ground=reference.soft_ground)
    proved = proved and (features is None or rules.of_one_kind(signs, features.repeated))
    return replace(found, proved=proved, moved=proved and _moved(signs, reference, picture))


def _moved(signs: Signs, reference: Fingerprint, picture: Ladder) -> bool:
    """Whether the photo lies at this placement as no copy does: things in it lie elsewhere, against each other, or it
    is seen aslant, and not with its edges in view, as on a screen or a print."""
    close = signs.close
    if close is None:
        return False
    soft = reference.wholly_drawn or rules.quiet(signs)  # no place in it is sharp
    if close.moved or (close.drifted and not soft):
        return True
    if not (close.off or (close.askew and not soft)):
        return False
    return not edges.in_view(close.start, close.end, (reference.feature_height, reference.feature_width), picture)


def _best(reference: Fingerprint, look: Look, found: list[_Found]) -> list[_Found]:
    """The placements that are worth it, looked at closely."""
    found = sorted(found, key=lambda f: -_votes(f.signs) * min(1.0, (f.signs.places + 4) / 12))
    worth = [f for f in found if f.signs.places >= _WORTH_PLACES and _votes(f.signs) >= _WORTH_VOTES[1]]
    return [_closely(reference, look.ladder, f) for f in worth[:_CLOSEUPS]] or found[:1]


def _votes(signs: Signs) -> float:
    """The sketch's single votes; where it says nothing of what is in sight, enough places stand for them."""
    blocks, places = _SILENT
    silent = signs.agreement.blocks <= blocks and signs.places >= places
    return max(signs.agreement.votes, _WORTH_VOTES[1]) if silent else signs.agreement.votes


def _again(reference: Fingerprint, look: Look, found: list[_Found]) -> list[_Found]:
    """The best placement once more, with what was written over it taken off, if so much is there that it may be."""
    proved = [f for f in found if f.proved]
    # What has moved has moved in a second look too, unless writing made it seem so.
    if any(not f.moved or not rules.worn(f.signs) for f in proved):
        return []
    worth = [f for f in found if rules.worth_again(f.signs)]
    if not worth:
        return []
    best = max(worth, key=lambda f: rules.evidence(f.signs))
    again = _closely(reference, look.unwritten.ladder, best)
    return [again] if rules.clearer(again.signs, best.signs) else []


def _closely(reference: Fingerprint, picture: Ladder, found: _Found) -> _Found:
    """The same placement nudged to its places, and asked for its shades if it could be the photo's."""
    if reference.features is None:
        return found
    unit = _unit(reference)
    shape = (reference.feature_height, reference.feature_width)
    close = closeup.look(reference.features, shape, picture, found.matrix @ np.linalg.inv(unit))
    there = _weighed(reference, picture, close.matrix @ unit, found.signs.distance, found.signs.places)
    signs = replace(there.signs, close=close)
    if reference.shades is not None and rules.worth_shades(signs):
        signs = replace(signs, likeness=shades.agree(reference.shades, picture, there.matrix))
    return _judged(reference, picture, _Found(there.matrix, signs))


def _unit(reference: Fingerprint) -> Matrix:
    """The photo's unit square to its feature pixels' centres."""
    return np.array([[reference.feature_width, 0, -0.5], [0, reference.feature_height, -0.5], [0, 0, 1]])


def _by_hash(reference: Fingerprint, look: Look) -> list[_Found]:
    """Placements that the whole candidate's PDQ suggests: the photo turned or mirrored, or one of its views."""
    bits, quality = look.hashed
    if quality < _LEAST_QUALITY:
        return []
    sure = quality >= pdq.QUALITY
    rows, columns = look.grey.shape
    found = []

    def weighed(matrix: Matrix, apart: int) -> _Found:
        return _weighed(reference, look.ladder, matrix, apart if sure else 256)

    for index, apart in enumerate(pdq.distance(bits, reference.orientations)):
        if apart <= _CANDIDATE_RADIUS:
            found.append(weighed(_turned(index, columns, rows), int(apart)))
    for view in reference.views:
        apart = pdq.distance(bits, view.pdq[None])[0]
        if apart <= _CANDIDATE_RADIUS:
            box = views.box(view.kind, reference.width, reference.height)
            found.append(weighed(_cut(box, columns, rows), int(apart)))
    return found


def _weighed(reference: Fingerprint, picture: Ladder, matrix: Matrix, apart: int, places: int | None = None) -> _Found:
    steps = reference.steps
    agreement = sketch.agree(steps, picture, matrix) if steps is not None else Agreement(0.0, 0, 0.0)
    return _Found(matrix, Signs(places or 0, apart, agreement))


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
    side, unit = max(reference.feature_width, reference.feature_height), _unit(reference)
    placements = geometry.place(reference.features, side, features)
    return [_put(reference, look, placement, unit, flipped=flipped) for placement in placements]


def _put(reference: Fingerprint, look: Seen, placement: geometry.Placement, unit: Matrix, *, flipped: bool) -> _Found:
    matrix = placement.matrix @ unit
    return _weighed(reference, look.ladder, _flipped(matrix, look) if flipped else matrix, 256, placement.inliers)


def _flipped(matrix: Matrix, look: Seen) -> Matrix:
    """The same placement in the candidate seen in a mirror."""
    return np.array([-matrix[0] + [0, 0, look.grey.shape[1] - 1], matrix[1]])


def _by_light(reference: Fingerprint, look: Look) -> list[_Found]:
    """Where the sketch fits the candidate as a cut, if it fits well: for photos whose features were buried.

    Not for pages, nor for what repeats: they fit in many places, and a piece of them is anybody's.
    """
    if reference.features is None or reference.steps is None or (reference.wholly_drawn and not reference.soft_ground):
        return []
    if reference.features.repeated >= rules.REPEATED:
        return []
    laid = look.laid(reference.feature_width / reference.feature_height)
    fitting, settled = _FITS
    cuts, near = [], []
    for matrix in sliding.fitting(reference.steps, laid, look.ladder.shape, settled, _CUTS):
        cut = _weighed(reference, look.ladder, matrix, 256)
        cuts += [cut] if cut.signs.agreement.votes >= fitting else []
        near += [f for f in _settled(reference, look, cut) if f.signs.agreement.votes >= settled]
    near = [f for f in near if f.signs.places >= _WORTH_PLACES]
    best = sorted(near, key=lambda f: -f.signs.agreement.votes * f.signs.places)[:1]
    best += sorted(cuts, key=lambda f: -f.signs.agreement.votes)[:_CLOSEUPS]
    return [f for f in (_closely(reference, look.ladder, each) for each in best) if rules.lit(f.signs)]


def _by_shades(reference: Fingerprint, look: Look) -> list[_Found]:
    """Where the shades fit the candidate as a cut, if the sketch says so too: after writing over it was taken off.

    Not for pages; what repeats is asked for clear places (`rules.of_one_kind`).
    """
    if reference.shades is None or (reference.wholly_drawn and not reference.soft_ground):
        return []
    least, votes = _LIGHT
    tones = look.toned(reference.feature_width / reference.feature_height)
    proved: list[_Found] = []
    looks = 0
    for matrix, light in overlay.fitting(reference.shades, tones, look.ladder.shape, least, _CUTS):
        under = look.unwritten
        cut = _weighed(reference, under.ladder, matrix, 256)
        if cut.signs.agreement.votes < votes:
            continue
        near = [f for f in _settled(reference, under, cut) if f.signs.places >= _WORTH_PLACES]
        near = sorted(near, key=lambda f: -_votes(f.signs) * f.signs.places)[:1]
        for each in [*near, cut][: _LOOKS - looks]:
            close = _closely(reference, under.ladder, each)
            close = _judged(reference, under.ladder, _Found(close.matrix, replace(close.signs, light=light)))
            looks += 1
            if close.proved and rules.lit(close.signs):
                proved.append(close)
                if not close.moved:
                    return proved
    return proved


def _settled(reference: Fingerprint, look: Seen, found: _Found) -> list[_Found]:
    """The placements near this one that places agree on."""
    if reference.features is None:
        return []
    side, unit = max(reference.feature_width, reference.feature_height), _unit(reference)
    flipped = found.mirrored
    matrix = (_flipped(found.matrix, look) if flipped else found.matrix) @ np.linalg.inv(unit)
    near = geometry.settle(reference.features, side, look.mirrored if flipped else look.features, matrix)
    return [_put(reference, look, placement, unit, flipped=flipped) for placement in near]


def _by_hash_alone(reference: Fingerprint, look: Look) -> Verdict:
    """What a matcher with the shareable part only can say: today's practice, over all orientations and views."""
    bits, quality = look.hashed
    hashes = np.concatenate([reference.orientations, *(v.pdq[None] for v in reference.views)])
    apart = pdq.distance(bits, hashes)
    best = int(np.argmin(apart))
    match = bool(apart[best] <= pdq.RADIUS and quality >= pdq.QUALITY and reference.pdq_quality >= pdq.QUALITY)
    why = Reason("fingerprint.why_hash_only" if match else "fingerprint.why_hash_far", {"bits": int(apart[best])})
    return Verdict(match, 1 - float(apart[best]) / 128 if match else 0.0, None, 4 <= best < 8, 0.0, why)


def _verdict(found: _Found, look: Look) -> Verdict:
    region, visible = _region(found.matrix, look)
    signs = found.signs
    score, share = signs.agreement.share, round(100 * signs.agreement.share)
    places = signs.close.held if signs.close else signs.places
    if found.moved:
        why = Reason("fingerprint.why_same_scene", {"n": places, "share": share})
        return Verdict(False, score, region, found.mirrored, visible, why, places, same_scene=True)
    if found.proved:
        code = "fingerprint.why_copy_mirrored" if found.mirrored else "fingerprint.why_copy"
        if places == 0:
            code = "fingerprint.why_whole_mirrored" if found.mirrored else "fingerprint.why_whole"
        why = Reason(code, {"n": places, "share": share, "visible": round(100 * visible), "bits": signs.distance})
        return Verdict(True, score, region, found.mirrored, visible, why, places)
    code = "fingerprint.why_layout" if signs.places >= 8 else "fingerprint.why_weak"
    why = Reason(code, {"n": signs.places, "share": share})
    return Verdict(False, score, None, False, 0.0, why, signs.places)


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
