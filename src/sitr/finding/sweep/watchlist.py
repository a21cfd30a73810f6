"""The watch-list: whose copies are looked for, as hashes and, where the list has them, whole fingerprints.

Belongs here: reading the lines of `sitr fingerprint` whole, the simplest lists of hashes, and the hashes by which
photos are found. Not here: the forms in which organisations exchange lists (`finding.exchange.read_list` reads those).
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sitr.errors import BadInput, SitrError
from sitr.fingerprint import Fingerprint, pdq
from sitr.fingerprint.films import from_vpdq
from sitr.fingerprint.views import KINDS

_HASH_NAMES = ("pdq", "hash", "hashvalue", "pdq_hash")
_PHOTO_NAMES = ("photo", "id", "file", "name", "content_id")
_GONE = frozenset({"withdrawn", "deleted"})
_QUALITY_NAMES = ("pdq_quality", "quality")

_LINE_END = re.compile(r"\r\n|\n|\r")
"""Only these: what `str.splitlines` takes for an end as well may stand in a photo's name."""


@dataclass(frozen=True)
class Listed:
    """One photo of the list, or one film, whose views are its frames (`second 12`).

    `hashes`: (name of the view, 32 bytes); `fingerprint`: None for hashes alone.
    """

    photo: str
    hashes: tuple[tuple[str, bytes], ...]
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True)
class WatchList:
    """All photos looked for. `digest`: SHA-256 of the list as it was read, hex; `unusable`: lines with no hash to look
    for (an error of `sitr fingerprint`, a picture too flat for PDQ); `provable`: photos whose copies can be proved."""

    photos: tuple[Listed, ...]
    digest: str
    unusable: int = 0

    @cached_property
    def hashes(self) -> pdq.Bits:
        """All hashes, shape (n, 32)."""
        raw = b"".join(h for photo in self.photos for _, h in photo.hashes)
        return np.frombuffer(raw, dtype=np.uint8).reshape(-1, 32)

    @cached_property
    def owners(self) -> tuple[tuple[int, str], ...]:
        """For each of `hashes`: which photo it is of, and which view."""
        return tuple((number, view) for number, photo in enumerate(self.photos) for view, _ in photo.hashes)

    @property
    def provable(self) -> int:
        """How many photos have the sealed part."""
        return sum(photo.fingerprint is not None for photo in self.photos)


def read_watchlist(data: bytes) -> WatchList:
    """The list in a file's bytes.

    JSON Lines as `sitr fingerprint` writes them, or with `pdq` alone; CSV with a column `pdq` (or `hash`), and one of
    `photo`, `id`, `file`; one PDQ of 64 hex digits a line; and all that `finding.exchange` reads. Films are looked for
    by their frames (`vpdq`); withdrawn entries and digests of files are not looked for.
    Raises BadInput: `finding.sweep_bad_list` naming the line, `finding.sweep_empty_list`, `exchange.*`.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BadInput("finding.sweep_bad_list", line=data.count(b"\n", 0, fault.start) + 1) from None
    photos: list[Listed] = []
    unusable = 0
    names: dict[str, int] = {}
    for line, entry in _entries(text):
        listed = _listed(entry, line)
        if listed is None:
            unusable += 1
            continue
        # Two photos of one name stay two photos.
        names[listed.photo] = names.get(listed.photo, 0) + 1
        again = names[listed.photo]
        photos.append(listed if again == 1 else Listed(f"{listed.photo}#{again}", listed.hashes, listed.fingerprint))
    if not photos:
        raise BadInput("finding.sweep_empty_list", unusable=unusable)
    return WatchList(tuple(photos), hashlib.sha256(data).hexdigest(), unusable)


def _entries(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    lines = _LINE_END.split(text)
    first = next((line.strip() for line in lines if line.strip()), "")
    if first.startswith("{") and '"value"' not in first:
        yield from _json_lines(lines)
    elif _is_hex(first):
        yield from ((n, {"pdq": line.strip()}) for n, line in enumerate(lines, 1) if line.strip())
    elif set(_HASH_NAMES) & {name.strip().lower() for name in first.split(",")}:
        yield from _csv_lines(text)
    else:
        yield from _exchanged(text)


def _json_lines(lines: Iterable[str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (json.JSONDecodeError, RecursionError):
            raise BadInput("finding.sweep_bad_list", line=number) from None
        if not isinstance(entry, dict):
            raise BadInput("finding.sweep_bad_list", line=number)
        yield number, entry


def _csv_lines(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
    try:
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        for row in rows:
            yield rows.line_num, row
    except csv.Error:
        raise BadInput("finding.sweep_bad_list", line=rows.line_num) from None


def _exchanged(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    from sitr.finding.exchange import Kind, read_list  # loads what talks to other parties; most lists need none of it

    for number, entry in enumerate(read_list(io.BytesIO(text.encode())), 1):
        if entry.kind is Kind.PDQ:
            yield number, {"id": entry.id, "pdq": entry.value, "quality": entry.quality, "state": entry.state.value}
        elif entry.kind is Kind.VPDQ:
            yield number, {"id": entry.id, "vpdq": entry.value, "state": entry.state.value}
        else:
            yield number, {"error": "another kind of hash"}


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdefABCDEF" for c in text)


def _listed(entry: Mapping[str, Any], line: int) -> Listed | None:
    """The photo of one line, None when there is nothing to look for."""
    if ("error" in entry and "pdq" not in entry) or str(entry.get("state", "")).lower() in _GONE:
        return None
    photo = str(next((entry[n] for n in _PHOTO_NAMES if entry.get(n)), f"line {line}"))[:500]
    try:
        if "vpdq" in entry:
            return _film(photo, entry["vpdq"])
        if isinstance(entry.get("fingerprint"), str):
            return _whole(photo, Fingerprint.from_json(dict(entry)))
        given = next((entry[n] for n in _HASH_NAMES if entry.get(n)), "")
        bits = pdq.from_hex(str(given).strip())
    except SitrError:
        raise BadInput("finding.sweep_bad_list", line=line) from None
    quality = str(next((entry[n] for n in _QUALITY_NAMES if entry.get(n) not in (None, "")), pdq.QUALITY))
    if quality.isdecimal() and int(quality) < pdq.QUALITY:
        return None
    return Listed(photo, (("upright", bits.tobytes()),))


def _film(name: str, frames: Any) -> Listed | None:
    """A film by its frames, each hash once: a still of it, or its poster, is what a picture of a crawl can be."""
    if not isinstance(frames, str | list):
        raise BadInput("fingerprint.bad_vpdq", line=1)
    text = frames if isinstance(frames, str) else "\n".join(map(str, frames))
    hashes = {
        one.pdq.tobytes(): f"second {one.second:g}" for one in reversed(from_vpdq(text)) if one.quality >= pdq.QUALITY
    }
    return Listed(name, tuple((second, bits) for bits, second in reversed(hashes.items()))) if hashes else None


def _whole(photo: str, found: Fingerprint) -> Listed | None:
    """All hashes of a fingerprint that say something: flat ones are near everything."""
    whole = zip(pdq.ORIENTATIONS, found.orientations, strict=True) if found.pdq_quality >= pdq.QUALITY else ()
    hashes = [(name, bits.tobytes()) for name, bits in whole]
    hashes += [(KINDS[view.kind], view.pdq.tobytes()) for view in found.views if view.quality >= pdq.QUALITY]
    if not hashes:
        return None
    return Listed(photo, tuple(hashes), found if found.features is not None else None)
