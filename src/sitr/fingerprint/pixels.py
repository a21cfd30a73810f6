"""From bytes that anybody may have made to a grey picture that is safe to work on.

Belongs here: the one decoder of the house, its limits, and the refusals. Not here: what is computed from the pixels.
A picture's size is read before any pixel is decoded, so that a small file cannot fill the memory. JPEG is decoded at
the smallest DCT scale that still keeps the pixels asked for; all else is decoded whole and must therefore be smaller.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pillow_heif
from PIL import Image, ImageFile

from sitr.errors import BadInput
from sitr.fingerprint import kernel

Grey = npt.NDArray[np.uint8]

MAX_BYTES = 256 * 2**20
MAX_SIDE = 65_500
"""JPEG's own limit; a longer side is a strip or a trap."""
MAX_PIXELS = 64_000_000
"""Decoded whole: at most 256 MB of RGBA. Above the 50 megapixels that phones make, below the usual bomb."""
MAX_PIXELS_BASELINE_JPEG = 400_000_000
"""Baseline JPEG is decoded row by row at 1/8, so a 200-megapixel phone photo costs a few megabytes."""
MAX_SCANS = 64
"""A progressive JPEG may repeat its scans thousands of times to burn hours; real ones have about ten."""
MIN_SIDE = 8

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "MPO")
_RASTER_16 = ("I", "I;16", "I;16B", "I;16L", "I;16N", "F")

pillow_heif.register_heif_opener(thumbnails=False)


@dataclass(frozen=True)
class Pixels:
    """A decoded picture, upright.

    `grey`: luma, uint8, shape (rows, columns), long side between what was asked for and `at_most`.
    `width`, `height`: of the original in pixels, after its EXIF orientation. `kind`: the format found in the bytes.
    """

    grey: Grey
    width: int
    height: int
    kind: str

    @property
    def scale(self) -> float:
        """Pixels of the original per pixel of `grey`."""
        return float(max(self.width, self.height) / max(self.grey.shape))


def decode(data: bytes, *, at_least: int = 512, at_most: int = 1280) -> Pixels:
    """The one safe way from bytes to pixels.

    JPEG: the smallest DCT scale whose long side has `at_least` pixels. The result never has a side above `at_most`.
    The first frame of an animation; transparency over white, as on most pages; EXIF orientation applied.
    Raises BadInput("fingerprint.…"): empty, not_an_image, too_large, too_many_pixels, too_small, damaged.
    """
    if not data:
        raise BadInput("fingerprint.empty")
    if len(data) > MAX_BYTES:
        raise BadInput("fingerprint.too_large", megabytes=len(data) // 2**20, limit=MAX_BYTES // 2**20)
    with _quiet(), _opened(data) as image:
        _check_size(image, data)
        size, kind = _upright_size(image), str(image.format)
        grey = _to_grey(image, at_least)
    return Pixels(shrunk(grey, at_most), size[0], size[1], kind)


@dataclass(frozen=True)
class Averages:
    """A picture as averages of its blocks of `scale` x `scale` pixels, or as the longest `waves` of blocks of 8 x 8.

    `samples`: brightness 0 to 255, uint8 or float32 (rows, columns), as stored; waves as of `kernel.jpeg_waves`.
    `orientation`: EXIF's, how it is to be turned. `width`, `height`: of the whole picture in pixels as stored.
    """

    samples: npt.NDArray[Any]
    scale: int
    waves: int
    orientation: int
    width: int
    height: int

    @property
    def upright(self) -> tuple[int, int]:
        """Width and height as the picture is seen."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def averages(data: bytes, blocks: int) -> Averages:
    """The quickest way to a picture's averages: at least `blocks` samples along the shorter side, all pixels if fewer.

    Refuses what `decode` refuses, in the same words.
    """
    if not data:
        raise BadInput("fingerprint.empty")
    if len(data) > MAX_BYTES:
        raise BadInput("fingerprint.too_large", megabytes=len(data) // 2**20, limit=MAX_BYTES // 2**20)
    quick = _quick_averages(data, blocks) if kernel.at_work() else None
    if quick is not None:
        return quick
    with _quiet(), _opened(data) as image:
        _check_size(image, data)
        size, orientation = image.size, _orientation(image)
        samples, scale = _averaged(image, blocks)
    return Averages(samples, scale, 1, orientation, *size)


def _quick_averages(data: bytes, blocks: int) -> Averages | None:
    """A JPEG that is entirely in order and within the limits, by our own reader; None: the ordinary one decides."""
    head = kernel.jpeg_head(data)
    if head is None or not MIN_SIDE <= min(head.width, head.height) <= max(head.width, head.height) <= MAX_SIDE:
        return None
    if head.width * head.height > MAX_PIXELS or head.scans > MAX_SCANS:
        return None
    waves = next((n for n in range(1, 8) if n * min(head.width, head.height) >= 8 * blocks), 8)
    samples = kernel.jpeg_waves(data, head, waves)
    return None if samples is None else Averages(samples, 8, waves, head.orientation, head.width, head.height)


def _averaged(image: Image.Image, blocks: int) -> tuple[npt.NDArray[Any], int]:
    """Samples as stored (not turned) and their scale: JPEGs of brightness are averaged while they are decoded."""
    size = image.size
    scale = next((s for s in (8, 4, 2) if min(size) >= s * blocks), 1)
    if image.format in {"JPEG", "MPO"} and image.mode in {"L", "RGB"} and scale > 1:
        image.draft("L", (size[0] // scale, size[1] // scale))
    image.seek(0)
    image.load()
    luma = _luma(image)
    found = next((s for s in (8, 4, 2, 1) if luma.shape == (-(-size[1] // s), -(-size[0] // s))), 0)
    if not found:
        raise BadInput("fingerprint.damaged")
    return luma, found


def measure(data: bytes) -> tuple[int, int]:
    """Width and height in upright pixels, from the header alone. Raises as `decode`, except for damage further on."""
    if not data:
        raise BadInput("fingerprint.empty")
    with _quiet(), _opened(data) as image:
        return _upright_size(image)


@contextmanager
def _quiet() -> Iterator[None]:
    """Decoders warn about what the limits above already decide; a warning must not reach a person or stop a test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _opened(data: bytes) -> Iterator[ImageFile.ImageFile]:
    """The picture with only its header read; whatever a decoder throws becomes one of our refusals."""
    # WeasyPrint, in the same process, tells Pillow to pass over what is missing; a cut picture is not a whole one.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise BadInput(
            "fingerprint.too_many_pixels", megapixels=_named_megapixels(error), limit=_limit(False)
        ) from None
    except Exception:  # any byte string may come in, and each format's reader fails in its own way
        raise BadInput("fingerprint.not_an_image") from None
    if image.format in {"JPEG", "MPO"} and (b"\xff\xc9" in data or b"\xff\xca" in data):
        # Arithmetic coding: its decoder cannot wait for more of the file, so it gets all at once.
        image.decodermaxblock = len(data)
    try:
        with image:
            yield image
    except BadInput:
        raise
    except Exception:
        raise BadInput("fingerprint.damaged") from None


def _named_megapixels(error: Exception) -> int:
    """Pillow refuses before it hands out a size; its message still names the number of pixels."""
    found = re.search(r"\((\d+) pixels\)", str(error))
    return int(found.group(1)) // 1_000_000 if found else _limit(False)


def _limit(baseline_jpeg: bool) -> int:
    return (MAX_PIXELS_BASELINE_JPEG if baseline_jpeg else MAX_PIXELS) // 1_000_000


def _check_size(image: Image.Image, data: bytes) -> None:
    width, height = image.size
    jpeg = image.format in {"JPEG", "MPO"}
    if jpeg and data.count(b"\xff\xda") > MAX_SCANS:
        raise BadInput("fingerprint.damaged")
    baseline = jpeg and "progressive" not in image.info and "progression" not in image.info
    limit = MAX_PIXELS_BASELINE_JPEG if baseline else MAX_PIXELS
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise BadInput("fingerprint.too_many_pixels", megapixels=width * height // 1_000_000, limit=_limit(baseline))
    if min(width, height) < MIN_SIDE:
        raise BadInput("fingerprint.too_small", width=width, height=height, least=MIN_SIDE)


def _upright_size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    return (height, width) if _orientation(image) >= 5 else (width, height)


def _orientation(image: Image.Image) -> int:
    """EXIF tag 274, 1 to 8; anything else, or EXIF that cannot be read, counts as upright."""
    if image.format == "TIFF":
        return 1  # Pillow names the upright size of these, and turns them, by itself
    try:
        value = image.getexif().get(274, 1)
    except Exception:  # broken EXIF is common in leaked copies and no reason to refuse the picture
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _to_grey(image: Image.Image, at_least: int) -> Grey:
    orientation = _orientation(image)
    if image.format in {"JPEG", "MPO"}:
        image.draft("L" if image.mode in {"L", "RGB"} else image.mode, _draft_size(image.size, at_least))
    image.seek(0)
    image.load()
    return _turned(_luma(image), orientation)


def _draft_size(size: tuple[int, int], at_least: int) -> tuple[int, int]:
    """What to ask libjpeg for, so that the *long* side keeps `at_least` pixels."""
    shrink = at_least / max(size)
    return max(1, int(size[0] * shrink)), max(1, int(size[1] * shrink))


def _luma(image: Image.Image) -> Grey:
    if image.mode in _RASTER_16:
        return _from_deep(np.asarray(image))
    if image.mode in {"CMYK", "LAB"}:
        image = image.convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        image = _over_white(image)
    return np.asarray(image.convert("L"), dtype=np.uint8)


def _over_white(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return ground.convert("RGB")


def _from_deep(values: npt.NDArray[Any]) -> Grey:
    """16-bit and float samples to 8 bits: full 16-bit range if any sample needs it, else 8-bit values as they are."""
    deep = np.nan_to_num(values.astype(np.float32), posinf=65535, neginf=0)
    top = float(deep.max(initial=0))
    divisor = 257.0 if top > 255 else (1.0 if top > 1 else 1 / 255)
    return np.asarray(np.clip(deep / divisor, 0, 255), dtype=np.uint8)


def _turned(grey: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """The picture as EXIF says it is to be seen (values of tag 274, EXIF 2.32)."""
    if orientation in {2, 4, 5, 7}:
        grey = grey[:, ::-1]
    turns = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)
    return np.ascontiguousarray(np.rot90(grey, turns))


def shrunk(grey: Grey, at_most: int) -> Grey:
    """The picture averaged down until its longer side has `at_most` pixels; a smaller one as it is."""
    longest = max(grey.shape)
    if longest <= at_most:
        return grey
    height, width = (max(1, round(side * at_most / longest)) for side in grey.shape)
    return np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
