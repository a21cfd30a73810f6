"""`sitr law`: the order of what is read, contacts from memory last, and the document for programs."""

import json
from pathlib import Path

import pytest
from tests.cli.typed import typed

from sitr.words import LANGS, Lang, say

ANSWERS = {"country": "EG", "answers": {"age": ["adult"], "status": ["threat"], "demand": ["money"]}}


@pytest.mark.parametrize("lang", LANGS)
def test_risks_are_read_before_any_authority_and_memory_comes_last(lang: Lang) -> None:
    for country in ("sa", "YE"):
        said = typed("law", country, "--lang", lang)
        assert said.status == 0
        parts = ["risks_title", "applies_general", "clocks_title", "authorities_title", "support_title"]
        places = [said.out.index("\n" + say(f"law.{part}", lang)) for part in (*parts, "recalled_contacts")]
        assert places == sorted(places), country
    assert said.out.rindex("199") > said.out.index(say("law.recalled_contacts", lang))


def test_the_document_says_what_is_verified_and_counts_from_the_day_given() -> None:
    told = typed("law", "qa", "--json", "--lang", "en", "--known", "2026-11-01").document
    assert (told["country"], told["general"]) == ("QA", True)
    assert told["deadlines"][0]["ends"] == "2026-12-01"
    assert [one["verified"] for one in told["authorities"][1]["contacts"]] == [False, False, False]
    assert all(one["backing"]["checked"] for one in told["risks"])
    assert told["risk_question"]["question"]["id"] == "official_risk"
    assert told["topics"][0]["laws"][0]["backing"]["sources"][0]["url"].startswith("http")


def test_the_file_of_answers_chooses_what_applies_and_names_the_country(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps(ANSWERS), encoding="utf-8")
    told = typed("law", "--answers", str(file), "--json", "--lang", "en").document
    assert (told["country"], told["general"]) == ("EG", False)
    assert "minors" not in {topic["id"] for topic in told["topics"]}
    assert typed("law", "SA", "--answers", str(file), "--json").document["country"] == "SA"


def test_a_country_without_a_page_gives_what_helps_everywhere() -> None:
    told = typed("law", "ES", "--json", "--lang", "en").document
    assert (told["country"], told["asked"], told["authorities"]) == (None, "ES", [])
    assert [one["country"] for one in told["also"]] == ["EU"]
    assert "smex-int" in {one["id"] for one in told["support"]}
    assert say("law.no_page", "ar") in typed("law", "ES", "--lang", "ar").out
    assert say("law.no_country", "ar") in typed("law", "--lang", "ar").out


@pytest.mark.parametrize("argv", [("egypt",), ("E1",), ("EG", "--known", "soon"), ("EG", "--known", "9999-01-01")])
def test_what_is_no_country_or_no_day_is_refused_with_a_sentence(argv: tuple[str, ...]) -> None:
    said = typed("law", *argv, "--json")
    assert said.status == 2
    assert said.document["error"]["code"] in {"cli.country_shape", "cli.day_shape"}
