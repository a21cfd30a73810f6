"""Entries read from their folders and checked by their schema; the first defect is raised with file and field."""

import re
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sitr.errors import BadInput, NotFound
from sitr.knowledge.folders import Table, broken, read_entry, read_toml
from sitr.knowledge.schema.base import Entry
from sitr.knowledge.schema.bases import BasesBook, Basis
from sitr.knowledge.schema.guides import Guide, Tools
from sitr.knowledge.schema.jurisdictions import International, Jurisdiction, LawBook
from sitr.knowledge.schema.playbook import Book, Caution, Playbook, PlaybookSource, Question, Situation, Step, Template
from sitr.knowledge.schema.services import FactSources, Infrastructure, Programme, Service, Warnings
from sitr.knowledge.schema.studies import Study

ID = re.compile(r"[A-Za-z0-9_-]+")

E = TypeVar("E", bound=Entry)


def validated(model: type[E], table: Table, folder: str, file: str = "facts.toml") -> E:
    """`table` as `model`. Raises BadInput for the first thing that does not fit."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise defects(error, table, folder, file)[0] from error


def defects(error: ValidationError, table: Table, folder: str, file: str = "facts.toml") -> list[BadInput]:
    """Each defect as an error that names the file (a words file where a text is missing) and the field."""
    return [_defect(found, table, folder, file) for found in error.errors()]


def _defect(found: ErrorDetails, table: Table, folder: str, file: str) -> BadInput:
    kind, loc, said = found["type"], found["loc"], found["msg"]
    field = named(loc, table)
    if kind == "missing" and loc[-1] in ("ar", "en"):
        return broken(f"{folder}/{loc[-1]}.toml", field.rpartition(".")[0], "word_missing")
    reason = {"missing": "field_missing", "extra_forbidden": "field_unknown"}.get(kind, "field_wrong")
    return broken(
        f"{folder}/{file}".removeprefix("./"), field, reason, **({"detail": said} if reason == "field_wrong" else {})
    )


def named(loc: tuple[int | str, ...], table: object) -> str:
    """The place of a defect as an editor sees it: items of lists by their id, not by their number."""
    parts: list[str] = []
    node = table
    for step in loc:
        if isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
            parts.append(str(node["id"]) if isinstance(node, dict) and "id" in node else str(step + 1))
        elif isinstance(node, dict) and step in node:
            node = node[step]
            parts.append(str(step))
        elif step in ("function-after", "Clause", "str") or (isinstance(step, str) and step.startswith("tuple[")):
            continue  # pydantic names the branch of a union here; an editor has no use for it
        else:
            parts.append(str(step))
    return ".".join(parts)


def read_list(root: Path, parent: str, ids: tuple[str, ...], model: type[E]) -> tuple[E, ...]:
    """The entries `ids` under `parent`, in that order; an entry's id is the name of its folder."""
    entries = []
    for name in ids:
        table = read_entry(root, f"{parent}/{name}")
        if table.get("id") != name:
            raise broken(f"{parent}/{name}/facts.toml", "id", "id_not_folder")
        entries.append(validated(model, table, f"{parent}/{name}"))
    return tuple(entries)


def read_playbook(root: Path) -> Playbook:
    """The whole playbook."""
    book = validated(Book, read_entry(root, "playbook"), "playbook")
    listed = read_toml(root, "playbook/sources.toml").get("sources", [])
    return Playbook(
        book=book,
        questions=read_list(root, "playbook/questions", book.questions, Question),
        situations=read_list(root, "playbook/situations", book.situations, Situation),
        steps=read_list(root, "playbook/steps", book.steps, Step),
        cautions=read_list(root, "playbook/cautions", book.cautions, Caution),
        templates=read_list(root, "templates", book.templates, Template),
        sources=tuple(validated(PlaybookSource, source, "playbook", "sources.toml") for source in listed),
    )


def folders_of(root: Path, parent: str) -> tuple[str, ...]:
    """The names of the entry folders under `parent`, sorted."""
    return tuple(sorted(path.name for path in (root / parent).iterdir() if path.is_dir()))


def read_bases(root: Path) -> dict[str, Basis]:
    """Every legal basis by its id."""
    bases = read_list(root, "bases", folders_of(root, "bases"), Basis)
    return {basis.id: basis for basis in bases}


def read_bases_book(root: Path) -> BasesBook:
    """What all bases share: declarations, needs, the search engines."""
    return validated(BasesBook, read_entry(root, "bases"), "bases")


def read_studies(root: Path) -> tuple[Study, ...]:
    """Every published study of what became of notices, by id."""
    return read_list(root, "studies", folders_of(root, "studies"), Study)


def read_service(root: Path, service: str) -> Service:
    """One service with all that is known of it. Raises NotFound for an id that has no folder."""
    folder = f"services/{service}"
    if not ID.fullmatch(service) or not (root / folder).is_dir():
        raise NotFound("knowledge.unknown_service")
    return validated(Service, read_entry(root, folder), folder)


def read_jurisdiction(root: Path, country: str) -> Jurisdiction:
    """One country by its ISO 3166-1 alpha-2 code, in either case. Raises NotFound for one that has no folder."""
    folder = f"jurisdictions/{country.lower()}"
    if not ID.fullmatch(country) or not (root / folder).is_dir():
        raise NotFound("knowledge.unknown_country")
    return validated(Jurisdiction, read_entry(root, folder), folder)


def read_international(root: Path) -> International:
    """What holds in every country."""
    return validated(International, read_entry(root, "jurisdictions/international"), "jurisdictions/international")


def read_law_book(root: Path) -> LawBook:
    """What all law pages share: topics, cautions, unions of countries."""
    return validated(LawBook, read_entry(root, "law"), "law")


def read_programme(root: Path, programme: str) -> Programme:
    """One programme such as StopNCII."""
    return validated(Programme, read_entry(root, f"programmes/{programme}"), f"programmes/{programme}")


def read_sources(root: Path) -> FactSources:
    """The pages that service facts were read on."""
    return validated(FactSources, read_toml(root, "sources.toml"), ".", "sources.toml")


def read_infrastructure(root: Path) -> Infrastructure:
    """Abuse contacts of registrars, hosts, shorteners and paste sites."""
    return validated(Infrastructure, read_entry(root, "infrastructure"), "infrastructure")


def read_warnings(root: Path) -> Warnings:
    """Traps found in public lists."""
    return validated(Warnings, read_entry(root, "warnings"), "warnings")


def read_guide(root: Path, guide: str) -> Guide:
    """One guide. Raises NotFound for an id that has no folder."""
    folder = f"guides/{guide}"
    if not ID.fullmatch(guide) or not (root / folder).is_dir():
        raise NotFound("knowledge.unknown_guide")
    return validated(Guide, read_entry(root, folder), folder)


def read_tools(root: Path) -> Tools:
    """What Sitr does, as guides name it."""
    return validated(Tools, read_entry(root, "tools"), "tools")
