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
from sitr.vault import age
from sitr.vault.pieces import Writer

MAGIC = b"age-encryption.org/v1\n"
_SECRET_KEY = re.compile(r"AGE-SECRET-KEY-1[0-9A-Z]{58}")


def recipients(publics: Sequence[str]) -> list[str]:
    """These spellings (`age1...`) without blanks, each of them a key. Raises BadInput `dossier.bad_recipient`."""
    tidy = [public.strip() for public in publics]
    try:
        for public in tidy:
            x25519.Recipient.from_str(public)
    except pyrage.RecipientError:
        raise BadInput("dossier.bad_recipient") from None
    return tidy


def seal_to_keys(source: Iterator[bytes], target: Writer, keys: Sequence[str]) -> None:
    """Write the chunks of `source` to `target` as an age file for `keys`. What they raise comes out as it was."""
    sealing = age.begin(target, keys)
    for chunk in source:
        sealing.write(chunk)
    sealing.finish()


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
