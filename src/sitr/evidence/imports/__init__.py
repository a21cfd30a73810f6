"""imports: what was saved elsewhere and is brought here: its parsed view, derived and never the evidence.

Here belong telling what a file is, one reader a format, the bounded opener of archives, and what may be kept where no
picture may be. Pure but for a program that reads PDF and one that decodes film, each in a process apart. Not here: the
original bytes and their sealing (`cases`, `vault`), and pages visited by Sitr (`evidence.capturing`).
"""

from sitr.evidence.imports.credentials import CREDENTIALS_TOLD
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.moments import visible_only
from sitr.evidence.imports.reading import member_of, read_import, tell_kind
from sitr.evidence.imports.saved_pages import images_of
from sitr.evidence.imports.values import (
    Imported,
    Inside,
    Item,
    ItemKind,
    KeyRecords,
    Looked,
    Looker,
    Option,
    Problem,
    Question,
    Where,
    as_json,
    from_json,
)
from sitr.evidence.imports.words_only import WORD_KINDS, is_plain_words, words_only

__all__ = [
    "CREDENTIALS_TOLD",
    "WORD_KINDS",
    "ImportLimits",
    "Imported",
    "Inside",
    "Item",
    "ItemKind",
    "KeyRecords",
    "Looked",
    "Looker",
    "Option",
    "Problem",
    "Question",
    "Where",
    "as_json",
    "from_json",
    "images_of",
    "is_plain_words",
    "member_of",
    "read_import",
    "tell_kind",
    "visible_only",
    "words_only",
]
