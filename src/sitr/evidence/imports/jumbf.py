"""What a C2PA manifest says of itself (ISO 19566-5 boxes, C2PA 2.x): that it is there, who made it, what it asserts.

Read, not believed: whether it holds is in `credentials`. Absence means nothing: every platform strips manifests. The
original bytes hold it whole, for a checker.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_MOST_BOXES = 2000
_DEEPEST = 12
_UUID_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass
class Manifest:
    """`state`: none, present, unreadable. The rest as the manifest claims it, untrusted; `store` and `spans` as
    `find_store` gives them."""

    state: str = "none"
    generators: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    store: bytes = field(default=b"", repr=False)
    spans: tuple[tuple[int, int], ...] = ()


def read_manifest(data: bytes) -> Manifest:
    """Look for a manifest in a JPEG, PNG, WebP or HEIC/MP4 and read its claims."""
    found = Manifest()
    try:
        found.store, found.spans = find_store(data)
        if found.store:
            found.state = "present"
            for label, kind, content in _superboxes(found.store):
                _take(found, label, kind, content)
    except (struct.error, IndexError, ValueError, RecursionError, OverflowError):
        found.state = "unreadable"
    if found.state == "present" and not found.labels:
        found.state = "unreadable"
    return found


def find_store(data: bytes) -> tuple[bytes, tuple[tuple[int, int], ...]]:
    """The manifest store in a file, put together, and the places in the file that it takes up (first, after the last)
    with the heads of what carries it. Empty when there is none. Raises struct.error, IndexError, ValueError.
    """
    if data.startswith(b"\xff\xd8"):
        return _of_jpeg(data)
    carried: list[tuple[int, int, bytes]] = []
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        carried = [(at, at + 12 + len(body), body) for at, kind, body in _png_chunks(data) if kind == b"caBX"]
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        carried = [
            (at, at + 8 + len(body) + (len(body) & 1), body) for at, kind, body in _riff_chunks(data) if kind == b"C2PA"
        ]
    elif data[4:8] == b"ftyp":
        return _of_boxes(data), ()
    return b"".join(body for _, _, body in carried), tuple((first, last) for first, last, _ in carried)


def _of_jpeg(data: bytes) -> tuple[bytes, tuple[tuple[int, int], ...]]:
    """APP11 segments: `JP`, an instance number, a sequence number, then a piece of the box (ISO 19566-5, annex D).

    A picture may carry several boxes, told apart by their instance; ours is the one that calls itself `c2pa`.
    """
    pieces: dict[bytes, dict[int, bytes]] = {}
    spans: dict[bytes, list[tuple[int, int]]] = {}
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in {0xDA, 0xD9}:
        if data[at + 1] == 0xFF:
            at += 1
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xEB and body[:2] == b"JP" and len(body) >= 16:
            ours, (number,) = pieces.setdefault(body[2:4], {}), struct.unpack_from(">L", body, 4)
            # The box's own head is repeated in each piece; only the first keeps it.
            ours[number] = body[16:] if ours else body[8:]
            spans.setdefault(body[2:4], []).append((at, at + 2 + length))
        at += 2 + max(length, 2)
    stores = {name: b"".join(found[n] for n in sorted(found)) for name, found in pieces.items()}
    name = next((one for one, store in stores.items() if b"c2pa\0" in store[:200]), next(iter(stores), b""))
    return stores.get(name, b""), tuple(spans.get(name, ()))


def _png_chunks(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">L4s", data, at)
        yield at, kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _riff_chunks(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sL", data, at)
        yield at, kind, data[at + 8 : at + 8 + length]
        at += 8 + length + (length & 1)


def _of_boxes(data: bytes) -> bytes:
    for kind, body in _flat(data):
        if kind == b"uuid" and body[:16] == _UUID_C2PA:
            at = body.find(b"jumb", 16, 200)
            return body[at - 4 :] if at >= 20 else b""
    return b""


def _flat(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Boxes side by side (type, content)."""
    at = count = 0
    while at + 8 <= len(data) and count < _MOST_BOXES:
        size, kind = struct.unpack_from(">L4s", data, at)
        begin = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
            begin = 16
        size = len(data) - at if size == 0 else size
        if size < begin:
            raise ValueError("a box smaller than its head")
        yield kind, data[at + begin : at + size]
        at += size
        count += 1


@dataclass(frozen=True)
class Box:
    """One box. `content`: all that follows its head. `label` and `uuid` are those of a superbox, else empty."""

    kind: bytes
    content: bytes
    label: str = ""
    uuid: bytes = b""

    @property
    def is_super(self) -> bool:
        """Whether it holds boxes with a description in front (`jumb`)."""
        return self.kind == b"jumb"


def boxes_of(content: bytes) -> Iterator[Box]:
    """The boxes side by side in a superbox's content or in a store, at most 2,000. Raises struct.error, ValueError."""
    for kind, body in _flat(content):
        head = next(iter(_flat(body)), (b"", b"")) if kind == b"jumb" else (b"", b"")
        described = head[0] == b"jumd"
        yield Box(kind, body, _label(head[1]) if described else "", head[1][:16] if described else b"")


def _superboxes(data: bytes, depth: int = 0) -> Iterator[tuple[str, bytes, bytes]]:
    """(label, type of content box, content) of every labelled box, outer ones first."""
    if depth > _DEEPEST:
        return
    for kind, body in _flat(data):
        if kind != b"jumb":
            continue
        inside = list(_flat(body))
        label = _label(inside[0][1]) if inside and inside[0][0] == b"jumd" else ""
        for inner, content in inside[1:]:
            if inner == b"jumb":
                continue
            yield label, inner, content
        if len(inside) < 2 or inside[1][0] == b"jumb":
            yield label, b"", b""
        yield from _superboxes(body, depth + 1)


def _label(description: bytes) -> str:
    if len(description) > 17 and description[16] & 2:
        return description[17:].split(b"\0", 1)[0].decode("utf-8", "replace")[:200]
    return ""


def _take(found: Manifest, label: str, kind: bytes, content: bytes) -> None:
    if label and label not in found.labels and len(found.labels) < 100:
        found.labels.append(label)
    if kind == b"brob":  # a box packed whole; named, not unpacked
        return
    if kind == b"cbor" and label.partition("__")[0] in {"c2pa.claim", "c2pa.claim.v2"}:
        found.generators += [one for one in _generators(read_cbor(content)) if one not in found.generators]
    elif kind == b"cbor" and label.startswith("c2pa.actions"):
        found.actions += [one for one in _actions(read_cbor(content)) if one not in found.actions]


def _generators(claim: Any) -> Iterator[str]:
    if not isinstance(claim, dict):
        return
    if isinstance(claim.get("claim_generator"), str):
        yield claim["claim_generator"][:300]
    info = claim.get("claim_generator_info")
    for one in info if isinstance(info, list) else [info]:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            version = one.get("version")
            yield f"{one['name']} {version if isinstance(version, str) else ''}".strip()[:300]


def _actions(said: Any) -> Iterator[str]:
    actions = said.get("actions") if isinstance(said, dict) else None
    for one in actions[:50] if isinstance(actions, list) else []:
        if isinstance(one, dict) and isinstance(one.get("action"), str):
            source = one.get("digitalSourceType")
            kind = source.rsplit("/", 1)[-1] if isinstance(source, str) else ""
            yield f"{one['action']} {kind}".strip()[:200]


def read_cbor(data: bytes) -> Any:
    """One CBOR value (RFC 8949) with text keys; bounded in depth and count. Raises ValueError, IndexError."""
    return _Cbor(data).value(0)


class _Cbor:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.left = data, 0, 20_000

    def value(self, depth: int) -> Any:
        """The value that begins here."""
        self.left -= 1
        if depth > 40 or self.left < 0:
            raise ValueError("too deep or too many")
        head = self.data[self.at]
        self.at += 1
        major, low = head >> 5, head & 31
        if low == 31:
            return self._endless(major, depth)
        number = self._number(low)
        return self._of(major, low, number, depth)

    def _of(self, major: int, low: int, number: int, depth: int) -> Any:
        if major in {0, 1}:
            return number if major == 0 else -1 - number
        if major in {2, 3}:
            raw = self._bytes(number)
            return raw if major == 2 else raw.decode("utf-8", "replace")
        if major == 4:
            return [self.value(depth + 1) for _ in range(self._counted(number))]
        if major == 5:
            return {_key(self.value(depth + 1)): self.value(depth + 1) for _ in range(self._counted(number))}
        if major == 6:
            return self.value(depth + 1)
        return {20: False, 21: True}.get(low)

    def _endless(self, major: int, depth: int) -> Any:
        found: list[Any] = []
        while self.data[self.at] != 0xFF:
            found.append(self.value(depth + 1))
        self.at += 1
        if major == 5:
            return {_key(key): value for key, value in zip(found[::2], found[1::2], strict=False)}
        if major in {2, 3}:
            empty: Any = b"" if major == 2 else ""
            return empty.join(one for one in found if isinstance(one, type(empty)))
        if major == 4:
            return found
        raise ValueError("no such endless thing")

    def _number(self, low: int) -> int:
        if low < 24:
            return low
        if low > 27:
            raise ValueError("reserved")
        return int.from_bytes(self._bytes(1 << (low - 24)), "big")

    def _counted(self, number: int) -> int:
        if number > len(self.data) - self.at:
            raise ValueError("more values than bytes")
        return number

    def _bytes(self, number: int) -> bytes:
        if number > len(self.data) - self.at:
            raise ValueError("more bytes than there are")
        raw = self.data[self.at : self.at + number]
        self.at += number
        return raw


def _key(value: Any) -> Any:
    return value if isinstance(value, str | int | bytes | bool) else str(type(value))


def png_texts(data: bytes) -> dict[str, str]:
    """The text chunks of a PNG (tEXt, zTXt, iTXt), each at most 10,000 signs; broken ones are left out."""
    found: dict[str, str] = {}
    try:
        for _, kind, body in _png_chunks(data):
            if kind in {b"tEXt", b"zTXt", b"iTXt"} and len(found) < 50 and len(body) <= 1 << 20:
                name, _, rest = body.partition(b"\0")
                text = _png_text(kind, rest)
                if text is not None:
                    found[name.decode("latin-1")[:80]] = text[:10_000]
    except struct.error:
        pass
    return found


def _png_text(kind: bytes, rest: bytes) -> str | None:
    try:
        if kind == b"tEXt":
            return rest.decode("latin-1")
        if kind == b"zTXt":
            return zlib.decompressobj().decompress(rest[1:], 20_000).decode("latin-1")
        packed, body = rest[0], rest[2:].split(b"\0", 2)[2]
        return (zlib.decompressobj().decompress(body, 40_000) if packed else body).decode("utf-8", "replace")
    except (zlib.error, IndexError):
        return None
