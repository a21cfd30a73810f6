"""Files that are there whole or not at all: written beside, synced, renamed, the folder synced.

A killed process leaves at most a `*.part` behind, which `sweep_parts` clears; a full disk leaves nothing.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

from sitr.errors import SitrError

PART = ".part"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StoreFull(SitrError):
    """There is no room to write; nothing was changed and nothing half-written stays."""

    http_status: ClassVar[int] = 507


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the name `target` (mode 0600) only when the block ends well.

    Raises StoreFull `vault.disk_full` when there is no room; whatever is raised, nothing stays behind.
    """
    part = target.with_name(target.name + PART)
    try:
        with named_full(), _opened(part) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            part.replace(target)
            sync_folder(target.parent)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise


@contextmanager
def named_full() -> Iterator[None]:
    """Turn the system's ways of saying "no room" into StoreFull `vault.disk_full`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull("vault.disk_full") from None
        raise


def sync_folder(folder: Path) -> None:
    """Make renames and removals in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep_parts(folder: Path, before: datetime, *, ours: Callable[[str], bool]) -> int:
    """Remove leftovers of interrupted writes last touched before that moment; gives their number.

    `ours` says by its name whether a leftover is one that we made: other people's `.part` files stay.
    """
    swept = 0
    for part in folder.glob("*" + PART):
        if ours(part.name.removesuffix(PART)) and part.lstat().st_mtime < before.timestamp():
            part.unlink(missing_ok=True)
            swept += 1
    if swept:
        sync_folder(folder)
    return swept


def _opened(part: Path) -> BinaryIO:
    return os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
