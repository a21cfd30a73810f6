"""Checkpoints: the signed head of a case's tree, as a C2SP signed note (tlog-checkpoint), and the key that signs it.

Here belong the installation's Ed25519 key and the text of a checkpoint. Not here: stamping it (`authorities`) and
checking it against the lines (`verifier`).
"""

import base64
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from sitr.errors import BadInput, Damaged
from sitr.journal import verifier
from sitr.journal.verifier import Checkpoint

_NAME = re.compile(r"[^\s+\x00-\x1f]+")


class Signer:
    """The installation's Ed25519 key. It stands outside database and backups."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The key in the PEM file `path` (PKCS 8), made there with mode 0600 when there is none.

        Two processes that start together get the same key: the file appears whole or not at all, and the first wins.
        Raises Damaged when the file holds something else; it is left as it is.
        """
        if not path.exists():
            _write_once(path, Ed25519PrivateKey.generate())
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Damaged("journal.signer_file_malformed") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise Damaged("journal.signer_file_malformed")
        return cls(key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message` (RFC 8032)."""
        return self._key.sign(message)

    def public_pem(self) -> bytes:
        """The public key as `openssl pkeyutl -pubin -inkey` reads it."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def key_id(self, name: str) -> bytes:
        """The four bytes that stand for this key under this name in a signature line."""
        return verifier.key_id(name, self.public)

    def verifier_key(self, name: str) -> str:
        """`name+hex(key id)+base64(0x01 || key)`: how tools for signed notes take a key."""
        key = base64.b64encode(b"\x01" + self.public).decode()
        return f"{name}+{self.key_id(name).hex()}+{key}"


def sign_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> str:
    """The checkpoint of a tree: origin, size, base64 root, an empty line, one signature line with an em dash.

    `origin` names the log (a random id; nothing that leads to a person) and is the key's name in the signature line.
    Raises BadInput when origin holds a space, a plus or a control character, or when the root is not 32 bytes.
    """
    if not _NAME.fullmatch(origin) or size < 0 or len(root) != 32:
        raise BadInput("journal.bad_checkpoint")
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    mark = base64.b64encode(signer.key_id(origin) + signer.sign(body.encode())).decode()
    return f"{body}\n— {origin} {mark}\n"


def read_checkpoint(note: str | bytes) -> Checkpoint:
    """The parts of a checkpoint; its signatures are read, not checked. Raises Damaged."""
    try:
        return verifier.read_checkpoint(note.encode() if isinstance(note, str) else note)
    except verifier.MalformedError as error:
        raise Damaged("journal.checkpoint_malformed", part=error.part) from error


def checkpoint_digest(note: str) -> bytes:
    """What a time authority stamps: the SHA-256 of the whole checkpoint, as `sha256sum journal/checkpoint` gives it."""
    return hashlib.sha256(note.encode()).digest()


def _write_once(path: Path, key: Ed25519PrivateKey) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".signer-")  # mkstemp gives mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)  # unlike rename, a link never replaces a key that another process just made
        except FileExistsError:
            return
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    finally:
        Path(name).unlink()
