"""What of a case still stands on the disk: the search that makes an erasure more than a word.

Needles are taken before the erasure from the stored files themselves, not from the program's own account: the wrapped
case keys from the key database, and pieces of every sealed file. Before, they must all be found (the control: a search
that finds nothing proves nothing); after, none may be.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PIECE = 64
_AGE = b"age-encryption.org/v1"


@dataclass(frozen=True)
class Needle:
    """Bytes to look for. `what`: `key` or `blob`."""

    what: str
    piece: bytes


def wrapped_keys(home: Path, case: str) -> list[Needle]:
    """A piece of each wrapped key of this case, from whichever table of the key database holds it."""
    with sqlite3.connect(f"{(home / 'keys.sqlite3').as_uri()}?mode=ro", uri=True) as keys:
        tables = [name for (name,) in keys.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in keys.execute(f'SELECT * FROM "{table}"')]  # noqa: S608 own names
    cells = [cell for row in rows if case in row for cell in row if isinstance(cell, bytes) and cell.startswith(_AGE)]
    return [Needle("key", _middle(cell)) for cell in cells]


def blob_pieces(files: Iterable[Path]) -> list[Needle]:
    """Pieces of sealed files: the beginning past the common header, the middle, the end."""
    needles: list[Needle] = []
    for file in files:
        data = file.read_bytes()
        places = {len(data) // 3, len(data) // 2, len(data) - _PIECE}
        needles += [Needle("blob", data[at : at + _PIECE]) for at in sorted(places) if at >= 0]
    return needles


def _middle(data: bytes) -> bytes:
    at = max(0, len(data) // 2 - _PIECE // 2)
    return data[at : at + _PIECE]


def found_on_disk(folder: Path, needles: Sequence[Needle]) -> list[Needle]:
    """Those of the needles that stand anywhere under the folder: databases, their journals and logs, stored files."""
    left = list(needles)
    found: list[Needle] = []
    for data in _contents(folder):
        here = [needle for needle in left if needle.piece in data]
        found += here
        left = [needle for needle in left if needle not in here]
    return found


def _contents(folder: Path) -> Iterator[bytes]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield file.read_bytes()
