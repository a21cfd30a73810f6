"""How many edited copies are found, and is a stranger ever called a copy: the matching benchmark.

    python -m benchmarks.matching --quick                      under two minutes
    python -m benchmarks.matching --photos DIR... --out FILE   all edits, every wrong pair
    python -m benchmarks.matching --cache DIR --half measuring all edits of one half of benchmarks.photos
    python -m benchmarks.matching --cache DIR --pairs 1000000 --resume FILE   the long run of wrong pairs (`pairs`)

Photographs come from free packages (those of `sitr demo`, and folders named by --photos); positives are edited, all are
references. Beside every figure stands PDQ at distance 31, what platforms run, on the same pictures in the same run.
A verified wrong pair is an edited picture put through both stages against another photo. Collages are built from
photos that are no references, so that none of them is a copy of two. Nothing is tuned here: the rule is in
`sitr.fingerprint.compare`.
"""

import argparse
import io
import itertools
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pdqhash
from benchmarks import bursts, edits, pairs
from benchmarks.photos import Photo, gather, one_a_scene, shots, still
from PIL import Image

from sitr.cli.demo.photographs import Photograph, find_photographs
from sitr.fingerprint import Fingerprint, Look, decode, fingerprint, judge, pdq

SIDE = 1024
QUICK = ("jpeg_q30", "mirror", "rot90", "crop30_off", "screenshot_dark", "collage2x2", "C:mirror+crop30+wm+q30")
LAYOUTS = ("screenshot_light", "screenshot_dark", "meme", "story", "caption_bar", "border10_white", "wm_tiled")


@dataclass
class Row:
    """One edit: how many of the copies were found by us and by PDQ 31, and what was wrong."""

    edit: str
    tried: int = 0
    found: int = 0
    by_pdq31: int = 0
    wrong_pairs: int = 0
    false_matches: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    look_ms: list[float] = field(default_factory=list)
    judge_ms: list[float] = field(default_factory=list)


def photographs(folders: Sequence[Path]) -> list[Photograph]:
    """The demo's photographs and those of the folders, each name once."""
    found = {p.name: p for p in find_photographs()}
    for folder in folders:
        found |= {p.stem: Photograph(p.stem, p) for p in sorted(folder.iterdir()) if p.suffix in {".jpg", ".png"}}
    return list(found.values())


def picture(photo: Photograph) -> Image.Image:
    """The photograph at the size at which it is edited."""
    return photo.picture(SIDE)


def run_edit(
    name: str,
    positives: dict[str, Image.Image],
    fillers: Sequence[Image.Image],
    prints: dict[str, bytes],
    share: float,
    times: int = 1,
) -> Row:
    """One edit of every positive, drawn anew so many `times`, against its own photo and a seeded `share` of others."""
    cv2.setNumThreads(1)
    known = {photo: Fingerprint.unpack(raw) for photo, raw in prints.items()}
    row = Row(name)
    for again, (photo, original) in itertools.product(range(times), positives.items()):
        dice = edits.dice(name + photo + (f"/{again}" if again else ""))
        data = edits.jpeg(edits.SUITE[name](original, dice, fillers), 85)
        started = time.thread_time()
        look = Look(data)
        row.by_pdq31 += int(pdq.distance(look.hashed[0], known[photo].orientations[:1])[0]) <= pdq.RADIUS
        look.mirrored  # noqa: B018 (computed here, so that its time counts as looking)
        row.look_ms.append(1000 * (time.thread_time() - started))
        row.tried += 1
        if judge(known[photo], look).match:
            row.found += 1
        else:
            row.missed.append(photo)
        for other in _others(name, photo, known, share):
            started = time.thread_time()
            verdict = judge(known[other], look)
            row.judge_ms.append(1000 * (time.thread_time() - started))
            row.wrong_pairs += 1
            if verdict.match:
                row.false_matches.append(f"{photo} as {other}: {verdict.places} places, {verdict.score:.2f}")
    return row


def _others(name: str, photo: str, known: dict[str, Fingerprint], share: float) -> Iterator[str]:
    for other in known:
        if other != photo and edits.dice(f"{name}/{photo}/{other}").random() < share:
            yield other


def run_layout(name: str, pictures: dict[str, Image.Image]) -> Row:
    """References and candidates both inside the same layout: every pair of different photos is a wrong pair."""
    cv2.setNumThreads(1)
    put = edits.SUITE[name]
    shown = {photo: edits.jpeg(put(image, edits.dice(name), ()), 88) for photo, image in pictures.items()}
    looks = {photo: Look(data) for photo, data in shown.items()}
    row = Row("same layout: " + name)
    for photo, data in shown.items():
        reference = fingerprint(data)
        row.tried += 1
        bare = judge(reference, Look(edits.jpeg(pictures[photo], 80)))
        row.found += bare.match
        if not bare.match:
            row.missed.append(photo)
        for other, look in looks.items():
            if other != photo:
                row.wrong_pairs += 1
                if judge(reference, look).match:
                    row.false_matches.append(f"{other} as {photo}")
    return row


def decoding(photos: Sequence[Photograph]) -> dict[str, float]:
    """Milliseconds for decoding and first stage on a 12-megapixel JPEG, and the usual way beside it."""
    cv2.setNumThreads(1)
    ours, usual, apart = [], [], []
    for photo in photos:
        with Image.open(photo.path) as image:
            big = edits.jpeg(image.convert("RGB").resize((4000, 3000)), 90)
        started = time.thread_time()
        bits, _ = pdq.quick(decode(big, at_least=512, at_most=640).grey)
        ours.append(1000 * (time.thread_time() - started))
        started = time.thread_time()
        full, _ = pdqhash.compute(np.asarray(Image.open(io.BytesIO(big)).convert("RGB")))
        usual.append(1000 * (time.thread_time() - started))
        exact, _ = pdq.reference(decode(big, at_least=512).grey)
        wanted = np.packbits(full.astype(np.uint8))
        apart.append((int(pdq.distance(wanted, exact[None])[0]), int(pdq.distance(wanted, bits[None])[0])))
    return {
        "quick_ms": statistics.median(ours),
        "usual_ms": statistics.median(usual),
        "reference_bits_mean": statistics.mean(a for a, _ in apart),
        "reference_bits_max": max(a for a, _ in apart),
        "quick_bits_mean": statistics.mean(b for _, b in apart),
        "quick_bits_max": max(b for _, b in apart),
    }


def main() -> int:
    """Run, print the table, write JSON when asked. Exit 1 when a stranger was called a copy."""
    cv2.setNumThreads(1)  # one core a process; and a pool of threads would not survive the fork
    options = _options()
    if options.walls:
        return pairs.walls(options.walls)
    if options.cache and options.pairs:
        return pairs.run(options.cache, options.pairs, options.resume, options.part)
    if options.cache:
        return recall(options)
    photos = photographs(options.photos)
    pictures = {p.name: picture(p) for p in photos}
    names = list(pictures)
    fillers = [pictures[n] for n in names[::4]]
    positives = {n: pictures[n] for n in names if n not in names[::4]}
    started = time.perf_counter()
    prints = {n: fingerprint(edits.jpeg(positives[n], 92)).pack() for n in positives}
    per_print = (time.perf_counter() - started) / len(prints)
    suite = QUICK if options.quick else tuple(edits.SUITE)
    share = 0.25 if options.quick else options.share
    if options.quick:
        positives = dict(list(positives.items())[:6])
    with ProcessPoolExecutor(options.processes) as pool:
        work = partial(run_edit, positives=positives, fillers=fillers, prints=prints, share=share)
        rows = list(_told(pool.map(work, suite)))
        framed = dict(list(pictures.items())[: 5 if options.quick else None])
        layouts = LAYOUTS[3:4] if options.quick else LAYOUTS
        rows += _told(pool.map(partial(run_layout, pictures=framed), layouts))
    figures = {
        "photos": len(photos),
        "positives": len(positives),
        "bytes_each": statistics.mean(len(p) for p in prints.values()),
        "fingerprint_ms": 1000 * per_print,
        "decoding_12_megapixels": decoding(photos[: 2 if options.quick else 8]),
    }
    return _report(rows, figures, options.out)


def recall(options: argparse.Namespace) -> int:
    """How many copies of one half's photographs are found (the other half fills collages); then same-scene shots."""
    every = gather(options.cache)
    kept = {p.name: p for p in one_a_scene(every) if p.half == options.half}
    pictures = {name: p.picture(SIDE, options.cache) for name, p in kept.items()}
    strangers = [p.picture(SIDE, options.cache) for p in one_a_scene(every) if p.half != options.half]
    fillers = edits.dice("fillers").sample(strangers, 10)
    made = {name: fingerprint(edits.jpeg(picture, 92)) for name, picture in pictures.items()}
    # PDQ's own rule, and the research's: what is too flat for it can be protected by nobody; its name is reported.
    flat = sorted(name for name, each in made.items() if each.pdq_quality < pdq.QUALITY)
    prints = {name: each.pack() for name, each in made.items() if name not in flat}
    pictures = {name: pictures[name] for name in prints}
    at, parts = (int(number) for number in options.part.split("/"))
    suite = [name for name in edits.SUITE if not options.edit or name in options.edit]
    suite = suite[:: 9 if options.quick else 1][at::parts]
    with ProcessPoolExecutor(options.processes) as pool:
        work = partial(
            run_edit, positives=pictures, fillers=fillers, prints=prints, share=options.share, times=options.times
        )
        rows = list(_told(pool.map(work, suite)))
    figures: dict[str, object] = {
        "half": options.half,
        "photos": len(prints),
        "too_flat": flat,
        "bytes_each": statistics.mean(len(p) for p in prints.values()),
        "most_bytes": max(len(p) for p in prints.values()),
    }
    if at == 0 and not options.edit:
        scenes = shots(p for p in every if p.half == options.half)
        figures["shots"] = [shot(a, b, options.cache) for a, b in scenes if not still(a.name, b.name)]
        figures["still"] = [shot(a, b, options.cache) for a, b in scenes if still(a.name, b.name)]
        figures["bursts"] = burst_rows(pictures, prints)
    return _report(rows, figures, options.out)


def shot(one: Photo, other: Photo, cache: Path) -> list[object]:
    """What is said about another real shot of the same scene: no copy, but often the same to the eye."""
    verdict = judge(
        fingerprint(edits.jpeg(one.picture(SIDE, cache), 92)), Look(edits.jpeg(other.picture(SIDE, cache), 85))
    )
    return [one.name, other.name, "copy" if verdict.match else "scene" if verdict.same_scene else "no"]


def burst_rows(pictures: dict[str, Image.Image], prints: dict[str, bytes]) -> dict[str, list[int]]:
    """Of bursts made from single photographs (`bursts`): how many were called copy, same scene, and neither."""
    rows = {}
    for parallax in (0.01, 0.02, 0.04, 0.08):
        said = [0, 0, 0]
        for name, picture in pictures.items():
            again = bursts.reshot(picture, edits.dice(f"{name}/{parallax}"), parallax)
            verdict = judge(Fingerprint.unpack(prints[name]), Look(edits.jpeg(again, 88)))
            said[0 if verdict.match else 1 if verdict.same_scene else 2] += 1
        rows[f"{parallax:.0%}"] = said
    return rows


def _told(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        missed = f"  missed: {', '.join(row.missed[:6])}" if row.missed else ""
        print(f"{row.edit:32} {row.found:4}/{row.tried:<4} PDQ31 {row.by_pdq31:4}  wrong {row.wrong_pairs:6}", end="")
        print(f"  FALSE {row.false_matches}" if row.false_matches else missed, flush=True)
        yield row


def _report(rows: list[Row], figures: dict[str, object], out: Path | None) -> int:
    plain = [row for row in rows if not row.edit.startswith("same layout")]
    recall = statistics.mean(100 * row.found / row.tried for row in plain)
    usual = statistics.mean(100 * row.by_pdq31 / row.tried for row in plain)
    false = sum(len(row.false_matches) for row in rows)
    looks = [ms for row in plain for ms in row.look_ms]
    judged = [ms for row in plain for ms in row.judge_ms] or [0.0]
    print(f"\nmean recall {recall:.1f} % (PDQ 31 in the same run: {usual:.1f} %) over {len(plain)} edits")
    print(f"verified wrong pairs {sum(row.wrong_pairs for row in rows)}, false matches {false}")
    print(f"a look {statistics.median(looks):.0f} ms, a non-match {statistics.median(judged):.1f} ms (medians)")
    print(json.dumps(figures, indent=1))
    if out:
        table = [{**asdict(row), "look_ms": None, "judge_ms": None} for row in rows]
        out.write_text(json.dumps({"recall": recall, "pdq31": usual, **figures, "rows": table}, indent=1))
    return 1 if false else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="seven edits, six photos, a quarter of the wrong pairs")
    parser.add_argument("--photos", type=Path, action="append", default=[], help="another folder of photographs")
    parser.add_argument("--share", type=float, default=1.0, help="of the wrong pairs that are tried, 0 to 1")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path, help="where `benchmarks.photos` keeps its packages")
    parser.add_argument("--half", choices=("tuning", "measuring"), default="tuning")
    parser.add_argument("--edit", choices=tuple(edits.SUITE), action="append", help="only this one; may stand again")
    parser.add_argument("--times", type=int, default=1, help="how often each edit of each photo is drawn anew")
    parser.add_argument("--pairs", type=int, default=0, help="wrong pairs to reach")
    parser.add_argument("--walls", type=int, default=0, help="patterns of these dice against each other, and no more")
    parser.add_argument("--resume", type=Path, default=Path("pairs.jsonl"), help="where the long run is kept")
    parser.add_argument(
        "--part", default="0/1", help="i/n: only every n-th edit (of the long run: query), from the i-th"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
