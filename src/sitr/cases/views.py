"""Small readings shared by the verbs: times out of sealed words."""

from datetime import UTC, datetime
from typing import Any

NEVER = datetime.min.replace(tzinfo=UTC)
"""Stands where a row should say a time and does not."""


def read_time(value: Any) -> datetime | None:
    """A time from sealed words, aware; None where there is none."""
    return datetime.fromisoformat(value) if value else None
