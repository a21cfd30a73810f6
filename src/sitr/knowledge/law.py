"""The law page of one country for one case: what may apply, what it asks for, until when, who helps, and first of all
what reporting could bring upon the person.

Here belongs which facts stand on the page and in which order. Not here: the sentences that are made of numbers
(`law_words`), the facts (`knowledge/jurisdictions`, `knowledge/law`), and how a page looks. Nothing is said that the
data does not say; what is known from memory is marked, and a contact from memory never stands among the verified ones.
Pure: today and the day from which periods run come in as arguments.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sitr.knowledge.conditions import answered, derived, holds
from sitr.knowledge.durations import day_after
from sitr.knowledge.law_words import Citations, deadline_words, length_words, penalty_words
from sitr.knowledge.loading import Knowledge
from sitr.knowledge.plan import Answers, check_answers
from sitr.knowledge.schema.base import Checked, Prose, Source, Sourced, Words
from sitr.knowledge.schema.jurisdictions import (
    Authority,
    DataProtection,
    International,
    Jurisdiction,
    Law,
    LawBook,
    Risk,
    Statement,
    Support,
    TimeLimit,
)
from sitr.knowledge.schema.playbook import Caution, Clause, Condition, Question

# Periods that run from knowing can be counted from a day on which the person knew; others cannot.
_COUNTED = ("known", "offender_known", "harm_known")
_SEVERITIES = ("high", "medium", "low")
_CONTACTS = ("phone", "whatsapp", "form_url", "app", "url", "email")


class Certainty(StrEnum):
    """Found: a source says all of it. Partly: some of it is from memory. Recalled: all of it is."""

    FOUND = "found"
    PARTLY = "partly"
    RECALLED = "recalled"


@dataclass(frozen=True)
class Backing:
    """What carries a fact: how sure it is, the pages that say it, and the day on which it was compared with them."""

    certainty: Certainty
    sources: tuple[Source, ...]
    checked: date


@dataclass(frozen=True)
class Advice:
    """One sentence of law or practice."""

    id: str
    text: Prose
    backing: Backing


@dataclass(frozen=True)
class RiskOfReporting:
    """Where law or practice can turn against the person who reports."""

    id: str
    severity: str
    who: Prose | None
    text: Prose
    international: bool
    backing: Backing


@dataclass(frozen=True)
class LawEntry:
    """One provision. `native` is its name in the language of the country, to be said first; None where it is not known
    or the same in both languages. `topics` are those of the page under which it does not stand already.
    """

    id: str
    name: Words
    native: str | None
    native_lang: str
    number: Words | None
    articles: Words | None
    also: tuple[Words, ...]
    covers: Prose
    penalty: tuple[Words, ...]
    note: Prose | None
    backing: Backing


@dataclass(frozen=True)
class TopicOfCase:
    """One topic with its provisions, and the answers that made it a topic (none on a general page)."""

    id: str
    label: Words
    why: tuple[Words, ...]
    laws: tuple[LawEntry, ...]


@dataclass(frozen=True)
class Deadline:
    """Until when something has to be done. `ends` is counted from `known`; both None where that cannot be reckoned.

    `days_left` is negative when it has passed. `length` says how long and from when, `words` what follows from it.
    """

    id: str
    text: Prose
    period: str | None
    counts_from: str | None
    complaint: bool | None
    known: date | None
    ends: date | None
    days_left: int | None
    length: Words | None
    words: tuple[Words, ...]
    backing: Backing


@dataclass(frozen=True)
class Contact:
    """A way to reach somebody: phone, whatsapp, form_url, app, url or email; verified only where a source says it."""

    kind: str
    value: str
    verified: bool


@dataclass(frozen=True)
class Body:
    """An authority, or somebody who helps. `contacts`: the verified ones first."""

    id: str
    name: Words
    role: Prose
    contacts: tuple[Contact, ...]
    hours: Prose | None
    languages: tuple[str, ...]
    note: Prose | None
    international: bool
    emergency: bool
    backing: Backing

    @property
    def verified(self) -> tuple[Contact, ...]:
        """The contacts that a source carries."""
        return tuple(one for one in self.contacts if one.verified)

    @property
    def recalled(self) -> tuple[Contact, ...]:
        """The contacts known from memory only; shown apart, behind a word of warning."""
        return tuple(one for one in self.contacts if not one.verified)


@dataclass(frozen=True)
class DataAuthority:
    """Who watches over personal data, and whether it can order a removal: yes, partial, no, unknown.

    `law` is its law as cited; `law_name` the name of that law where it is among the provisions of the country.
    """

    name: Words
    law: str
    law_name: Words | None
    can_order_removal: str
    contact: Contact | None
    note: Prose | None
    backing: Backing


@dataclass(frozen=True)
class RiskQuestion:
    """The question of the playbook before any authority. `cleared` only by the answer that says a report is safe."""

    question: Question
    answered: bool
    cleared: bool


@dataclass(frozen=True)
class Choice:
    """A country, or a union of countries, that has a page."""

    country: str
    name: Words


@dataclass(frozen=True)
class LawPage:
    """Everything on the page, in the order in which it is read.

    `country` is None on the international page; `asked` is what was asked for. `general`: made without answers, so that
    nothing is chosen by them. `choices` are all countries with a page, `also` the unions whose rules hold as well.
    """

    country: str | None
    asked: str | None
    name: Words | None
    general: bool
    minor: bool
    disclaimer: Words
    cautions: tuple[Caution, ...]
    risks: tuple[RiskOfReporting, ...]
    topics: tuple[TopicOfCase, ...]
    evidence: tuple[Advice, ...]
    minors: tuple[Advice, ...]
    deadlines: tuple[Deadline, ...]
    risk_question: RiskQuestion
    authorities: tuple[Body, ...]
    support: tuple[Body, ...]
    civil: tuple[Advice, ...]
    data_protection: DataAuthority | None
    also: tuple[Choice, ...]
    choices: tuple[Choice, ...]
    checked: date
    gaps: tuple[str, ...]

    @property
    def own_support(self) -> tuple[Body, ...]:
        """Who helps in this country."""
        return tuple(one for one in self.support if not one.international)

    @property
    def world_support(self) -> tuple[Body, ...]:
        """Who helps in every country."""
        return tuple(one for one in self.support if one.international)

    @property
    def own_risks(self) -> tuple[RiskOfReporting, ...]:
        """The risks particular to this country."""
        return tuple(one for one in self.risks if not one.international)

    @property
    def backings(self) -> tuple[Backing, ...]:
        """What carries each statement of the page, in the order of the page."""
        return (
            *(one.backing for one in self.risks),
            *(one.backing for topic in self.topics for one in topic.laws),
            *(one.backing for one in (*self.evidence, *self.minors)),
            *(one.backing for one in self.deadlines),
            *(one.backing for one in (*self.authorities, *self.support)),
            *(one.backing for one in self.civil),
            *((self.data_protection.backing,) if self.data_protection else ()),
        )

    @property
    def sources(self) -> tuple[Source, ...]:
        """Every page that a statement was read on, once each."""
        return tuple({source.url: source for backing in self.backings for source in backing.sources}.values())

    @property
    def counts(self) -> bool:
        """Whether a day on which the person knew would let a period be counted."""
        return any(one.period and one.counts_from in _COUNTED for one in self.deadlines)


def law_page(
    country: str | None, answers: Answers, knowledge: Knowledge, today: date, known: date | None = None
) -> LawPage:
    """The law page of `country` (ISO 3166-1 alpha-2 or EU, in either case) for these answers.

    A country without a page, or None, gives the international page with a choice of countries. Without answers the page
    is general. `known` is a day on which the person knew what had happened: periods that run from knowing are counted
    from it. Raises BadInput for a question or an option that the playbook does not have.
    """
    check_answers(answers, knowledge)
    return _Page(country, answers, knowledge, today, known).page()


def countries(knowledge: Knowledge) -> tuple[Choice, ...]:
    """All countries with a page, unions last, by code."""
    unions = {union.id for union in knowledge.law_book.unions}
    known = [Choice(code, knowledge.jurisdiction(code).name) for code in knowledge.countries]
    return tuple(sorted(known, key=lambda one: (one.country in unions, one.country)))


def _entry(country: str | None, knowledge: Knowledge) -> Jurisdiction | None:
    return knowledge.jurisdiction(country) if country in knowledge.countries else None


class _Page:
    """One run over one country and one set of answers."""

    def __init__(
        self, country: str | None, answers: Answers, knowledge: Knowledge, today: date, known: date | None
    ) -> None:
        playbook = knowledge.playbook
        self.knowledge, self.today, self.known = knowledge, today, known
        self.book: LawBook = knowledge.law_book
        self.world: International = knowledge.international
        self.asked = (country or next(iter(answers.get("country", ())), "")).upper() or None
        self.land = _entry(self.asked, knowledge)
        said = {name: chosen for name, chosen in answers.items() if chosen and name != "country"}
        self.general = not said
        self.answers: Mapping[str, Sequence[str]] = said
        self.given: Set[str] = derived(answered(said, playbook.questions), playbook.book.terms)
        self.checked: Checked = self.land.checked if self.land else self.world.checked

    def page(self) -> LawPage:
        land = self.land
        return LawPage(
            country=land.id if land else None,
            asked=self.asked,
            name=land.name if land else None,
            general=self.general,
            minor="is.minor" in self.given,
            disclaimer=self.book.disclaimer,
            cautions=self._cautions(),
            risks=self._risks(),
            topics=self._topics(land.laws, land.law_language) if land else (),
            evidence=self._advice(land.evidence) if land else (),
            minors=self._advice(land.minors) if land and self._about_minors() else (),
            deadlines=tuple(self._deadline(one) for one in land.time_limits if self._fits(one.when)) if land else (),
            risk_question=self._risk_question(),
            authorities=_ordered(self._body(one) for one in land.authorities) if land else (),
            support=self._support(),
            civil=self._advice(land.civil_route) if land else (),
            data_protection=self._data_authority(land.data_protection) if land and land.data_protection else None,
            also=self._also(),
            choices=countries(self.knowledge),
            checked=self.checked.on,
            gaps=land.gaps if land else (),
        )

    # --- for whom ---

    def _fits(self, when: Condition) -> bool:
        """On a general page everything stands: its own words say for whom it is."""
        return self.general or holds(when, self.given)

    def _about_minors(self) -> bool:
        return self.general or bool(self.given & {"is.minor", "others.children", "age.unanswered"})

    # --- before any authority ---

    def _cautions(self) -> tuple[Caution, ...]:
        by_id = {caution.id: caution for caution in self.knowledge.playbook.cautions}
        return tuple(by_id[one.id] for one in self.book.cautions if holds(one.when, self.given))

    def _risks(self) -> tuple[RiskOfReporting, ...]:
        """Those of the country before those of every country, the gravest first; none is ever left out."""
        own = sorted(self.land.risks if self.land else (), key=lambda one: _SEVERITIES.index(one.severity))
        return tuple(
            [self._risk(one, self.checked) for one in own]
            + [self._risk(one, self.world.checked, international=True) for one in self.world.risks]
        )

    def _risk(self, one: Risk, checked: Checked, *, international: bool = False) -> RiskOfReporting:
        return RiskOfReporting(one.id, one.severity, one.who, one.text, international, _backing(one, checked))

    def _risk_question(self) -> RiskQuestion:
        name = self.book.risk_question
        question = next(one for one in self.knowledge.playbook.questions if one.id == name)
        chosen = self.answers.get(name, ())
        return RiskQuestion(question, bool(chosen), f"{name}.{self.book.risk_answer}" in self.given)

    # --- what applies ---

    def _topics(self, laws: Sequence[Law], language: str) -> tuple[TopicOfCase, ...]:
        """Each provision once, under the first of its topics that applies."""
        fitting = [topic for topic in self.book.topics if self._fits(topic.when)]
        labels: dict[str, Words] = {topic.id: topic.label for topic in fitting}
        left = list(laws)
        found = []
        for topic in fitting:
            here = [law for law in left if topic.id in law.topics]
            left = [law for law in left if law not in here]
            why = () if self.general else tuple(self.knowledge.reasons.behind(topic.when, self.given))
            entries = tuple(self._law(law, topic.id, labels, language) for law in here)
            if entries:
                found.append(TopicOfCase(topic.id, topic.label, why, entries))
        return tuple(found)

    def _law(self, law: Law, topic: str, labels: Mapping[str, Words], language: str) -> LawEntry:
        cited = Citations(self.book.notations, arabic=language == "ar")
        native = law.name_original or (getattr(law.name, language) if language in ("ar", "en") else None)
        return LawEntry(
            id=law.id,
            name=law.name,
            native=native,
            native_lang="und" if law.name_original else language,
            number=cited.number(law.number, law.year),
            articles=cited.articles(law.articles),
            also=tuple(labels[one] for one in labels if one in law.topics and one != topic),
            covers=law.covers,
            penalty=penalty_words(law.penalty, law.damages),
            note=law.note,
            backing=_backing(law, self.checked),
        )

    def _advice(self, statements: Iterable[Statement]) -> tuple[Advice, ...]:
        return tuple(
            Advice(one.id, one.text, _backing(one, self.checked)) for one in statements if self._fits(one.when)
        )

    def _deadline(self, one: TimeLimit) -> Deadline:
        counted = self.known if one.period and one.counts_from in _COUNTED else None
        ends = day_after(counted, one.period) if counted and one.period else None
        known = counted if ends else None
        return Deadline(
            id=one.id,
            text=one.text,
            period=one.period,
            counts_from=one.counts_from,
            complaint=one.complaint_dependent,
            known=known,
            ends=ends,
            days_left=(ends - self.today).days if ends else None,
            length=length_words(one),
            words=deadline_words(one, known, ends, self.today),
            backing=_backing(one, self.checked),
        )

    # --- who can be reached ---

    def _support(self) -> tuple[Body, ...]:
        own = _ordered(self._body(one) for one in self._near(self.land.support if self.land else ()))
        near = self._near(self.world.services)
        world = _ordered(self._body(one, self.world.checked, international=True) for one in near)
        return (
            *(one for one in own if not _stands_in(one, world) or _stands_in(one, world, verified=True)),
            *(one for one in world if not _stands_in(one, own, verified=True)),
        )

    def _near(self, listed: Sequence[Support]) -> list[Support]:
        """Those for this person; to somebody under 18 those come first who are there for exactly such a person."""
        fitting = [one for one in listed if self._fits(one.when)]
        return sorted(fitting, key=lambda one: one.when == Clause()) if "is.child_now" in self.given else fitting

    def _body(self, one: Authority | Support, checked: Checked | None = None, *, international: bool = False) -> Body:
        return body_of(one, checked or self.checked, international=international)

    def _data_authority(self, one: DataProtection) -> DataAuthority:
        contact = Contact("url", one.url, one.carries("url", one.url)) if one.url else None
        own = [law for law in (self.land.laws if self.land else ()) if "data_protection" in law.topics]
        named = next((law.name for law in own if law.number != "-" and law.number in one.law), None)
        backing = _backing(one, self.checked)
        return DataAuthority(one.name, one.law, named, one.can_order_removal, contact, one.note, backing)

    def _also(self) -> tuple[Choice, ...]:
        shared = [union.id for union in self.book.unions if self.asked in union.members]
        return tuple(Choice(code, self.knowledge.jurisdiction(code).name) for code in shared)


def body_of(one: Authority | Support, checked: Checked, *, international: bool = False) -> Body:
    """An authority or a support as pages show it: contacts from memory apart from the others."""
    return Body(
        id=one.id,
        name=one.name,
        role=one.role if isinstance(one, Authority) else one.serves,
        contacts=_contacts(one),
        hours=one.hours,
        languages=one.languages if isinstance(one, Support) else (),
        note=one.note,
        international=international,
        emergency=isinstance(one, Authority) and one.emergency,
        backing=_backing(one, checked),
    )


def _backing(fact: Sourced, checked: Checked) -> Backing:
    if fact.verified:
        certainty = Certainty.FOUND
    else:
        certainty = Certainty.RECALLED if fact.confidence == "recalled" else Certainty.PARTLY
    return Backing(certainty, fact.sources, checked.on)


def _contacts(one: Authority | Support) -> tuple[Contact, ...]:
    found = []
    for kind in _CONTACTS:
        value = getattr(one, kind, None) or ()
        for each in (value,) if isinstance(value, str) else value:
            found.append(Contact(kind, each, one.carries(kind, each)))
    return tuple(sorted(found, key=lambda contact: not contact.verified))


def _stands_in(body: Body, others: Iterable[Body], *, verified: bool = False) -> bool:
    """Whether one of the others is reached in the same way; `verified`: only ways that hold for both count.

    A helper of every country may be named again for one country. It then stands once, where it is verified.
    """
    theirs = {(way.kind, way.value) for one in others for way in (one.verified if verified else one.contacts)}
    return any((way.kind, way.value) in theirs for way in (body.verified if verified else body.contacts))


def _ordered(bodies: Iterable[Body]) -> tuple[Body, ...]:
    """Found before recalled, and those whom a verified contact reaches before the others; else in the file's order."""
    return tuple(sorted(bodies, key=lambda body: (body.backing.certainty is Certainty.RECALLED, not body.verified)))
