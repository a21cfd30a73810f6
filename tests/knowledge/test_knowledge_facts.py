"""The facts themselves: nothing that was gathered is lost, the folder is whole, and a broken entry is named."""

import json
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.knowledge.small_knowledge import copy_small

from sitr.errors import BadInput, NotFound
from sitr.knowledge import Problem, check, json_schemas, load, stats
from sitr.knowledge.folders import read_toml
from sitr.knowledge.problems import Severity
from sitr.words import LANGS, say

ROOT = Path(__file__).parents[2]
KNOWLEDGE = ROOT / "knowledge"
TODAY = date(2026, 11, 23)
# Counted in the material as it was gathered, before it was brought in; what was added since carries `added`.
GATHERED: dict[str, int] = json.loads((ROOT / "tests/assets/knowledge/gathered.json").read_text(encoding="utf-8"))


def brought_in() -> Counter[str]:
    counted: Counter[str] = Counter()
    for folder in sorted((KNOWLEDGE / "services").iterdir()):
        if folder.is_dir():
            facts = read_toml(KNOWLEDGE, f"services/{folder.name}/facts.toml")
            addresses = read_toml(KNOWLEDGE, f"services/{folder.name}/addresses.toml")
            counted["services"] += 1
            counted["domains"] += len(addresses["domains"])
            counted["domains"] += "any domain" in addresses.get("domain_notes", {})
            counted["url_patterns"] += sum(not each.get("added") for each in addresses["url_patterns"])
            counted["channels"] += sum(not each.get("added") for each in facts["reporting"]["channels"])
            counted["service_notes"] += len(facts.get("notes", ()))
            counted["escalations"] += len(facts["reporting"].get("escalation", ()))
            counted["account_facts"] += len(facts.get("account", {}))
            counted["programme_facts"] += len(facts.get("programmes", {}))
            counted["reasons"] += len(facts["reporting"].get("reasons", {}))
    for folder in sorted((KNOWLEDGE / "jurisdictions").iterdir()):
        facts = read_toml(KNOWLEDGE, f"jurisdictions/{folder.name}/facts.toml")
        counted["jurisdictions"] += folder.name != "international"
        for part in (
            "laws",
            "authorities",
            "support",
            "risks",
            "civil_route",
            "time_limits",
            "evidence",
            "minors",
            "gaps",
        ):
            counted[part] += sum(not (isinstance(each, dict) and each.get("added")) for each in facts.get(part, ()))
        counted["international_services"] += len(facts.get("services", ()))
        counted["data_protection"] += "data_protection" in facts
    for folder in (each for each in (KNOWLEDGE / "bases").iterdir() if each.is_dir()):
        facts = read_toml(KNOWLEDGE, f"bases/{folder.name}/facts.toml")
        if not facts.get("added"):
            counted["bases"] += 1
            counted["required_fields"] += len(facts["required_fields"])
            counted["on_refusal"] += len(facts["on_refusal"])
    sources = read_toml(KNOWLEDGE, "sources.toml")
    counted["service_sources"] = len(sources["sources"])
    counted["further_sources"] = len(sources["further"])
    counted["programmes"] = len(list((KNOWLEDGE / "programmes").iterdir()))
    counted["warnings"] = len(read_toml(KNOWLEDGE, "warnings/facts.toml")["warnings"])
    counted["infrastructure_contacts"] = len(read_toml(KNOWLEDGE, "infrastructure/facts.toml")["contacts"])
    counted["statements"] = len(read_toml(KNOWLEDGE, "bases/facts.toml")["statements"])
    playbook = load(KNOWLEDGE).playbook
    counted["questions"] = len(playbook.questions)
    counted["options"] = sum(len(question.options) for question in playbook.questions)
    counted["situations"] = len(playbook.situations)
    counted["steps"] = len(playbook.steps)
    counted["cautions"] = len(playbook.cautions)
    counted["templates"] = len(playbook.templates)
    counted["derived_terms"] = len(playbook.book.terms)
    counted["playbook_sources"] = len(playbook.sources)
    counted["step_sources"] = sum(len(step.sources) for step in playbook.steps)
    counted["glossary_terms"] = len(read_toml(KNOWLEDGE, "glossary/terms.toml")["terms"])
    return counted


def test_every_gathered_fact_is_in_the_folder() -> None:
    assert dict(brought_in()) == GATHERED


@cache
def problems() -> list[Problem]:
    return check(KNOWLEDGE, TODAY)


def test_the_folder_has_no_hard_problem() -> None:
    assert [p.message("en") for p in problems() if p.severity is Severity.HARD] == []


def test_old_facts_warn_and_do_not_fail() -> None:
    old = [p for p in check(KNOWLEDGE, date(2028, 1, 1)) if p.kind == "fact_old"]
    assert old
    assert all(p.severity is Severity.SOFT for p in old)


def test_every_problem_has_a_sentence_that_names_the_file_in_both_languages() -> None:
    for problem in check(KNOWLEDGE, date(2028, 1, 1))[:50]:
        for lang in LANGS:
            assert problem.file in problem.message(lang)


def test_stats_count_facts_by_certainty_and_texts_by_language() -> None:
    figures = stats(KNOWLEDGE)
    assert figures["facts"]["found"] > 1000
    assert figures["facts"]["recalled"] > 1000
    assert figures["texts"]["en"] >= figures["texts"]["ar"] > 1000


def test_schemas_are_published_for_every_kind_of_entry() -> None:
    schemas = json_schemas()
    assert {"services", "services/addresses.toml", "bases", "jurisdictions", "playbook/steps"} <= schemas.keys()
    json.dumps(schemas)


def test_unknown_services_countries_and_bases_are_not_found() -> None:
    knowledge = load(KNOWLEDGE)
    for ask in (knowledge.service, knowledge.jurisdiction, knowledge.basis):
        for name in ("no_such", "../services", ""):
            with pytest.raises(NotFound):
                ask(name)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        load(tmp_path)
    assert refused.value.code == "knowledge.no_folder"


STEP = "playbook/steps/r-removal-notice"


def test_a_broken_step_stops_the_plan_with_file_and_field_and_not_identify(tmp_path: Path) -> None:
    folder = copy_small(tmp_path / "knowledge")
    facts = folder / STEP / "facts.toml"
    facts.write_text(facts.read_text(encoding="utf-8").replace("harm = 2", "harm = 9"), encoding="utf-8")
    knowledge = load(folder)
    with pytest.raises(BadInput) as refused:
        assert knowledge.playbook
    data: dict[str, Any] = refused.value.data
    assert (data["file"], data["field"]) == (f"{STEP}/facts.toml", "harm")
    assert STEP in say(refused.value.code, "ar", **data)
    assert knowledge.identifier.one("https://x.com/someone/status/1").service == "x"


def test_a_recalled_phone_number_is_never_called_verified() -> None:
    knowledge = load(KNOWLEDGE)
    for folder in (KNOWLEDGE / "jurisdictions").iterdir():
        if folder.name != "international":
            for support in knowledge.jurisdiction(folder.name.upper()).support:
                if support.confidence == "recalled" or support.partly_recalled:
                    assert not support.phone_verified()
