"""OpenTimestamps calendars: asking them for a pending proof on a digest, and later for the way to a block of Bitcoin.

Here belong the port `Calendars`, its adapter, and when a pending proof is asked after again. The adapter needs the
package `opentimestamps` (LGPL; the optional extra `sitr[ots]`, never shipped): it writes and joins proofs. What comes
from a calendar is read by the shipped `verifier` first, bounded, so nothing is kept which a reader's copy of that would
refuse. A calendar learns a salted hash, the hour and the address of who asks. Not here: checking a proof (`verifier`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sitr.errors import Damaged, MissingProgram, OutsideSilent
from sitr.journal import verifier
from sitr.journal.authorities import BadStamp
from sitr.net import Limits, Response

_LIMITS = Limits(seconds=20.0, bytes=10_000, redirects=0)  # what the reference client takes from a calendar
_FORM = "application/x-www-form-urlencoded"  # as the reference client sends it, though it is 32 raw bytes
SALT_BYTES = 16


class AnchorState(StrEnum):
    """Where the OpenTimestamps proof of a checkpoint stands. Only `complete` names a block."""

    QUEUED = "queued"
    WILL_RETRY = "will_retry"
    PENDING = "pending"
    COMPLETE = "complete"


@dataclass(frozen=True)
class AnchorFacts:
    """What a stored proof says, unjudged: the digest it is for, the blocks it names, the calendars that still owe."""

    digest: bytes
    blocks: tuple[int, ...]
    waiting: tuple[str, ...]


class Calendars(Protocol):
    """Whoever merges digests and writes them into a block of Bitcoin."""

    def submit(self, digest: bytes, salt: bytes) -> bytes:
        """A pending proof (an `.ots` file) for this SHA-256. Raises OutsideSilent when no calendar answered well."""
        ...

    def upgrade(self, proof: bytes) -> bytes:
        """The proof with whatever has become complete since; the same bytes when nothing has. Raises Damaged."""
        ...


class Line(Protocol):
    """What this room asks of the door: services that the operator named."""

    def post_infrastructure(self, url: str, body: bytes, content_type: str, limits: Limits) -> Response:
        """See `sitr.net.Door.post_infrastructure`."""
        ...

    def get_infrastructure(self, url: str, limits: Limits) -> Response:
        """See `sitr.net.Door.get_infrastructure`."""
        ...


class HttpCalendars:
    """Calendars behind HTTP. `urls` are the calendars themselves, not pools: a pending proof names where it will be
    completed, and nobody but a calendar that the operator named is ever asked."""

    def __init__(self, urls: Sequence[str], door: Line) -> None:
        self.urls = tuple(url.rstrip("/") for url in urls)
        self._door = door

    def submit(self, digest: bytes, salt: bytes) -> bytes:
        """Ask every calendar for a pending proof on a SHA-256; those that answer well stand side by side in the file.

        `salt` (16 random bytes) is put to the digest and hashed first: calendars and the public chain never see the
        digest. Raises OutsideSilent (`net....`, `journal.calendar_silent`), BadStamp (`journal.ots_...`),
        MissingProgram without the package.
        """
        made, silent = _Proof.begin(digest, salt), None
        for url in self.urls:
            try:
                made.join(made.leaf, self._asked(url, made.leaf.msg))
            except OutsideSilent as error:
                silent = error
        if not made.leaf.attestations and not made.leaf.ops:
            raise silent or OutsideSilent("journal.calendar_silent", status=0)
        return made.written(digest)

    def _asked(self, url: str, message: bytes) -> bytes:
        answer = self._door.post_infrastructure(f"{url}/digest", message, _FORM, _LIMITS)
        if answer.status != 200:
            raise OutsideSilent("journal.calendar_silent", status=answer.status)
        ends = _ends(answer.body, message)
        if not any(end.kind == "pending" and end.where.rstrip("/") == url for end in ends):
            raise BadStamp("journal.ots_other_calendar")  # it could never be completed
        if any(end.kind == "bitcoin" for end in ends):
            raise BadStamp("journal.ots_garbage")  # what was salted a moment ago stands in no block
        return answer.body

    def upgrade(self, proof: bytes) -> bytes:
        """Ask the calendars that still owe a block; a pending end goes when its calendar names one.

        A calendar that is silent, or has no block yet, leaves the proof as it is. Raises Damaged for what is no proof,
        MissingProgram without the package. That a named block is real, only its header shows.
        """
        digest = anchor_facts(proof).digest
        held, changed = _Proof.read(proof), False
        for node, pending in list(held.pending()):
            url = pending.uri.rstrip("/")
            if url in self.urls:
                changed |= self._completed(held, node, pending, url)
        return held.written(digest) if changed else proof

    def _completed(self, held: "_Proof", node: Any, pending: Any, url: str) -> bool:
        try:
            answer = self._door.get_infrastructure(f"{url}/timestamp/{node.msg.hex()}", _LIMITS)
            if answer.status != 200 or not any(end.kind == "bitcoin" for end in _ends(answer.body, node.msg)):
                return False
            held.join(node, answer.body)
        except OutsideSilent:
            return False
        node.attestations.discard(pending)
        return True


def anchor_facts(proof: bytes) -> AnchorFacts:
    """What a stored proof says. Raises Damaged."""
    try:
        digest, ends = verifier.read_ots(proof)
    except verifier.MalformedError as error:
        raise Damaged("journal.ots_unreadable") from error
    blocks = sorted({end.height for end in ends if end.kind == "bitcoin"})
    return AnchorFacts(digest, tuple(blocks), tuple(sorted({end.where for end in ends if end.kind == "pending"})))


def next_look(attempts: int, now: datetime) -> datetime:
    """When a pending proof is asked after again: a block takes hours, so after 1, 2, 4 ... hours, at most 7 days."""
    return now + min(timedelta(hours=2 ** max(0, min(attempts, 8))), timedelta(days=7))


def _ends(steps: bytes, message: bytes) -> list[verifier.Attested]:
    try:
        return verifier.read_ots_paths(steps, message)
    except verifier.MalformedError as error:
        raise BadStamp("journal.ots_garbage") from error


class _Proof:
    """A proof as the package `opentimestamps` holds it."""

    def __init__(self, file: Any, leaf: Any) -> None:
        self.file, self.leaf = file, leaf

    @classmethod
    def begin(cls, digest: bytes, salt: bytes) -> "_Proof":
        _, op, timestamp, _ = _package()
        file = timestamp.DetachedTimestampFile(op.OpSHA256(), timestamp.Timestamp(digest))
        return cls(file, file.timestamp.ops.add(op.OpAppend(salt)).ops.add(op.OpSHA256()))

    @classmethod
    def read(cls, proof: bytes) -> "_Proof":
        _, _, timestamp, serialize = _package()
        try:
            file = timestamp.DetachedTimestampFile.deserialize(serialize.BytesDeserializationContext(proof))
        except (serialize.DeserializationError, ValueError) as error:
            raise Damaged("journal.ots_unreadable") from error
        return cls(file, file.timestamp)

    def join(self, node: Any, steps: bytes) -> None:
        """Put the paths of an answer (read before by the verifier) at a node."""
        _, _, timestamp, serialize = _package()
        try:
            answer = timestamp.Timestamp.deserialize(serialize.BytesDeserializationContext(steps), node.msg)
            node.merge(answer)
        except (serialize.DeserializationError, ValueError) as error:
            raise BadStamp("journal.ots_garbage") from error

    def pending(self) -> Iterator[tuple[Any, Any]]:
        """Each node at which a calendar's promise stands, with the promise."""
        notary, _, _, _ = _package()
        nodes = [self.file.timestamp]
        while nodes:
            node = nodes.pop()
            nodes += node.ops.values()
            for each in node.attestations:
                if isinstance(each, notary.PendingAttestation):
                    yield node, each

    def written(self, digest: bytes) -> bytes:
        """The file, which our own reader must read, for this digest."""
        _, _, _, serialize = _package()
        context = serialize.BytesSerializationContext()
        self.file.serialize(context)
        proof = bytes(context.getbytes())
        try:
            _Proof.read(proof)
            if anchor_facts(proof).digest == digest:
                return proof
        except Damaged:
            raise BadStamp("journal.ots_garbage") from None
        raise BadStamp("journal.ots_garbage")


def _package() -> tuple[Any, Any, Any, Any]:
    try:
        from opentimestamps.core import notary, op, serialize, timestamp  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingProgram("journal.no_ots") from error
    return notary, op, timestamp, serialize
