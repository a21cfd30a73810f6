"""From a record's block to the picture in it: HTTP head, transfer and content encodings, bounded.

Belongs here: what browsers undo before they show a picture. Not here: decoding the picture (`sitr.fingerprint`).
Crawlers differ in what they undo themselves and still leave in the head; so the bytes decide, not the head.
Sources: RFC 9112 section 7.1 (chunked), RFC 9110 section 8.4 (content codings).
"""

import zlib
from dataclasses import dataclass

MOST_UNFOLDED = 64 * 2**20
_NEVER = ("text/", "video/", "audio/", "font/", "application/json", "application/javascript", "application/pdf")
_ENCODINGS = frozenset({"gzip", "x-gzip", "deflate", "br"})


class Unfit(Exception):
    """A body that cannot be undone; `code` is of the space `finding`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Head:
    """An HTTP answer's head: status, fields (names in lower case), and its length in bytes."""

    status: int
    fields: dict[str, str]
    length: int

    @property
    def media_type(self) -> str:
        """The media type without parameters, lower case; empty when none was given."""
        return media_type(self.fields.get("content-type", ""))


def media_type(value: str) -> str:
    """`image/JPEG; q=1` as `image/jpeg`."""
    return value.partition(";")[0].strip().lower()[:100]


def read_head(block: bytes) -> Head | None:
    """The head at the start of a block, None when it does not begin with one."""
    if not block.startswith(b"HTTP/"):
        return None
    raw, ended, _ = block.partition(b"\r\n\r\n")
    length = len(raw) + 4
    if not ended:
        raw, ended, _ = block.partition(b"\n\n")
        length = len(raw) + 2
        if not ended:
            return None
    lines = raw.decode("latin-1").splitlines()
    status = lines[0].split(" ", 2)[1:2]
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return Head(int(status[0]) if status and status[0].isdecimal() and len(status[0]) < 10 else 0, fields, length)


def worth_reading(peeked: bytes) -> bool:
    """Whether the block that begins like this may hold a picture."""
    head = read_head(peeked)
    if head is None:
        return peeked.startswith(b"HTTP/") or is_picture(peeked)
    start = peeked[head.length :]
    if is_picture(start) or head.media_type.startswith("image/"):
        return head.media_type != "image/svg+xml"
    # Wrapped bytes do not show what they are; what is said to be text is believed.
    wrapped = "chunked" in head.fields.get("transfer-encoding", "").lower() or "content-encoding" in head.fields
    return (wrapped and not head.media_type.startswith(_NEVER)) or not start


def is_picture(data: bytes) -> bool:
    """Whether bytes begin like a picture that the decoder reads."""
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")):
        return True
    if data[:4] == b"RIFF":
        return data[8:12] == b"WEBP"
    if data[4:8] == b"ftyp":
        return data[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis", b"avif", b"avis"}
    return data[:2] == b"BM" and data[6:10] == b"\0\0\0\0"


def undone(body: bytes, fields: dict[str, str]) -> bytes:
    """The body without its transfer and content encodings.

    Raises Unfit: `finding.sweep_chunked`, `finding.sweep_encoding`, `finding.sweep_bomb`.
    """
    if is_picture(body):
        return body
    if "chunked" in fields.get("transfer-encoding", "").lower():
        body = _unchunked(body)
    for name in reversed([n.strip().lower() for n in fields.get("content-encoding", "").split(",")]):
        if is_picture(body) or name in {"", "identity"}:
            break
        if name not in _ENCODINGS:
            raise Unfit("finding.sweep_encoding")
        body = _unbrotli(body) if name == "br" else _inflated(body, name)
    return body


def _unchunked(body: bytes) -> bytes:
    """The chunks joined; a body that does not begin with a chunk was joined by the crawler already."""
    parts: list[bytes] = []
    at = 0
    while True:
        line, ended, _ = body[at : at + 1024].partition(b"\r\n")
        size = line.partition(b";")[0].strip()
        try:
            count = int(size, 16) if ended and size.isalnum() else -1
        except ValueError:
            count = -1
        if count < 0 and not parts:
            return body
        at += len(line) + 2
        if count < 0 or at + count > len(body):
            raise Unfit("finding.sweep_chunked")
        if count == 0:
            return b"".join(parts)
        parts.append(body[at : at + count])
        at += count + 2


def _inflated(body: bytes, name: str) -> bytes:
    # "deflate" is zlib's format by the RFC and raw deflate by the habit of some servers.
    for bits in (47,) if name != "deflate" else (15, -15):
        inflater = zlib.decompressobj(bits)
        try:
            data = inflater.decompress(body, MOST_UNFOLDED + 1)
        except zlib.error:
            continue
        if len(data) > MOST_UNFOLDED:
            raise Unfit("finding.sweep_bomb")
        return data
    raise Unfit("finding.sweep_encoding")


def _unbrotli(body: bytes) -> bytes:
    import brotli  # type: ignore[import-untyped]

    reader = brotli.Decompressor()
    parts: list[bytes] = []
    size = 0
    try:
        parts.append(reader.process(body, output_buffer_limit=1 << 20))
        while not reader.is_finished():
            size += len(parts[-1])
            if size > MOST_UNFOLDED:
                raise Unfit("finding.sweep_bomb")
            more = reader.process(b"", output_buffer_limit=1 << 20)
            if not more and reader.can_accept_more_data():
                raise Unfit("finding.sweep_encoding")
            parts.append(more)
    except brotli.error:
        raise Unfit("finding.sweep_encoding") from None
    return b"".join(parts)
