"""Verified wrong pairs by the hundred thousand: every edited picture against every other photograph, in both stages.

    python -m benchmarks.matching --cache DIR --pairs 1000000 --resume FILE

Belongs here: the long run, which can be stopped at any time and goes on where it was. One query is one photograph in
one edit; it is looked at once and judged against its own photo and against every other scene's, plain and, for edits
that are layouts, also against others *inside the same layout*. Nothing is cut short by the first stage. The order is
shuffled by a seed, so that any part of the run is a fair sample. FILE holds one JSON line a query; a false match
leaves its picture beside it, to be looked at. What collages are made of is no reference for them.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from benchmarks import edits
from benchmarks.photos import Photo, gather, one_a_scene
from PIL import Image

from sitr.fingerprint import Fingerprint, Look, fingerprint, judge
from sitr.fingerprint.fingerprints import FEATURES

SIDE = 1024
LAYOUTS = (
    *("screenshot_light", "screenshot_dark", "meme", "story", "caption_bar", "border10_white", "wm_tiled"),
    *("feed", "chat", "news"),
)
FRAMED = 40
"""So many photographs, drawn by lot, are references inside the layouts too."""
FILLERS = 10
Line = dict[str, Any]


@dataclass(frozen=True)
class Material:
    """One photograph a scene; which of them fill collages, which are references inside layouts too; their prints."""

    photos: dict[str, Photo]
    fillers: tuple[str, ...]
    framed: tuple[str, ...]
    prints: dict[tuple[str, str], Fingerprint]
    cache: Path

    def picture(self, name: str) -> Image.Image:
        """The photograph at the size at which it is edited."""
        return self.photos[name].picture(SIDE, self.cache)

    def reference(self, name: str, layout: str = "") -> Fingerprint:
        """Its fingerprint, of the photograph alone or inside a layout; made once and kept in the cache."""
        if (name, layout) not in self.prints:
            self.prints[name, layout] = self._made(name, layout)
        return self.prints[name, layout]

    def _made(self, name: str, layout: str) -> Fingerprint:
        kept = self.cache / "prints" / f"{self.photos[name].package}-{name}-{layout or 'plain'}-{FEATURES}.bin"
        if kept.is_file():
            return Fingerprint.unpack(kept.read_bytes())
        picture = self.picture(name)
        # The layout is the same for all: the same name, the same numbers; only the photo differs.
        shown = edits.SUITE[layout](picture, edits.dice(layout), ()) if layout else picture
        made = fingerprint(edits.jpeg(shown, 92))
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(made.pack())
        return made


def material(cache: Path) -> Material:
    """All photographs of `cache`, one a scene; fillers and framed ones are drawn by lot."""
    photos = {p.name: p for p in one_a_scene(gather(cache))}
    lots = edits.dice("fillers").sample(sorted(photos), FILLERS + FRAMED)
    return Material(photos, tuple(lots[:FILLERS]), tuple(lots[FILLERS:]), {}, cache)


def queries(photos: list[str], seed: int) -> list[tuple[str, str]]:
    """Every (photo, edit), shuffled."""
    every = [(photo, edit) for photo in photos for edit in edits.SUITE]
    edits.dice(seed).shuffle(every)
    return every


def run(cache: Path, wanted: int, resume: Path, seed: int = 1) -> int:
    """Go on until `wanted` wrong pairs are in `resume`. 1 when a stranger was ever called a copy, else 0."""
    cv2.setNumThreads(1)
    done = read(resume)
    asked = {(line["photo"], line["edit"]) for line in done}
    pairs = sum(line["pairs"] for line in done)
    kept = material(cache)
    with resume.open("a", encoding="utf-8") as out:
        for photo, edit in queries(sorted(kept.photos), seed):
            if pairs >= wanted:
                break
            if (photo, edit) in asked:
                continue
            line = _asked(kept, photo, edit, resume)
            pairs += line["pairs"]
            out.write(json.dumps(line) + "\n")
            out.flush()
            done.append(line)
            if len(done) % 20 == 0 or line["false"]:
                print(summary(done), flush=True)
    print(summary(done))
    return 1 if any(line["false"] for line in done) else 0


def read(resume: Path) -> list[Line]:
    """The lines of a run so far; a last line that a kill cut short is left out and its query asked again."""
    if not resume.is_file():
        return []
    lines = []
    for text in resume.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    return lines


def _asked(kept: Material, photo: str, edit: str, resume: Path) -> Line:
    started = time.thread_time()
    dice = edits.dice(edit if edit in LAYOUTS else edit + photo)
    fillers = [kept.picture(name) for name in kept.fillers if name != photo]
    data = edits.jpeg(edits.SUITE[edit](kept.picture(photo), dice, fillers), 85)
    look = Look(data)
    own = judge(kept.reference(photo), look)
    line: Line = {
        "photo": photo,
        "half": kept.photos[photo].half,
        "edit": edit,
        "found": own.match,
        "pairs": 0,
        "layout": 0,
    }
    line |= {"false": [], "scene": []}
    for other, layout in _others(kept, photo, edit):
        verdict = judge(kept.reference(other, layout), look)
        line["pairs"] += 1
        line["layout"] += bool(layout)
        if verdict.same_scene:
            line["scene"].append([other, layout])
        if verdict.match:
            line["false"].append([other, layout, verdict.places, round(verdict.score, 3)])
            (resume.parent / f"false-{photo}-{edit.replace(':', '')}-{other}.jpg").write_bytes(data)
    return line | {"ms": round(1000 * (time.thread_time() - started))}


def _others(kept: Material, photo: str, edit: str) -> Iterator[tuple[str, str]]:
    collage = "collage" in edit or "side_by_side" in edit
    for other in kept.photos:
        if other != photo and not (collage and other in kept.fillers):
            yield other, ""
            if edit in LAYOUTS and other in kept.framed:
                yield other, edit


def summary(done: list[Line]) -> str:
    """Photos, edits, pairs and false matches so far, in a line."""
    pairs, layout = sum(line["pairs"] for line in done), sum(line["layout"] for line in done)
    false = [(line["photo"], line["edit"], *each) for line in done for each in line["false"]]
    scene = sum(len(line["scene"]) for line in done)
    seconds = sum(line["ms"] for line in done) / 1000
    photos, kinds = len({line["photo"] for line in done}), len({line["edit"] for line in done})
    return (
        f"{pairs} wrong pairs ({layout} inside one layout) of {len(done)} queries: {photos} photos, {kinds} edits; "
        f"{len(false)} false matches {false or ''}, {scene} called the same scene; {seconds:.0f} s of CPU"
    )
