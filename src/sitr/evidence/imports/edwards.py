"""DKIM with an Ed25519 key (RFC 8463): dkimpy does all but this one verification, for which it wants a library that we
have no other use for. It is loaded only when a mail is judged.
"""

import base64
from typing import Any

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from dkim.util import parse_tag_value

_ALGORITHM = b"ed25519-sha256"


class Judge(dkim.DKIM):  # type: ignore[misc]  # dkimpy has no types
    """dkimpy's judge of one mail. It raises and returns what dkimpy does."""

    def verify_sig(self, sig: dict[bytes, bytes], include_headers: list[bytes], sig_header: Any, dnsfunc: Any) -> bool:
        """The key decides which way: a signature of another kind than its key does not hold (RFC 8463, 3)."""
        record = dnsfunc(sig[b"s"] + b"._domainkey." + sig[b"d"] + b".", timeout=self.timeout)
        tags = _tags(record)
        if tags.get(b"k") != b"ed25519" and sig[b"a"] != _ALGORITHM:
            return bool(super().verify_sig(sig, include_headers, sig_header, lambda _name, **_settings: record))
        if tags.get(b"k") != b"ed25519" or sig[b"a"] != _ALGORITHM or tags.get(b"v", b"DKIM1") != b"DKIM1":
            return False
        key = _Key(base64.b64decode(tags.get(b"p", b"")))
        self.pk, self.keysize, self.ktag, self.seqtlsrpt = key, 256, b"ed25519", tags.get(b"s") == b"tlsrpt"
        return bool(self.verify_sig_process(sig, include_headers, sig_header, dnsfunc)) and key.held


class _Key:
    """As dkimpy asks a key. It must not raise: dkimpy would name the error of the library that is not there."""

    def __init__(self, raw: bytes) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(raw)
        self.held = False

    def verify(self, digest: bytes, signature: bytes) -> None:
        """Ed25519 over the SHA-256 of what is signed, and not over that itself (RFC 8463, 3)."""
        try:
            self._key.verify(signature, digest)
            self.held = True
        except InvalidSignature:
            self.held = False


def _tags(record: bytes) -> dict[bytes, bytes]:
    try:
        return dict(parse_tag_value(record))
    except dkim.InvalidTagValueList:
        return {}
