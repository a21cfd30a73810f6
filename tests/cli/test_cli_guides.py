"""`sitr guide`: the list and each guide as wrapped text and as JSON, in both languages, with no services built."""

import re
from typing import Any

import pytest
from tests.cli.typed import typed

from sitr.knowledge import load
from sitr.settings import read
from sitr.words import LANGS, Lang, say

KNOWLEDGE = load(read({}).knowledge)
GUIDES = [guide.id for guide in KNOWLEDGE.guides]
_ISOLATES = "\u2066\u2069"


@pytest.mark.parametrize("lang", LANGS)
def test_the_list_names_every_guide_in_order(lang: Lang) -> None:
    said = typed("guide", "--lang", lang)
    assert said.status == 0
    named = re.findall(r"^([a-z]+)  (.+)$", said.out, re.MULTILINE)
    assert named == [(guide.id, getattr(guide.title, lang)) for guide in KNOWLEDGE.guides]
    listed = typed("guide", "--lang", lang, "--json").document["guides"]
    assert [one["id"] for one in listed] == GUIDES
    assert all(one["title"] and one["answer"] for one in listed)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", ["now", "causes", "law"])
def test_a_guide_fits_a_terminal_and_says_all_of_it(name: str, lang: Lang) -> None:
    guide = KNOWLEDGE.guide(name)
    said = typed("guide", name, "--lang", lang)
    assert (said.status, said.err) == (0, "")
    for line in said.out.splitlines():
        assert len(line.strip(_ISOLATES)) <= 80 or "://" in line, line
        assert line.count("\u2066") == line.count("\u2069"), line
    for section in guide.sections:
        assert getattr(section.heading, lang) in said.out
        for tool in section.tools:
            assert f"sitr\u00a0{KNOWLEDGE.tools[tool].command}".replace(" ", "\u00a0") in said.out
    for number, source in enumerate(guide.sources, start=1):
        assert f"[{number}]" in said.out
        assert source.url is None or source.url in said.out
    if any(source.confidence == "recalled" for source in guide.sources):
        assert say("guides.unverified", lang) in said.out


def _marks(section: dict[str, Any]) -> list[list[str]]:
    return [line["sources"] for block in section["blocks"] for line in block["lines"]]


@pytest.mark.parametrize("name", ["mind", "law"])
def test_the_document_of_a_guide_has_the_same_ids_and_sources_in_both_languages(name: str) -> None:
    arabic, english = (typed("guide", name, "--json", "--lang", lang).document["guide"] for lang in LANGS)
    for one, other in zip(arabic["sections"], english["sections"], strict=True):
        for key in ("id", "services", "bases", "countries"):
            assert one[key] == other[key]
        for key in ("steps", "tools", "helplines"):
            assert [each["id"] for each in one[key]] == [each["id"] for each in other[key]]
        assert _marks(one) == _marks(other)


def test_in_text_and_document_a_verified_number_stands_before_one_from_memory() -> None:
    night = next(one for one in typed("guide", "mind", "--json").document["guide"]["sections"] if one["id"] == "night")
    assert night["helplines"][0]["contacts"][0]["verified"]
    text = typed("guide", "mind", "--lang", "en").out
    recalled = text.index(say("law.recalled_contacts", "en"))
    assert text.index("988lifeline.org") < recalled < text.index("920033360")
    after = " ".join(text[text.index("920033360") :].split())
    assert after.startswith(f"920033360 ({say('guides.unverified', 'en')})")


@pytest.mark.parametrize("name", ["nothing", "../law", "NOW"])
def test_an_unknown_guide_is_a_sentence_and_not_a_page(name: str) -> None:
    said = typed("guide", name, "--lang", "en")
    assert (said.status, said.out) == (2, "")
    assert said.err.strip() == say("knowledge.unknown_guide", "en")
