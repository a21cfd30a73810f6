"""Studies: what was published about how often, and how fast, notices through one door led to removal."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from sitr.knowledge.schema.base import Checked, Id, PositiveHours, Sourced, Words


class Study(Sourced):
    """`removed` of `of` notices under `basis` (to `service`, or to any where it is absent) led to removal, all `within`
    `hours`; the others still stood then. `hours` is absent where the study tells no time. `needs` are those of
    `bases/facts.toml` that its pictures had; `limits` is what a reader should know before trusting it.
    """

    id: Id
    year: Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{4})?$")]
    service: Id | None = None
    basis: Id
    needs: Annotated[tuple[Id, ...], Field(min_length=1)]
    removed: Annotated[int, Field(ge=0)]
    of: Annotated[int, Field(gt=0)]
    hours: PositiveHours | None = None
    name: Words
    limits: Words
    checked: Checked

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "Study":
        if self.removed > self.of:
            raise ValueError("removed is more than of")
        if not self.sources:
            raise ValueError("a study without a source is a rumour")
        return self
