"""Which of a page's images are copies of which of the person's photos, or show the same scene.

Belongs here: going through the images once, each decoded once and compared with every photo, whatever is wrong with
some of them. Not here: the comparison itself (`sitr.fingerprint`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sitr.errors import BadInput
from sitr.fingerprint import Fingerprint, Look, Reason, Verdict, judge, measure
from sitr.fingerprint.compare import Region

LEAST_SIDE = 64
"""Images with a shorter side are icons, buttons and tracking dots; no photo can be told in them."""


@dataclass(frozen=True)
class Found:
    """`image_url` shows a copy of photo `photo` (the key under which its fingerprint was handed in).

    `same_scene`: no sure copy, but the photo's scene: shot again, or the photo taken at a slant from a screen.
    `score`, `region`, `mirrored`, `visible`, `why`: as in `fingerprint.Verdict`; `width`, `height`: of the image,
    upright.
    """

    image_url: str
    photo: str
    score: float
    region: Region | None
    mirrored: bool
    visible: float
    why: Reason
    width: int
    height: int
    same_scene: bool = False


@dataclass(frozen=True)
class Skipped:
    """An image that could not be, or need not be, compared, and why."""

    image_url: str
    why: Reason


@dataclass(frozen=True)
class Search:
    """The outcome for one page: what was found, what was skipped, how many images were compared.

    Iterates over `found`.
    """

    found: tuple[Found, ...]
    skipped: tuple[Skipped, ...]
    looked: int

    def __iter__(self) -> Iterator[Found]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


def find_copies(images: Iterable[tuple[str, bytes]], photos: Mapping[str, Fingerprint]) -> Search:
    """Compare every image (its address, its bytes) with every photo, in the order given.

    Nothing about a single image ends the search: one that cannot be read is in `skipped` with its reason, and so is one
    too small to be a photo. The same bytes under several addresses are compared once and found under each.
    """
    known: dict[bytes, tuple[Found, ...] | Reason] = {}
    found: list[Found] = []
    skipped: list[Skipped] = []
    for url, data in images:
        digest = hashlib.sha256(data).digest()
        if digest not in known:
            known[digest] = _look_through(data, photos)
        outcome = known[digest]
        if isinstance(outcome, Reason):
            skipped.append(Skipped(url, outcome))
        else:
            found.extend(replace(each, image_url=url) for each in outcome)
    looked = sum(not isinstance(outcome, Reason) for outcome in known.values())
    return Search(tuple(found), tuple(skipped), looked)


def _look_through(data: bytes, photos: Mapping[str, Fingerprint]) -> tuple[Found, ...] | Reason:
    try:
        width, height = measure(data)
        if min(width, height) < LEAST_SIDE:
            return Reason("finding.skipped_small", {"width": width, "height": height})
        look = Look(data)
    except BadInput as refused:
        return Reason(refused.code, dict(refused.data))
    verdicts = [(name, judge(photo, look)) for name, photo in photos.items()]
    copies = [verdict for _, verdict in verdicts if verdict.match]
    found = [one for one in verdicts if one[1].match]
    found += [
        (name, one) for name, one in verdicts if one.same_scene and not any(_covers(copy, one) for copy in copies)
    ]
    return tuple(_found(name, verdict, look) for name, verdict in found)


def _covers(copy: Verdict, scene: Verdict) -> bool:
    """Whether the scene's middle lies in the copy: of photos taken one after the other a copy shows each one's scene,
    and what it is a copy of is enough to say."""
    if copy.region is None or scene.region is None:
        return False
    across, down = ([point[axis] for point in scene.region] for axis in (0, 1))
    middle = ((min(across) + max(across)) / 2, (min(down) + max(down)) / 2)
    sides = (([point[axis] for point in copy.region], at) for axis, at in enumerate(middle))
    return all(min(side) <= at <= max(side) for side, at in sides)


def _found(photo: str, verdict: Verdict, look: Look) -> Found:
    return Found(
        image_url="",
        photo=photo,
        score=verdict.score,
        region=verdict.region,
        mirrored=verdict.mirrored,
        visible=verdict.visible,
        why=verdict.why,
        width=look.width,
        height=look.height,
        same_scene=verdict.same_scene,
    )
