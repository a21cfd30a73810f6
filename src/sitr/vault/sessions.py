"""Keeping a holder's identity for the time of a login: sealed, under a key that only the holder's cookie has.

What the server stores opens nothing without the cookie, and the cookie opens nothing without what the server stores.
"""

from collections.abc import Callable
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from sitr.errors import BadInput, Locked
from sitr.vault.identities import Identity

_HEAD = b"sitr-session-v1\x00"
_NONCE = 12
KEY_BYTES = 32


class SessionLock:
    """Seals an identity under a random 32-byte key (ChaCha20-Poly1305, RFC 8439), bound to one session's id."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadInput("vault.not_a_key")
        self._key = key

    def seal(self, identity: Identity, session: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
        """What the server may keep while the session lasts. `session`: anything that names this session alone."""
        nonce = random_bytes(_NONCE)
        return _HEAD + nonce + ChaCha20Poly1305(self._key).encrypt(nonce, identity.secret().encode(), _HEAD + session)

    def open(self, sealed: bytes, session: bytes) -> Identity:
        """The identity. Raises Locked `vault.session_over` for another key, another session or altered bytes."""
        head, nonce, rest = sealed[: len(_HEAD)], sealed[len(_HEAD) :][:_NONCE], sealed[len(_HEAD) + _NONCE :]
        if head != _HEAD or len(nonce) != _NONCE:
            raise Locked("vault.session_over")
        try:
            secret = ChaCha20Poly1305(self._key).decrypt(nonce, rest, _HEAD + session)
        except InvalidTag:
            raise Locked("vault.session_over") from None
        return Identity(secret.decode())

    def __repr__(self) -> str:
        return "<SessionLock, key hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a session's key is not pickled: it would reach a queue or a cache in clear")
