"""What may be kept of a file where no picture may be: its words, and nothing that could be looked at.

The file itself is not kept, unless every byte of it is plain words. What is kept instead is one JSON document that
names the digest of the file, so that whoever holds the original elsewhere can show that it is the one. Not here: when
that is so (`cases`).
"""

import json
import re
from typing import Any

from sitr.evidence.imports.values import Imported, ItemKind, as_json

FORMAT = "sitr-words-v1"

WORD_KINDS = frozenset({"text", "html", "mail", "pdf", "whatsapp", "telegram", "instagram", "facebook", "wacz", "warc"})
"""Kinds of which words are left when every picture is taken away."""

_PLAIN_KINDS = frozenset({"text", "whatsapp", "telegram", "instagram", "facebook", "mail"})
# Ways to write a picture in letters: long runs of base64 or hex, in one line or in many, and the formats that are text.
_RUN = re.compile(rb"[A-Za-z0-9+/=_-]{400,}|(?:^[!-~]{40,}[ \t]*\r?\n){8,}", re.MULTILINE)
_PICTURE_WORDS = re.compile(
    rb"data:\s*(?:image|video|application|font)|<svg|<canvas|\\pict|^%!PS|^begin(?:-base64)? [0-7]{3} |^=ybegin|<~|"
    rb"/\* XPM|^P[1-7]\s|content-type:\s*(?:image|video|audio|application|multipart/related)",
    re.IGNORECASE | re.MULTILINE,
)
_IN_WORDS = re.compile(r"(?:data:[^\s\"'<>]{100,}|[A-Za-z0-9+/=_-]{400,})")


def is_plain_words(data: bytes, imported: Imported) -> bool:
    """Whether the file itself may be kept: words from its first byte to its last, and no picture written in letters."""
    if imported.kind not in _PLAIN_KINDS or data.startswith(b"PK"):
        return False
    if any(item.kind is ItemKind.ATTACHMENT for item in imported.items):
        return False
    if any(bytes([control]) in data for control in range(9)):
        return False
    if str(imported.facts.get("alphabet", "utf-8")).endswith("?"):
        return False
    return _RUN.search(data) is None and _PICTURE_WORDS.search(data) is None


def words_only(imported: Imported, name: str) -> bytes:
    """The document of words that is kept in place of the file."""
    return json.dumps(_document(imported, name), ensure_ascii=False, indent=1, sort_keys=True).encode(
        "utf-8", "backslashreplace"
    )


def _document(imported: Imported, name: str) -> dict[str, Any]:
    items = [as_json(item) for item in imported.items if item.kind is not ItemKind.FRAME]
    document: dict[str, Any] = _cleaned({
        "format": FORMAT, "kind": imported.kind, "name": name, "original_sha256": imported.sha256,
        "original_bytes": imported.bytes, "facts": dict(imported.facts), "items": items,
        "problems": [problem.code for problem in imported.problems], "removed": _removed(imported),
    })  # fmt: skip
    return document


def _removed(imported: Imported) -> int:
    """Parts that were not kept, as far as the view knows them: attachments, media named in messages."""
    attachments = sum(item.kind is ItemKind.ATTACHMENT for item in imported.items)
    return attachments + sum(len(item.media) for item in imported.items if item.kind is ItemKind.MESSAGE)


def _cleaned(value: Any) -> Any:
    """Words without encoded blocks: a picture can be pasted into a message as letters."""
    if isinstance(value, str):
        return _IN_WORDS.sub("[…]", value)
    if isinstance(value, dict):
        return {key: _cleaned(one) for key, one in value.items()}
    return [_cleaned(one) for one in value] if isinstance(value, list) else value
