"""SHA-256 beside the other work: on a second core, while this one packs and seals.

Here belongs only that. Hashing lets go of Python's lock, so a thread is enough; what waits is bounded, so memory is.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from sitr.vault.pieces import Piece

_PIECE = 1 << 20
_WAITING = 4  # pieces of about a megabyte


class HashBeside:
    """As `hashlib.sha256()`. One that is given up unfinished leaves no thread behind: its pool ends with it."""

    def __init__(self) -> None:
        self._state = hashlib.sha256()
        self._pool: ThreadPoolExecutor | None = None  # only for what is long enough to be worth one
        self._waiting: deque[Future[None]] = deque()
        self._held: list[Piece] = []
        self._size = 0

    def update(self, data: Piece) -> None:
        """Take in the next bytes. They must not change afterwards: pieces of a megabyte or more not until four
        further ones have come (`pieces.PIECES_KEPT`), smaller ones never, unless they are no `bytes`."""
        self._held.append(data if isinstance(data, bytes) or len(data) >= _PIECE else bytes(data))
        self._size += len(data)
        if self._size >= _PIECE:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="sha256")
        if len(self._waiting) >= _WAITING:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(self._take, self._held))
        self._held, self._size = [], 0

    def _take(self, pieces: Sequence[Piece]) -> None:
        for piece in pieces:
            self._state.update(piece)

    def digest(self) -> bytes:
        """The digest of what came so far."""
        for piece in self._waiting:
            piece.result()
        self._waiting.clear()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        self._take(self._held)
        self._held, self._size = [], 0
        return self._state.digest()

    def hexdigest(self) -> str:
        """The same in lower-case hex."""
        return self.digest().hex()
