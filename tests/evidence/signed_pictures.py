"""Pictures with signed content credentials, drawn and signed here: a maker's own chain, and every part can be bent."""

import hashlib
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID
from tests.evidence.import_fixtures import picture

FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def cbor(value: Any) -> bytes:
    """RFC 8949, as much of it as manifests need."""
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(0x20, -1 - value)
    if isinstance(value, bytes):
        return _head(0x40, len(value)) + value
    if isinstance(value, str):
        return _head(0x60, len(value.encode())) + value.encode()
    if isinstance(value, Mapping):
        return _head(0xA0, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
    return _head(0x80, len(value)) + b"".join(cbor(one) for one in value)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major + number])
    width = next(w for w in (1, 2, 4, 8) if number < 1 << (8 * w))
    return bytes([major + {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + number.to_bytes(width, "big")


def box(kind: bytes, content: bytes) -> bytes:
    """A box with its head."""
    return struct.pack(">L4s", len(content) + 8, kind) + content


def superbox(label: str, *inside: bytes, uuid: bytes = b"cbor") -> bytes:
    """A box of boxes with its description in front."""
    return box(b"jumb", box(b"jumd", uuid.ljust(16, b"\0") + b"\x03" + label.encode() + b"\0") + b"".join(inside))


@cache
def key(kind: str) -> Key:
    """One key a kind for all tests."""
    if kind == "rsa":
        return rsa.generate_private_key(65537, 2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}[kind])


@cache
def chain(kind: str, *, by_another: bool = False) -> tuple[bytes, ...]:
    """The signer's certificate and its maker's, DER. `by_another`: the maker's is not the one that signed."""
    root = ec.generate_private_key(ec.SECP256R1())
    maker = ec.generate_private_key(ec.SECP256R1()) if by_another else root
    made = (_certificate("Camera 7", key(kind), root, ca=False), _certificate("Maker", maker, maker, ca=True))
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in made)


def _certificate(name: str, owner: Key, by: ec.EllipticCurvePrivateKey, *, ca: bool) -> x509.Certificate:
    works = [] if ca else [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Works")]
    builder = x509.CertificateBuilder(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Maker")]),
        x509.Name([*works, x509.NameAttribute(NameOID.COMMON_NAME, name)]), owner.public_key(), 7, FROM, UNTIL,
    )  # fmt: skip
    return builder.add_extension(x509.BasicConstraints(ca, None), critical=True).sign(by, hashes.SHA256())


def sign(kind: str, algorithm: int, message: bytes) -> bytes:
    """A signature as COSE has it."""
    owner = key(kind)
    if isinstance(owner, ed25519.Ed25519PrivateKey):
        return owner.sign(message)
    kinds: dict[int, hashes.HashAlgorithm] = {-35: hashes.SHA384(), -36: hashes.SHA512()}
    digest = kinds.get(algorithm, hashes.SHA256())
    if isinstance(owner, rsa.RSAPrivateKey):
        return owner.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    half = (owner.curve.key_size + 7) // 8
    return b"".join(part.to_bytes(half, "big") for part in decode_dss_signature(owner.sign(message, ec.ECDSA(digest))))


@dataclass
class Made:
    """What to sign, and what to bend. `carrier` puts a store into a picture and says where it begins there."""

    kind: str = "p256"
    algorithm: int = -7
    carrier: str = "png"
    certificates: Any = None
    outside: bool = False
    more_left_out: Sequence[Mapping[str, int]] = ()
    binding: str = "c2pa.hash.data"
    digest: str = "sha256"
    manifest: bytes = b"c2ma"
    bend_signature: Callable[[bytes], bytes] = field(default=lambda raw: raw)
    bend_assertions: Callable[[bytes], bytes] = field(default=lambda raw: raw)
    signed: bool = True
    claim: Mapping[str, Any] = field(default_factory=dict)

    def file(self) -> bytes:
        """The picture with its credentials. The store's length hangs on itself, so it is made twice."""
        size = 0
        for _ in range(4):
            whole, start, length = carry(self.carrier, bytes(size))
            store = self.store(whole, start, length)
            if len(store) == size:
                return carry(self.carrier, store)[0]
            size = len(store)
        raise AssertionError("the store does not come to rest")

    def store(self, whole: bytes, start: int, length: int) -> bytes:
        left_out = sorted([{"start": start, "length": length}, *self.more_left_out], key=lambda one: one["start"])
        kept, at = b"", 0
        for one in left_out:
            kept, at = kept + whole[at : one["start"]], one["start"] + one["length"]
        digest = hashlib.new(self.digest if self.digest in hashlib.algorithms_available else "sha256")
        digest.update(kept + whole[at:])
        said = {
            "exclusions": left_out,
            "alg": self.digest, "hash": digest.digest(),
        }  # fmt: skip
        assertions = {
            self.binding: superbox(self.binding, box(b"cbor", cbor(said))),
            "c2pa.actions": superbox("c2pa.actions", box(b"cbor", cbor({"actions": [{"action": "c2pa.created"}]}))),
        }
        named = [
            {"url": f"self#jumbf=c2pa.assertions/{label}", "hash": hashlib.sha256(raw[8:]).digest()}
            for label, raw in assertions.items()
        ]
        claim = cbor({"claim_generator": "Painter/2.0", "alg": "sha256", "assertions": named, **self.claim})
        parts = [
            superbox("c2pa.assertions", *(self.bend_assertions(raw) for raw in assertions.values()), uuid=b"c2as"),
            superbox("c2pa.claim", box(b"cbor", claim), uuid=b"c2cl"),
        ]
        if self.signed:
            parts.append(superbox("c2pa.signature", box(b"cbor", self.bend_signature(self.cose(claim))), uuid=b"c2cs"))
        return superbox("c2pa", superbox("urn:c2pa:1", *parts, uuid=self.manifest), uuid=b"c2pa")

    def cose(self, claim: bytes) -> bytes:
        certificates = list(chain(self.kind)) if self.certificates is None else self.certificates
        head = {1: self.algorithm} | ({33: certificates} if certificates and not self.outside else {})
        protected = cbor(head)
        message = cbor(["Signature1", protected, b"", claim])
        # A signature of elliptic curves is of one length, so that the store comes to rest.
        loose = {"x5chain": certificates} if self.outside else {}
        return b"\xd2" + cbor([protected, loose, None, sign(self.kind, self.algorithm, message)])


def carry(carrier: str, store: bytes) -> tuple[bytes, int, int]:
    """A picture with a store in it; where what carries the store begins, and its length."""
    if carrier == "png":
        png = picture()
        chunk = struct.pack(">L", len(store)) + b"caBX" + store + struct.pack(">L", zlib.crc32(b"caBX" + store))
        return png[:33] + chunk + png[33:], 33, len(chunk)
    if carrier == "webp":
        webp = picture("WEBP")
        chunk = b"C2PA" + struct.pack("<L", len(store)) + store + b"\0" * (len(store) & 1)
        whole = b"RIFF" + struct.pack("<L", len(webp) + len(chunk) - 8) + webp[8:] + chunk
        return whole, len(webp), len(chunk)
    jpeg, most = picture("JPEG"), 400 if carrier == "jpeg-cut" else 60_000
    pieces = [store[at : at + most] for at in range(0, max(len(store), 1), most)]
    segments = b"".join(
        b"\xff\xeb" + struct.pack(">H", len(p) + (10 if n == 1 else 18)) + b"JP" + struct.pack(">HL", 1, n)
        + (b"" if n == 1 else store[:8]) + p
        for n, p in enumerate(pieces, 1)
    )  # fmt: skip
    return jpeg[:2] + segments + jpeg[2:], 2, len(segments)
