"""The mails that are sent on within a mail, as the very bytes that came.

A signature holds over bytes, so a mail within another is cut out of it and never written anew by a library. Here
belongs only this cutting (RFC 2046); what the mails say is `mail`'s to read.
"""

import binascii
import email
import quopri
import re
from collections.abc import Iterator

from sitr.net.mails import FORGIVING, ODD

_MAILS = frozenset({"message/rfc822", "message/global"})
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_BREAK = re.compile(rb"\A\r?\n")


def mails_within(raw: bytes, most: int) -> Iterator[bytes]:
    """The mails right within this one, in their order, not those within them; `most`: parts that are looked at."""
    waiting: list[tuple[bytes, str]] = [(raw, "text/plain")]
    for _ in range(most):
        if not waiting:
            return
        entity, default = waiting.pop()
        kind, boundary, packing, body = _head(entity, default)
        if kind in _MAILS:
            inner = _unpacked(body, packing)
            if b":" in inner[:4096]:
                yield inner
        elif kind.startswith("multipart/") and boundary:
            within = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            waiting += reversed([(part, within) for part in _pieces(body, boundary)])


def _head(entity: bytes, default: str) -> tuple[str, bytes, str, bytes]:
    """Kind, boundary and packing of a part, and its body. A part without any field begins with its empty line."""
    if entity.startswith((b"\r\n", b"\n")):
        return default, b"", "", entity.partition(b"\n")[2]
    end = _HEAD_END.search(entity)
    head, body = (entity[: end.start()], entity[end.end() :]) if end else (entity, b"")
    try:
        message = email.message_from_bytes(head + b"\n\n", policy=FORGIVING)
        kind = message.get_content_type() if "content-type" in message else default
        boundary = (message.get_boundary() or "").encode("utf-8", "surrogateescape")
        packing = str(message.get("content-transfer-encoding", "")).strip().casefold()
    except ODD:
        return "", b"", "", b""
    return kind, boundary, packing, body


def _pieces(body: bytes, boundary: bytes) -> list[bytes]:
    """What stands between the lines of the boundary; of a mail that was cut, also what stands behind the last one."""
    found: list[bytes] = []
    begun = -1
    for line in re.finditer(rb"(?:^|\r?\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?=\r?\n|\Z)", body):
        if begun >= 0:
            found.append(_BREAK.sub(b"", body[begun : line.start()], count=1))
        begun = line.end()
        if line[1]:
            return found
    return [*found, _BREAK.sub(b"", body[begun:], count=1)] if begun >= 0 else found


def _unpacked(body: bytes, packing: str) -> bytes:
    if packing == "base64":
        try:
            return binascii.a2b_base64(body)
        except (binascii.Error, ValueError):
            return b""
    return quopri.decodestring(body) if packing == "quoted-printable" else body
