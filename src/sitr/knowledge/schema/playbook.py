"""The playbook: questions, derived terms, situations, steps, cautions, message templates, and their order."""

from typing import Annotated, Literal

from pydantic import Field

from sitr.knowledge.schema.base import Entry, Id, Line, PositiveHours, Words

Term = str


class Clause(Entry):
    """Every term of `all`, at least one of `any` where it is not empty, not one of `none`. Empty always holds (R2)."""

    all: tuple[Term, ...] = ()
    any: tuple[Term, ...] = ()
    none: tuple[Term, ...] = ()


# A term, a clause, or a list of clauses of which one must hold.
Condition = Term | Clause | tuple[Clause, ...]

Stage = Literal["first", "route", "later"]
Level = Literal["critical", "high", "medium"]
Artefact = Id


class Option(Entry):
    """One answer. `said` replaces the label inside a reason; an answer with `echo = false` is never read back."""

    id: Id
    label: Words
    said: Words | None = None
    echo: bool = True


class Question(Entry):
    """One question. Every question can be skipped; `if_skipped` says how a skipped one is treated."""

    id: Id
    stage: Stage
    type: Literal["single", "multi", "country"]
    about: Literal["the person concerned", "the case", "the device in the hand of whoever answers"]
    text: Words
    text_helper: Words | None = None
    why: Words
    options: tuple[Option, ...] = ()
    asked_in: Id | None = None
    ask_when: Condition = Clause()
    max: int | None = None
    if_skipped: str | None = None
    sources: tuple[Line, ...]


class DerivedTerm(Entry):
    """A named condition (R3), so that steps say `is.watched` once and alike. `about` is for editors."""

    id: Annotated[str, Field(pattern=r"^(is|sure)\.[a-z_]+$")]
    when: Condition
    about: Line


class Slot(Entry):
    """A place of the opening (R7) and the line that says why a step stands there."""

    id: Id
    order: int
    cap: int
    first_pick: int
    crowding: int
    label: Words


class Phase(Entry):
    """A chapter of the plan as a page shows it; it does not sort."""

    id: Id
    order: int
    label: Words


class Kind(Entry):
    """Something a step leaves behind, such as a capture."""

    id: Id
    label: Words


class Event(Entry):
    """Something that must have happened before a step has a due time (R11)."""

    id: Id
    label: Words


class RiskLevel(Entry):
    """What is shown on one screen; the highest that holds wins. Never shown to the person as a label."""

    id: Id
    when: Condition


class Change(Entry):
    """Overwrites the place or weight of a step where its condition holds (R5)."""

    when: Condition
    slot: Id | None = None
    harm: int | None = None
    decay: int | None = None


class OrderIf(Entry):
    """Predecessors that count only under a condition (R6)."""

    when: Condition
    must_follow: tuple[Id, ...] = ()
    after: tuple[Id, ...] = ()


class BodyWhen(Entry):
    """Replaces the body of a step where its condition holds (R14)."""

    id: Id
    when: Condition
    body: Words


class Step(Entry):
    """One step: where it stands, when it applies, what it waits for, and what it says."""

    id: Id
    phase: Id
    slot: Id
    harm: Annotated[int, Field(ge=0, le=6)]
    decay: Annotated[int, Field(ge=0, le=3)]
    because: tuple[Term | Clause, ...] = ()
    display: Literal["banner"] | None = None
    title: Words
    body: Words
    applies_when: Condition
    needs_sure: tuple[str, ...] = ()
    visible_change: bool = False
    changes: tuple[Change, ...] = ()
    body_when: tuple[BodyWhen, ...] = ()
    must_follow: tuple[Id, ...] = ()
    after: tuple[Id, ...] = ()
    order_if: tuple[OrderIf, ...] = ()
    due_h: PositiveHours | None = None
    due_from: Id | None = None
    artefacts: tuple[Artefact, ...]
    template: Id | None = None
    also_templates: tuple[Id, ...] = ()
    skip_ok: bool
    cautions: tuple[Id, ...]
    sources: tuple[Line, ...]


class Situation(Entry):
    """A kind of case as a page describes it; `lead_steps` are its contents and sort nothing."""

    id: Id
    name: Words
    note: Words
    when: Condition
    lead_steps: tuple[Id, ...]
    avoid: tuple[Id, ...]


class Caution(Entry):
    """A line of care beside the steps that name it."""

    id: Id
    level: Level
    text: Words
    sources: tuple[Line, ...]
    basis: Line | None = None


class Template(Entry):
    """A message to copy; Sitr never sends it. `no_text`: the advice is that nothing is written."""

    id: Id
    audience: Id
    phase: Id
    use_when: Condition
    text: Words
    sent_by: Line | None = None
    only_if: Line | None = None
    no_text: bool = False


class PlaybookSource(Entry):
    """A page that the steps draw on."""

    id: Line
    title: Line
    lang: Line
    url: Line


class PlaybookSources(Entry):
    """`playbook/sources.toml`."""

    sources: tuple[PlaybookSource, ...]


class Book(Entry):
    """`playbook/facts.toml`: the order of everything, and the closed lists."""

    name: Line
    version: Line
    updated: Line
    questions: tuple[Id, ...]
    situations: tuple[Id, ...]
    steps: tuple[Id, ...]
    cautions: tuple[Id, ...]
    templates: tuple[Id, ...]
    slots: tuple[Slot, ...]
    phases: tuple[Phase, ...]
    artefact_kinds: tuple[Kind, ...]
    events: tuple[Event, ...]
    risk_levels: tuple[RiskLevel, ...]
    terms: tuple[DerivedTerm, ...]
    you_line: Words
    disclaimer: Words
    intro: Words
    template_rules: Words


class Playbook(Entry):
    """The whole playbook, in file order."""

    book: Book
    questions: tuple[Question, ...]
    situations: tuple[Situation, ...]
    steps: tuple[Step, ...]
    cautions: tuple[Caution, ...]
    templates: tuple[Template, ...]
    sources: tuple[PlaybookSource, ...]
