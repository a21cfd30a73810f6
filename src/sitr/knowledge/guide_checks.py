"""What the checker asks of guides beyond their schema: links that lead somewhere, both languages saying the same with
the same sources, no phone number typed into prose.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sitr.errors import NotFound
from sitr.knowledge.guides import Block, blocks, helpline
from sitr.knowledge.loading import Knowledge
from sitr.knowledge.problems import Problem
from sitr.knowledge.schema.base import Entry
from sitr.knowledge.schema.guides import Guide, Section
from sitr.words import LANGS

# Five digits and more, with what people put between them; a year is shorter, and a count (`269,917`) has a comma.
_NUMBER = re.compile(r"\+?\d(?:[\s()-]?\d){4,}")


def problems(knowledge: Knowledge, read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Every problem of the guides in `read`."""
    guides = {file: entry for file, entry in read.items() if isinstance(entry, Guide)}
    orders = Counter(guide.order for guide in guides.values())
    for file, guide in guides.items():
        if orders[guide.order] > 1:
            yield Problem(file, "order", "guide_order_twice", data={"order": guide.order})
        yield from _dead(file, "cautions", guide.cautions, {each.id for each in knowledge.playbook.cautions})
        yield from _twice(file, guide)
        for section in guide.sections:
            yield from _dead_links(knowledge, file, section)
            yield from _texts(file, guide, section)
        yield from _unused(file, guide)


def _dead(file: str, field: str, named: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    have = set(known)
    for name in named:
        if name not in have:
            yield Problem(file, field, "dead_reference", data={"name": name})


def _twice(file: str, guide: Guide) -> Iterator[Problem]:
    for field, ids in (("sections", [s.id for s in guide.sections]), ("sources", [s.id for s in guide.sources])):
        for name, count in Counter(ids).items():
            if count > 1:
                yield Problem(file, field, "guide_id_twice", data={"name": name})


def _dead_links(knowledge: Knowledge, file: str, section: Section) -> Iterator[Problem]:
    place = f"sections.{section.id}"
    yield from _dead(file, f"{place}.steps", section.steps, (step.id for step in knowledge.playbook.steps))
    yield from _dead(file, f"{place}.tools", section.tools, knowledge.tools)
    yield from _dead(file, f"{place}.services", section.services, knowledge.identifier.index.services)
    yield from _dead(file, f"{place}.bases", section.bases, knowledge.bases)
    for ref in section.helplines:
        if not _is_there(knowledge, ref):
            yield Problem(file, f"{place}.helplines", "dead_reference", data={"name": ref})
    for country in section.countries:
        if not (knowledge.folder / "jurisdictions" / country.lower()).is_dir():
            yield Problem(file, f"{place}.countries", "dead_reference", data={"name": country})


def _is_there(knowledge: Knowledge, ref: str) -> bool:
    try:
        helpline(knowledge, ref)
    except NotFound:
        return False
    return True


def _texts(file: str, guide: Guide, section: Section) -> Iterator[Problem]:
    field, folder = f"sections.{section.id}.body", file.rpartition("/")[0]
    bodies = {lang: blocks(getattr(section.body, lang)) for lang in LANGS}
    for lang, found in bodies.items():
        marks = (mark for block in found for line in block.marks for mark in line)
        yield from _dead(f"{folder}/{lang}.toml", field, marks, (source.id for source in guide.sources))
    if _shape(bodies["ar"]) != _shape(bodies["en"]):
        yield Problem(f"{folder}/en.toml", field, "guide_differs")
    for lang in LANGS:
        for part, words in (("heading", section.heading), ("body", section.body)):
            if _NUMBER.search(getattr(words, lang)):
                yield Problem(f"{folder}/{lang}.toml", f"sections.{section.id}.{part}", "guide_number")


def _shape(found: Iterable[Block]) -> list[tuple[str, list[list[str]]]]:
    """What both languages share: kinds of blocks, number of items, and the sources of each."""
    return [(block.kind, [sorted(line) for line in block.marks]) for block in found]


def _unused(file: str, guide: Guide) -> Iterator[Problem]:
    bodies = (blocks(section.body.ar) for section in guide.sections)
    used = {mark for body in bodies for block in body for line in block.marks for mark in line}
    for source in guide.sources:
        if source.id not in used:
            yield Problem(file, "sources", "guide_source_unused", data={"name": source.id})
