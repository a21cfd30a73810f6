#!/usr/bin/env python3
"""Checks the journal of a Sitr case, with nothing but Python 3.11 and the `openssl` command.

This file stands alone: it is copied into every dossier, and Sitr itself checks journals with it, so there is one truth.
Here belong the rules of the tree (RFC 9162), of the lines, of the checkpoint (C2SP signed note) and of the time stamps
(RFC 3161) as far as they are needed to check. Not here: making any of them, and anything that is not in Python itself.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
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


# --- JSON: one spelling for one value, RFC 8785 ---------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """The RFC 8785 spelling of a value without fractions. Raises MalformedError for what a journal cannot hold."""
    return _spell(value).encode("utf-8", "surrogatepass")


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
    _must(isinstance(value["time"], str) and TIME.fullmatch(value["time"]) is not None, "time")
    _must(value["type"] in TYPES, "type")
    _must(isinstance(value["commit"], str) and HASH.fullmatch(value["commit"]) is not None, "commit")
    _must(canonical(value) == line, "spelling")
    return Line(value["seq"], value["time"], value["type"], value["commit"])


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
    except binascii.Error as error:
        raise MalformedError(part) from error
    _must(base64.b64encode(value).decode() == text and length in (None, len(value)), part)
    return value


def key_id(name: str, public: bytes) -> bytes:
    """The four bytes by which a signature line says which key made it (C2SP signed-note, type 0x01 = Ed25519)."""
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
