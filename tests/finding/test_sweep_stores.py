"""Object stores: the same rows from s3:// as from the disk, by Daft's own reader, from a small store on loopback."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from tests.finding import crawls
from tests.finding.crawls import Entry

from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.errors import BadInput
from sitr.finding.sweep import Store, Wish, read_watchlist, sweep


class _Objects(Quiet):
    """Enough of S3 to list and to read: ListObjectsV2, HEAD, GET with ranges (one page, no signatures looked at)."""

    objects: dict[str, bytes] = {}  # noqa: RUF012  one class a server, made below

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        parts = urlsplit(self.path)
        _, _, key = unquote(parts.path).lstrip("/").partition("/")
        if not key:
            self._send(200, self._listing(parse_qs(parts.query)), {"Content-Type": "application/xml"}, body=True)
            return
        if key not in self.objects:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>", {"Content-Type": "application/xml"}, body=body)
            return
        data, status, headers = self.objects[key], 200, {"ETag": '"x"', "Accept-Ranges": "bytes"}
        asked = self.headers.get("Range", "")
        if asked.startswith("bytes="):
            first, _, last = asked.removeprefix("bytes=").partition("-")
            begin = int(first) if first else max(0, len(data) - int(last))
            end = min(int(last) + 1 if first and last else len(data), len(data))
            headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(data)}"
            data, status = data[begin:end], 206
        self._send(status, data, headers, body=body)

    def _listing(self, query: dict[str, list[str]]) -> bytes:
        prefix = query.get("prefix", [""])[0]
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(data)}</Size><ETag>x</ETag>"
            f"<LastModified>2026-11-01T00:00:00.000Z</LastModified><StorageClass>STANDARD</StorageClass></Contents>"
            for key, data in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        head = '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>crawl</Name>'
        return f"{head}<IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()

    def _send(self, status: int, data: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(status)
        for name, value in {"Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    warc = crawls.packed([*crawls.crawl((3,)), Entry(crawls.mirrored(1), "https://example.org/m.jpg")])
    objects = {
        "2026/a.warc.gz": warc,
        "2026/b.wacz": crawls.wacz({"x.warc.gz": warc}),
        "2026/pictures/copy.jpg": crawls.jpeg(1),
        "2026/pictures/other.jpg": crawls.jpeg(3),
        "else/a.warc.gz": warc,
    }
    handler = type("Objects", (_Objects,), {"objects": objects, "protocol_version": "HTTP/1.1"})
    with loopback_server(handler) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        yield Store(endpoint=address, region="us-east-1", key="k", secret="not to be shown")


def test_a_sweep_reads_archives_and_pictures_of_a_store_in_ranges(store: Store, tmp_path: Path) -> None:
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    wish = Wish(("s3://crawl/2026/",), tmp_path / "o", engine="here", store=store, unit_bytes=20_000)
    done = sweep(wish, read_watchlist(crawls.watchlist(1)), version="t", clock=lambda: 0.0)
    rows = pq.read_table(tmp_path / "o").to_pylist()
    assert [r["source"] for r in rows] == [
        "s3://crawl/2026/a.warc.gz",
        "s3://crawl/2026/b.wacz#archive/x.warc.gz",
        "s3://crawl/2026/pictures/copy.jpg",
    ]
    assert (done.counts["bad"], done.counts["matches"]) == (0, 3)
    assert store.secret not in repr(wish)


def test_nothing_at_an_address_is_said_so(store: Store, tmp_path: Path) -> None:
    wish = Wish(("s3://crawl/nothing/",), tmp_path / "o", engine="here", store=store)
    with pytest.raises(BadInput) as said:
        sweep(wish, read_watchlist(crawls.watchlist(1)), version="t", clock=lambda: 0.0)
    assert said.value.code == "finding.sweep_no_input"
