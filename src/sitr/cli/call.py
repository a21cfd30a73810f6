"""One call of `sitr`: what was typed, in which language, where answers go, and the wiring that it was handed.

Here belongs what every command needs. Not here: what a command does, and how values are shown (`showing`).
"""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TextIO

from sitr.cli.grammar import Given
from sitr.cli.showing import document_line, printable
from sitr.errors import BadInput
from sitr.words import Lang, say


class Wire(Protocol):
    """What `sitr.__main__` hands in, because the command line may not import the wiring. Everything is built late."""

    def settings(self, overrides: Mapping[str, str]) -> Any:
        """The settings of the environment with these variables laid over it. Read once; later calls give the same."""

    def services(self, settings: Any, loopback: Any = None) -> Any:
        """The services of `cases`, over these settings; this is what loads Django."""

    def serve(
        self, services: Any, host: str, port: int, announce: Callable[[str], None], beside: Callable[[], None]
    ) -> None:
        """Serve the web app until SIGINT or SIGTERM.

        `announce` is told each one-time token; `beside` is called once in the serving process. Raises OSError when
        the port cannot be had.
        """


@dataclass
class Call:
    """`out` holds the answer alone; everything else goes to `err`. `ask` reads a secret without showing it.

    `services` are those of `cases`, for the commands that work on cases.
    """

    given: Given
    lang: Lang
    env: Mapping[str, str]
    wire: Wire
    out: TextIO
    err: TextIO
    ask: Callable[[str], str]
    read_line: Callable[[], str]
    services: Any = None

    @property
    def json(self) -> bool:
        """Whether one JSON document is wanted on standard output."""
        return self.given.has("--json")

    @property
    def yes(self) -> bool:
        """Whether questions that only confirm are already answered."""
        return self.given.has("--yes")

    def say(self, key: str, /, **blanks: Any) -> str:
        """A sentence of the space `cli`, in the language of this call."""
        return say(f"cli.{key}", self.lang, **blanks)

    def answer(self, document: Mapping[str, Any], lines: Iterable[str]) -> None:
        """Give the answer: the document with `--json`, the lines otherwise."""
        if self.json:
            self.out.write(document_line(document) + "\n")
            return
        for line in lines:
            self.out.write(printable(line) + "\n")

    def note(self, line: str) -> None:
        """Something said by the way; never on standard output."""
        self.err.write(printable(line) + "\n")
        self.err.flush()

    def settings(self) -> Any:
        """The settings, with `--home` laid over the environment."""
        home = self.given.option("--home")
        return self.wire.settings({"SITR_HOME": str(Path(home).absolute())} if home else {})

    def confirm(self, question: str) -> None:
        """Ask a question that only yes lets pass. Raises BadInput `cli.not_confirmed`, and nothing has changed."""
        if self.yes:
            return
        self.note(question)
        if self.read_line().strip().casefold() not in {"نعم", "yes", "y"}:
            raise BadInput("cli.not_confirmed")


def read_line() -> str:
    """One line from the terminal; empty where there is none to ask."""
    return sys.stdin.readline() if sys.stdin.isatty() else ""
