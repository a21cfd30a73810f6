"""`sitr guide`: the guides as plain text, for a terminal, a screen reader or a printer; stores nothing."""

from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any

from sitr.cli.call import Call
from sitr.cli.showing import document
from sitr.knowledge import Knowledge, load
from sitr.knowledge.guides import Block, Helpline, Part, blocks, helplines, sentence
from sitr.knowledge.law import Contact
from sitr.knowledge.schema.base import Prose, Words
from sitr.knowledge.schema.guides import Guide, GuideSource, Section
from sitr.words import Lang, isolate, say

# Fits a terminal of 80 columns, and a page.
_WIDTH = 78


def guide(call: Call) -> int:
    """The guide that was named, or the list of all. Raises NotFound `knowledge.unknown_guide`."""
    knowledge = load(call.settings().knowledge)
    name = call.given.maybe("GUIDE")
    if name is None:
        listed = [_head(one, call.lang) for one in knowledge.guides]
        call.answer({"guides": listed}, _list(listed, call.lang))
        return 0
    one = knowledge.guide(name)
    call.answer({"guide": guide_document(one, knowledge, call.lang)}, _Text(one, knowledge, call.lang).lines())
    return 0


def _head(one: Guide, lang: Lang) -> dict[str, str]:
    return {"id": one.id, "title": getattr(one.title, lang), "answer": getattr(one.answer, lang)}


def _list(listed: list[dict[str, str]], lang: Lang) -> Iterator[str]:
    yield say("guides.title", lang)
    for one in listed:
        yield ""
        yield f"{one['id']}  {one['title']}"
        yield from _wrap(one["answer"], "    ", "    ")
    yield ""
    yield say("guides.list_hint", lang)


def guide_document(one: Guide, knowledge: Knowledge, lang: Lang) -> Mapping[str, Any]:
    """A guide as JSON; words in the language asked for, links as the ids they have elsewhere."""
    cautions = {each.id: getattr(each.text, lang) for each in knowledge.playbook.cautions}
    return {
        **_head(one, lang),
        "topics": list(one.topics),
        "checked": one.checked.on.isoformat(),
        "recheck_every_days": one.recheck_every_days,
        "cautions": [{"id": name, "text": cautions[name]} for name in one.cautions],
        "sections": [_section_document(section, knowledge, lang) for section in one.sections],
        "sources": [_source_document(source) for source in one.sources],
    }


def _section_document(section: Section, knowledge: Knowledge, lang: Lang) -> Mapping[str, Any]:
    steps = {step.id: step for step in knowledge.playbook.steps}
    return {
        "id": section.id,
        "heading": getattr(section.heading, lang),
        "blocks": [_block_document(block) for block in blocks(getattr(section.body, lang))],
        "steps": [{"id": name, "title": getattr(steps[name].title, lang)} for name in section.steps],
        "tools": [
            {"id": name, "command": f"sitr {tool.command}", "label": getattr(tool.label, lang)}
            for name, tool in ((name, knowledge.tools[name]) for name in section.tools)
        ],
        "services": list(section.services),
        "bases": list(section.bases),
        "helplines": [_helpline_document(each, lang) for each in helplines(knowledge, section)],
        "countries": list(section.countries),
    }


def _block_document(block: Block) -> Mapping[str, Any]:
    pairs = zip(block.lines, block.marks, strict=True)
    return {"kind": block.kind, "lines": [{"text": sentence(line), "sources": list(marks)} for line, marks in pairs]}


def _helpline_document(one: Helpline, lang: Lang) -> Mapping[str, Any]:
    return {
        "id": one.body.id,
        "country": one.country,
        "name": _said(one.body.name, lang),
        "serves": _said(one.body.role, lang),
        "contacts": [document(contact) for contact in one.body.contacts],
        "checked": one.body.backing.checked.isoformat(),
    }


def _source_document(source: GuideSource) -> Mapping[str, Any]:
    return {
        "id": source.id,
        "title": source.title,
        "url": source.url,
        "date": source.date,
        "confidence": source.confidence.value,
    }


def _wrap(text: str, first: str, then: str) -> list[str]:
    """Lines of the width; an address that is longer than a line stays whole."""
    return wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )


def _said(value: Words | Prose, lang: Lang) -> str:
    said = getattr(value, lang)
    return str(said) if said else isolate(str(value.en))


class _Text:
    """One guide as lines, in one language."""

    def __init__(self, one: Guide, knowledge: Knowledge, lang: Lang) -> None:
        self.guide, self.knowledge, self.lang = one, knowledge, lang
        self.numbers = {source.id: number for number, source in enumerate(one.sources, start=1)}
        self.steps = {step.id: step for step in knowledge.playbook.steps}
        self.cautions = {each.id: each for each in knowledge.playbook.cautions}

    def lines(self) -> Iterator[str]:
        """Title, answer, cautions, sections, sources."""
        yield _said(self.guide.title, self.lang)
        yield ""
        yield from self._wrapped(_said(self.guide.answer, self.lang))
        for name in self.guide.cautions:
            yield from self._wrapped(_said(self.cautions[name].text, self.lang), "! ")
        for section in self.guide.sections:
            yield ""
            yield ""
            yield _said(section.heading, self.lang)
            for block in blocks(getattr(section.body, self.lang)):
                yield ""
                for line in block.lines:
                    yield from self._wrapped(self._marked(line), "- " if block.kind == "list" else "")
            yield from self._links(section)
        yield from self._sources()
        yield ""
        yield from self._wrapped(self._word("step_command"))

    def _wrapped(self, text: str, first: str = "", indent: int = 0) -> list[str]:
        start = " " * indent
        return _wrap(text, start + first, start + " " * len(first))

    def _word(self, name: str, **blanks: Any) -> str:
        return say(f"guides.{name}", self.lang, **blanks)

    def _machine(self, value: str) -> str:
        # A number is one thing: it is never cut at the end of a line.
        return (isolate(value) if self.lang == "ar" else value).replace(" ", "\u00a0")

    def _marked(self, line: tuple[Part, ...]) -> str:
        return "".join(part.text + (f" [{self.numbers[part.source]}]" if part.source else "") for part in line)

    def _links(self, section: Section) -> Iterator[str]:
        yield from self._helplines(section)
        if section.steps:
            yield from self._titled("steps", (_said(self.steps[name].title, self.lang) for name in section.steps))
        if section.bases:
            bases = (self.knowledge.basis(name).name for name in section.bases)
            yield from self._titled("bases", (_said(name, self.lang) for name in bases))
        if section.services:
            yield from self._titled("services", (self.knowledge.service_name(name) for name in section.services))
        if section.countries:
            yield from self._titled("countries", (self._machine(f"sitr law {name}") for name in section.countries))
        if section.tools:
            tools = (self.knowledge.tools[name] for name in section.tools)
            yield from self._titled(
                "tools", (f"{_said(tool.label, self.lang)}: {self._machine(f'sitr {tool.command}')}" for tool in tools)
            )

    def _titled(self, title: str, listed: Iterator[str]) -> Iterator[str]:
        yield ""
        yield f"  {self._word(title)}"
        for each in listed:
            yield from self._wrapped(each, "- ", indent=2)

    def _helplines(self, section: Section) -> Iterator[str]:
        """Contacts from memory stand last and together: none of them is the first that is read."""
        found = helplines(self.knowledge, section)
        if not found:
            return
        first = (each for each in found if each.verified or not each.body.contacts)
        yield from self._titled("helplines", (self._helpline(each) for each in first))
        unsure = [(each, contact) for each in found for contact in each.body.recalled]
        if unsure:
            yield ""
            yield f"  {say('law.recalled_contacts', self.lang)}"
        for each, contact in unsure:
            yield from self._wrapped(
                f"{self._named(each)}: {self._contact(contact)} ({self._word('unverified')})", "- ", indent=2
            )

    def _named(self, one: Helpline) -> str:
        name = _said(one.body.name, self.lang)
        return f"{_said(self.knowledge.jurisdiction(one.country).name, self.lang)} · {name}" if one.country else name

    def _helpline(self, one: Helpline) -> str:
        reached = " · ".join(self._contact(contact) for contact in one.body.verified)
        reached = reached or say("law.contact_none", self.lang)
        return f"{self._named(one)}: {_said(one.body.role, self.lang)} · {reached}"

    def _contact(self, contact: Contact) -> str:
        return f"{say(f'law.contact_{contact.kind}', self.lang)} {self._machine(contact.value)}"

    def _sources(self) -> Iterator[str]:
        yield ""
        yield ""
        yield self._word("sources")
        yield f"{self._word('checked')} {self._machine(self.guide.checked.on.isoformat())}"
        for source in self.guide.sources:
            number = f"[{self.numbers[source.id]}] "
            if source.url is None:
                yield number + self._word("unverified")
                continue
            title = _wrap(source.title, number, " " * len(number))
            yield from title if source.lang == self.lang else (isolate(line) for line in title)
            rest = [self._machine(text) for text in (source.date or "", source.url) if text]
            yield from self._wrapped(" · ".join(rest), indent=len(number))
