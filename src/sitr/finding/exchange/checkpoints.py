"""Where the reading of an exchange stands, as one line of text that a later run goes on from.

`since`: the exchange's own time from which changes are asked for; `page`: the cursor inside an unfinished run; `at`:
when it was written; `anew`: the run reads the whole list. Not here: what an exchange's cursor is.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

PAGE_LIVES = timedelta(minutes=30)
"""How long a cursor inside a run is taken for good: neither exchange says; both say that it is not for long."""


_LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Standing:
    """A checkpoint, read."""

    since: int
    page: str = ""
    at: datetime = _LONG_AGO
    anew: bool = False

    def text(self) -> str:
        """As it is kept."""
        return json.dumps({**asdict(self), "at": int(self.at.timestamp())}, separators=(",", ":"), sort_keys=True)


def standing(checkpoint: str | None, now: datetime, *, start: int, lives: timedelta) -> Standing:
    """Where to go on: from the beginning when there is no checkpoint, none that can be read, or one that is older than
    the exchange keeps its withdrawals (`lives`); from the last finished run when the cursor of a page is too old.
    """
    found = _read(checkpoint) if checkpoint else None
    if found is None or now - found.at > lives or found.at > now + timedelta(days=1):
        return Standing(start, anew=True, at=now)
    if found.page and now - found.at > PAGE_LIVES:
        return Standing(found.since, anew=found.anew, at=now)
    return found


def _read(text: str) -> Standing | None:
    try:
        said = json.loads(text)
        since, page, at, anew = (said[name] for name in ("since", "page", "at", "anew"))
        made = Standing(int(since), str(page), datetime.fromtimestamp(int(at), UTC), bool(anew))
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None
    return made if made.since >= 0 else None
