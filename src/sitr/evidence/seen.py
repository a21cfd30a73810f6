"""What a visit brought besides the exchanges with the network, as plain values. No behaviour lives here."""

from dataclasses import dataclass, field
from pathlib import Path

from sitr.evidence.captured import Certificate


@dataclass
class Reference:
    """One address that the final page refers to, and as what."""

    url: str
    roles: tuple[str, ...]
    frame: str


@dataclass
class Seen:
    """What the visit brought besides the network exchanges. Paths lie in the work folder."""

    error: str = ""
    final_url: str = ""
    title: str = ""
    text: str = ""
    html: Path | None = None
    references: list[Reference] = field(default_factory=list)
    inline: dict[str, str] = field(default_factory=dict)
    drawn: list[str] = field(default_factory=list)
    screenshots: list[Path] = field(default_factory=list)
    pdf: Path | None = None
    certificates: list[Certificate] = field(default_factory=list)
    user_agent: str = ""
    browser: str = ""
    expanded: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
