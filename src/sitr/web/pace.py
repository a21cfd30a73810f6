"""How often something may be asked, counted in this process's memory. Nothing is remembered of who asked what."""

from collections import deque
from collections.abc import Callable
from threading import Lock


class Pace:
    """At most `most` times in `seconds`, for each name; the names that are counted are bounded, too."""

    def __init__(self, most: int, seconds: float, clock: Callable[[], float], names: int = 256) -> None:
        self._most, self._seconds, self._clock, self._names = most, seconds, clock, names
        self._lock = Lock()
        self._times: dict[str, deque[float]] = {}

    def takes(self, name: str) -> bool:
        """Count one more for `name`; False when that is too often, and then it is not counted."""
        now = self._clock()
        with self._lock:
            times = self._times.setdefault(name, deque())
            while times and now - times[0] >= self._seconds:
                times.popleft()
            if len(times) >= self._most or len(self._times) > self._names:
                self._forget_idle()
                return False
            times.append(now)
            return True

    def _forget_idle(self) -> None:
        now = self._clock()
        for name in [name for name, times in self._times.items() if not times or now - times[-1] >= self._seconds]:
            del self._times[name]
