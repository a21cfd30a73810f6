"""Web archives: WARC (ISO 28500) and WACZ (a zip around it), ours, ArchiveWeb.page's or another tool's.

Listed: every address that was answered, with its status, type and time. Checked: the digest of each record's
payload, the hash of each file against `datapackage.json`, that file's own against `datapackage-digest.json`. A
signature there is kept as it stands and not judged. Nothing is replayed here.
"""

import base64
import gzip
import hashlib
import io
import logging
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, cast

from sitr.errors import BadInput
from sitr.evidence.imports.chunks import Chunks
from sitr.evidence.imports.documents import list_of, read_json, table_of, text_of, whole_number
from sitr.evidence.imports.handing import Handing, starts_as_picture
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.telegram import unix_time
from sitr.evidence.imports.values import Findings, Item, ItemKind, Where
from sitr.evidence.imports.zips import Member, Zip

_KINDS = frozenset({"response", "resource", "revisit"})
_MOST_RECORD = 2 * 2**30
_DOCUMENT = 32 * 2**20
_REMEMBERED = 64 * 2**20
"""Bytes of pictures that are kept while an archive is read, for records that name one instead of repeating it."""


class _Bounded(io.RawIOBase):
    """The pieces of a member as a file that is read forward."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next(self._pieces, b"")
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


def _unpacked_whole(source: BinaryIO) -> BinaryIO:
    """A WARC that somebody packed as one piece, unpacked while it is read; one packed record by record stays as it is,
    and so does what cannot be looked into twice."""
    if not source.seekable():
        return source
    start = source.read(1 << 16)
    source.seek(0)
    if not start.startswith(b"\x1f\x8b"):
        return source
    try:
        first = zlib.decompressobj(31).decompress(start, 1 << 20)
    except zlib.error:
        return source
    several = len(re.findall(rb"(?:^|\r\n\r\n)WARC/[01]\.", first)) > 1
    return cast("BinaryIO", gzip.GzipFile(fileobj=source, mode="rb")) if several else source


def looks_like_warc(start: bytes) -> bool:
    """By the first line, packed or not."""
    if start.startswith(b"\x1f\x8b"):
        try:
            start = zlib.decompressobj(31).decompress(start, 64)
        except zlib.error:
            return False
    return start.startswith((b"WARC/1.", b"WARC/0."))


def looks_like_wacz(zipped: Zip) -> bool:
    """By its list of contents and an archive folder."""
    return zipped.find("datapackage.json") is not None and any(
        member.name.startswith("archive/") for member in zipped.members
    )


class Seen:
    """Pictures by the digest of their payload, and by address and hour: by these a `revisit` names what stood there."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}
        self._room = _REMEMBERED

    def keep(self, names: tuple[str, ...], data: bytes) -> None:
        """Remember a picture, while there is room."""
        new = [name for name in names if name and name not in self._known]
        if new and len(data) <= self._room:
            self._known |= dict.fromkeys(new, data)
            self._room -= len(data)

    def get(self, names: tuple[str, ...]) -> bytes | None:
        """The picture of the first of these names, if it was seen and there was room."""
        return next((self._known[name] for name in names if name in self._known), None)


def read_warc(
    source: BinaryIO, limits: ImportLimits, findings: Findings, handing: Handing, seen: Seen | None = None
) -> None:
    """Read all records of one WARC into `findings`; pictures in it are handed on with their addresses. `seen`: what
    earlier files of the same archive held."""
    seen = Seen() if seen is None else seen
    from warcio.exceptions import ArchiveLoadFailed

    source = _unpacked_whole(source)
    ArchiveIterator = _silent_iterator()  # noqa: N806  a class of the library
    counts = {"records": 0, "wrong": 0, "unchecked": 0}
    spent = 0
    try:
        for record in ArchiveIterator(source, check_digests=False, ensure_http_headers=False):
            counts["records"] += 1
            if counts["records"] > limits.items:
                findings.problem("too_many_items", limit=limits.items)
                break
            spent += _record(record, findings, counts, _MOST_RECORD - spent, Keeping(handing, limits, seen))
            if spent >= _MOST_RECORD:
                findings.problem("archive_cut")
                break
    except (
        ArchiveLoadFailed,
        OSError,
        EOFError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        TypeError,
        OverflowError,
        zlib.error,
    ):
        findings.problem("archive_cut")
    except BadInput:
        findings.problem("archive_cut")
    for name, count in counts.items():
        known = findings.facts.get(name, 0)
        findings.facts[name] = count + (known if isinstance(known, int) else 0)
    if counts["wrong"]:
        findings.problem("digests_wrong", n=counts["wrong"])


def _silent_iterator() -> Any:
    """warcio's iterator (0.1 s that only archives need), kept from writing addresses and lines of the file to standard
    error and to logs, as it does for malformed ones."""
    from types import SimpleNamespace

    from warcio import archiveiterator, bufferedreaders

    nowhere = SimpleNamespace(stderr=SimpleNamespace(write=lambda _text: None))
    archiveiterator.sys = bufferedreaders.sys = nowhere
    logging.getLogger("warcio").disabled = True
    logging.getLogger("warcio.recordloader").disabled = True
    return archiveiterator.ArchiveIterator


def _record(record: Any, findings: Findings, counts: dict[str, int], left: int, keeping: "Keeping") -> int:
    """One record; gives how many bytes were read of it."""
    if record.rec_type == "warcinfo":
        text = record.content_stream().read(8192).decode("utf-8", "replace")
        _tool(text, findings)
        return len(text)
    keeping.begin(record)
    length, right = _check_payload(record, left, keeping)
    if right is False and _is_cut(record):
        findings.problem("archive_cut")
        right = None
    if right is False:
        counts["wrong"] += 1
    elif right is None:
        counts["unchecked"] += 1
    if record.rec_type in _KINDS:
        findings.items.append(_address(record, length, right))
        keeping.hand_on(record, right=right)
    return length


class Keeping:
    """The body of a record that may be a picture, kept while its digest is made, unpacked and handed on."""

    def __init__(self, handing: Handing, limits: ImportLimits, seen: Seen) -> None:
        self._handing, self._most, self._seen = handing, limits.compared_bytes, seen
        self._kept: list[bytes] | None = None
        self._size = 0

    def begin(self, record: Any) -> None:
        """Decide by what the record says of itself; what says nothing is decided by its first bytes."""
        kind = _media_type(record)
        claims = kind.startswith("image/") and kind != "image/svg+xml"
        silent = kind in {"", "application/octet-stream", "binary/octet-stream"}
        wanted = self._handing.wanted and record.rec_type in {"response", "resource"}
        self._kept = [] if wanted and (claims or silent) else None

    def take(self, piece: bytes) -> None:
        """Keep a piece, up to the size that is compared."""
        if self._kept is not None:
            self._size += len(piece)
            if self._size <= self._most:
                self._kept.append(piece)

    def hand_on(self, record: Any, *, right: bool | None) -> None:
        """Hand on the picture, if it is one, with its exact address. `right`: whether its digest is the one named."""
        address = _header(record, "WARC-Target-URI")
        if record.rec_type == "revisit":
            self._hand_on_again(record, address)
        elif self._kept is None:
            return
        elif self._size > self._most:
            self._handing.left()
        elif starts_as_picture(data := self._unpacked(record, b"".join(self._kept))):
            self._handing.give(Where.ADDRESS, address, data)
            digest = _header(record, "WARC-Payload-Digest").casefold() if right else ""
            self._seen.keep((digest, f"{address} {_header(record, 'WARC-Date')}"), data)

    def _hand_on_again(self, record: Any, address: str) -> None:
        """A picture that an earlier record holds, at another address or another hour; one that none does is counted."""
        if not self._handing.wanted:
            return
        earlier = f"{_header(record, 'WARC-Refers-To-Target-URI')} {_header(record, 'WARC-Refers-To-Date')}"
        data = self._seen.get((_header(record, "WARC-Payload-Digest").casefold(), earlier))
        if data is not None:
            self._handing.give(Where.ADDRESS, address, data)
        elif _media_type(record).startswith("image/"):
            self._handing.left()

    def _unpacked(self, record: Any, body: bytes) -> bytes:
        """The body as the browser saw it: chunks joined, packing undone, never more than is compared."""
        record.raw_stream = io.BytesIO(body)
        try:
            return bytes(record.content_stream().read(self._most))
        except (OSError, EOFError, ValueError, zlib.error):
            return b""


def _header(record: Any, name: str) -> str:
    return (record.rec_headers.get_header(name) or "").strip()[:2000]


def _tool(text: str, findings: Findings) -> None:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip().casefold() == "software" and value.strip():
            findings.facts.setdefault("software", value.strip()[:300])


def _check_payload(record: Any, left: int, keeping: Keeping) -> tuple[int, bool | None]:
    """Length of the payload, and whether its digest is the one named; None where none is, or the body is elsewhere."""
    named = record.rec_headers.get_header("WARC-Payload-Digest") or ""
    algorithm, _, expected = named.partition(":")
    digest = hashlib.new(algorithm) if algorithm in {"sha1", "sha256", "sha512", "md5"} else None
    chunks, inside = _chunked(record), hashlib.new(algorithm) if digest is not None else None
    stream, length = record.raw_stream, 0
    while piece := stream.read(1 << 16):
        length += len(piece)
        keeping.take(piece)
        if digest is not None:
            digest.update(piece)
        if chunks is not None and inside is not None:
            for part in chunks.feed(piece):
                inside.update(part)
        if length >= left:
            return length, None
    if digest is None or record.rec_type == "revisit" or record.rec_headers.get_header("WARC-Truncated"):
        return length, None
    right = _same_digest(digest.digest(), expected)
    if not right and chunks is not None and inside is not None and not chunks.broken:
        right = _same_digest(inside.digest(), expected)
    return length, right


def _chunked(record: Any) -> Chunks | None:
    """For a body in chunks: some tools write the digest of what is in them, as the standard asks, others of all."""
    told = record.http_headers.get_header("Transfer-Encoding") if record.http_headers else None
    return Chunks() if "chunked" in (told or "").casefold() else None


def _is_cut(record: Any) -> bool:
    """Whether the file ended within this record, whose digest then says nothing of a change."""
    return bool(getattr(record.raw_stream, "limit", 0) > 0)


def _same_digest(made: bytes, expected: str) -> bool:
    said = expected.strip()
    return said.casefold() == made.hex() or said.upper().rstrip("=") == base64.b32encode(made).decode().rstrip("=")


def _address(record: Any, length: int, right: bool | None) -> Item:
    headers = record.rec_headers
    status = record.http_headers.get_statuscode() if record.http_headers else ""
    address = (headers.get_header("WARC-IP-Address") or "")[:60]
    return Item(
        ItemKind.ADDRESS, written=_header(record, "WARC-Date")[:40], time=_time(_header(record, "WARC-Date")),
        text=(headers.get_header("WARC-Target-URI") or "")[:8192],
        extra={
            "status": str(status)[:10], "media_type": _media_type(record), "bytes": length,
            "record": record.rec_type, "digest": {True: "right", False: "wrong", None: "unchecked"}[right],
            **({"server": address} if address else {}),
        },
    )  # fmt: skip


def _time(written: str) -> str:
    """The written time where it is one (ISO 8601, W3C's profile); a zone that is missing is not added."""
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return ""
    return written[:40]


def _media_type(record: Any) -> str:
    headers = record.http_headers or record.rec_headers
    return (headers.get_header("Content-Type") or "").partition(";")[0].strip()[:100]


def read_wacz(zipped: Zip, limits: ImportLimits, findings: Findings, handing: Handing) -> None:
    """Check the package, then read its archives."""
    package = _package(zipped, findings)
    _check_files(zipped, package, findings)
    _check_package(zipped, findings)
    for name, key in (
        ("title", "title"),
        ("software", "software"),
        ("created", "created"),
        ("wacz_version", "version"),
    ):
        if text := text_of(package.get(name), 500):
            findings.facts[key] = text
    _pages(zipped, limits, findings)
    pages = {item.text for item in findings.items if item.kind is ItemKind.PAGE}
    handing.page = pages.pop() if len(pages) == 1 else ""  # of several pages nobody knows which showed a picture
    seen = Seen()
    within = [m for m in zipped.members if m.name.casefold().endswith((".wacz", ".zip"))]
    if within:
        findings.problem("nested", n=len(within))
    for member in zipped.members:
        if member.name.startswith("archive/") and member.name.casefold().endswith((".warc", ".warc.gz")):
            if not member.readable or member.name in zipped.doubled:
                findings.problem("archive_cut")
                continue
            read_warc(io.BufferedReader(_Bounded(zipped.pieces(member))), limits, findings, handing, seen)


def _package(zipped: Zip, findings: Findings) -> dict[str, Any]:
    data = _small(zipped, "datapackage.json")
    try:
        return dict(table_of(read_json(data))) if data is not None else {}
    except BadInput:
        findings.problem("package_unread")
        return {}


def _small(zipped: Zip, name: str) -> bytes | None:
    member = zipped.find(name)
    if member is None:
        return None
    try:
        return zipped.read(member, _DOCUMENT)
    except BadInput:
        return None


def _check_files(zipped: Zip, package: dict[str, Any], findings: Findings) -> None:
    listed: set[str] = set()
    right = wrong = 0
    for resource in list_of(package.get("resources"))[:10_000]:
        said = table_of(resource)
        path = text_of(said.get("path"), 1000)
        listed.add(path)
        member = zipped.find(path)
        if member is not None and _same_file(zipped, member, said):
            right += 1
        else:
            wrong += 1
    extra = [m.name for m in zipped.members if m.name not in listed and not m.name.startswith("datapackage")]
    findings.facts |= {"files_right": right, "files_wrong": wrong, "files_unlisted": len(extra)}
    if wrong or zipped.doubled:
        findings.problem("package_wrong", n=wrong + len(zipped.doubled))
    if extra:
        findings.problem("package_unlisted", n=len(extra))


def _same_file(zipped: Zip, member: Member, said: Any) -> bool:
    algorithm, _, expected = text_of(said.get("hash"), 300).partition(":")
    if algorithm not in {"sha256", "md5"}:
        return False
    digest, length = hashlib.new(algorithm), 0
    try:
        for piece in zipped.pieces(member):
            digest.update(piece)
            length += len(piece)
    except BadInput:
        return False
    size = whole_number(said.get("bytes"))
    return digest.hexdigest() == expected.casefold() and size in {None, length}


def _check_package(zipped: Zip, findings: Findings) -> None:
    """The digest over the list itself, and whether somebody signed it."""
    data, package = _small(zipped, "datapackage-digest.json"), _small(zipped, "datapackage.json")
    if data is None or package is None:
        findings.facts["package_digest"] = "none"
        return
    try:
        said = table_of(read_json(data))
    except BadInput:
        findings.facts["package_digest"] = "unreadable"
        findings.problem("package_unread")
        return
    right = text_of(said.get("hash"), 300) == f"sha256:{hashlib.sha256(package).hexdigest()}"
    findings.facts["package_digest"] = "right" if right else "wrong"
    if not right:
        findings.problem("package_wrong", n=1)
    signed = table_of(said.get("signedData"))
    if signed:
        findings.facts |= {
            "signed": True, "signed_software": text_of(signed.get("software"), 300),
            "signed_created": text_of(signed.get("created"), 60), "signed_key": text_of(signed.get("publicKey"), 1000),
            "signed_domain": text_of(signed.get("domain"), 300),
        }  # fmt: skip
        findings.problem("signature_unjudged")


def _pages(zipped: Zip, limits: ImportLimits, findings: Findings) -> None:
    for member in zipped.members:
        if not (member.name.startswith("pages/") and member.name.endswith(".jsonl")):
            continue
        try:
            lines = zipped.read(member, _DOCUMENT).split(b"\n")
        except BadInput:
            findings.problem("package_unread")
            continue
        for number, line in enumerate(lines[: limits.items], 1):
            _page(line, number, findings)


def _page(line: bytes, number: int, findings: Findings) -> None:
    if not line.strip():
        return
    try:
        said = table_of(read_json(line))
    except BadInput:
        findings.problem("package_unread")
        return
    if url := text_of(said.get("url"), 8192):
        stamp = whole_number(said.get("ts"))
        written = text_of(said.get("ts"), 40) if stamp is None else str(stamp)
        time = _time(written) if stamp is None else unix_time(stamp // 1000, stamp % 1000)
        findings.items.append(
            Item(
                ItemKind.PAGE,
                written=written,
                time=time,
                text=url,
                line=number,
                extra={"title": text_of(said.get("title"), 500)},
            )
        )
