"""A form: what was typed, and the sentence beside each field. No rules: those are in the verb that the view calls."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import QueryDict

from sitr.errors import AnswerIsNo, BadInput, Damaged, Locked, MissingProgram, OutsideSilent
from sitr.web.requests import Request
from sitr.words import say

_NEVER_KEPT = frozenset({"csrfmiddlewaretoken", "secret", "again"})


class Form:
    """What came with this request, or what waited while the session was locked, or `start` on the first visit."""

    def __init__(self, request: Request, **start: str | list[str]) -> None:
        self._request = request
        self._typed = request.POST if request.method == "POST" else getattr(request, "waiting", None)
        self._start = start
        self.errors: dict[str, str] = {}
        self.status = 200

    @property
    def sent(self) -> bool:
        """Whether this request is the form being sent."""
        return self._request.method == "POST"

    @property
    def wrong(self) -> bool:
        """Whether a field has a sentence beside it."""
        return bool(self.errors)

    def values(self, name: str) -> list[str]:
        """All values of one field."""
        if self._typed is not None:
            return self._typed.getlist(name)
        start = self._start.get(name, [])
        return [start] if isinstance(start, str) else start

    def value(self, name: str) -> str:
        """The value of one field, as typed."""
        return next(iter(self.values(name)), "")

    def file(self, name: str) -> tuple[bytes, str] | None:
        """The uploaded file as (bytes, its name); None when none was chosen. It never touched a disk."""
        sent = self._request.FILES.get(name)
        return None if sent is None or isinstance(sent, list) else (sent.read(), str(sent.name))

    def refuse(self, field: str, key: str, status: int = 400) -> None:
        """Put the sentence `key` beside `field`."""
        self.errors[field] = say(key, self._request.lang)
        self.status = status

    @contextmanager
    def beside(self, field: str) -> Iterator[None]:
        """Run a verb; its refusal becomes the sentence beside `field`. What is not about the form goes on its way."""
        try:
            yield
        except Damaged:
            raise
        except (BadInput, AnswerIsNo, Locked, OutsideSilent, MissingProgram) as error:
            self.errors[field] = say(error.code, self._request.lang, **error.data)
            self.status = error.http_status


def kept_form(posted: QueryDict) -> str:
    """The form as one string that can wait sealed, without its secrets."""
    kept = posted.copy()
    for name in _NEVER_KEPT & kept.keys():
        del kept[name]
    return kept.urlencode()
