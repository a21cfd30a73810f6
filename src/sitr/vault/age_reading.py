"""age files read by our own hand: header, X25519 stanzas, payload. For files only; small values go through pyrage.

The format is age-encryption.org/v1 (C2SP `age.md`). pyrage takes 1.8 s of a processor for a GiB, this 0.7; the tests
hold it against pyrage, on whole files and on damaged ones. Here belongs only reading with a key; writing is in
`age_format`, passphrases are in the dossier's room.
"""

import base64
import hmac
import io
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sitr.errors import Damaged
from sitr.vault.age_format import (
    CHUNK,
    FILE_KEY_BYTES,
    INTRO,
    NONCE_BYTES,
    TAG,
    X25519_LABEL,
    b64,
    chunk_nonce,
    hkdf,
    mac,
    payload_cipher,
)

_LONGEST_HEADER = 65_536
_AT_ONCE = 4  # chunks: what lies in a cache of a processor; a megabyte took a sixth longer
_SEALED = CHUNK + TAG
_STANZA = re.compile(rb"-> ([!-~]+(?: [!-~]+)*)\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)")
_MAC = re.compile(rb"--- ([A-Za-z0-9+/]{43})\n")


def opened(source: BinaryIO, secret: bytes) -> Iterator[memoryview]:
    """What an age file holds, a quarter of a megabyte at a time, each chunk verified before it is given; the whole file
    only when the iterator has ended. A piece is good until the next one is asked for: it is written over.

    `source` is seekable and is read from where it stands to its end; `secret` are the 32 bytes of an X25519 key.
    Raises Damaged `vault.wrong_key` (also for an altered key line, which cannot be told from one), `vault.truncated`,
    `vault.altered`.
    """
    start = source.tell()
    length = source.seek(0, os.SEEK_END) - start
    source.seek(start)
    head = source.read(min(length, _LONGEST_HEADER))
    file_key, used = _file_key(head, secret)
    nonce = head[used : used + NONCE_BYTES]
    if len(nonce) < NONCE_BYTES:
        raise Damaged("vault.truncated")
    source.seek(start + used + NONCE_BYTES)
    yield from _chunks(source, payload_cipher(file_key, nonce), length - used - NONCE_BYTES)


# --- header -----------------------------------------------------------------------------------------------------------


def _file_key(head: bytes, secret: bytes) -> tuple[bytes, int]:
    """The file key, and the length of the header."""
    if not head.startswith(INTRO):
        raise _cut_or_altered(INTRO.startswith(head))
    stanzas, at = [], len(INTRO)
    while found := _STANZA.match(head, at):
        stanzas.append((found[1].split(b" "), _unb64(found[2].replace(b"\n", b""))))
        at = found.end()
    end = _MAC.match(head, at)
    if end is None or not stanzas:
        raise _cut_or_altered(b"\n--- " not in head[at - 1 :] or at + len(b"--- ") + 43 >= len(head))
    file_key = next((key for name, body in stanzas if (key := _unwrapped(name, body, secret))), None)
    if file_key is None:
        raise Damaged("vault.wrong_key")
    if not hmac.compare_digest(mac(file_key, head[: at + 3]), _unb64(end[1])):
        raise Damaged("vault.altered")
    return file_key, end.end()


def _unwrapped(name: list[bytes], body: bytes, secret: bytes) -> bytes | None:
    """The file key in a stanza that is for this key; None for anybody else's, and for other kinds of stanza."""
    if name[0] != b"X25519":
        return None
    share = _unb64(name[1]) if len(name) == 2 else b""
    if len(share) != 32 or len(body) != FILE_KEY_BYTES + TAG:
        raise Damaged("vault.altered")
    private = X25519PrivateKey.from_private_bytes(secret)
    try:
        agreed = private.exchange(X25519PublicKey.from_public_bytes(share))
        wrapping = hkdf(agreed, share + private.public_key().public_bytes_raw(), X25519_LABEL)
        return ChaCha20Poly1305(wrapping).decrypt(bytes(12), body, None)
    except (InvalidTag, ValueError):  # ValueError: a share of small order, with which anybody could have sealed
        return None


def _unb64(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise Damaged("vault.altered") from None
    if b64(data) != text:  # a second spelling of the same bytes
        raise Damaged("vault.altered")
    return data


def _cut_or_altered(cut: bool) -> Damaged:
    return Damaged("vault.truncated" if cut else "vault.altered")


# --- payload ----------------------------------------------------------------------------------------------------------


def _chunks(source: BinaryIO, cipher: ChaCha20Poly1305, length: int) -> Iterator[memoryview]:
    count = max(1, -(-length // _SEALED))  # an empty file has an empty chunk; none at all is a cut
    if length - (count - 1) * _SEALED < TAG:  # no chunk is shorter than its tag
        raise Damaged("vault.truncated")
    size = min(_AT_ONCE, count)
    sealed, clear = memoryview(bytearray(size * _SEALED)), memoryview(bytearray(size * CHUNK))
    for first in range(0, count, _AT_ONCE):
        taken = _filled(source, sealed[: min(size * _SEALED, length - first * _SEALED)])
        done = 0
        for place in range(-(-len(taken) // _SEALED)):
            chunk = taken[place * _SEALED : (place + 1) * _SEALED]
            number, room = first + place, clear[done : done + len(chunk) - TAG]
            _open_chunk(cipher, number, chunk, room, last=number == count - 1)
            done += len(room)
        yield clear[:done]


def _open_chunk(cipher: ChaCha20Poly1305, number: int, chunk: memoryview, room: memoryview, *, last: bool) -> None:
    if last and not room and number:  # only an empty whole ends with an empty chunk
        raise Damaged("vault.altered")
    try:
        cipher.decrypt_into(chunk_nonce(number, last=last), chunk, None, room)
    except InvalidTag:
        raise _cut_or_altered(last and _is_inner(cipher, number, chunk)) from None


def _is_inner(cipher: ChaCha20Poly1305, number: int, chunk: memoryview) -> bool:
    """Whether what stands last was not written as the last: then the file was cut between two chunks."""
    try:
        cipher.decrypt(chunk_nonce(number, last=False), chunk, None)
    except InvalidTag:
        return False
    return True


def _filled(source: BinaryIO, room: memoryview) -> memoryview:
    """`room` full of the next bytes; Damaged when the file grew shorter while it was read."""
    at = 0
    while at < len(room):
        taken = _read_into(source, room[at:])
        if not taken:
            raise Damaged("vault.truncated")
        at += taken
    return room


def _read_into(source: BinaryIO, room: memoryview) -> int:
    if isinstance(source, io.BufferedIOBase | io.RawIOBase):  # files: without a copy between
        return source.readinto(room) or 0
    piece = source.read(len(room))
    room[: len(piece)] = piece
    return len(piece)
