"""Sealing and opening streams of any size in constant memory, and checking before handing on.

`seal_stream` and `open_stream` are plain age files, as other programs read them (exports, dossiers). What the vault
keeps for itself goes through `blobs.py`, which adds place and padding.
"""

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from sitr.errors import SitrError
from sitr.vault import age
from sitr.vault.hashing import HashBeside
from sitr.vault.identities import Identity
from sitr.vault.pieces import Piece, Reader, Writer

_PIECES_AHEAD = 8  # of a quarter of a megabyte, as `age` hands them on
_PIECE = 65_536


@dataclass(frozen=True)
class Sealed:
    """An encrypted stream as it was written: SHA-256 and length in bytes of the ciphertext."""

    sha256: bytes
    length: int


class DigestingWriter:
    """Passes everything on to a target and knows its SHA-256 and length. What is written must not change soon: see
    `HashBeside.update`."""

    def __init__(self, target: Writer) -> None:
        self._target = target
        self._digest = HashBeside()
        self._length = 0

    @property
    def sealed(self) -> Sealed:
        """What has been written so far."""
        return Sealed(self._digest.digest(), self._length)

    def write(self, data: Piece, /) -> int:
        """Pass on all of `data`."""
        self._target.write(data)
        self._digest.update(data)
        self._length += len(data)
        return len(data)


def seal_stream(source: Reader, target: Writer, publics: Sequence[str]) -> Sealed:
    """Write `source` as an age file for all of these public keys. The caller makes the target durable.

    Raises BadInput `vault.not_a_key`, and whatever source and target raise.
    """
    writer = DigestingWriter(target)
    age.encrypt_stream(source, writer, publics)
    return writer.sealed


def open_stream(source: BinaryIO, target: Writer, identity: Identity) -> int:
    """Write what an age file holds; gives its length in bytes.

    `source` must be seekable: it is read twice, and nothing reaches `target` before its last chunk has been verified.
    Raises Damaged: `vault.wrong_key`, `vault.truncated`, `vault.altered`.
    """
    start = source.tell()
    checked = _Nowhere()
    age.decrypt_stream(source, checked, identity)
    source.seek(start, os.SEEK_SET)
    age.decrypt_stream(source, target, identity)
    return checked.length


class _Nowhere:
    def __init__(self) -> None:
        self.length = 0

    def write(self, data: Piece, /) -> int:
        self.length += len(data)
        return len(data)


class _LeftError(OSError):
    """Whoever was reading has gone: the writing thread ends."""


def pulled(push: Callable[[Writer], None]) -> Iterator[bytes]:
    """What `push` writes, as pieces of 64 KiB and more to iterate over, a bounded number of them ahead.

    age pushes and web servers pull; a thread stands between them. It ends when the iterator is closed or dropped.
    """
    pieces: queue.Queue[bytes | BaseException | None] = queue.Queue(_PIECES_AHEAD)
    left = threading.Event()
    thread = threading.Thread(target=_push_all, args=(push, pieces, left), name="sitr-open", daemon=True)
    thread.start()
    try:
        while (piece := pieces.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            yield piece
    finally:
        left.set()
        while thread.is_alive():
            _drain(pieces)
            thread.join(0.01)


def _push_all(
    push: Callable[[Writer], None], pieces: "queue.Queue[bytes | BaseException | None]", left: threading.Event
) -> None:
    writer = _QueueWriter(pieces, left)
    try:
        push(writer)
        writer.flush()
    except _LeftError:
        return
    except (SitrError, OSError) as error:
        pieces.put(error)
    else:
        pieces.put(None)


def _drain(pieces: "queue.Queue[bytes | BaseException | None]") -> None:
    while not pieces.empty():
        pieces.get_nowait()


class _QueueWriter:
    def __init__(self, pieces: "queue.Queue[bytes | BaseException | None]", left: threading.Event) -> None:
        self._pieces = pieces
        self._left = left
        self._gathered: list[bytes] = []
        self._size = 0

    def write(self, data: Piece, /) -> int:
        if self._left.is_set():
            raise _LeftError
        self._gathered.append(bytes(data))
        self._size += len(data)
        if self._size >= _PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        if self._gathered:
            self._pieces.put(b"".join(self._gathered))
        self._gathered, self._size = [], 0
