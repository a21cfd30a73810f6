"""The port to an exchange of watch-lists, what goes through it, and its twin in memory.

Belongs here: what any exchange can be asked. `stopncii` and `threat_updates` are the real ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sitr.errors import BadInput
from sitr.finding.exchange.entries import EntryState, WatchEntry


@dataclass(frozen=True)
class Delta:
    """One page of what changed. `checkpoint` resumes after it. `anew`: this page begins the whole list again, and what
    is not named until `more` is False is no longer in it. `left_out` records were of kinds that Sitr has no use for, or
    not well-formed.
    """

    entries: tuple[WatchEntry, ...]
    checkpoint: str
    more: bool
    anew: bool
    left_out: int = 0


class HandoverState(StrEnum):
    """`refused`: nothing was taken. `unknown`: the answer was lost, and it may have been taken."""

    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Handover:
    """What became of a submission. `receipts` are the exchange's own ids, by which it can be taken back; `detail` is a
    short word (a status, a kind of failure), never another party's text."""

    state: HandoverState
    detail: str = ""
    receipts: tuple[str, ...] = ()


class Opinion(StrEnum):
    """What was found out about an entry: it is what it says; it is not; it was taken back by who submitted it."""

    BLOCKED = "blocked"
    NOT_BLOCKED = "not_blocked"
    WITHDRAWN = "withdrawn"


class Exchange(Protocol):
    """An exchange of watch-lists. Whatever goes wrong outside is OutsideSilent; no error holds a hash or a key."""

    @property
    def name(self) -> str:
        """The name by which the operator calls it."""

    def fetch(self, checkpoint: str | None, now: datetime) -> Delta:
        """The next page after `checkpoint` (None, stale or strange: from the beginning). Raises OutsideSilent."""

    def submit(self, entries: Sequence[WatchEntry], now: datetime) -> Handover:
        """Hand over entries, once: no call is repeated by itself."""

    def feedback(self, entries: Sequence[WatchEntry], opinion: Opinion, now: datetime) -> Handover:
        """Say what was found out about entries of the exchange."""

    def withdraw(self, entries: Sequence[WatchEntry], receipts: Sequence[str], now: datetime) -> Handover:
        """Take back what was handed over."""


@dataclass
class MemoryExchange:
    """An exchange in memory: pages of `page` entries, a log of what came. `lost` answers are lost after they were
    taken, `closed` refuses all."""

    name: str = "memory"
    page: int = 2
    listed: list[WatchEntry] = field(default_factory=list)
    taken: list[tuple[str, tuple[WatchEntry, ...]]] = field(default_factory=list)
    lost: bool = False
    closed: bool = False

    def fetch(self, checkpoint: str | None, now: datetime) -> Delta:  # noqa: ARG002  the port's
        """As the port's; the checkpoint is the number of entries that were handed out."""
        if checkpoint is not None and not checkpoint.isdecimal():
            raise BadInput("exchange.bad_checkpoint")
        start = int(checkpoint or 0)
        end = min(start + self.page, len(self.listed))
        return Delta(tuple(self.listed[start:end]), str(end), end < len(self.listed), checkpoint is None)

    def submit(self, entries: Sequence[WatchEntry], now: datetime) -> Handover:  # noqa: ARG002
        """As the port's."""
        return self._take("submit", entries)

    def feedback(self, entries: Sequence[WatchEntry], opinion: Opinion, now: datetime) -> Handover:  # noqa: ARG002
        """As the port's."""
        return self._take(opinion.value, entries)

    def withdraw(self, entries: Sequence[WatchEntry], receipts: Sequence[str], now: datetime) -> Handover:  # noqa: ARG002
        """As the port's."""
        self.listed = [one for one in self.listed if one.value not in {e.value for e in entries}]
        return self._take("withdraw", entries)

    def _take(self, what: str, entries: Sequence[WatchEntry]) -> Handover:
        if self.closed:
            return Handover(HandoverState.REFUSED, "403")
        self.taken.append((what, tuple(entries)))
        if what == "submit":
            self.listed += [one for one in entries if one.state is EntryState.ACTIVE]
        return Handover(HandoverState.UNKNOWN if self.lost else HandoverState.SENT, "", tuple(e.id for e in entries))
