"""A desk to type at: the services of one test, the right passphrase, and what was said."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.cli.typed import Said, typed

from sitr.takedown import MemoryMailer

if TYPE_CHECKING:
    from sitr.cases.services import Services

SECRET = "three quiet words"


class BuiltWire:
    """Hands out services that were built for the test."""

    def __init__(self, services: "Services", settings: Any) -> None:
        self._services, self._settings = services, settings

    def settings(self, _overrides: Mapping[str, str]) -> Any:
        return self._settings

    def services(self, *_: Any) -> "Services":
        return self._services

    def serve(self, *_: Any) -> None:
        raise AssertionError("no test of a verb serves")


@dataclass
class Desk:
    """Type a command with the right passphrase (or another one), and see what was said."""

    wire: BuiltWire
    mailer: MemoryMailer
    folder: Path

    def type(self, *argv: str, secret: str = SECRET, env: Mapping[str, str] | None = None) -> Said:
        """The command, in English, with these variables beside."""
        file = self.folder / "passphrase"
        file.write_text(secret + "\n")
        return typed(*argv, "--lang", "en", wire=self.wire, env={"SITR_PASSPHRASE_FILE": str(file), **(env or {})})

    def done(self, *argv: str, status: int = 0, env: Mapping[str, str] | None = None) -> Any:
        """The JSON document of a command that must have this status."""
        said = self.type(*argv, "--json", env=env)
        assert said.status == status, said.err
        return said.document

    def case(self) -> str:
        """A new case of an adult."""
        answers = Path(__file__).parents[1] / "assets" / "cli" / "adult-answers.json"
        return str(self.done("case", "new", "--answers", str(answers))["case"])
