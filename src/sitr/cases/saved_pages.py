"""Which exhibits are pages that a paired browser saved, so that their images can be gone through with addresses.

How those images are read is in `evidence.imports.saved_pages`.
"""

from collections.abc import Mapping
from typing import Any

from sitr.evidence.imports import images_of

__all__ = ["KINDS", "METHOD", "can_be_searched", "images_of"]

KINDS = frozenset({"mhtml", "html"})
METHOD = "paired browser"
"""How an exhibit that came in such a form was made, as its words say."""
_MOST_BYTES = 64 * 2**20


def can_be_searched(words: Mapping[str, Any]) -> bool:
    """Whether what is written of a file says that it is such a page, and of a size that is gone through."""
    return words["kind"] in KINDS and words["bytes"] <= _MOST_BYTES
