"""What is enough: the rules by which the signs for one placement are, or are not, a copy.

Belongs here: signs in, yes or no out, and every figure that decides. Where the figures come from is in
docs/decisions/0008-fingerprint.md; all were measured on the tuning half of the benchmark's photographs. Not here:
finding placements (`geometry`), looking at them (`closeup`, `sketch`, `shades`), saying it in words (`compare`).
"""

from dataclasses import dataclass

import numpy as np

from sitr.fingerprint import pdq
from sitr.fingerprint.closeup import Closeup
from sitr.fingerprint.shades import Likeness
from sitr.fingerprint.sketch import Agreement

_EVIDENCE = (0.16, -0.22, 0.26, -0.20, 0.10, -0.40, -2.1)
"""Log-odds for each place that is there or not, each block of steps that agrees or does not, each shade that does or
does not, and to begin with. Fitted (logistic, ridge) on the tuning half, places and steps first, shades on top of them.
"""
_ENOUGH = 2.0
"""Copies stood at 2.3 and above, other photos in the same layout at 1.5 and below, other strangers at 0.4."""
_ENOUGH_ALIKE, _ALIKE = 0.8, (0.93, 9, 0.03)
"""The line where nearly all shades agree, how many, and what may go against a quarter of the places: of 685 wrong
placements one had 0.9 of nine; two soft photos under one tiled name had ten of ten, and 0.034."""
_BY_CORNERS = (12, 0.8, 0.85, 8)
_BY_PLACES = (12, 0.8, 10, 0.006)
"""Places, their share of those tried, blocks of any kind, and what goes against a quarter of the places: a tiled name
on another soft photo had 12 of 12 places too, and 0.0073 and more; cuts of a photo 0.0012."""
_LEAST_HELD, _LEAST_BLOCKS, _LEAST_SHARE, _LEAST_VOTES = 5, 4, 0.6, 0.74
"""Below these nothing is proved, whatever the sum says: it was fitted on what is common, and strangers are legion."""
_LIKE, _LIKE_PLACES = 0.65, 0.9
"""Where not the sum decides, the shades must agree too (a copy in a collage: 0.68 of what it and its neighbours show),
and nearly all where the sketch is silent (a watermark's tile over another photo: 0.71).
"""
_LIT = 0.87
"""Of the shades, where the sketch itself has proposed the place: cuts of photos had 0.88 and more, one soft sky for
another under the same tiled name 0.75 and 0.83."""
_QUIET, _QUIET_HELD, _QUIET_THIRD = 0.65, 0.6, 0.6
"""Where the sketch has little to say (so much of the blocks that the shades show) and most places are there, a third of
the shades must be there to a tenth: what is alike may be the layout. Copies had 0.52 and less, skies in one layout 0.77
and more, and 0.82 of the places; where a collage hides the places, it hides the shades too."""
_SOFT_THIRD, _CUT_THIRD, _CUT_BLOCKS = 0.3, 0.75, 30
"""The same where nearly all is soft ground: copies 0.29 and less but under watermarks, skies in one layout 0.31. Of a
cut (fewer blocks than these) more is allowed: what two skies share is the whole of a layout; copies had 0.71."""
_WORN, _WORN_THIRD = 0.02, 0.6
"""And where so much goes against the places: under a watermark or writing light is off by more (copies had 0.52) and
the places are worn (0.044); the places of two skies in one layout are the layout's own, and clear (0.015 at most)."""
_PAGE = (0.95, 0.95, 0.6, 0.85, 40)
"""A page must be there as a whole: blocks of the sketch, shades, what half of them miss, places, and from how many
blocks of shades on it is whole; other text in the same table had 0.8 of the places, another sky in the same screenshot
0.92 of the blocks."""
REPEATED, _REPEATED_AGAINST, _REPEATED_PIECE = 0.6, 0.0045, (36, 0.0022)
"""In a wall of equal tiles nothing lies where it must but in its own picture: there a quarter of the features at least
is clear (copies 0.0044 and less), in the next wall's none is (0.0047 and more). Of a piece with fewer features than
these the clearest may be chance: the next wall's tiles had 17 of 17 places and 0.0036, and 15 of 15 and 0.00225."""
_REPEATED_DIM = (0.0035, 0.6, 1.5)
"""From so much against them on the places of such a wall are only nearly clear, and a third of the shades must be as
exact as this: the next wall had 0.0045 and 0.71 (tiles, mirrored); it costs 3 of 593 copies of drawn walls. However
clear they are, light may not be off by more than the last: another cloth had 3.8, copies of two photos 1.1."""
_NEARLY, _NEARLY_AGAINST = 0.4, 0.01
"""Where fewer features have a twin, bricks and planks of the next wall fit too, but badly: 0.012 and more; copies of
the 12 tuning photos that repeat so much had 0.0067 at most, in 68 edits."""
_CLEAR = (20, 0.0012, 0.4, 0.6, 9)
"""Places, what goes against the first quarter of them, what a third of the shades miss, blocks, and shades to say so:
where what is there is there to the last tenth, nothing else has to agree. Under a collage's tiles copies had 35 places,
0.0007, 0.39 and 0.67; of some 3,000 wrong placements that have so many places none but pages is that clear.
"""
_CLEAREST = (0.25, 0.7)
"""Where a third of the shades miss so little, fewer votes are enough: 0.72 in a collage, at 0.17; two skies in one chat
had 0.716, at 0.34."""
_CUT = (8, 0.8, 0.0012, 0.9, 9, 0.12)
"""Places, their share of those tried, what goes against a quarter of them, shades, from how many blocks, and what a
third of them miss: a cut to soft ground leaves the sketch two or three blocks, but what is there is there exactly.
Copies had 8 of 8 and more, 0.0007 and 0.05."""
_BY_SHADES = (2.5, 8, 0.3, 0.9, 12, 0.7, 0.7)
"""Where the shades have proposed the place, and what is there is worn: how well they fitted; places and their share of
those tried; of the shades the share, the blocks and what a third of them miss; the share of the sketch's blocks. Steps
and shades of one sky fit another's (to 4.3, with 0.97 of the votes, in 7,080 pairs), but its places are not there: 8 of
28 and 7 of 21 at most, with the shades off. Copies had 9 of 22 and 11 of 32. What is not worn may be a layout's."""
_AGAIN = (8, 0.3)
"""Places there, and the share of those tried, for a second look: in strangers' pictures seldom more than a quarter."""
_CLEARER = 0.7
"""Of what went against half of the places, so much at most may be left in a second look. Under a tiled watermark 0.56
and less was (0.1 to 0.3 mostly); of the next press of the shutter 1.2, and it would be called a copy more often."""
_LEAST_LIKE_BLOCKS = 4
"""A crop to burnt-out ground leaves no shades; a line through three would fit anything."""


@dataclass(frozen=True)
class Signs:
    """What speaks for one placement. `places`: corners of both pictures that agree; `distance`: bits of PDQ, 256 where
    the placement did not come from a hash; `light`: how well the shades fitted where they proposed it
    (`overlay.likeness`), 0 where they did not; `close`: None if it was not worth a look; `likeness`: None for a
    fingerprint without shades, and as long as it was not asked for.
    """

    places: int
    distance: int
    agreement: Agreement
    close: Closeup | None = None
    likeness: Likeness | None = None
    light: float = 0.0


def evidence(signs: Signs) -> float:
    """How strongly places, sketch and shades speak for a copy: logarithm of the odds.

    None stands alone: what sketch and shades say counts by their blocks, what places say by those that were tried.
    """
    held, tried = (signs.close.held, signs.close.tried) if signs.close else (0, 0)
    agreeing = signs.agreement.share * signs.agreement.blocks
    like, shades = (signs.likeness.share, signs.likeness.blocks) if signs.likeness else (0.0, 0)
    told = (held, tried - held, agreeing, signs.agreement.blocks - agreeing, like * shades, (1 - like) * shades)
    return float(np.dot(_EVIDENCE[:6], told)) + _EVIDENCE[6]


def worth_shades(signs: Signs) -> bool:
    """Whether a placement is near enough to a proof for its shades to be asked for."""
    return signs.close is not None and (signs.distance <= pdq.RADIUS or signs.close.held >= _LEAST_HELD)


def worn(signs: Signs) -> bool:
    """Whether so much goes against the places that something must lie over them."""
    return signs.close is not None and signs.close.against[1] >= _WORN


def worth_again(signs: Signs) -> bool:
    """Whether so many of the places are there that a second look may prove what the first did not."""
    least, share = _AGAIN
    return signs.close is not None and signs.close.held >= max(least, share * signs.close.tried)


def clearer(again: Signs, before: Signs) -> bool:
    """Whether the second look saw the places so much clearer that there was writing over them to take off."""
    if again.close is None or before.close is None:
        return False
    return again.close.against[1] <= _CLEARER * before.close.against[1]


def proved(signs: Signs, *, wholly_drawn: bool, soft_ground: bool) -> bool:
    """The rule of the house: places, sketch and shades must all say so, each as far as it has something to say."""
    if signs.close is None:
        return False
    if wholly_drawn:
        return _proved_drawn(signs, signs.close, soft_ground=soft_ground)
    return _proved_photo(signs, signs.close)


def _as_light(signs: Signs, least: float) -> bool:
    """Whether light and dark are the photo's, also where it is soft: nothing else tells two skies in one page apart."""
    like = signs.likeness
    return like is None or like.blocks < _LEAST_LIKE_BLOCKS or like.share >= least


def lit(signs: Signs) -> bool:
    """Whether a placement that was proposed by light has the photo's light: its steps are no witness of their own."""
    like = signs.likeness
    return like is not None and like.blocks >= _LEAST_LIKE_BLOCKS and like.share >= _LIT


def of_one_kind(signs: Signs, repeated: float) -> bool:
    """Whether what was found is this photo, and not another wall of such tiles, or another page of such icons.

    `repeated`: the share of the photo's features that look like others of its own.
    """
    if signs.close is None or repeated < _NEARLY:
        return True
    if repeated < REPEATED:
        return signs.close.against[0] <= _NEARLY_AGAINST
    few, clear = _REPEATED_PIECE
    nearly, third, furthest = _REPEATED_DIM
    lit = _lit_as(signs, furthest if signs.close.against[0] <= nearly else third)
    return lit and signs.close.against[0] <= (clear if signs.close.tried < few else _REPEATED_AGAINST)


def _lit_as(signs: Signs, third: float) -> bool:
    """Whether light and dark are exactly the photo's where nothing was done to them."""
    like = signs.likeness
    return like is None or like.blocks < _LEAST_LIKE_BLOCKS or like.third <= third


def quiet(signs: Signs) -> bool:
    """Whether the sketch has little to say of what the shades show: soft light, in which no place is sharp."""
    return signs.likeness is not None and signs.agreement.blocks < _QUIET * signs.likeness.blocks


def _proved_photo(signs: Signs, close: Closeup) -> bool:
    agreement = signs.agreement
    if quiet(signs) and close.held >= _QUIET_HELD * close.tried and not _lit_as(signs, _QUIET_THIRD):
        return False
    whole = signs.distance <= pdq.RADIUS and agreement.share >= 0.7 and agreement.blocks >= 8
    if whole and close.held >= 0.3 * close.tried and _as_light(signs, _LIKE):
        return True
    if _clear(signs, close) or _cut(signs, close) or _shaded(signs, close):
        return True
    # Under a collage's tiles or in grain most places are gone; then many corners and the whole sketch must agree.
    corners, share, votes, blocks = _BY_CORNERS
    many = signs.places >= corners and close.held >= corners and agreement.share >= share
    if many and agreement.votes >= votes and agreement.blocks >= blocks and _as_light(signs, _LIKE):
        return True
    # A crop to black or burnt-out ground leaves the sketch little to say; then nearly all places must be there.
    held, of_tried, blocks, against = _BY_PLACES
    there = close.held >= max(held, of_tried * close.tried) and close.against[0] <= against
    told = agreement.blocks + (signs.likeness.blocks if signs.likeness else 0)
    if there and told >= blocks and agreement.share >= _LEAST_SHARE and _as_light(signs, _LIKE_PLACES):
        return True
    enough = close.held >= _LEAST_HELD and agreement.blocks >= _LEAST_BLOCKS
    enough = enough and agreement.share >= _LEAST_SHARE and agreement.votes >= _LEAST_VOTES
    return enough and evidence(signs) >= (_ENOUGH_ALIKE if _alike(signs) else _ENOUGH)


def _cut(signs: Signs, close: Closeup) -> bool:
    held, of_tried, against, share, blocks, third = _CUT
    there = close.held >= max(held, of_tried * close.tried) and close.against[0] <= against
    like = signs.likeness
    lit = like is not None and like.blocks >= blocks and like.share >= share and like.third <= third
    return there and lit and signs.agreement.share >= _LEAST_SHARE


def _shaded(signs: Signs, close: Closeup) -> bool:
    light, held, of_tried, share, blocks, third, steps = _BY_SHADES
    like = signs.likeness
    there = signs.light >= light and worn(signs) and close.held >= max(held, of_tried * close.tried)
    lit = like is not None and like.blocks >= blocks and like.share >= share and like.third <= third
    return there and lit and signs.agreement.share >= steps and signs.agreement.votes >= _LEAST_VOTES


def _clear(signs: Signs, close: Closeup) -> bool:
    held, against, third, share, blocks = _CLEAR
    votes = _CLEAREST[1] if _lit_as(signs, _CLEAREST[0]) else _LEAST_VOTES
    there = close.held >= held and close.against[0] <= against
    lit = signs.likeness is not None and signs.likeness.blocks >= blocks and _lit_as(signs, third)
    return there and lit and signs.agreement.share >= share and signs.agreement.votes >= votes


def _alike(signs: Signs) -> bool:
    share, blocks, against = _ALIKE
    lit = signs.likeness is not None and signs.likeness.share >= share and signs.likeness.blocks >= blocks
    return lit and signs.close is not None and signs.close.against[0] <= against


def _proved_drawn(signs: Signs, close: Closeup, *, soft_ground: bool) -> bool:
    """For a photo that is nearly all soft ground, or a page: what it has may be any page's, so all must agree more.

    Copies of photos before a soft ground, also in collages, agree in 0.73 of the blocks, 0.86 of the votes and 0.63 of
    the places.
    """
    agreement = signs.agreement
    if not soft_ground:
        return _proved_page(signs, close)
    if not _lit_as(signs, _soft_third(signs)):
        return False
    if signs.distance <= pdq.RADIUS and agreement.share >= 0.85:
        return _as_light(signs, _LIKE)
    if _alike(signs) and close.held >= _LEAST_HELD and agreement.share >= 0.85 and evidence(signs) >= _ENOUGH:
        return True
    there = close.held >= 8 and close.held >= 0.6 * close.tried and agreement.share >= 0.7 and agreement.votes >= 0.84
    there = there or (agreement.share >= 0.85 and close.held >= 12)
    return there and agreement.blocks >= 12 and _as_light(signs, _LIKE)


def _soft_third(signs: Signs) -> float:
    if signs.likeness is not None and signs.likeness.blocks < _CUT_BLOCKS:
        return _CUT_THIRD
    return _WORN_THIRD if worn(signs) else _SOFT_THIRD


def _proved_page(signs: Signs, close: Closeup) -> bool:
    """A page is proved by the whole of it: with another photo or other words in it, most of it is there."""
    share, alike, half, held, blocks = _PAGE
    agreement, like = signs.agreement, signs.likeness
    if like is None:  # of version 1, without shades
        return signs.distance <= pdq.RADIUS and agreement.share >= 0.85
    whole = signs.distance <= pdq.RADIUS or like.blocks >= blocks
    there = agreement.share >= share and close.held >= held * close.tried
    return whole and there and like.share >= alike and like.half <= half
