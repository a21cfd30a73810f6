"""What may be typed, where options may stand, and how a slip is answered."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitr.cli.commands import COMMANDS
from sitr.cli.grammar import Command, Given, Option, early, read
from sitr.errors import BadInput


def _read(*argv: str, commands: Sequence[Command] = COMMANDS) -> Given:
    return read(argv, commands)


def test_common_options_may_stand_before_between_and_after_the_words() -> None:
    for argv in (
        ("--json", "--home", "H", "case", "show", "C"),
        ("case", "--home", "H", "show", "--json", "C"),
        ("case", "show", "C", "--json", "--home=H"),
    ):
        given_ = _read(*argv)
        assert given_.command is not None
        assert (given_.command.name, given_.one("CASE"), given_.option("--home")) == ("case show", "C", "H")
        assert given_.has("--json")


def test_a_command_takes_several_files_and_one_that_may_be_left_out() -> None:
    assert _read("photo", "add", "C", "a", "b").many("FILE") == ("a", "b")
    assert _read("sighting", "check", "C").maybe("SIGHTING") is None
    assert _read("sighting", "check", "C", "S").maybe("SIGHTING") == "S"


def test_an_option_of_many_words_ends_at_the_next_option_and_may_be_repeated() -> None:
    given_ = _read("dossier", "C", "--to", "age1a", "age1b", "--out", "F", "--to", "age1c")
    assert given_.options["--to"] == ("age1a", "age1b", "age1c")
    assert given_.option("--out") == "F"


def test_a_word_that_the_command_needs_is_given_back_by_an_option_of_many_words() -> None:
    given_ = _read("dossier", "--to", "age1a", "age1b", "CASE-ID", "--out", "F")
    assert given_.one("CASE") == "CASE-ID"
    assert given_.options["--to"] == ("age1a", "age1b")
    with pytest.raises(BadInput):
        _read("dossier", "--to", "age1a", "--out", "F")


def test_an_option_that_may_be_typed_again_takes_one_word_each_time() -> None:
    given_ = _read("verify", "--tsa-ca", "A", "dossier.age", "--tsa-ca", "B")
    assert given_.one("FILE") == "dossier.age"
    assert given_.options["--tsa-ca"] == ("A", "B")


def test_what_follows_two_dashes_is_never_an_option() -> None:
    assert _read("fingerprint", "--", "--json", "-h").many("FILE") == ("--json", "-h")


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("capure",), "cli.unknown_command"),
        (("case",), "cli.which"),
        (("case", "nwe"), "cli.unknown_verb"),
        (("case", "list", "extra"), "cli.too_much"),
        (("case", "show"), "cli.missing"),
        (("plan",), "cli.missing"),
        (("case", "step", "C", "S", "perhaps"), "cli.one_of"),
        (("identify", "x", "--nothing"), "cli.unknown_option"),
        (("case", "list", "--port", "1"), "cli.unknown_option"),
        (("start", "--port"), "cli.needs_value"),
        (("start", "--port", "--json"), "cli.needs_value"),
        (("start", "--port="), "cli.needs_value"),
        (("--json=yes", "doctor"), "cli.takes_no_value"),
        (("--lang", "fr", "doctor"), "cli.one_of"),
    ],
)
def test_a_slip_is_named(argv: tuple[str, ...], code: str) -> None:
    with pytest.raises(BadInput) as slip:
        _read(*argv)
    assert slip.value.code == code


def test_help_is_given_even_where_words_are_missing() -> None:
    given_ = _read("case", "show", "--help")
    assert given_.has("--help")
    assert given_.command is not None


def test_a_common_option_is_seen_before_anything_else_is_known_to_be_right() -> None:
    assert early(["nonsense", "--lang", "en"], "--lang") == "en"
    assert early(["--lang=ar"], "--lang") == "ar"
    assert early(["--lang"], "--lang") is None


_WORDS = st.lists(
    st.one_of(
        st.sampled_from([w for c in COMMANDS for w in c.words] + [o.name for c in COMMANDS for o in c.options]),
        st.sampled_from(["--json", "--home", "--lang", "ar", "--", "-h", "=", "--=", "-", ""]),
        st.text(max_size=6),
    ),
    max_size=8,
)


@given(_WORDS)
def test_whatever_is_typed_is_read_or_named_and_nothing_else(argv: list[str]) -> None:
    with suppress(BadInput):
        given_ = read(argv, COMMANDS)
        assert given_.command is None or given_.command in COMMANDS


@given(st.permutations(["--json", "--yes", "--home=H", "--lang=en"]), st.integers(0, 3))
def test_the_order_of_options_changes_nothing(options: list[str], place: int) -> None:
    words = ["sighting", "add", "C", "https://example.org/"]
    mixed = [*words[:place], *options, *words[place:]]
    plain = read([*words, "--json", "--yes", "--home=H", "--lang=en"], COMMANDS)
    found = read(mixed, COMMANDS)
    assert (found.command, found.taken, found.options) == (plain.command, plain.taken, plain.options)


def test_a_usage_line_shows_what_must_and_what_may_be_there() -> None:
    command = Command(("x",), "m:f", ("CASE", "[ONE]"), (Option("--out", "FILE", required=True), Option("--deep")))
    assert command.usage == "sitr x CASE [ONE] --out FILE [--deep]"
