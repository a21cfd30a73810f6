"""Real photographs for the demo, the tests and the benchmarks: from free Debian packages, never of people.

Belongs here: which files, and making them as large as pictures on the web are. Every file in the list was looked at:
plants, water, sky, a bird, a beetle. Drawn wallpapers in the same packages are left out, because the demo promises
photographs. Not here: what a leak site does to them (`leaksite`).
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from sitr.errors import BadInput, MissingProgram

FOLDER = Path("/usr/share/backgrounds")
PACKAGES = ("lomiri-wallpapers-20.04", "mate-backgrounds")
LEAST = 12
WEB_SIDE = 1600

_LOOKED_AT = (
    "mate/nature/Garden.jpg",
    "Kleiber_by_Lukas_Baubkus.jpg",
    "mate/nature/LadyBird.jpg",
    "mate/nature/Dune.jpg",
    "mate/nature/YellowFlower.jpg",
    "mate/nature/TwoWings.jpg",
    "mate/nature/RainDrops.jpg",
    "mate/nature/FreshFlower.jpg",
    "mate/nature/GreenMeadow.jpg",
    "mate/nature/Blinds.jpg",
    "mate/nature/Aqua.jpg",
    "mate/nature/Wood.jpg",
    "mate/nature/Storm.jpg",
)
"""Kleiber is of lomiri-wallpapers-20.04 (CC-BY-SA), the others of mate-backgrounds (GPL-2+, CC-BY-SA)."""

_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Photograph:
    """One photograph on this machine: a short name without spaces, and its file."""

    name: str
    path: Path

    def read(self) -> bytes:
        """The file as it is."""
        return self.path.read_bytes()

    def picture(self, side: int = WEB_SIDE) -> Image.Image:
        """The photograph upright, RGB, its longer side at most `side` pixels."""
        with Image.open(self.path) as image:
            image.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return upright


def find_photographs(folder: Path | None = None) -> list[Photograph]:
    """At least twelve photographs, always in the same order; the first two serve as the person's.

    `folder`: take all pictures in it instead of those of the Debian packages. Raises MissingProgram when the packages
    are not installed, BadInput when the folder holds fewer than twelve.
    """
    paths = [FOLDER / name for name in _LOOKED_AT] if folder is None else _pictures_in(folder)
    found = [Photograph(path.stem.split("_by_")[0].replace(" ", "-"), path) for path in paths if path.is_file()]
    if len(found) >= LEAST:
        return found
    if folder is None:
        raise MissingProgram("finding.no_photographs", packages=" ".join(PACKAGES), found=len(found), least=LEAST)
    raise BadInput("finding.few_photographs", found=len(found), least=LEAST)


def _pictures_in(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in _ENDINGS)


def jpeg(picture: Image.Image, quality: int = 85) -> bytes:
    """The picture as a JPEG file."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
