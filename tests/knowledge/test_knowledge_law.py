"""Law pages over all countries and random answers: what must hold whatever was said, and what single answers change."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput
from sitr.knowledge import Knowledge, LawPage, countries, law_page, load
from sitr.knowledge.durations import day_after, parts
from sitr.knowledge.law import Backing, Body, Certainty
from sitr.knowledge.schema.base import Words

TODAY = date(2026, 11, 23)
KNEW = date(2026, 11, 20)
ADULT = {"age": ["adult"], "status": ["threat"], "content": ["nude"], "demand": ["money"]}
# Services that are for people over 18 only, by their own words, and advice to keep pictures or screenshots.
ADULTS_ONLY = {"stopncii", "gb-rph", "us-ccri"}
KEEPS_PICTURES = {
    ("EG", "e2"), ("EG", "e6"), ("AE", "e1"), ("OM", "e1"), ("TN", "e1"), ("JO", "e1"), ("DE", "e1"), ("SD", "e2"),
}  # fmt: skip
Answers = dict[str, list[str]]


@cache
def knowledge() -> Knowledge:
    return load(Path(__file__).parents[2] / "knowledge")


def answers() -> st.SearchStrategy[Answers]:
    """Some questions of the playbook, with one to three of their options."""
    asked = {q.id: [option.id for option in q.options] for q in knowledge().playbook.questions if q.options}
    chosen = {name: st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True) for name, ids in asked.items()}
    return st.fixed_dictionaries({}, optional=chosen)


def page(country: str | None, said: Answers | None = None, known: date | None = KNEW) -> LawPage:
    return law_page(country, said or {}, knowledge(), TODAY, known)


def backings(value: Any) -> Iterator[tuple[object, Backing]]:
    """Every backed fact inside a page."""
    if isinstance(value, tuple):
        for one in value:
            yield from backings(one)
    elif is_dataclass(value):
        backing = getattr(value, "backing", None)
        if backing is not None:
            yield value, backing
        for one in fields(value):
            yield from backings(getattr(value, one.name))


def shown_contacts(bodies: tuple[Body, ...]) -> list[bool]:
    """Whether each contact is verified, in the order in which it is read."""
    return [contact.verified for body in bodies for contact in body.contacts]


@settings(max_examples=20)
@example(said={})
@given(answers())
def test_every_page_of_every_country_keeps_the_laws(said: Answers) -> None:
    minor = bool({"minor", "was_minor", "unsure"} & set(said.get("age", ())))
    assert page("EG", said) == page("EG", said), "the same answers give the same page"
    for code in (*knowledge().countries, None):
        found = page(code, said)
        assert found.risks, code
        assert found.cautions, code
        assert [one.country for one in found.choices]
        _is_backed(found)
        _contacts_in_order(found)
        ids = {body.id for body in (*found.authorities, *found.support)}
        if minor and not found.general:
            assert found.minor
            assert not ids & ADULTS_ONLY, code
            assert not {(code, one.id) for one in found.evidence} & KEEPS_PICTURES
            assert "never_store_minor" in {caution.id for caution in found.cautions}
            assert "no_images_as_evidence" not in {caution.id for caution in found.cautions}
        if said.get("age") == ["adult"]:
            assert not ids & {"ncmec-tid", "iwf-rr"}, code
        assert found.risk_question.cleared == ("no" in said.get("official_risk", ()))


def _is_backed(found: LawPage) -> None:
    backed = list(backings(found))
    assert backed
    for fact, backing in backed:
        assert isinstance(backing.checked, date)
        if backing.certainty is Certainty.FOUND:
            assert backing.sources, fact


def _contacts_in_order(found: LawPage) -> None:
    for body in (*found.authorities, *found.support):
        assert body.contacts == (*body.verified, *body.recalled)
    for group in (found.authorities, found.own_support, found.world_support):
        reached = [bool(body.verified) for body in group if body.backing.certainty is not Certainty.RECALLED]
        assert reached == sorted(reached, reverse=True), "who is reached by a verified contact stands first"
        recalled = [body.backing.certainty is Certainty.RECALLED for body in group]
        assert recalled == sorted(recalled), "found before recalled"


@settings(max_examples=60)
@given(st.text(max_size=6), answers())
def test_any_text_for_a_country_gives_a_page(text: str, said: Answers) -> None:
    found = page(text, said)
    if text.upper() not in knowledge().countries:
        assert found.country is None
        assert not found.authorities
        assert found.support


@pytest.mark.parametrize("code", ["zz", "../law", "", "international", "all"])
def test_an_unknown_country_gives_what_helps_everywhere_and_a_choice(code: str) -> None:
    found = page(code)
    assert (found.country, found.topics, found.authorities) == (None, (), ())
    assert {body.id for body in found.support} >= {"stopncii", "smex-int"}
    assert len(found.choices) == len(countries(knowledge())) == 29


def test_a_country_of_the_union_is_led_to_the_unions_page() -> None:
    assert [one.country for one in page("ES").also] == ["EU"]
    assert [one.country for one in page("DE").also] == ["EU"]
    assert page("EG").also == ()


def test_the_country_among_the_answers_counts_where_none_is_named() -> None:
    found = law_page(None, {"country": ["EG"]}, knowledge(), TODAY)
    assert (found.country, found.general) == ("EG", True)


def test_a_strange_answer_is_refused() -> None:
    with pytest.raises(BadInput):
        page("EG", {"age": ["ninety"]})
    with pytest.raises(BadInput):
        page("EG", {"what": ["x"]})


def test_a_general_page_holds_every_provision_and_every_helper() -> None:
    for code in knowledge().countries:
        land, found = knowledge().jurisdiction(code), page(code)
        assert {law.id for topic in found.topics for law in topic.laws} == {law.id for law in land.laws}, code
        assert {one.id for one in found.authorities} == {one.id for one in land.authorities}
        assert {one.id for one in found.evidence} == {one.id for one in land.evidence}
        assert {one.id for one in found.deadlines} == {one.id for one in land.time_limits}
        assert {one.id for one in found.own_risks} == {one.id for one in land.risks}


@pytest.mark.parametrize(
    ("said", "inside", "outside"),
    [
        ({"status": ["threat"], "demand": ["money"], "content": ["nude"]}, "extortion", "hacking"),
        ({"status": ["account_taken"], "content": ["chat"]}, "hacking", "extortion"),
        ({"status": ["fake_account"], "content": ["ordinary"]}, "impersonation", "intimate_images"),
        ({"status": ["public"], "content": ["edited"]}, "synthetic", "hacking"),
        ({"status": ["public"], "content": ["private_moment"]}, "private_images", "intimate_images"),
        ({"status": ["public"], "content": ["nude"], "suspect": ["ex"]}, "harassment", "minors"),
        ({"status": ["public"], "content": ["nude"], "age": ["minor"]}, "minors", "hacking"),
        ({"status": ["public"], "content": ["documents"]}, "data_protection", "intimate_images"),
    ],
)
def test_the_answers_choose_the_topics(said: Answers, inside: str, outside: str) -> None:
    topics: dict[str, bool] = {}
    for code in knowledge().countries:
        topics |= {topic.id: bool(topic.why) for topic in page(code, said).topics}
    assert topics.get(inside), "the topic is there, with the answers that brought it"
    assert outside not in topics


def test_a_provision_stands_once_and_names_its_other_topics() -> None:
    found = page("EG", ADULT)
    laws = [law.id for topic in found.topics for law in topic.laws]
    assert len(laws) == len(set(laws))
    (disclosure,) = [law for t in found.topics for law in t.laws if law.id == "eg-penal-309bisA"]
    assert {label.en for label in disclosure.also} == {
        "Intimate images shared without consent", "Private life: pictures taken or published without consent",
    }  # fmt: skip


def test_a_law_is_named_as_people_there_name_it() -> None:
    laws = {law.id: law for code in ("EG", "SA", "OM", "TR", "US", "QA") for t in page(code).topics for law in t.laws}
    assert laws["eg-penal-309bisA"].native == laws["eg-penal-309bisA"].name.ar
    assert laws["eg-penal-309bisA"].articles == Words(ar="المادة: 309 مكرر (أ)", en="Article: 309 bis (a)")
    assert laws["sa-acl-6"].number == Words(ar="رقم م/17 لسنة 2007", en="No. M/17 of 2007")
    assert laws["om-16"].number == Words(ar="رقم المرسوم السلطاني 12 لسنة 2011", en="No. Royal Decree 12 of 2011")
    assert laws["tr-107"].native == "TCK 107 şantaj"
    assert laws["us-states"].number is None


def test_penalties_are_said_with_their_bounds() -> None:
    laws = {law.id: law for code in ("EG", "US") for topic in page(code).topics for law in topic.laws}
    assert laws["eg-cyber-25"].penalty == (
        Words(ar="السجن أو الحبس: 6 أشهر على الأقل", en="Prison: at least 6 months"),
        Words(ar="الغرامة: من 50,000 إلى 100,000 جنيه مصري", en="Fine: 50,000 to 100,000 Egyptian pounds"),
    )
    assert laws["eg-penal-326"].penalty[0].en == "Prison; for how long is not known here"
    assert laws["us-tida-notice"].penalty[0].en.endswith("Paid by the platform, not by whoever shared.")
    assert laws["us-6851"].penalty[0].en == "Compensation: 150,000 US dollars (liquidated, or actual damages)"


def test_a_period_that_runs_from_knowing_is_counted_and_others_are_not() -> None:
    known = {one.id: one for one in page("QA", ADULT).deadlines}
    assert (known["t1"].ends, known["t1"].days_left) == (date(2026, 12, 20), 27)
    assert "20 ديسمبر 2026" in known["t1"].words[0].ar
    act = {one.id: one for one in page("MA", ADULT).deadlines}["t1"]
    assert (act.ends, act.counts_from) == (None, "act")
    (unsaid,) = page("IQ", ADULT).deadlines
    assert (unsaid.ends, unsaid.counts_from) == (None, None)
    assert "do not say" in (unsaid.length or Words(ar="-", en="-")).en


def test_without_a_known_day_it_is_said_from_when_a_period_counts() -> None:
    for code in knowledge().countries:
        for one in page(code, ADULT, None).deadlines:
            assert (one.ends, one.known) == (None, None)
            assert bool(one.length) == bool(one.period)


def test_a_period_that_has_passed_says_that_another_way_may_be_left() -> None:
    (first, *_) = page("QA", ADULT, TODAY - timedelta(days=31)).deadlines
    assert first.days_left == -1
    assert "another way may be left" in first.words[0].en


def test_the_risk_question_is_cleared_only_by_the_safe_answer() -> None:
    for answer, cleared in (("no", True), ("maybe", False), ("yes", False), ("unsure", False)):
        asked = page("EG", {"official_risk": [answer]}).risk_question
        assert (asked.answered, asked.cleared) == (True, cleared)
    assert not page("EG", ADULT).risk_question.answered


def test_a_child_is_led_to_the_childrens_services_first() -> None:
    for code in ("EG", "SA", "TN", "OM"):
        first = page(code, {"age": ["minor"]}).own_support[0]
        assert any(word in first.role.en for word in ("hild", "18")), code
    assert "iwf-rr" not in {body.id for body in page("EG", {"age": ["was_minor"]}).support}
    assert "ncmec-tid" in {body.id for body in page("EG", {"age": ["was_minor"]}).support}


def test_a_number_that_alone_is_recalled_is_marked_alone() -> None:
    (line,) = [body for body in page("OM").authorities if body.id == "om-numbers"]
    assert {one.value: one.verified for one in line.contacts if one.kind == "phone"} == {
        "80077444": True, "9999": False,
    }  # fmt: skip
    (unsaid,) = [body for body in page("EG").authorities if body.id == "eg-internet-police"]
    assert {one.kind for one in unsaid.recalled} == {"url"}


def test_a_helper_of_every_country_stands_once() -> None:
    for code in ("LB", "SY", "SD", "YE", "EG"):
        reached = [c.value for body in page(code).support for c in body.verified if c.kind == "whatsapp"]
        assert reached.count("+961 81633133") == 1, code


@given(st.dates(), st.integers(1, 40), st.sampled_from("YMWD"))
def test_a_period_ends_after_it_began_and_longer_ones_end_later(start: date, n: int, unit: str) -> None:
    ends, later = day_after(start, f"P{n}{unit}"), day_after(start, f"P{n + 1}{unit}")
    assert ends is None or ends > start
    assert ends is None or later is None or later >= ends


@pytest.mark.parametrize(
    ("start", "period", "ends"),
    [
        (date(2026, 11, 30), "P3M", date(2027, 2, 28)),
        (date(2024, 2, 29), "P1Y", date(2025, 2, 28)),
        (date(2026, 11, 20), "P30D", date(2026, 12, 20)),
        (date(2026, 10, 15), "P1Y6M", date(2028, 4, 15)),
        (date(2026, 11, 20), "P2W", date(2026, 12, 4)),
        (date(9998, 1, 1), "P3Y", None),
    ],
)
def test_periods_are_counted_by_the_calendar(start: date, period: str, ends: date | None) -> None:
    assert day_after(start, period) == ends


@pytest.mark.parametrize("period", ["P", "PT48H", "3M", "P3", ""])
def test_hours_and_what_is_no_period_are_refused(period: str) -> None:
    with pytest.raises(ValueError, match="no period"):
        parts(period)
