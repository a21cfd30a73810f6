"""A real SMTP server on loopback that keeps what it gets in memory, and can misbehave when told to.

The demo and the tests send notices to it; nothing else does. It never forwards a mail and writes nothing to disk.
"""

import asyncio
import ssl
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

_T = TypeVar("_T")


class Mood(StrEnum):
    """How the server behaves."""

    ACCEPT = "accept"
    BUSY = "busy"
    REFUSE_RECIPIENT = "refuse_recipient"
    REFUSE_MAIL = "refuse_mail"
    DROP_BEFORE_DATA = "drop_before_data"
    DROP_AFTER_DATA = "drop_after_data"


@dataclass(frozen=True)
class Received:
    """One mail as it arrived: the name the sender greeted with, the envelope, the bytes."""

    greeted_as: str
    sender: str
    recipients: tuple[str, ...]
    data: bytes


@dataclass
class Mailbox:
    """`with Mailbox() as box:` listens on 127.0.0.1:`box.port`; `box.mails` holds what arrived, in order.

    With `tls` it insists on STARTTLS, with `login` (name, password) on both.
    """

    mood: Mood = Mood.ACCEPT
    port: int = 0
    tls: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    mails: list[Received] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailbox", daemon=True)
        self._thread.start()
        self._server = self._run(self._listen())
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: self._session(loop), "127.0.0.1", 0)

    def _session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        return SMTP(
            _Handler(self),
            hostname="mailbox.invalid",
            loop=loop,
            tls_context=self.tls,
            require_starttls=self.tls is not None,
            authenticator=self._authenticate if self.login else None,
            auth_required=self.login is not None,
        )

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        name, password = self.login or ("", "")
        return AuthResult(success=(given.login, given.password) == (name.encode(), password.encode()), handled=False)

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)


class _Handler:
    """The answers to the steps of one session (aiosmtpd calls these by name)."""

    def __init__(self, box: Mailbox) -> None:
        self.box = box

    async def handle_MAIL(  # noqa: N802  (named by aiosmtpd)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.box.mood is Mood.BUSY:
            return "451 4.3.2 Try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  (named by aiosmtpd)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.box.mood is Mood.REFUSE_RECIPIENT:
            return "550 5.1.1 No such mailbox"
        if self.box.mood is Mood.DROP_BEFORE_DATA:
            _hang_up(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  (aiosmtpd)
        if self.box.mood is Mood.REFUSE_MAIL:
            return "554 5.7.1 Content refused"
        self.box.mails.append(
            Received(
                str(session.host_name),
                str(envelope.mail_from),
                tuple(envelope.rcpt_tos),
                envelope.original_content or b"",
            )
        )
        if self.box.mood is Mood.DROP_AFTER_DATA:
            _hang_up(server)
        return "250 2.0.0 Taken"


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
