"""JSON that anybody may have made: read whole, bounded in depth and size, never half believed."""

import json
import math
from collections.abc import Mapping
from typing import Any

from sitr.errors import BadInput

_DEEPEST = 60


def read_json(data: bytes) -> Any:
    """The document. Raises BadInput `evidence.not_json` for anything else, too deep or too strange ones included."""
    if _depth(data) > _DEEPEST:
        raise BadInput("evidence.not_json")
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_refused, parse_int=_number)
    except (ValueError, RecursionError, OverflowError):
        raise BadInput("evidence.not_json") from None


def _refused(_word: str) -> Any:
    raise ValueError("not JSON")


def _number(digits: str) -> int:
    if len(digits) > 40:
        raise ValueError("a number of no use")
    return int(digits)


def _depth(data: bytes) -> int:
    """The deepest nesting, brackets in strings counted too (so never too small); the library's parser recurses."""
    deepest = depth = 0
    for byte in data.translate(None, _OTHER):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


_OTHER = bytes(byte for byte in range(256) if byte not in b"[]{}")


def text_of(value: Any, most: int = 65_536) -> str:
    """A text of a document; empty for what is none."""
    return value[:most] if isinstance(value, str) else ""


def list_of(value: Any) -> list[Any]:
    """A list of a document; empty for what is none."""
    return value if isinstance(value, list) else []


def table_of(value: Any) -> Mapping[str, Any]:
    """An object of a document; empty for what is none."""
    return value if isinstance(value, dict) else {}


def whole_number(value: Any) -> int | None:
    """A whole number, written as one or as a text of digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return int(value)
    if isinstance(value, str) and value.lstrip("-").isascii() and value.lstrip("-").isdecimal() and len(value) < 20:
        return int(value)
    return None
