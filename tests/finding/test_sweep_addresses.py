"""Lists of addresses: visited with manners, pictures told from pages, and no address written but a match's."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.finding import crawls

from sitr.errors import BadInput, OutsideSilent
from sitr.finding.sweep import Visitor, Wish, read_watchlist, sweep
from sitr.finding.sweep.writing import COLUMNS
from sitr.net import Conditions, Limits, Response


class Web:
    """Some sites in memory, and a clock that only waiting moves."""

    def __init__(self, pages: dict[str, tuple[int, str, bytes]]) -> None:
        self.pages = pages
        self.time = datetime(2026, 11, 23, tzinfo=UTC)
        self.asked: list[tuple[str, datetime]] = []

    def get(self, url: str, limits: Limits, *, since: Conditions | None = None) -> Response:  # noqa: ARG002
        """As `net.Door.get`."""
        self.asked.append((url, self.time))
        if "silent" in url:
            raise OutsideSilent("net.unreachable")
        status, kind, body = self.pages.get(url, (404, "text/html", b""))
        return Response(url, status, (("Content-Type", kind),), body)

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)

    def visitor(self) -> Visitor:
        return Visitor(self, sleep=self.sleep, now=lambda: self.time)


@pytest.fixture
def web() -> Web:
    page = b'<img src="/copy.jpg"><img src="/other.jpg">'
    return Web({
        "https://one.example/page": (200, "text/html; charset=utf-8", page),
        "https://one.example/copy.jpg": (200, "image/jpeg", crawls.mirrored(1)),
        "https://one.example/other.jpg": (200, "image/jpeg", crawls.jpeg(3)),
        "https://two.example/robots.txt": (200, "text/plain", b"User-agent: *\nDisallow: /private/\n"),
        "https://two.example/private/x.jpg": (200, "image/jpeg", crawls.jpeg(1)),
        "https://two.example/a.jpg": (200, "image/jpeg", crawls.jpeg(1)),
        "https://two.example/bad.jpg": (200, "image/jpeg", b"<html>"),
        "https://three.example/busy.jpg": (429, "text/plain", b""),
    })  # fmt: skip


_LIST = """# of the hotline
https://one.example/page
https://two.example/private/x.jpg
https://two.example/a.jpg
https://two.example/bad.jpg
https://two.example/gone.jpg
https://three.example/busy.jpg
https://silent.example/a.jpg
"""


def _swept(web: Web, tmp_path: Path, text: str = _LIST) -> tuple[list[dict[str, object]], list[str]]:
    import json

    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    source = crawls.written(tmp_path, "addresses.txt", text.encode())
    out = tmp_path / "o"
    watch = read_watchlist(crawls.watchlist(1))
    wish = Wish((str(source),), out, engine="here")
    done = sweep(wish, watch, version="t", clock=lambda: 0.0, visitor=web.visitor())
    errors = [json.loads(line)["code"] for line in Path(f"{out}.errors.jsonl").read_text().splitlines()]
    assert done.counts["bad"] == len(errors)
    return pq.read_table(out).to_pylist(), errors


def test_pictures_and_the_images_of_pages_are_looked_at_with_manners(web: Web, tmp_path: Path) -> None:
    rows, errors = _swept(web, tmp_path)
    assert list(rows[0]) == list(COLUMNS)
    found = {(row["image_url"], row["record"], row["mirrored"]) for row in rows}
    assert found == {("https://one.example/copy.jpg", 0, True), ("https://two.example/a.jpg", 2, False)}
    assert sorted(errors) == [
        "finding.sweep_busy",
        "finding.sweep_not_a_picture",
        "finding.sweep_robots",
        "finding.sweep_silent",
        "finding.sweep_status",
    ]
    assert "https://two.example/private/x.jpg" not in [url for url, _ in web.asked]
    for host in ("one.example", "two.example"):
        times = [at for url, at in web.asked if host in url]
        gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
        assert min(gaps) >= 1.0


def test_no_address_is_written_but_that_of_a_match(web: Web, tmp_path: Path) -> None:
    _swept(web, tmp_path)
    kept = b"".join(f.read_bytes() for f in tmp_path.rglob("*") if f.is_file() and f.name != "addresses.txt")
    for address in (b"one.example/page", b"busy.jpg", b"gone.jpg", b"silent.example", b"other.jpg"):
        assert address not in kept


def test_addresses_are_not_visited_where_no_door_was_handed_in(tmp_path: Path) -> None:
    source = crawls.written(tmp_path, "a.txt", b"https://one.example/a.jpg\n")
    watch = read_watchlist(crawls.watchlist(1))
    with pytest.raises(BadInput) as said:
        sweep(Wish((str(source),), tmp_path / "o", engine="here"), watch, version="t", clock=lambda: 0.0)
    assert said.value.code == "finding.sweep_no_door"


@pytest.mark.parametrize("text", [b"hello\n", b"https://a.example/x\nftp://b.example/\n", b"", b"\xff\xfe\0"])
def test_a_file_that_is_nothing_known_is_refused(tmp_path: Path, text: bytes) -> None:
    source = crawls.written(tmp_path, "a.txt", text)
    watch = read_watchlist(crawls.watchlist(1))
    with pytest.raises(BadInput) as said:
        sweep(Wish((str(source),), tmp_path / "o", engine="here"), watch, version="t", clock=lambda: 0.0)
    assert said.value.code == "finding.sweep_unknown_input"
