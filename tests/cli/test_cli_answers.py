"""Language, statuses, documents and sentences: what every command has in common."""

import errno
import io
import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from tests.cli.typed import NoWire, Said, started, typed

from sitr import cli, errors
from sitr.cases.models import CaseState, SightingState
from sitr.cli import failing, keys, showing
from sitr.cli.call import Call
from sitr.cli.files import new_file, read, read_object
from sitr.cli.grammar import Given
from sitr.errors import BadInput, Locked, SitrError
from sitr.knowledge import Level, State
from sitr.takedown import NoticeState, Rung
from sitr.words import LANGS, Lang, catalogue

_ARABIC = re.compile("[؀-ۿ]")
_SENTENCE = re.compile(r"[A-Za-z]+ [a-z]+ [a-z]+")  # three words in a row: an English sentence


@pytest.mark.parametrize(
    ("argv", "lang", "expected"),
    [
        ([], "", "ar"),
        ([], "en_US.UTF-8", "en"),
        ([], "ar_EG.UTF-8", "ar"),
        ([], "C.UTF-8", "ar"),
        ([], "fr_FR.UTF-8", "ar"),
        (["--lang", "en"], "ar_EG.UTF-8", "en"),
        (["--lang=ar"], "en_US.UTF-8", "ar"),
        (["--lang", "de"], "en_US.UTF-8", "ar"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_one_of_the_system_else_arabic(
    argv: list[str], lang: str, expected: str
) -> None:
    assert cli.language(argv, {"LANG": lang}) == expected


def test_a_slip_is_told_in_the_persons_language_with_no_english_left_over() -> None:
    for argv in (["capure"], ["case"], ["start", "--port"], ["case", "list", "x"]):
        arabic, english = typed(*argv), typed(*argv, "--lang", "en")
        assert arabic.status == english.status == 2
        assert _ARABIC.search(arabic.err)
        assert not _ARABIC.search(english.err)
        assert "usage" not in arabic.err
        assert "Traceback" not in arabic.err


def test_with_json_a_slip_is_a_document_and_the_sentence_goes_to_standard_error() -> None:
    said = typed("capure", "--json", "--lang", "en")
    assert said.document["error"]["code"] == "cli.unknown_command"
    assert said.document["error"]["message"] in said.err


@pytest.mark.parametrize("lang", LANGS)
def test_help_tells_of_everything_in_both_languages(lang: Lang) -> None:
    said = typed("--help", "--lang", lang)
    assert said.status == 0
    assert "sitr capture" in said.out
    assert bool(_ARABIC.search(said.out)) == (lang == "ar")


def test_nothing_typed_shows_the_commands_and_is_wrong_use() -> None:
    said = typed()
    assert (said.status, said.out) == (2, "")
    assert "sitr case new" in said.err


def test_the_version_is_the_installed_one() -> None:
    assert typed("--version", "--json").document == {"version": "0.1.0"}


class _Failing(NoWire):
    def __init__(self, problem: BaseException) -> None:
        self.problem = problem

    def settings(self, _overrides: Any) -> Any:
        raise self.problem


def _failing_with(problem: BaseException, *more: str) -> Said:
    return typed("plan", "--answers", str(Path(__file__).parents[1] / "assets" / "cli" / "empty-answers.json"), *more, wire=_Failing(problem))  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.AnswerIsNo, 1),
        (errors.Damaged, 1),
        (errors.BadInput, 2),
        (errors.NotFound, 2),
        (errors.Locked, 3),
        (errors.OutsideSilent, 4),
        (errors.MissingProgram, 5),
    ],
)
def test_each_kind_of_error_has_its_status(kind: type[SitrError], status: int) -> None:
    assert _failing_with(kind("errors.unexpected")).status == status


def test_a_full_disk_is_told_as_such() -> None:
    said = _failing_with(OSError(errno.ENOSPC, "full"), "--lang", "en", "--json")
    assert said.status == 2
    assert said.document["error"]["code"] == "errors.disk_full"


def test_a_defect_has_its_own_status_and_never_repeats_what_was_typed() -> None:
    said = _failing_with(ValueError("https://example.org/secret-page"))
    assert said.status == 70
    assert "secret-page" not in said.err + said.out
    assert "ValueError" in said.err


def test_an_interruption_is_no_defect() -> None:
    assert _failing_with(KeyboardInterrupt()).status == 130


def test_a_reader_that_had_enough_is_no_defect() -> None:
    assert _failing_with(BrokenPipeError()).status == 0


# --- what is shown ---


def test_a_terminals_commands_in_a_title_are_made_visible() -> None:
    assert showing.printable("a\x1b[31mred\x07\tتبويب") == "a\\x1b[31mred\\x07\tتبويب"


def test_times_are_written_in_utc_to_the_second() -> None:
    assert showing.moment(datetime(2026, 11, 22, 20, 0, 0, 5, tzinfo=UTC)) == "2026-11-22T20:00:00Z"


def test_a_document_keeps_a_name_that_no_encoding_fits() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    out.write(showing.document_line({"file": "caf\udce9.jpg"}))
    out.flush()
    raw = out.buffer.getvalue()
    assert json.loads(raw) == {"file": "caf\udce9.jpg"}


# --- files ---


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path: Path) -> None:
    for name, code in ((str(tmp_path / "none"), "cli.no_file"), (str(tmp_path), "cli.not_a_file")):
        with pytest.raises(BadInput) as problem:
            read(name)
        assert problem.value.code == code


@pytest.mark.parametrize(
    ("content", "code"),
    [(b'{"a": \n nonsense', "cli.not_json"), (b"\xff\xfe\x00", "cli.not_json"), (b"[]", "cli.not_an_object"),
     (b"[" * 100_000, "cli.not_json")],
)  # fmt: skip
def test_a_file_that_is_no_json_object_is_named(tmp_path: Path, content: bytes, code: str) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(BadInput) as problem:
        read_object(str(file))
    assert problem.value.code == code


def test_nothing_is_written_over(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name, code in ((there, "cli.file_exists"), (tmp_path / "link", "cli.file_exists"),
                       (tmp_path / "no" / "f", "cli.no_folder")):  # fmt: skip
        with pytest.raises(BadInput) as problem:
            new_file(str(name))
        assert problem.value.code == code


# --- secrets ---


def _call(env: dict[str, str], typed_in: list[str]) -> Call:
    answers = iter(typed_in)
    out = io.StringIO()
    return Call(Given(), "en", env, NoWire(), out, out, lambda _question: next(answers), lambda: "")


def test_one_final_newline_in_the_passphrase_file_is_not_part_of_it(tmp_path: Path) -> None:
    file = tmp_path / "p"
    for content, expected in (
        ("two words\n", "two words"),
        ("two words\r\n", "two words"),
        ("x\n\n", "x\n"),
        (" x ", " x "),
    ):
        file.write_bytes(content.encode())
        assert keys.secret(_call({"SITR_PASSPHRASE_FILE": str(file)}, [])) == expected


def test_an_empty_passphrase_is_none(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("\n")
    with pytest.raises(Locked):
        keys.secret(_call({"SITR_PASSPHRASE_FILE": str(tmp_path / "p")}, []))


def test_a_new_passphrase_is_typed_twice() -> None:
    assert keys.new_secret(_call({}, ["one", "one"])) == "one"
    with pytest.raises(BadInput):
        keys.new_secret(_call({}, ["one", "two"]))


def test_without_a_terminal_and_a_file_it_is_locked_and_says_how_to_go_on() -> None:
    with pytest.raises(Locked) as problem:
        keys.ask_unseen("?")
    assert problem.value.code == "cli.no_passphrase"


def test_failing_is_told_once_for_all_commands() -> None:
    call = _call({}, [])
    assert failing.tell(call, SystemExit(3), wants_json=False) == 3


# --- the real thing ---


def test_a_home_that_cannot_be_one_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = started(["case", "list", "--home", str(tmp_path / "file" / "home"), "--lang", "en"])
    assert said.status == 2
    assert "--home" in said.err


def test_a_named_authority_whose_certificates_are_not_there_is_said_to_be_a_wrong_setting(tmp_path: Path) -> None:
    env = {"SITR_TSA": f"http://127.0.0.1:9/|{tmp_path / 'none.pem'}", "SITR_HOME": str(tmp_path / "home")}
    said = started(["case", "list", "--lang", "en"], env)
    assert said.status == 2
    assert "SITR_TSA" in said.err


def test_sitr_in_a_process_of_its_own_speaks_arabic_whatever_the_terminal_is_set_to() -> None:
    for env in ({"LANG": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}):
        said = started(["capure"], env)
        assert said.status == 2
        assert _ARABIC.search(said.err)
        assert not _SENTENCE.search(said.err)


@pytest.mark.parametrize(
    ("prefix", "states"),
    [
        ("state", SightingState),
        ("case", CaseState),
        ("notice", NoticeState),
        ("rung", Rung),
        ("step", State),
        ("level", Level),
    ],
)
def test_every_state_has_a_word_in_both_languages(prefix: str, states: type[StrEnum]) -> None:
    for lang in LANGS:
        assert {f"{prefix}_{state.value}" for state in states} <= set(catalogue(lang, "cli"))
