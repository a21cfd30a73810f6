"""The one family of errors.

An error carries a code and the data its reader needs. The sentence a person reads is in `sitr/words/<lang>/errors.toml`
under that code, in both languages; `str(error)` never holds anything that a person wrote, so it may be logged.
The command line turns `exit_status` into its own, the web app into a status and a page: each in one place.
"""

from typing import Any, ClassVar


class SitrError(Exception):
    """Something a person can be told about, in their language, with what to do next.

    `code` names the sentence in the catalogue; `data` fills its blanks and is shown to the person only.
    """

    exit_status: ClassVar[int] = 2
    http_status: ClassVar[int] = 400

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.data = data


class BadInput(SitrError):
    """What was given cannot be used; nothing was changed or kept."""


class NotFound(SitrError):
    """No such thing, or none that this holder may know of: a stranger gets the same answer."""

    http_status = 404


class AnswerIsNo(SitrError):
    """The question was understood and the answer is no (not verified, a field is missing)."""

    exit_status = 1
    http_status = 409


class Damaged(AnswerIsNo):
    """Something sealed or recorded was cut, altered or swapped. Never shown as if it were whole."""

    http_status = 500


class Locked(SitrError):
    """The secret is missing or wrong, or this holder may not do this."""

    exit_status = 3
    http_status = 403


class OutsideSilent(SitrError):
    """An outside party (a site, a mail relay, a time authority) did not answer, or was refused by the door."""

    exit_status = 4
    http_status = 502


class MissingProgram(SitrError):
    """A program that this needs is not installed; `sitr doctor` names it and how to get it."""

    exit_status = 5
    http_status = 503
