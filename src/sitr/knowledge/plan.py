"""The plan: from answers to ordered steps, exactly by the rules R1 to R17 of `knowledge/playbook/RULES.md`.

Here belongs what the whole plan needs: which steps apply, what they wait for, their levels, due times and reasons. The
choice of the opening stands in `opening`, conditions in `conditions`. Pure: the time of opening and what was done come
in as arguments; the same answers always give the same plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sitr.errors import BadInput
from sitr.knowledge.conditions import answered, derived, holds
from sitr.knowledge.loading import Knowledge
from sitr.knowledge.opening import Task, choose_opening
from sitr.knowledge.schema.base import Words
from sitr.knowledge.schema.playbook import Caution, Question, Situation, Step, Template

Answers = Mapping[str, Sequence[str]]

# What Sitr never makes of a picture of somebody under 18, whatever the step lists (minor_rule).
PICTURE_ARTEFACTS = frozenset({"capture", "fingerprint"})

WATCHED = "is.watched"
"""The derived term (rule R4) under which steps that could be noticed are held."""


class State(StrEnum):
    """Where a step stands. `held`: it could be noticed while the device is watched, and waits for a safe moment."""

    OPEN = "open"
    WAITING = "waiting"
    HELD = "held"
    DONE = "done"
    SKIPPED = "skipped"


class Level(StrEnum):
    """How soon, in words. Levels never fall going down the plan."""

    NOW = "now"
    TODAY = "today"
    THREE_DAYS = "three_days"
    WEEK = "week"
    LATER = "later"


_BY_DECAY = (Level.LATER, Level.WEEK, Level.THREE_DAYS, Level.TODAY)
_DUE_HOURS = {Level.NOW: 2, Level.TODAY: 24, Level.THREE_DAYS: 72, Level.WEEK: 168, Level.LATER: 720}
_NOW_CARDS = 3


@dataclass(frozen=True)
class Progress:
    """What is known beside the answers: finished steps, days by which steps were put off, events that happened.

    `finished` maps a step to done or skipped; `put_off` a step to whole days; `events` an event id of the playbook
    (such as `notice_sent`) to the time at which it happened.
    """

    finished: Mapping[str, State] = field(default_factory=dict)
    put_off: Mapping[str, int] = field(default_factory=dict)
    events: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanStep:
    """One step of a plan. `artefacts` are those that may be made in this case: never a picture of a minor."""

    id: str
    phase: str
    slot: str
    level: Level
    due_at: datetime | None
    state: State
    title: Words
    body: Words
    why: Words
    waits_for: tuple[str, ...]
    artefacts: tuple[str, ...]
    templates: tuple[str, ...]
    cautions: tuple[str, ...]
    skip_ok: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Banner:
    """A calm line on top of the plan; no task."""

    id: str
    title: Words
    body: Words
    sources: tuple[str, ...]
    artefacts: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What to do, in order, and what to say beside it. `steps` holds every step; a screen may fold."""

    steps: tuple[PlanStep, ...]
    banners: tuple[Banner, ...]
    cautions: tuple[Caution, ...]
    templates: tuple[Template, ...]
    situations: tuple[Situation, ...]
    questions: tuple[Question, ...]
    risk: str
    you_line: Words | None
    given: frozenset[str]


def make_plan(
    answers: Answers,
    knowledge: Knowledge,
    opened_at: datetime,
    country: str | None = None,
    progress: Progress | None = None,
) -> Plan:
    """The plan for these answers.

    `country` counts as an answer to the question for it. `opened_at` is aware; due times are counted from it.
    Raises BadInput for a question, an option or a finished step that the playbook does not have.
    """
    if country and not answers.get("country"):
        answers = {**answers, "country": (country,)}
    check_answers(answers, knowledge)
    return _Planner(answers, knowledge, opened_at, progress or Progress()).plan()


def check_answers(answers: Answers, knowledge: Knowledge) -> None:
    """Raises BadInput where a question or an option is not in the playbook; what was typed is not repeated in it."""
    known = {question.id: question for question in knowledge.playbook.questions}
    for number, (asked, options) in enumerate(answers.items(), start=1):
        question = known.get(asked)
        if question is None:
            raise BadInput("knowledge.unknown_question", number=number)
        if question.type != "country" and not {option.id for option in question.options}.issuperset(options):
            raise BadInput("knowledge.unknown_option", question=asked)


class _Planner:
    """One run over one set of answers; holds what several rules share."""

    def __init__(self, answers: Answers, knowledge: Knowledge, opened_at: datetime, progress: Progress) -> None:
        self.answers, self.opened_at, self.progress = answers, opened_at, progress
        self.book, self.reasons = knowledge.playbook, knowledge.reasons
        playbook = self.book
        self.given = derived(answered(answers, playbook.questions), playbook.book.terms)
        applying = [step for step in playbook.steps if self._applies(step)]
        watched = WATCHED in self.given
        self.fitting_templates = {t.id for t in playbook.templates if holds(t.use_when, self.given)}
        self.banner_steps = [step for step in applying if step.display == "banner"]
        tasks = [step for step in applying if step.display is None]
        finished = progress.finished
        self.finished = [step for step in tasks if step.id in finished]
        waiting = [step for step in tasks if step.id not in finished]
        self.held = [step for step in waiting if step.visible_change and watched]
        self.open = [step for step in waiting if not (step.visible_change and watched)]

    def plan(self) -> Plan:
        tasks = self._weighed(self.open)
        opening, rest = choose_opening(tasks, self.book.book.slots)
        places = [(task, self._opening_level(place, task)) for place, task in enumerate(opening)]
        places += [(task, _BY_DECAY[task.pressing]) for task in rest]
        steps = [self._step(task, level, self._state(task)) for task, level in places]
        steps += [self._finished_step(task) for task in self._weighed(self.finished)]
        held = sorted(self._weighed(self.held), key=lambda task: task.by_score)
        steps += [self._step(task, _BY_DECAY[task.decay], State.HELD) for task in held]
        return self._dressed(steps)

    def _dressed(self, steps: list[PlanStep]) -> Plan:
        situations = tuple(s for s in self.book.situations if holds(s.when, self.given))
        named = {c for step in (*self.open, *self.finished, *self.banner_steps) for c in step.cautions}
        named.update(c for situation in situations for c in situation.avoid)
        offered = {t for step in self.open for t in (step.template, *step.also_templates)}
        return Plan(
            steps=tuple(steps),
            banners=tuple(Banner(s.id, s.title, self._body(s), s.sources, s.artefacts) for s in self.banner_steps),
            cautions=tuple(c for c in self.book.cautions if c.id in named),
            templates=tuple(t for t in self.book.templates if t.id in offered & self.fitting_templates),
            situations=situations,
            questions=self._next_questions(),
            risk=next(level.id for level in self.book.book.risk_levels if holds(level.when, self.given)),
            you_line=self.book.book.you_line if "is.helper" in self.given else None,
            given=frozenset(self.given),
        )

    def _applies(self, step: Step) -> bool:
        return holds(step.applies_when, self.given) and all(f"sure.{name}" in self.given for name in step.needs_sure)

    # --- weight and predecessors (R5, R6) ---

    def _weighed(self, steps: list[Step]) -> list[Task]:
        among = {step.id for step in steps}
        slots = {slot.id: slot for slot in self.book.book.slots}
        tasks = {
            step.id: self._task(step, place, among, slots[self._place(step)[0]].order)
            for place, step in enumerate(steps)
        }
        for task in tasks.values():
            task.link(tasks)
        return list(tasks.values())

    def _place(self, step: Step) -> tuple[str, int, int]:
        change = next((change for change in step.changes if holds(change.when, self.given)), None)
        if change is None:
            return step.slot, step.harm, step.decay
        return (
            change.slot or step.slot,
            step.harm if change.harm is None else change.harm,
            step.decay if change.decay is None else change.decay,
        )

    def _task(self, step: Step, place: int, among: set[str], slot_order: int) -> Task:
        slot, harm, decay = self._place(step)
        hard, soft = self._predecessors(step)
        fit = min(3, sum(holds(entry, self.given) for entry in step.because))
        return Task(
            step=step,
            slot=slot,
            slot_order=slot_order,
            decay=decay,
            fit=fit,
            score=harm + decay + fit,
            place=place,
            hard=tuple(i for i in hard if i in among),
            before=tuple(i for i in (*hard, *soft) if i in among),
        )

    def _predecessors(self, step: Step) -> tuple[list[str], list[str]]:
        hard, soft = list(step.must_follow), list(step.after)
        for extra in step.order_if:
            if holds(extra.when, self.given):
                hard += extra.must_follow
                soft += extra.after
        return hard, soft

    # --- levels, states, due times (R10 to R12, R17) ---

    def _opening_level(self, place: int, task: Task) -> Level:
        if "is.emergency" in self.given and task.slot not in ("life", "voice"):
            return Level.TODAY
        return Level.NOW if place < _NOW_CARDS else Level.TODAY

    def _state(self, task: Task) -> State:
        return State.WAITING if task.hard else State.OPEN

    def _due(self, step: Step, level: Level) -> datetime | None:
        start = self.opened_at if step.due_from is None else self.progress.events.get(step.due_from)
        if start is None:
            return None
        return start + timedelta(hours=step.due_h or _DUE_HOURS[level], days=self.progress.put_off.get(step.id, 0))

    def _finished_step(self, task: Task) -> PlanStep:
        return self._step(task, _BY_DECAY[task.decay], self.progress.finished[task.step.id])

    def _step(self, task: Task, level: Level, state: State) -> PlanStep:
        step = task.step
        waits = task.hard if state is State.WAITING else ()
        return PlanStep(
            id=step.id,
            phase=step.phase,
            slot=task.slot,
            level=level,
            state=state,
            due_at=None if state in (State.DONE, State.SKIPPED) else self._due(step, level),
            title=step.title,
            body=self._body(step),
            why=self.reasons.after(waits) if waits else self.reasons.why(step, task.slot, self.given),
            waits_for=waits,
            artefacts=self._artefacts(step),
            templates=tuple(t for t in (step.template, *step.also_templates) if t and self._template_fits(t)),
            cautions=step.cautions,
            skip_ok=step.skip_ok,
            sources=step.sources,
        )

    def _artefacts(self, step: Step) -> tuple[str, ...]:
        if "is.minor" not in self.given:
            return step.artefacts
        return tuple(kind for kind in step.artefacts if kind not in PICTURE_ARTEFACTS)

    def _template_fits(self, template: str) -> bool:
        return template in self.fitting_templates

    # --- words (R14) and what to ask next ---

    def _body(self, step: Step) -> Words:
        return next((other.body for other in step.body_when if holds(other.when, self.given)), step.body)

    def _next_questions(self) -> tuple[Question, ...]:
        return tuple(
            question
            for question in self.book.questions
            if not self.answers.get(question.id) and question.stage != "later" and holds(question.ask_when, self.given)
        )
