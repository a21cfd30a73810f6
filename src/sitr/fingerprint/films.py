"""Films: a hash a second, in the form that vPDQ exchanges; is one film in another, is a photo in it.

Belongs here: which frames are taken, what is kept of them, the text form, the comparison. A film is decoded by a
program that reads hostile bytes, so this room only says what that program does (`_READER`) and takes its answer as
untrusted; who runs it, behind which wall, is the caller's (`Apart`). Source of the sampling, the text form and the
comparison: vPDQ (ThreatExchange, vpdq/README.md).
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import numpy as np

from sitr.errors import BadInput
from sitr.fingerprint import pdq
from sitr.fingerprint.compare import Look, Reason, Verdict, judge
from sitr.fingerprint.fingerprints import Fingerprint

MATCHED = 0.8
"""vPDQ's rule: so much of one film's frames has to be found in the other."""
PICTURE_SIDE = 640
MOST_PICTURES = 240
"""Frames that are looked at for a photo; of a longer film they are spread over its length."""
MOST_FRAMES = 36_000
"""Ten hours, a frame a second."""
MOST_BYTES = 8 * 2**30
_BUDGET = 0.8
"""Share of the time allowed after which the reader ends by itself and says that it has not seen everything."""

# What runs apart: standard input is the film; output is a line of facts, a line for each frame, a line for the end.
_READER = """
import base64, json, os, sys, time
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file|threads;1"
os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
import cv2, numpy, pdqhash
cv2.setNumThreads(1)
mode, most, seconds, side, hashed, dense = {mode!r}, {most}, {seconds}, {side}, {hashed}, {dense}
film = cv2.VideoCapture("/dev/stdin", cv2.CAP_FFMPEG)
if not film.isOpened():
    sys.exit(3)
rate, count = film.get(cv2.CAP_PROP_FPS), int(film.get(cv2.CAP_PROP_FRAME_COUNT))
wide, high = int(film.get(cv2.CAP_PROP_FRAME_WIDTH)), int(film.get(cv2.CAP_PROP_FRAME_HEIGHT))
if wide * high > 40_000_000:
    sys.exit(4)
rate = rate if 0 < rate < 1000 else 25.0
print(json.dumps(dict(width=wide, height=high, rate=round(rate, 3), count=max(count, 0))))
def less(frame, at_most):
    scale = at_most / max(frame.shape[:2])
    return frame if scale >= 1 else cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
step = 1 if dense and count > 0 else max(1, int(rate))
if mode == "pictures" and count > step * most:
    step = -(-count // most)
number = taken = 0
late = False
while taken < most:
    if number % step and step > 250:  # frames far apart are jumped to; all between them would be decoded else
        number += step - number % step
        film.set(cv2.CAP_PROP_POS_FRAMES, number)
    if not film.grab():
        break
    late = time.process_time() > seconds
    if late:
        break
    if number % step == 0:
        good, frame = film.retrieve()
        if not good or frame is None:
            break
        taken += 1
        if mode == "pictures":
            good, made = cv2.imencode(".jpg", less(frame, side), [cv2.IMWRITE_JPEG_QUALITY, 92])
            print("%.3f,%s" % (number / rate, base64.b64encode(made.tobytes()).decode()))
        else:
            vector, quality = pdqhash.compute(numpy.ascontiguousarray(less(frame, hashed)[:, :, ::-1]))
            hexed = numpy.packbits(vector.astype(numpy.uint8)).tobytes().hex()
            print("%d,%d,%s,%.3f" % (number, quality, hexed, number / rate))
    number += 1
print(json.dumps(dict(read=number, whole=not late and taken < most and number >= 0.9 * count)))
"""


class ApartAnswer(Protocol):
    """What became of the program: its output, whether it ended well, whether it ran too long, whether a wall stood."""

    @property
    def output(self) -> bytes: ...
    @property
    def ended_well(self) -> bool: ...
    @property
    def late(self) -> bool: ...
    @property
    def confined(self) -> bool: ...


class Apart(Protocol):
    """Port: runs Python code with a film as its standard input, shut in, for at most `seconds` of processor time."""

    @property
    def seconds(self) -> int: ...

    def __call__(self, code: str, source: BinaryIO) -> ApartAnswer:
        """Run it to its end."""


@dataclass(frozen=True)
class FilmFrame:
    """One frame: its number in the film, PDQ (32 bytes) and quality (0 to 100), the second at which it is shown."""

    number: int
    quality: int
    pdq: pdq.Bits
    second: float

    def __str__(self) -> str:
        """vPDQ's line: frame number, quality, hash, time stamp."""
        return f"{self.number},{self.quality},{pdq.to_hex(self.pdq)},{self.second:.3f}"


@dataclass(frozen=True)
class Film:
    """What is kept of a film. `whole`: every second was seen; else it was cut short, damaged or too long.

    `seconds` is the length by the frames seen; `md5`, `sha256` (hex) are of the file; `confined`: a wall stood.
    """

    frames: tuple[FilmFrame, ...]
    width: int
    height: int
    rate: float
    seconds: float
    whole: bool
    md5: str
    sha256: str
    confined: bool

    def to_json(self) -> dict[str, object]:
        """A line of `sitr fingerprint` less the file's name."""
        return {
            "kind": "film", "width": self.width, "height": self.height, "rate": self.rate, "seconds": self.seconds,
            "whole": self.whole, "md5": self.md5, "sha256": self.sha256, "vpdq": [str(one) for one in self.frames],
        }  # fmt: skip


@dataclass(frozen=True)
class FilmVerdict:
    """Whether a candidate film shows a reference film. Shares (0 to 1) are of frames that say something.

    `candidate_share`: of the candidate's frames, those found in the reference; `reference_share`: the other way.
    """

    match: bool
    candidate_share: float
    reference_share: float
    why: Reason

    @property
    def score(self) -> float:
        """The larger share."""
        return max(self.candidate_share, self.reference_share)


@dataclass(frozen=True)
class Shown:
    """The second of a film that shows a photo best, and the verdict about that frame."""

    second: float
    verdict: Verdict


def looks_like_film(start: bytes) -> bool:
    """By the first bytes of ISO media, Matroska and WebM, AVI, Flash, MPEG and Windows Media; pictures are no films."""
    if start[4:8] == b"ftyp":
        return start[8:12] not in {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"}
    if start[4:8] in {b"moov", b"mdat", b"wide"} or (start[:4] == b"RIFF" and start[8:12] == b"AVI "):
        return True
    return start.startswith((b"\x1aE\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"0&\xb2u"))


def film(source: BinaryIO, apart: Apart) -> Film:
    """The fingerprint of a film, an open file of the system.

    Raises BadInput("fingerprint.…"): empty, film_too_large, film_unread, film_late.
    """
    md5, sha256 = _digests(source)
    answer = apart(_code("hashes", MOST_FRAMES, apart.seconds), source)
    facts, lines, end = _said(answer)
    frames = tuple(_frames(lines))
    if not frames:
        raise BadInput("fingerprint.film_unread")
    return Film(
        frames, int(facts["width"]), int(facts["height"]), facts["rate"], round(end["read"] / facts["rate"], 3),
        bool(end["whole"]), md5, sha256, answer.confined,
    )  # fmt: skip


@dataclass(frozen=True)
class Watched:
    """A few frames of a film, as (second, JPEG), spread over its length. `count`: the frames that the film says it has.

    `whole`: the reader came to its end in time; `confined`: a wall stood.
    """

    pictures: tuple[tuple[float, bytes], ...]
    width: int
    height: int
    count: int
    whole: bool
    confined: bool


def watch(source: BinaryIO, apart: Apart, most: int, *, dense: bool = False) -> Watched:
    """At most `most` frames of a film; not more than one a second, unless `dense`. Raises as `film`."""
    answer = apart(_code("pictures", most, apart.seconds, dense=dense), source)
    facts, lines, end = _said(answer)
    return Watched(
        tuple(map(_picture, lines)), int(facts["width"]), int(facts["height"]), int(facts["count"]),
        bool(end["whole"]), answer.confined,
    )  # fmt: skip


def pictures(source: BinaryIO, apart: Apart) -> Iterator[tuple[float, bytes]]:
    """Frames of a film as (second, JPEG), one a second, at most MOST_PICTURES. Raises as `film`."""
    yield from watch(source, apart, MOST_PICTURES).pictures


def _picture(line: str) -> tuple[float, bytes]:
    second, _, coded = line.partition(",")
    try:
        return float(second), base64.b64decode(coded, validate=True)
    except (ValueError, binascii.Error):
        raise BadInput("fingerprint.film_unread") from None


def to_vpdq(frames: Iterable[FilmFrame]) -> str:
    """vPDQ's file: one line a frame."""
    return "".join(f"{frame}\n" for frame in frames)


def to_threatexchange(frames: Iterable[FilmFrame]) -> str:
    """The same as python-threatexchange's signal `vpdq`: a JSON list of hash, quality, time stamp."""
    return json.dumps([f"{pdq.to_hex(one.pdq)},{one.quality},{one.second:.3f}" for one in frames])


def from_vpdq(text: str) -> tuple[FilmFrame, ...]:
    """Read either form. Raises BadInput("fingerprint.bad_vpdq") naming the line."""
    if text.lstrip().startswith("["):
        return tuple(_from_signal(text))
    return tuple(_frames(line.strip() for line in text.splitlines() if line.strip()))


def compare_films(reference: Sequence[FilmFrame], candidate: Sequence[FilmFrame]) -> FilmVerdict:
    """vPDQ's comparison, both ways: the same hash counts once, flat frames (quality under 50) not at all, 31 bits.

    A match is a candidate of which 80 % is in the reference (vPDQ's own rule: a clip of it), or that holds 80 % of the
    reference (the film within a longer one).
    """
    known, asked = _telling(reference), _telling(candidate)
    if not len(known) or not len(asked):
        return FilmVerdict(False, 0.0, 0.0, Reason("fingerprint.why_film_flat"))
    near = np.array([pdq.distance(one, known) <= pdq.RADIUS for one in asked])
    candidate_share, reference_share = float(near.any(axis=1).mean()), float(near.any(axis=0).mean())
    match = max(candidate_share, reference_share) >= MATCHED
    shares = {"candidate": round(100 * candidate_share), "reference": round(100 * reference_share)}
    why = Reason("fingerprint.why_film_copy" if match else "fingerprint.why_film_other", shares)
    return FilmVerdict(match, candidate_share, reference_share, why)


def find_photo(photo: Fingerprint, shown: Iterable[tuple[float, bytes]]) -> Shown | None:
    """The frame that shows the photo, by the geometric proof; if none does, the one that comes nearest.

    None where there was no frame. The first match ends the search only at a score of 0.95.
    """
    best: Shown | None = None
    for second, picture in shown:
        verdict = judge(photo, Look(picture))
        if best is None or (verdict.match, verdict.score) > (best.verdict.match, best.verdict.score):
            best = Shown(second, verdict)
        if verdict.match and verdict.score >= 0.95:
            break
    return best


def _digests(source: BinaryIO) -> tuple[str, str]:
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    source.seek(0)
    while piece := source.read(1 << 20):
        size += len(piece)
        if size > MOST_BYTES:
            raise BadInput("fingerprint.film_too_large", limit=MOST_BYTES >> 30)
        md5.update(piece)
        sha256.update(piece)
    if not size:
        raise BadInput("fingerprint.empty")
    return md5.hexdigest(), sha256.hexdigest()


def _code(mode: str, most: int, seconds: int, *, dense: bool = False) -> str:
    return _READER.format(
        mode=mode, most=most, seconds=seconds * _BUDGET, side=PICTURE_SIDE, hashed=pdq.HASH_SIDE, dense=dense
    )


def _said(answer: ApartAnswer) -> tuple[dict[str, float], list[str], dict[str, float]]:
    """Facts, frames, end. The program read hostile bytes: whatever it says is looked at before it is believed."""
    lines = answer.output.decode("ascii", "replace").splitlines()
    if not answer.ended_well or len(lines) < 2:
        raise BadInput("fingerprint.film_late" if answer.late else "fingerprint.film_unread")
    facts, end = _numbers(lines[0], "width", "height", "rate", "count"), _numbers(lines[-1], "read", "whole")
    if not (0 < facts["width"] <= 65_500 and 0 < facts["height"] <= 65_500 and 0 < facts["rate"] < 1000):
        raise BadInput("fingerprint.film_unread")
    return facts, lines[1:-1], end


def _numbers(line: str, *names: str) -> dict[str, float]:
    try:
        said = json.loads(line)
        return {name: float(said[name]) for name in names}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("fingerprint.film_unread") from None


_LINE = re.compile(r"(\d{1,9}),(\d{1,3}),([0-9a-fA-F]{64}),(\d{1,9}(?:\.\d{1,9})?)")
_SIGNAL = re.compile(r"([0-9a-fA-F]{64}),(\d{1,3}),(\d{1,9}(?:\.\d{1,9})?)")


def _frames(lines: Iterable[str]) -> Iterator[FilmFrame]:
    for number, line in enumerate(lines, 1):
        found = _LINE.fullmatch(line)
        if found is None or int(found[2]) > 100 or number > MOST_FRAMES:
            raise BadInput("fingerprint.bad_vpdq", line=number)
        yield FilmFrame(int(found[1]), int(found[2]), pdq.from_hex(found[3]), float(found[4]))


def _from_signal(text: str) -> Iterator[FilmFrame]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("fingerprint.bad_vpdq", line=1) from None
    for number, row in enumerate(rows if isinstance(rows, list) else [None]):
        found = _SIGNAL.fullmatch(row) if isinstance(row, str) else None
        if found is None or int(found[2]) > 100 or number >= MOST_FRAMES:
            raise BadInput("fingerprint.bad_vpdq", line=number + 1)
        yield FilmFrame(number, int(found[2]), pdq.from_hex(found[1]), float(found[3]))


def _telling(frames: Sequence[FilmFrame]) -> pdq.Bits:
    """Distinct hashes of frames that are not flat, (n, 32)."""
    seen = {one.pdq.tobytes(): one.pdq for one in reversed(frames) if one.quality >= pdq.QUALITY}
    return np.array(list(seen.values()), dtype=np.uint8).reshape(-1, 32)
