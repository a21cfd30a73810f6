"""A saved mail (`.eml`, RFC 5322): who, when, words, attachments, mails within it, and its DKIM signatures.

Nothing is guessed and nothing is run; what the library could not read is shown raw and named. `takedown.reply` reads
answers to notices for their words alone; this reads evidence.
"""

import email
import email.policy
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from email.message import EmailMessage
from email.utils import parseaddr

from sitr.evidence.imports.handing import Handing, starts_as_picture
from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.mails_within import mails_within
from sitr.evidence.imports.signatures import Signed, check_signatures
from sitr.evidence.imports.texts import decoded, html_words
from sitr.evidence.imports.values import Findings, Item, ItemKind, KeyRecords, Where
from sitr.net.mails import FORGIVING, ODD, mail_time

_HEADERS = ("From", "To", "Cc", "Date", "Subject", "Message-ID", "Received", "Return-Path", "MIME-Version")
_UUENCODED = frozenset({"x-uuencode", "uuencode", "uue", "x-uue"})
_PACKINGS = frozenset({"", "7bit", "8bit", "binary", "quoted-printable", "base64"}) | _UUENCODED
_HTML = 4 * 2**20
_KEPT_RECEIVED = 50
_ONCE = ("From", "Date", "Subject", "To", "Message-ID")
"""Fields of which a mail has one (RFC 5322, 3.6). Of more, programs show the first and signatures hold the last."""
_JUDGED_WITHIN = 5
"""Mails beside the first of one file of which signatures are checked; each may ask for eight keys."""
_MAILBOX = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n(?=[!-9;-~]+:)")
"""The line that a mailbox (mbox) puts before each of its mails."""
_COUNTED = re.compile(rb"\A(\d{1,10})[ \t]*\r?\n(?=[!-9;-~]+:)")
"""The line that Apple Mail puts before a mail (`.emlx`): how many bytes it has; behind it come the program's notes."""
_BLANK_END = re.compile(rb"(\r?\n)\r?\n\Z")
_REPORTS = frozenset({"message/delivery-status", "message/disposition-notification", "message/feedback-report"})
_LOCKED = frozenset({"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"})
_WORD = re.compile(r"\w{2,}")


def looks_like_mail(start: bytes, name: str) -> bool:
    """By its first lines: header fields, and two of those that every mail has."""
    head = _bare(start).replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    names = [line.split(b":", 1)[0].strip().lower() for line in head.split(b"\n") if b":" in line and line[:1] != b" "]
    known = {field.lower().encode() for field in _HEADERS}
    found = len(known.intersection(names))
    first = head.split(b"\n", 1)[0]
    begins = b":" in first and b" " not in first.split(b":", 1)[0].strip() and len(first) < 2000
    return begins and (found >= 3 or (found >= 1 and name.casefold().endswith((".eml", ".msg.txt"))))


def _bare(raw: bytes) -> bytes:
    """The mail without a byte order mark, and without the line that a mailbox puts before each of its mails."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if counted := _COUNTED.match(raw):
        return raw[counted.end() : counted.end() + int(counted[1])]
    return raw.partition(b"\n")[2] if raw.startswith(b"From ") else raw


def _mails_of(raw: bytes) -> list[bytes]:
    """The mails of a mailbox, each as the bytes that stand there; a file that is no mailbox is one mail."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    begins = list(_MAILBOX.finditer(raw)) if raw.startswith(b"From ") else []
    if not begins or begins[0].start():
        return [_bare(raw)]
    ends = [one.start() for one in begins[1:]] + [len(raw)]
    return [_BLANK_END.sub(b"\\1", raw[one.end() : end]) for one, end in zip(begins, ends, strict=True)]


def read_mail(
    raw: bytes, limits: ImportLimits, findings: Findings, key_records: KeyRecords | None, handing: Handing
) -> None:
    """Read a mail into `findings`: one item for each mail in it, one for each attachment; pictures are handed on.

    A page that a browser saved (MHTML) is such a mail: its pictures bear the addresses from which they came.
    """
    raw, *more = _mails_of(raw)
    message = email.message_from_bytes(raw, policy=FORGIVING)
    if not isinstance(message, EmailMessage) or not message.keys():
        findings.problem("no_mail")
        return
    handing.page = _address(message, "Snapshot-Content-Location")
    if handing.page:
        findings.facts["saved_from"] = handing.page
    reading = _Reading(limits, findings, handing, key_records)
    main = reading.mail(message, raw, depth=0)
    findings.facts |= {
        "subject": main.text.partition("\n")[0] if main.extra.get("subject") is None else str(main.extra["subject"]),
        "from": main.sender, "date": main.written,
        "to": reading.header(message, "To"), "cc": reading.header(message, "Cc"),
        "message_id": reading.header(message, "Message-ID"), "in_reply_to": reading.header(message, "In-Reply-To"),
        "return_path": reading.header(message, "Return-Path"),
        "received": [" ".join(str(v).split())[:1000] for v in reading.all(message, "Received")[:_KEPT_RECEIVED]],
    }  # fmt: skip
    if more:
        findings.facts["mails"] = 1 + len(more)
    for number, one in enumerate(more, 2):
        if len(findings.items) >= limits.items:
            findings.problem("too_many_items", limit=limits.items)
            break
        reading.parts = 0  # counted for each
        within = email.message_from_bytes(one, policy=FORGIVING)
        if isinstance(within, EmailMessage) and within.keys():
            reading.mail(within, one, depth=0, number=number)


def _signatures(raw: bytes, sender: str, findings: Findings, key_records: KeyRecords | None) -> dict[str, str | bool]:
    """All signatures of one mail, as facts; what weakens them is said."""
    found = check_signatures(raw, key_records)
    facts: dict[str, str | bool] = {"dkim": _worst([one.state for one in found])}
    for number, one in enumerate(found, 1):
        facts |= {
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
    _what_it_covers([one for one in found if one.state == "pass"], sender, findings)
    return facts


def _what_it_covers(holding: list[Signed], sender: str, findings: Findings) -> None:
    """A signature that holds can be another domain's, or leave the end of the text free (RFC 6376, 8.2)."""
    if holding and not any(one.whole_body for one in holding):
        findings.problem("dkim_open_end")
    domain = parseaddr(sender)[1].rpartition("@")[2].casefold()
    if holding and not any(_same_house(one.domain.casefold(), domain) for one in holding):
        findings.problem("dkim_other_domain", domain=holding[0].domain[:200])


def _same_house(one: str, other: str) -> bool:
    return bool(one and other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))


def _worst(states: list[str]) -> str:
    """One word for all signatures: a mail passes by any one that holds (RFC 6376, 6.1)."""
    order = ("pass", "fail", "no_key", "not_asked", "broken")
    return next((state for state in order if state in states), "none")


class _Reading:
    def __init__(
        self, limits: ImportLimits, findings: Findings, handing: Handing, key_records: KeyRecords | None
    ) -> None:
        self.limits, self.findings, self.handing, self.key_records = limits, findings, handing, key_records
        self.parts = self.mails = 0

    def mail(self, message: EmailMessage, raw: bytes, depth: int, number: int = 1) -> Item:
        """One mail: its own item first, then its attachments, then the mails within it. `raw`: its very bytes.
        `number`: its place in a mailbox.
        """
        place = len(self.findings.items)
        parts, inner = self._parts(message, raw)
        sender, written = self.header(message, "From"), self._raw_date(message)
        item = Item(
            kind=ItemKind.MAIL, written=written, time=self._time(written), sender=sender,
            text=self._body(parts)[: self.limits.text], media=tuple(self._name(p.part) for p in parts if p.attached),
            line=depth + number,
            extra={"subject": self.header(message, "Subject"), "depth": depth, **self._judged(message, raw, sender)},
        )  # fmt: skip
        self.findings.items.insert(place, item)
        self.findings.items += [self._attachment(one.part) for one in parts if one.attached]
        for one in inner:
            if depth + 1 >= self.limits.depth:
                self.findings.problem("mail_too_deep", limit=self.limits.depth)
                break
            within = email.message_from_bytes(one, policy=FORGIVING)
            if isinstance(within, EmailMessage):
                self.mail(within, one, depth + 1)
        if not sender:
            self.findings.problem("mail_no_sender")
        return item

    def _judged(self, message: EmailMessage, raw: bytes, sender: str) -> dict[str, str | bool]:
        """Signatures of the first mail as facts of the file, those of others in it beside each: of a mail
        that was sent on as an attachment it is the inner signature that counts."""
        twice = [name for name in _ONCE if len(self.all(message, name)) > 1]
        if twice:
            self.findings.problem("mail_twice", names=", ".join(twice))
        self.mails += 1
        if self.mails == 1:
            self.findings.facts |= _signatures(raw, sender, self.findings, self.key_records)
            return {}
        if self.mails > 1 + _JUDGED_WITHIN:
            self.findings.problem("dkim_not_asked")
            return {"dkim": "not_asked"}
        return _signatures(raw, sender, self.findings, self.key_records)

    def _parts(self, message: EmailMessage, raw: bytes) -> tuple[list["_Leaf"], list[bytes]]:
        """Leaves of this mail, and mails within it; a stack, since parts can be nested thousands deep."""
        leaves: list[_Leaf] = []
        waiting: list[tuple[EmailMessage, int]] = [(message, 0)]
        mails = 0
        while waiting:
            part, choice = waiting.pop()
            self.parts += 1
            if self.parts > self.limits.parts:
                self.findings.problem("mail_too_many_parts", limit=self.limits.parts)
                break
            kind = part.get_content_type()
            if kind in _LOCKED:
                self.findings.problem("mail_locked")
            if kind in {"message/rfc822", "message/global"}:
                mails += 1
            elif kind in _REPORTS:
                self._report(part)
            elif part.is_multipart():
                self._beside(part)
                inside = id(part) if part.get_content_subtype() == "alternative" else choice
                waiting += reversed([(one, inside) for one in _children(part)])
            else:
                leaves.append(_Leaf(part, choice, _attached(part)))
        inner = list(mails_within(raw, self.limits.parts))
        if len(inner) < mails:
            self.findings.problem("mail_bad_part")
        return leaves, inner

    def _report(self, part: EmailMessage) -> None:
        """What a mail server reports (RFC 3464, 8098, 5965) stands in fields, not in a text."""
        lines = [f"{name}: {value}" for one in _children(part) for name, value in one.raw_items()]
        text = "\n".join(" ".join(_whole(line).split()) for line in lines)[: self.limits.message]
        if text:
            self.findings.items.append(Item(ItemKind.TEXT, text=text))

    def _beside(self, part: EmailMessage) -> None:
        """Words before the first and behind the last part, which mail programs do not show (RFC 2046, 5.1.1)."""
        told = [part.preamble or "", part.epilogue or ""]
        said = [text for text in told if _WORD.search(text) and "MIME" not in text[:2000]]
        if said:
            self.findings.problem("mail_beside")
            text = "\n".join(_whole(text) for text in said).strip()
            self.findings.items.append(Item(ItemKind.TEXT, text=text[: self.limits.message]))

    def _raw_date(self, message: EmailMessage) -> str:
        """The date as it stands in the mail: the library would leave away what it does not understand."""
        told = next((str(v) for k, v in message.raw_items() if k.lower() == "date"), "")
        return " ".join(_whole(told).split())[:300]

    def header(self, message: EmailMessage, name: str) -> str:
        """A header as text on one line; raw where the library trips over it."""
        try:
            value = message[name]
        except ODD:
            self.findings.problem("mail_bad_header")
            value = next((v for k, v in message.raw_items() if k.lower() == name.lower()), "")
        raw = next((str(v) for k, v in message.raw_items() if k.lower() == name.lower()), "")
        if "\ufffd" in str(value or "") and _LONE.search(raw):
            # Bytes above ASCII that no encoded word announces: old mailers wrote their own alphabet straight in.
            self.findings.problem("mail_bad_header")
            value = raw
        return _whole(" ".join(str(value or "").split())[:4000])

    def all(self, message: EmailMessage, name: str) -> list[str]:
        """All headers of a name, raw."""
        return [str(v) for k, v in message.raw_items() if k.lower() == name.lower()]

    def _time(self, text: str) -> str:
        time = mail_time(text)
        if time is None:
            self.findings.problem("mail_no_time")
            return ""
        if time.tzinfo is None:
            self.findings.problem("no_zone", n=1)
            return time.isoformat()
        return time.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _body(self, leaves: list["_Leaf"]) -> str:
        """All texts in their order; of several forms of the same one (RFC 2046, 5.1.4) the plain one."""
        texts = [one for one in leaves if not one.attached]
        for one in texts if self.handing.wanted else ():
            if one.part.get_content_subtype() == "html":  # also where its words are not the ones that are shown
                self.handing.give_inline(self._payload(one.part).decode("latin-1"))
        plain = {one.choice for one in texts if one.choice and one.part.get_content_subtype() == "plain"}
        chosen = [one for one in texts if one.choice not in plain or one.part.get_content_subtype() == "plain"]
        said = "\n".join(self._text(one.part) for one in chosen).strip()
        self._other_form([self._text(one.part) for one in texts if one not in chosen], said)
        return said

    def _other_form(self, others: list[str], said: str) -> None:
        """The page in a mail may say other things than its plain text, and mail programs show the page."""
        known = set(_WORD.findall(said.casefold()))
        for text in others:
            if set(_WORD.findall(text.casefold())) - known:
                self.findings.problem("mail_two_texts")
                self.findings.items.append(Item(ItemKind.TEXT, text=text[: self.limits.text]))

    def _text(self, part: EmailMessage) -> str:
        data = self._payload(part)[: self.limits.text]
        charset = self._charset(part)
        if _latin(charset) and not data.isascii() and decoded(data)[1] == "utf-8":
            self.findings.problem("mail_charset", charset=charset[:60], used="utf-8")
            charset = "utf-8"
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
        if part.get_content_type() == "application/ms-tnef" or name.casefold() == "winmail.dat":
            self.findings.problem("mail_winmail")
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


def _latin(charset: str) -> bool:
    """An alphabet of one byte a letter, which any bytes fit; text of several bytes a letter read in it is rubbish."""
    return charset.casefold().replace("_", "-") in {"iso-8859-1", "latin-1", "latin1", "windows-1252", "cp1252"}


_LONE = re.compile("[\udc80-\udcff]")


def _whole(text: str) -> str:
    """The text without the halves of letters by which the library marks bytes above ASCII: these bytes are read in
    the alphabet that they fit."""
    if not _LONE.search(text):
        return text
    try:
        return decoded(text.encode("ascii", "surrogateescape"))[0]
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()


def _children(part: EmailMessage) -> Iterator[EmailMessage]:
    inside = part.get_payload()
    if isinstance(inside, list):
        yield from (one for one in inside if isinstance(one, EmailMessage))


@dataclass(frozen=True)
class _Leaf:
    """A part that holds no others. `choice`: which parts are forms of the same text (0: none); `attached`: no text."""

    part: EmailMessage
    choice: int
    attached: bool


def _attached(part: EmailMessage) -> bool:
    try:
        words = part.get_content_maintype() == "text" and part.get_content_subtype() in {"plain", "html"}
        return part.get_content_disposition() == "attachment" or not words
    except ODD:
        return True
