"""What the demo stands on: its checks can fail, its search finds what is there, and each sentence it says exists."""

import ast
import io
import os
import sqlite3
import sys
import zipfile
from pathlib import Path

import pytest
from tests.cli.typed import NoWire

from sitr.cli.call import Call
from sitr.cli.demo import outside
from sitr.cli.demo.remains import Needle, blob_pieces, found_on_disk, wrapped_keys
from sitr.cli.demo.teller import NotSoError, Teller, insist
from sitr.cli.grammar import Given
from sitr.errors import BadInput, MissingProgram
from sitr.words import LANGS, catalogue

ROOT = Path(__file__).parents[2]


def _teller(*options: str) -> Teller:
    given = Given(options=dict.fromkeys(options, ()))
    return Teller(Call(given, "en", {}, NoWire(), io.StringIO(), io.StringIO(), str, str))


def test_a_step_whose_check_fails_is_told_as_failed_and_the_rest_goes_on() -> None:
    teller = _teller()
    assert teller.step("plan", lambda: "seen")

    def fails() -> str:
        insist(condition=False, code="no_steps")
        return "never"

    assert not teller.step("plan", fails)
    assert [step.ok for step in teller.steps] == [True, False]
    assert not teller.ok
    assert teller.steps[1].detail == catalogue("en", "demo")["no_steps"]


def test_an_error_of_sitrs_own_fails_its_step_with_its_sentence() -> None:
    def fails() -> str:
        raise BadInput("cli.no_address")

    teller = _teller()
    assert not teller.step("plan", fails)
    assert teller.steps[0].detail == catalogue("en", "cli")["no_address"]


def test_with_json_the_lines_of_the_steps_leave_standard_output_alone() -> None:
    teller = _teller("--json")
    teller.step("plan", lambda: "seen")
    assert teller.call.out.getvalue() == ""  # type: ignore[attr-defined]
    assert "seen" in teller.call.err.getvalue()  # type: ignore[attr-defined]


def _acts() -> ast.Module:
    return ast.parse((ROOT / "src/sitr/cli/demo/acts.py").read_text(encoding="utf-8"))


def test_every_sentence_that_the_demo_may_say_is_there_in_both_languages() -> None:
    said = set()
    for node in ast.walk(_acts()):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = {"insist": 1, "NotSoError": 0, "_say": 1}.get(node.func.id)
            if place is not None and isinstance(node.args[place], ast.Constant):
                said.add(node.args[place].value)  # type: ignore[attr-defined]
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Name):
            first = node.elts[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and node.elts[1].id.startswith("_"):
                said.add(f"step_{first.value}")
    assert len(said) > 60
    for lang in LANGS:
        assert said <= set(catalogue(lang, "demo"))


# --- the search on the disk ---


def _key_database(home: Path, rows: list[tuple[str, str, bytes]]) -> None:
    with sqlite3.connect(home / "keys.sqlite3") as keys:
        keys.execute("CREATE TABLE wrapped (case_id TEXT, holder_id TEXT, wrapped BLOB)")
        keys.executemany("INSERT INTO wrapped VALUES (?, ?, ?)", rows)
    keys.close()


def _age(filling: int) -> bytes:
    return b"age-encryption.org/v1\n" + os.urandom(100) + bytes([filling]) * 100


def test_the_search_finds_wrapped_keys_and_blobs_that_are_there_and_not_those_that_are_gone(home: Path) -> None:
    _key_database(home, [("this", "h", _age(1)), ("other", "h", _age(2))])
    blob = home / "blobs" / "x"
    blob.parent.mkdir()
    blob.write_bytes(os.urandom(5000))
    needles = [*wrapped_keys(home, "this"), *blob_pieces([blob])]
    assert [n.what for n in needles].count("key") == 1
    assert found_on_disk(home, needles) and len(found_on_disk(home, needles)) == len(needles)  # noqa: PT018
    blob.unlink()
    assert {n.what for n in found_on_disk(home, needles)} == {"key"}


def test_a_row_that_was_deleted_but_not_overwritten_is_still_found(home: Path) -> None:
    """The search looks at bytes, not at what the database says: that is its worth."""
    _key_database(home, [("this", "h", _age(1))])
    needles = wrapped_keys(home, "this")
    with sqlite3.connect(home / "keys.sqlite3") as keys:
        keys.execute("PRAGMA secure_delete=OFF")
        keys.execute("DELETE FROM wrapped")
    keys.close()
    assert found_on_disk(home, needles) == needles


def test_a_search_for_nothing_finds_nothing(home: Path) -> None:
    assert found_on_disk(home, [Needle("key", b"0123456789abcdef")]) == []


# --- the outside tools ---


def test_a_tool_that_refuses_fails_its_step(tmp_path: Path) -> None:
    with pytest.raises(NotSoError):
        outside.run([sys.executable, "-c", "raise SystemExit(4)"], tmp_path)


def test_a_tool_that_is_not_installed_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingProgram):
        outside.run(["no-such-program-here"], tmp_path)


def test_sums_that_do_not_fit_are_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        (tmp_path / name).write_text("0" * 64 + "  a\n")
    with pytest.raises(NotSoError):
        outside.sums(tmp_path)


def test_the_bag_is_where_its_bagit_file_stands(tmp_path: Path) -> None:
    archive = tmp_path / "d.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("sitr-dossier-x/bagit.txt", "x")
    assert outside.unzip(archive, tmp_path).name == "sitr-dossier-x"


def test_sitr_verify_in_a_process_of_its_own_says_that_a_text_is_no_dossier(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nothing")
    status, said = outside.sitr_verify(tmp_path / "x", (), "en")
    assert status == 2
    assert '"error"' in said
