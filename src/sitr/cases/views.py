"""Small readings shared by the verbs: times out of sealed words."""

from datetime import datetime
from typing import Any


def read_time(value: Any) -> datetime | None:
    """A time from sealed words, aware; None where there is none."""
    return datetime.fromisoformat(value) if value else None
