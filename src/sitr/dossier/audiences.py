"""For whom a dossier is made: the table of what each audience gets unless the person chooses otherwise.

Here belong the table (`audiences.toml`) and its reading. Not here: what a case holds and what the person chose
(`cases.releases`), and any rule by the name of an audience: whoever asks reads the row.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from sitr.dossier.contents import Both
from sitr.words import say

Group = Literal["picture", "page", "message", "file"]
"""What an exhibit may be: it shows the photo, or may; it is a page without pictures; people's words; anything else."""

_PAGES = frozenset({"text", "record"})
_MESSAGES = frozenset({"mail", "chat", "reply", "voice"})


@dataclass(frozen=True)
class Audience:
    """One row of the table; what each part means stands at its head."""

    id: str
    words: bool
    answers: bool
    country: bool
    timeline: bool
    sightings: Literal["all", "one_service"]
    notices: bool
    legal: bool
    withheld: bool
    custody: bool
    journal: Literal["lines", "proofs"]
    certificate: bool
    page: Literal["full", "none"]
    message: Literal["full", "none"]
    file: Literal["full", "none"]

    @property
    def name(self) -> Both:
        """As a person reads it."""
        return Both(say(f"dossier.audience_{self.id}", "ar"), say(f"dossier.audience_{self.id}", "en"))

    def gets(self, group: Group) -> Literal["full", "none"]:
        """Whether exhibits of this group go along unless chosen otherwise. A picture never does."""
        chosen = {"picture": "none", "page": self.page, "message": self.message, "file": self.file}
        return "full" if chosen[group] == "full" else "none"


def group_of(kind: str, *, picture: bool, captured: bool) -> Group:
    """The group of an exhibit; a kind that is not known here is a file, the most guarded after pictures.

    `captured`: Sitr itself took it from an address. A text that somebody brought in may be a diary: it is no page.
    """
    if picture:
        return "picture"
    if captured and kind in _PAGES:
        return "page"
    return "message" if kind in _MESSAGES else "file"


@cache
def audiences() -> dict[str, Audience]:
    """All audiences by id, in the order in which they are proposed."""
    rows = tomllib.loads(files("sitr.dossier").joinpath("audiences.toml").read_text(encoding="utf-8"))
    return {name: Audience(id=name, **row) for name, row in rows.items()}
