"""The house as a whole: arrows, what stays light, words in both languages, every command told of."""

import ast
import json
import string
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from sitr.cli.commands import COMMANDS
from sitr.cli.grammar import Command
from sitr.fingerprint import fingerprint
from sitr.words import LANGS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "sitr"
WORDS = SOURCE / "words"


# --- arrows ---


def test_the_arrows_of_the_house_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- light commands ---

_LOADS = """
import json, sys
from sitr import cli
from sitr.__main__ import LazyWire
import os
status = cli.run({argv!r}, LazyWire(), os.environ)
loaded = sorted(m for m in sys.modules if m.split(".")[0] in ("django", "sitr"))
sys.stderr.write("LOADED " + json.dumps([status, loaded]))
"""


def _loaded_by(argv: list[str]) -> tuple[int, set[str]]:
    """What a fresh Python has loaded after one command."""
    code = _LOADS.format(argv=argv)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "LOADED " in done.stderr, done.stderr
    status, modules = json.loads(done.stderr.rpartition("LOADED ")[2])
    return status, set(modules)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"country": "EG", "answers": {}}))
    return file


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    drawn = Image.new("RGB", (640, 480), "white")
    pen = ImageDraw.Draw(drawn)
    for i in range(40):
        pen.ellipse(
            (i * 15, (i * 97) % 400, i * 15 + 60, (i * 97) % 400 + 70), fill=(i * 6, 255 - i * 5, (i * 53) % 256)
        )
    file = tmp_path / "drawn.png"
    drawn.save(file)
    return file


@pytest.mark.parametrize(
    "command", ["identify", "plan", "fingerprint", "compare", "verify", "knowledge", "guide", "sweep"]
)
def test_a_command_that_needs_no_case_never_loads_django(
    command: str, answers: Path, picture: Path, tmp_path: Path
) -> None:
    no_dossier = tmp_path / "no.zip"
    no_dossier.write_bytes(b"no dossier")
    argv, expected = {
        "identify": (["identify", "https://www.instagram.com/p/Cabcdefghij/"], 0),
        "plan": (["plan", "--answers", str(answers)], 0),
        "fingerprint": (["fingerprint", str(picture)], 0),
        "compare": (["compare", str(picture), str(picture)], 0),
        "verify": (["verify", str(no_dossier)], 2),
        "knowledge": (["knowledge", "stats"], 0),
        "guide": (["guide", "now"], 0),
        "sweep": (_sweep_of(picture), 0),
    }[command]
    status, modules = _loaded_by(argv)
    assert status == expected
    assert not {m for m in modules if m.split(".")[0] == "django"}
    assert "sitr.cases" not in modules


def _sweep_of(picture: Path) -> list[str]:
    watch, out = picture.with_name("list.jsonl"), picture.with_name("o.parquet")
    watch.write_text(json.dumps(fingerprint(picture.read_bytes()).to_json()))
    return ["sweep", "--plain", "--workers", "1", "--watchlist", str(watch), "--out", str(out), str(picture)]


def test_identify_loads_neither_pydantic_nor_the_other_rooms() -> None:
    _, modules = _loaded_by(["identify", "https://t.me/somebody/12"])
    rooms = {m.split(".")[1] for m in modules if m.startswith("sitr.")}
    assert rooms <= {"cli", "errors", "knowledge", "settings", "words", "__main__"}


# --- words ---


def _spaces() -> set[str]:
    return {file.stem for lang in LANGS for file in (WORDS / lang).glob("*.toml")}


@cache
def _catalogue(lang: str, space: str) -> dict[str, str | dict[str, str]]:
    return tomllib.loads((WORDS / lang / f"{space}.toml").read_text(encoding="utf-8"))


def _forms(entry: str | dict[str, str]) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry.values())


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("space", sorted(_spaces()))
def test_a_space_of_words_has_the_same_keys_and_blanks_in_both_languages(space: str) -> None:
    arabic, english = _catalogue("ar", space), _catalogue("en", space)
    assert set(arabic) == set(english)
    for key in arabic:
        blanks = [set.union(*map(_blanks, _forms(c[key]))) for c in (arabic, english)]
        assert blanks[0] == blanks[1], f"{space}.{key}"
        assert all(form.strip() for form in (*_forms(arabic[key]), *_forms(english[key]))), f"{space}.{key}"


# --- errors ---


def _families() -> set[str]:
    """Names of all classes that descend from SitrError, wherever in the source they are written."""
    parents: dict[str, set[str]] = {}
    for tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                parents[node.name] = {b.id if isinstance(b, ast.Name) else getattr(b, "attr", "") for b in node.bases}
    family = {"SitrError"}
    while more := {name for name, bases in parents.items() if bases & family} - family:
        family |= more
    return family


@cache
def _trees() -> list[ast.Module]:
    return [ast.parse(file.read_text(encoding="utf-8"), filename=str(file)) for file in SOURCE.rglob("*.py")]


def _codes() -> Iterator[tuple[str, set[str] | None]]:
    """Every code written out in a call of an error's class, with the names of its data (None where they are spread)."""
    family = _families()
    for tree in _trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            first = node.args[0]
            if called in family and isinstance(first, ast.Constant) and isinstance(first.value, str):
                names = {k.arg for k in node.keywords}
                yield first.value, None if None in names else {str(n) for n in names}


def test_every_error_raised_in_the_source_has_its_sentence_in_both_languages_and_its_blanks() -> None:
    codes = list(_codes())
    assert len(codes) > 50, "the scan sees the raises"
    for code, data in codes:
        space, dot, name = code.partition(".")
        assert dot, f"{code} names no space"
        for lang in LANGS:
            assert name in _catalogue(lang, space), f"{code} has no sentence in {lang}"
        if data is not None:
            missing = set().union(*map(_blanks, _forms(_catalogue("ar", space)[name]))) - data
            assert not missing, f"{code} is raised without {missing}"


# --- commands ---


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_a_command_is_told_of_in_the_docs_and_helped_in_both_languages(command: Command) -> None:
    told = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert f"`sitr {command.name}" in told
    for lang in LANGS:
        words = _catalogue(lang, "cli")
        assert "does_" + "_".join(command.words) in words
        for option in command.options:
            assert "option_" + option.name.strip("-").replace("-", "_") in words


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c.name)
def test_a_command_leads_to_a_function_that_is_there(command: Command) -> None:
    module, _, function = command.does.partition(":")
    tree = ast.parse((SOURCE / "cli" / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
    assert function in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
