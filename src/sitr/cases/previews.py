"""Blurred previews: drawn once, when a picture is sealed, and stored sealed beside it.

What is stored is the picture shrunk to at most 16 by 32 dots: nothing more of it can be seen, however it is enlarged,
and a list of exhibits never decodes the pictures themselves. Every exhibit has a preview of the same sealed size, those
that show no picture an empty one, so that a disk does not tell which exhibits are pictures.
"""

import io
from typing import Literal

from PIL import Image, ImageFilter, ImageOps

from sitr.cases.models import Exhibit
from sitr.cases.work import OpenCase, bookkeeping
from sitr.errors import BadInput
from sitr.fingerprint import measure
from sitr.vault import Place, open_sealed, seal

_DOTS = 16
_TALLEST = 2  # a long page is shown by its first two squares
_SHOWN = 320
_BLUR = 14
_ROOM = 3000  # plaintext bytes: an RGB picture of 16 by 32 dots takes half of it
_LARGEST = 256 * 2**20
SHARP = 640


def shrink(data: bytes) -> bytes:
    """The few dots that a preview is made of, as PNG. Raises BadInput for what is no picture, and for bombs."""
    image = _decoded(data, _SHOWN)
    seen = image.crop((0, 0, image.width, min(image.height, image.width * _TALLEST)))
    longest = max(seen.width, seen.height / _TALLEST)
    size = (max(1, round(seen.width * _DOTS / longest)), max(1, round(seen.height * _DOTS / longest)))
    return _packed(seen.resize(size, Image.Resampling.BOX), "PNG")


def draw_soft(dots: bytes, form: Literal["PNG", "JPEG"] = "PNG") -> bytes:
    """A picture to look at, enlarged smoothly from the stored dots, at most 320 wide. The original is not decoded."""
    with Image.open(io.BytesIO(dots)) as image:
        tiny = image.convert("RGB")
    factor = _SHOWN / max(tiny.width, tiny.height / _TALLEST)
    size = (max(1, round(tiny.width * factor)), max(1, round(tiny.height * factor)))
    return _packed(tiny.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(_BLUR)), form)


def draw_sharp(data: bytes) -> bytes:
    """A PNG of at most 640 pixels a side, as it is. Raises BadInput."""
    image = _decoded(data, SHARP)
    image.thumbnail((SHARP, SHARP))
    return _packed(image, "PNG")


def _decoded(data: bytes, wanted: int) -> Image.Image:
    measure(data)  # refuses bombs and what is no picture before anything is decoded
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (wanted, wanted))
        return ImageOps.exif_transpose(image).convert("RGB")


def _packed(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def dots_of(data: bytes, media_type: str) -> bytes:
    """The dots of an exhibit; empty for what shows no picture or cannot be read as one."""
    if not media_type.startswith("image/") or len(data) > _LARGEST:
        return b""
    try:
        return shrink(data)
    except BadInput:
        return b""


def sealed(dots: bytes, case_id: str, exhibit_id: str, public: str) -> bytes:
    """A preview's cell: always of one size."""
    kept = dots if len(dots) <= _ROOM else b""
    padded = len(kept).to_bytes(2, "big") + kept + bytes(_ROOM - len(kept))
    return seal(padded, _place(case_id, exhibit_id), public)


def stored(case: OpenCase, row: Exhibit) -> bytes | None:
    """The dots that were stored with an exhibit: empty where it shows no picture, None where there are none yet."""
    if not row.preview:
        return None
    plain = open_sealed(bytes(row.preview), _place(case.row.id, row.id), case.keys.of(row.preview_epoch))
    return plain[2 : 2 + int.from_bytes(plain[:2], "big")]


def keep(case: OpenCase, row: Exhibit, dots: bytes) -> None:
    """Store the dots of an exhibit that came without (from before previews, or from another Sitr): derived, no act."""
    with bookkeeping():
        cell = sealed(dots, case.row.id, row.id, case.row.public)
        Exhibit.objects.filter(pk=row.id).update(preview=cell, preview_epoch=case.row.epoch)


def _place(case_id: str, exhibit_id: str) -> Place:
    return Place(case_id, "exhibit", exhibit_id, "preview")
