"""Pictures inside a file are handed on, one by one, to be compared with the person's photos: bounded, and counted.

What was not handed on is said in the view. Here belongs only that; which pictures there are is the readers' to know.
"""

import re
from collections.abc import Iterator, Set

from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.values import Findings, Inside, Looked, Looker, Where
from sitr.net.inline import decode_data_url

_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*", b"BM")
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")
_INLINE = re.compile(r"data:image/(?!svg)[a-z0-9.+-]{1,40}(?:;[a-z0-9=-]{1,40}){0,3},[A-Za-z0-9+/=%_\-\s]{100,}", re.I)
_CLOSED = (
    *(".zip", ".rar", ".7z", ".tar", ".gz", ".pdf", ".eml", ".wacz"),
    *(".mp4", ".mov", ".avi", ".webm", ".mkv", ".3gp"),
)


class Handing:
    """Hands on what it is given while the limits allow; `close` says how many were compared and how many were not."""

    def __init__(self, look: Looker | None, limits: ImportLimits, findings: Findings) -> None:
        self._look, self._limits, self._findings = look, limits, findings
        self._compared = self._handed = self._bytes = self._left = self._closed = 0
        self._late = False
        self.page = ""
        """The address of the page that the next pictures are on, where the file says so."""

    @property
    def wanted(self) -> bool:
        """Whether anybody looks; else no reader needs to unpack a picture."""
        return self._look is not None

    @property
    def full(self) -> bool:
        """Whether no other picture will be handed on: what comes is only counted."""
        limits = self._limits
        return (
            self._late
            or self._compared >= limits.compared
            or self._handed >= limits.handed
            or self._bytes >= limits.handed_bytes
        )

    def give(self, where: Where, name: str, data: bytes, number: int = 0) -> None:
        """Hand on one picture."""
        if self._look is None:
            return
        if self.full or len(data) > self._limits.compared_bytes:
            self.left()
            return
        looked = self._look(Inside(where, name[:2000], data, number, self.page))
        self._handed += 1
        self._bytes += len(data)
        self._compared += looked is Looked.COMPARED
        if looked is Looked.LATE:
            self._late = True
            self.left()

    def give_inline(self, html: str, besides: Set[bytes] = frozenset()) -> None:
        """Hand on the pictures that stand in a page itself, as `data:` addresses; `besides`: handed on before."""
        if self._look is not None:
            for number, data in enumerate((one for one in _inline(html) if one not in besides), 1):
                self.give(Where.ATTACHMENT, f"inline-{number}", data)

    def left(self, count: int = 1) -> None:
        """Pictures that were seen and not compared."""
        self._left += count

    def passes_by(self, name: str) -> None:
        """Something within that is not opened and may hold pictures, told by its name."""
        self._closed += self.wanted and name.casefold().endswith(_CLOSED)

    def close(self) -> None:
        """Write down what was compared and what was not."""
        if self._look is None:
            return
        if self._handed or self._left:
            self._findings.facts["compared"] = self._compared
        if self._left:
            self._findings.problem("not_all_compared", n=self._left)
        if self._closed:
            self._findings.problem("inner_not_compared", n=self._closed)


def starts_as_picture(start: bytes) -> bool:
    """By the first bytes of the kinds that can be compared."""
    riff = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    return start.startswith(_STARTS) or riff or (start[4:8] == b"ftyp" and start[8:12] in _BRANDS)


def _inline(html: str) -> Iterator[bytes]:
    for found in _INLINE.finditer(html):
        if data := decode_data_url(found[0]):
            yield data
