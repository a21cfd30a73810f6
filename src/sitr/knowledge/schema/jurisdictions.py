"""Countries: laws, authorities, support, and the risks of reporting there."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from sitr.knowledge.schema.base import Checked, Confidence, Entry, Id, Line, Prose, Source, Sourced, Words
from sitr.knowledge.schema.playbook import Clause, Condition

Topic = Literal[
    "private_images", "intimate_images", "extortion", "hacking", "impersonation", "defamation", "harassment",
    "synthetic", "minors", "obscenity", "data_protection", "removal",
]  # fmt: skip
Duration = Annotated[str, StringConstraints(pattern=r"^P(T\d+[HM]|\d+[YMWD](\d+[MD])?)$")]


class Prison(Entry):
    """Bounds of a prison term; None where no bound is known or none exists."""

    min: Duration | None = None
    max: Duration | None = None


class Fine(Entry):
    """Bounds of a fine. `payer = platform`: not paid by the offender."""

    min: int | None = None
    max: int | None = None
    currency: Line
    payer: Line | None = None


class Penalty(Entry):
    """What the law threatens."""

    prison: Prison | None = None
    fine: Fine | None = None


class Damages(Entry):
    """Money that the law gives the person harmed."""

    amount: int
    currency: Line
    kind: Line


class Law(Sourced):
    """One provision. `number` is `-` where it has none or it is not known."""

    id: Id
    name: Words
    name_original: Line | None = None
    number: Line
    year: int | None = None
    articles: tuple[Line, ...] = ()
    topics: tuple[Topic, ...]
    covers: Prose
    penalty: Penalty | None = None
    damages: Damages | None = None
    note: Prose | None = None


class Statement(Sourced):
    """One sentence of law or practice. `when`: for whom it is advice; whoever reads without a case sees it anyway."""

    id: Id
    text: Prose
    when: Condition = Clause()


# From when a period runs: knowing what happened; knowing it and who did it; knowing the harm and who answers for it;
# the act itself; a decision that somebody gave.
CountsFrom = Literal["known", "offender_known", "harm_known", "act", "decision"]


class TimeLimit(Statement):
    """Until when something has to be done. `counts_from` is None where the sources do not say from when."""

    period: Duration | None = None
    counts_from: CountsFrom | None = None
    complaint_dependent: bool | None = None


class Authority(Sourced):
    """Where to report; `emergency`: whom to call when life is in danger. Phone numbers as dialled inside the country
    unless they begin with +.
    """

    id: Id
    emergency: bool = False
    name: Words
    role: Prose
    phone: tuple[Line, ...] = ()
    whatsapp: tuple[Line, ...] = ()
    email: Line | None = None
    url: Line | None = None
    form_url: Line | None = None
    app: Line | None = None
    hours: Prose | None = None
    note: Prose | None = None


class Support(Sourced):
    """Who helps. `when`: for whom, where not for everybody (a service for adults never stands before a child)."""

    id: Id
    when: Condition = Clause()
    name: Words
    type: Literal["ngo", "government", "tool"]
    serves: Prose
    phone: tuple[Line, ...] = ()
    whatsapp: tuple[Line, ...] = ()
    email: Line | None = None
    url: Line | None = None
    app: Line | None = None
    hours: Prose | None = None
    languages: tuple[Line, ...] = ()
    note: Prose | None = None
    added: bool = False

    def phone_verified(self) -> bool:
        """A phone number from memory is never the first thing to call."""
        return bool(self.phone) and self.verified


class DataProtection(Sourced):
    """The authority for personal data, and whether it can order a removal."""

    name: Words
    law: Line
    can_order_removal: Literal["yes", "partial", "no", "unknown"]
    url: Line | None = None
    note: Prose | None = None


class Risk(Sourced):
    """Where law or practice can turn against the person who reports; shown before any button."""

    id: Id
    severity: Literal["high", "medium", "low"]
    who: Prose | None = None
    text: Prose


class Jurisdiction(Entry):
    """One country, or the EU. `law_language`: the language in which people there name their laws, where we have it."""

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    name: Words
    currency: Line
    law_language: Literal["ar", "en", "other"] = "other"
    checked: Checked
    laws: tuple[Law, ...]
    civil_route: tuple[Statement, ...]
    time_limits: tuple[TimeLimit, ...]
    evidence: tuple[Statement, ...]
    minors: tuple[Statement, ...]
    authorities: tuple[Authority, ...]
    support: tuple[Support, ...]
    data_protection: DataProtection | None = None
    risks: tuple[Risk, ...]
    gaps: tuple[Line, ...] = ()


class International(Entry):
    """Services and risks that hold in every country."""

    id: Id
    checked: Checked
    services: tuple[Support, ...]
    risks: tuple[Risk, ...]


class LawTopic(Entry):
    """What a law can be about, as a page names it, and the answers that make it a matter of this case."""

    id: Topic
    label: Words
    when: Condition


class LawCaution(Entry):
    """A caution of the playbook that stands with the risks, before any authority."""

    id: Id
    when: Condition = Clause()


class Notation(Entry):
    """How a part of a number or an article (`bis`, `M/`) is written in each language; `latin` is how facts have it."""

    id: Id
    latin: Line
    text: Words


class Union(Entry):
    """Countries that share a page of law beside their own, or in place of it. `members` are ISO 3166-1 codes."""

    id: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    members: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...]
    confidence: Confidence
    sources: tuple[Source, ...] = ()


class LawBook(Entry):
    """`law/facts.toml`: what all law pages share. `topics` stand in the order in which a page shows them.

    `risk_question` is the question of the playbook that comes before any authority; `risk_answer` the one that lets
    authorities stand open.
    """

    disclaimer: Words
    risk_question: Id
    risk_answer: Id
    topics: tuple[LawTopic, ...]
    cautions: tuple[LawCaution, ...]
    notations: tuple[Notation, ...]
    unions: tuple[Union, ...]
    checked: Checked
