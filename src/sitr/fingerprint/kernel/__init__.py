"""The compiled kernel: the few loops that everything else waits for, in C++, and how they are reached.

Belongs here: loading the library, checking arrays before their addresses are handed over, one function a loop. Not
here: what the loops are for. Each has a twin in numpy or OpenCV beside its caller, which does the work where there was
no compiler (`at_work()` is False then) and which the tests compare it with. Calls release Python's lock.
"""

import ctypes
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Rows = npt.NDArray[np.uint32]

FOLDER = Path(__file__).parent
_LIBRARY = FOLDER / "_kernel.so"


def digest() -> str:
    """SHA-256 over the names and contents of the sources beside this file, as the build writes it into the library."""
    found = hashlib.sha256()
    for source in sorted([*FOLDER.glob("*.cpp"), *FOLDER.glob("*.h")]):
        found.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return found.hexdigest()


@cache
def state() -> str:
    """`compiled`, or why not: `missing` (no compiler at set-up), `stale` (made from other sources), `unloadable`."""
    if not _LIBRARY.is_file():
        return "missing"
    try:
        library = ctypes.CDLL(str(_LIBRARY))
        named = library.sitr_sources
    except (OSError, AttributeError):
        return "unloadable"
    named.restype = ctypes.c_char_p
    return "compiled" if named() == digest().encode() else "stale"


def at_work() -> bool:
    """Whether the compiled loops are used; otherwise numpy and OpenCV do the same, slower."""
    return state() == "compiled"


@cache
def function(name: str, *kinds: Any, result: Any = ctypes.c_int64) -> Callable[..., int]:
    """The kernel's function `name`, taking `kinds` and giving `result` (ctypes types)."""
    found = getattr(ctypes.CDLL(str(_LIBRARY)), "sitr_" + name)
    found.argtypes = list(kinds)
    found.restype = result
    called: Callable[..., int] = found
    return called


def address(array: npt.NDArray[Any], kind: type[np.generic], shape: tuple[int | None, ...]) -> int:
    """Where an array lies, after a look at what it is: the kernel trusts what it is given. `None`: any length."""
    fits = array.shape == shape or (None in shape and _fits(array.shape, shape))
    if array.dtype != kind or not fits or not array.flags.c_contiguous:
        raise TypeError(f"the kernel wants {kind.__name__} {shape}, not {array.dtype} {array.shape}")
    return where(array)


def _fits(found: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(found) == len(wanted) and all(w is None or w == f for f, w in zip(found, wanted, strict=True))


def where(array: npt.NDArray[Any]) -> int:
    """The address of an array's first element; `array.ctypes` would build an object for each."""
    found: int = array.__array_interface__["data"][0]
    return found


_P, _L, _D = ctypes.c_void_p, ctypes.c_int64, ctypes.c_double


def near(mine: Bytes, other: Bytes, limits: Doubles, k: int) -> tuple[Longs, Longs]:
    """For each of `mine` (n, 32) its `k` nearest of `other` (m, 32) within `limits` (n,) bits: two columns of pairs."""
    n, m = len(mine), len(other)
    first, second = np.empty(n * k, np.int64), np.empty(n * k, np.int64)
    call = function("near", _P, _L, _P, _L, _P, _L, _P, _P)
    count = call(
        address(mine, np.uint8, (n, 32)),
        n,
        address(other, np.uint8, (m, 32)),
        m,
        address(limits, np.float64, (n,)),
        k,
        where(first),
        where(second),
    )
    return first[:count], second[:count]


def slide(brighter: Rows, sizes: Longs, votes: tuple[Rows, Rows], bounds: tuple[int, int, int]) -> Doubles:
    """How well each of the cuts `brighter` (n, 2, 32), of `sizes` (n, 2; columns, rows), fits at each place.

    `votes`: for brighter and for darker, (2, 32) each. `bounds`: how far a step leads, least votes of a kind, of all.
    """
    n = len(brighter)
    if n and not (sizes.min() > bounds[0] and sizes.max() <= 32):
        raise ValueError("cuts are of more cells than a step and of 32 at most")
    out = np.empty(int((33 - sizes).prod(axis=1).sum()), np.float64)
    where_votes = (address(each, np.uint32, (2, 32)) for each in votes)
    cuts = address(brighter, np.uint32, (n, 2, 32)), address(sizes, np.int64, (n, 2))
    function("slide", _P, _P, _L, _P, _P, _L, _L, _L, _P)(*cuts, n, *where_votes, *bounds, where(out))
    return out


def describe(
    smooth: Bytes,
    at: tuple[Longs, Longs],
    turn: tuple[Floats, Floats],
    lattice: tuple[Floats, Floats],
    pairs: tuple[Longs, Longs],
) -> Bytes:
    """256 bits for each place `at` (rows, columns), the `lattice` turned by `turn` (cosines, sines): (n, 32)."""
    n, points = len(at[0]), len(lattice[0])
    out = np.empty((n, 32), np.uint8)
    call = function("describe", _P, _L, _L, _P, _P, _P, _P, _L, _P, _P, _L, _P, _P, _P)
    call(
        address(smooth, np.uint8, (None, None)),
        *smooth.shape,
        *(address(a, np.int64, (n,)) for a in at),
        *(address(a, np.float32, (n,)) for a in turn),
        n,
        *(address(a, np.float32, (points,)) for a in lattice),
        points,
        *(address(a, np.int64, (256,)) for a in pairs),
        where(out),
    )
    return out


def corners(level: Bytes, margin: int, least: float) -> tuple[Longs, Longs, Floats]:
    """Rows, columns and strength of the corners of a level: the strongest within three pixels, above `least`."""
    rows, columns = level.shape
    room = max(0, (rows - 2 * margin) * (columns - 2 * margin))
    down, across, strength = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.float32)
    call = function("corners", _P, _L, _L, _L, ctypes.c_float, _L, _P, _P, _P)
    at = address(level, np.uint8, (None, None)), rows, columns
    count = call(*at, margin, least, room, where(down), where(across), where(strength))
    if count < 0:
        raise MemoryError
    return down[:count].copy(), across[:count].copy(), strength[:count].copy()


def gradients(picture: Bytes, smooth: Floats, rows: Longs, columns: Longs) -> tuple[Floats, Floats]:
    """The slopes to the right and downwards of the picture blurred with `smooth`, at the places only."""
    n = len(rows)
    if not 1 <= len(smooth) <= 63 or min(picture.shape) < 2:
        raise ValueError("63 weights and two pixels each way")
    if n and (rows.min() < 0 or columns.min() < 0 or rows.max() >= len(picture) or columns.max() >= picture.shape[1]):
        raise ValueError("places lie in the picture")
    dx, dy = np.empty(n, np.float32), np.empty(n, np.float32)
    call = function("gradients", _P, _L, _L, _P, _L, _P, _P, _L, _P, _P)
    call(
        address(picture, np.uint8, (None, None)),
        *picture.shape,
        address(smooth, np.float32, (len(smooth),)),
        len(smooth),
        address(rows, np.int64, (n,)),
        address(columns, np.int64, (n,)),
        n,
        where(dx),
        where(dy),
    )
    return dx, dy


def proposals(
    ends: tuple[Doubles, Doubles], size: Doubles, turn: Doubles, mine: Longs, side: float, most: int, least: int
) -> Bytes:
    """Who votes for each of the best placements that the matches propose: (up to `most`, n) of 0 and 1."""
    n = len(mine)
    out = np.empty((most, n), np.uint8)
    call = function("proposals", _P, _P, _P, _P, _P, _L, _D, _L, _L, _P)
    count = call(
        *(address(points, np.float64, (n, 2)) for points in ends),
        address(size, np.float64, (n,)),
        address(turn, np.float64, (n,)),
        address(mine, np.int64, (n,)),
        n,
        side,
        most,
        least,
        where(out),
    )
    if count < 0:
        raise MemoryError
    return out[:count]


Described = tuple[Floats, Floats, Floats, Bytes]
"""Places (n, 2), sizes, angles and bits of features."""


def guided(
    there: Doubles, photo: Described, candidate: Described, near: float, size: float, turn: float, limits: Doubles
) -> tuple[Longs, Longs]:
    """For each of the photo's features the most alike of the candidate's `near` where it is expected: pairs."""
    n, m = len(there), len(candidate[0])
    mine, other = np.empty(n, np.int64), np.empty(n, np.int64)
    call = function("guided", _P, _P, _P, _P, _L, _P, _P, _P, _P, _L, _D, _D, _D, _P, _P, _P)
    count = call(
        address(there, np.float64, (n, 2)),
        address(photo[1], np.float32, (n,)),
        address(photo[2], np.float32, (n,)),
        address(photo[3], np.uint8, (n, 32)),
        n,
        address(candidate[0], np.float32, (m, 2)),
        address(candidate[1], np.float32, (m,)),
        address(candidate[2], np.float32, (m,)),
        address(candidate[3], np.uint8, (m, 32)),
        m,
        near,
        size,
        turn,
        address(limits, np.float64, (n,)),
        where(mine),
        where(other),
    )
    if count < 0:
        raise MemoryError
    return mine[:count], other[:count]


def fit(start: Doubles, end: Doubles, *, stretch: bool) -> Doubles | None:
    """The map (2 x 3) from `start` to `end` (n, 2), odd ones weighed down; None when it cannot be told."""
    n = len(start)
    if n == 0:
        return None
    out = np.empty((2, 3), np.float64)
    call = function("fit", _P, _P, _L, _L, _P)
    found = call(address(start, np.float64, (n, 2)), address(end, np.float64, (n, 2)), n, stretch, where(out))
    if found < 0:
        raise MemoryError
    return out if found else None


def agree(
    level: Bytes, placed: Doubles, steps: npt.NDArray[np.int8], least_group: int, block_votes: int, block_agrees: float
) -> tuple[float, int, float]:
    """Share of the blocks that agree, number of blocks, share of the votes: the sketch looked up in a picture."""
    rows, columns = level.shape
    if min(rows, columns) < 1 or not np.isfinite(placed).all():
        raise ValueError("a place in a picture")
    out = np.empty(3, np.float64)
    call = function("agree", _P, _L, _L, _P, _P, _L, _L, _D, _P)
    at = address(level, np.uint8, (rows, columns)), rows, columns, address(placed, np.float64, (2, 3))
    call(*at, address(steps, np.int8, (2, 32, 32)), least_group, block_votes, block_agrees, where(out))
    return float(out[0]), int(out[1]), float(out[2])


def plane(
    samples: npt.NDArray[Any], height: int, width: int, scale: int = 1, waves: int = 1, orientation: int = 1
) -> Floats:
    """The 64 x 64 averages that PDQ transforms, of a picture stored as `height` x `width` pixels, as it is seen.

    `samples` (uint8 or float32): its averages over blocks of `scale` x `scale` pixels, or `waves` x `waves` samples for
    each block of 8 x 8, as `jpeg_waves` gives them. `orientation`: EXIF's, 1 to 8. Raises MemoryError.
    """
    floats = samples.dtype == np.float32
    out = np.empty((64, 64), np.float32)
    rows, columns = samples.shape
    if min(rows, columns, height, width, scale) < 1 or not 1 <= waves <= scale or not 1 <= orientation <= 8:
        raise ValueError("a picture has pixels")
    if waves > 1 and scale != 8:
        raise ValueError("waves are of blocks of 8")
    if rows != waves * -(-height // scale) or columns != waves * -(-width // scale):
        raise ValueError("the samples do not cover the picture")
    call = function("plane", _P, _L, _L, _L, _L, _L, _L, _L, _L, _P)
    at = address(samples, np.float32 if floats else np.uint8, (rows, columns))
    if call(at, floats, rows, columns, height, width, scale, waves, orientation, where(out)):
        raise MemoryError
    return out


def pdq(averages: Floats) -> tuple[Bytes, int]:
    """PDQ (32 bytes) and quality of 64 x 64 averages."""
    bits = np.empty(32, np.uint8)
    quality = function("pdq", _P, _P)(address(averages, np.float32, (64, 64)), where(bits))
    return bits, quality


class JpegHead(NamedTuple):
    """What a JPEG says of itself: size in pixels as stored, EXIF orientation (1 to 8), how it is stored.

    `scans`: how often the mark of a scan stands anywhere in the bytes, in a thumbnail or behind the end too.
    """

    width: int
    height: int
    orientation: int
    progressive: bool
    scans: int


def jpeg_head(data: bytes) -> JpegHead | None:
    """The head of a JPEG that `jpeg_waves` may read, None when it is left to others."""
    told = np.empty(5, np.int64)
    if function("jpeg_head", ctypes.c_char_p, _L, _P)(data, len(data), where(told)):
        return None
    width, height, orientation, progressive, scans = told.tolist()
    return JpegHead(width, height, orientation, bool(progressive), scans)


def jpeg_waves(data: bytes, head: JpegHead, waves: int = 1) -> Floats | None:
    """The longest waves of a JPEG's 8 x 8 blocks of brightness, unturned: `waves` x `waves` samples a block, 1 to 8.

    The first is the block's average (0 to 255), and all there is of it with `waves` 1; wave u along a side stands for
    sqrt(2) cos((2x + 1) u pi / 16) times itself at the block's pixel x. None when the file is not entirely in order, or
    of a kind that this reader leaves to others (progressive files with more than one wave among them).
    """
    if not 1 <= waves <= 8:
        raise ValueError("a block has 8 waves along a side")
    rows, columns = (waves * -(-side // 8) for side in (head.height, head.width))
    out = np.zeros((rows, columns), np.float32)
    call = function("jpeg_waves", ctypes.c_char_p, _L, _L, _L, _L, _P)
    return None if call(data, len(data), waves, rows, columns, where(out)) else out
