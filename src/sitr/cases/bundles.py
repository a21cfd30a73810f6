"""The bundle that a paired browser sends: one manifest, then the files it names, in its order. Format `sitr-bundle-v1`.

    4 bytes  length of the manifest, big-endian
    n bytes  the manifest: JSON, UTF-8, as the extension hashed it
    …        each file of `parts`, exactly `bytes` long, nothing between and nothing after

What belongs here: reading and checking that form; everything is untrusted. Nothing is stored here.
"""

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sitr.errors import AnswerIsNo, BadInput

MOST_BYTES = 256 * 2**20
MOST_PARTS = 40
_MOST_MANIFEST = 2**20
_MOST_TEXT = 4 * 2**20
_MOST_PART = 128 * 2**20

# What each kind of file is called, its media type, and how it begins.
_KINDS: dict[str, tuple[str, bytes]] = {
    "screenshot": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "mhtml": ("multipart/related", b"From:"),
    "html": ("text/html", b"<!"),
    "text": ("text/plain", b""),
}
WITHOUT_PICTURES = frozenset({"text"})
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")


class Source(Protocol):
    """Where the bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Part:
    """A file as the manifest names it. `sha256` is what the extension computed; it is compared, not believed."""

    kind: str
    name: str
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What the extension says of a page. `raw` are its exact bytes."""

    raw: bytes
    url: str
    title: str
    captured_at: datetime
    child: str
    pictures: bool
    partial: bool
    parts: tuple[Part, ...]

    @property
    def sha256(self) -> str:
        """The digest of the exact bytes."""
        return hashlib.sha256(self.raw).hexdigest()


def read_manifest(source: Source, length: int, *, pictures: bool) -> Manifest:
    """The manifest of a bundle of `length` bytes.

    `pictures`: whether they may come in here. Raises AnswerIsNo `cases.no_pictures` before a byte of any file is read,
    BadInput `cases.bundle_form` naming the part that does not fit.
    """
    if not 4 < length <= MOST_BYTES:
        raise BadInput("cases.bundle_size", megabytes=MOST_BYTES // 2**20)
    size = int.from_bytes(exactly(source, 4), "big")
    if not 0 < size <= min(_MOST_MANIFEST, length - 4):
        raise _unfit("manifest")
    manifest = _checked(exactly(source, size))
    if not pictures and manifest.pictures:
        raise AnswerIsNo("cases.no_pictures")
    if 4 + size + sum(part.bytes for part in manifest.parts) != length:
        raise _unfit("length")
    return manifest


def exactly(source: Source, size: int) -> bytes:
    """The next `size` bytes. Raises BadInput `cases.bundle_cut` where they end before."""
    got = bytearray()
    while len(got) < size:
        piece = source.read(min(size - len(got), 1 << 20))
        if not piece:
            raise BadInput("cases.bundle_cut")
        got += piece
    return bytes(got)


class PartReader(io.RawIOBase):
    """The bytes of one file, out of a bundle. Raises as `exactly`, and when it does not begin as its kind does."""

    def __init__(self, source: Source, part: Part) -> None:
        super().__init__()
        begins = _KINDS[part.kind][1]
        self._start = exactly(source, min(len(begins), part.bytes))
        if not self._start.startswith(begins):
            raise _unfit(part.name)
        self._source, self._left = source, part.bytes - len(self._start)

    def read(self, size: int = -1, /) -> bytes:
        """As a file."""
        if self._start:
            start, self._start = self._start, b""
            return start
        wanted = self._left if size < 0 else min(size, self._left)
        piece = exactly(self._source, wanted)
        self._left -= len(piece)
        return piece


def text_of(source: Source, part: Part) -> io.BytesIO:
    """A text, whole. Raises BadInput for bytes that are none: what has no pictures must not carry one in disguise."""
    data = exactly(source, part.bytes)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise _unfit(part.name) from None
    if "\x00" in text:
        raise _unfit(part.name)
    return io.BytesIO(data)


def _unfit(part: str) -> BadInput:
    return BadInput("cases.bundle_form", part=part)


def _checked(raw: bytes) -> Manifest:
    try:
        said = json.loads(raw.decode("utf-8"))
        manifest = _read(raw, said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _unfit("manifest") from None
    if len({part.name for part in manifest.parts}) != len(manifest.parts) or len(manifest.parts) > MOST_PARTS:
        raise _unfit("parts")
    if not manifest.pictures and (said["images"] or any(part.kind not in WITHOUT_PICTURES for part in manifest.parts)):
        raise AnswerIsNo("cases.no_pictures")
    return manifest


def _read(raw: bytes, said: dict[str, Any]) -> Manifest:
    """Raises ValueError, KeyError or TypeError for what is not as it should be."""
    at = datetime.fromisoformat(_text(said["captured_at"], 40))
    pictures, partial = said["pictures"], said["partial"]
    fits = said["v"] == 1 and said["child"] in {"no", "yes", "unsure"} and at.tzinfo is not None
    if not fits or not isinstance(said["images"], list) or {type(pictures), type(partial)} != {bool}:
        raise ValueError
    if pictures and said["child"] != "no":
        raise ValueError
    url = _text(said["url"], 8192)
    if not url.startswith(("http://", "https://")):
        raise ValueError
    return Manifest(
        raw=raw, url=url, title=_text(said["title"], 2000), captured_at=at, child=said["child"], pictures=pictures,
        partial=partial, parts=tuple(_parts(said["parts"])),
    )  # fmt: skip


def _parts(said: list[dict[str, Any]]) -> Iterator[Part]:
    for one in said:
        media_type, _ = _KINDS[one["kind"]]
        size, digest, name = one["bytes"], _text(one["sha256"], 64), _text(one["name"], 64)
        limit = _MOST_TEXT if one["kind"] == "text" else _MOST_PART
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= limit:
            raise ValueError
        if not _DIGEST.fullmatch(digest) or not _NAME.fullmatch(name):
            raise ValueError
        yield Part(one["kind"], name, media_type, size, digest)


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise ValueError
    value.encode()  # a lone surrogate is no text: UnicodeEncodeError is a ValueError
    return value
