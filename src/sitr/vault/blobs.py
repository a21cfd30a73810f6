"""The store of sealed files: a port, and the one that keeps them in a local folder.

A stored file tells nobody what it is: a random 128-bit name, a padded size, one date. What it holds, to which cell it
belongs and how long it truly is are inside. An object store is another adapter of the same port.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from sitr.errors import BadInput, Damaged, NotFound
from sitr.vault import age, files
from sitr.vault.framing import Content, ContentOnce, ContentWindow, FrameChecker, FramedReader
from sitr.vault.identities import Identity
from sitr.vault.padding import file_size
from sitr.vault.pieces import Reader, Writer
from sitr.vault.places import Place
from sitr.vault.streams import DigestingWriter, pulled

_NAME = re.compile(r"[0-9a-f]{32}")
_HEADER_AT_MOST = 65_536


@dataclass(frozen=True)
class StoredBlob:
    """A file as it was stored.

    `name`, `sha256` (of the ciphertext) and `padded` (bytes as stored) may stand in clear; `length` (bytes) and
    `content_sha256` tell about the content and belong into sealed payloads only, so they are not printed.
    """

    name: str
    sha256: bytes
    padded: int
    length: int = field(repr=False)
    content_sha256: bytes = field(repr=False)


class BlobStore(Protocol):
    """Where sealed files are kept. The same tests run on every store."""

    def put(self, source: Reader, place: Place, public: str) -> StoredBlob:
        """Seal and store everything that `source` gives, in constant memory; durable on return."""
        ...

    def verify(self, name: str, place: Place, identity: Identity) -> Content:
        """Read the whole file, hand on nothing; raises Damaged or NotFound."""
        ...

    def read(self, name: str, place: Place, identity: Identity) -> Iterator[bytes]:
        """The content in pieces, the first of them only after the last chunk has been verified."""
        ...

    def once(self, name: str, place: Place, identity: Identity, content: Content) -> Iterator[bytes]:
        """The content in pieces in a single pass: each authentic by itself, the whole only when the iterator has ended.

        For whoever throws away what it made when this raises. `content` is what the row says of the file. That the
        bytes have its digest is for the taker to find, who digests them anyway.
        """
        ...

    def export(self, name: str, place: Place, identity: Identity, target: Path) -> Content:
        """Write the content to `target`, which gets its name only when whole."""
        ...

    def delete(self, name: str) -> bool:
        """Remove it for good; False when it was not there, so that an interrupted erasure can be repeated."""
        ...

    def names(self) -> Iterator[str]:
        """The names of all whole files."""
        ...

    def written_before(self, name: str, moment: datetime) -> bool:
        """Whether that file was finished before `moment`; False for one that is not there."""
        ...

    def sweep_parts(self, before: datetime) -> int:
        """Remove what interrupted writes left before that moment; gives the number."""
        ...


class FolderBlobs:
    """Sealed files in one local folder of mode 0700. `random_bytes` gives their names."""

    def __init__(self, root: Path, random_bytes: Callable[[int], bytes]) -> None:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._root = root
        self._random_bytes = random_bytes

    def put(self, source: Reader, place: Place, public: str) -> StoredBlob:
        """As in `BlobStore`. Raises StoreFull `vault.disk_full`, BadInput `vault.not_a_key`; then nothing stays."""
        name = self._random_bytes(16).hex()
        framed = FramedReader(source, place)
        with files.written_whole(self._path(name)) as file:
            writer = DigestingWriter(files.EarlyWriter(file))
            age.encrypt_stream(framed, writer, [public])
        sealed, content = writer.sealed, framed.content
        return StoredBlob(name, sealed.sha256, sealed.length, content.length, content.sha256)

    def verify(self, name: str, place: Place, identity: Identity) -> Content:
        """The true length and digest of a file found whole.

        Raises NotFound `vault.no_blob`; Damaged `vault.wrong_key`, `vault.wrong_place`, `vault.truncated`,
        `vault.altered`.
        """
        with self._open(name) as file:
            return _verified(file, place, identity)

    def read(self, name: str, place: Place, identity: Identity) -> Iterator[bytes]:
        """As in `BlobStore`; verified before this returns. Close the iterator when leaving early."""
        file = self._open(name)
        try:
            content = _verified(file, place, identity)
        except BaseException:
            file.close()
            raise
        pieces = _pieces(file, place, identity, content)
        next(pieces)  # started, so that dropping it unread closes the file as well
        return pieces

    def once(self, name: str, place: Place, identity: Identity, content: Content) -> Iterator[bytes]:
        """As in `BlobStore`; raises as `verify`, on the way or at the end. Close the iterator when leaving early."""
        return _in_one_pass(self._open(name), place, identity, content)

    def export(self, name: str, place: Place, identity: Identity, target: Path) -> Content:
        """As in `BlobStore`: verified first; replaces an existing `target`.

        Raises as `verify`, and StoreFull `vault.disk_full`, BadInput `vault.cannot_write`.
        """
        with self._open(name) as file:
            content = _verified(file, place, identity)
            with files.written_unseen(target) as out:
                _open_content(file, place, identity, content, files.EarlyWriter(out))
        return content

    def delete(self, name: str) -> bool:
        """As in `BlobStore`; the removal is on disk when this returns."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        files.sync_folder(self._root)
        return True

    def names(self) -> Iterator[str]:
        """As in `BlobStore`; leftovers of interrupted writes are not listed."""
        return (path.name for path in self._root.iterdir() if _NAME.fullmatch(path.name))

    def written_before(self, name: str, moment: datetime) -> bool:
        """As BlobStore."""
        try:
            return self._path(name).stat().st_mtime < moment.timestamp()
        except FileNotFoundError:
            return False

    def sweep_parts(self, before: datetime) -> int:
        """As in `BlobStore`."""
        return files.sweep_parts(self._root, before, ours=lambda name: _NAME.fullmatch(name) is not None)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadInput("vault.blob_name")
        return self._root / name

    def _open(self, name: str) -> BinaryIO:
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise NotFound("vault.no_blob") from None


def _verified(file: BinaryIO, place: Place, identity: Identity) -> Content:
    checker = FrameChecker(place)
    try:
        age.decrypt_stream(file, checker, identity)
    except Damaged as error:
        raise _named_by_length(error, file) from None
    return checker.finish()


def _named_by_length(error: Damaged, file: BinaryIO) -> Damaged:
    """A cut inside a chunk looks altered to age; but only Padme's lengths are possible, and any other was cut."""
    if error.code != "vault.altered":
        return error
    length = file.seek(0, 2)
    file.seek(0)
    inner = age.inner_length(file.read(_HEADER_AT_MOST), length)
    cut = inner is not None and inner != file_size(inner)
    return Damaged("vault.truncated") if cut else error


def _open_content(file: BinaryIO, place: Place, identity: Identity, content: Content, out: Writer) -> None:
    file.seek(0)
    age.decrypt_stream(file, ContentWindow(out, place, content.length), identity)


def _pieces(file: BinaryIO, place: Place, identity: Identity, content: Content) -> Iterator[bytes]:
    with file:
        yield b""
        yield from pulled(lambda out: _open_content(file, place, identity, content, out))


def _in_one_pass(file: BinaryIO, place: Place, identity: Identity, content: Content) -> Iterator[bytes]:
    def push(out: Writer) -> None:
        taken = ContentOnce(out, place, content)
        try:
            age.decrypt_stream(file, taken, identity)
        except Damaged as error:
            raise _named_by_length(error, file) from None
        taken.finish()

    with file:
        yield from pulled(push)
