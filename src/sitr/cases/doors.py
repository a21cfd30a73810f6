"""The doors for one place of appearance: what `knowledge` ranks, with what the case knows."""

from dataclasses import dataclass
from typing import Any

from sitr.cases.openings import AnswersView
from sitr.knowledge import Knowledge


@dataclass(frozen=True)
class Route:
    service: str | None
    channel: str | None
    basis: str
    rank: int
    why: tuple[str, ...]
    exposes: tuple[str, ...]
    hours: float | None
    address: str = ""


def ranked(knowledge: Knowledge, said: AnswersView, sighting: dict[str, Any]) -> list[Route]:
    return [Route(sighting["service"], None, b, i + 1, (), (), None) for i, b in enumerate(knowledge.bases)]
