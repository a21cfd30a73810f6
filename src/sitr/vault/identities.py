"""An age identity: one key pair. What opens cases and holders' keys, kept from view. Locking it is in `locks.py`."""

from typing import NoReturn

import pyrage
from pyrage import x25519

from sitr.errors import BadInput
from sitr.vault import bech32


class Identity:
    """An X25519 key pair as age has it. Its secret is given only by `secret()`, never by printing or pickling it."""

    __slots__ = ("_age", "_secret", "public")

    def __init__(self, secret: str) -> None:
        """From age's spelling, `AGE-SECRET-KEY-1...`; raises BadInput `vault.not_a_key`."""
        try:
            self._age = x25519.Identity.from_str(secret.strip())
        except pyrage.IdentityError:
            raise BadInput("vault.not_a_key") from None
        self._secret = str(self._age)
        self.public: str = str(self._age.to_public())
        """The public key, `age1...`: seals, opens nothing."""

    @classmethod
    def generate(cls) -> "Identity":
        """A new key pair from the system's generator. On purpose no randomness is handed in: it could be weak."""
        return cls(str(x25519.Identity.generate()))

    @classmethod
    def from_key(cls, key: bytes) -> "Identity":
        """The key pair that these 32 secret bytes are (RFC 7748); for keys derived from a passphrase or a code."""
        if len(key) != 32:
            raise BadInput("vault.not_a_key")
        return cls(bech32.encode("age-secret-key-", key).upper())

    def secret(self) -> str:
        """The secret key in age's spelling. To be shown or stored only where it is sealed again at once."""
        return self._secret

    def key(self) -> bytes:
        """The 32 secret bytes themselves, as `from_key` takes them."""
        return bech32.decode(self._secret)

    def age_identity(self) -> x25519.Identity:
        """The key as the age library takes it."""
        return self._age

    def __repr__(self) -> str:
        return "<Identity, secret hidden>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.public == self.public

    def __hash__(self) -> int:
        return hash(self.public)

    def __reduce__(self) -> NoReturn:
        raise TypeError("an identity is not pickled: it would reach a queue or a cache in clear")
