"""What is known from memory is shown so: routes name each part with the day, plans hold no number, a recalled figure is
no clock, and on every law page a number from memory stands behind its heading, marked and dated.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.cli.typed import typed
from tests.knowledge.test_knowledge_plan_vectors import OPENED, VECTORS, knowledge

from sitr.cli.plans import plan_document
from sitr.knowledge import identify, known_from_memory, law_page, make_plan, routes, unverified_words
from sitr.knowledge.guides import helplines
from sitr.knowledge.schema.base import Confidence, Sourced, Words
from sitr.knowledge.schema.bases import Deadline
from sitr.words import LANGS, Lang, plain, say

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"
COUNTRIES = sorted(path.name.upper() for path in (KNOWLEDGE / "jurisdictions").iterdir() if len(path.name) == 2)
TODAY = date(2026, 11, 23)
# Three digits can be a helpline, but also an article of a law; in a plan no run of digits as long as a number is right.
NUMBER = re.compile(r"\+?\d[\d\s()-]{4,}\d")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@cache
def recalled_ways(country: str) -> frozenset[tuple[str, str, str]]:
    """(id, kind, value) of every contact from memory, read from the file itself and not through the product."""
    facts = tomllib.loads((KNOWLEDGE / f"jurisdictions/{country.lower()}/facts.toml").read_text(encoding="utf-8"))
    return frozenset(way for part in ("authorities", "support") for one in facts.get(part, ()) for way in _ways(one))


def _ways(one: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    fields = one.get("recalled_fields", [])
    whole = one["confidence"] == "recalled" or (one.get("partly_recalled", False) and not fields)
    for kind in ("phone", "whatsapp", "form_url", "app", "url", "email"):
        values = one.get(kind, ())
        for value in [values] if isinstance(values, str) else values:
            if whole or kind in fields or f"{kind}.{value}" in fields:
                yield one["id"], kind, value


@pytest.mark.parametrize("lang", LANGS)
def test_no_plan_of_the_vectors_gives_a_number_to_call(lang: Lang) -> None:
    for vector in VECTORS:
        told = plan_document(make_plan(vector["answers"], knowledge(), OPENED, country="EG"), lang)
        for group in ("steps", "banners", "cautions", "templates"):
            for one in told[group]:
                said = " ".join(str(value) for name, value in one.items() if name in {"title", "body", "why", "text"})
                assert not NUMBER.search(said), (one["id"], said)


def test_a_door_names_what_is_from_memory_with_the_day() -> None:
    """Judged by the facts of the channel and the basis, not by what the door says of itself."""
    said = {"age": ["adult"], "content": ["nude"], "status": ["public"]}
    seen: set[str] = set()
    for name, addresses in knowledge().identifier.index.services.items():
        if not addresses.patterns or "*" in addresses.domains:
            continue
        for door in routes(identify(addresses.patterns[0].example, knowledge())[0], said, knowledge(), "DE"):
            basis = knowledge().bases[door.basis]
            if door.channel is None:
                continue
            channel = next(c for c in knowledge().service(door.service).reporting.channels if c.id == door.channel)
            assert ("channel" in door.unverified) == (channel.confidence == "recalled"), name
            assert door.verified == (channel.confidence == "found"), name
            assert ("basis" in door.unverified) == (basis.confidence == "recalled"), name
            if channel.access_confidence == "recalled" and channel.account_needed in ("yes", "no"):
                assert "access" in door.unverified, name
            assert len(door.warnings) == len(door.unverified)
            assert all(str(door.checked) in line.ar and str(door.checked) in line.en for line in door.warnings), name
            seen |= set(door.unverified)
    assert seen == {"channel", "basis", "access"}


def test_an_address_that_the_person_typed_is_not_from_our_memory() -> None:
    basis = knowledge().basis("platform_ncii_policy")
    door = next(c for c in knowledge().service("x").reporting.channels if c.id == "x_imp")
    assert known_from_memory(knowledge(), "x", "x_imp", basis, door.value) == ("channel", "basis", "access")
    assert known_from_memory(knowledge(), "x", "x_imp", basis, "me@x.example") == ("basis", "access")
    assert known_from_memory(knowledge(), "gone", "gone", basis, "") == ("channel", "basis")


def test_a_part_from_memory_is_said_in_both_languages() -> None:
    for words in unverified_words(("channel", "basis", "access"), TODAY):
        assert isinstance(words, Words)
        assert TODAY.isoformat() in words.ar
        assert words.en.startswith("Not verified")


@pytest.mark.parametrize("sure", list(Confidence))
def test_a_time_limit_from_memory_starts_no_clock(sure: Confidence) -> None:
    source = ({"url": "https://law.example/1"},) if sure is Confidence.FOUND else ()
    made = {"value": "PT48H", "from": {"en": "receipt", "ar": "الاستلام"}, "confidence": sure, "sources": source}
    assert Deadline.model_validate(made).value == ("PT48H" if sure is Confidence.FOUND else None)


@pytest.mark.parametrize(
    ("made", "carried"),
    [
        ({"confidence": "found"}, True),
        ({"confidence": "recalled"}, False),
        ({"confidence": "found", "partly_recalled": True}, False),
        ({"confidence": "found", "recalled_fields": ["phone"]}, False),
        ({"confidence": "found", "recalled_fields": ["phone.123"]}, False),
        ({"confidence": "found", "recalled_fields": ["phone.999", "url"], "partly_recalled": True}, True),
    ],
)
def test_a_number_is_carried_only_where_no_part_of_it_may_be_from_memory(made: dict[str, Any], carried: bool) -> None:
    assert Sourced.model_validate(made).carries("phone", "123") == carried


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_law_page_keeps_contacts_from_memory_apart(country: str) -> None:
    page = law_page(country, {}, knowledge(), TODAY)
    for body in (*page.authorities, *page.own_support):
        for way in body.contacts:
            assert way.verified == ((body.id, way.kind, way.value) not in recalled_ways(country)), (body.id, way)
        assert [way.verified for way in body.contacts] == sorted((way.verified for way in body.contacts), reverse=True)
        assert body.backing.checked
    for group in (page.authorities, page.own_support):
        called = [[way.verified for way in body.contacts if way.kind in ("phone", "whatsapp")] for body in group]
        first = next((ways for ways in called if ways), [True])
        assert first[0] or not any(any(ways) for ways in called), country


@pytest.mark.parametrize("country", ["EG", "LB", "SA"])
def test_the_command_marks_and_dates_every_contact_from_memory(country: str) -> None:
    told = typed("law", country, "--json", "--lang", "en").document
    shown = [body for part in ("authorities", "support") for body in told[part]]
    for body in shown:
        for way in body["contacts"]:
            if (body["id"], way["kind"], way["value"]) in recalled_ways(country):
                assert way["verified"] is False
                assert DAY.fullmatch(body["backing"]["checked"])
    lines = typed("law", country, "--lang", "en").out.splitlines()
    start = lines.index(say("law.recalled_contacts", "en"))
    for name, kind, value in recalled_ways(country):
        if name in {body["id"] for body in shown}:  # a helper of every country stands once, where it is verified
            label = f"{say(f'law.contact_{kind}', 'en')}: {plain(value)}"
            marked = [line for line in lines[start:] if label in line]
            assert any(say("law.recalled", "en") in line and DAY.search(line) for line in marked), (name, value)


def test_in_a_guide_a_number_from_memory_is_never_the_first_to_call() -> None:
    for guide in knowledge().guides:
        for section in guide.sections:
            called = [
                [way.verified for way in line.body.contacts if way.kind in ("phone", "whatsapp")]
                for line in helplines(knowledge(), section)
            ]
            first = next((ways for ways in called if ways), [True])
            assert first[0] or not any(any(ways) for ways in called), (guide.id, section.id)
