"""One picture against the whole list: its hash first, and only where that is near, the proof.

Belongs here: the two stages and what a row says of them. Not here: how a picture is decoded, hashed and compared
(`sitr.fingerprint`). Nine hundred and ninety-nine pictures of a thousand end after the first stage, so it alone decides
how fast a crawl is gone through.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sitr.finding.copies import LEAST_SIDE
from sitr.finding.sweep.records import Picture
from sitr.finding.sweep.watchlist import Listed, WatchList
from sitr.fingerprint import Look, judge, pdq, screen
from sitr.fingerprint.index import Index

NEAR = pdq.RADIUS
"""The radius of StopNCII and ThreatExchange: what the first stage hands on."""
WIDE = 60
"""The radius of `--wide`: the first wrong pair of 10.2 million stood at 78 bits."""
WIDE_MOST = 200_000
"""Hashes a list may have for `--wide`: beyond 31 bits every hash is looked at for every picture."""


@dataclass(frozen=True)
class Seen:
    """What came of one picture. `small`: too small to be told; `candidate`: its hash was near one of the list."""

    small: bool = False
    candidate: bool = False
    rows: tuple[Mapping[str, Any], ...] = field(default=())


class Screen:
    """A list made ready for looking up, once a worker."""

    def __init__(self, watch: WatchList, *, wide: bool, version: str) -> None:
        self._watch = watch
        self._radius = WIDE if wide else NEAR
        self._version = version
        self._index = Index()
        self._index.add(watch.hashes, np.arange(len(watch.hashes), dtype=np.uint64))

    def look(self, picture: Picture) -> Seen:
        """Compare one picture with every photo of the list. Raises BadInput as `fingerprint.decode`."""
        first = screen(picture.data)
        if min(first.width, first.height) < LEAST_SIDE:
            return Seen(small=True)
        if first.quality < pdq.QUALITY:
            return Seen()
        near = self._near(first.pdq)
        if not near:
            return Seen()
        rows = self._rows(picture, near, first.quality, (first.width, first.height))
        return Seen(candidate=True, rows=rows)

    def _near(self, bits: pdq.Bits) -> dict[int, tuple[int, str]]:
        """Photos with a hash within the radius: the least distance, and the view that has it."""
        hits = self._index.search(bits[None, :], self._radius)
        near: dict[int, tuple[int, str]] = {}
        for key, distance in zip(hits.key.tolist(), hits.distance.tolist(), strict=True):
            photo, view = self._watch.owners[key]
            near.setdefault(photo, (distance, view))  # hits come nearest first
        return near

    def _rows(
        self, picture: Picture, near: dict[int, tuple[int, str]], quality: int, size: tuple[int, int]
    ) -> tuple[Mapping[str, Any], ...]:
        look: Look | None = None
        rows: list[Mapping[str, Any]] = []
        for number in sorted(near):
            listed, (distance, view) = self._watch.photos[number], near[number]
            told: dict[str, Any] = {
                "distance": distance,
                "quality": quality,
                "view": view,
                "width": size[0],
                "height": size[1],
            }
            if listed.fingerprint is None:
                if distance <= NEAR:
                    rows.append(self._row(picture, listed, told | _by_hash(distance, view)))
                continue
            look = look or Look(picture.data)
            verdict = judge(listed.fingerprint, look)
            if verdict.match or verdict.same_scene or distance <= NEAR:
                region = [float(v) for corner in verdict.region for v in corner] if verdict.region else None
                proved: dict[str, Any] = {
                    "stage": "proved", "match": verdict.match, "score": float(verdict.score), "region": region,
                    "mirrored": verdict.mirrored, "visible": float(verdict.visible), "why": verdict.why.code,
                }  # fmt: skip
                rows.append(self._row(picture, listed, told | proved))
        return tuple(rows)

    def _row(self, picture: Picture, listed: Listed, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """Addresses are written for matches only: a list of what somebody else's crawl visited is nobody's business."""
        matched = bool(told["match"])
        return {
            "source": picture.source,
            "record": picture.record,
            "image_url": picture.url if matched and picture.url else None,
            "captured": picture.captured or None,
            "digest": picture.digest or "sha256:" + hashlib.sha256(picture.data).hexdigest(),
            "media_type": picture.media_type or None,
            "photo": listed.photo,
            **told,
            "sitr": self._version,
        }


def _by_hash(distance: int, view: str) -> dict[str, Any]:
    """What a hash alone says: today's practice, with no place and no proof."""
    return {
        "stage": "hash", "match": True, "score": round(1 - distance / 128, 4), "region": None,
        "mirrored": view in {"mirror", "flip", "transpose", "transverse"}, "visible": None,
        "why": "fingerprint.why_hash_only",
    }  # fmt: skip
