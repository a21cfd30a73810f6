"""Guides: the articles a person reads, what each section links to, and the tools of Sitr that they name."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from sitr.knowledge.schema.base import Checked, Confidence, Entry, Id, Line, PartDate, SourceKind, Words
from sitr.knowledge.schema.jurisdictions import Topic

# Who helps: a support, an authority or an international service, named by its country (or `international`) and its id.
HelplineRef = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2}|international)/[a-z0-9][a-z0-9-]*$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Tool(Entry):
    """Something that Sitr does: the command, and the page of the web app where the same is done (its name in the
    addresses). `label` says what it is good for.
    """

    id: Id
    command: Line
    page: Id
    label: Words


class Tools(Entry):
    """`tools/facts.toml`: every tool that a guide may link to."""

    tools: tuple[Tool, ...]


class GuideSource(Entry):
    """A page that a statement of the guide was read on; `[id]` in the text leads to it. A recalled one has no page."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
    title: Line
    lang: Literal["ar", "en"]
    url: Line | None = None
    date: PartDate | None = None
    kind: SourceKind = "other"
    confidence: Confidence

    @model_validator(mode="after")
    def _found_means_read(self) -> "GuideSource":
        if self.confidence is Confidence.FOUND and self.url is None:
            raise ValueError("a found source has a url")
        return self


class Section(Entry):
    """One section: its words, and the entries it leads to, by id.

    `body` is paragraphs with an empty line between; lines that begin with `- ` are a list; `[id]` names a source.
    """

    id: Id
    heading: Words
    body: Words
    steps: tuple[Id, ...] = ()
    tools: tuple[Id, ...] = ()
    services: tuple[Id, ...] = ()
    bases: tuple[Id, ...] = ()
    helplines: tuple[HelplineRef, ...] = ()
    countries: tuple[Country, ...] = ()


class Guide(Entry):
    """One guide. `answer` is the whole of it in one sentence; `cautions` stand above everything else."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
    order: Annotated[int, Field(gt=0)]
    topics: tuple[Topic, ...]
    title: Words
    answer: Words
    checked: Checked
    recheck_every_days: Annotated[int, Field(gt=0)]
    cautions: tuple[Id, ...]
    sources: tuple[GuideSource, ...]
    sections: tuple[Section, ...]
