"""Receipt codes: what a person without an account keeps in order to come back to their case at a desk.

24 random digits (79.7 bits), shown once, never stored. Argon2id makes one key of them, HKDF two: `locate`, the only
thing that a database looks up, and `unlock`, which opens the person's identity. Knowing the first tells nothing of the
second.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sitr.errors import BadInput
from sitr.vault.identities import Identity
from sitr.vault.locks import KdfParams, stretch, western_digits

DIGITS = 24
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015.\u060c,_\u200b-\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff\u0640]+")


@dataclass(frozen=True)
class ReceiptKeys:
    """`locate`: 16 bytes, may be stored. `unlock`: the key pair that a holder's identity is locked for."""

    locate: bytes = field(repr=False)
    unlock: Identity = field(repr=False)


class ReceiptCode:
    """24 digits. They are given by `reveal` only, never by printing or pickling."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        if not re.fullmatch(r"[0-9]{24}", digits, re.ASCII):
            raise BadInput("vault.not_a_receipt")
        self._digits = digits

    @classmethod
    def new(cls, random_bytes: Callable[[int], bytes]) -> "ReceiptCode":
        """A new code, every one of the 10^24 equally likely: numbers above are drawn again, not folded."""
        while True:
            number = int.from_bytes(random_bytes(10), "big")
            if number < 10**DIGITS:
                return cls(f"{number:0{DIGITS}d}")

    @classmethod
    def read(cls, written: str) -> "ReceiptCode":
        """A code as a person types it: any digits (٤, ۴, 4), spaces, dashes and invisible marks between them.

        Raises BadInput `vault.not_a_receipt`.
        """
        return cls(western_digits(_BETWEEN.sub("", written)))

    def reveal(self) -> str:
        """Six groups of four digits, to be shown once."""
        return " ".join(self._digits[i : i + 4] for i in range(0, DIGITS, 4))

    def keys(self, params: KdfParams, salt: bytes) -> ReceiptKeys:
        """Its two keys. `salt`: 16 bytes, one for the whole installation, because a look-up cannot know another."""
        root = stretch(self._digits.encode(), params, salt)
        return ReceiptKeys(_expand(root, b"locate", 16), Identity.from_key(_expand(root, b"unlock", 32)))

    def mark(self, salt: bytes) -> str:
        """16 of its 79.7 bits, in hex, at the cost of one digest: what has no mark that was given need not be
        stretched. 63.7 bits behind Argon2id are left to whoever has the marks and the salt."""
        return hashlib.sha256(b"sitr-receipt-mark-v1\0" + salt + self._digits.encode()).hexdigest()[:4]

    def __repr__(self) -> str:
        return "<ReceiptCode, digits hidden>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a receipt code is not pickled: it would reach a queue or a cache in clear")


def _expand(root: bytes, purpose: bytes, length: int) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=length, info=b"sitr-receipt-v1 " + purpose).derive(root)
