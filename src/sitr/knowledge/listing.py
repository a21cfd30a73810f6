"""Every fact with its certainty, source, and the day on which it is due to be looked at again: what an editor works by.

Here belongs the list and its order. Nothing of a case is in it, and nothing is judged: what is wrong with a fact is the
checker's to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sitr.knowledge import ages
from sitr.knowledge.checking import Entries, leaves
from sitr.knowledge.schema.base import Confidence, Entry, Prose, Source, Words
from sitr.knowledge.schema.services import DomainsConfidence, FactSource, FactSources

Text = Words | Prose | str

# What a fact says, by the first of these that it has. An authority or a helpline says how to reach it, too.
_SAID = (
    "value", "text", "step", "who", "name", "title", "example", "law", "duration", "start", "members", "limits",
    "note", "legal_basis",
)  # fmt: skip
_BESIDE = ("number", "articles", "phone", "whatsapp", "email", "url", "form_url", "app")


# The place of a certainty that holds for a whole file.
ALL = "*"


@dataclass(frozen=True)
class Cited:
    """A page that a fact was read on: what to call it, its address where there is one, its date as it gives it."""

    label: str
    url: str | None
    date: str | None

    @property
    def linked(self) -> bool:
        """Whether the address is a web page, and may stand in a link."""
        return self.url is not None and self.url.startswith(("https://", "http://"))


@dataclass(frozen=True)
class ListedFact:
    """One fact: `field` is its place in the file, `said` what it says, machine values as they stand."""

    field: str
    said: tuple[Text, ...]
    cited: tuple[Cited, ...]
    verified: bool


@dataclass(frozen=True)
class ListedEntry:
    """One file of facts, with the check that all of it carries. `due` is the first day on which it is too old."""

    kind: str
    id: str
    name: Words | None
    file: str
    checked: date
    by: str
    due: date
    facts: tuple[ListedFact, ...]

    def is_past(self, today: date) -> bool:
        """Whether it is too old on `today`."""
        return self.due <= today

    def is_near(self, today: date, days: int) -> bool:
        """Whether it will be too old within `days` days, and is not yet."""
        return today < self.due <= today + timedelta(days=days)

    def called(self, words: str) -> bool:
        """Whether `words` stand in its name, in either language, or in its id."""
        names = (self.id, self.name.ar, self.name.en) if self.name else (self.id,)
        return any(words.casefold() in name.casefold() for name in names)


@dataclass(frozen=True)
class Listing:
    """All entries that hold facts, the longest waiting first; `unread` files could not be read and are not in it."""

    entries: tuple[ListedEntry, ...]
    unread: int

    @property
    def found(self) -> int:
        """Facts that a source carries."""
        return sum(fact.verified for entry in self.entries for fact in entry.facts)

    @property
    def recalled(self) -> int:
        """Facts that are, wholly or partly, from memory."""
        return sum(not fact.verified for entry in self.entries for fact in entry.facts)


def listing(root: Path) -> Listing:
    """Every fact under `root`. Entries that cannot be read are counted and left out; raises BadInput only for limits
    in `knowledge.toml` that are none.
    """
    entries, days = Entries(root), ages.limits(root)
    pages = _pages(entries.read)
    listed = [one for file in entries.read if (one := _listed(file, entries.read, days, pages)) and one.facts]
    unread = len({problem.file for problem in entries.problems})
    return Listing(tuple(sorted(listed, key=lambda one: (one.due, one.kind, one.id, one.file))), unread)


def _listed(
    file: str, read: Mapping[str, Entry], days: Mapping[str, int], pages: Mapping[str, FactSource]
) -> ListedEntry | None:
    entry, folder = read[file], file.rpartition("/")[0]
    head = read.get(f"{folder}/facts.toml", entry)  # the addresses of a service are as old as its facts
    check, limit = _check(head), ages.limit_of(file, head, days)
    if check is None or limit is None:
        return None
    name = next((each for part in ("name", "title") if isinstance(each := getattr(head, part, None), Words)), None)
    return ListedEntry(
        kind=ages.kind_of(file), id=folder.rpartition("/")[2], name=name, file=file, checked=check.on, by=check.by,
        due=ages.due(check.on, limit), facts=tuple(_facts(entry, pages)),
    )  # fmt: skip


def _check(entry: Entry) -> ages.Check | None:
    try:
        return ages.last_check(entry)
    except ValueError:  # a day that is none: the checker says so
        return None


def _facts(entry: Entry, pages: Mapping[str, FactSource]) -> Iterator[ListedFact]:
    for place, value in leaves(entry):
        if isinstance(value, Entry) and hasattr(value, "confidence"):
            verified = getattr(value, "verified", value.confidence is Confidence.FOUND)
            said = tuple(_domains(entry) if isinstance(value, DomainsConfidence) else _said(value))
            yield ListedFact(place or ALL, said, tuple(_cited(value, pages)), verified)


def _said(fact: Entry) -> Iterator[Text]:
    first = next((value for name in _SAID if (value := getattr(fact, name, None))), None)
    yield from _texts(first)
    for name in _BESIDE:
        yield from _texts(getattr(fact, name, None))


def _domains(entry: Entry) -> Iterator[Text]:
    yield from _texts(getattr(entry, "domains", None))


def _texts(value: object) -> Iterator[Text]:
    if isinstance(value, Words | Prose) or (isinstance(value, str) and value):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)


def _cited(fact: Entry, pages: Mapping[str, FactSource]) -> Iterator[Cited]:
    source = getattr(fact, "source", None)
    if isinstance(source, str):
        page = pages.get(source)
        yield Cited(page.title if page else source, page.url if page else None, page.date if page else None)
    for each in getattr(fact, "sources", ()):
        if isinstance(each, Source):
            yield Cited(_host(each.url), each.url, each.date)
        elif isinstance(each, str):
            yield Cited(_host(each), each, None)
    url = getattr(fact, "url", None)
    if source is None and not hasattr(fact, "sources") and isinstance(url, str):  # a source of a guide is its own
        yield Cited(_host(url), url, getattr(fact, "date", None))


def _host(url: str) -> str:
    return url.split("//", 1)[-1].split("/", 1)[0] or url


def _pages(read: Mapping[str, Entry]) -> dict[str, FactSource]:
    sources = read.get("sources.toml")
    return {each.id: each for each in (*sources.sources, *sources.further)} if isinstance(sources, FactSources) else {}
