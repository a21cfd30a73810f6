"""What was read of an imported file. Plain values: text, numbers, tuples; nothing here is evidence, the file is."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

KeyRecords = Callable[[str], bytes | None]
"""Asks the name system for the TXT record of a name; None where there is none. Raises OutsideSilent when silent."""

Raw = bytes
Fact = str | int | bool | list[str]


class ItemKind(StrEnum):
    """What one line of the parsed view is."""

    MESSAGE = "message"
    SERVICE = "service"
    MAIL = "mail"
    ATTACHMENT = "attachment"
    ADDRESS = "address"
    MEMBER = "member"
    PAGE = "page"
    FRAME = "frame"
    TEXT = "text"


@dataclass(frozen=True)
class Item:
    """One message, attachment, address, archive member, frame ...

    `written`: the time as it stands in the file. `time`: ISO 8601 as understood, ending in `Z` or an offset only where
    the file or the person names the zone; a day alone where the half of the day is not known; empty where it is not
    understood. `readings`: what it could be while a question is open. `media`: names in the archive, or as written.
    `line`: the line, or the place, in the file, from 1.
    """

    kind: ItemKind
    written: str = ""
    time: str = ""
    readings: tuple[str, ...] = ()
    sender: str = ""
    text: str = ""
    media: tuple[str, ...] = ()
    chat: str = ""
    line: int = 0
    extra: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Option:
    """One possible answer: `example` is what the first example of the question would then mean."""

    id: str
    example: str = ""


@dataclass(frozen=True)
class Question:
    """What only the person can know. `code` is the sentence, `examples` stand in the file as shown.

    Without `options` the answer is free text (`zone`: a name such as Africa/Cairo, or +02:00). While a question that
    is not `optional` is open, the times that hang on it are not understood. `likely`: what most phones would mean, or
    empty; never taken without an answer.
    """

    id: str
    code: str
    options: tuple[Option, ...] = ()
    examples: tuple[str, ...] = ()
    optional: bool = False
    likely: str = ""


@dataclass(frozen=True)
class Problem:
    """Something that was not read, not kept or not certain: `say(code, lang, **data)`."""

    code: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Imported:
    """The parsed view of one file.

    `kind`: image, video, audio, pdf, mail, whatsapp, telegram, instagram, facebook, wacz, warc, html, text, archive,
    file. `facts`: what the file says of itself. `private`: of these what leads to a place or a device (GPS, serial
    numbers): sealed with the rest, shown only when asked for. `unparsed`: lines that no rule understood, as
    (line, text). `sha256`, `bytes`: of the file as it was read.
    """

    kind: str
    sha256: str
    bytes: int
    items: tuple[Item, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    private: Mapping[str, Fact] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    problems: tuple[Problem, ...] = ()
    unparsed: tuple[tuple[int, str], ...] = ()
    media_type: str = "application/octet-stream"
    words: Raw = field(default=b"", repr=False)
    """The bytes of the chat alone, where it came in an archive."""

    @property
    def ambiguous(self) -> bool:
        """Whether a time or another thing hangs on an answer that was not given."""
        return any(not question.optional for question in self.questions)


@dataclass
class Findings:
    """The same while a file is being read."""

    items: list[Item] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    private: dict[str, Fact] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    problems: dict[str, Problem] = field(default_factory=dict)
    unparsed: list[tuple[int, str]] = field(default_factory=list)
    words: bytes = field(default=b"", repr=False)

    def problem(self, name: str, **data: Any) -> None:
        """Note `evidence.import_<name>`; each is said once."""
        self.problems.setdefault(name, Problem(f"evidence.import_{name}", data))


class Where(StrEnum):
    """Where in a file a picture is."""

    FILE = "file"
    MEMBER = "member"
    FRAME = "frame"
    ADDRESS = "address"
    ATTACHMENT = "attachment"
    PAGE = "page"


@dataclass(frozen=True)
class Inside:
    """A picture inside a file. `name`: of the member or attachment, the exact address, else as the view calls it.

    `number`: the page of a document from 1, the millisecond of a film; else 0. `page`: the address of the page that
    showed it, where a saved page says so.
    """

    where: Where
    name: str
    data: bytes = field(repr=False)
    number: int = 0
    page: str = ""


class Looked(StrEnum):
    """What became of a picture that was handed on: `late` when there is no time for any more."""

    COMPARED = "compared"
    PASSED = "passed"
    LATE = "late"


Looker = Callable[[Inside], Looked]
"""Compares one picture with the person's photos; it is not kept."""


@dataclass(frozen=True)
class Asked:
    """What a reader is told beside the bytes: the file's name, the person's answers, the hour of the import (UTC)."""

    name: str
    now: dt.datetime
    answers: Mapping[str, str] = field(default_factory=dict)


def as_json(item: Item) -> dict[str, Any]:
    """An item for a program or a sealed row, without what is empty."""
    plain = asdict(item) | {"kind": item.kind.value, "media": list(item.media), "readings": list(item.readings)}
    plain["extra"] = dict(item.extra)
    return {name: value for name, value in plain.items() if value or name == "kind"}


def from_json(plain: Mapping[str, Any]) -> Item:
    """The item that `as_json` wrote."""
    said = dict(plain) | {"kind": ItemKind(plain["kind"])}
    for name in ("media", "readings"):
        said[name] = tuple(said.get(name, ()))
    return Item(**said)
