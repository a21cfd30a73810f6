"""Sealed values: what stands in a database column. Sealing needs only a public key; opening checks key, place and all.

Inside the age file, version 1: `b"sitr-value\\0\\x01"`, the place (2-byte length, then `Place.packed`), the value's
length (4 bytes, big-endian), the value, zeros up to the padded size. Files are in `blobs.py`.
"""

from collections.abc import Sequence

from sitr.errors import BadInput, Damaged
from sitr.vault import age
from sitr.vault.identities import Identity
from sitr.vault.padding import text_size
from sitr.vault.places import Place

_HEAD = b"sitr-value\x00\x01"
_LARGEST = 64 * 1024 * 1024  # beyond this it is a file, not a value


def seal(value: bytes, place: Place, public: str) -> bytes:
    """Seal a value (at most 64 MiB) for one place, to one public key. Raises BadInput."""
    return seal_for_many(value, place, [public])


def seal_for_many(value: bytes, place: Place, publics: Sequence[str]) -> bytes:
    """The same to several public keys; each of their identities opens it alone. Their number shows, nothing else."""
    return age.encrypt(_framed(value, place), publics)


def open_sealed(sealed: bytes, place: Place, identity: Identity) -> bytes:
    """The value, whole.

    Raises Damaged: `vault.wrong_key`, `vault.wrong_place` (sealed for another cell, or another kind of sealed thing),
    `vault.truncated`, `vault.altered`.
    """
    try:
        plain = age.decrypt(sealed, identity)
    except Damaged as error:
        raise _named_by_length(error, sealed) from None
    return _unframed(plain, place)


def _framed(value: bytes, place: Place) -> bytes:
    if len(value) > _LARGEST:
        raise BadInput("vault.too_large")
    where = place.packed()
    inner = b"".join((_HEAD, len(where).to_bytes(2, "big"), where, len(value).to_bytes(4, "big"), value))
    return inner.ljust(text_size(len(inner)), b"\x00")


def _unframed(plain: bytes, place: Place) -> bytes:
    if not plain.startswith(_HEAD):
        raise Damaged("vault.wrong_place")
    at = len(_HEAD)
    where_ends = at + 2 + int.from_bytes(plain[at : at + 2], "big")
    place.check(plain[at + 2 : where_ends])
    starts = where_ends + 4
    ends = starts + int.from_bytes(plain[where_ends:starts], "big")
    if len(plain) != text_size(ends) or any(plain[ends:]):
        raise Damaged("vault.altered")
    return plain[starts:ends]


def _named_by_length(error: Damaged, sealed: bytes) -> Damaged:
    """A cut inside a chunk looks altered to age; but only some lengths are possible, and any other was cut."""
    inner = age.inner_length(sealed, len(sealed))
    cut = error.code == "vault.altered" and inner is not None and inner != text_size(inner)
    return Damaged("vault.truncated") if cut else error
