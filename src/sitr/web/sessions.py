"""Sessions of the browser, in the server's memory only.

The cookie holds a number that finds the session and a key. The holder's identity is kept here as the ciphertext that
`access.keep` makes under that key, so that neither the memory without the cookie nor the cookie without the memory
opens anything. After ten idle minutes the ciphertext is dropped. What does not belong here: who may do what (cases).
"""

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

IDLE_SECONDS = 600.0
_ID, _KEY = 16, 32
# Each session needs a one-time link or a right receipt code; the oldest goes when somebody opens very many.
_MOST = 256


@dataclass
class Session:
    """One browser. `kept` is None while locked; `shelf` holds results for the page after a redirect, until locking.

    `receipt`: opened by a receipt code, and to be opened by one again. `cases`: those looked at since unlocking to
    which a browser is paired, and whether pictures may come in there.
    """

    seen: float
    kept: bytes | None = None
    receipt: bool = False
    public: str = ""
    draft: bytes | None = None
    shelf: dict[str, Any] = field(default_factory=dict)
    cases: dict[str, bool] = field(default_factory=dict)

    def lock(self) -> None:
        """Forget the identity and every result. A typed form waits sealed, for the same holder only."""
        self.kept = None
        self.shelf.clear()
        self.cases.clear()

    def put(self, value: object) -> str:
        """Lay a result on the shelf for the page after the redirect; its random name."""
        name = secrets.token_hex(8)
        self.shelf[name] = value
        return name


@dataclass(frozen=True)
class Visit:
    """A session found by its cookie, with the key that only the cookie holds."""

    id: bytes
    key: bytes
    session: Session

    @property
    def cookie(self) -> str:
        """The value of the cookie."""
        return base64.urlsafe_b64encode(self.id + self.key).decode()


class Sessions:
    """All sessions of this process. `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._held: dict[bytes, Session] = {}

    def begin(self) -> Visit:
        """A new, locked session with a fresh number and key."""
        visit = Visit(secrets.token_bytes(_ID), secrets.token_bytes(_KEY), Session(self._clock()))
        with self._lock:
            if len(self._held) >= _MOST:
                del self._held[min(self._held, key=lambda one: self._held[one].seen)]
            self._held[visit.id] = visit.session
        return visit

    def nobody(self) -> Visit:
        """A visit that is kept nowhere, for whoever comes from elsewhere and has typed no code yet."""
        return Visit(bytes(_ID), bytes(_KEY), Session(self._clock()))

    def renew(self, visit: Visit) -> Visit:
        """The same browser under a new number and key: a cookie seen before unlocking opens nothing after it."""
        fresh = self.begin()
        fresh.session.draft = visit.session.draft
        self.end(visit)
        return fresh

    def find(self, cookie: str, *, touch: bool = True) -> Visit | None:
        """The session of this cookie, locked when it was idle too long; None for an unknown one.

        `touch`: the person did something. A page that goes away by itself does not count.
        """
        try:
            raw = base64.urlsafe_b64decode(cookie.encode())
        except (binascii.Error, ValueError):
            return None
        session = self._held.get(raw[:_ID]) if len(raw) == _ID + _KEY else None
        if session is None:
            return None
        now = self._clock()
        if now - session.seen >= IDLE_SECONDS:
            session.lock()
        if touch:
            session.seen = now
        return Visit(raw[:_ID], raw[_ID:], session)

    def open_for(self, case: str) -> bool | None:
        """Whether a holder of this case is unlocked now who looked at it: None for nobody, else whether pictures may
        come in. What a paired browser sends is no sign of the person: it keeps no session open.
        """
        now = self._clock()
        with self._lock:
            held = list(self._held.values())
        said = [one.cases[case] for one in held if one.kept and case in one.cases and now - one.seen < IDLE_SECONDS]
        return any(said) if said else None

    def anyone(self) -> bool:
        """Whether somebody is unlocked now."""
        now = self._clock()
        with self._lock:
            return any(one.kept is not None and now - one.seen < IDLE_SECONDS for one in self._held.values())

    def end(self, visit: Visit) -> None:
        """Forget the session altogether."""
        with self._lock:
            self._held.pop(visit.id, None)
        visit.session.lock()
        visit.session.draft = None
