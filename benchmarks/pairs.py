"""Verified wrong pairs by the hundred thousand: every edited picture against every other photograph, in both stages.

    python -m benchmarks.matching --cache DIR --pairs 1000000 --resume FILE [--part 0/2]
    python -m benchmarks.matching --walls 61          only patterns, drawn by other dice than the long run's

Belongs here: the long run, which can be stopped at any time and goes on where it was. One query is one picture in one
edit; it is looked at once and judged against what it is no copy of, by kind of pair (KINDS). Nothing is cut short by
the first stage. The order is shuffled by a seed, so that any part of the run is a fair sample. FILE holds one JSON line
a query; a false match leaves its picture beside it, to be looked at. What collages are made of is no reference there.
"""

import functools
import hashlib
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from benchmarks import bursts, edits, patterns
from benchmarks.photos import Photo, gather, one_a_scene, still
from PIL import Image

from sitr.fingerprint import VERSION, Fingerprint, Look, features, fingerprint, frames, judge, selection, shades, sketch
from sitr.fingerprint.fingerprints import FEATURES

SIDE = 1024
LAYOUTS = (
    *("screenshot_light", "screenshot_dark", "meme", "story", "caption_bar", "border10_white", "wm_tiled"),
    *("feed", "chat", "news"),
)
KINDS = {
    "photo": "another photograph",
    "pattern": "a drawn wall, cloth or grid of an app",
    "layout": "another photograph inside the same layout as the query",
    "framed": "another photograph inside some layout, the query in another edit",
    "shot": "another real shot of the query's scene: stereo, frames of films, another day",
    "still": "another frame of a film in which nothing moved: grain apart the same picture (`photos.STILL`)",
    "burst": "the photograph of which the query imitates the next press of the shutter",
}
BURSTS = {"burst 2%": 0.02, "burst 4%": 0.04, "burst 8%": 0.08}
FRAMED = 24
"""So many photographs, drawn by lot, are references inside the layouts too."""
FILLERS = 10
MAKERS = (features, frames, selection, shades, sketch)
"""What a kept fingerprint hangs on: when one of these modules changes, all are made anew."""
Line = dict[str, Any]


@dataclass(frozen=True)
class Material:
    """All pictures by name; one photograph a scene (`first`); which fill collages, which stand in layouts; prints."""

    photos: dict[str, Photo]
    first: tuple[str, ...]
    fillers: tuple[str, ...]
    framed: tuple[str, ...]
    prints: dict[tuple[str, str], Fingerprint]
    cache: Path

    def picture(self, name: str) -> Image.Image:
        """The photograph or pattern at the size at which it is edited."""
        return patterns.draw(name) if name in patterns.NAMES else self.photos[name].picture(SIDE, self.cache)

    def scene(self, name: str) -> str:
        """What it shows: a pattern only itself."""
        return self.photos[name].scene if name in self.photos else name

    def half(self, name: str) -> str:
        """The half it belongs to; patterns to none."""
        return self.photos[name].half if name in self.photos else "drawn"

    def reference(self, name: str, layout: str = "") -> Fingerprint:
        """Its fingerprint, of the picture alone or inside a layout; made once and kept in the cache."""
        if (name, layout) not in self.prints:
            self.prints[name, layout] = self._made(name, layout)
        return self.prints[name, layout]

    def _made(self, name: str, layout: str) -> Fingerprint:
        package = self.photos[name].package if name in self.photos else "drawn"
        kept = self.cache / f"prints-{VERSION}-{_makers()}" / f"{package}-{name}-{layout or 'plain'}-{FEATURES}.bin"
        if kept.is_file():
            return Fingerprint.unpack(kept.read_bytes())
        picture = self.picture(name)
        # The layout is the same for all: the same name, the same numbers; only the photo differs.
        shown = edits.SUITE[layout](picture, edits.dice(layout), ()) if layout else picture
        made = fingerprint(edits.jpeg(shown, 92))
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(made.pack())
        return made


@functools.cache
def _makers() -> str:
    """Of what the modules that make fingerprints say now: eight digits of its SHA-256."""
    sources = [Path(each.__file__ or "").read_bytes() for each in MAKERS]
    return hashlib.sha256(b"".join(sources)).hexdigest()[:8]


def material(cache: Path) -> Material:
    """All photographs of `cache`; fillers and framed ones are drawn by lot from one a scene."""
    every = gather(cache)
    first = tuple(p.name for p in one_a_scene(every))
    lots = edits.dice("fillers").sample(sorted(first), FILLERS + FRAMED)
    return Material({p.name: p for p in every}, first, tuple(lots[:FILLERS]), tuple(lots[FILLERS:]), {}, cache)


def queries(kept: Material, seed: int) -> list[tuple[str, str]]:
    """Every (photograph or pattern, edit) and every photograph's imitated bursts, shuffled."""
    every = [(name, edit) for name in (*sorted(kept.photos), *patterns.NAMES) for edit in edits.SUITE]
    every += [(name, burst) for name in sorted(kept.first) for burst in BURSTS]
    edits.dice(seed).shuffle(every)
    return every


def run(cache: Path, wanted: int, resume: Path, part: str = "0/1", seed: int = 1) -> int:
    """Go on until `wanted` wrong pairs are in `resume`; of the queries only every n-th, `part` = "i/n".

    1 when another picture was ever called a copy, else 0.
    """
    cv2.setNumThreads(1)
    at, parts = (int(number) for number in part.split("/"))
    done = read(resume)
    asked = {(line["photo"], line["edit"]) for line in done}
    kept = material(cache)
    with resume.open("a", encoding="utf-8") as out:
        for photo, edit in queries(kept, seed)[at::parts]:
            if sum(sum(line["pairs"].values()) for line in done) >= wanted:
                break
            if (photo, edit) in asked:
                continue
            line = _asked(kept, photo, edit, resume)
            out.write(json.dumps(line) + "\n")
            out.flush()
            done.append(line)
            if len(done) % 20 == 0 or line["false"]:
                print(summary(done), flush=True)
    print(summary(done))
    return 1 if any(line["false"] for line in done) else 0


def walls(first: int, every: int = 4) -> int:
    """Drawn walls and pages of other dice than the long run's against each other, in every so-many-th edit.

    1 when one was called a copy of another, else 0. Prints how many were found as themselves, too.
    """
    names = patterns.numbered(first)
    pictures = {name: patterns.draw(name) for name in names}
    prints = {name: fingerprint(edits.jpeg(picture, 92)) for name, picture in pictures.items()}
    # In a collage it stands beside others of its own dice, which are no references.
    fillers = [patterns.draw(name) for name in patterns.numbered(first + 1000)[:FILLERS]]
    found = tried = false = 0
    for (name, picture), edit in itertools.product(pictures.items(), tuple(edits.SUITE)[::every]):
        beside = fillers if _collage(edit) else ()
        look = Look(edits.jpeg(edits.SUITE[edit](picture, edits.dice(edit + name), beside), 85))
        found += judge(prints[name], look).match
        wrong = [other for other in names if other != name and judge(prints[other], look).match]
        tried, false = tried + len(names) - 1, false + len(wrong)
        for other in wrong:
            print(f"  FALSE {name}, {edit}, as {other}", flush=True)
    queries = tried // (len(names) - 1)
    print(f"{tried} wrong pairs of {len(names)} patterns: {false} false; {found} of {queries} found as themselves")
    return 1 if false else 0


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
    data = _query(kept, photo, edit)
    look = Look(data)
    found = edit not in BURSTS and judge(kept.reference(photo), look).match
    pairs: Counter[str] = Counter()
    line: Line = {"photo": photo, "half": kept.half(photo), "edit": edit, "found": found, "false": [], "scene": []}
    for kind, other, layout in _others(kept, photo, edit):
        verdict = judge(kept.reference(other, layout), look)
        pairs[kind] += 1
        if verdict.same_scene:
            line["scene"].append([kind, other, layout])
        if verdict.match:
            line["false"].append([kind, other, layout, verdict.places, round(verdict.score, 3)])
            (resume.parent / f"false-{photo}-{edit.replace(':', '')}-{other}.jpg").write_bytes(data)
    return line | {"pairs": dict(pairs), "ms": round(1000 * (time.thread_time() - started))}


def _query(kept: Material, photo: str, edit: str) -> bytes:
    picture = kept.picture(photo)
    if edit in BURSTS:
        return edits.jpeg(bursts.reshot(picture, edits.dice(photo + edit), BURSTS[edit]), 88)
    dice = edits.dice(edit if edit in LAYOUTS else edit + photo)
    fillers = [kept.picture(name) for name in kept.fillers if name != photo] if _collage(edit) else ()
    return edits.jpeg(edits.SUITE[edit](picture, dice, fillers), 85)


def _collage(edit: str) -> bool:
    return "collage" in edit or "side_by_side" in edit


def _others(kept: Material, photo: str, edit: str) -> Iterator[tuple[str, str, str]]:
    """Kind of pair, name and layout of every reference that the query is no copy of."""
    scene = kept.scene(photo)
    layout = edit if edit in LAYOUTS else edits.dice(photo + edit).choice(LAYOUTS)
    shown = set(kept.fillers) if _collage(edit) else set()
    for other in kept.first:
        if kept.scene(other) != scene and other not in shown:
            yield "photo", other, ""
            if other in kept.framed:
                yield "layout" if edit in LAYOUTS else "framed", other, layout
    for other in patterns.NAMES:
        if other != photo:
            yield "pattern", other, ""
    for other in kept.photos:
        if other != photo and kept.scene(other) == scene:
            yield "still" if still(photo, other) else "shot", other, ""
    if edit in BURSTS:
        yield "burst", photo, ""


def summary(done: list[Line]) -> str:
    """Photos, edits, pairs and false matches so far, by kind."""
    pairs, false = Counter[str](), Counter[str]()
    for line in done:
        pairs.update(line["pairs"])
        false.update(each[0] for each in line["false"])
    kinds = ", ".join(f"{pairs[kind]} {kind} ({false[kind]} false)" for kind in KINDS)
    named = [(line["photo"], line["edit"], *each) for line in done for each in line["false"]]
    strangers = [each for each in named if each[2] not in {"shot", "still", "burst"}]
    scene, seconds = sum(len(line["scene"]) for line in done), sum(line["ms"] for line in done) / 1000
    photos, used = len({line["photo"] for line in done}), len({line["edit"] for line in done})
    told = "".join(f"\n  FALSE {each}" for each in strangers)
    return (
        f"{pairs.total()} wrong pairs of {len(done)} queries: {photos} pictures, {used} edits; {kinds}; "
        f"{scene} called the same scene; {seconds:.0f} s of CPU{told}"
    )
