"""The checker of the knowledge folder, its figures, and the JSON Schemas that help an editor.

Every entry is read by its schema and every defect listed, not only the first. Then what no schema sees: references,
circles, steps that nothing reaches, patterns against their examples, ids that stand twice, phone numbers, ages.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sitr.errors import BadInput
from sitr.knowledge import ages, crossing, phones, twice
from sitr.knowledge.folders import Table, read_entry, read_toml
from sitr.knowledge.loading import Knowledge
from sitr.knowledge.problems import Problem, Severity, of_error
from sitr.knowledge.reading import defects, folders_of
from sitr.knowledge.schema.base import Confidence, Entry, Prose
from sitr.knowledge.schema.bases import BasesBook, Basis
from sitr.knowledge.schema.guides import Guide, Tools
from sitr.knowledge.schema.jurisdictions import International, Jurisdiction, LawBook
from sitr.knowledge.schema.playbook import Book, Caution, PlaybookSources, Question, Situation, Step, Template
from sitr.knowledge.schema.services import (
    FactSources,
    Infrastructure,
    Programme,
    Service,
    ServiceAddresses,
    UrlPattern,
    Warnings,
)
from sitr.knowledge.schema.studies import Study

# Folders of entries and the model of each; then single files.
FOLDERS: Mapping[str, type[Entry]] = {
    "playbook/questions": Question,
    "playbook/situations": Situation,
    "playbook/steps": Step,
    "playbook/cautions": Caution,
    "templates": Template,
    "bases": Basis,
    "studies": Study,
    "services": Service,
    "programmes": Programme,
    "jurisdictions": Jurisdiction,
    "guides": Guide,
}
SINGLE: Mapping[str, type[Entry]] = {
    "playbook": Book,
    "bases": BasesBook,
    "infrastructure": Infrastructure,
    "warnings": Warnings,
    "law": LawBook,
    "tools": Tools,
}
PLAIN: Mapping[str, type[Entry]] = {"sources.toml": FactSources, "playbook/sources.toml": PlaybookSources}
INTERNATIONAL = "international"


def check(folder: Path, today: date) -> list[Problem]:
    """Every problem of the knowledge under `folder`; hard ones first, then by file. Empty is whole.

    `today` (in UTC) decides what is old. Nothing is raised for a broken entry: it is a problem like the others.
    """
    entries = Entries(folder)
    problems = [*entries.problems, *_listed_without_folder(folder, entries.read), *twice.across(entries.read)]
    knowledge = Knowledge(folder)
    if not problems:  # across entries only when each stands by itself: one defect would otherwise be told ten times
        problems += crossing.problems(knowledge, entries.read)
    problems += phones.problems(entries.read)
    problems += _unsourced(entries.read)
    problems += _waiting(entries.read)
    problems += ages.problems(folder, entries.read, today)
    return sorted(problems, key=lambda p: (p.severity is not Severity.HARD, p.file, p.field))


def stats(folder: Path) -> dict[str, Any]:
    """Coverage: entries of each kind, facts by certainty, texts by language."""
    entries = Entries(folder)
    counts: dict[str, Any] = {"entries": {}, "facts": {"found": 0, "recalled": 0}, "texts": {"ar": 0, "en": 0}}
    for file, entry in entries.read.items():
        kind = _kind(file)
        counts["entries"][kind] = counts["entries"].get(kind, 0) + 1
        for _, value in leaves(entry):
            if isinstance(value, Entry) and hasattr(value, "confidence"):
                counts["facts"][str(value.confidence)] += 1
            if isinstance(value, Entry) and {"ar", "en"} == set(type(value).model_fields):
                counts["texts"]["en"] += 1
                counts["texts"]["ar"] += 1 if getattr(value, "ar", None) else 0
    counts["problems"] = len(entries.problems)
    return counts


def json_schemas() -> dict[str, dict[str, Any]]:
    """The JSON Schema of every kind of entry, by the folder or file that it describes; words already laid in."""
    models: dict[str, type[Entry]] = {
        **FOLDERS,
        **SINGLE,
        **PLAIN,
        "services/addresses.toml": ServiceAddresses,
        INTERNATIONAL: International,
    }
    return {name: model.model_json_schema(by_alias=True) for name, model in models.items()}


class Entries:
    """Every entry, read by its model, by its file; `problems` holds each defect on the way."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: dict[str, Entry] = {}
        self.problems: list[Problem] = []
        for folder, model in SINGLE.items():
            self._entry(folder, model)
        for parent, model in FOLDERS.items():
            for name in self._names(parent):
                self._entry(f"{parent}/{name}", International if name == INTERNATIONAL else model, name)
        for name in self._names("services"):
            self._plain(f"services/{name}/addresses.toml", ServiceAddresses)
        for file, model in PLAIN.items():
            self._plain(file, model)

    def _names(self, parent: str) -> tuple[str, ...]:
        if not (self.root / parent).is_dir():
            self.problems.append(Problem(parent, "", "file_missing"))
            return ()
        return folders_of(self.root, parent)

    def _entry(self, folder: str, model: type[Entry], name: str | None = None) -> None:
        def read() -> Table:
            table = read_entry(self.root, folder)
            found = str(table.get("id", name))
            if name is not None and found != (name.upper() if model is Jurisdiction else name):
                self.problems.append(Problem(f"{folder}/facts.toml", "id", "id_not_folder"))
            return table

        self._take(folder, "facts.toml", model, read)

    def _plain(self, file: str, model: type[Entry]) -> None:
        folder, _, name = file.rpartition("/")
        self._take(folder or ".", name, model, lambda: read_toml(self.root, file))

    def _take(self, folder: str, name: str, model: type[Entry], read: Callable[[], Table]) -> None:
        table: Table = {}
        file = f"{folder}/{name}".removeprefix("./")
        try:
            table = read()
            self._twice(file, model, table)
            self.read[file] = model.model_validate(table)
        except BadInput as error:
            self.problems.append(of_error(error))
            self._twice_in_facts(file, model)
        except ValidationError as error:
            self.problems += [of_error(defect) for defect in defects(error, table, folder, name)]

    def _twice(self, file: str, model: type[Entry], table: Table) -> None:
        self.problems += twice.in_table(file, table)
        if model is Book:
            self.problems += twice.in_order(file, table)

    def _twice_in_facts(self, file: str, model: type[Entry]) -> None:
        """Of two items of one name the words of both go to one: that is the cause of words that belong to nothing."""
        try:
            self._twice(file, model, read_toml(self.root, file))
        except BadInput:
            return  # it cannot be read, which is told already


def leaves(entry: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Every value inside an entry with its place, the entries on the way included; items of lists by their id."""
    if isinstance(entry, Entry):
        yield path, entry
        for name in type(entry).model_fields:
            yield from leaves(getattr(entry, name), f"{path}.{name}".lstrip("."))
    elif isinstance(entry, tuple | list):
        for number, item in enumerate(entry, start=1):
            name = item.kind if isinstance(item, UrlPattern) else getattr(item, "id", str(number))
            yield from leaves(item, f"{path}.{name}")
    elif isinstance(entry, Mapping):
        for name, item in entry.items():
            yield from leaves(item, f"{path}.{name}".lstrip("."))
    else:
        yield path, entry


def _kind(file: str) -> str:
    parent = file.rpartition("/")[0]
    return parent.rpartition("/")[0] or parent or file


def _listed_without_folder(root: Path, read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Names in the order of the playbook that have no folder: without them nothing of the playbook can be read."""
    book = read.get("playbook/facts.toml")
    if not isinstance(book, Book):
        return
    for field in ("questions", "situations", "steps", "cautions", "templates"):
        parent = "templates" if field == "templates" else f"playbook/{field}"
        for name in getattr(book, field):
            if not (root / parent / name).is_dir():
                yield Problem("playbook/facts.toml", field, "dead_reference", data={"name": name})


def _unsourced(read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Facts that are said to be found and name no source: nobody could look again."""
    for file, entry in read.items():
        for place, value in leaves(entry):
            if isinstance(value, Entry) and getattr(value, "confidence", None) is Confidence.FOUND:
                fields = {"source", "sources"} & type(value).model_fields.keys()
                if fields and not any(getattr(value, name) for name in fields):
                    yield Problem(file, place, "source_missing")


def _waiting(read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Explanations without their Arabic: pages show the English as such, and the check fails until it is written."""
    for file, entry in read.items():
        for place, value in leaves(entry):
            if isinstance(value, Prose) and value.ar is None:
                yield Problem(f"{file.rpartition('/')[0]}/ar.toml", place, "word_waits")
