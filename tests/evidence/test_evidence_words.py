"""Every sentence of this room exists in both languages with the same blanks, and every code in the source has one."""

import re
from pathlib import Path

import sitr.evidence
from sitr.words import catalogue

SOURCE = Path(sitr.evidence.__file__).parent


def blanks(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_both_languages_have_the_same_sentences_with_the_same_blanks() -> None:
    arabic, english = catalogue("ar", "evidence"), catalogue("en", "evidence")
    assert arabic.keys() == english.keys()
    for name, sentence in arabic.items():
        assert blanks(str(sentence)) == blanks(str(english[name])), name


def test_every_code_in_the_source_has_its_sentence() -> None:
    known = set(catalogue("ar", "evidence"))
    used = {
        name
        for path in SOURCE.glob("*.py")
        for name in re.findall(r'"evidence\.([a-z_]+)"', path.read_text(encoding="utf-8"))
    }
    steps = {
        f"step_{name}" for name in re.findall(r'_step\(\s*"(\w+)"', (SOURCE / "visit.py").read_text(encoding="utf-8"))
    }
    assert len(used) > 20
    assert len(steps) > 10
    assert used | steps - {"step_navigate"} <= known
