"""What the checker finds: one broken entry each, and file, field and cure that have to be named in both languages."""

import pickle
import re
import shutil
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.cli.typed import typed
from tests.knowledge.small_knowledge import copy_small

from sitr.knowledge import check
from sitr.knowledge.problems import Severity
from sitr.words import LANGS, catalogue

TODAY = date(2026, 11, 23)
MUSEUM = Path(__file__).parents[1] / "assets/knowledge/museum"
CASES: list[dict[str, Any]] = tomllib.loads((MUSEUM / "cases.toml").read_text(encoding="utf-8"))["case"]


@pytest.fixture(scope="module", autouse=True)
def texts_parsed_once() -> Iterator[None]:
    """The checker reads 1,400 files a time, all but one as before: a text is parsed once and handed out as a copy."""
    parsed: dict[str, bytes] = {}
    parse = tomllib.loads

    def loads(text: str) -> dict[str, Any]:
        if text not in parsed:
            parsed[text] = pickle.dumps(parse(text))
        return dict(pickle.loads(parsed[text]))  # noqa: S301 dumped in the line above

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tomllib, "loads", loads)
        yield


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_small(tmp_path_factory.mktemp("small") / "knowledge")


@pytest.fixture
def folder(small: Path) -> Iterator[Path]:
    """The small folder, put back as it was when the test is over: copying it costs more than a test."""
    before = {path: path.read_bytes() for path in small.rglob("*.toml")}
    yield small
    for path, content in before.items():
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, (path, old)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def break_entry(folder: Path, case: dict[str, Any]) -> None:
    path = folder / case["file"]
    if case.get("remove"):
        path.unlink()
    elif "asset" in case:
        shutil.copyfile(MUSEUM / case["asset"], path)
    else:
        replace(path, case["old"], case["new"])
    for old, new in case.get("rename", {}).items():  # the words go with their fact
        for words in (path.parent / "ar.toml", path.parent / "en.toml"):
            text = words.read_text(encoding="utf-8")
            words.write_text(text.replace(old, new), encoding="utf-8")


def test_the_small_folder_is_whole(small: Path) -> None:
    assert check(small, TODAY) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["what"]))
def test_a_broken_entry_is_named(case: dict[str, Any], folder: Path) -> None:
    break_entry(folder, case)
    hard = [p for p in check(folder, TODAY) if p.severity is Severity.HARD]
    named = [p for p in hard if (p.file, p.kind) == (case["named"], case["kind"]) and case["field"] in p.field]
    assert named, hard
    for lang in LANGS:
        message = named[0].message(lang)
        assert case["named"] in message
        assert named[0].field in message
    assert case.get("cure", "") in named[0].message("en")


# These say what it has to be, which is the cure.
ONE_SENTENCE = {"days_wrong", "id_not_folder", "word_not_text"}


def test_every_sentence_of_the_checker_says_what_to_do() -> None:
    for lang in LANGS:
        for kind in {case["kind"] for case in CASES} - ONE_SENTENCE | {"fact_old"}:
            said = str(catalogue(lang, "knowledge")[kind]).removeprefix("{file}: ").rstrip(".")
            assert len(re.split(r"[.:;؛] ", said)) >= 2, (lang, kind)


def checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, Any]:
    monkeypatch.setenv("SITR_KNOWLEDGE", str(folder))
    said = typed("knowledge", "check", "--json")
    return said.status, said.document


def test_what_grew_old_is_named_and_never_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace(folder / "services/x/facts.toml", "on = 2026-11-22", "on = 2020-01-01")
    old = [p for p in check(folder, TODAY) if p.file == "services/x/facts.toml"]
    assert [(p.kind, p.field, p.severity) for p in old] == [("fact_old", "checked.on", Severity.SOFT)]
    assert "2020-01-01" in old[0].message("en")
    assert "Look again" in old[0].message("en")
    status, said = checked(folder, monkeypatch)
    assert (status, said["ok"]) == (0, True)
    assert [one for one in said["problems"] if one["file"] == "services/x/facts.toml"]


def test_the_last_day_of_a_limit_is_not_old(folder: Path) -> None:
    assert [p for p in check(folder, date(2027, 2, 20)) if p.file == "services/x/facts.toml"] == []
    assert [p.kind for p in check(folder, date(2027, 2, 21)) if p.file == "services/x/facts.toml"] == ["fact_old"]


def test_the_playbook_grows_old_by_its_own_day(folder: Path) -> None:
    assert ("playbook/facts.toml", "updated") in {(p.file, p.field) for p in check(folder, date(2028, 1, 1))}


def test_a_hard_problem_fails_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace(folder / "services/x/ar.toml", "[notes.n1]", "[notes.n9]")
    status, said = checked(folder, monkeypatch)
    assert (status, said["ok"]) == (1, False)
    assert said["problems"][0]["file"] == "services/x/ar.toml"
    assert "notes.n9" in said["problems"][0]["message"]
