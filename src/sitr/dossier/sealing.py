"""Sealing the finished stream with age, to people's keys or to a phrase, and opening it again.

Streams only: nothing here holds a dossier whole. Keys are age's X25519; what a phrase is and how age's passphrase
format is written is in `phrase`.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import pyrage
from pyrage import x25519

from sitr.dossier.phrase import is_for_phrase, looks_generated, open_with_phrase, tidy_phrase
from sitr.errors import BadInput, Damaged, Locked

MAGIC = b"age-encryption.org/v1\n"
_SECRET_KEY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")
_READ = 1 << 20


class ChunkReader:
    """An iterator of chunks as something that can be read; what the iterator raises is kept for the caller.

    pyrage turns an error of its source into one of its own; `error` holds the original.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = memoryview(b"")
        self.error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; none at the end."""
        try:
            while not self._held:
                self._held = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except Exception as error:  # kept whole and raised again by whoever called age
            self.error = error
            raise
        part = self._held if size < 0 else self._held[:size]
        self._held = self._held[len(part) :]
        return bytes(part)


def recipients(publics: Sequence[str]) -> list[x25519.Recipient]:
    """The keys of these spellings (`age1...`). Raises BadInput `dossier.bad_recipient`."""
    try:
        return [x25519.Recipient.from_str(public.strip()) for public in publics]
    except pyrage.RecipientError:
        raise BadInput("dossier.bad_recipient") from None


def seal_to_keys(source: Iterator[bytes], target: BinaryIO, keys: Sequence[x25519.Recipient]) -> None:
    """Write the chunks of `source` to `target` as an age file for `keys`. What they raise comes out as it was."""
    reader, writer = ChunkReader(source), _Writer(target)
    try:
        pyrage.encrypt_io(reader, writer, keys)
    except (pyrage.EncryptError, OSError):
        if reader.error is not None:
            raise reader.error from None
        if writer.error is not None:
            raise writer.error from None
        raise


def read_identities(text: str) -> list[x25519.Identity]:
    """The secret keys in a key file (as `age-keygen` writes it, comments and all). Raises BadInput `dossier.no_key`."""
    found = _SECRET_KEY.findall(text)
    try:
        keys = [x25519.Identity.from_str(key) for key in found]
    except pyrage.IdentityError:
        keys = []
    if not keys:
        raise BadInput("dossier.no_key")
    return keys


def unseal(source: Path, target: Path, identity: str | None, phrase: str | None) -> None:
    """Open the age file `source` into `target`, with a key file's text or a phrase, whichever it needs.

    `target` is whole only when this returns. Raises Locked `dossier.key_needed` or `dossier.wrong_key`, Damaged
    `dossier.seal_broken` with the byte near which it broke.
    """
    with source.open("rb") as file, target.open("wb") as out:
        by_phrase = is_for_phrase(file.read(64))
        file.seek(0)
        if by_phrase:
            _open_by_phrase(file, out, phrase)
        else:
            _open_by_key(file, out, identity)


def _open_by_phrase(file: BinaryIO, out: BinaryIO, phrase: str | None) -> None:
    if phrase is None:
        raise Locked("dossier.phrase_needed")
    for chunk in open_with_phrase(file, tidy_phrase(phrase) if looks_generated(phrase) else phrase):
        out.write(chunk)


def _open_by_key(file: BinaryIO, out: BinaryIO, identity: str | None) -> None:
    if identity is None:
        raise Locked("dossier.key_needed")
    writer = _Writer(out)
    try:
        pyrage.decrypt_io(file, writer, read_identities(identity))
    except (pyrage.DecryptError, OSError) as error:  # age says a broken chunk by an OSError of its own
        if writer.error is not None:
            raise writer.error from None
        if "No matching keys" in str(error):
            raise Locked("dossier.wrong_key") from None
        raise Damaged("dossier.seal_broken", at=out.tell()) from None


class _Writer:
    """Keeps an error of the disk apart from age's own, which come under the same name."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return self._out.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        """Nothing: whoever opened the file closes it."""
