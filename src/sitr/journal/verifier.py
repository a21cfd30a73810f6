#!/usr/bin/env python3
"""Checks the journal of a Sitr case, with nothing but Python 3.11 and the `openssl` command.

This file stands alone: it is copied into every dossier, and Sitr itself checks journals with it, so there is one truth.
Here belong the rules of the tree (RFC 9162), of the lines, of the checkpoint (C2SP signed note) and of the time stamps
(RFC 3161) as far as they are needed to check. Not here: making any of them, and anything that is not in Python itself.
"""

import sys

if __name__ == "__main__" and not sys.flags.safe_path:
    # A folder that somebody changed may hold a `hashlib.py`: nothing is imported by its name from beside this file.
    del sys.path[0]

import argparse
import base64
import hashlib
import io
import json
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TYPES = (
    "case",
    "answer",
    "photo",
    "exhibit",
    "sighting",
    "notice",
    "reply",
    "clock",
    "holder",
    "read",
    "release",
    "erase",
)
FIELDS = {"v", "seq", "time", "type", "commit"}
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
HASH = re.compile(r"[0-9a-f]{64}")
SALT = re.compile(r"[0-9a-f]{32}")
NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
COMMIT_PREFIX = b"sitr-commit-v1\0"
PROOFS, CONSISTENCY, RENEWAL = "sitr-proofs-v1", "sitr-consistency-v1", "sitr-renewal-v1"
LARGEST_INT = 2**53 - 1  # RFC 8785 writes numbers as ECMAScript does; above this they would not survive


class MalformedError(ValueError):
    """Something that is not in the form it must have; `part` says which, from a closed list, never quoting it."""

    def __init__(self, part: str) -> None:
        super().__init__(part)
        self.part = part


# --- the tree, RFC 9162 section 2.1 ---------------------------------------------------------------------------------


def leaf_hash(line: bytes) -> bytes:
    """The hash of one line, without its line end."""
    return hashlib.sha256(b"\0" + line).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours in the tree."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Range:
    """The tree over the lines so far, kept as its largest full subtrees from left to right: log2(n) hashes."""

    def __init__(self) -> None:
        self.size = 0
        self.nodes: list[bytes] = []

    def append(self, line: bytes) -> None:
        """Take in the next line."""
        node, index = leaf_hash(line), self.size
        while index & 1:  # the subtree on the left is as large as this one: they become one
            node, index = node_hash(self.nodes.pop(), node), index >> 1
        self.nodes.append(node)
        self.size += 1

    def root(self) -> bytes:
        """The hash of the whole tree; of nothing, when it is empty."""
        if not self.nodes:
            return hashlib.sha256(b"").digest()
        root = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            root = node_hash(node, root)
        return root


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Does `proof` show that `leaf` (a leaf hash) stands at `index` in the tree of `size` with this root (2.1.3.2)?"""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(earlier: int, later: int, proof: Sequence[bytes], earlier_root: bytes, root: bytes) -> bool:
    """Does `proof` show that the tree of size `later` begins with the tree of size `earlier` (2.1.4.2)?"""
    if earlier == later:
        return not proof and earlier_root == root
    if not 0 < earlier < later or not proof:
        return False
    path = [earlier_root, *proof] if earlier.bit_count() == 1 else list(proof)
    at, last = earlier - 1, later - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    return last == 0 and old == earlier_root and new == root


# --- JSON: one spelling for one value, RFC 8785 ---------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """The RFC 8785 spelling of a value without fractions. Raises MalformedError for what a journal cannot hold."""
    try:
        return _spell(value).encode()
    except RecursionError as error:
        raise MalformedError("value") from error


def _spell(value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return _spell_plain(value)
    if isinstance(value, int) and abs(value) <= LARGEST_INT:
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join(_spell(each) for each in value) + "]"
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_spell_plain(key)}:{_spell(value[key])}" for key in keys) + "}"
    raise MalformedError("value")


def _spell_plain(value: str | bool | None) -> str:
    if isinstance(value, str) and any("\ud800" <= letter <= "\udfff" for letter in value):
        raise MalformedError("text")  # half a character: no UTF-8 can hold it
    return json.dumps(value, ensure_ascii=False)


def read_json(text: bytes) -> Any:
    """The value of a JSON text in which no name stands twice. Raises MalformedError."""
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, MalformedError) else MalformedError("json") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedError("name_twice")  # readers would differ on which one counts
    return value


def _refuse(_: str) -> Any:
    raise MalformedError("fraction")


# --- a line and what opens it ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One entry as anybody may see it: when, of which type, and the commitment to what it says."""

    seq: int
    time: str
    type: str
    commit: str


def read_line(line: bytes) -> Line:
    """The parts of one line of `journal.ndjson`. Raises MalformedError, naming the part."""
    value = read_json(line)
    if not isinstance(value, dict) or value.keys() != FIELDS:
        raise MalformedError("fields")
    _must(value["v"] == 1 and type(value["v"]) is int, "v")
    _must(type(value["seq"]) is int and 0 <= value["seq"] <= LARGEST_INT, "seq")
    _must(isinstance(value["time"], str) and is_time(value["time"]), "time")
    _must(value["type"] in TYPES, "type")
    _must(isinstance(value["commit"], str) and HASH.fullmatch(value["commit"]) is not None, "commit")
    _must(canonical(value) == line, "spelling")
    return Line(value["seq"], value["time"], value["type"], value["commit"])


def is_time(text: str) -> bool:
    """Is this a second that exists, in UTC, as `2026-11-22T20:00:00Z`?"""
    try:
        return TIME.fullmatch(text) is not None and datetime.fromisoformat(text) is not None
    except ValueError:
        return False


def commitment(salt: bytes, payload: Mapping[str, Any]) -> str:
    """What a line holds in place of its payload: it binds the payload and, by the random salt, hides it."""
    return hashlib.sha256(COMMIT_PREFIX + salt + canonical(dict(payload))).hexdigest()


def read_opening(opening: Any) -> tuple[dict[str, Any], bytes]:
    """Payload and salt of one opening, given as JSON text or as its value. Raises MalformedError."""
    value = read_json(opening) if isinstance(opening, bytes) else opening
    if not isinstance(value, dict) or value.keys() != {"payload", "salt"} or not isinstance(value["payload"], dict):
        raise MalformedError("fields")
    _must(isinstance(value["salt"], str) and SALT.fullmatch(value["salt"]) is not None, "salt")
    canonical(value["payload"])
    return value["payload"], bytes.fromhex(value["salt"])


def _must(holds: bool, part: str) -> None:
    if not holds:
        raise MalformedError(part)


# --- the checkpoint, C2SP tlog-checkpoint and signed-note -----------------------------------------------------------


@dataclass(frozen=True)
class Signature:
    """One signature line: `— name base64(key id || signature)`."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True)
class Checkpoint:
    """The signed head of the tree; `body` is what the signatures cover, `note` the whole text, which gets stamped."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[Signature, ...]
    body: bytes
    note: bytes


SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


def read_checkpoint(note: bytes) -> Checkpoint:
    """The parts of a checkpoint. Raises MalformedError. A signature is read here, not believed."""
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedError("text") from error
    _must(len(note) <= 65536 and not re.search(r"[\x00-\x09\x0b-\x1f]", text), "text")
    body, blank, lines = text.rpartition("\n\n")
    _must(bool(blank) and lines.endswith("\n"), "signatures")
    head = body.split("\n")
    _must(len(head) == 3 and bool(head[0]), "head")  # extension lines would not be checked by anybody: none
    _must(NUMBER.fullmatch(head[1]) is not None, "size")
    signatures = tuple(_read_signature(line) for line in lines[:-1].split("\n"))
    return Checkpoint(head[0], int(head[1]), _base64(head[2], 32, "root"), signatures, f"{body}\n".encode(), note)


def _read_signature(line: str) -> Signature:
    found = SIGNATURE.fullmatch(line)
    if found is None:
        raise MalformedError("signatures")
    value = _base64(found[2], None, "signatures")
    _must(len(value) > 4, "signatures")
    return Signature(found[1], value[:4], value[4:])


def _base64(text: str, length: int | None, part: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii's own, and a plain one for letters beyond ASCII
        raise MalformedError(part) from error
    _must(base64.b64encode(value).decode() == text and length in (None, len(value)), part)
    return value


def key_id(name: str, public: bytes) -> bytes:
    """The four bytes by which a signature line says which key made it (C2SP signed-note, type 0x01 = Ed25519)."""
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


# --- signatures, by openssl -----------------------------------------------------------------------------------------

ED25519_DER = bytes.fromhex("302a300506032b6570032100")  # SubjectPublicKeyInfo of an Ed25519 key, before its 32 bytes
PUBLIC_KEY = re.compile(rb"-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")


def read_keys(pem: bytes) -> list[bytes]:
    """The Ed25519 public keys (32 bytes each) in a PEM text. Raises MalformedError when it holds another, or none."""
    found = [b"".join(body.split()).decode() for body in PUBLIC_KEY.findall(pem)]
    keys = [_base64(body, 44, "key") for body in found]
    _must(bool(keys) and all(key.startswith(ED25519_DER) for key in keys), "key")
    return [key[len(ED25519_DER) :] for key in keys]


def signature_holds(key: bytes, message: bytes, signature: bytes) -> bool:
    """Did this Ed25519 key make this signature over this message (RFC 8032, judged by openssl)?"""
    with tempfile.TemporaryDirectory() as folder:
        pem, text, mark = Path(folder, "key.pem"), Path(folder, "text"), Path(folder, "signature")
        body = base64.b64encode(ED25519_DER + key).decode()
        pem.write_text(f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n", encoding="ascii")
        text.write_bytes(message)
        mark.write_bytes(signature)
        files = ["-inkey", str(pem), "-in", str(text), "-sigfile", str(mark)]
        return openssl("pkeyutl", "-verify", "-rawin", "-pubin", *files).returncode == 0


def openssl(*args: str, data: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run openssl. Raises FileNotFoundError when there is none."""
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=False, timeout=60)


# --- time stamps, RFC 3161 ------------------------------------------------------------------------------------------

SHA256_OID = bytes.fromhex("608648016503040201")
TST_INFO_OID = bytes.fromhex("2a864886f70d0109100104")
SIGNED_DATA_OID = bytes.fromhex("2a864886f70d010702")
GENERALIZED = re.compile(rb"([0-9]{14})(?:\.[0-9]{1,9})?Z")
CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\n?")


@dataclass(frozen=True)
class Stamped:
    """What a time-stamp reply says: the digest it is for (SHA-256), the second, and the authority's serial number."""

    digest: bytes
    time: datetime
    serial: int


def read_stamp(reply: bytes) -> Stamped:
    """What a whole TimeStampResp says, unjudged. Raises MalformedError."""
    (_, response), *_ = _children(reply)
    (_, status), (_, token), *_ = _children(response, 2)
    _must(_children(status)[0] in ((2, b"\0"), (2, b"\1")), "stamp")  # granted, or granted with changes
    signed = _content(token, SIGNED_DATA_OID)
    _, _, (_, inside), *_ = _children(_children(signed)[0][1], 3)
    info = _children(_children(_children(_content(inside, TST_INFO_OID))[0][1])[0][1], 5)
    (_, algorithm), (_, digest), *_ = _children(info[2][1], 2)
    time = GENERALIZED.fullmatch(info[4][1])
    _must(_children(algorithm)[0] == (6, SHA256_OID) and len(digest) == 32 and time is not None, "stamp")
    return Stamped(digest, _second(time), int.from_bytes(info[3][1], "big"))


def _content(der: bytes, kind: bytes) -> bytes:
    """What a ContentInfo of this kind wraps."""
    found, (_, content), *_ = _children(der, 2)
    _must(found == (6, kind), "stamp")
    return content


def _second(time: "re.Match[bytes] | None") -> datetime:
    try:
        return datetime.strptime(time[1].decode() if time else "", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise MalformedError("stamp") from error


def _children(der: bytes, least: int = 1) -> list[tuple[int, bytes]]:
    """The (tag, content) pairs that stand one after another in these bytes. Raises MalformedError."""
    found, at = [], 0
    while at < len(der):
        tag, at = der[at], at + 2
        length = der[at - 1] if at <= len(der) else 0x80
        if length & 0x80:
            more = length & 0x7F
            _must(0 < more <= 4 and at + more <= len(der), "stamp")
            length, at = int.from_bytes(der[at : at + more], "big"), at + more
        _must(at + length <= len(der), "stamp")
        found.append((tag, der[at : at + length]))
        at += length
    _must(len(found) >= least, "stamp")
    return found


def stamp_holds(reply: bytes, stamped: Stamped, roots: bytes | None, more: bytes = b"") -> bool:
    """Does openssl accept this reply for its own digest, as of its own time?

    `roots`: PEM certificates of the authorities that are trusted. Without them the reply's own certificates (and those
    in `more`) are taken, which shows only that the reply is whole, not whose it is.
    """
    with tempfile.TemporaryDirectory() as folder:
        file, anchors, others = Path(folder, "reply.tsr"), Path(folder, "roots.pem"), Path(folder, "others.pem")
        file.write_bytes(reply)
        own = certificates_inside(reply) + b"".join(CERTIFICATE.findall(more))
        anchors.write_bytes(own if roots is None else roots)
        others.write_bytes(own)
        how = ["-attime", str(int(stamped.time.timestamp())), "-CAfile", str(anchors)]
        how += ["-untrusted", str(others)] if own else []
        how += ["-partial_chain"] if roots is None else []
        done = openssl("ts", "-verify", "-digest", stamped.digest.hex(), "-in", str(file), *how)
        return done.returncode == 0 and b"Verification: OK" in done.stdout


def certificates_inside(reply: bytes) -> bytes:
    """The certificates that came with a reply, as PEM, in the order sent; nothing when it has none."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "reply.tsr")
        file.write_bytes(reply)
        token = openssl("ts", "-reply", "-in", str(file), "-token_out").stdout
    printed = openssl("pkcs7", "-inform", "DER", "-print_certs", data=token).stdout
    return b"".join(CERTIFICATE.findall(printed))


# --- was the authority's certificate revoked, RFC 5280 and RFC 6960 --------------------------------------------------

CRL = re.compile(rb"-----BEGIN X509 CRL-----\s[A-Za-z0-9+/=\s]+-----END X509 CRL-----\n?")
REASON_OID, MOST_REVOKED = bytes.fromhex("551d15"), 200_000
UTC_TIME = re.compile(rb"([0-9]{12})Z")
# RFC 3161 section 4: for these reasons a stamp from before the revocation stays good; for any other, and for none, it
# does not, since whoever has the key can date a stamp back.
HARMLESS = {0: "unspecified", 3: "affiliationChanged", 4: "superseded", 5: "cessationOfOperation"}
OCSP_LINE = re.compile(r"^\s*(This Update|Reason|Revocation Time): (.{1,60})$", re.MULTILINE)


@dataclass(frozen=True)
class Standing:
    """What was said about the certificate that signed a stamp, and as of when: `good`; `later` (revoked after it, for a
    reason that leaves it good); `revoked` (before it, or for a reason that takes every stamp of that certificate)."""

    state: str
    as_of: datetime


def standing(
    reply: bytes, stamped: Stamped, said: Sequence[bytes], roots: bytes | None, more: bytes = b""
) -> Standing | None:
    """What `said` (revocation lists in PEM, OCSP answers in DER) shows about a reply's certificate; None: not known.

    openssl judges whether a list or an answer is the issuer's own. Of several, the one that revokes counts, else the
    latest. `roots` and `more` as in `stamp_holds`.
    """
    with tempfile.TemporaryDirectory() as name:
        desk = _Desk(Path(name), reply, roots, more)
        if not desk.ready:
            return None
        lists = [found for text in said for found in CRL.findall(text)]
        found = [desk.by_list(one) for one in lists]
        found += [desk.by_answer(one) for one in said if not CRL.search(one)]
    known = [_standing(one, stamped.time) for one in found if one is not None]
    return max(known, key=lambda one: (one.state == "revoked", one.as_of), default=None)


@dataclass(frozen=True)
class _Told:
    """What one list or answer tells: as of when, and if revoked, when and why (None: no reason given)."""

    as_of: datetime
    revoked: datetime | None = None
    reason: str | None = None


def _standing(told: _Told, stamped: datetime) -> Standing:
    if told.revoked is None:
        return Standing("good", told.as_of)
    later = told.revoked > stamped and told.reason in HARMLESS.values()
    return Standing("later" if later else "revoked", told.as_of)


class _Desk:
    """The files on which openssl judges: the signer's certificate, the trusted ones, the others."""

    def __init__(self, folder: Path, reply: bytes, roots: bytes | None, more: bytes) -> None:
        self.folder = folder
        self._write("reply.tsr", reply)
        openssl("ts", "-reply", "-in", self._at("reply.tsr"), "-token_out", "-out", self._at("token"))
        how = ["-noverify", "-signer", self._at("signer.pem"), "-out", self._at("content")]
        openssl("cms", "-verify", "-inform", "DER", "-in", self._at("token"), *how)
        self.signer = self._read("signer.pem")
        own = [
            one for one in CERTIFICATE.findall(certificates_inside(reply) + more) if one.split() != self.signer.split()
        ]
        self.others = [*own, *CERTIFICATE.findall(roots or b"")]
        # The signer itself must not be an anchor: the chain would end with it, without the issuer of the list.
        self.anchors = roots if roots is not None else b"".join(own)
        self.ready = bool(self.signer and self.anchors)
        self._write("anchors.pem", self.anchors)
        self._write("others.pem", b"".join(own) or self.anchors)
        self.trust = ["-CAfile", self._at("anchors.pem"), *(["-partial_chain"] if roots is None else [])]

    def by_list(self, pem: bytes) -> _Told | None:
        self._write("list.pem", pem)
        try:
            as_of, revoked = read_crl(base64.b64decode(b"".join(pem.split(b"\n")[1:]).split(b"-----")[0]))
            serial = openssl("x509", "-in", self._at("signer.pem"), "-noout", "-serial").stdout.partition(b"=")[2]
            time = ["-crl_check", "-attime", str(int(as_of.timestamp())), "-untrusted", self._at("others.pem")]
            files = ["-CRLfile", self._at("list.pem"), self._at("signer.pem")]
            done = openssl("verify", *time, *self.trust, *files)
            number = int(serial.strip() or b"0", 16)
        except (MalformedError, ValueError):
            return None
        if done.returncode == 0:
            return _Told(as_of)
        if b"certificate revoked" not in done.stdout + done.stderr or number not in revoked:
            return None  # another issuer's list, or one that does not hold
        when, reason = revoked[number]
        return _Told(as_of, when, HARMLESS.get(reason, "other") if reason is not None else None)

    def by_answer(self, der: bytes) -> _Told | None:
        self._write("answer.der", der)
        for issuer in self.others:
            self._write("issuer.pem", issuer)
            asked = [
                "-respin",
                self._at("answer.der"),
                "-issuer",
                self._at("issuer.pem"),
                "-cert",
                self._at("signer.pem"),
            ]
            said = openssl("ocsp", *asked, "-noverify").stdout.decode("ascii", "replace")
            parts = dict(OCSP_LINE.findall(said))
            state = re.search(r"signer\.pem: (good|revoked)$", said, re.MULTILINE)
            as_of, when = _english(parts.get("This Update")), _english(parts.get("Revocation Time"))
            if state is None or as_of is None or (state[1] == "revoked") != (when is not None):
                continue
            time = ["-attime", str(int(as_of.timestamp())), "-verify_other", self._at("others.pem")]
            if b"Response verify OK" in openssl("ocsp", *asked, *time, *self.trust).stderr:
                return _Told(as_of, when, parts.get("Reason"))
        return None

    def _at(self, name: str) -> str:
        return str(self.folder / name)

    def _write(self, name: str, data: bytes) -> None:
        (self.folder / name).write_bytes(data)

    def _read(self, name: str) -> bytes:
        path = self.folder / name
        return b"".join(CERTIFICATE.findall(path.read_bytes())[:1]) if path.is_file() else b""


def _english(text: str | None) -> datetime | None:
    """A time as openssl prints it: `Nov 23 06:05:24 2026 GMT`. Months are read by hand, whatever the locale."""
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    parts = (text or "").split()
    if len(parts) != 5 or parts[0] not in months or parts[4] != "GMT":
        return None
    try:
        day = f"{int(parts[3]):04d}-{months.index(parts[0]) + 1:02d}-{int(parts[1]):02d}"
        return datetime.fromisoformat(f"{day}T{parts[2]}+00:00")
    except ValueError:
        return None


def read_crl(der: bytes) -> tuple[datetime, dict[int, tuple[datetime, int | None]]]:
    """When a revocation list was made, and which serial numbers it revokes: since when, and why (its number; None: no
    reason given). Its signature is not judged here. Raises MalformedError."""
    fields = _children(_children(_children(der)[0][1])[0][1])
    times = [place for place, (tag, _) in enumerate(fields) if tag in (0x17, 0x18)]
    _must(bool(times), "crl")
    rest = [content for tag, content in fields[times[-1] + 1 :] if tag == 0x30]
    revoked = _children(rest[0]) if rest and rest[0] else []
    _must(len(revoked) <= MOST_REVOKED, "crl")
    return _der_time(*fields[times[0]]), dict(_revoked(entry) for _, entry in revoked)


def _revoked(entry: bytes) -> tuple[int, tuple[datetime, int | None]]:
    serial, time, *more = _children(entry, 2)
    reason = None
    for _, extension in _children(more[0][1]) if more and more[0][1] else []:
        oid, *_, (_, value) = _children(extension, 2)
        if oid == (6, REASON_OID):
            tag, number = _children(value)[0]
            _must(tag == 10 and len(number) == 1, "crl")
            reason = number[0]
    return int.from_bytes(serial[1], "big"), (_der_time(*time), reason)


def _der_time(tag: int, value: bytes) -> datetime:
    short = UTC_TIME.fullmatch(value) if tag == 0x17 else None
    if short is not None:  # RFC 5280 section 4.1.2.5.1: two digits of the year, 1950 to 2049
        value = (b"19" if value[:2] >= b"50" else b"20") + value
    return _second(GENERALIZED.fullmatch(value))


# --- OpenTimestamps: a digest that leads to a block of Bitcoin --------------------------------------------------------

OTS_HEAD = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08"  # magic, version 1, "of a SHA-256"
OTS_PENDING, OTS_BITCOIN = bytes.fromhex("83dfe30d2ef90c8e"), bytes.fromhex("0588960d73d71901")
OTS_MOST_BYTES, OTS_MOST_STEPS, OTS_MOST_MESSAGE = 65_536, 2_000, 4_096
OTS_ADDRESS = re.compile(rb"[A-Za-z0-9._/:-]{1,1000}")
HEADER_BYTES = 80
HEADER_LINE = re.compile(r"([0-9]{1,9})[ \t:,]+([0-9a-fA-F]{160})")
BLOCKS_MAY_DIFFER = 7_200  # seconds by which the time in a block may be ahead (the network's own rule)


@dataclass(frozen=True)
class Attested:
    """Where one path of a proof ends. `kind`: `bitcoin` (`message` is said to be the Merkle root of the block of this
    `height`), `pending` (the calendar at `where` promised to complete it), `other` (a chain not known here).
    """

    kind: str
    message: bytes
    where: str = ""
    height: int = 0


def read_ots(proof: bytes) -> tuple[bytes, list[Attested]]:
    """The SHA-256 that an OpenTimestamps file is for, and where its paths end. Raises MalformedError.

    Every step is worked out here (append, prepend, SHA-256: what calendars use), so whatever ends are given do follow
    from the digest. Whether a block really has such a root, only its header says.
    """
    _must(len(proof) <= OTS_MOST_BYTES and proof.startswith(OTS_HEAD), "ots")
    start = len(OTS_HEAD) + 32
    digest = proof[len(OTS_HEAD) : start]
    _must(len(digest) == 32, "ots")
    return digest, read_ots_paths(proof[start:], digest)


def read_ots_paths(steps: bytes, message: bytes) -> list[Attested]:
    """The ends of the paths that lead away from `message`: a proof without its head. Raises MalformedError."""
    source, ends, open_ends, taken = _Steps(steps), [], [message], 0
    while open_ends:
        taken += 1
        _must(taken <= OTS_MOST_STEPS, "ots")
        message, tag = open_ends.pop(), source.take(1)
        if tag == b"\xff":  # a fork: one more path leads away from the same message
            open_ends.append(message)
            tag = source.take(1)
        if tag == b"\0":
            ends.append(_attested(source, message))
        else:
            open_ends.append(_step(source, tag, message))
    _must(not source.left, "ots")
    return ends


class _Steps:
    """The bytes of a proof, taken one part after another."""

    def __init__(self, data: bytes) -> None:
        self.left = data

    def take(self, count: int) -> bytes:
        _must(count <= len(self.left), "ots")
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def number(self) -> int:
        """A whole number in groups of seven bits, the lowest first (LEB128); at most five groups."""
        value = 0
        for group in range(5):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * group)
            if byte < 0x80:
                return value
        raise MalformedError("ots")

    def sized(self, most: int) -> bytes:
        count = self.number()
        _must(count <= most, "ots")
        return self.take(count)


def _step(source: _Steps, tag: bytes, message: bytes) -> bytes:
    if tag == b"\x08":
        return hashlib.sha256(message).digest()
    _must(tag in (b"\xf0", b"\xf1"), "ots")
    more = source.sized(OTS_MOST_MESSAGE)
    _must(len(more) > 0 and len(message) + len(more) <= OTS_MOST_MESSAGE, "ots")
    return message + more if tag == b"\xf0" else more + message


def _attested(source: _Steps, message: bytes) -> Attested:
    kind, payload = source.take(8), _Steps(source.sized(8_192))
    if kind == OTS_BITCOIN:
        height = payload.number()
        _must(not payload.left and len(message) == 32, "ots")
        return Attested("bitcoin", message, height=height)
    if kind != OTS_PENDING:
        return Attested("other", message)
    where = payload.sized(1_000)
    _must(not payload.left and OTS_ADDRESS.fullmatch(where) is not None, "ots")
    return Attested("pending", message, where=where.decode("ascii"))


def read_headers(text: bytes) -> dict[int, bytes]:
    """Block headers by height, from lines of a height and 160 hex digits. Raises MalformedError for any other line, and
    for a header whose own proof of work does not hold. That it is of the Bitcoin chain, whoever gives it must know.
    """
    found: dict[int, bytes] = {}
    for line in text.decode("ascii", "replace").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = HEADER_LINE.fullmatch(line.strip())
        if parts is None:
            raise MalformedError("headers")
        found[int(parts[1])] = bytes.fromhex(parts[2])
    _must(bool(found) and all(map(_is_worked, found.values())), "headers")
    return found


def _is_worked(header: bytes) -> bool:
    """Is the header's hash under the target that it names itself?"""
    exponent, digits = header[75], int.from_bytes(header[72:75], "little")
    target = digits << 8 * (exponent - 3) if exponent >= 3 else digits >> 8 * (3 - exponent)
    return 0 < exponent <= 32 and int.from_bytes(block_hash(header), "little") <= target


def block_hash(header: bytes) -> bytes:
    """The double SHA-256 of a block header; block explorers show it with its bytes turned round."""
    return hashlib.sha256(hashlib.sha256(header).digest()).digest()


def _block_time(header: bytes) -> datetime:
    return datetime.fromtimestamp(int.from_bytes(header[68:72], "little"), UTC)


# --- what was found -------------------------------------------------------------------------------------------------

CLOCKS_MAY_DIFFER = 300  # seconds between the machine that wrote an entry and the authority that stamped it


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: a code from SENTENCES, the entry it is about (None: none in particular), the numbers."""

    code: str
    seq: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One question and its answer: `ok`; `failed`; `untrusted` (whole, but by a key or root that came with it, so it
    shows that nothing broke, not who made it); `absent` (there was nothing to check).
    """

    name: str
    state: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Nothing wrong was found; see `state` for whether that decides anything."""
        return self.state != "failed"


@dataclass(frozen=True)
class Report:
    """The answer about one journal: number of entries, root (hex), each check by name, each problem found."""

    ok: bool
    size: int
    root: str
    problems: tuple[Problem, ...]
    checks: tuple[Check, ...]

    def check(self, name: str) -> Check:
        """The check of that name: integrity (or released), signer, time, earlier, handed, ots, revocation."""
        return next(check for check in self.checks if check.name == name)


def verify_journal(
    lines: Sequence[bytes],
    openings: Mapping[int, Any],
    checkpoints: Sequence[str | bytes],
    *,
    signer: bytes | None = None,
    inside_signer: bytes | None = None,
    stamps: Sequence[bytes] = (),
    tsa_ca: bytes | None = None,
    inside_certificates: bytes = b"",
    other_digests: Iterable[bytes] = (),
    earlier: Sequence[str | bytes] = (),
    partial: bool = False,
    handed: Sequence[str | bytes] = (),
    consistency: bytes | None = None,
    renewals: Sequence[tuple[bytes, bytes]] = (),
    anchors: Sequence[bytes] = (),
    headers: Mapping[int, bytes] | None = None,
    revocations: Sequence[bytes] = (),
) -> Report:
    """Check one journal.

    `lines`: as stored, without line ends. `openings`: by seq, as bytes or as their JSON value; None counts as absent.
    `checkpoints`: signed notes, the latest last. `signer`: PEM with the keys that the reader trusts; `inside_signer`:
    those that came along. `stamps`: whole RFC 3161 replies, each for the SHA-256 of a checkpoint (or one of
    `other_digests`). `tsa_ca`: PEM roots that the reader trusts; `inside_certificates`: PEM that came along. `earlier`:
    checkpoints that the reader kept from before. `partial`: openings may be withheld (a released subset).
    `handed`: checkpoints that were given to the person, with `consistency`, the file of proofs from each to the latest.
    `renewals`: pairs of a renewal's text and the reply over it. `anchors`: OpenTimestamps files, each for the SHA-256
    of a checkpoint; `headers`: block headers of Bitcoin by height that the reader trusts (`read_headers`).
    `revocations`: revocation lists (PEM) and OCSP answers (DER) about the authorities' certificates.
    Raises MalformedError when `signer` holds no Ed25519 key, FileNotFoundError without openssl.
    """
    journal = _Journal(lines)
    notes = _each_once([*handed, *checkpoints])
    heads, damaged = _read_notes(notes, "checkpoint_malformed")
    kept, unreadable = _read_notes([_as_bytes(note) for note in earlier], "earlier_malformed")
    integrity, counts = _check_integrity(journal, openings, heads, damaged, known=heads + kept, partial=partial)
    past = [*unreadable, *_check_earlier(journal, heads, kept)]
    signed, signer_check = _check_signer(heads, kept if not past else [], signer, inside_signer)
    bag = _Stamps(journal, notes, other_digests, inside_certificates)
    timed, time_check, standing_check = _check_time(bag, stamps, tsa_ca, renewals, revocations)
    checks = [Check("integrity", "failed" if integrity else "ok", counts), signer_check, time_check]
    if earlier:
        checks.append(Check("earlier", "failed" if past else "ok", {"count": len(earlier)}))
    linked, handed_check = _check_handed(heads, handed, consistency)
    checks += [handed_check] if handed else []
    blocks, ots_check = _check_ots(bag, anchors, headers)
    checks += [ots_check] if anchors else []
    checks += [standing_check] if stamps else []
    problems = (*integrity, *signed, *timed, *past, *linked, *blocks)
    return Report(not problems, len(lines), journal.root.hex(), problems, tuple(checks))


def verify_released(
    proofs: bytes,
    checkpoints: Sequence[str | bytes],
    *,
    consistency: bytes | None = None,
    handed: Sequence[str | bytes] = (),
    signer: bytes | None = None,
    inside_signer: bytes | None = None,
    stamps: Sequence[bytes] = (),
    tsa_ca: bytes | None = None,
    inside_certificates: bytes = b"",
    other_digests: Iterable[bytes] = (),
    earlier: Sequence[str | bytes] = (),
    renewals: Sequence[tuple[bytes, bytes]] = (),
    anchors: Sequence[bytes] = (),
    headers: Mapping[int, bytes] | None = None,
    revocations: Sequence[bytes] = (),
) -> Report:
    """Check a dossier that carries no journal, only the proofs that what is released stands in it.

    `proofs`: `journal/proofs.json`; `consistency`: `journal/consistency.json`, with a proof from each older checkpoint
    to the latest. The rest, and what is raised, as in `verify_journal`; an earlier checkpoint for which there is no
    proof is neither confirmed nor denied (state `absent`).
    """
    notes = _each_once([*handed, *checkpoints])
    heads, damaged = _read_notes(notes, "checkpoint_malformed")
    links, broken = _read_consistency(consistency)
    journal = _Released(proofs, heads[-1] if heads else None, links)
    wrong = [*damaged, *broken, *journal.problems, *_check_links(journal, heads)]
    kept, unreadable = _read_notes([_as_bytes(note) for note in earlier], "earlier_malformed")
    decided = [head for head in kept if journal.knows(head)]
    past = [*unreadable, *_check_earlier(journal, heads, decided)]
    signed, signer_check = _check_signer(heads, decided if not past else [], signer, inside_signer)
    bag = _Stamps(journal, notes, other_digests, inside_certificates)
    timed, time_check, standing_check = _check_time(bag, stamps, tsa_ca, renewals, revocations)
    shown = {"entries": journal.size, "opened": len(journal.entries)}
    checks = [Check("released", "failed" if wrong else "ok", shown), signer_check, time_check]
    if earlier:
        state = "failed" if past else "ok" if len(decided) == len(kept) else "absent"
        checks.append(Check("earlier", state, {"count": len(earlier)}))
    linked, handed_check = _check_handed(heads, handed, consistency)
    checks += [handed_check] if handed else []
    blocks, ots_check = _check_ots(bag, anchors, headers)
    checks += [ots_check] if anchors else []
    checks += [standing_check] if stamps else []
    problems = (*wrong, *signed, *timed, *past, *(p for p in linked if p not in wrong), *blocks)
    return Report(not problems, journal.size, journal.root.hex(), problems, tuple(checks))


def _each_once(notes: Sequence[str | bytes]) -> list[bytes]:
    """The checkpoints, each once, the latest last."""
    return list(dict.fromkeys(_as_bytes(note) for note in reversed(notes)))[::-1]


class _Journal:
    """The lines as read, and the root after each of them."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self.entries: list[Line | None] = []
        self.problems: list[Problem] = []
        tree = Range()
        self.roots = [tree.root()]
        for place, line in enumerate(lines):
            tree.append(line)
            self.roots.append(tree.root())
            try:
                self.entries.append(read_line(line))
            except MalformedError as error:
                self.entries.append(None)
                self.problems.append(Problem("entry_malformed", place, {"part": error.part}))
        self.by_seq = {entry.seq: entry for entry in reversed(self.entries) if entry}  # of two with one seq, the first

    @property
    def size(self) -> int:
        return len(self.entries)

    @property
    def root(self) -> bytes:
        return self.roots[-1]

    def begins_with(self, head: Checkpoint) -> bool:
        """Are the first lines those that this checkpoint speaks of?"""
        return head.size <= self.size and self.roots[head.size] == head.root

    def last_time(self, size: int) -> str | None:
        """The time of the last of the first `size` entries."""
        last = self.entries[size - 1] if 0 < size <= self.size else None
        return last.time if last else None


class _Released:
    """The entries that are shown, each proven to stand in the tree of the latest checkpoint."""

    def __init__(self, proofs: bytes, head: Checkpoint | None, links: Mapping[int, Sequence[bytes]]) -> None:
        self.head = head
        self.links = links
        self.problems: list[Problem] = [] if head else [Problem("checkpoint_missing")]
        self.entries: list[Line] = []
        try:
            value = read_json(proofs)
            _must(isinstance(value, dict) and value.keys() == {"format", "entries"}, "fields")
            _must(value["format"] == PROOFS and isinstance(value["entries"], list), "format")
            for place, one in enumerate(value["entries"]):
                self._take(place, one)
        except MalformedError as error:
            self.problems.append(Problem("proofs_malformed", None, {"part": error.part}))
        seqs = [entry.seq for entry in self.entries]
        self.problems += [Problem("seq_duplicate", seq) for seq in sorted({s for s in seqs if seqs.count(s) > 1})]

    @property
    def size(self) -> int:
        return self.head.size if self.head else 0

    @property
    def root(self) -> bytes:
        return self.head.root if self.head else b""

    def _take(self, place: int, one: Any) -> None:
        _must(isinstance(one, dict) and one.keys() == {"line", "opening", "path"}, "fields")
        _must(isinstance(one["line"], str), "line")
        line = one["line"].encode("utf-8", "surrogatepass")
        try:
            entry = read_line(line)
        except MalformedError as error:
            self.problems.append(Problem("entry_malformed", place, {"part": error.part}))
            return
        found = _try_opening(entry, one["opening"], {}, whole=False)
        if isinstance(found, Problem):
            self.problems.append(found)
        if not verify_inclusion(leaf_hash(line), entry.seq, self.size, _hashes(one["path"]), self.root):
            self.problems.append(Problem("entry_not_in_tree", entry.seq))
        self.entries.append(entry)

    def knows(self, head: Checkpoint) -> bool:
        """Can anything be said about this checkpoint?"""
        return head.size >= self.size or head.size in self.links or bool(self.head and head.origin != self.head.origin)

    def begins_with(self, head: Checkpoint) -> bool:
        """Is the tree of this checkpoint the beginning of ours, by the proof for its size?"""
        if head.size == self.size:
            return head.root == self.root
        return verify_consistency(head.size, self.size, self.links.get(head.size, ()), head.root, self.root)

    def last_time(self, size: int) -> str | None:
        """The latest time among the shown ones of the first `size` entries."""
        return max((entry.time for entry in self.entries if entry.seq < size), default=None)


def _hashes(value: Any) -> list[bytes]:
    """A path or proof as it stands in JSON: 32 bytes each, in hex."""
    _must(isinstance(value, list) and all(isinstance(one, str) and HASH.fullmatch(one) for one in value), "path")
    return [bytes.fromhex(one) for one in value]


def _as_bytes(note: str | bytes) -> bytes:
    return note.encode() if isinstance(note, str) else note


def _read_notes(notes: Sequence[bytes], code: str) -> tuple[list[Checkpoint], list[Problem]]:
    heads: list[Checkpoint] = []
    problems: list[Problem] = []
    for note in notes:
        try:
            heads.append(read_checkpoint(note))
        except MalformedError as error:
            problems.append(Problem(code, None, {"part": error.part}))
    return heads, problems


# --- integrity: does everything in the bag fit together -------------------------------------------------------------


def _check_integrity(
    journal: _Journal,
    openings: Mapping[int, Any],
    heads: Sequence[Checkpoint],
    damaged: Sequence[Problem],
    *,
    known: Sequence[Checkpoint],
    partial: bool,
) -> tuple[list[Problem], dict[str, int]]:
    roots = _check_roots(journal, heads, known)
    whole = not roots and not damaged and bool(heads)
    opened, problems = _open_all(journal, openings, whole=whole)
    fates = _sort(journal, openings, opened)
    if not partial:
        problems += [Problem("opening_missing", seq) for seq in fates["closed"]]
    counts = {fate: len(seqs) for fate, seqs in fates.items()}
    return [*journal.problems, *_check_order(journal), *roots, *damaged, *problems], counts


def _check_order(journal: _Journal) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[int] = set()
    last: Line | None = None
    for entry in filter(None, journal.entries):
        if entry.seq in seen:
            problems.append(Problem("seq_duplicate", entry.seq))
        elif last and entry.seq < last.seq:
            problems.append(Problem("entry_out_of_order", entry.seq, {"after": last.seq}))
        if last and entry.time < last.time:
            problems.append(Problem("time_backwards", entry.seq, {"time": entry.time, "before": last.time}))
        seen.add(entry.seq)
        last = entry
    unread = sum(entry is None for entry in journal.entries)
    return problems + (_gaps(seen) if not unread else [])


def _gaps(seen: set[int]) -> list[Problem]:
    """Runs of numbers that no line has; each as one problem, since a false number may be very large."""
    problems, expected = [], 0
    for seq in sorted(seen):
        if seq > expected:
            problems.append(Problem("entry_missing", expected, {"until": seq - 1}))
        expected = seq + 1
    return problems


def _check_roots(journal: _Journal, heads: Sequence[Checkpoint], known: Sequence[Checkpoint]) -> list[Problem]:
    if not heads:
        return [Problem("checkpoint_missing")]
    problems: list[Problem] = []
    intact = max((head.size for head in known if journal.begins_with(head)), default=0)
    for head in heads:
        if head.size > journal.size:
            problems.append(Problem("journal_truncated", None, {"signed": head.size, "found": journal.size}))
        elif not journal.begins_with(head):
            problems.append(
                Problem("root_mismatch", None, {"signed": head.size, "found": journal.size, "intact": intact})
            )
    if not problems and heads[-1].size < journal.size:
        problems.append(Problem("checkpoint_old", heads[-1].size, {"signed": heads[-1].size, "found": journal.size}))
    if len({head.origin for head in heads}) > 1:
        problems.append(Problem("checkpoint_other_journal"))
    return problems


def _open_all(
    journal: _Journal, openings: Mapping[int, Any], *, whole: bool
) -> tuple[dict[int, dict[str, Any]], list[Problem]]:
    """The payloads that really belong to their lines, and what is wrong with the others."""
    opened: dict[int, dict[str, Any]] = {}
    problems: list[Problem] = []
    places = {entry.commit: entry.seq for entry in journal.entries if entry}
    for seq, opening in sorted(openings.items()):
        entry = journal.by_seq.get(seq)
        if opening is None:
            continue
        if entry is None:
            problems.append(Problem("opening_stray", seq))
            continue
        problem = _try_opening(entry, opening, places, whole=whole)
        if isinstance(problem, Problem):
            problems.append(problem)
        else:
            opened[seq] = problem
    return opened, problems


def _try_opening(entry: Line, opening: Any, places: Mapping[str, int], *, whole: bool) -> Problem | dict[str, Any]:
    try:
        payload, salt = read_opening(opening)
    except MalformedError as error:
        return Problem("opening_malformed", entry.seq, {"part": error.part})
    commit = commitment(salt, payload)
    if commit != entry.commit:
        if commit in places:
            return Problem("opening_of_other", entry.seq, {"other": places[commit]})
        # Under a root that holds, the line is as it was signed, so it is the opening that changed.
        return Problem("opening_edited" if whole else "commit_mismatch", entry.seq)
    for part, value in (("seq", entry.seq), ("time", entry.time), ("type", entry.type)):
        if payload.get(part) != value or type(payload.get(part)) is not type(value):
            return Problem("entry_edited", entry.seq, {"part": part})
    for part in ("verb", "actor"):
        if not isinstance(payload.get(part), str) or not payload[part]:
            return Problem("entry_incomplete", entry.seq, {"part": part})
    return payload


def _sort(journal: _Journal, openings: Mapping[int, Any], opened: Mapping[int, dict[str, Any]]) -> dict[str, list[int]]:
    """The entries by what became of their payload: opened, erased as an `erase` entry says, or closed without one."""
    erased = {
        seq
        for at, payload in opened.items()
        if payload["type"] == "erase" and isinstance(payload.get("erased"), list)
        for seq in payload["erased"]
        if type(seq) is int and seq < at
    }
    closed = [seq for seq in journal.by_seq if openings.get(seq) is None]
    return {
        "entries": list(journal.by_seq),
        "opened": list(opened),
        "erased": [seq for seq in closed if seq in erased],
        "closed": [seq for seq in closed if seq not in erased],
    }


# --- checkpoints that were handed out, and the proofs from each to the latest ---------------------------------------


def _read_consistency(text: bytes | None) -> tuple[dict[int, list[bytes]], list[Problem]]:
    """The proofs of `journal/consistency.json`, by the size of the tree from which each leads to the latest."""
    if text is None:
        return {}, []
    try:
        value = read_json(text)
        _must(isinstance(value, dict) and value.keys() == {"format", "from"}, "fields")
        _must(value["format"] == CONSISTENCY and isinstance(value["from"], dict), "format")
        _must(all(NUMBER.fullmatch(size) for size in value["from"]), "size")
        return {int(size): _hashes(path) for size, path in value["from"].items()}, []
    except MalformedError as error:
        return {}, [Problem("consistency_malformed", None, {"part": error.part})]


def _check_links(journal: _Released, heads: Sequence[Checkpoint]) -> list[Problem]:
    problems = []
    for head in heads[:-1]:
        if head.size not in journal.links and head.size != journal.size:
            problems.append(Problem("consistency_missing", None, {"kept": head.size}))
        elif not journal.begins_with(head):
            problems.append(Problem("consistency_false", None, {"kept": head.size}))
    if len({head.origin for head in heads}) > 1:
        problems.append(Problem("checkpoint_other_journal"))
    return problems


def _check_handed(
    heads: Sequence[Checkpoint], handed: Sequence[str | bytes], consistency: bytes | None
) -> tuple[list[Problem], Check]:
    """Does a proof lead from each checkpoint that was handed out to the latest? Whoever kept one can then check it
    without the journal's lines."""
    given, _ = _read_notes([_as_bytes(note) for note in handed], "checkpoint_malformed")
    links, problems = _read_consistency(consistency)
    last = heads[-1] if heads else None
    for head in given:
        if last is None or head.size == last.size:
            continue
        if head.size not in links:
            problems.append(Problem("consistency_missing", None, {"kept": head.size}))
        elif not verify_consistency(head.size, last.size, links[head.size], head.root, last.root):
            problems.append(Problem("consistency_false", None, {"kept": head.size}))
    count = {"count": len(handed), "first": min((head.size for head in given), default=0)}
    return problems, Check("handed", "failed" if problems else "ok", count)


# --- the earlier checkpoints that the reader kept -------------------------------------------------------------------


def _check_earlier(
    journal: "_Journal | _Released", heads: Sequence[Checkpoint], kept: Sequence[Checkpoint]
) -> list[Problem]:
    problems: list[Problem] = []
    for head in kept:
        if heads and head.origin != heads[-1].origin:
            problems.append(Problem("earlier_other_journal"))
        elif head.size > journal.size:
            problems.append(Problem("rolled_back", None, {"kept": head.size, "found": journal.size}))
        elif not journal.begins_with(head):
            problems.append(Problem("rewritten", None, {"kept": head.size}))
    return problems


# --- signer: who signed ---------------------------------------------------------------------------------------------


def _check_signer(
    heads: Sequence[Checkpoint], kept: Sequence[Checkpoint], signer: bytes | None, inside: bytes | None
) -> tuple[list[Problem], Check]:
    try:
        keys = read_keys(signer) if signer is not None else read_keys(inside) if inside else []
    except MalformedError:
        if signer is not None:
            raise
        return [Problem("signer_malformed")], Check("signer", "failed", {"key": ""})
    names = {"key": " ".join(hashlib.sha256(key).hexdigest()[:16] for key in keys)}
    if not keys or not heads:
        return [], Check("signer", "absent", names)
    problems = [problem for head in heads if (problem := _check_signature(head, keys))]
    if problems:
        return problems, Check("signer", "failed", names)
    # A key that also signed what the reader kept from before is the key of that time.
    known = signer is not None or any(_check_signature(head, keys) is None for head in kept)
    return [], Check("signer", "ok" if known else "untrusted", names)


def _check_signature(head: Checkpoint, keys: Sequence[bytes]) -> Problem | None:
    """None when one of the keys signed and no signature in the name of one of them is false (signed-note)."""
    ours = [(key, mark) for key in keys for mark in head.signatures if mark.key_id == key_id(mark.name, key)]
    ours = [(key, mark) for key, mark in ours if mark.name == head.origin]
    if not ours:
        return Problem("signature_missing", None, {"signed": head.size})
    if all(len(mark.value) == 64 and signature_holds(key, head.body, mark.value) for key, mark in ours):
        return None
    return Problem("signature_forged", None, {"signed": head.size})


# --- time: since when it must have existed --------------------------------------------------------------------------


class _Stamps:
    """What a stamp is judged by: the journal, the checkpoints by digest, other digests in the bag, certificates."""

    def __init__(
        self, journal: _Journal | _Released, notes: Sequence[bytes], others: Iterable[bytes], inside: bytes
    ) -> None:
        self.journal = journal
        self.notes = {hashlib.sha256(note).digest(): note for note in notes}
        self.others = frozenset(others)
        self.inside = inside

    def judge(self, reply: bytes, stamped: Stamped) -> str | None:
        """The code of what is wrong with one stamp, leaving aside whose it is."""
        note = self.notes.get(stamped.digest)
        if note is None and stamped.digest not in self.others:
            return "stamp_of_other"
        if not stamp_holds(reply, stamped, None, self.inside):
            return "stamp_forged"
        return "stamp_before_entry" if note and _too_early(self.journal, stamped, note) else None


def _check_time(
    bag: _Stamps,
    replies: Sequence[bytes],
    roots: bytes | None,
    renewals: Sequence[tuple[bytes, bytes]],
    revocations: Sequence[bytes],
) -> tuple[list[Problem], Check, Check]:
    problems: list[Problem] = []
    states: list[tuple[bool, Stamped]] = []
    known: list[Standing | None] = []
    revoked: list[Problem] = []
    again, wrong = _read_renewals(bag, replies, renewals, roots, revocations)
    for place, reply in enumerate(replies, start=1):
        try:
            stamped = read_stamp(reply)
            code = bag.judge(reply, stamped)
        except MalformedError:
            code = "stamp_malformed"
        if code:
            problems.append(Problem(code, None, {"stamp": place}))
            continue
        known.append(standing(reply, stamped, revocations, roots, bag.inside) if revocations else None)
        held = known[-1]
        if held is None or held.state != "revoked":
            states.append((roots is not None and stamp_holds(reply, stamped, roots, bag.inside), stamped))
        elif carrier := _carried(reply, again):
            states.append((carrier.trusted, Stamped(stamped.digest, carrier.stamped.time, stamped.serial)))
        else:
            revoked.append(Problem("stamp_revoked", None, {"stamp": place}))
    if revoked and not states:
        problems += revoked  # where another authority's stamp is left, a revoked one only counts for nothing
    if roots is not None and replies and not problems and not any(trusted for trusted, _ in states):
        problems.append(Problem("stamp_by_stranger"))
    problems += wrong
    known += [one.standing for one in again]
    return problems, _time_check(problems, states, sum(one.counts for one in again)), _standing_check(known, roots)


def _standing_check(known: Sequence[Standing | None], roots: bytes | None) -> Check:
    """Were the certificates in force? `ok` only where every one is known to be good, by roots that the reader gave."""
    found = [one for one in known if one is not None]
    counts = {state: sum(one.state == state for one in found) for state in ("good", "later", "revoked")}
    oldest = min((one.as_of for one in found), default=None)
    as_of = oldest.strftime("%Y-%m-%dT%H:%M:%SZ") if oldest else ""
    data = {**counts, "unknown": len(known) - len(found), "as_of": as_of}
    if not found:
        return Check("revocation", "absent", data)
    if counts["revoked"] == len(known):
        return Check("revocation", "failed", data)
    certain = roots is not None and counts["good"] == len(known)
    return Check("revocation", "ok" if certain else "untrusted", data)


@dataclass(frozen=True)
class _Renewed:
    """A renewal that holds: the digests of the replies it is for, its own reply, and what is known of its authority."""

    listed: frozenset[bytes]
    reply: bytes
    stamped: Stamped
    trusted: bool
    standing: Standing | None

    @property
    def counts(self) -> bool:
        """Whether it shows anything: one by an authority that was revoked does not."""
        return self.standing is None or self.standing.state != "revoked"


def _read_renewals(
    bag: _Stamps,
    replies: Sequence[bytes],
    renewals: Sequence[tuple[bytes, bytes]],
    roots: bytes | None,
    revocations: Sequence[bytes],
) -> tuple[list[_Renewed], list[Problem]]:
    """A renewal is a stamp over the digests of earlier replies, made while their certificates were still in force: it
    shows that the replies are from then, also when a key or a method of signing is broken later."""
    known = {hashlib.sha256(reply).digest(): reply for reply in [*replies, *(reply for _, reply in renewals)]}
    good: list[_Renewed] = []
    problems: list[Problem] = []
    for place, (text, reply) in enumerate(renewals, start=1):
        try:
            stamped, listed = read_stamp(reply), read_renewal(text)
        except MalformedError:
            problems.append(Problem("renewal_malformed", None, {"stamp": place}))
            continue
        inside = [known[digest] for digest in listed if digest in known]
        if stamped.digest != hashlib.sha256(text).digest() or not inside:
            problems.append(Problem("renewal_of_other", None, {"stamp": place}))
        elif not stamp_holds(reply, stamped, None, bag.inside):
            problems.append(Problem("renewal_forged", None, {"stamp": place}))
        elif not all(_in_force(old, stamped.time, bag.inside) for old in inside):
            problems.append(Problem("renewal_late", None, {"stamp": place}))
        else:
            said = standing(reply, stamped, revocations, roots, bag.inside) if revocations else None
            trusted = roots is not None and stamp_holds(reply, stamped, roots, bag.inside)
            good.append(_Renewed(frozenset(listed), reply, stamped, trusted, said))
    return good, problems


def _carried(reply: bytes, renewals: Sequence[_Renewed]) -> _Renewed | None:
    """The earliest renewal that counts and covers this reply, itself or through others.

    Digests alone carry it: a reply whose authority was revoked shows nothing by itself, but what it is over existed
    when a good renewal of it was made. Of trusted ones and others the trusted come first.
    """
    waiting, seen, found = [hashlib.sha256(reply).digest()], set[bytes](), list[_Renewed]()
    while waiting:
        digest = waiting.pop()
        for one in renewals:
            mark = hashlib.sha256(one.reply).digest()
            if digest in one.listed and mark not in seen:
                seen.add(mark)
                waiting.append(mark)
                found += [one] if one.counts else []
    return min(found, key=lambda one: (not one.trusted, one.stamped.time), default=None)


def _in_force(reply: bytes, time: datetime, inside: bytes) -> bool:
    """Were the certificates of this reply still in force at that time, and was it made before then?"""
    try:
        stamped = read_stamp(reply)
    except MalformedError:
        return True  # the reply itself is already a problem
    return stamped.time <= time and stamp_holds(reply, Stamped(stamped.digest, time, stamped.serial), None, inside)


def read_renewal(text: bytes) -> list[bytes]:
    """The SHA-256 digests of the replies that a renewal is for. Raises MalformedError."""
    head, *lines = text.decode("ascii", "replace").split("\n")
    _must(head == RENEWAL and len(lines) > 1 and lines.pop() == "", "renewal")
    _must(all(HASH.fullmatch(line) for line in lines), "renewal")
    return [bytes.fromhex(line) for line in lines]


def _too_early(journal: _Journal | _Released, stamped: Stamped, note: bytes) -> bool:
    """Does the stamped checkpoint hold an entry that says it was written after the stamp was made?"""
    try:
        size = read_checkpoint(note).size
    except MalformedError:
        return False  # the checkpoint itself is already a problem
    last = journal.last_time(size)
    if last is None:
        return False
    return (datetime.fromisoformat(last) - stamped.time).total_seconds() > CLOCKS_MAY_DIFFER


def _time_check(problems: Sequence[Problem], states: Sequence[tuple[bool, Stamped]], renewals: int) -> Check:
    trusted = [stamped for known, stamped in states if known]
    times = sorted(stamped.time for stamped in (trusted or [stamped for _, stamped in states]))
    data = {
        "stamps": len(states),
        "trusted": len(trusted),
        "renewals": renewals,
        "first": times[0].strftime("%Y-%m-%dT%H:%M:%SZ") if times else "",
    }
    if problems:
        return Check("time", "failed", data)
    return Check("time", "ok" if trusted else "untrusted" if states else "absent", data)


# --- OpenTimestamps: by which block of Bitcoin it must have existed ---------------------------------------------------


def _check_ots(
    bag: _Stamps, proofs: Sequence[bytes], headers: Mapping[int, bytes] | None
) -> tuple[list[Problem], Check]:
    """A proof is `pending` (it shows nothing yet), leads to a block whose header nobody gave (`untrusted`), or to one
    whose header was given and has that root (`ok`); where the header has another root, the proof is false."""
    problems: list[Problem] = []
    ends: list[list[Attested]] = []
    proven: list[tuple[datetime, int]] = []
    for place, proof in enumerate(proofs, start=1):
        try:
            digest, paths = read_ots(proof)
        except MalformedError:
            problems.append(Problem("ots_malformed", None, {"stamp": place}))
            continue
        if digest not in bag.notes:
            problems.append(Problem("ots_of_other", None, {"stamp": place}))
            continue
        ends.append([end for end in paths if end.kind == "bitcoin"])
        held, wrong = _against_headers(bag, place, digest, ends[-1], headers or {})
        proven += held
        problems += wrong
    return problems, _ots_check(problems, len(proofs), ends, proven)


def _against_headers(
    bag: _Stamps, place: int, digest: bytes, ends: Sequence[Attested], headers: Mapping[int, bytes]
) -> tuple[list[tuple[datetime, int]], list[Problem]]:
    known = [(end, headers[end.height]) for end in ends if end.height in headers]
    held = [(_block_time(header), end.height) for end, header in known if header[36:68] == end.message]
    if known and not held:  # one calendar may lie where another does not
        return [], [Problem("ots_other_root", None, {"stamp": place, "block": known[0][0].height})]
    for time, _ in held:
        stamped = Stamped(digest, time + timedelta(seconds=BLOCKS_MAY_DIFFER), 0)
        if _too_early(bag.journal, stamped, bag.notes[digest]):
            return [], [Problem("ots_before_entry", None, {"stamp": place})]
    return held, []


def _ots_check(
    problems: Sequence[Problem], count: int, ends: Sequence[Sequence[Attested]], proven: Sequence[tuple[datetime, int]]
) -> Check:
    blocks = sorted({end.height for each in ends for end in each})
    first, block = min(proven, default=(None, 0))
    data = {
        "proofs": count,
        "complete": sum(bool(each) for each in ends),
        "proven": len(proven),
        "blocks": ", ".join(map(str, blocks[:5])),
        "block": block,
        "first": first.strftime("%Y-%m-%dT%H:%M:%SZ") if first else "",
    }
    if problems:
        return Check("ots", "failed", data)
    return Check("ots", "ok" if proven else "untrusted" if blocks else "absent", data)


# --- a folder: an opened dossier, or its journal --------------------------------------------------------------------


def verify_folder(
    folder: Path,
    *,
    signer: bytes | None = None,
    tsa_ca: bytes | None = None,
    earlier: Sequence[bytes] = (),
    partial: bool = False,
    headers: Mapping[int, bytes] | None = None,
) -> Report:
    """Check `journal/{journal.ndjson, checkpoint, openings.json}` of an opened dossier, or the same files in `folder`.

    Taken in when there: `signer.pem` (in `folder` or beside the journal), `timestamps/*.tsr` with `*.pem`, `*.ots`, the
    checkpoints they stamp (any other name), `renewals/`, the checkpoints that were handed out (`journal/checkpoints/`)
    with `journal/consistency.json`, and the digests of `manifest-sha256.txt`, since a stamp may be for an exhibit.
    Where `journal/proofs.json` stands in place of the journal, that is checked. Raises what `verify_journal` raises.
    """
    bag = _Bag(folder)
    beside: dict[str, Any] = {
        "signer": signer,
        "inside_signer": bag.first("signer.pem"),
        "stamps": bag.all("timestamps", ".tsr"),
        "tsa_ca": tsa_ca,
        "inside_certificates": b"\n".join(bag.all("timestamps", ".pem")),
        "other_digests": bag.digests(),
        "earlier": earlier,
        "handed": [note for note in bag.all("checkpoints") if _is_checkpoint(note)],
        "consistency": bag.first("consistency.json"),
        "renewals": bag.renewals(),
        "anchors": bag.all("timestamps", ".ots"),
        "headers": headers,
        "revocations": [*bag.all("timestamps", ".crl"), *bag.all("timestamps", ".ocsp")],
    }
    released = bag.first("proofs.json")
    if released is not None and bag.first("journal.ndjson") is None:
        report = verify_released(released, bag.checkpoints(), **beside)
    else:
        report = verify_journal(bag.lines(), bag.openings(), bag.checkpoints(), partial=partial, **beside)
    if not bag.problems:
        return report
    checks = [Check(report.checks[0].name, "failed", report.checks[0].data), *report.checks[1:]]
    return Report(False, report.size, report.root, (*bag.problems, *report.problems), tuple(checks))


class _Bag:
    """The files of an opened dossier that concern its journal, and what is wrong with them as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = folder / "journal" if (folder / "journal").is_dir() else folder
        self.problems: list[Problem] = []

    def lines(self) -> list[bytes]:
        lines = self._read("journal.ndjson").split(b"\n")
        if lines[-1]:
            self.problems.append(Problem("journal_cut"))
            return lines
        return lines[:-1]

    def openings(self) -> dict[int, Any]:
        text = self._read("openings.json")
        try:
            value = read_json(text) if text else {}
            _must(isinstance(value, dict) and all(NUMBER.fullmatch(seq) for seq in value), "seq")
        except MalformedError as error:
            self.problems.append(Problem("openings_malformed", None, {"part": error.part}))
            return {}
        return {int(seq): opening for seq, opening in value.items()}

    def checkpoints(self) -> list[bytes]:
        """All checkpoints, the latest last. What is no checkpoint beside the stamps may be anything, and is left."""
        older = [note for note in self.all("timestamps") + self.all("checkpoints") if _is_checkpoint(note)]
        older.sort(key=lambda note: read_checkpoint(note).size)
        last = self._read("checkpoint")
        return [*older, last] if last else older

    def renewals(self) -> list[tuple[bytes, bytes]]:
        """The renewals (`renewals/NAME.txt`), each with the reply over it (`renewals/NAME.tsr`)."""
        texts, replies = self.all("renewals", ".txt"), self.all("renewals", ".tsr")
        if len(texts) != len(replies):
            self.problems.append(Problem("renewal_malformed", None, {"stamp": len(replies)}))
        return list(zip(texts, replies, strict=False))

    def digests(self) -> list[bytes]:
        manifest = self.first("manifest-sha256.txt") or b""
        return [bytes.fromhex(found.decode()) for found in re.findall(rb"(?m)^([0-9a-f]{64}) ", manifest)]

    def first(self, name: str) -> bytes | None:
        """The file of that name in the bag or beside the journal, or None."""
        found = next((path for path in (self.folder / name, self.journal / name) if path.is_file()), None)
        return found.read_bytes() if found else None

    def all(self, name: str, suffix: str = "") -> list[bytes]:
        """The files in the folder of that name in the bag or beside the journal, in order of their names."""
        folders = sorted({self.folder / name, self.journal / name})
        files = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.is_file()]
        return [path.read_bytes() for path in files if path.name.endswith(suffix)]

    def _read(self, name: str) -> bytes:
        path = self.journal / name
        if path.is_file():
            return path.read_bytes()
        self.problems.append(Problem("file_missing", None, {"file": name}))
        return b""


def _is_checkpoint(note: bytes) -> bool:
    try:
        return bool(read_checkpoint(note))
    except MalformedError:
        return False


# --- what is said about it ------------------------------------------------------------------------------------------

SENTENCES = {  # Arabic, English; those of sitr/words/*/journal.toml (tested)
    "check_integrity_ok": (
        ("السجل سليم ومتسق: عدد القيود {entries}، منها مفتوح {opened}، وممحو بطلب {erased}، ومغلق دون محتوى {closed}."),
        (
            "The journal is whole and fits together: entries {entries}, opened {opened}, erased on request "
            "{erased}, closed without their content {closed}."
        ),
    ),
    "check_integrity_failed": (
        (
            "في السجل ما لا يتسق؛ التفاصيل في الأسطر التالية. عدد القيود {entries}، منها مفتوح {opened}، وممحو "
            "بطلب {erased}، ومغلق دون محتوى {closed}."
        ),
        (
            "Something in the journal does not fit; the lines below say what. Entries {entries}, opened "
            "{opened}, erased on request {erased}, closed without their content {closed}."
        ),
    ),
    "check_signer_ok": (
        "التوقيع صحيح، وهو بالمفتاح المعروف {key}.",
        "The signature is right and made by the known key {key}.",
    ),
    "check_signer_failed": (
        "التوقيع غير مقبول؛ التفاصيل في الأسطر التالية.",
        "The signature does not hold; the lines below say why.",
    ),
    "check_signer_untrusted": (
        (
            "التوقيع صحيح بالمفتاح {key}، لكن هذا المفتاح جاء مع ملف الأدلة نفسه. تحسم الأمرَ مقارنته بما أعلنه "
            "صاحب التوقيع."
        ),
        (
            "The signature is right by the key {key}, but that key came inside the dossier itself. Comparing it "
            "with what the signer made known decides it."
        ),
    ),
    "check_signer_absent": (
        "لم يُفحص التوقيع: لا مفتاح في ملف الأدلة، ولا مفتاح معطى.",
        "The signature was not checked: there is no key in the dossier and none was given.",
    ),
    "check_time_ok": (
        "الوقت موثق من جهة معروفة. عدد الطوابع الزمنية {stamps}، منها لجهة معروفة {trusted}؛ أقدمها {first}.",
        (
            "The time is confirmed by a known authority. Time stamps {stamps}, by a known authority {trusted}; "
            "the first at {first}."
        ),
    ),
    "check_time_failed": (
        "الطوابع الزمنية غير مقبولة؛ التفاصيل في الأسطر التالية.",
        "The time stamps do not hold; the lines below say why.",
    ),
    "check_time_untrusted": (
        "الطوابع الزمنية سليمة (عددها {stamps}، أقدمها {first})، لكن لم تُحدَّد جهة موثوقة لمقارنتها بها.",
        (
            "The time stamps are whole ({stamps}, the first at {first}), but no trusted authority was named to "
            "compare them with."
        ),
    ),
    "check_time_absent": (
        "لا طابع زمني بعد.",
        "Not time-stamped yet.",
    ),
    "check_earlier_ok": (
        "السجل يكمل نقاط التحقق المحفوظة من قبل (عددها {count}).",
        "The journal continues the checkpoints kept from before (number: {count}).",
    ),
    "check_earlier_failed": (
        "السجل لا يكمل نقاط التحقق المحفوظة من قبل؛ التفاصيل في الأسطر التالية.",
        "The journal does not continue the checkpoints kept from before; the lines below say why.",
    ),
    "verified": (
        "النتيجة: لم يظهر أي خلل.",
        "Result: nothing wrong was found.",
    ),
    "not_verified": (
        "النتيجة: لم يثبت أن السجل سليم.",
        "Result: the journal is not verified.",
    ),
    "no_openssl": (
        "برنامج openssl غير مثبت، ولا فحص للتوقيع دونه. التثبيت في دبيان: apt install openssl",
        (
            "The program openssl is not installed; signatures cannot be checked without it. On Debian: apt "
            "install openssl"
        ),
    ),
    "file_missing": (
        "ملف ناقص: {file}",
        "A file is missing: {file}",
    ),
    "journal_cut": (
        "ملف السجل مقطوع في وسط سطره الأخير.",
        "The journal file is cut in the middle of its last line.",
    ),
    "entry_malformed": (
        "السطر رقم {seq} ليس بصيغة قيد (الجزء: {part}).",
        "Line {seq} is not in the form of an entry (part: {part}).",
    ),
    "entry_missing": (
        "قيود ناقصة: من {seq} إلى {until}.",
        "Entries are missing: from {seq} to {until}.",
    ),
    "entry_out_of_order": (
        "القيد {seq} ليس في مكانه: جاء بعد القيد {after}.",
        "Entry {seq} is out of its place: it comes after entry {after}.",
    ),
    "seq_duplicate": (
        "رقم القيد {seq} مكرر: أُضيف قيد أو نُسخ.",
        "The number of entry {seq} stands twice: an entry was put in or copied.",
    ),
    "time_backwards": (
        "وقت القيد {seq} ({time}) أسبق من وقت القيد الذي قبله ({before}).",
        "The time of entry {seq} ({time}) is before that of the entry ahead of it ({before}).",
    ),
    "entry_edited": (
        "القيد {seq} معدَّل: جزؤه {part} يخالف محتواه الأصلي.",
        "Entry {seq} was edited: its {part} differs from what it was made with.",
    ),
    "entry_incomplete": (
        "محتوى القيد {seq} ناقص (الجزء: {part}).",
        "The content of entry {seq} lacks a part ({part}).",
    ),
    "commit_mismatch": (
        "القيد {seq} ومحتواه لا يتطابقان: أحدهما معدَّل.",
        "Entry {seq} and its content do not belong together: one of them was edited.",
    ),
    "opening_edited": (
        "محتوى القيد {seq} معدَّل؛ أما القيد نفسه فكما وُقّع.",
        "The content of entry {seq} was edited; the entry itself is as it was signed.",
    ),
    "opening_of_other": (
        "المحتوى المنسوب إلى القيد {seq} هو محتوى القيد {other}.",
        "The content given for entry {seq} is that of entry {other}.",
    ),
    "opening_malformed": (
        "محتوى القيد {seq} ليس بالصيغة المطلوبة (الجزء: {part}).",
        "The content of entry {seq} is not in the right form (part: {part}).",
    ),
    "opening_missing": (
        "محتوى القيد {seq} غير موجود، ولا قيد يثبت طلب محوه.",
        "The content of entry {seq} is not there, and no entry says that it was erased on request.",
    ),
    "opening_stray": (
        "محتوى للقيد {seq}، ولا قيد بهذا الرقم.",
        "There is content for entry {seq}, but no entry of that number.",
    ),
    "openings_malformed": (
        "ملف المحتويات غير مقروء (الجزء: {part}).",
        "The file of openings cannot be read (part: {part}).",
    ),
    "checkpoint_missing": (
        "لا نقطة تحقق موقَّعة مع السجل.",
        "There is no signed checkpoint with the journal.",
    ),
    "checkpoint_malformed": (
        "نقطة التحقق ليست بالصيغة المطلوبة (الجزء: {part}).",
        "A checkpoint is not in the right form (part: {part}).",
    ),
    "checkpoint_old": (
        "نقطة التحقق أقدم من السجل: وُقّع {signed} وفي السجل {found}، فلا توقيع على القيود من {seq} وما بعده.",
        (
            "The checkpoint is older than the journal: signed {signed}, found {found}. Nothing signs the entries "
            "from {seq} on."
        ),
    ),
    "checkpoint_other_journal": (
        "نقاط التحقق لسجلات مختلفة.",
        "The checkpoints are of different journals.",
    ),
    "journal_truncated": (
        "السجل ناقص: عدد القيود الموقَّعة {signed}، والموجود {found}.",
        "The journal was cut short: entries signed {signed}, found {found}.",
    ),
    "root_mismatch": (
        (
            "القيود ليست هي الموقَّعة في نقطة التحقق. عدد القيود الموقَّعة {signed}، والموجود {found}؛ والقيود "
            "الأولى (عددها {intact}) توافق نقطة تحقق."
        ),
        (
            "The entries are not those that the checkpoint signs. Entries signed {signed}, found {found}; the "
            "first {intact} do agree with a checkpoint."
        ),
    ),
    "earlier_malformed": (
        "نقطة التحقق المحفوظة من قبل ليست بالصيغة المطلوبة (الجزء: {part}).",
        "The checkpoint kept from before is not in the right form (part: {part}).",
    ),
    "earlier_other_journal": (
        "نقطة التحقق المحفوظة من قبل لسجل آخر.",
        "The checkpoint kept from before is of another journal.",
    ),
    "rolled_back": (
        "السجل أقصر مما كان: كان عدد القيود {kept}، وهو الآن {found}.",
        "The journal is shorter than it was: entries then {kept}, now {found}.",
    ),
    "rewritten": (
        "القيود الأولى (عددها {kept}) لم تعد كما كانت عند نقطة التحقق المحفوظة.",
        "The first entries (number: {kept}) are no longer what they were at the checkpoint kept from before.",
    ),
    "signer_malformed": (
        "مفتاح التوقيع الذي جاء مع ملف الأدلة غير مقروء.",
        "The signer's key that came with the dossier cannot be read.",
    ),
    "signature_missing": (
        (
            "لا توقيع بهذا المفتاح على نقطة التحقق (عدد قيودها {signed}): فالمفتاح غير ذلك المفتاح، أو نقطة "
            "التحقق مبدَّلة."
        ),
        (
            "No signature by this key on the checkpoint of {signed} entries: it is another key, or the "
            "checkpoint was swapped."
        ),
    ),
    "signature_forged": (
        "التوقيع على نقطة التحقق (عدد قيودها {signed}) غير صحيح: النص معدَّل أو التوقيع مزوَّر.",
        ("The signature on the checkpoint of {signed} entries is false: the text was edited or the signature forged."),
    ),
    "stamp_malformed": (
        "الطابع الزمني رقم {stamp} غير مقروء.",
        "Time stamp {stamp} cannot be read.",
    ),
    "stamp_of_other": (
        "الطابع الزمني رقم {stamp} لا يخص شيئا في ملف الأدلة.",
        "Time stamp {stamp} is for nothing in this dossier.",
    ),
    "stamp_forged": (
        "توقيع الطابع الزمني رقم {stamp} غير صحيح.",
        "The signature of time stamp {stamp} does not hold.",
    ),
    "stamp_before_entry": (
        "الطابع الزمني رقم {stamp} أسبق من قيد يشمله: وقت ذلك القيد غير صحيح.",
        "Time stamp {stamp} is older than an entry that it covers: the time of that entry is not right.",
    ),
    "stamp_by_stranger": (
        "لا طابع زمني من الجهات الموثوقة المعطاة.",
        "No time stamp is by the trusted authorities that were given.",
    ),
    "check_released_ok": (
        "ما كُشف هنا ثابت في السجل الموقَّع: المكشوف {opened} من {entries}؛ والباقي لا يُذكر هنا.",
        (
            "What is released here stands in the signed journal: shown {opened} of {entries} entries; the "
            "others are not told here."
        ),
    ),
    "check_released_failed": (
        "في ما كُشف من السجل ما لا يثبت؛ التفاصيل في الأسطر التالية. المكشوف {opened} من {entries}.",
        (
            "Something released from the journal does not hold; the lines below say what. Shown {opened} of "
            "{entries} entries."
        ),
    ),
    "check_handed_ok": (
        "نقاط التحقق التي سُلّمت من قبل (عددها {count}، أولها بعد {first} من القيود) بداية لهذا السجل.",
        (
            "The checkpoints handed out before (number: {count}, the first after {first} entries) are the "
            "beginning of this journal."
        ),
    ),
    "check_handed_failed": (
        "لم يثبت أن نقاط التحقق التي سُلّمت من قبل بداية لهذا السجل؛ التفاصيل في الأسطر التالية.",
        (
            "It is not shown that the checkpoints handed out before are the beginning of this journal; the "
            "lines below say why."
        ),
    ),
    "check_earlier_absent": (
        (
            "لا برهان هنا على نقطة التحقق المحفوظة من قبل (العدد {count})، فلا حكم عليها. يُطلب ملف أدلة فيه "
            "السجل أو برهانها."
        ),
        (
            "There is no proof here for the checkpoint kept from before (number: {count}), so nothing is said "
            "about it. Ask for a dossier with the journal, or with its proof."
        ),
    ),
    "proofs_malformed": (
        "ملف البراهين غير مقروء (الجزء: {part}).",
        "The file of proofs cannot be read (part: {part}).",
    ),
    "entry_not_in_tree": (
        "القيد {seq} ليس في السجل الموقَّع.",
        "Entry {seq} does not stand in the signed journal.",
    ),
    "consistency_malformed": (
        "ملف برهان الاتصال غير مقروء (الجزء: {part}).",
        "The file of consistency proofs cannot be read (part: {part}).",
    ),
    "consistency_missing": (
        "لا برهان على أن نقطة التحقق (عدد قيودها {kept}) بداية لهذا السجل.",
        "There is no proof that the checkpoint of {kept} entries is the beginning of this journal.",
    ),
    "consistency_false": (
        "نقطة التحقق (عدد قيودها {kept}) ليست بداية لهذا السجل.",
        "The checkpoint of {kept} entries is not the beginning of this journal.",
    ),
    "renewal_malformed": (
        "تجديد الطابع الزمني رقم {stamp} غير مقروء.",
        "Renewal {stamp} of the time stamps cannot be read.",
    ),
    "renewal_of_other": (
        "تجديد الطابع الزمني رقم {stamp} لا يخص طابعا في ملف الأدلة.",
        "Renewal {stamp} is for no time stamp in this dossier.",
    ),
    "renewal_forged": (
        "توقيع تجديد الطابع الزمني رقم {stamp} غير صحيح.",
        "The signature of renewal {stamp} does not hold.",
    ),
    "renewal_late": (
        "تجديد الطابع الزمني رقم {stamp} جاء بعد انتهاء شهادة الطابع الأول.",
        "Renewal {stamp} was made after the certificate of the first stamp had ended.",
    ),
    "check_ots_ok": (
        (
            "البراهين (OpenTimestamps) تؤدي إلى سلسلة بتكوين، وترويسات الكتل المعطاة تؤيد {proven} منها (العدد "
            "{proofs}). أقدم كتلة {block}، ووقتها {first} (وقد يفرق وقت الكتلة ساعتين)."
        ),
        (
            "OpenTimestamps proofs lead into the Bitcoin chain; the block headers that were given confirm "
            "{proven} of {proofs}. The earliest is block {block}, of {first} (the time in a block may be off by "
            "two hours)."
        ),
    ),
    "check_ots_failed": (
        "في براهين OpenTimestamps ما لا يثبت؛ التفاصيل في الأسطر التالية.",
        "An OpenTimestamps proof does not hold; the lines below say why.",
    ),
    "check_ots_untrusted": (
        (
            "براهين OpenTimestamps سليمة (العدد {proofs})، ومنها مكتمل يشير إلى كتل في سلسلة بتكوين: {complete} "
            "(الكتل {blocks}). لم تُعطَ ترويسات كتل لمقارنتها بها؛ يحسم ذلك الأمر ots verify أو ملف ترويسات."
        ),
        (
            "The OpenTimestamps proofs are whole ({proofs}); {complete} of them name blocks of the Bitcoin chain "
            "({blocks}). No block headers were given to compare them with: ots verify, or a file of headers, "
            "decides it."
        ),
    ),
    "check_ots_absent": (
        "براهين OpenTimestamps (العدد {proofs}) معلقة كلها: لا تثبت شيئا بعد. وعدت التقاويم بإكمالها.",
        (
            "The OpenTimestamps proofs ({proofs}) are all pending: they prove nothing yet. Calendars promised to "
            "complete them."
        ),
    ),
    "ots_malformed": (
        "برهان OpenTimestamps رقم {stamp} غير مقروء.",
        "OpenTimestamps proof {stamp} cannot be read.",
    ),
    "ots_of_other": (
        "برهان OpenTimestamps رقم {stamp} لا يخص نقطة تحقق في ملف الأدلة.",
        "OpenTimestamps proof {stamp} is for no checkpoint in this dossier.",
    ),
    "ots_other_root": (
        "برهان OpenTimestamps رقم {stamp} يشير إلى الكتلة {block}، وترويستها المعطاة تخالفه.",
        "OpenTimestamps proof {stamp} names block {block}, but the header that was given for it says otherwise.",
    ),
    "ots_before_entry": (
        "كتلة برهان OpenTimestamps رقم {stamp} أسبق من قيد يشمله: وقت ذلك القيد غير صحيح.",
        (
            "The block of OpenTimestamps proof {stamp} is older than an entry that it covers: the time of that "
            "entry is not right."
        ),
    ),
    "check_revocation_ok": (
        "شهادات جهات التوقيت لم تُبطَل: عددها {good}، بحسب قوائم وردود أقدمها في {as_of}.",
        (
            "The certificates of the time authorities were not revoked: {good}, by lists or answers of which "
            "the oldest is of {as_of}."
        ),
    ),
    "check_revocation_failed": (
        "شهادات جهات التوقيت مبطَلة (عددها {revoked})، فلا يُعتد بطوابعها.",
        "The certificates of the time authorities were revoked ({revoked}), so their stamps are not trusted.",
    ),
    "check_revocation_untrusted": (
        (
            "شهادات جهات التوقيت: غير مبطَلة {good}، ومبطَلة لا يُعتد بطوابعها {revoked}، وأُبطلت بعد الطابع "
            "لسبب لا يمسه {later}، وغير معروف حالها {unknown}؛ بحسب ما جاء في {as_of}."
        ),
        (
            "Certificates of the time authorities: not revoked {good}; revoked, their stamps not trusted, "
            "{revoked}; revoked after the stamp for a reason that leaves it good {later}; not known {unknown}; "
            "as of {as_of}."
        ),
    ),
    "check_revocation_absent": (
        "لا يُعرف إن كانت شهادات جهات التوقيت قد أُبطلت: لا قائمة إبطال هنا يُحتكم إليها (العدد {unknown}).",
        (
            "Whether the certificates of the time authorities were revoked is not known: no usable list or "
            "answer is here ({unknown})."
        ),
    ),
    "stamp_revoked": (
        "شهادة الجهة التي وضعت الطابع الزمني رقم {stamp} مبطَلة: لا يُعتد به.",
        "The certificate of the authority that made time stamp {stamp} was revoked: it is not trusted.",
    ),
}


def sentence(code: str, lang: str, blanks: Mapping[str, Any]) -> str:
    """The sentence for a problem (its code) or a check (`check_NAME_STATE`), in Arabic or English."""
    values = {key: value if isinstance(value, int) else _isolate(str(value), lang) for key, value in blanks.items()}
    return SENTENCES[code][0 if lang == "ar" else 1].format(**values)


def _isolate(value: str, lang: str) -> str:
    return f"\u2066{value}\u2069" if lang == "ar" else value  # else right-to-left text would show it scrambled


def describe(found: Problem | Check, lang: str) -> str:
    """One problem or check as a sentence."""
    if isinstance(found, Check):
        return sentence(f"check_{found.name}_{found.state}", lang, found.data)
    return sentence(found.code, lang, {**found.data, "seq": found.seq})


def as_json(report: Report, lang: str) -> dict[str, Any]:
    """The report as `--json` prints it."""
    return {
        "ok": report.ok,
        "size": report.size,
        "root": report.root,
        "checks": [
            {"name": check.name, "ok": check.ok, "state": check.state, "detail": describe(check, lang), **check.data}
            for check in report.checks
        ],
        "problems": [
            {"code": problem.code, "seq": problem.seq, **problem.data, "detail": describe(problem, lang)}
            for problem in report.problems
        ],
    }


def print_report(report: Report, lang: str) -> None:
    """One line for each check, by name, then one for each problem."""
    for check in report.checks:
        print(f"{check.name}: {check.state}: {describe(check, lang)}")
    for problem in report.problems:
        place = "" if problem.seq is None else f" {problem.seq}"
        print(f"problem: {problem.code}{place}: {describe(problem, lang)}")


def main(arguments: Sequence[str]) -> int:
    """Check the folder named by the arguments (this file's own folder when none is) and print what was found."""
    parser = argparse.ArgumentParser(description="Check the journal in an opened Sitr dossier.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).resolve().parent, metavar="FOLDER")
    parser.add_argument("--signer", type=_file, metavar="KEY", help="PEM file with the key you trust")
    parser.add_argument("--tsa-ca", type=_file, metavar="FILE", help="PEM file with the time authorities you trust")
    parser.add_argument(
        "--earlier", type=_file, action="append", default=[], metavar="FILE", help="a checkpoint you kept"
    )
    parser.add_argument(
        "--bitcoin-headers", type=_file, metavar="FILE", help="lines of a block's height and its header in hex"
    )
    parser.add_argument("--partial", action="store_true", help="a released part: openings may be withheld")
    parser.add_argument("--lang", choices=("ar", "en"), default="en")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args(arguments)
    if given.tsa_ca is not None and not CERTIFICATE.search(given.tsa_ca):
        parser.error("--tsa-ca: this file holds no certificate in PEM")
    try:
        report = verify_folder(
            given.folder,
            signer=given.signer,
            tsa_ca=given.tsa_ca,
            earlier=given.earlier,
            partial=given.partial,
            headers=read_headers(given.bitcoin_headers) if given.bitcoin_headers is not None else None,
        )
    except MalformedError as error:
        if error.part == "headers":
            parser.error("--bitcoin-headers: a line is not a height and the 160 hex digits of a block header")
        parser.error("--signer: this file holds no Ed25519 public key in PEM")
    except FileNotFoundError:
        print(f"openssl: missing: {sentence('no_openssl', given.lang, {})}")
        return 1
    if given.json:
        print(json.dumps(as_json(report, given.lang), ensure_ascii=False, indent=1))
    else:
        print_report(report, given.lang)
        print(sentence("verified" if report.ok else "not_verified", given.lang, {}))
    return 0 if report.ok else 1


def _file(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise argparse.ArgumentTypeError("this file cannot be read") from error


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # the lines may be Arabic, whatever the locale says
    sys.exit(main(sys.argv[1:]))
