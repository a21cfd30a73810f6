"""Whose address is it: the domains and patterns of every service, read fast, the patterns only when they are needed.

Reads `services/*/addresses.toml` without the schema, because a cold `sitr identify` must answer at once; the checker
holds the same files against the schema. Of each file first only the head is read (all that stands before the first
list of tables: domains, hosts, trackers); its patterns when an address of that service comes along.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from sitr.errors import BadInput
from sitr.knowledge.folders import Table, broken, parsed_toml, read_text


class Pattern:
    """One shape of address of a service. Groups that hold another address end in `_url`."""

    def __init__(self, service: str, file: str, table: Table) -> None:
        self.service = service
        self.kind: str = table["kind"]
        self.regex: str = table["regex"]
        self.confidence: str = table["confidence"]
        self.example: str = table["example"]
        self.any_domain: bool = table.get("any_domain", False)
        self.search = compiled(self.regex, file, f"url_patterns.{self.kind}.regex").search
        self.holds_address = "_url>" in self.regex


class Addresses:
    """The addresses of one service."""

    def __init__(self, service: str, file: str, text: str) -> None:
        self.service, self.file, self._text = service, file, text
        head = parsed_toml(text.split("\n[[", 1)[0], file)
        try:
            self.domains: tuple[str, ...] = (*head["domains"], *head.get("more_domains", ()))
            self.confidence: str = head["domains_confidence"]["confidence"]
        except (KeyError, TypeError) as error:
            raise broken(file, "domains", "field_missing") from error
        self.canonical_hosts: Mapping[str, str] = head.get("canonical_hosts", {})
        self.tracking = frozenset(head.get("tracking", ()))
        self.schemes: tuple[str, ...] = tuple(head.get("schemes", ()))
        self.only_by_pattern: bool = head.get("only_by_pattern", False)
        self.any_domain: bool = head.get("any_domain", False)

    @cached_property
    def _whole(self) -> Table:
        return parsed_toml(self._text, self.file)

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """In the order in which they are tried. Raises BadInput for one that is no regex, naming file and field."""
        try:
            return tuple(Pattern(self.service, self.file, each) for each in self._whole.get("url_patterns", ()))
        except KeyError as error:
            raise broken(self.file, f"url_patterns.{error.args[0]}", "field_missing") from error

    @cached_property
    def app_links(self) -> tuple[tuple[Any, str], ...]:
        """Shapes of links that open an app, and the web address that shows the same."""
        links = self._whole.get("app_links", ())
        return tuple((compiled(each["regex"], self.file, "app_links.regex"), each["to"]) for each in links)


def compiled(regex: str, file: str, field: str) -> Any:
    """The compiled regex, or BadInput naming file and field."""
    try:
        return re.compile(regex)
    except re.error as error:
        raise broken(file, field, "not_regex", detail=str(error)) from error


class Index:
    """All services by domain and by app scheme."""

    def __init__(self, services: Mapping[str, Addresses]) -> None:
        self.services = services
        self._by_suffix: dict[str, list[Addresses]] = {}
        self._by_label: dict[str, list[Addresses]] = {}
        self.by_scheme: dict[str, list[Addresses]] = {}
        for addresses in services.values():
            self._enter(addresses)

    def owners(self, host: str) -> tuple[Addresses, ...]:
        """The services that may stand behind `host` (lower case): the longest domain first."""
        return tuple(dict.fromkeys(self._find(host)))

    @cached_property
    def any_domain(self) -> tuple[Pattern, ...]:
        """Patterns of software that anybody can run under a name of their own."""
        return tuple(p for a in self.services.values() if a.any_domain for p in a.patterns if p.any_domain)

    def _enter(self, addresses: Addresses) -> None:
        for domain in addresses.domains:
            table, key = (
                (self._by_label, domain[:-2]) if domain.endswith(".*") else (self._by_suffix, domain.removeprefix("*."))
            )
            table.setdefault(key, []).append(addresses)
        for scheme in addresses.schemes:
            self.by_scheme.setdefault(scheme, []).append(addresses)

    def _find(self, host: str) -> Iterator[Addresses]:
        labels = host.split(".")
        for start in range(len(labels) - 1):
            yield from self._by_suffix.get(".".join(labels[start:]), ())
        for start in range(max(0, len(labels) - 3), len(labels) - 1):  # google.com.eg, www.google.de
            yield from self._by_label.get(labels[start], ())


def read_index(root: Path) -> Index:
    """The index of every service under `root`. Raises BadInput for a service without readable addresses."""
    folder = root / "services"
    if not folder.is_dir():
        raise BadInput("knowledge.no_folder", folder=str(root))
    services = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            file = f"services/{path.name}/addresses.toml"
            services[path.name] = Addresses(path.name, file, read_text(root, file))
    return Index(services)
