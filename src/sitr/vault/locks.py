"""Locking a holder's identity by a passphrase, and wrapping a case's identity for its holders.

A passphrase never encrypts anything itself: Argon2id makes 32 bytes of it, which are an age key that opens the holder's
identity, which opens the cases. Changing the passphrase is therefore one small file, not a re-sealing of everything.
"""

import base64
import json
import re
import unicodedata
from dataclasses import dataclass, field

from argon2.exceptions import HashingError
from argon2.low_level import ARGON2_VERSION, Type, hash_secret_raw

from sitr.errors import BadInput, Damaged, Locked
from sitr.vault import age
from sitr.vault.identities import Identity

_FORMAT = "sitr-locked-identity-v1"
_HOLDER_HEAD = b"sitr-holder-identity-v1\n"
_CASE_HEAD = b"sitr-case-identity-v1\n"
_MIB = 1024


@dataclass(frozen=True)
class KdfParams:
    """Argon2id v1.3 (RFC 9106) costs: passes, memory in KiB, lanes. Refuses what would be no cost or a trap."""

    passes: int
    memory_kib: int
    lanes: int

    def __post_init__(self) -> None:
        # The upper bounds keep a doctored file from making an unlock eat the machine.
        fits = 1 <= self.passes <= 16 and 1 <= self.lanes <= 16 and 8 * self.lanes <= self.memory_kib <= 1024 * _MIB
        if not fits:
            raise BadInput("vault.kdf_params")


PASSPHRASE_PARAMS = KdfParams(passes=3, memory_kib=256 * _MIB, lanes=2)
"""For passphrases chosen by people: 0.9 s on the machine of the research."""

CODE_PARAMS = KdfParams(passes=2, memory_kib=19 * _MIB, lanes=1)
"""For receipt codes, which are 79 random bits: the cost only adds to them."""

SALT_BYTES = 16


@dataclass(frozen=True)
class LockedIdentity:
    """A holder's identity as it may stand in a database: costs and salt in clear, the key itself an age file."""

    params: KdfParams
    salt: bytes
    sealed: bytes = field(repr=False)

    def pack(self) -> bytes:
        """As bytes to store; `unpack` reads them."""
        return json.dumps(
            {
                "format": _FORMAT,
                "kdf": "argon2id-1.3",
                "passes": self.params.passes,
                "memory_kib": self.params.memory_kib,
                "lanes": self.params.lanes,
                "salt": base64.b64encode(self.salt).decode(),
                "sealed": base64.b64encode(self.sealed).decode(),
            },
            separators=(",", ":"),
        ).encode()

    @classmethod
    def unpack(cls, packed: bytes) -> "LockedIdentity":
        """Raises Damaged `vault.altered` for anything that `pack` did not write."""
        try:
            read = json.loads(packed)
            if read["format"] != _FORMAT or read["kdf"] != "argon2id-1.3":
                raise Damaged("vault.altered")
            params = KdfParams(int(read["passes"]), int(read["memory_kib"]), int(read["lanes"]))
            salt = base64.b64decode(read["salt"], validate=True)
            sealed = base64.b64decode(read["sealed"], validate=True)
        except (ValueError, KeyError, TypeError, BadInput):
            raise Damaged("vault.altered") from None
        return cls(params, salt, sealed)


def lock_identity(identity: Identity, passphrase: str, params: KdfParams, salt: bytes) -> LockedIdentity:
    """Lock a holder's identity by a passphrase. `salt`: 16 random bytes, new for each locking.

    Raises BadInput `vault.empty_passphrase`, `vault.salt`, `vault.no_memory`.
    """
    lock = Identity.from_key(stretch(passphrase_bytes(passphrase), params, salt))
    return LockedIdentity(params, salt, lock_with(identity, lock.public))


def unlock_identity(locked: LockedIdentity, passphrase: str) -> Identity:
    """The holder's identity. Raises Locked `vault.wrong_secret`, Damaged when the stored file itself is not whole."""
    lock = Identity.from_key(stretch(passphrase_bytes(passphrase), locked.params, locked.salt))
    return unlock_with(locked.sealed, lock)


def lock_with(identity: Identity, public: str) -> bytes:
    """A holder's identity as an age file for the key that locks it (from a passphrase, a receipt code or a desk)."""
    return age.encrypt(_HOLDER_HEAD + identity.secret().encode(), [public])


def unlock_with(sealed: bytes, lock: Identity) -> Identity:
    """What `lock_with` locked. Raises Locked `vault.wrong_secret`, or Damaged."""
    try:
        return _unwrapped(sealed, lock, _HOLDER_HEAD)
    except Damaged as error:
        if error.code == "vault.wrong_key":
            raise Locked("vault.wrong_secret") from None
        raise


def wrap_case(case_identity: Identity, holder_public: str) -> bytes:
    """A case's identity as an age file for one holder, made by one who holds, without the newcomer's secret."""
    return age.encrypt(_CASE_HEAD + case_identity.secret().encode(), [holder_public])


def unwrap_case(wrapped: bytes, holder_identity: Identity, *, public: str | None = None) -> Identity:
    """A case's identity. Raises Damaged: `vault.wrong_key` when it is not wrapped for this holder.

    Hand in the case's `public` key where it is known: a wrap that was swapped with another case's is then
    `vault.wrong_place`.
    """
    identity = _unwrapped(wrapped, holder_identity, _CASE_HEAD)
    if public is not None and identity.public != public:
        raise Damaged("vault.wrong_place")
    return identity


def passphrase_bytes(written: str) -> bytes:
    """A passphrase as the same bytes on every keyboard.

    Unicode NFKC; Arabic-Indic and Persian digits as 0-9; invisible marks that keyboards add (category Cf) dropped;
    outer spaces dropped, inner ones made one. Letters, case and vowel marks stay. Raises BadInput
    `vault.empty_passphrase`.
    """
    text = "".join(c for c in unicodedata.normalize("NFKC", written) if unicodedata.category(c) != "Cf")
    text = re.sub(r"\s+", " ", western_digits(text)).strip()
    if not text:
        raise BadInput("vault.empty_passphrase")
    return text.encode()


def western_digits(text: str) -> str:
    """Decimal digits of any script as 0-9: ٤ and ۴ are 4."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def stretch(secret: bytes, params: KdfParams, salt: bytes) -> bytes:
    """32 bytes by Argon2id v1.3. Raises BadInput `vault.salt`, `vault.no_memory`."""
    if len(salt) != SALT_BYTES:
        raise BadInput("vault.salt")
    try:
        return hash_secret_raw(
            secret,
            salt,
            time_cost=params.passes,
            memory_cost=params.memory_kib,
            parallelism=params.lanes,
            hash_len=32,
            type=Type.ID,
            version=ARGON2_VERSION,
        )
    except HashingError:
        raise BadInput("vault.no_memory") from None


def _unwrapped(sealed: bytes, opener: Identity, head: bytes) -> Identity:
    plain = age.decrypt(sealed, opener)
    if not plain.startswith(head):
        raise Damaged("vault.wrong_place")
    return Identity(plain.removeprefix(head).decode("ascii", "replace"))
