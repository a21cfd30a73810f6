"""The pass with which `sitr demo` and the tests reach a server of their own on this machine. Nothing else may.

No setting, variable or address gives it: it is an object, it names exact ports, and it exists only for a home folder
that was marked as throw-away while it was still empty. A home with somebody's cases can therefore never carry it.
"""

from collections.abc import Iterable
from pathlib import Path

from sitr.errors import Locked
from sitr.net.addresses import is_loopback

MARK = ".sitr-throw-away"
_WORDS = b"sitr throw-away home v1: for demo and tests; never holds a real case\n"


def mark_throw_away(home: Path) -> None:
    """Mark a new or empty folder as a throw-away home; marking it again changes nothing.

    Raises Locked `net.home_in_use` when the folder already holds something.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if is_throw_away(home):
        return
    if any(home.iterdir()):
        raise Locked("net.home_in_use")
    (home / MARK).write_bytes(_WORDS)


def is_throw_away(home: Path) -> bool:
    """Whether the folder carries the mark, as a plain file of its own and not as a link to another's."""
    mark = home / MARK
    return mark.is_file() and not mark.is_symlink() and mark.read_bytes() == _WORDS


class LoopbackPass:
    """Leave to reach exactly these loopback ports, as long as the home carries the mark.

    Raises Locked `net.not_throw_away` when the home does not carry it.
    """

    def __init__(self, home: Path, ports: Iterable[int]) -> None:
        if not is_throw_away(home):
            raise Locked("net.not_throw_away")
        self._home = home
        self._ports = frozenset(ports)

    def allows(self, ip: str, port: int) -> bool:
        """Whether this loopback address and port may be reached; the mark is looked at again each time."""
        return port in self._ports and is_loopback(ip) and is_throw_away(self._home)
