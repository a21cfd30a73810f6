"""The text of a guide taken apart, and what its links lead to; the same for pages, terminal and checker.

What belongs here: reading the light markup of a section's body, and finding the helplines that a section names.
What does not: how either is shown.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sitr.errors import NotFound
from sitr.knowledge.law import Body, body_of
from sitr.knowledge.schema.guides import Guide, Section
from sitr.knowledge.schema.jurisdictions import Authority, International, Support

if TYPE_CHECKING:
    from sitr.knowledge.loading import Knowledge

MARK = re.compile(r"\s*\[([a-z][a-z0-9-]*)\]")
INTERNATIONAL = "international"


@dataclass(frozen=True)
class Part:
    """A piece of a line: `text`, and the source that stands behind it where one does."""

    text: str
    source: str | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph (one line) or a list (a line for each item)."""

    kind: Literal["text", "list"]
    lines: tuple[tuple[Part, ...], ...]

    @property
    def marks(self) -> tuple[tuple[str, ...], ...]:
        """The sources that each line names."""
        return tuple(tuple(part.source for part in line if part.source) for line in self.lines)


def blocks(body: str) -> tuple[Block, ...]:
    """The paragraphs and lists of a body. Line ends inside a paragraph are spaces."""
    return tuple(_block(each.strip()) for each in re.split(r"\n\s*\n", body) if each.strip())


def _block(text: str) -> Block:
    if text.startswith("- "):
        items = re.split(r"(?:^|\n)- ", text)[1:]
        return Block("list", tuple(_parts(item) for item in items))
    return Block("text", (_parts(text),))


def _parts(text: str) -> tuple[Part, ...]:
    pieces = MARK.split(" ".join(text.split()))
    pairs = zip(pieces[::2], [*pieces[1::2], None], strict=True)
    return tuple(Part(words, source) for words, source in pairs if words or source)


def sentence(line: Iterable[Part]) -> str:
    """A line without its marks."""
    return "".join(part.text for part in line)


@dataclass(frozen=True)
class Helpline:
    """Somebody to turn to. `country` is None for those that answer everywhere."""

    country: str | None
    body: Body

    @property
    def verified(self) -> bool:
        """Whether a contact that was found in a source reaches them."""
        return bool(self.body.verified)


def helpline(knowledge: "Knowledge", ref: str) -> Helpline:
    """The one that `ref` names (`EG/eg-ncw`, `international/findahelpline`). Raises NotFound."""
    place, _, name = ref.partition("/")
    worldwide = place == INTERNATIONAL
    book = knowledge.international if worldwide else knowledge.jurisdiction(place)
    known: tuple[Authority | Support, ...] = (
        book.services if isinstance(book, International) else (*book.support, *book.authorities)
    )
    found = next((each for each in known if each.id == name), None)
    if found is None:
        raise NotFound("knowledge.unknown_helpline")
    return Helpline(None if worldwide else place, body_of(found, book.checked, international=worldwide))


def helplines(knowledge: "Knowledge", section: Section) -> list[Helpline]:
    """Those of a section: what answers everywhere first, then by country as named; verified before unverified, so
    that a number from memory is never the first to call.
    """
    found = [helpline(knowledge, ref) for ref in section.helplines]
    places = list(dict.fromkeys(each.country for each in found))
    return sorted(found, key=lambda each: (each.country is not None, places.index(each.country), not each.verified))


def explaining(guides: Iterable[Guide]) -> dict[str, list[tuple[Guide, Section]]]:
    """For each step the sections that explain it, in the order of the guides."""
    found: dict[str, list[tuple[Guide, Section]]] = {}
    for guide, section in _sections(guides):
        for step in section.steps:
            found.setdefault(step, []).append((guide, section))
    return found


def _sections(guides: Iterable[Guide]) -> Iterator[tuple[Guide, Section]]:
    for guide in guides:
        for section in guide.sections:
            yield guide, section
