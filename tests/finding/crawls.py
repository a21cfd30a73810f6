"""WARC and WACZ files that the sweep's tests write, whole and broken, with drawn pictures in them."""

import gzip
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.fingerprint.drawn_pictures import drawn_photo, encoded

from sitr.cli.showing import document_line
from sitr.fingerprint import fingerprint


@cache
def jpeg(seed: int, width: int = 480, height: int = 360, quality: int = 85) -> bytes:
    """A drawn photograph."""
    return encoded(drawn_photo(seed, width, height), quality=quality)


@cache
def mirrored(seed: int) -> bytes:
    """The same as in a mirror, smaller and squeezed."""
    from PIL import ImageOps

    return encoded(ImageOps.mirror(drawn_photo(seed, 480, 360)).resize((400, 300)), quality=60)


@cache
def line_of(seed: int) -> str:
    """The line of `sitr fingerprint` for one drawn photograph."""
    return document_line({"file": f"photo-{seed}.jpg", **fingerprint(jpeg(seed)).to_json()})


def watchlist(*seeds: int) -> bytes:
    """A watch-list of drawn photographs, with their sealed parts."""
    return "\n".join(line_of(seed) for seed in seeds).encode()


@dataclass(frozen=True)
class Entry:
    """One record to be written. `length`: the Content-Length to claim instead of the real one."""

    body: bytes
    url: str = "https://example.org/a.jpg"
    kind: str = "response"
    media_type: str = "image/jpeg"
    headers: Mapping[str, str] = field(default_factory=dict)
    status: str = "200 OK"
    length: int | None = None


def record(entry: Entry) -> bytes:
    """The record's bytes, not packed."""
    block = entry.body
    if entry.kind in {"response", "revisit"}:
        fields = {"Content-Type": entry.media_type, **entry.headers}
        head = f"HTTP/1.1 {entry.status}\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields.items()) + "\r\n"
        block = head.encode() + entry.body
    length = len(block) if entry.length is None else entry.length
    said = "application/http; msgtype=response" if entry.kind in {"response", "revisit"} else entry.media_type
    named = (
        f"WARC/1.1\r\nWARC-Type: {entry.kind}\r\nWARC-Target-URI: {entry.url}\r\nWARC-Date: 2026-11-01T10:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:0>\r\nContent-Type: {said}\r\nContent-Length: {length}\r\n\r\n"
    )
    return named.encode() + block + b"\r\n\r\n"


def packed(entries: Iterable[Entry]) -> bytes:
    """A WARC of one gzip member a record, as crawlers write them."""
    return b"".join(gzip.compress(record(entry), 1, mtime=0) for entry in entries)


def plain(entries: Iterable[Entry]) -> bytes:
    """A WARC that is not packed."""
    return b"".join(record(entry) for entry in entries)


def wacz(warcs: Mapping[str, bytes], *, packed_again: bool = False) -> bytes:
    """A WACZ around some WARCs."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed_again else zipfile.ZIP_STORED) as archive:
        archive.writestr("datapackage.json", "{}")
        for name, data in warcs.items():
            archive.writestr(f"archive/{name}", data)
    return out.getvalue()


def written(folder: Path, name: str, data: bytes) -> Path:
    """The file with these bytes."""
    path = folder / name
    path.write_bytes(data)
    return path


def crawl(seeds: Iterable[int], *, page: bytes = b"<p>nothing</p>") -> list[Entry]:
    """A page and a picture by turns."""
    entries = []
    for seed in seeds:
        entries.append(Entry(page * 40, f"https://example.org/{seed}.html", media_type="text/html; charset=utf-8"))
        entries.append(Entry(jpeg(seed), f"https://example.org/{seed}.jpg"))
    return entries
