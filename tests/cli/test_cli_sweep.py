"""`sitr sweep` as it is typed."""

import json
from pathlib import Path

import pytest
from tests.cli.typed import typed
from tests.finding import crawls
from tests.finding.crawls import Entry


@pytest.fixture
def typing(tmp_path: Path) -> list[str]:
    """A list, an output and a crawl with one copy and one bad record."""
    entries = [*crawls.crawl((3,)), Entry(crawls.mirrored(1), "https://example.org/m.jpg"), Entry(b"")]
    crawl = crawls.written(tmp_path, "a.warc.gz", crawls.packed(entries))
    watch = crawls.written(tmp_path, "list.jsonl", crawls.watchlist(1))
    return ["sweep", "--watchlist", str(watch), "--out", str(tmp_path / "o.parquet"), str(crawl)]


def test_a_match_is_0_and_none_is_1_with_the_summary_as_json(typing: list[str], tmp_path: Path) -> None:
    said = typed(*typing, "--plain", "--workers", "1", "--json")
    assert said.status == 0
    told = said.document
    assert (told["matches"], told["rows"], told["bad"], told["records"], told["photos"]) == (1, 1, 1, 4, 1)
    assert Path(told["out"]).is_file()
    (error,) = [json.loads(line) for line in Path(told["errors"]).read_text().splitlines()]
    assert error["code"] == "finding.sweep_empty"
    empty = crawls.written(tmp_path, "b.warc.gz", crawls.packed(crawls.crawl((4,))))
    typing[4], typing[5] = str(tmp_path / "p.parquet"), str(empty)
    assert typed(*typing, "--plain", "--workers", "1").status == 1


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_what_came_of_it_is_said_and_the_same_command_goes_on(typing: list[str], lang: str) -> None:
    first = typed(*typing, "--plain", "--workers", "1", "--lang", lang)
    again = typed(*typing, "--plain", "--workers", "1", "--lang", lang)
    assert (first.status, again.status) == (0, 0)
    assert len(again.out.splitlines()) == len(first.out.splitlines()) + 1
    fresh = typed(*typing, "--plain", "--workers", "1", "--lang", lang, "--fresh")
    assert len(fresh.out.splitlines()) == len(first.out.splitlines())
    assert first.err.strip()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (["--ray", "127.0.0.1:1", "--plain"], "cli.not_both"),
        (["--workers", "none"], "cli.workers_shape"),
        (["--workers", "0"], "cli.workers_shape"),
        (["--out", "/no/such/folder/o"], "cli.no_folder"),
        (["--watchlist", "/no/such/list"], "cli.no_file"),
        (["nothing.warc"], "finding.sweep_no_input"),
    ],
)
def test_wrong_use_is_2_with_a_sentence_and_nothing_is_left(
    typing: list[str], tmp_path: Path, more: list[str], code: str
) -> None:
    before = sorted(tmp_path.iterdir())
    said = typed(*typing, "--json", *more)
    assert (said.status, said.document["error"]["code"]) == (2, code)
    assert sorted(tmp_path.iterdir()) == before


def test_a_cluster_that_does_not_answer_is_4(typing: list[str]) -> None:
    said = typed(*typing, "--ray", "127.0.0.1:9", "--json")
    assert (said.status, said.document["error"]["code"]) == (4, "finding.sweep_no_cluster")


def test_a_file_that_no_sweep_wrote_is_not_written_over(typing: list[str], tmp_path: Path) -> None:
    mine = crawls.written(tmp_path, "o.parquet", b"mine")
    assert typed(*typing, "--plain", "--fresh", "--json").document["error"]["code"] == "cli.file_exists"
    assert mine.read_bytes() == b"mine"
