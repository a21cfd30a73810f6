"""An OpenTimestamps calendar on this machine, speaking its protocol over HTTP, and a chain of blocks of its own.

`POST /digest` takes a digest in, `GET /timestamp/<hex>` gives the way to a block once one was made, 404 before. Blocks
are mined with next to no work: their headers are real in form and worth nothing. Each lie is a method to call.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from opentimestamps.core.notary import (  # type: ignore[import-untyped]
    BitcoinBlockHeaderAttestation,
    PendingAttestation,
)
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA256  # type: ignore[import-untyped]
from opentimestamps.core.serialize import BytesSerializationContext  # type: ignore[import-untyped]
from opentimestamps.core.timestamp import Timestamp, make_merkle_tree  # type: ignore[import-untyped]

from sitr.cli.demo.loopback import Quiet, loopback_server

_EASY = 0x207FFFFF  # the target of Bitcoin's own test chain: every second try is good


def twice(data: bytes) -> bytes:
    """Bitcoin's hash."""
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def mined(root: bytes, time: int, bits: int = _EASY) -> bytes:
    """A header of 80 bytes with this Merkle root, worked until its hash is under its target."""
    start = b"\1\0\0\0" + b"\7" * 32 + root + time.to_bytes(4, "little") + bits.to_bytes(4, "little")
    target = (bits & 0xFFFFFF) << 8 * ((bits >> 24) - 3)
    for nonce in range(1 << 16):
        header = start + nonce.to_bytes(4, "little")
        if int.from_bytes(twice(header), "little") <= target:
            return header
    raise AssertionError("no nonce found")


@dataclass
class Calendar:
    """One calendar. `uri` is what its promises name; `answer` and `later` stand for the two answers, to be changed."""

    uri: str = ""
    height: int = 840_000
    up: bool = True
    taken: list[bytes] = field(default_factory=list)
    complete: dict[bytes, Timestamp] = field(default_factory=dict)
    headers: dict[int, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    canned: bytes | None = None
    canned_later: bytes | None = None

    def submit(self, message: bytes) -> bytes:
        """The pending proof: the hour and a mark of the calendar go in, and a promise stands at the end."""
        stamp = Timestamp(message)
        mark = hmac.digest(b"calendar", message, "sha256")[:8]
        leaf = stamp.ops.add(OpPrepend(len(self.taken).to_bytes(4, "big"))).ops.add(OpAppend(mark))
        leaf.attestations.add(PendingAttestation(self.uri))
        self.taken.append(leaf.msg)
        return steps(stamp)

    def make_block(self, time: int, *, root_lies: bool = False) -> int:
        """All that was taken in becomes one transaction among others in a new block."""
        leaves = [Timestamp(message) for message in self.taken]
        tip = make_merkle_tree(leaves) if len(leaves) > 1 else leaves[0].ops.add(OpSHA256())
        transaction = tip.ops.add(OpPrepend(b"\1\0\0\0made-up transaction")).ops.add(OpAppend(b"\0" * 4))
        number = transaction.ops.add(OpSHA256()).ops.add(OpSHA256())
        beside = number.ops.add(OpAppend(twice(b"another transaction")))
        root = beside.ops.add(OpSHA256()).ops.add(OpSHA256())
        self.height += 1
        root.attestations.add(BitcoinBlockHeaderAttestation(self.height))
        self.headers[self.height] = mined(twice(b"elsewhere") if root_lies else root.msg, time)
        self.complete |= {leaf.msg: leaf for leaf in leaves}
        self.taken = []
        return self.height

    def headers_file(self) -> bytes:
        """What `--bitcoin-headers` takes."""
        return "".join(f"{height} {header.hex()}\n" for height, header in self.headers.items()).encode()


def steps(stamp: Timestamp) -> bytes:
    """A proof as a calendar sends it: without the head of a file."""
    context = BytesSerializationContext()
    stamp.serialize(context)
    return bytes(context.getbytes())


@contextmanager
def running(*calendars: Calendar) -> Iterator[list[int]]:
    """Serve each calendar on a port of its own; gives the ports and writes each calendar's own address into it."""
    with ExitStack() as stack:
        ports = []
        for calendar in calendars:
            handler = type("Handler", (_Handler,), {"calendar": calendar})
            ports.append(stack.enter_context(loopback_server(handler)).server_port)
            calendar.uri = calendar.uri or f"http://127.0.0.1:{ports[-1]}"
        yield ports


class _Handler(Quiet):
    calendar: Calendar

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers["Content-Length"]))
        calendar = self._asked()
        if not calendar.up or self.path != "/digest" or len(message) > 64:
            self.send_error(500)
        else:
            self._send(calendar.canned or calendar.submit(message))

    def do_GET(self) -> None:
        calendar = self._asked()
        place, _, commitment = self.path.removeprefix("/").partition("/")
        found = calendar.complete.get(bytes.fromhex(commitment)) if place == "timestamp" else None
        if calendar.up and calendar.canned_later:
            self._send(calendar.canned_later)
        elif not calendar.up or found is None:
            self.send_error(404, "Pending confirmation in Bitcoin blockchain")
        else:
            self._send(steps(found))

    def _asked(self) -> Calendar:
        self.calendar.asked.append(f"{self.command} {self.path}")
        return self.calendar

    def _send(self, body: bytes) -> None:
        self.reply(200, body, {"Content-Type": "application/vnd.opentimestamps.v1"})
