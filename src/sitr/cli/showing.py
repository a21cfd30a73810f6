"""How values are written: JSON documents for programs, lines for people.

Here belong the forms of times, sizes and documents. Not here: sentences (`words/*/cli.toml`).
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any


def document(value: Any) -> Any:
    """A value as JSON holds it: frozen views become objects, times RFC 3339 in UTC, days ISO 8601, sets lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: document(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return document(value._asdict())
    if isinstance(value, Mapping):
        return {str(k): document(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(document(v) for v in value)
    if isinstance(value, list | tuple):
        return [document(v) for v in value]
    return _single(value)


def _single(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Path) else value


def document_line(value: Any) -> str:
    """One JSON document on one line; Arabic stays Arabic."""
    return json.dumps(document(value), ensure_ascii=False)


def moment(time: datetime) -> str:
    """A time as evidence writes it: `2026-11-22T20:00:00Z`. Times are aware; UTC is what is stored and compared."""
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def printable(line: str) -> str:
    """The line with control characters made visible, because a page's title can hold a terminal's commands."""
    return "".join(c if c in "\n\t" or unicodedata.category(c) != "Cc" else f"\\x{ord(c):02x}" for c in line)
