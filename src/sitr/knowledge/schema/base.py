"""What all entries share: frozen models, words in two languages, sources, dates and certainty of a fact."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][A-Za-z0-9_.-]*$")]
Line = Annotated[str, StringConstraints(min_length=1)]
# Publication dates as sources give them: a year, a month or a day.
PartDate = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]


class Entry(BaseModel):
    """A table of an entry. Unknown keys are refused: a mistyped key would otherwise be a fact nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Words(Entry):
    """What a person reads, in both languages; neither may be missing."""

    ar: Line
    en: Line


class Prose(Entry):
    """An explanation gathered from sources. The checker refuses one without Arabic; a page would show the English."""

    en: Line
    ar: Line | None = None


class Confidence(StrEnum):
    """Found: a source that was read says so. Recalled: from memory, and shown as unverified everywhere."""

    FOUND = "found"
    RECALLED = "recalled"


SourceKind = Literal["official", "legal_db", "academic", "ngo", "law_firm", "news", "other"]


class Source(Entry):
    """Where a statement was read. A date is that of publication, where known."""

    url: Line
    date: PartDate | None = None
    kind: SourceKind = "other"


class Checked(Entry):
    """When the facts of an entry were last compared with their sources, and by whom."""

    on: date
    by: Line


class Sourced(Entry):
    """A statement with its certainty and the pages that say it.

    `recalled_fields` names what is from memory in a statement that was found: a field, or one value of it, as in
    `phone.9999`.
    """

    confidence: Confidence
    sources: tuple[Source, ...] = ()
    partly_recalled: bool = False
    recalled_fields: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """True only when a source carries it and no part of it is from memory."""
        return self.confidence is Confidence.FOUND and not self.partly_recalled and not self.recalled_fields

    def carries(self, field: str, value: str) -> bool:
        """Whether a source carries this value of `field`. Where it is not said which part is from memory, every part
        may be.
        """
        if self.confidence is Confidence.RECALLED or not {field, f"{field}.{value}"}.isdisjoint(self.recalled_fields):
            return False
        return bool(self.recalled_fields) or not self.partly_recalled


PositiveHours = Annotated[int, Field(gt=0)]
