"""Laws of every plan, over random answers: what keeps a person safe must hold whatever was said or left unsaid."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput
from sitr.knowledge import Knowledge, Level, Plan, Progress, State, load, make_plan
from sitr.knowledge.conditions import holds

OPENED = datetime(2026, 11, 22, 20, tzinfo=UTC)
Answers = dict[str, list[str]]
EXAMPLES = 80  # of each law, other ones in each run


@cache
def knowledge() -> Knowledge:
    return load(Path(__file__).parents[2] / "knowledge")


@st.composite
def answers(draw: Any) -> Answers:
    said: Answers = {}
    asked: st.SearchStrategy[bool] = st.booleans()
    for question in knowledge().playbook.questions:
        ids = [option.id for option in question.options]
        if ids and draw(asked):
            most = 1 if question.type == "single" else (question.max or 3)
            said[question.id] = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=most, unique=True))
    return said


def planned(said: Answers, progress: Progress | None = None) -> Plan:
    return make_plan(said, knowledge(), OPENED, country="EG", progress=progress)


ORDER = {
    state: place for place, state in enumerate([Level.NOW, Level.TODAY, Level.THREE_DAYS, Level.WEEK, Level.LATER])
}


@settings(max_examples=EXAMPLES)
@given(answers())
def test_every_plan_keeps_the_safety_laws(said: Answers) -> None:
    plan = planned(said)
    steps = {step.id: step for step in plan.steps}
    order = [step.id for step in plan.steps]

    assert plan.steps, "the empty answers too give a useful plan"
    assert len(order) == len(set(order))
    if "is.minor" in plan.given:
        assert not [s.id for s in plan.steps if {"capture", "fingerprint"} & set(s.artefacts)]
        assert "r-fingerprint-adult" not in steps
    if "is.watched" in plan.given:
        visible = {s.id for s in knowledge().playbook.steps if s.visible_change}
        assert all(steps[i].state is State.HELD for i in visible & steps.keys())
    assert sum(step.level is Level.NOW for step in plan.steps) <= 3
    running = [ORDER[s.level] for s in plan.steps if s.state is not State.HELD]
    assert running == sorted(running), "levels never fall going down"
    if not said.get("official_risk") or "official_risk.no" not in plan.given:
        assert "g-police" not in steps
    if not said.get("family") or "is.guarded" in plan.given:
        assert not {"t-warn-contacts", "t-family-choice"} & steps.keys()


@settings(max_examples=EXAMPLES)
@given(answers())
def test_what_must_come_first_stands_first(said: Answers) -> None:
    plan = planned(said)
    place = {step.id: number for number, step in enumerate(plan.steps) if step.state is not State.HELD}
    for step in knowledge().playbook.steps:
        if step.id in place:
            hard = [*step.must_follow, *(i for e in step.order_if if holds(e.when, plan.given) for i in e.must_follow)]
            for before in hard:
                if before in place:
                    assert place[before] < place[step.id], (before, step.id)
                    assert plan.steps[place[step.id]].state is State.WAITING


@settings(max_examples=100)
@given(answers())
def test_the_same_answers_give_the_same_plan_in_both_languages(said: Answers) -> None:
    plan = planned(said)
    assert plan == planned({name: list(reversed(given)) for name, given in reversed(said.items())})
    for step in plan.steps:
        assert step.title.ar
        assert step.title.en
        assert step.why.ar
        assert step.why.en


@settings(max_examples=EXAMPLES)
@given(answers(), answers(), st.data())
def test_replanning_keeps_done_and_skipped_steps(first: Answers, later: Answers, data: st.DataObject) -> None:
    before = planned(first)
    chosen = data.draw(st.lists(st.sampled_from([s.id for s in before.steps]), max_size=5, unique=True))
    finished = {name: data.draw(st.sampled_from([State.DONE, State.SKIPPED])) for name in chosen}
    plan = planned({**first, **later}, Progress(finished=finished))
    for step in plan.steps:
        assert step.state is finished.get(step.id, step.state)
        if step.state is State.WAITING:
            assert not set(step.waits_for) & finished.keys()
        if step.id in finished:
            assert step.due_at is None
    opening = [s for s in plan.steps if s.level in (Level.NOW, Level.TODAY) and s.state in (State.OPEN, State.WAITING)]
    assert not {s.id for s in opening} & finished.keys()


def test_preserving_comes_before_reporting_and_blocking() -> None:
    plan = planned({"status": ["public", "threat"], "where": ["instagram"], "suspect": ["ex"], "content": ["nude"]})
    order = [step.id for step in plan.steps]
    for act in ("r-platform-report", "s-no-contact", "l-block"):
        if act in order:
            assert order.index("p-quick-preserve") < order.index(act)


def test_finishing_a_step_opens_what_waited_for_it() -> None:
    said = {"status": ["public"], "where": ["instagram"], "age": ["adult"], "content": ["nude"]}
    waiting = next(s for s in planned(said).steps if s.state is State.WAITING)
    done = Progress(finished=dict.fromkeys(waiting.waits_for, State.DONE))
    after = {s.id: s for s in planned(said, done).steps}
    assert after[waiting.id].state is State.OPEN
    assert "After:" in waiting.why.en


def test_later_moves_a_step_by_days_and_an_event_starts_its_clock() -> None:
    said = {"status": ["public"], "where": ["instagram"], "age": ["adult"], "content": ["nude"]}
    plain = {s.id: s for s in planned(said).steps}
    name = plain["f-48h"].id
    assert plain[name].due_at is None
    sent = OPENED + timedelta(days=2)
    moved = planned(said, Progress(put_off={"p-open-journal": 1}, events={"notice_sent": sent}))
    again = {s.id: s for s in moved.steps}
    assert again[name].due_at == sent + timedelta(hours=48)
    was, now = plain["p-open-journal"].due_at, again["p-open-journal"].due_at
    assert was is not None
    assert now == was + timedelta(days=1)


def test_a_helper_is_told_who_you_means() -> None:
    assert planned({"helping": ["friend"]}).you_line is not None
    assert planned({"helping": ["self"]}).you_line is None


@pytest.mark.parametrize(
    ("said", "code"),
    [({"no_such": ["x"]}, "knowledge.unknown_question"), ({"age": ["elderly"]}, "knowledge.unknown_option")],
)
def test_unknown_answers_are_refused_without_repeating_them(said: Answers, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        planned(said)
    assert refused.value.code == code
    assert "no_such" not in str(refused.value.data) + str(refused.value)
    assert "elderly" not in str(refused.value.data) + str(refused.value)
