"""age files written by our own hand: header, X25519 stanzas, payload. For files only; small values go through pyrage.

The format is age-encryption.org/v1 (C2SP `age.md`); the tests open what this writes with pyrage and with the `age`
program. pyrage is asked for 8 KiB at a time and needs 1.8 s of a processor for a GiB, OpenSSL 0.65. Here belongs only
writing with a key; reading is in `age_reading`, passphrases are in the dossier's room.
"""

import base64
import hmac
from collections.abc import Sequence
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sitr.vault import bech32
from sitr.vault.pieces import PIECES_KEPT, Piece, Writer

INTRO = b"age-encryption.org/v1\n"
CHUNK, TAG = 64 * 1024, 16
NONCE_BYTES = 16
FILE_KEY_BYTES = 16
X25519_LABEL = b"age-encryption.org/v1/X25519"
_AT_ONCE = 16  # chunks handed on in one piece: a megabyte. Smaller ones cost more in handing over than they save
_PIECE = _AT_ONCE * (CHUNK + TAG)


def new_file_key() -> bytes:
    """A fresh file key. From the library's generator on purpose: a caller's weak bytes would undo everything."""
    return ChaCha20Poly1305.generate_key()[:FILE_KEY_BYTES]


def new_nonce() -> bytes:
    """A fresh nonce of a payload, from where the file key is from."""
    return ChaCha20Poly1305.generate_key()[:NONCE_BYTES]


def key_stanza(file_key: bytes, public: str) -> bytes:
    """The lines that let the holder of one X25519 key find the file key. `public` is `age1...`, checked before."""
    recipient = bech32.decode(public)
    once = X25519PrivateKey.generate()
    share = once.public_key().public_bytes_raw()
    secret = once.exchange(X25519PublicKey.from_public_bytes(recipient))
    wrapping = hkdf(secret, share + recipient, X25519_LABEL)
    wrapped = ChaCha20Poly1305(wrapping).encrypt(bytes(12), file_key, None)
    return b"-> X25519 %s\n%s\n" % (b64(share), b64(wrapped))


def header(file_key: bytes, stanzas: Sequence[bytes]) -> bytes:
    """The whole header, with its MAC; the payload's nonce comes next."""
    head = INTRO + b"".join(stanzas) + b"---"
    return head + b" " + b64(mac(file_key, head)) + b"\n"


def mac(file_key: bytes, head: bytes) -> bytes:
    """The MAC over a header up to and with its three dashes."""
    return hmac.new(hkdf(file_key, b"", b"header"), head, sha256).digest()


def payload_cipher(file_key: bytes, nonce: bytes) -> ChaCha20Poly1305:
    """What seals and opens the chunks of one file."""
    return ChaCha20Poly1305(hkdf(file_key, nonce, b"payload"))


def chunk_nonce(number: int, *, last: bool) -> bytes:
    """The nonce of one chunk: its number, and whether it is the last, so that a cut is seen."""
    return number.to_bytes(11, "big") + bytes([last])


class PayloadWriter:
    """Seals what is written to it and hands it to `target`, a megabyte at a time. `finish` writes the end.

    It seals into a few buffers that go round: fresh memory for each piece took a sixth more time.
    """

    def __init__(self, target: Writer, file_key: bytes, nonce: bytes) -> None:
        self._target = target
        self._cipher = payload_cipher(file_key, nonce)
        self._number = 0
        self._held = b""  # never more than a chunk, and only an empty whole ends with an empty one
        self._buffers: list[memoryview] = []  # made as they are needed: most files are small
        self._turn = 0
        self._filled = 0

    def write(self, data: Piece, /) -> int:
        """Take in the next bytes."""
        view, at = memoryview(data), 0
        if len(self._held) + len(view) <= CHUNK:
            self._held += bytes(view)
            return len(data)
        if self._held:
            at = CHUNK - len(self._held)
            self._seal(self._held + bytes(view[:at]), last=False)
        while len(view) - at > CHUNK:
            self._seal(view[at : at + CHUNK], last=False)
            at += CHUNK
        self._held = bytes(view[at:])
        return len(data)

    def finish(self) -> None:
        """Write the last chunk. Nothing can be added afterwards."""
        self._seal(self._held, last=True)
        self._held = b""
        self._hand_on()

    def _seal(self, chunk: bytes | memoryview, *, last: bool) -> None:
        ends = self._filled + len(chunk) + TAG
        room = self._buffer()[self._filled : ends]
        self._cipher.encrypt_into(chunk_nonce(self._number, last=last), chunk, None, room)
        self._number, self._filled = self._number + 1, ends
        if ends == _PIECE:
            self._hand_on()

    def _buffer(self) -> memoryview:
        if self._turn == len(self._buffers):
            self._buffers.append(memoryview(bytearray(_PIECE)))
        return self._buffers[self._turn]

    def _hand_on(self) -> None:
        if self._filled:
            self._target.write(self._buffer()[: self._filled])
            self._turn, self._filled = (self._turn + 1) % (PIECES_KEPT + 1), 0


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 to 32 bytes, as age derives all its keys."""
    return HKDF(SHA256(), 32, salt, info).derive(key)


def b64(data: bytes) -> bytes:
    """Base64 without its padding, as age writes it."""
    return base64.b64encode(data).rstrip(b"=")
