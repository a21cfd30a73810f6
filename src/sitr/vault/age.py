"""What the vault asks of age: values of pyrage, files of `age_format` and `age_reading`; and what failures mean.

Format: age-encryption.org/v1, X25519 recipients. age makes its own file keys and nonces from the system's generator;
these are never handed in, because a weak one would undo everything.
"""

from collections.abc import Sequence
from typing import BinaryIO

import pyrage
from pyrage import x25519

from sitr.errors import BadInput, Damaged
from sitr.vault import age_format, age_reading
from sitr.vault.age_format import PayloadWriter
from sitr.vault.identities import Identity
from sitr.vault.pieces import Reader, Writer

_WRONG_KEY = "No matching keys found"
_MAC_LINE = len("--- ") + 43 + len("\n")
_NONCE, _CHUNK, _TAG = age_format.NONCE_BYTES, age_format.CHUNK, age_format.TAG
_AT_ONCE = 1 << 19
_CUT = ("truncated", "fill whole buffer", "Incomplete header", "unexpected end", "early eof")


def encrypt(plain: bytes, publics: Sequence[str]) -> bytes:
    """An age file for all of these public keys. Raises BadInput `vault.not_a_key`."""
    return bytes(pyrage.encrypt(plain, _recipients(publics)))


def decrypt(sealed: bytes, identity: Identity) -> bytes:
    """What an age file holds; Damaged as in `meaning`."""
    try:
        return bytes(pyrage.decrypt(sealed, [identity.age_identity()]))
    except pyrage.DecryptError as error:
        raise meaning(error) from None


def encrypt_stream(source: Reader, target: Writer, publics: Sequence[str]) -> None:
    """Encrypt in constant memory. What `source` or `target` raises comes out as it was raised. Raises BadInput
    `vault.not_a_key`.
    """
    sealing = begin(target, publics)
    while piece := source.read(_AT_ONCE):
        sealing.write(piece)
    sealing.finish()


def begin(target: Writer, publics: Sequence[str]) -> PayloadWriter:
    """An age file for all of these public keys, begun: what is written to it comes out sealed, after `finish` whole.

    Raises BadInput `vault.not_a_key`.
    """
    _recipients(publics)
    file_key, nonce = age_format.new_file_key(), age_format.new_nonce()
    try:
        stanzas = [age_format.key_stanza(file_key, public) for public in publics]
    except ValueError:  # a point that is no key: whoever sealed to it would seal to everybody
        raise BadInput("vault.not_a_key") from None
    target.write(age_format.header(file_key, stanzas) + nonce)
    return PayloadWriter(target, file_key, nonce)


def decrypt_stream(source: BinaryIO, target: Writer, identity: Identity) -> None:
    """Decrypt in constant memory, each chunk verified before it is written, the end only when all has been read.

    `target` is done with a piece when its `write` returns: the pieces are written over. Raises Damaged as
    `age_reading.opened`. What `source` or `target` raises comes out as it was raised.
    """
    for piece in age_reading.opened(source, identity.key()):
        if piece:
            target.write(piece)


def meaning(error: Exception) -> Damaged:
    """age's words as ours: `vault.wrong_key`, `vault.truncated` or `vault.altered`.

    age cannot tell a wrong key from a header whose key line was altered; both read as wrong key. A cut inside a chunk
    fails like an altered one; the caller, who knows which lengths are possible, tells them apart.
    """
    words = str(error)
    if _WRONG_KEY in words:
        return Damaged("vault.wrong_key")
    return Damaged("vault.truncated" if any(cut in words for cut in _CUT) else "vault.altered")


def inner_length(start: bytes, length: int) -> int | None:
    """How many bytes a whole age file of `length` bytes holds, told from its beginning; None without a whole header."""
    mark = start.find(b"\n--- ")
    if mark < 0 or len(start) <= mark + _MAC_LINE:
        return None
    payload = length - (mark + 1 + _MAC_LINE) - _NONCE
    chunks = -(-payload // (_CHUNK + _TAG))
    return payload - _TAG * chunks


def _recipients(publics: Sequence[str]) -> list[x25519.Recipient]:
    if not publics:
        raise BadInput("vault.not_a_key")
    try:
        return [x25519.Recipient.from_str(public) for public in publics]
    except pyrage.RecipientError:
        raise BadInput("vault.not_a_key") from None
