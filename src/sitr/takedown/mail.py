"""Handing one mail to the operator's relay, and saying honestly what became of it.

`sent` is said only after the relay's final 250. `refused` means that it was certainly not taken, so that trying again
is safe. `unknown` means that everything was handed over and then the line went dead: it may have arrived, and only a
person decides whether to send again. A mail carries no name of this machine and no local time zone.
"""

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import Protocol

from sitr.errors import BadInput, OutsideSilent
from sitr.words import plain

# RFC 2606: a name that belongs to nobody. smtplib would otherwise greet with the name of this machine.
NEUTRAL_HOST = "sitr.invalid"

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]{1,120}@[A-Za-z0-9.-]{1,120}>")


class DeliveryState(StrEnum):
    """What became of a mail."""

    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Delivery:
    """`detail` is the step and the relay's answer in one line, for the person only; it is never logged."""

    state: DeliveryState
    detail: str


@dataclass(frozen=True)
class Mail:
    """One mail. `message_id` is made by the caller (random, `<...@sitr.invalid>`), `date` aware."""

    sender: str
    recipient: str
    subject: str
    text: str
    message_id: str
    date: datetime
    in_reply_to: str = ""


class Mailer(Protocol):
    """The port: hand over one mail."""

    def send(self, mail: Mail) -> Delivery: ...


class MailDoor(Protocol):
    """What this needs of `sitr.net.Door`."""

    def connect_infrastructure(self, host: str, port: int, seconds: float) -> socket.socket: ...


@dataclass
class MemoryMailer:
    """The in-memory twin: keeps what it was given and answers as told."""

    answer: Delivery
    mails: list[Mail]

    def send(self, mail: Mail) -> Delivery:
        build_message(mail)
        self.mails.append(mail)
        return self.answer


@dataclass(frozen=True)
class SmtpMailer:
    """Delivers to the relay that the operator named, through the guarded door (RFC 5321).

    `tls` is the context for STARTTLS when `starttls` is asked for. A password never goes over a line in clear: BadInput
    `takedown.password_in_clear`. `seconds` bounds each step.
    """

    door: MailDoor
    host: str
    port: int
    username: str = ""
    password: str = ""
    starttls: bool = False
    tls: ssl.SSLContext | None = None
    seconds: float = 30.0

    def __repr__(self) -> str:
        return f"SmtpMailer({self.host}:{self.port})"

    def send(self, mail: Mail) -> Delivery:
        """Hand over `mail`. Raises BadInput for an address or header that is none; everything else is a Delivery."""
        if self.username and not self.starttls:
            raise BadInput("takedown.password_in_clear")
        data = build_message(mail).as_bytes(policy=SMTP)
        try:
            relay = _Relay(self.door, self.host, self.port, self.seconds)
        except (OSError, smtplib.SMTPException, OutsideSilent) as error:
            return _refused("connect", error)
        try:
            return self._hand_over(relay, mail, data)
        finally:
            relay.close()

    def _hand_over(self, relay: "_Relay", mail: Mail, data: bytes) -> Delivery:
        try:
            self._greet(relay)
            _expect(relay.mail(mail.sender), 250)
            _expect(relay.rcpt(mail.recipient), 250, 251)
            _expect(relay.docmd("DATA"), 354)
            # The relay may keep a mail only once it saw the closing dot, which is the last thing this call writes.
            relay.send(_dotted(data))
        except (OSError, smtplib.SMTPException) as error:
            return _refused("before the end of the mail", error)
        return _final_answer(relay)

    def _greet(self, relay: "_Relay") -> None:
        relay.ehlo_or_helo_if_needed()
        if self.starttls:
            relay.starttls(context=self.tls or ssl.create_default_context())
            relay.ehlo()
        if self.username:
            relay.login(self.username, self.password)


class _Relay(smtplib.SMTP):
    """smtplib over a socket from the door, greeting with a name that tells nothing."""

    def __init__(self, door: MailDoor, host: str, port: int, seconds: float) -> None:
        self._door = door
        super().__init__(host, port, local_hostname=NEUTRAL_HOST, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = self._door.connect_infrastructure(host, port, timeout)
        sock.settimeout(timeout)
        return sock


def build_message(mail: Mail) -> EmailMessage:
    """The mail as it goes out: UTF-8, no attachment, no name of a machine. BadInput when a header would be injected."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(mail.sender)
    message["To"] = _address(mail.recipient)
    message["Subject"] = _header(mail.subject)
    message["Date"] = format_datetime(mail.date.astimezone(UTC), usegmt=True)
    message["Message-ID"] = _message_id(mail.message_id)
    if mail.in_reply_to:
        message["In-Reply-To"] = message["References"] = _message_id(mail.in_reply_to)
    message["Auto-Submitted"] = "no"
    message.set_content(mail.text, charset="utf-8", cte="base64")
    return message


def is_mailbox(text: str) -> bool:
    """Whether a notice can be mailed to exactly this: one address, with no name, list or sentence around it."""
    return _ADDRESS.fullmatch(text) is not None and ".." not in text


def _address(text: str) -> str:
    if not is_mailbox(text):
        raise BadInput("takedown.bad_mail_address")
    return text


def _header(text: str) -> str:
    if (
        not text.strip()
        or len(text) > 900
        or any(ord(c) < 32 or ord(c) == 127 or c in "\x85\u2028\u2029" for c in text)
    ):
        raise BadInput("takedown.bad_subject")
    return text


def _message_id(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        raise BadInput("takedown.bad_message_id")
    return text


def _dotted(data: bytes) -> bytes:
    body = re.sub(rb"(?m)^\.", b"..", data)
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _expect(answer: tuple[int, bytes], *good: int) -> None:
    if answer[0] not in good:
        raise smtplib.SMTPResponseException(*answer)


def _final_answer(relay: _Relay) -> Delivery:
    try:
        code, text = _read_answer(relay)
    except (OSError, smtplib.SMTPException):
        return Delivery(DeliveryState.UNKNOWN, "the line broke after the mail was handed over, before an answer")
    if code == 250:
        _say_goodbye(relay)
        return Delivery(DeliveryState.SENT, _line(code, text))
    # RFC 5321 section 4.2.1: only 4yz and 5yz say that the mail was not taken.
    state = DeliveryState.REFUSED if 400 <= code < 600 else DeliveryState.UNKNOWN
    return Delivery(state, _line(code, text))


_ANSWER = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r\n]*))?\r?\n")


def _read_answer(relay: _Relay) -> tuple[int, bytes]:
    """One whole answer. smtplib's own reader takes a cut line `250` for a yes, which here would be a false `sent`."""
    file, texts = relay.file, []
    for _ in range(100):
        found = _ANSWER.fullmatch(file.readline(4_096)) if file else None
        if found is None:
            break
        texts.append(found[3] or b"")
        if found[2] != b"-":
            return int(found[1]), b" ".join(texts)
    raise smtplib.SMTPServerDisconnected("no whole answer")


def _say_goodbye(relay: _Relay) -> None:
    try:
        relay.quit()
    except (OSError, smtplib.SMTPException):
        relay.close()  # The mail was taken; how the relay hangs up changes nothing.


def _refused(step: str, error: Exception) -> Delivery:
    if isinstance(error, smtplib.SMTPResponseException):
        return Delivery(DeliveryState.REFUSED, f"{step}: {_line(error.smtp_code, error.smtp_error)}")
    reason = error.code if isinstance(error, OutsideSilent) else type(error).__name__
    return Delivery(DeliveryState.REFUSED, f"{step}: {reason}")


def _line(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = "".join(c if c.isprintable() else " " for c in plain(f"{code} {words}"))
    return " ".join(shown.split())[:300]
