"""Whether the content credentials (C2PA 1.x and 2.x) in a file hold: its signature, what it asserts, the file's bytes.

Judged here is the last manifest of the store: its claim's COSE signature (RFC 9052) by the certificate that comes with
it, each assertion's digest, and the digest over the file (`c2pa.hash.data`). Who signed is a claim: anybody can make a
certificate in any name, and no list of trusted signers is kept here. Not judged, and said: other bindings to the file
(box hashes, films, HEIC), time stamps in it, revocation, and the manifests of ingredients. Reading boxes is in `jumbf`.
"""

import hashlib
import itertools
import struct
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sitr.evidence.imports.jumbf import Box, boxes_of, find_store, read_cbor

UNREADABLE = (struct.error, IndexError, ValueError, RecursionError, OverflowError, TypeError, KeyError)
_CLAIMS = ("c2pa.claim.v2", "c2pa.claim")
_UPDATE = b"c2um"
_DIGESTS = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_X5CHAIN = 33  # RFC 9360
_MOST_CERTIFICATES = 8
_MOST_EXCLUSIONS = 100
_ELLIPTIC: Mapping[int, hashes.HashAlgorithm] = {-7: hashes.SHA256(), -35: hashes.SHA384(), -36: hashes.SHA512()}
_RSA: Mapping[int, hashes.HashAlgorithm] = {-37: hashes.SHA256(), -38: hashes.SHA384(), -39: hashes.SHA512()}
_EDDSA = -8
_LEAST_RSA = 2048

CREDENTIALS_TOLD = frozenset(
    {
        "unchecked", "unreadable", "valid", "altered_signature", "altered_claims", "altered_content",
        "unjudged_signature_missing", "unjudged_certificate", "unjudged_algorithm", "unjudged_binding",
        "unjudged_update", "unjudged_left_out", "unjudged_packed",
    }
)  # fmt: skip
"""What the sentences `evidence.import_c2pa_<...>` can say; `unchecked` is of views that were read before this file."""


@dataclass(frozen=True)
class Verdict:
    """`state`: `valid`, `altered`, `unjudged`. `reason`: what was altered (`signature`, `claims`, `content`), or why it
    cannot be judged (`signature_missing`, `certificate`, `algorithm`, `binding`, `update`, `left_out`, `packed`).

    `signer`, `issuer`: names in the certificate, as it claims them. `chain`: whether the certificates that came along
    sign each other: `holds`, `broken`, `alone`.
    """

    state: str
    reason: str = ""
    signer: str = ""
    issuer: str = ""
    chain: str = ""


class _UnjudgedError(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason


class _AlteredError(Exception):
    def __init__(self, reason: str) -> None:
        self.reason = reason


def judge(data: bytes, found: tuple[bytes, Sequence[tuple[int, int]]] | None = None) -> Verdict:
    """What can be said of the credentials in a file that has some; `found`: what `find_store` gave before.

    Raises one of `UNREADABLE` for broken ones.
    """
    store, spans = found or find_store(data)
    parts = _Parts(_last_manifest(store))
    signer: list[x509.Certificate] = []
    try:
        _check(data, parts, spans, signer)
    except _UnjudgedError as why:
        return _verdict("unjudged", why.reason, signer)
    except _AlteredError as what:
        return _verdict("altered", what.reason, signer)
    return _verdict("valid", "", signer)


def _check(data: bytes, parts: "_Parts", spans: Sequence[tuple[int, int]], signer: list[x509.Certificate]) -> None:
    """Signature first: what is not signed says nothing about the rest. The certificates go to `signer`."""
    if parts.packed:
        raise _UnjudgedError("packed")
    if parts.signature is None:
        raise _UnjudgedError("signature_missing")
    sign = _Sign1.read(parts.signature)
    signer += _certificates(sign.chain)
    _check_signature(sign, parts.claim, signer)
    claim = read_cbor(parts.claim)
    if not isinstance(claim, dict):
        raise ValueError("a claim that is no map")
    named = list(_named(claim))
    for label, alg, digest in named:
        if (box := parts.assertions.get(label)) is None or _digest(alg, [box.content]) != digest:
            raise _AlteredError("claims")
    if parts.update:
        raise _UnjudgedError("update")
    _check_binding(data, parts, spans, {label: alg for label, alg, _ in named})


# --- the parts of a manifest ------------------------------------------------------------------------------------------


def _last_manifest(store: bytes) -> Box:
    whole = next((box for box in boxes_of(store) if box.label == "c2pa"), None)
    manifests = [box for box in boxes_of(whole.content) if box.is_super] if whole else []
    if not manifests:
        raise ValueError("no manifest")
    return manifests[-1]


class _Parts:
    """A manifest's boxes by what they are for."""

    def __init__(self, manifest: Box) -> None:
        inside = list(boxes_of(manifest.content))
        named = {box.label: box for box in inside if box.is_super}
        self.update = manifest.uuid[:4] == _UPDATE
        self.packed = any(box.kind == b"brob" for box in inside)
        claims = [named[label] for label in _CLAIMS if label in named]
        if len(claims) != 1 and not self.packed:
            raise ValueError("no claim, or more than one")
        self.claim = _cbor_of(claims[0]) if claims else b""
        self.signature = _cbor_of(named["c2pa.signature"]) if "c2pa.signature" in named else None
        self.assertions: dict[str, Box] = {}
        listed = list(boxes_of(named["c2pa.assertions"].content)) if "c2pa.assertions" in named else []
        self.packed |= any(box.kind == b"brob" for box in listed)
        for box in listed:
            if box.is_super and box.label in self.assertions:
                raise ValueError("two assertions of one name")
            self.assertions[box.label] = box


def _cbor_of(box: Box) -> bytes:
    found = next((inner.content for inner in boxes_of(box.content) if inner.kind == b"cbor"), None)
    if found is None:
        raise ValueError("a box without its content")
    return found


def _named(claim: Mapping[Any, Any]) -> Iterator[tuple[str, str, bytes]]:
    """What the claim says of its assertions: label, algorithm, digest."""
    common = claim.get("alg", "sha256")
    lists = [claim.get(name) or [] for name in ("assertions", "created_assertions", "gathered_assertions")]
    found = [one for part in lists for one in part]
    # Each once: naming a large one thousands of times would have it digested as often.
    if not found or len({str(one["url"]) for one in found}) != len(found):
        raise ValueError("a claim about nothing, or about one thing twice")
    for one in found:
        url, digest = one["url"], one["hash"]
        if not isinstance(url, str) or not isinstance(digest, bytes) or "c2pa.assertions/" not in url:
            raise ValueError("an assertion that is not named as one")
        yield url.rpartition("c2pa.assertions/")[2], str(one.get("alg", common)), digest


def _digest(alg: str, pieces: Sequence[bytes | memoryview]) -> bytes:
    make = _DIGESTS.get(alg)
    if make is None:
        raise _UnjudgedError("algorithm")
    state = make()
    for piece in pieces:
        state.update(piece)
    return state.digest()


# --- the signature ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sign1:
    """A COSE_Sign1 with a payload that lies elsewhere: its protected head as it was signed, and what stands in it."""

    protected: bytes
    algorithm: Any
    chain: Any
    signature: bytes

    @classmethod
    def read(cls, raw: bytes) -> "_Sign1":
        """Raises one of `UNREADABLE`."""
        protected, loose, payload, signature = read_cbor(raw)
        head = read_cbor(protected)
        if not isinstance(head, dict) or not isinstance(loose, dict) or not isinstance(signature, bytes):
            raise ValueError("no COSE_Sign1")
        if payload is not None and payload != b"":
            raise ValueError("a payload of its own: the claim is elsewhere")
        # Before 1.3 the chain stood outside what is signed, and under a name.
        places = (head.get(_X5CHAIN), head.get("x5chain"), loose.get(_X5CHAIN), loose.get("x5chain"))
        chain = next((one for one in places if one), None)
        return cls(protected, head.get(1), chain, signature)

    def signed(self, payload: bytes) -> bytes:
        """The Sig_structure of RFC 9052, section 4.4."""
        return b"\x84" + b"".join((_text(b"Signature1"), _raw(self.protected), _raw(b""), _raw(payload)))


def _text(data: bytes) -> bytes:
    return _head(0x60, len(data)) + data


def _raw(data: bytes) -> bytes:
    return _head(0x40, len(data)) + data


def _head(major: int, length: int) -> bytes:
    if length < 24:
        return bytes([major + length])
    width = next(width for width in (1, 2, 4, 8) if length < 1 << (8 * width))
    return bytes([major + {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + length.to_bytes(width, "big")


def _certificates(chain: Any) -> list[x509.Certificate]:
    raws = [chain] if isinstance(chain, bytes) else chain if isinstance(chain, list) else []
    if not raws or len(raws) > _MOST_CERTIFICATES:
        raise _UnjudgedError("certificate")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the library thinks of odd certificates is nobody's business here
            return [x509.load_der_x509_certificate(raw) for raw in raws]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _UnjudgedError("certificate") from None


def _check_signature(sign: _Sign1, payload: bytes, chain: Sequence[x509.Certificate]) -> None:
    try:
        key = chain[0].public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise _UnjudgedError("certificate") from None
    signed = sign.signed(payload)
    try:
        if sign.algorithm in _ELLIPTIC and isinstance(key, ec.EllipticCurvePublicKey):
            half = (key.key_size + 7) // 8
            if len(sign.signature) != 2 * half:
                raise InvalidSignature
            r, s = (int.from_bytes(part, "big") for part in (sign.signature[:half], sign.signature[half:]))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(_ELLIPTIC[sign.algorithm]))
        elif sign.algorithm in _RSA and isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA:
            digest = _RSA[sign.algorithm]
            salted = padding.PSS(padding.MGF1(digest), digest.digest_size)
            key.verify(sign.signature, signed, salted, digest)
        elif sign.algorithm == _EDDSA and isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(sign.signature, signed)
        else:
            raise _UnjudgedError("algorithm")
    except InvalidSignature:
        raise _AlteredError("signature") from None


def _verdict(state: str, reason: str, chain: Sequence[x509.Certificate]) -> Verdict:
    if not chain:
        return Verdict(state, reason)
    try:
        signer, issuer = _name(chain[0].subject), _name(chain[0].issuer)
    except ValueError:
        signer = issuer = ""
    return Verdict(state, reason, signer, issuer, _chain_state(chain))


def _name(name: x509.Name) -> str:
    parts = [part.value for part in name if part.oid in {x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME}]
    whole = ", ".join(str(part) for part in reversed(parts))
    return "".join(c for c in whole if c.isprintable())[:200]


def _chain_state(chain: Sequence[x509.Certificate]) -> str:
    if len(chain) == 1:
        return "alone"
    try:
        for below, above in itertools.pairwise(chain):
            below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return "broken"
    return "holds"


# --- the file's bytes -------------------------------------------------------------------------------------------------


def _check_binding(data: bytes, parts: _Parts, spans: Sequence[tuple[int, int]], claimed: Mapping[str, str]) -> None:
    """The digest over the file without the manifest itself. Only an assertion that the claim names counts."""
    label = next((one for one in claimed if one.partition("__")[0] == "c2pa.hash.data"), None)
    if label is None:
        raise _UnjudgedError("binding")
    said = read_cbor(_cbor_of(parts.assertions[label]))
    if not isinstance(said, dict):
        raise ValueError("a binding that is no map")
    ranges = [(int(one["start"]), int(one["length"])) for one in said.get("exclusions") or []]
    if len(ranges) > _MOST_EXCLUSIONS or not isinstance(said["hash"], bytes):
        raise ValueError("a binding that is none")
    kept, at = [], 0
    for start, length in sorted(ranges):
        if start < at or length < 0 or start + length > len(data):
            raise _AlteredError("content")
        kept.append(memoryview(data)[at:start])
        at = start + length
    kept.append(memoryview(data)[at:])
    if _digest(str(said.get("alg", claimed[label])), kept) != said["hash"]:
        raise _AlteredError("content")
    # A signer may leave out more than the manifest; then the digest holds and says nothing about those bytes.
    own = list(_joined(spans))
    if not all(any(low <= start and start + length <= high for low, high in own) for start, length in ranges):
        raise _UnjudgedError("left_out")


def _joined(spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same places with neighbours made one: a manifest in a JPEG lies in several segments, left out as one."""
    low = high = -1
    for start, end in sorted(spans):
        if start != high:
            if high >= 0:
                yield low, high
            low = start
        high = end
    if high >= 0:
        yield low, high
