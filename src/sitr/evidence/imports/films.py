"""Video: what the container says, and fingerprints of a few frames spread over its length.

Frames are decoded in a process apart by the fingerprint's own reader of films; they are fingerprinted and thrown away.
A film that cannot be read is kept all the same, and said.
"""

import base64
from collections.abc import Iterator
from typing import BinaryIO

from sitr.errors import BadInput
from sitr.evidence.imports.boxes import movie_facts
from sitr.evidence.imports.film_readers import FilmReader
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.values import Findings, Item, ItemKind
from sitr.fingerprint import fingerprint
from sitr.fingerprint.films import looks_like_film, watch

__all__ = ["looks_like_film", "read_film"]


def read_film(source: BinaryIO, limits: ImportLimits, findings: Findings) -> Iterator[tuple[str, int, bytes]]:
    """Read a film into `findings`; gives its sampled frames as (name, millisecond, JPEG), to be compared once.

    `source` is an open file of the system: the process apart reads it by itself.
    """
    findings.facts |= movie_facts(source)
    try:
        seen = watch(source, FilmReader(limits.seconds), limits.frames, dense=True)
    except BadInput as refused:
        findings.problem("film_late" if refused.code == "fingerprint.film_late" else "film_unread")
        return
    findings.facts |= {
        "confined": seen.confined, "width": seen.width, "height": seen.height, "frames": seen.count,
    }  # fmt: skip
    for number, (second, picture) in enumerate(seen.pictures, 1):
        milliseconds = int(second * 1000)
        _frame(picture, milliseconds, number, findings)
        yield f"frame-{number}", milliseconds, picture


def _frame(picture: bytes, milliseconds: int, number: int, findings: Findings) -> None:
    try:
        made = fingerprint(picture)
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
