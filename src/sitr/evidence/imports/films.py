"""Video: what the container says, and fingerprints of a few frames spread over its length.

Frames are decoded by OpenCV in a process apart, made small there, and handed over as PNG; they are fingerprinted and
thrown away. A film that cannot be read is kept all the same, and said.
"""

import base64
import json
import sys
from collections.abc import Iterator
from typing import BinaryIO

from sitr.errors import BadInput
from sitr.evidence.imports.apart import run_python_apart
from sitr.evidence.imports.boxes import movie_facts
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.values import Findings, Item, ItemKind
from sitr.fingerprint import fingerprint
from sitr.fingerprint.films import looks_like_film

__all__ = ["looks_like_film", "read_film"]

# What runs apart: standard input is the film; standard output one JSON line of facts, then one line for each frame.
_CODE = """
import base64, json, os, sys
os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = "protocol_whitelist;file|threads;1"
os.environ["OPENCV_LOG_LEVEL"] = "SILENT"
import cv2
cv2.setNumThreads(1)
most, side = %d, 640
film = cv2.VideoCapture("/dev/stdin", cv2.CAP_FFMPEG)
if not film.isOpened():
    sys.exit(3)
rate, count = film.get(cv2.CAP_PROP_FPS), int(film.get(cv2.CAP_PROP_FRAME_COUNT))
wide, high = int(film.get(cv2.CAP_PROP_FRAME_WIDTH)), int(film.get(cv2.CAP_PROP_FRAME_HEIGHT))
if wide * high > 40_000_000:
    sys.exit(4)
rate = rate if 0 < rate < 1000 else 25.0
print(json.dumps({"width": wide, "height": high, "frames": max(count, 0), "rate": round(rate, 3)}))
wanted = sorted({int((i + 0.5) * count / most) for i in range(most)}) if count > 0 else list(range(0, most * 25, 25))
at = 0
for number in wanted:
    if number - at > 250:
        film.set(cv2.CAP_PROP_POS_FRAMES, number)
        at = number
    while at < number and film.grab():
        at += 1
    good, frame = film.read()
    at += 1
    if not good:
        break
    scale = side / max(frame.shape[:2])
    if scale < 1:
        frame = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    good, png = cv2.imencode(".png", frame)
    print(json.dumps({"ms": int(number * 1000 / rate), "png": base64.b64encode(png.tobytes()).decode()}))
"""


def read_film(source: BinaryIO, limits: ImportLimits, findings: Findings) -> Iterator[tuple[str, bytes]]:
    """Read a film into `findings`; gives its sampled frames as (name, PNG), so that they can be compared once.

    `source` is an open file of the system: the process apart reads it by itself.
    """
    findings.facts |= movie_facts(source)
    answer = run_python_apart(sys.executable, _CODE % limits.frames, source, limits)
    findings.facts["confined"] = answer.confined
    lines = answer.output.splitlines()
    if not answer.ended_well or not lines:
        findings.problem("film_late" if answer.late else "film_unread")
        return
    findings.facts |= {
        name: value for name, value in json.loads(lines[0]).items() if isinstance(value, int) and name != "rate"
    }
    for number, line in enumerate(lines[1:], 1):
        said = json.loads(line)
        png = base64.b64decode(said["png"])
        _frame(png, int(said["ms"]), number, findings)
        yield f"frame-{number}", png


def _frame(png: bytes, milliseconds: int, number: int, findings: Findings) -> None:
    try:
        made = fingerprint(png)
    except BadInput:
        findings.problem("frame_unread")
        return
    packed = base64.b64encode(made.pack()).decode()
    findings.items.append(
        Item(
            ItemKind.FRAME, line=number, media=(f"frame-{number}",),
            extra={
                "milliseconds": milliseconds, "pdq": made.pdq, "pdq_quality": made.pdq_quality, "fingerprint": packed,
            },
        )
    )  # fmt: skip
