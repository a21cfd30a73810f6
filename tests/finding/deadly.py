"""Lists and stores that kill the process which works with them: what a decoder's crash does, without one."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sitr.finding.sweep import Store, WatchList

_HOME = int(os.environ.setdefault("SITR_TEST_HOME", str(os.getpid())))
"""The process of the tests, which is spared: workers have it from their parent."""


def kill(*, parent: bool = False) -> None:
    """The end of this process, as the system ends one that does what it must not; of its parent's before, if asked."""
    if parent and os.getppid() != _HOME:
        os.kill(os.getppid(), signal.SIGKILL)
    if os.getpid() != _HOME:
        os.kill(os.getpid(), signal.SIGKILL)


class Owners(tuple[tuple[int, str], ...]):
    """The owners of a list's hashes; looking up those of photo 0 is the end."""

    once: Path | None = None
    parent = False

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(found, tuple) and found[0] == 0 and not (self.once and self.once.exists()):
            if self.once:
                self.once.touch()
            kill(parent=self.parent)
        return found


@dataclass(frozen=True)
class Deadly(WatchList):
    """As the list it was made from, and deadly: for each who finds its first photo, for the first only, for all;
    `parent`: for the process that started it as well."""

    once: Path | None = None
    at_once: bool = False
    parent: bool = False

    @property
    def owners(self) -> Sequence[tuple[int, str]]:  # type: ignore[override]
        """As `WatchList.owners`."""
        owners = Owners(super().owners)
        owners.once, owners.parent = self.once, self.parent
        return owners

    @property
    def hashes(self) -> Any:
        """As `WatchList.hashes`."""
        if self.at_once:
            kill()
        return super().hashes


class DeadlyStore(Store):
    """An object store; asking where it stands is the end."""

    def __getattribute__(self, name: str) -> Any:
        if name == "endpoint":
            kill()
        return super().__getattribute__(name)


def deadly(watch: WatchList, *, once: Path | None = None, at_once: bool = False, parent: bool = False) -> WatchList:
    """The list whose first photo kills."""
    return Deadly(watch.photos, watch.digest, watch.unusable, once, at_once, parent)
