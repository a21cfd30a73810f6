"""What the journal says: the shipped verifier and Sitr say the same, in both languages, about all they can find."""

import ast
import re
import string
import sys
from pathlib import Path

import pytest

from sitr.journal import Check, Problem, describe, verifier
from sitr.words import LANGS, Lang, catalogue, say

ROOM = Path(verifier.__file__).parent


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize(("place", "lang"), list(enumerate(LANGS)))
def test_the_verifier_says_what_the_words_say(place: int, lang: Lang) -> None:
    words = catalogue(lang, "journal")
    for code, sentences in verifier.SENTENCES.items():
        assert sentences[place] == words[code]


def test_both_languages_have_the_same_sentences_and_blanks() -> None:
    arabic, english = catalogue("ar", "journal"), catalogue("en", "journal")
    assert arabic.keys() == english.keys()
    for code in arabic:
        assert blanks(str(arabic[code])) == blanks(str(english[code])), code


def test_every_problem_and_every_state_of_a_check_has_a_sentence() -> None:
    source = (ROOM / "verifier.py").read_text(encoding="utf-8")
    found = set(re.findall(r'Problem\("([a-z_]+)"', source)) | set(re.findall(r'"(stamp_[a-z_]+)"', source))
    found |= {"opening_edited", "commit_mismatch", "checkpoint_malformed", "earlier_malformed"}
    assert len(found) > 25
    assert found <= verifier.SENTENCES.keys()
    two, four = ("ok", "failed"), ("ok", "failed", "untrusted", "absent")
    states = [(name, state) for name in ("integrity", "earlier") for state in two]
    states += [(name, state) for name in ("signer", "time") for state in four]
    assert {f"check_{name}_{state}" for name, state in states} <= verifier.SENTENCES.keys()


def test_every_error_raised_in_the_room_has_a_sentence() -> None:
    codes = {
        code
        for file in ROOM.glob("*.py")
        for code in re.findall(r'[A-Z]\w+\("journal\.([a-z_]+)"', file.read_text("utf-8"))
    }
    assert {"bad_payload", "stamp_wrong_nonce", "no_openssl"} <= codes
    assert codes <= catalogue("ar", "journal").keys()


@pytest.mark.parametrize("lang", LANGS)
def test_a_finding_is_said_alike_by_both(lang: Lang) -> None:
    problem = Problem("time_backwards", 3, {"time": "2026-01-01T00:00:00Z", "before": "2026-02-01T00:00:00Z"})
    check = Check("signer", "untrusted", {"key": "00ff"})
    assert describe(problem, lang) == verifier.describe(problem, lang)
    assert describe(check, lang) == verifier.describe(check, lang)
    assert say("journal.stamp_queued", lang)


@pytest.mark.parametrize("page", ["journal.md", "journal.ar.md"])
def test_the_page_for_lawyers_names_every_type_of_entry(page: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip().strip("`") for line in text.splitlines() if line.startswith("| `")}
    assert set(verifier.TYPES) <= rows


def test_the_verifier_needs_nothing_but_python() -> None:
    tree = ast.parse((ROOM / "verifier.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
