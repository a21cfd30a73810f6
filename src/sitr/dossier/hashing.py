"""SHA-256 beside the other work: on a second core, while this one packs and seals.

Here belongs only that. Hashing lets go of Python's lock, so a thread is enough; what waits is bounded, so memory is.
"""

import hashlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

_PIECE = 1 << 20
_WAITING = 8  # pieces of about a megabyte


class HashBeside:
    """As `hashlib.sha256()`. One that is given up unfinished leaves no thread behind: its pool ends with it."""

    def __init__(self) -> None:
        self._state = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="sha256")
        self._waiting: deque[Future[None]] = deque()
        self._held: list[bytes] = []
        self._size = 0

    def update(self, data: bytes) -> None:
        """Take in the next bytes; they must not change afterwards."""
        self._held.append(data)
        self._size += len(data)
        if self._size >= _PIECE:
            self._hand_on()

    def _hand_on(self) -> None:
        if len(self._waiting) >= _WAITING:
            self._waiting.popleft().result()
        piece = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        self._waiting.append(self._pool.submit(self._state.update, piece))
        self._held, self._size = [], 0

    def hexdigest(self) -> str:
        """The digest in lower-case hex, when all is in."""
        self._hand_on()
        for piece in self._waiting:
            piece.result()
        self._waiting.clear()
        self._pool.shutdown()
        return self._state.hexdigest()
