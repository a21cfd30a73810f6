"""The fingerprint: what is kept of a photo so that its copies are found without it, and its stored form.

Belongs here: the value, its two parts, bytes and JSON, the bounds that both are read back with. The format is described
for other programs in docs/fingerprint-format.md; a change of meaning needs a new version number, and old ones stay
readable.
"""

import base64
import binascii
import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sitr.errors import BadInput, Damaged
from sitr.fingerprint import frames, pdq, selection, shades, sketch, views
from sitr.fingerprint.features import Features
from sitr.fingerprint.frames import CELLS
from sitr.fingerprint.pdq import Bits
from sitr.fingerprint.pixels import MAX_SIDE, MIN_SIDE, decode, shrunk
from sitr.fingerprint.shades import Shades
from sitr.fingerprint.sketch import Steps
from sitr.fingerprint.views import KINDS, View

VERSION = 2
"""Of what is made now. Version 1 had no shades; a shareable part alone is the same in both, and is written as 1."""
FEATURE_SIDE = 640
"""The photo's longer side when its local features are taken."""
FEATURES = 72

_MAGIC = b"SITRFP"
_HEAD = struct.Struct(">6sBHH")
_SHARED = struct.Struct(">IIBB")
_SEALED = struct.Struct(">BHHH")
_MAX_VIEWS = len(KINDS)
_MAX_FEATURES = 512
_SIZES = 16  # sizes are stored as sixteenths of a pyramid step


@dataclass(frozen=True)
class Fingerprint:
    """What is computed from one photo.

    Shareable: `width`, `height` (upright pixels), `orientations` (8, 32) PDQ in the order of `pdq.ORIENTATIONS`,
    `pdq_quality`, `views`. Sealed: `features` (in pixels of a photo `feature_width` x `feature_height`), `steps` (the
    sketch), `wholly_drawn` (a chat, a document, a drawing: nothing but frame, so a copy has to agree more) and then
    `soft_ground` (its ground has many shades: more likely a photo's than a page's), `shades` (8, 8; None in version 1).
    A fingerprint whose sealed part was left out can be compared by its hashes alone.
    """

    width: int
    height: int
    pdq_quality: int
    orientations: Bits
    views: tuple[View, ...]
    feature_width: int = 0
    feature_height: int = 0
    features: Features | None = field(default=None, repr=False)
    steps: Steps | None = field(default=None, repr=False)
    wholly_drawn: bool = False
    soft_ground: bool = False
    shades: Shades | None = field(default=None, repr=False)

    @property
    def version(self) -> int:
        """Of the form in which it is stored."""
        return 1 if self.shades is None else VERSION

    @property
    def pdq(self) -> str:
        """PDQ of the upright photo, 64 hex digits in ThreatExchange's order."""
        return pdq.to_hex(self.orientations[0])

    def pack(self) -> bytes:
        """Both parts as bytes, with a version and a check sum. Sealed before it is stored."""
        shared, sealed = self.shareable(), self.sealed()
        body = _HEAD.pack(_MAGIC, self.version, len(shared), len(sealed)) + shared + sealed
        return body + struct.pack(">I", zlib.crc32(body))

    def shareable(self) -> bytes:
        """The part that may, by consent, be handed to a matcher: PDQ hashes and the size of the photo."""
        head = _SHARED.pack(self.width, self.height, self.pdq_quality, len(self.views))
        return (
            head
            + self.orientations.tobytes()
            + b"".join(bytes([v.kind, v.quality]) + v.pdq.tobytes() for v in self.views)
        )

    def sealed(self) -> bytes:
        """The part that stays sealed: places and looks of local features, sketch and shades. Empty if left out."""
        if self.features is None or self.steps is None:
            return b""
        flag = self.wholly_drawn + (self.wholly_drawn and self.soft_ground)
        head = _SEALED.pack(flag, self.feature_width, self.feature_height, len(self.features))
        shaded = b"" if self.shades is None else self.shades.tobytes()
        return head + _pack_steps(self.steps) + shaded + _pack_features(self.features)

    def without_sealed(self) -> "Fingerprint":
        """Only the shareable part."""
        return Fingerprint(self.width, self.height, self.pdq_quality, self.orientations, self.views)

    @staticmethod
    def unpack(data: bytes) -> "Fingerprint":
        """Read `pack`'s bytes back.

        Raises Damaged("fingerprint.damaged_fingerprint"), BadInput("fingerprint.other_version").
        """
        if len(data) < _HEAD.size + 4 or data[:6] != _MAGIC:
            raise Damaged("fingerprint.damaged_fingerprint")
        _, version, shared, sealed = _HEAD.unpack_from(data)
        if not 1 <= version <= VERSION:
            raise BadInput("fingerprint.other_version", version=version, known=VERSION)
        end = _HEAD.size + shared + sealed
        if len(data) != end + 4 or struct.unpack_from(">I", data, end)[0] != zlib.crc32(data[:end]):
            raise Damaged("fingerprint.damaged_fingerprint")
        return _unpack_parts(data[_HEAD.size : _HEAD.size + shared], data[_HEAD.size + shared : end], version)

    @staticmethod
    def from_shareable(untrusted: bytes) -> "Fingerprint":
        """The fingerprint whose shareable part somebody else computed: a browser, another program.

        Beyond the bounds of the format: each kind of view at most once and in order, none too flat, no hash with more
        ones than a median leaves. Raises BadInput("fingerprint.bad_shareable"), and ("fingerprint.too_flat") when the
        photo itself is, since such a hash finds nothing.
        """
        try:
            made = _unpack_parts(untrusted, b"", 1)
        except Damaged:
            raise BadInput("fingerprint.bad_shareable") from None
        kinds = [view.kind for view in made.views]
        hashes = np.concatenate([made.orientations, *(view.pdq[None] for view in made.views)])
        ordered = kinds == sorted(set(kinds)) and all(view.quality >= pdq.QUALITY for view in made.views)
        if not ordered or min(made.width, made.height) < MIN_SIDE or np.bitwise_count(hashes).sum(axis=1).max() > 128:
            raise BadInput("fingerprint.bad_shareable")
        if made.pdq_quality < pdq.QUALITY:
            raise BadInput("fingerprint.too_flat")
        return made

    def to_json(self) -> dict[str, Any]:
        """A line of `sitr fingerprint` less the file's name: readable hashes, and all in `fingerprint` (base64)."""
        return {
            "width": self.width,
            "height": self.height,
            "pdq": self.pdq,
            "pdq_quality": self.pdq_quality,
            "fingerprint_version": self.version,
            "pdq_orientations": dict(zip(pdq.ORIENTATIONS, (pdq.to_hex(o) for o in self.orientations), strict=True)),
            "pdq_views": {KINDS[v.kind]: pdq.to_hex(v.pdq) for v in self.views},
            "fingerprint": base64.b64encode(self.pack()).decode("ascii"),
        }

    @staticmethod
    def from_json(line: dict[str, Any]) -> "Fingerprint":
        """The fingerprint in such a line. Raises as `unpack`, and BadInput("fingerprint.no_fingerprint")."""
        text = line.get("fingerprint")
        if not isinstance(text, str):
            raise BadInput("fingerprint.no_fingerprint")
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise Damaged("fingerprint.damaged_fingerprint") from None
        return Fingerprint.unpack(data)


def fingerprint(image: bytes) -> Fingerprint:
    """The fingerprint of a photo's file. The photo is not kept; no two photos share one. Raises as `decode`."""
    pixels = decode(image, at_least=FEATURE_SIDE, at_most=2 * FEATURE_SIDE)
    orientations, quality = pdq.reference_orientations(pixels.grey)
    grey = shrunk(pixels.grey, FEATURE_SIDE)
    frame = frames.find(grey)
    chosen = selection.choose(grey, FEATURES, frame)
    return Fingerprint(
        width=pixels.width,
        height=pixels.height,
        pdq_quality=quality,
        orientations=orientations,
        views=views.make(grey),
        feature_width=grey.shape[1],
        feature_height=grey.shape[0],
        features=_unpack_features(_pack_features(chosen), len(chosen)),
        steps=sketch.make(grey, frame),
        wholly_drawn=frame.wholly_drawn,
        soft_ground=frame.soft_ground,
        shades=shades.make(grey),
    )


def _pack_features(features: Features) -> bytes:
    """38 bytes each: column and row in 1/32 pixel, size, direction in 1/256 turn, and the 32 bytes of bits."""
    out = np.zeros(len(features), dtype=_RECORD)
    out["xy"] = np.clip(np.rint((features.xy + 0.5) * 32), 0, 65535)
    out["size"] = np.clip(np.rint(np.log(features.size) / _STEP_LOG), 0, 255)
    out["angle"] = np.rint(features.angle * 256 / (2 * np.pi)).astype(np.int64) % 256
    out["bits"] = features.bits
    return out.tobytes()


def _unpack_features(data: bytes, count: int) -> Features:
    rows = np.frombuffer(data, dtype=_RECORD, count=count)
    return Features(
        (rows["xy"].astype(np.float32) / np.float32(32) - np.float32(0.5)).astype(np.float32),
        np.exp(rows["size"].astype(np.float32) * np.float32(_STEP_LOG)),
        rows["angle"].astype(np.float32) * np.float32(2 * np.pi / 256),
        rows["bits"].copy(),
    )


_RECORD = np.dtype([("xy", ">u2", (2,)), ("size", "u1"), ("angle", "u1"), ("bits", "u1", (32,))])
_STEP_LOG = float(np.log(1.25) / _SIZES)


def _pack_steps(steps: Steps) -> bytes:
    """512 bytes: first which cells vote, then, of all cells, which are brighter; row-major, right before below."""
    return np.packbits(steps != 0).tobytes() + np.packbits(steps > 0).tobytes()


def _unpack_steps(data: bytes) -> Steps:
    both = np.unpackbits(np.frombuffer(data, dtype=np.uint8)).reshape(2, 2, CELLS, CELLS).astype(np.int8)
    if (both[1] > both[0]).any():
        raise Damaged("fingerprint.damaged_fingerprint")
    return np.asarray(both[1] * 2 - both[0], dtype=np.int8)


_STEP_BYTES = 2 * 2 * CELLS * CELLS // 8


def _unpack_parts(shared: bytes, sealed: bytes, version: int) -> Fingerprint:
    if len(shared) < _SHARED.size + 256:
        raise Damaged("fingerprint.damaged_fingerprint")
    width, height, quality, count = _SHARED.unpack_from(shared)
    seen = _unpack_views(shared[_SHARED.size + 256 :], count)
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and quality <= 100):
        raise Damaged("fingerprint.damaged_fingerprint")
    hashes = np.frombuffer(shared, dtype=np.uint8, count=256, offset=_SHARED.size).reshape(8, 32)
    if not sealed and version == 1:
        return Fingerprint(width, height, quality, hashes, seen)
    return _with_sealed(Fingerprint(width, height, quality, hashes, seen), sealed, version)


def _unpack_views(data: bytes, count: int) -> tuple[View, ...]:
    if count > _MAX_VIEWS or len(data) != 34 * count:
        raise Damaged("fingerprint.damaged_fingerprint")
    rows = [data[at : at + 34] for at in range(0, len(data), 34)]
    if any(row[0] >= len(KINDS) or row[1] > 100 for row in rows):
        raise Damaged("fingerprint.damaged_fingerprint")
    return tuple(View(row[0], np.frombuffer(row, dtype=np.uint8, offset=2), row[1]) for row in rows)


def _with_sealed(shared: Fingerprint, data: bytes, version: int) -> Fingerprint:
    shaded = 0 if version == 1 else shades.SIDE**2
    start = _SEALED.size + _STEP_BYTES + shaded
    if len(data) < start:
        raise Damaged("fingerprint.damaged_fingerprint")
    flag, width, height, count = _SEALED.unpack_from(data)
    fits = flag <= 2 and 0 < width <= FEATURE_SIDE and 0 < height <= FEATURE_SIDE and count <= _MAX_FEATURES
    if not fits or len(data) != start + count * _RECORD.itemsize:
        raise Damaged("fingerprint.damaged_fingerprint")
    return replace(
        shared,
        feature_width=width,
        feature_height=height,
        features=_unpack_features(data[start:], count),
        steps=_unpack_steps(data[_SEALED.size : start - shaded]),
        wholly_drawn=flag > 0,
        soft_ground=flag == 2,
        shades=_unpack_shades(data[start - shaded : start]),
    )


def _unpack_shades(data: bytes) -> Shades | None:
    return np.frombuffer(data, dtype=np.uint8).reshape(shades.SIDE, shades.SIDE) if data else None
