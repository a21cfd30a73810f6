"""From exchanges to the archive: WARC by warcio, WACZ with the index of the wacz library.

Bodies are decoded, so `Content-Encoding`, `Transfer-Encoding` and the wire's `Content-Length` stand under
`X-Archive-Orig-*` and warcinfo says "as received by the browser". A 206 over the whole file is kept as 200. Nothing
random is in it: record ids are made from what the record holds, times are those of the capture.
"""

import datetime as dt
import gzip
import hashlib
import io
import json
import re
import uuid
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from sitr.evidence.captured import BodyState, Exchange
from sitr.evidence.recorder import whole_range

_RENAMED = frozenset({"content-encoding", "transfer-encoding", "content-length", "content-range"})
WARC_NAME = "capture.warc.gz"
_WACZ_VERSION = "1.1.1"
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_PACKED = re.compile(r"image/(?!svg|bmp|x-)|video/|audio/|font/woff|application/(pdf|zip|gzip)")


@dataclass(frozen=True)
class Attachment:
    """A thing made by us from the page (screenshot, PDF, DOM, text), kept beside the exchanges as a `resource`."""

    uri: str
    mime: str
    path: Path
    time: dt.datetime


def write_warc(
    target: Path,
    exchanges: Iterable[Exchange],
    attachments: Iterable[Attachment],
    info: dict[str, str],
    time: dt.datetime,
) -> None:
    """One gzipped WARC/1.1: warcinfo, a response and its request for each exchange that got an answer, then the
    attachments."""
    with target.open("wb") as file:
        writer = _Writer(file)
        writer.write(_warcinfo(writer, info, time), "text/plain")
        for exchange in exchanges:
            if exchange.status:
                _write_exchange(writer, exchange)
        for attachment in attachments:
            with attachment.path.open("rb") as body:
                writer.write(_resource(writer, attachment, body), attachment.mime)


class _Writer(WARCWriter):  # type: ignore[misc]
    """One gzip member a record, as players need it. What is compressed already (pictures, video, PDF) is only wrapped:
    warcio's own level 9 took 14 s for 80 MB of photographs, this takes 1 s."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, gzip=False, warc_version="1.1")
        self._file = file

    def write(self, record: Any, mime: str) -> None:
        level = 0 if _PACKED.match(mime) else 6
        with gzip.GzipFile(filename="", mode="wb", compresslevel=level, fileobj=self._file, mtime=0) as member:
            self.out = member
            self.write_record(record)


def _warcinfo(writer: Any, info: dict[str, str], time: dt.datetime) -> Any:
    text = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in info.items()).encode()
    headers = {
        "WARC-Record-ID": record_id("warcinfo", time, text),
        "WARC-Date": warc_time(time),
        "WARC-Filename": WARC_NAME,
    }
    return writer.create_warc_record(
        "",
        "warcinfo",
        payload=io.BytesIO(text),
        length=len(text),
        warc_content_type="application/warc-fields",
        warc_headers_dict=headers,
    )


def _write_exchange(writer: _Writer, exchange: Exchange) -> None:
    body: BinaryIO = exchange.body.open("rb") if exchange.body is not None else io.BytesIO()
    with body:
        answer = _response(writer, exchange, body)
        writer.write(answer, exchange.mime)
    writer.write(_request(writer, exchange, answer.rec_headers.get_header("WARC-Record-ID")), "text/plain")


def _response(writer: Any, exchange: Exchange, body: BinaryIO) -> Any:
    headers = {
        "WARC-Record-ID": record_id("response", exchange.started, f"{exchange.number} {exchange.url}".encode()),
        "WARC-Date": warc_time(exchange.started),
    }
    if exchange.address:
        headers["WARC-IP-Address"] = exchange.address
    if exchange.state is not BodyState.KEPT:
        headers["WARC-Truncated"] = "length" if exchange.why == "too_large" else "unspecified"
    status = 200 if whole_range(exchange) else exchange.status
    line = f"{status} {_one_line(exchange.reason) or _phrase(status)}"
    http = StatusAndHeaders(line, _archived_headers(exchange), protocol="HTTP/1.1")
    return writer.create_warc_record(
        exchange.url, "response", payload=body, length=exchange.length, http_headers=http, warc_headers_dict=headers
    )


def _archived_headers(exchange: Exchange) -> list[tuple[str, str]]:
    kept = [(_archived_name(exchange, name), _one_line(value)) for name, value in exchange.response_headers]
    return [*kept, ("Content-Length", str(exchange.length))]


def _archived_name(exchange: Exchange, name: str) -> str:
    lower = name.lower()
    if lower == "content-range" and not whole_range(exchange):
        return name
    return f"X-Archive-Orig-{name}" if lower in _RENAMED else name


def _request(writer: Any, exchange: Exchange, answer_id: str) -> Any:
    parts = urlsplit(exchange.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    given = [(name, _one_line(value)) for name, value in exchange.request_headers if not name.startswith(":")]
    if not any(name.lower() == "host" for name, _ in given):
        given.insert(0, ("Host", parts.netloc))
    http = StatusAndHeaders(f"{exchange.method} {path} HTTP/1.1", given, is_http_request=True)
    headers = {
        "WARC-Record-ID": record_id("request", exchange.started, f"{exchange.number} {exchange.url}".encode()),
        "WARC-Date": warc_time(exchange.started),
        "WARC-Concurrent-To": answer_id,
    }
    return writer.create_warc_record(
        exchange.url,
        "request",
        payload=io.BytesIO(exchange.post),
        length=len(exchange.post),
        http_headers=http,
        warc_headers_dict=headers,
    )


def _resource(writer: Any, attachment: Attachment, body: BinaryIO) -> Any:
    headers = {
        "WARC-Record-ID": record_id("resource", attachment.time, attachment.uri.encode()),
        "WARC-Date": warc_time(attachment.time),
    }
    size = attachment.path.stat().st_size
    return writer.create_warc_record(
        attachment.uri,
        "resource",
        payload=body,
        length=size,
        warc_content_type=attachment.mime,
        warc_headers_dict=headers,
    )


def write_wacz(
    target: Path, warc: Path, *, url: str, title: str, page_time: dt.datetime, text: str, software: str
) -> None:
    """Packs the WARC with its index, page list and digests. `page_time` is the time of the page's own record."""
    stamp = page_time.astimezone(dt.UTC).timetuple()[:6]
    index, lookup = _index(warc)
    page = {
        "id": record_id("page", page_time, url.encode())[10:-1],
        "url": url,
        "ts": warc_time(page_time),
        "title": title,
        "text": text,
    }
    header = {"format": "json-pages-1.0", "id": "pages", "title": "Pages", "hasText": True}
    pages = "".join(json.dumps(line) + "\n" for line in (header, page)).encode()
    resources: list[dict[str, Any]] = []
    with zipfile.ZipFile(target, "w") as package:
        for name, data in (
            ("indexes/index.cdx.gz", index),
            ("indexes/index.idx", lookup),
            ("pages/pages.jsonl", pages),
        ):
            package.writestr(zipfile.ZipInfo(name, stamp), data)
            resources.append(_entry(name, len(data), hashlib.sha256(data).hexdigest()))
        resources.append(_store(package, zipfile.ZipInfo(f"archive/{WARC_NAME}", stamp), warc))
        described = _described(resources, url=url, title=title, time=warc_time(page_time), software=software)
        package.writestr(zipfile.ZipInfo("datapackage.json", stamp), described)
        digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(described).hexdigest()}"}
        package.writestr(zipfile.ZipInfo("datapackage-digest.json", stamp), json.dumps(digest, indent=2))


def _store(package: zipfile.ZipFile, entry: zipfile.ZipInfo, source: Path) -> dict[str, Any]:
    """Stored, not deflated: players read records at their offsets inside the zip."""
    digest, size = hashlib.sha256(), 0
    with source.open("rb") as file, package.open(entry, "w", force_zip64=True) as out:
        while chunk := file.read(2**20):
            digest.update(chunk)
            size += len(chunk)
            out.write(chunk)
    return _entry(entry.filename, size, digest.hexdigest())


def _entry(name: str, size: int, digest: str) -> dict[str, Any]:
    return {"name": name.rpartition("/")[2], "path": name, "hash": f"sha256:{digest}", "bytes": size}


def _described(resources: list[dict[str, Any]], *, url: str, title: str, time: str, software: str) -> bytes:
    package = {
        "profile": "data-package",
        "resources": resources,
        "title": title or url,
        "mainPageUrl": url,
        "mainPageDate": time,
        "created": time,
        "wacz_version": _WACZ_VERSION,
        "software": software,
    }
    return json.dumps(package, indent=2).encode()


def _index(warc: Path) -> tuple[bytes, bytes]:
    """The compressed CDXJ of the WARC and its lookup file, made by the wacz library's indexer."""
    indexer_class = load_indexer()
    lookup, compressed = io.BytesIO(), io.BytesIO()
    text = io.TextIOWrapper(lookup, "utf-8", write_through=True)
    indexer = indexer_class(
        text,
        [str(warc)],
        sort=True,
        post_append=True,
        compress=compressed,
        lines=1024,
        digest_records=True,
        fields="referrer",
        data_out_name="index.cdx.gz",
        hash_type="sha256",
        main_url="",
        main_ts="",
        detect_pages=False,
        passed_pages_dict={},
        extract_text=False,
        signing_url=None,
        signing_token=None,
        split_seeds=False,
    )
    indexer.process_all()
    text.flush()
    return compressed.getvalue(), lookup.getvalue()


def load_indexer() -> Any:
    """The wacz library's indexer: 0.4 s of imports that only a capture needs, done while Chromium starts."""
    from wacz.waczindexer import WACZIndexer

    return WACZIndexer


def record_id(kind: str, time: dt.datetime, content: bytes) -> str:
    """A WARC record id that follows from what it names (RFC 9562, version 8 layout over SHA-256)."""
    digest = hashlib.sha256(f"sitr-warc-v1 {kind} {time.isoformat()} ".encode() + content).digest()
    number = bytearray(digest[:16])
    number[6] = (number[6] & 0x0F) | 0x80
    number[8] = (number[8] & 0x3F) | 0x80
    return f"<urn:uuid:{uuid.UUID(bytes=bytes(number))}>"


def warc_time(time: dt.datetime) -> str:
    """UTC with milliseconds, as WARC/1.1 allows."""
    return time.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def _one_line(value: str) -> str:
    """Servers write what they like into headers; warcio takes other letters than ASCII in some places only, and ends
    the whole archive at the rest. They are written as addresses write them (UTF-8, percent-encoded)."""
    line = value.replace("\r", " ").replace("\n", " ")
    return line if line.isascii() else _NOT_ASCII.sub(lambda found: quote(found[0], errors="replace"), line)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
