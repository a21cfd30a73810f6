"""What the checker finds: one problem, where it is, how bad, and the sentence that tells an editor what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from enum import StrEnum
from typing import Any

from sitr.errors import BadInput
from sitr.words import Lang, say


class Severity(StrEnum):
    """Hard problems fail the check; soft ones (facts grown old) only warn."""

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True)
class Problem:
    """One defect. `file` is relative to the knowledge folder; `kind` names the sentence in the catalogue."""

    file: str
    field: str
    kind: str
    severity: Severity = Severity.HARD
    data: Mapping[str, Any] = made(default_factory=dict)

    def message(self, lang: Lang) -> str:
        """What is wrong and what cures it, naming file and field."""
        return say(f"knowledge.{self.kind}", lang, file=self.file, field=self.field, **self.data)


def of_error(error: BadInput) -> Problem:
    """The problem that a refused entry stands for."""
    data = {name: value for name, value in error.data.items() if name not in ("file", "field")}
    return Problem(error.data.get("file", ""), error.data.get("field", ""), error.code.partition(".")[2], data=data)
