"""Every basis of the knowledge base can be composed, in both languages, and completed by what a person gives."""

from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from sitr.knowledge import Knowledge, load
from sitr.takedown import CaseFacts, Content, SightingFacts, clock, compose
from sitr.takedown.compose import _DECLARED, _FILLED_BY
from sitr.words import LANGS, catalogue

KNOWLEDGE = Path(__file__).parent.parent.parent / "knowledge"
NOW = datetime(2026, 11, 22, 21, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(KNOWLEDGE)


BASES = sorted(p.name for p in (KNOWLEDGE / "bases").iterdir() if p.is_dir())


@pytest.mark.parametrize(("name", "lang"), list(product(BASES, LANGS)))
def test_every_basis_is_completed_by_its_own_fields_and_statements(name: str, lang: str, knowledge: Knowledge) -> None:
    basis = knowledge.basis(name)
    sighting = SightingFacts(("https://a.example/x",), ("https://c.example/1.jpg",))
    language = next(known for known in LANGS if known == lang)
    given = {need.id: "yes" if need.id in _DECLARED else "given words" for need in basis.required_fields}
    given |= {"name": "S. M.", "email": "me@mail.example", "nature": "given words"}
    own = {"contact", "identity", "what", "nature", "explanation"}
    given = {k: v for k, v in given.items() if k not in _FILLED_BY or k in own}
    facts = CaseFacts(given, frozenset(basis.statements), Content.PRIVATE)
    made = compose(basis, facts, sighting, language, NOW)
    assert made.missing == ()
    assert "https://c.example/1.jpg" in made.text.splitlines()
    nothing = compose(basis, CaseFacts(), SightingFacts(), language, NOW)
    assert nothing.missing
    assert set(nothing.missing) <= {n.id for n in basis.required_fields} | set(basis.statements)


@pytest.mark.parametrize("name", BASES)
def test_every_basis_has_a_clock_and_a_sentence_for_each_of_its_statements(name: str, knowledge: Knowledge) -> None:
    basis = knowledge.basis(name)
    found = clock(basis.deadline, NOW)
    assert found.due_at > NOW
    assert found.lawful is (basis.deadline.value is not None)
    for lang, statement in product(LANGS, basis.statements):
        assert catalogue(lang, "takedown")[f"statement_{statement}"]
