"""PDQ: the 256-bit picture hash that StopNCII, ThreatExchange and the large platforms match with.

Belongs here: hash, quality, the eight orientations, distance, hex form. `reference` is Meta's own code (package
pdqhash); `quick` is ours and weighs the same pixels in one pass, also when they come as averages of small blocks.
Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019, and its hashing code.

The order of the bits is a trap: hex digits follow the vector of pdqhash, most significant bit first; that is the
reverse of the row-major 16 x 16 DCT. Hashes in the other order look healthy and are some 112 bits from everything.
"""

from functools import cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pdqhash

from sitr.errors import BadInput
from sitr.fingerprint import kernel
from sitr.fingerprint.pixels import Averages, Grey

Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.uint8]
"""One hash as 32 bytes, or many as shape (n, 32)."""

RADIUS = 31
"""The distance at which StopNCII and ThreatExchange call two pictures the same."""
QUALITY = 50
"""Below this quality a hash says little: the picture is too flat."""
ORIENTATIONS = ("upright", "rot90", "rot180", "rot270", "flip", "mirror", "transpose", "transverse")
"""The order of `reference_orientations`; rotations are counter-clockwise, `mirror` is left to right."""
HASH_SIDE = 512
"""Longest side of candidates when they are hashed; photos are hashed larger, once."""


def reference(grey: Grey) -> tuple[Bits, int]:
    """PDQ and its quality (0 to 100), by Meta's code. `grey` is uint8 (rows, columns)."""
    vector, quality = pdqhash.compute(_three(grey))
    return np.packbits(vector.astype(np.uint8)), int(quality)


def reference_orientations(grey: Grey) -> tuple[Bits, int]:
    """PDQ of the picture in its eight orientations, shape (8, 32) in the order of ORIENTATIONS, and the quality."""
    vectors, quality = pdqhash.compute_dihedral(_three(grey))
    return np.packbits(np.asarray(vectors, dtype=np.uint8), axis=1), int(quality)


def _three(grey: Grey) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(np.repeat(grey[:, :, None], 3, axis=2))


def averaged(grey: Grey) -> Grey:
    """The picture averaged down to HASH_SIDE, to be hashed in a tenth of the time, some 4 bits off."""
    longest = max(grey.shape)
    if longest <= HASH_SIDE:
        return grey
    height, width = (max(1, round(side * HASH_SIDE / longest)) for side in grey.shape)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def distance(one: Bits, many: Bits) -> npt.NDArray[np.int64]:
    """Differing bits between one hash (32,) and each of many (n, 32)."""
    return np.asarray(np.bitwise_count(np.bitwise_xor(one[None, :], many)).sum(axis=1), dtype=np.int64)


def to_hex(bits: Bits) -> str:
    """64 lower-case hex digits in the order that ThreatExchange exchanges."""
    return bits.tobytes().hex()


def from_hex(text: str) -> Bits:
    """The 32 bytes of 64 hex digits. Raises BadInput("fingerprint.bad_pdq")."""
    try:
        raw = bytes.fromhex(text)
    except (ValueError, TypeError):
        raise BadInput("fingerprint.bad_pdq") from None
    if len(raw) != 32 or len(text) != 64:
        raise BadInput("fingerprint.bad_pdq")
    return np.frombuffer(raw, dtype=np.uint8)


def quick(grey: Grey) -> tuple[Bits, int]:
    """The reference's hash and quality, computed by us in a fiftieth of its time.

    Measured equal bit for bit on photographs; rounding may tell the two apart where a wave is as good as zero.
    """
    return of_plane(plane(grey, grey.shape[0], grey.shape[1]))


def plane(samples: npt.NDArray[Any], height: int, width: int, scale: int = 1, waves: int = 1) -> Floats:
    """The 64 x 64 averages that PDQ transforms, weighed as the reference weighs the pixels of the whole picture.

    `samples` (uint8 or float32): a picture of `height` x `width` pixels, or its averages over blocks of `scale` x
    `scale`, or the longest `waves` of its blocks (`kernel.jpeg_waves`).
    """
    return plane_of(Averages(samples, scale, waves, 1, width, height))


def plane_of(picture: Averages) -> Floats:
    """The same of a picture's averages, turned as it is seen."""
    samples, at = np.ascontiguousarray(picture.samples), picture.orientation
    if kernel.at_work():
        return kernel.plane(samples, picture.height, picture.width, picture.scale, picture.waves, at)
    down = weights(picture.height, picture.scale, picture.waves, mirrored=at in {3, 4, 6, 7})
    across = weights(picture.width, picture.scale, picture.waves, mirrored=at in {2, 3, 7, 8})
    found = down @ samples.astype(np.float32) @ across.T
    return np.asarray(found.T if at >= 5 else found, dtype=np.float32)


def of_plane(averages: Floats) -> tuple[Bits, int]:
    """PDQ (32 bytes) and its quality (0 to 100) from the 64 x 64 averages."""
    if kernel.at_work():
        return kernel.pdq(averages)
    return hash_plane(averages), quality(averages)


def weights(side: int, scale: int, waves: int = 1, *, mirrored: bool = False) -> Floats:
    """How much each sample along one side counts in each of 64 points (64, samples): two boxes, one after the other.

    The boxes are cut at the picture's ends and not quite centred, as in the reference; so a picture that is seen from
    its other end has weights of its own.
    """
    window = _window(side)
    half = (window + 2) // 2
    last = side - 1
    out = np.zeros((64, -(-side // scale) * waves))
    for point in range(64):
        centre = int((point + 0.5) * side / 64)
        outer = range(max(0, centre - window + half), min(last, centre + half - 1) + 1)
        for at in outer:
            inner = np.arange(max(0, at - window + half), min(last, at + half - 1) + 1)
            stored = last - inner if mirrored else inner
            for wave in range(waves):
                shape = np.sqrt(2) * np.cos((2 * (stored % 8) + 1) * wave * np.pi / 16) if wave else 1
                np.add.at(out[point], stored // scale * waves + wave, shape / (len(outer) * len(inner)))
    return np.asarray(out, dtype=np.float32)


def _window(side: int) -> int:
    return max(1, (side + 127) // 128)


@cache
def _dct() -> Floats:
    """Rows 1 to 16 of the 64-point DCT-II, as PDQ takes them."""
    k, n = np.arange(1, 17)[:, None], np.arange(64)[None, :]
    return np.asarray(np.sqrt(2 / 64) * np.cos(np.pi / 128 * k * (2 * n + 1)), dtype=np.float32)


def hash_plane(averages: Floats) -> Bits:
    """The bits of 64 x 64 averages, by numpy."""
    waves = (_dct() @ averages @ _dct().T).ravel()
    middle = np.partition(waves, 127)[127]  # the reference takes the lower of the two middle values
    return np.packbits((waves > middle)[::-1])


def quality(averages: Floats) -> int:
    """Sum of the steps between neighbours, in hundredths of the full range, as the reference counts them."""
    down = np.abs(np.trunc(np.diff(averages, axis=0) * 100 / 255)).sum()
    right = np.abs(np.trunc(np.diff(averages, axis=1) * 100 / 255)).sum()
    return min(100, int((down + right) / 90))
