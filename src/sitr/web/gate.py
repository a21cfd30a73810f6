"""The one-time link: how the browser of the person, and no other program on the machine, gets to the pages.

Other users of the machine and rebinding pages reach loopback too, so nothing answers without the cookie that the link
sets. A link works once; then the next one is announced (to the terminal), for another window or after the quick exit.
"""

import secrets
from collections.abc import Callable
from threading import Lock


class Gate:
    """Holds the link that is valid now. `announce` is told each new token; it decides where it is shown."""

    def __init__(self, announce: Callable[[str], None] | None = None) -> None:
        self._announce = announce or (lambda _token: None)
        self._lock = Lock()
        self._token = secrets.token_urlsafe(24)

    @property
    def token(self) -> str:
        """The token that opens the gate now; `/k/<token>` is its address."""
        return self._token

    def open(self) -> str:
        """Announce the present token and hand it on."""
        self._announce(self._token)
        return self._token

    def passes(self, token: str) -> bool:
        """Whether `token` opens the gate. It never does so again; the next one is announced."""
        with self._lock:
            if not secrets.compare_digest(token.encode(), self._token.encode()):
                return False
            self._token = secrets.token_urlsafe(24)
        self._announce(self._token)
        return True
