"""The life of one notice: its states, the moves that are allowed, and who is next when a move leads nowhere.

Pure decisions over values. Writing a notice is in `compose`, the time a recipient has in `clock`, delivery in `mail`.
"""

from collections.abc import Collection
from enum import StrEnum

from sitr.errors import AnswerIsNo


class NoticeState(StrEnum):
    """Where a notice stands. `UNKNOWN`: the line broke after the mail was handed over, so it may have arrived."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    ANSWERED = "answered"
    CLOSED = "closed"


_S = NoticeState

# A refused or unknown notice goes back to `approved` only by the person: an unknown one may otherwise be sent twice.
# `sending` is written before the first byte goes out; a killed process is found in it and becomes `unknown`.
MOVES: dict[NoticeState, frozenset[NoticeState]] = {
    _S.DRAFT: frozenset({_S.APPROVED, _S.CLOSED}),
    _S.APPROVED: frozenset({_S.DRAFT, _S.SENDING, _S.SENT, _S.CLOSED}),
    _S.SENDING: frozenset({_S.SENT, _S.UNKNOWN, _S.REFUSED}),
    _S.SENT: frozenset({_S.ANSWERED, _S.CLOSED}),
    _S.UNKNOWN: frozenset({_S.APPROVED, _S.SENT, _S.ANSWERED, _S.CLOSED}),
    _S.REFUSED: frozenset({_S.DRAFT, _S.APPROVED, _S.CLOSED}),
    _S.ANSWERED: frozenset({_S.ANSWERED, _S.CLOSED}),
    _S.CLOSED: frozenset(),
}


def may_move(old: NoticeState, new: NoticeState) -> bool:
    """Whether a notice in `old` may become `new`."""
    return new in MOVES[old]


def move(old: NoticeState, new: NoticeState, missing: Collection[str] = ()) -> NoticeState:
    """`new`, when it is allowed from `old`; approving needs every required field.

    Raises AnswerIsNo `takedown.not_complete` (with the ids missing) or `takedown.not_allowed`.
    """
    if new is NoticeState.APPROVED and missing:
        raise AnswerIsNo("takedown.not_complete", missing=", ".join(missing))
    if not may_move(old, new):
        raise AnswerIsNo("takedown.not_allowed", old=old.value, new=new.value)
    return new


class Rung(StrEnum):
    """Whom to write to, in the order of the ladder."""

    SERVICE = "service"
    HOST = "host"
    CDN = "cdn"
    SEARCH = "search"
    REGULATOR = "regulator"
    COURT = "court"


def next_rung(current: Rung, tried: Collection[Rung] = (), reachable: Collection[Rung] | None = None) -> Rung | None:
    """The next rung after `current` that was not tried; None at the end of the ladder.

    `reachable` are the rungs for which an address is known (all of them when None). Police and court are on the ladder
    as a possibility; that they stand behind a risk question is the plan's business.
    """
    ladder = list(Rung)
    for rung in ladder[ladder.index(current) + 1 :]:
        if rung not in tried and (reachable is None or rung in reachable):
            return rung
    return None
