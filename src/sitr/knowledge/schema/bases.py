"""Legal bases: what a notice under each must hold, who may send it, how long the recipient has, what then."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sitr.knowledge.schema.base import (
    Checked,
    Confidence,
    Entry,
    Id,
    Line,
    PositiveHours,
    Prose,
    Source,
    Sourced,
    Words,
)
from sitr.knowledge.schema.playbook import Clause, Condition
from sitr.knowledge.schema.services import ChannelKind, Purpose

# ISO 8601, of months, days and hours only: what takedown's clocks reckon with.
Duration = Annotated[str, StringConstraints(pattern=r"^P(T\d+[HM]|\d+[YMWD](\d+[MD])?)$")]


class Item(Entry):
    """One line of a list that a person reads."""

    id: Id
    text: Prose


class RequiredField(Entry):
    """A field of the notice. `required = false`: only where it applies, as a statement of authority for an agent."""

    id: Id
    required: bool
    label: Words
    note: Prose | None = None
    options: tuple[Item, ...] = ()


class Recipient(Sourced):
    """Who has to act on the notice, and who does not."""

    who: Prose
    excluded: tuple[Item, ...] = ()
    url: Line | None = None
    form_url: Line | None = None


class Deadline(Sourced):
    """The time the recipient has. `value` is None where the rule names no figure, or or where its force is open."""

    duration: Duration | None = Field(default=None, alias="value")
    extension: Duration | None = None
    start: Prose = Field(alias="from")
    text: Prose | None = None
    also: Prose | None = None
    in_force_since: date | None = None
    in_force: Literal["yes", "to_be_checked"] = "yes"

    @property
    def value(self) -> str | None:
        """The duration (ISO 8601) that may be reckoned with. A rule that may not be in force gives nobody a right, and
        a figure from memory is no clock.
        """
        return self.duration if self.in_force == "yes" and self.verified else None


class NextStep(Entry):
    """What can be done when the recipient refuses or is silent; in order."""

    id: Id
    step: Prose
    url: Line | None = None
    confidence: Confidence
    sources: tuple[Source, ...] = ()


class Statement(Entry):
    """A declaration that the sender makes; the notice holds it only when the person ticked it."""

    id: Id
    text: Words


class Routing(Entry):
    """When a basis is a door for a sighting. `when` is a hard rule over the terms of the answers.

    `needs` are those of `bases/facts.toml` that the basis serves; `kinds` the kinds of channel it can travel by;
    `exposes` who learns the sender's name, with the sender's own signature. `hours` is what to reckon with where
    neither a law nor a study says: an editor's estimate. `authority`: the notice goes to the form of the basis itself.
    """

    when: Condition = Clause()
    countries: tuple[Line, ...] = ()
    needs: tuple[Id, ...]
    kinds: tuple[ChannelKind, ...]
    categories: tuple[Line, ...] = ()
    not_categories: tuple[Line, ...] = ()
    programme: Id | None = None
    authority: bool = False
    exposes: tuple[Literal["service", "uploader", "public", "authority"], ...]
    hours: PositiveHours


class Need(Entry):
    """What the person needs of a channel, by the answers: the purposes that a channel must have one of."""

    id: Id
    when: Condition
    purposes: tuple[Purpose, ...]
    why: Words


class Basis(Sourced):
    """One legal basis or rule. `jurisdiction` is a country of `jurisdictions/`, or `*` for rules of a service."""

    id: Id
    name: Words
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|\*)$")]
    legal_basis: Line
    applies_to: tuple[Item, ...]
    recipient: Recipient
    who_may_send: tuple[Item, ...]
    nationality_condition: Prose | None = None
    link_condition: Prose | None = None
    required_fields: tuple[RequiredField, ...]
    statements: tuple[Id, ...]
    not_required: tuple[Item, ...]
    deadline: Deadline
    on_refusal: tuple[NextStep, ...]
    notes: tuple[Item, ...]
    routing: Routing
    added: bool = False
    checked: Checked


class BasesBook(Entry):
    """`bases/facts.toml`: declarations that bases name, needs that they serve, search engines as the last rung."""

    statements: tuple[Statement, ...]
    needs: tuple[Need, ...]
    search_engines: tuple[Id, ...]
