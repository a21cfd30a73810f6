"""The knowledge folder as values: each part is read, checked by its schema, and kept, when it is first asked for.

Nothing is compiled to disk: one part is read fast enough as it is (figures in docs/decisions/0007-knowledge.md), so
there is no cache that could be stale, and a broken entry in one part never keeps another part from a person. Imports
stand inside the properties because `identify` must answer at once and needs neither pydantic nor the playbook.
"""

from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from sitr.errors import BadInput, NotFound
from sitr.knowledge.addresses import read_index
from sitr.knowledge.channels import channels_of
from sitr.knowledge.identifying import Identified, Identifier

if TYPE_CHECKING:
    from sitr.knowledge.listing import Listing
    from sitr.knowledge.reasons import Reasons
    from sitr.knowledge.schema.base import Words
    from sitr.knowledge.schema.bases import BasesBook, Basis
    from sitr.knowledge.schema.guides import Guide, Tool
    from sitr.knowledge.schema.jurisdictions import International, Jurisdiction, LawBook
    from sitr.knowledge.schema.playbook import Playbook
    from sitr.knowledge.schema.services import Service
    from sitr.knowledge.schema.studies import Study


class Knowledge:
    """The facts under one folder. Parts raise BadInput naming file and field when an entry is broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._services: dict[str, Service] = {}
        self._countries: dict[str, Jurisdiction] = {}
        self._guides: dict[str, Guide] = {}

    @cached_property
    def playbook(self) -> "Playbook":
        """Questions, steps and all that the plan needs, in the order of `playbook/facts.toml`."""
        from sitr.knowledge.reading import read_playbook

        return read_playbook(self.folder)

    @cached_property
    def reasons(self) -> "Reasons":
        """The words behind every "why" of a plan."""
        from sitr.knowledge.reasons import Reasons

        return Reasons(self.playbook)

    @cached_property
    def bases(self) -> "Mapping[str, Basis]":
        """Every legal basis by its id: required fields, statements, deadline, what then."""
        from sitr.knowledge.reading import read_bases

        return read_bases(self.folder)

    def basis(self, name: str) -> "Basis":
        """The basis of that id. Raises NotFound."""
        try:
            return self.bases[name]
        except KeyError as error:
            raise NotFound("knowledge.unknown_basis") from error

    def service_name(self, service: str) -> str:
        """The name of a service as people know it, in both languages where they differ; its id where it has no name."""
        from sitr.knowledge.folders import read_toml

        if service not in self.identifier.index.services:
            return service
        names = [read_toml(self.folder, f"services/{service}/{lang}.toml").get("name") for lang in ("ar", "en")]
        return " · ".join(dict.fromkeys(str(name) for name in names if name)) or service

    @cached_property
    def bases_book(self) -> "BasesBook":
        """What all bases share: declarations, needs, search engines."""
        from sitr.knowledge.reading import read_bases_book

        return read_bases_book(self.folder)

    @cached_property
    def studies(self) -> "tuple[Study, ...]":
        """What was published about removals through the doors."""
        from sitr.knowledge.reading import read_studies

        return read_studies(self.folder)

    @property
    def statements(self) -> "Mapping[str, Words]":
        """The declarations that bases name, by id, in both languages."""
        return {statement.id: statement.text for statement in self.bases_book.statements}

    @cached_property
    def identifier(self) -> Identifier:
        """Knows every address of every service."""
        return Identifier(read_index(self.folder), partial(channels_of, self.folder))

    def service(self, name: str) -> "Service":
        """All that is known of one service. Raises NotFound."""
        if name not in self._services:
            from sitr.knowledge.reading import read_service

            self._services[name] = read_service(self.folder, name)
        return self._services[name]

    @cached_property
    def law_book(self) -> "LawBook":
        """What all law pages share."""
        from sitr.knowledge.reading import read_law_book

        return read_law_book(self.folder)

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """The codes of all countries, and unions, that `jurisdiction` knows."""
        from sitr.knowledge.reading import folders_of

        return tuple(name.upper() for name in folders_of(self.folder, "jurisdictions") if name != "international")

    def jurisdiction(self, country: str) -> "Jurisdiction":
        """Law and help in one country (ISO 3166-1 alpha-2, or EU). Raises NotFound."""
        if country not in self._countries:
            from sitr.knowledge.reading import read_jurisdiction

            self._countries[country] = read_jurisdiction(self.folder, country)
        return self._countries[country]

    @cached_property
    def international(self) -> "International":
        """Help and risks that are the same in every country."""
        from sitr.knowledge.reading import read_international

        return read_international(self.folder)

    @cached_property
    def guides(self) -> "tuple[Guide, ...]":
        """Every guide, in the order in which they are shown."""
        from sitr.knowledge.reading import folders_of

        return tuple(sorted(map(self.guide, folders_of(self.folder, "guides")), key=lambda guide: guide.order))

    def guide(self, name: str) -> "Guide":
        """The guide of that id. Raises NotFound."""
        if name not in self._guides:
            from sitr.knowledge.reading import read_guide

            self._guides[name] = read_guide(self.folder, name)
        return self._guides[name]

    @cached_property
    def tools(self) -> "Mapping[str, Tool]":
        """What Sitr does, by the id that guides use."""
        from sitr.knowledge.reading import read_tools

        return {tool.id: tool for tool in read_tools(self.folder).tools}

    @cached_property
    def listing(self) -> "Listing":
        """Every fact with its certainty, source and age, for editors. Reads the whole folder (a second), once."""
        from sitr.knowledge.listing import listing

        return listing(self.folder)


def load(folder: Path) -> Knowledge:
    """The knowledge under `folder`. Raises BadInput when it is no knowledge folder."""
    if not (folder / "knowledge.toml").is_file():
        raise BadInput("knowledge.no_folder", folder=str(folder))
    return Knowledge(folder)


def identify(text: str, knowledge: Knowledge) -> list[Identified]:
    """Every address in `text`, in order, with the service behind it; empty where the text holds none. Never raises
    for what a person may paste.
    """
    return knowledge.identifier.in_text(text)
