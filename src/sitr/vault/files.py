"""Files that are there whole or not at all: written beside, synced, renamed, the folder synced.

A killed process leaves at most a `*.part` behind, which `sweep_parts` clears; a full disk leaves nothing.
"""

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar

from sitr.errors import BadInput, SitrError
from sitr.vault.pieces import Piece

PART = ".part"
_BUFFER = 256 * 1024  # larger pieces, as sealing makes them, go past it
_EARLY = 16 << 20
_NO_UNNAMED = (errno.EOPNOTSUPP, errno.EISDIR)  # EISDIR: kernels and file systems that do not know O_TMPFILE
_NOT_HERE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StoreFull(SitrError):
    """There is no room to write; nothing was changed and nothing half-written stays."""

    http_status: ClassVar[int] = 507


class EarlyWriter:
    """Passes on to a file, and has the system write it to the disk meanwhile: else the sync at the end waits for it
    all, which was a third of a second for half a gigabyte.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = self._begun = 0

    def write(self, data: Piece, /) -> int:
        """Pass on all of `data`."""
        self._file.write(data)
        self._written += len(data)
        if self._written - self._begun >= _EARLY:
            self._begin()
        return len(data)

    def _begin(self) -> None:
        self._file.flush()
        # "Not needed" starts the writing and waits for nothing; what is not on the disk yet stays in the cache.
        os.posix_fadvise(self._file.fileno(), self._begun, self._written - self._begun, os.POSIX_FADV_DONTNEED)
        self._begun = self._written


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes the name `target` (mode 0600) only when the block ends well.

    Raises StoreFull `vault.disk_full` when there is no room; whatever is raised, nothing stays behind.
    """
    part = target.with_name(target.name + PART)
    with named_full(), _opened(part, os.O_CREAT | os.O_EXCL) as file:
        try:
            yield file
            _synced(file)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    sync_folder(target.parent)


@contextmanager
def written_unseen(target: Path) -> Iterator[BinaryIO]:
    """The same for content in clear: until it is whole it has no name at all, so a killed process leaves nothing.

    Where the file system has no unnamed files it is written beside, as in `written_whole`. Raises BadInput
    `vault.cannot_write` when nothing can be written there, StoreFull `vault.disk_full`.
    """
    with named_unwritable(), named_full():
        try:
            file = _opened(target.parent, os.O_TMPFILE)
        except OSError as error:
            if error.errno not in _NO_UNNAMED:
                raise
            with written_whole(target) as beside:
                yield beside
            return
        with file:
            yield file
            _synced(file)
            _give_name(file, target)
        sync_folder(target.parent)


@contextmanager
def named_full() -> Iterator[None]:
    """Turn the system's ways of saying "no room" into StoreFull `vault.disk_full`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull("vault.disk_full") from None
        raise


@contextmanager
def named_unwritable() -> Iterator[None]:
    """Turn the system's ways of saying "not here" into BadInput `vault.cannot_write`."""
    try:
        yield
    except OSError as error:
        if error.errno in _NOT_HERE:
            raise BadInput("vault.cannot_write") from None
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


def _opened(path: Path, how: int) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_NOFOLLOW | how, 0o600), "wb", buffering=_BUFFER)


def _synced(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _give_name(file: BinaryIO, target: Path) -> None:
    """Link the unnamed file. A link cannot replace an existing file, so then it is linked beside and renamed."""
    unnamed = Path("/proc/self/fd") / str(file.fileno())
    try:
        _link_followed(unnamed, target)
    except FileExistsError:
        part = target.with_name(target.name + PART)
        _link_followed(unnamed, part)
        try:
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _link_followed(source: Path, target: Path) -> None:
    # Python follows the link in /proc only when a folder handle is given as well; alone, link(2) does not.
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.link(source, target.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
    finally:
        os.close(folder)
