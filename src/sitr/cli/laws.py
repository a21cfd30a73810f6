"""`sitr law`: what the law of a country says to a file of answers; stores nothing. Risks of reporting come first."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any

from sitr.cli.answers import AnswerFile, read_answers
from sitr.cli.call import Call
from sitr.cli.showing import document
from sitr.errors import BadInput
from sitr.knowledge import LawPage, law_page, load
from sitr.knowledge.law import Advice, Backing, Body, Certainty, Contact, Deadline, LawEntry, RiskOfReporting
from sitr.knowledge.schema.base import Prose, Source, Words
from sitr.knowledge.schema.playbook import Caution, Question
from sitr.words import Lang, isolate, say


def law(call: Call) -> int:
    """The page of the country typed, else of the one in the file; what helps everywhere where there is none.

    Raises BadInput `cli.country_shape`, `cli.day_shape` for what is no country and no day.
    """
    file = call.given.option("--answers")
    given = read_answers(file) if file else AnswerFile()
    today = datetime.now(UTC).astimezone().date()
    country = _country(call.given.maybe("CC")) or given.country
    page = law_page(
        country, given.answers, load(call.settings().knowledge), today, _day(call.given.option("--known"), today)
    )
    call.answer(law_document(page, call.lang), _lines(call, page))
    return 0


def _country(typed: str | None) -> str | None:
    if typed is None:
        return None
    if len(typed) != 2 or not (typed.isascii() and typed.isalpha()):
        raise BadInput("cli.country_shape", word=typed)
    return typed.upper()


def _day(typed: str | None, today: date) -> date | None:
    if typed is None:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError as problem:
        raise BadInput("cli.day_shape", word=typed) from problem
    if day > today:
        raise BadInput("cli.day_shape", word=typed)
    return day


def law_document(page: LawPage, lang: Lang) -> Mapping[str, Any]:
    """The page as JSON; words in the language asked for, in English where the Arabic is still missing."""
    told: Mapping[str, Any] = _spoken(page, lang)
    return told


# What of an entry of the knowledge a program needs here; the rest of it belongs to the plan.
_KEPT: Mapping[type, tuple[str, ...]] = {
    Question: ("id", "text", "why"),
    Caution: ("id", "text"),
    Source: ("url", "date", "kind"),
}


def _spoken(value: Any, lang: Lang) -> Any:
    if isinstance(value, Words | Prose):
        return getattr(value, lang) or value.en
    if kept := _KEPT.get(type(value)):
        return {name: _spoken(getattr(value, name), lang) for name in kept}
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _spoken(getattr(value, one.name), lang) for one in fields(value)}
    if isinstance(value, tuple):
        return [_spoken(one, lang) for one in value]
    return value.isoformat() if isinstance(value, date) else document(value)


def _lines(call: Call, page: LawPage) -> Iterator[str]:
    """In the order of the web page: nobody reads of an authority before the risks of going there."""
    lines = _Lines(call.lang)
    yield lines.word("title_in") + " " + (lines.text(page.name) if page.name else lines.word("international_name"))
    yield lines.text(page.disclaimer)
    if page.country is None:
        yield lines.word("no_page" if page.asked else "no_country")
        yield ", ".join(one.country for one in page.choices)
    if page.also:
        yield lines.word("also") + " " + " · ".join(lines.text(one.name) for one in page.also)
    yield from lines.risks(page)
    if page.country is not None:
        yield from lines.applies(page)
        yield from lines.advice("asks_title", (*page.evidence, *page.minors), page.minor)
        yield from lines.deadlines(page.deadlines)
        yield from lines.authorities(page)
    yield from lines.bodies("support_title", page.support)
    if page.civil:
        yield from lines.advice("civil_title", page.civil)
    if page.data_protection:
        one = page.data_protection
        yield from lines.heading("data_title")
        yield "  " + lines.text(one.name) + " · " + lines.machine(one.law)
        yield "    " + lines.word(f"data_removal_{one.can_order_removal}")
        yield "    " + lines.backing(one.backing)
    yield from lines.recalled((*page.authorities, *page.support))
    yield ""
    yield lines.word("sources_what")


class _Lines:
    """Lines of text in one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def word(self, name: str) -> str:
        """A word of the space `law`."""
        return say(f"law.{name}", self.lang)

    def text(self, value: Words | Prose) -> str:
        """A fact's words; the English ones stand isolated inside Arabic."""
        said = getattr(value, self.lang)
        return str(said) if said else isolate(str(value.en))

    def machine(self, value: str) -> str:
        """A number or an address."""
        return isolate(value) if self.lang == "ar" else value

    def heading(self, name: str) -> Iterator[str]:
        """The title of a part, after an empty line."""
        yield ""
        yield self.word(name)

    def backing(self, one: Backing) -> str:
        """How sure, by which pages, checked when."""
        hosts = [self.machine(f"{source.url} {source.date or ''}".strip()) for source in one.sources]
        sure = [] if one.certainty is Certainty.FOUND else [self.word(one.certainty.value)]
        checked = f"{self.word('read_on')} {self.machine(one.checked.isoformat())}"
        return " · ".join((*sure, *hosts, checked))

    def risks(self, page: LawPage) -> Iterator[str]:
        """What could turn against the person; cautions first."""
        yield from self.heading("risks_title")
        for caution in page.cautions:
            yield "  " + self.text(caution.text)
        for risk in page.risks:
            yield from self._risk(risk)

    def _risk(self, risk: RiskOfReporting) -> Iterator[str]:
        yield "- " + self.text(risk.text)
        if risk.who:
            yield f"    {self.word('risk_who')} {self.text(risk.who)}"
        yield "    " + self.backing(risk.backing)

    def applies(self, page: LawPage) -> Iterator[str]:
        """The topics with their provisions."""
        yield from self.heading("applies_general" if page.general else "applies_title")
        if not page.topics:
            yield "  " + self.word("applies_none")
        for topic in page.topics:
            yield ""
            yield "  " + self.text(topic.label)
            if topic.why:
                yield f"  {self.word('applies_why')} " + " · ".join(self.text(one) for one in topic.why)
            for provision in topic.laws:
                yield from self._provision(provision)

    def _provision(self, one: LawEntry) -> Iterator[str]:
        name = self.text(one.name)
        yield "- " + (f"{one.native} · {name}" if one.native and one.native != name else name)
        cited = [self.text(each) for each in (one.number, one.articles) if each]
        if cited:
            yield "    " + " · ".join(cited)
        yield "    " + self.text(one.covers)
        for line in one.penalty:
            yield "    " + self.text(line)
        if one.note:
            yield "    " + self.text(one.note)
        yield "    " + self.backing(one.backing)

    def advice(self, title: str, listed: tuple[Advice, ...], minor: bool = False) -> Iterator[str]:
        """Sentences of law and practice."""
        yield from self.heading(title)
        if minor:
            yield "  " + self.word("asks_minor")
        for one in listed:
            yield "- " + self.text(one.text)
            yield "    " + self.backing(one.backing)
        if not listed and not minor:
            yield "  " + self.word("asks_none")

    def deadlines(self, listed: tuple[Deadline, ...]) -> Iterator[str]:
        """The time limits."""
        yield from self.heading("clocks_title")
        for one in listed:
            yield "- " + (self.text(one.length) if one.length else self.text(one.text))
            if one.length:
                yield "    " + self.text(one.text)
            for line in one.words:
                yield "    " + self.text(line)
            yield "    " + self.backing(one.backing)
        if not listed:
            yield "  " + self.word("clocks_none")

    def authorities(self, page: LawPage) -> Iterator[str]:
        """The risk question, then the authorities."""
        yield from self.heading("authorities_title")
        asked = page.risk_question
        if not asked.cleared:
            yield "  " + self.text(asked.question.text)
            yield "  " + self.text(asked.question.why)
        if asked.answered and not asked.cleared:
            yield "  " + self.word("authorities_careful")
        if not page.authorities:
            yield "  " + self.word("authorities_none")
        for one in page.authorities:
            yield from self._body(one)

    def bodies(self, title: str, listed: tuple[Body, ...]) -> Iterator[str]:
        """Who helps."""
        yield from self.heading(title)
        for one in listed:
            yield from self._body(one)

    def recalled(self, listed: tuple[Body, ...]) -> Iterator[str]:
        """Contacts from memory, last and together: none of them is ever the first one that is read."""
        if any(one.recalled for one in listed):
            yield from self.heading("recalled_contacts")
            yield "  " + self.word("recalled_contacts_what")
        for one in listed:
            for contact in one.recalled:
                checked = self.machine(one.backing.checked.isoformat())
                named = f"- {self.text(one.name)} · {self._contact(contact).strip()}"
                yield f"{named} · {self.word('recalled')} · {checked}"

    def _contact(self, contact: Contact) -> str:
        return f"    {self.word(f'contact_{contact.kind}')}: {self.machine(contact.value)}"

    def _body(self, one: Body) -> Iterator[str]:
        yield "- " + self.text(one.name)
        yield "    " + self.text(one.role)
        yield from (self._contact(contact) for contact in one.verified)
        if one.hours:
            yield f"    {self.word('hours')} {self.text(one.hours)}"
        if one.note:
            yield "    " + self.text(one.note)
        yield "    " + self.backing(one.backing)
