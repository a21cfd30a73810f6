"""A saved mail (`.eml`, RFC 5322): who, when, words, attachments, mails within it, and its DKIM signatures.

Nothing is guessed and nothing is run; what the library could not read is shown raw and named. `takedown.reply` reads
answers to notices for their words alone; this reads evidence.
"""

import email
import email.policy
import hashlib
from collections.abc import Iterator
from datetime import UTC
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from sitr.evidence.imports.handing import Handing, starts_as_picture
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.signatures import check_signatures
from sitr.evidence.imports.texts import decoded, html_words
from sitr.evidence.imports.values import Findings, Item, ItemKind, KeyRecords, Where
from sitr.net.mails import FORGIVING, ODD

_HEADERS = ("From", "To", "Cc", "Date", "Subject", "Message-ID", "Received", "Return-Path", "MIME-Version")
_UUENCODED = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})
_PACKINGS = frozenset({"", "7bit", "8bit", "binary", "quoted-printable", "base64"}) | _UUENCODED
_HTML = 4 * 2**20
_KEPT_RECEIVED = 50


def looks_like_mail(start: bytes, name: str) -> bool:
    """By its first lines: header fields, and two of those that every mail has."""
    head = start.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    names = [line.split(b":", 1)[0].strip().lower() for line in head.split(b"\n") if b":" in line and line[:1] != b" "]
    known = {field.lower().encode() for field in _HEADERS}
    found = len(known.intersection(names))
    first = head.split(b"\n", 1)[0]
    begins = b":" in first and b" " not in first.split(b":", 1)[0].strip() and len(first) < 2000
    return begins and (found >= 3 or (found >= 1 and name.casefold().endswith((".eml", ".msg.txt"))))


def read_mail(
    raw: bytes, limits: ImportLimits, findings: Findings, key_records: KeyRecords | None, handing: Handing
) -> None:
    """Read a mail into `findings`: one item for each mail in it, one for each attachment; pictures are handed on.

    A page that a browser saved (MHTML) is such a mail: its pictures bear the addresses from which they came.
    """
    message = email.message_from_bytes(raw, policy=FORGIVING)
    if not isinstance(message, EmailMessage) or not message.keys():
        findings.problem("no_mail")
        return
    handing.page = _address(message, "Snapshot-Content-Location")
    if handing.page:
        findings.facts["saved_from"] = handing.page
    reading = _Reading(limits, findings, handing)
    main = reading.mail(message, depth=0)
    findings.facts |= {
        "subject": main.text.partition("\n")[0] if main.extra.get("subject") is None else str(main.extra["subject"]),
        "from": main.sender, "date": main.written,
        "to": reading.header(message, "To"), "cc": reading.header(message, "Cc"),
        "message_id": reading.header(message, "Message-ID"), "in_reply_to": reading.header(message, "In-Reply-To"),
        "return_path": reading.header(message, "Return-Path"),
        "received": [" ".join(str(v).split())[:1000] for v in reading.all(message, "Received")[:_KEPT_RECEIVED]],
    }  # fmt: skip
    _signatures(raw, findings, key_records)


def _signatures(raw: bytes, findings: Findings, key_records: KeyRecords | None) -> None:
    found = check_signatures(raw, key_records)
    findings.facts["dkim"] = _worst([one.state for one in found])
    for number, one in enumerate(found, 1):
        findings.facts |= {
            f"dkim_{number}": one.state, f"dkim_{number}_domain": one.domain, f"dkim_{number}_selector": one.selector,
            f"dkim_{number}_record": one.record, f"dkim_{number}_headers": one.headers,
            f"dkim_{number}_whole_body": one.whole_body,
        }  # fmt: skip
    if any(one.state == "fail" for one in found):
        findings.problem("dkim_failed")
    if any(one.state == "not_asked" for one in found):
        findings.problem("dkim_not_asked")
    if not found:
        findings.problem("dkim_none")


def _worst(states: list[str]) -> str:
    """One word for all signatures: a mail passes by any one that holds (RFC 6376, 6.1)."""
    order = ("pass", "fail", "no_key", "not_asked", "broken")
    return next((state for state in order if state in states), "none")


class _Reading:
    def __init__(self, limits: ImportLimits, findings: Findings, handing: Handing) -> None:
        self.limits, self.findings, self.handing = limits, findings, handing
        self.parts = 0

    def mail(self, message: EmailMessage, depth: int) -> Item:
        """One mail: its own item first, then its attachments, then the mails within it."""
        place = len(self.findings.items)
        parts, inner = self._parts(message)
        sender, written = self.header(message, "From"), self.header(message, "Date")
        item = Item(
            kind=ItemKind.MAIL, written=written, time=self._time(written), sender=sender,
            text=self._body(parts)[: self.limits.text], media=tuple(self._name(p) for p in parts if _attached(p)),
            line=depth + 1, extra={"subject": self.header(message, "Subject"), "depth": depth},
        )  # fmt: skip
        self.findings.items.insert(place, item)
        self.findings.items += [self._attachment(part) for part in parts if _attached(part)]
        for one in inner:
            if depth + 1 >= self.limits.depth:
                self.findings.problem("mail_too_deep", limit=self.limits.depth)
                break
            self.mail(one, depth + 1)
        if not sender:
            self.findings.problem("mail_no_sender")
        return item

    def _parts(self, message: EmailMessage) -> tuple[list[EmailMessage], list[EmailMessage]]:
        """Leaves of this mail, and mails within it; a stack, since parts can be nested thousands deep."""
        leaves: list[EmailMessage] = []
        inner: list[EmailMessage] = []
        waiting: list[EmailMessage] = [message]
        while waiting:
            part = waiting.pop()
            self.parts += 1
            if self.parts > self.limits.parts:
                self.findings.problem("mail_too_many_parts", limit=self.limits.parts)
                break
            if part.get_content_type() == "message/rfc822" and part is not message:
                inner += [one for one in _children(part) if one.keys()]
            elif part.is_multipart():
                waiting += reversed(list(_children(part)))
            else:
                leaves.append(part)
        return leaves, inner

    def header(self, message: EmailMessage, name: str) -> str:
        """A header as text on one line; raw where the library trips over it."""
        try:
            value = message[name]
        except ODD:
            self.findings.problem("mail_bad_header")
            value = next((v for k, v in message.raw_items() if k.lower() == name.lower()), "")
        text = " ".join(str(value or "").split())[:4000]
        if "\udc80" <= max(text, default="") <= "\udcff":
            # Bytes above ASCII that no encoded word announces: old mailers wrote their own alphabet straight in.
            text = decoded(text.encode("ascii", "surrogateescape") if _lone(text) else text.encode("utf-8", "replace"))[
                0
            ]
            self.findings.problem("mail_bad_header")
        return text

    def all(self, message: EmailMessage, name: str) -> list[str]:
        """All headers of a name, raw."""
        return [str(v) for k, v in message.raw_items() if k.lower() == name.lower()]

    def _time(self, text: str) -> str:
        try:
            time = parsedate_to_datetime(text)
            if time.tzinfo is None:
                self.findings.problem("no_zone", n=1)
                return time.isoformat()
            return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
        except (ValueError, TypeError, OverflowError, IndexError):
            self.findings.problem("mail_no_time")
            return ""

    def _body(self, parts: list[EmailMessage]) -> str:
        texts = [part for part in parts if not _attached(part)]
        for part in texts if self.handing.wanted else ():
            if part.get_content_subtype() == "html":  # also where its words are not the ones that are shown
                self.handing.give_inline(self._payload(part).decode("latin-1"))
        chosen = [part for part in texts if part.get_content_subtype() == "plain"] or texts
        return "\n".join(self._text(part) for part in chosen).strip()

    def _text(self, part: EmailMessage) -> str:
        data = self._payload(part)[: self.limits.text]
        charset = self._charset(part)
        try:
            text = data.decode(charset)
        except (LookupError, UnicodeError, ValueError):
            text, used = decoded(data)
            self.findings.problem("mail_charset", charset=charset[:60], used=used)
        if part.get_content_subtype() == "html":
            if "data:image" in text or "<img" in text.casefold():
                self.findings.problem("mail_html_pictures")
            text = html_words(text[:_HTML])[1]
        return text.replace("\r\n", "\n").replace("\x00", "")

    def _charset(self, part: EmailMessage) -> str:
        try:
            return part.get_content_charset("utf-8")
        except ODD:
            self.findings.problem("mail_bad_header")
            return "utf-8"

    def _attachment(self, part: EmailMessage) -> Item:
        data, name = self._payload(part), self._name(part)
        address = _address(part, "Content-Location")
        if starts_as_picture(data):
            self.handing.give(Where.ADDRESS if address else Where.ATTACHMENT, address or name, data)
        else:
            self.handing.passes_by(name)
        return Item(
            kind=ItemKind.ATTACHMENT, text=name,
            extra={
                "media_type": part.get_content_type()[:200], "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            },
        )  # fmt: skip

    def _name(self, part: EmailMessage) -> str:
        try:
            name = part.get_filename() or ""
        except ODD:
            self.findings.problem("mail_bad_header")
            name = ""
        return name[:300].encode("utf-8", "replace").decode() or part.get_content_type()[:200]

    def _payload(self, part: EmailMessage) -> bytes:
        try:
            data = part.get_payload(decode=True)
        except ODD:
            data = None
        if data is None or part.defects:
            self.findings.problem("mail_bad_part")
        self._name_packing(part, data)
        return data if isinstance(data, bytes) else b""

    def _name_packing(self, part: EmailMessage, data: object) -> None:
        """The library hands an unknown packing on as it came, and one that cannot be undone, too; both are said."""
        packing = self.header(part, "Content-Transfer-Encoding").casefold()
        failed = packing in _UUENCODED and data == str(part.get_payload()).encode("ascii", "surrogateescape")
        if failed or packing not in _PACKINGS:
            self.findings.problem("mail_packing", packing=packing[:60])


def _address(part: EmailMessage, name: str) -> str:
    """The address that a part of a saved page came from; empty for anything else."""
    told = next((str(v) for k, v in part.raw_items() if k.lower() == name.lower()), "").strip()[:2000]
    return told if told.startswith(("http://", "https://")) else ""


def _lone(text: str) -> bool:
    return all(ord(c) < 128 or "\udc80" <= c <= "\udcff" for c in text)


def _children(part: EmailMessage) -> Iterator[EmailMessage]:
    inside = part.get_payload()
    if isinstance(inside, list):
        yield from (one for one in inside if isinstance(one, EmailMessage))


def _attached(part: EmailMessage) -> bool:
    try:
        return part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"
    except ODD:
        return True
