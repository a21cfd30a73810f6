"""The file of answers, as `docs/commands.md` shows it: country, opened_at, answers, words in one JSON object."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sitr.cli.files import read_object
from sitr.errors import BadInput


@dataclass(frozen=True)
class AnswerFile:
    """What it holds. `opened_at` is aware; None where the file does not say."""

    country: str | None = None
    opened_at: datetime | None = None
    answers: dict[str, list[str]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def read_answers(name: str) -> AnswerFile:
    """Read and check its shape; ids are checked by the plan. Raises BadInput `cli.answers_shape` naming the field."""
    value = read_object(name)
    unknown = set(value) - {"country", "opened_at", "answers", "words"}
    if unknown:
        raise BadInput("cli.answers_shape", file=name, field=sorted(unknown)[0])
    return AnswerFile(
        country=country(value.get("country"), name),
        opened_at=moment_of(value["opened_at"], name) if value.get("opened_at") is not None else None,
        answers=_answers(value.get("answers", {}), name),
        words=_words(value.get("words", {}), name),
    )


def country(code: Any, name: str) -> str | None:
    """Two capital letters (ISO 3166-1), or None. Raises BadInput `cli.answers_shape`."""
    if code is None or code == "":
        return None
    if not isinstance(code, str) or len(code) != 2 or not (code.isascii() and code.isalpha()):
        raise BadInput("cli.answers_shape", file=name, field="country")
    return code.upper()


def moment_of(text: Any, name: str) -> datetime:
    """An RFC 3339 time with its zone. Raises BadInput `cli.answers_shape`: a time without a zone is ambiguous."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError) as problem:
        raise BadInput("cli.answers_shape", file=name, field="opened_at") from problem
    if moment.tzinfo is None:
        raise BadInput("cli.answers_shape", file=name, field="opened_at")
    return moment


def _answers(value: Any, name: str) -> dict[str, list[str]]:
    if not isinstance(value, Mapping):
        raise BadInput("cli.answers_shape", file=name, field="answers")
    for question, options in value.items():
        if not isinstance(options, list) or not all(isinstance(o, str) for o in options):
            raise BadInput("cli.answers_shape", file=name, field=f"answers.{question}")
    return {str(q): list(o) for q, o in value.items()}


def _words(value: Any, name: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise BadInput("cli.answers_shape", file=name, field="words")
    return {str(q): v for q, v in value.items()}
