"""Reading the answer to a notice: a mail from outside, taken apart without trusting any of it.

The raw bytes are the evidence and are kept elsewhere; this is the derived view. Whatever could not be read is named in
`problems`; nothing is guessed and nothing is run.
"""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage

from sitr.errors import BadInput
from sitr.net.mails import FORGIVING, mail_time
from sitr.net.markup import Markup
from sitr.words import plain

LARGEST = 64 * 1024 * 1024  # bytes; relays stop far below
_PARTS = 200  # parts of one mail; more is an attack, not an answer


@dataclass(frozen=True)
class Attachment:
    """One attached file as it came. `name` is only for show; it is never used as a path."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True)
class Reply:
    """An answer. `time` is the mail's own claim (aware, UTC) or None; `problems` are codes of what was not readable."""

    subject: str
    from_: str
    time: datetime | None
    body: str
    attachments: tuple[Attachment, ...]
    in_reply_to: str
    problems: tuple[str, ...]


def read_reply(raw: bytes) -> Reply:
    """The answer in `raw` (RFC 5322 bytes). Raises BadInput `takedown.no_mail` when it is none."""
    if not raw.strip() or len(raw) > LARGEST:
        raise BadInput("takedown.no_mail")
    message = email.message_from_bytes(raw, policy=FORGIVING)
    if not isinstance(message, EmailMessage) or not message.keys():
        raise BadInput("takedown.no_mail")
    return _Reading(message).reply()


class _Reading:
    def __init__(self, message: EmailMessage) -> None:
        self.message = message
        self.problems: dict[str, None] = {}

    def reply(self) -> Reply:
        subject, sender = self._header("Subject"), self._header("From")
        if not sender:
            self._problem("no_sender")
        parts = self._parts()
        return Reply(
            subject=subject,
            from_=sender,
            time=self._time(),
            body=self._body(parts),
            attachments=tuple(self._attachment(p) for p in parts if _is_attachment(p)),
            in_reply_to=self._header("In-Reply-To"),
            problems=tuple(self.problems),
        )

    def _problem(self, name: str) -> None:
        self.problems[name] = None

    def _header(self, name: str) -> str:
        try:
            value = self.message[name]
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError, MessageError):
            # The library's header parser trips over some malformed headers; they are shown raw.
            self._problem("bad_header")
            value = next((v for k, v in self.message.raw_items() if k.lower() == name.lower()), "")
        return plain(" ".join(str(value or "").split()))[:2_000]

    def _time(self) -> datetime | None:
        stamp = mail_time(next((str(v) for k, v in self.message.raw_items() if k.lower() == "date"), ""))
        if stamp is None:
            self._problem("no_time")
            return None
        if stamp.tzinfo is None:  # RFC 5322: "-0000" tells no zone; the hour is then not known.
            self._problem("no_zone")
        return stamp.replace(tzinfo=stamp.tzinfo or UTC).astimezone(UTC)

    def _parts(self) -> list[EmailMessage]:
        parts: list[EmailMessage] = []
        for part in self.message.walk():
            if len(parts) >= _PARTS:
                self._problem("too_many_parts")
                break
            if isinstance(part, EmailMessage) and not part.is_multipart():
                parts.append(part)
        return parts

    def _body(self, parts: list[EmailMessage]) -> str:
        texts = [p for p in parts if not _is_attachment(p) and p.get_content_maintype() == "text"]
        chosen = [p for p in texts if p.get_content_subtype() == "plain"] or texts
        body = "\n".join(self._text(p) for p in chosen).strip()
        if not body:
            self._problem("no_text")
        return body

    def _text(self, part: EmailMessage) -> str:
        data = self._payload(part)
        charset = part.get_content_charset("utf-8")
        try:
            text = data.decode(charset)
        except (LookupError, ValueError):  # a name with a NUL in it is a ValueError
            self._problem("bad_charset")
            text = data.decode("utf-8", "replace")
        text = _html_text(text) if part.get_content_subtype() == "html" else text
        return plain(text.replace("\r\n", "\n").replace("\x00", ""))

    def _attachment(self, part: EmailMessage) -> Attachment:
        try:
            name = part.get_filename() or ""
        except (ValueError, LookupError, AttributeError, TypeError, OverflowError, MessageError):
            self._problem("bad_header")
            name = ""
        return Attachment(plain(name), part.get_content_type(), self._payload(part))

    def _payload(self, part: EmailMessage) -> bytes:
        try:
            data = part.get_payload(decode=True)
        except (ValueError, LookupError, AssertionError):
            data = None
        if data is None or part.defects:  # the library notes a defect of the encoding only while it decodes
            self._problem("bad_part")
        return data if isinstance(data, bytes) else b""


def _is_attachment(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"


class _TextOnly(Markup):
    """The words of an HTML mail; scripts and styles are left out, nothing is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (signature given)
        if tag in {"script", "style"}:
            self._silent += 1
        elif tag in {"p", "br", "div", "li", "tr"}:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"} and self._silent:
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def _html_text(html: str) -> str:
    parser = _TextOnly()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.words).split("\n"))
    return "\n".join(line for line in lines if line)
