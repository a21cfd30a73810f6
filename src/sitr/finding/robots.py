"""What a site asks of programs: reading robots.txt (RFC 9309) for one product token.

Belongs here: the file's rules, whether they let an address be visited, and the pause they ask for. Not here: fetching
the file and what its absence means (`courtesy`). The file is written by whoever runs the site, so only the two groups
that can matter to us are kept and everything is bounded: a general parser that keeps a rule for each of thousands of
named programs takes gigabytes on half a megabyte of text (docs/decisions/0017-watch.md has the figures).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

PRODUCT = "Sitr"
"""The product token (RFC 9309, 2.2.1) that a site may name to speak to Sitr alone."""
MOST_BYTES = 500 * 1024
"""What is read of a file; the RFC asks for 500 KiB at least (2.5). What follows is not looked at."""

_MOST_RULES = 5_000
_MOST_KEPT = 200
_MOST_STARS = 16
_HEX = re.compile(rb"%([0-9A-Fa-f]{2})")
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_TOKEN = re.compile(r"[a-z_-]+")


@dataclass(frozen=True)
class _Rule:
    """One line: the parts between its stars, whether it must end there, and how many octets it is worth."""

    allows: bool
    parts: tuple[bytes, ...]
    ends: bool
    weight: int

    def matches(self, path: bytes) -> bool:
        first, *rest = self.parts
        if not path.startswith(first):
            return False
        if not rest:
            return path == first if self.ends else True
        at = len(first)
        for part in rest[:-1]:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        if self.ends:
            return len(path) - len(rest[-1]) >= at and path.endswith(rest[-1])
        return path.find(rest[-1], at) >= 0


@dataclass(frozen=True)
class Robots:
    """The rules that hold for us. `delay`: seconds between two requests that the file asks for, 0.0 for none (not part
    of the RFC, yet widely written)."""

    rules: tuple[_Rule, ...] = ()
    delay: float = 0.0

    def allows(self, url: str) -> bool:
        """Whether this address may be visited: the longest rule that fits decides, of equal ones the allowing one
        (RFC 9309, 2.2.2); where none fits it may. The file itself always may."""
        path = _path_of(url)
        if path == b"/robots.txt":
            return True
        fitting = [(rule.weight, rule.allows) for rule in self.rules if rule.matches(path)]
        return max(fitting)[1] if fitting else True

    def as_json(self) -> dict[str, Any] | None:
        """To be remembered with a work order; None where there is too much of it, which is asked for again then."""
        if len(self.rules) > _MOST_KEPT:
            return None
        rules = [[r.allows, [part.decode() for part in r.parts], r.ends, r.weight] for r in self.rules]
        return {"delay": self.delay, "rules": rules}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> "Robots":
        """From `as_json`."""
        rules = [_Rule(allows, tuple(p.encode() for p in parts), ends, w) for allows, parts, ends, w in said["rules"]]
        return cls(tuple(rules), said["delay"])


EVERYTHING = Robots()
NOTHING = Robots((_Rule(allows=False, parts=(b"/",), ends=False, weight=1),))


def read_robots(untrusted: bytes, product: str = PRODUCT) -> Robots:
    """The rules of a file for one product token; whatever is in it, never raises.

    All groups that name the token count together; where none does, those for `*` (2.2.1).
    """
    text = untrusted[:MOST_BYTES].decode("utf-8", "replace").removeprefix("\ufeff")
    own, anybody = _Group(), _Group()
    for names, lines in _groups(text):
        if product.lower() in names:
            own.take(lines)
        if "*" in names:
            anybody.take(lines)
    chosen = own if own.named else anybody
    return Robots(tuple(chosen.rules), chosen.delay)


class _Group:
    """What all groups for one name say together."""

    def __init__(self) -> None:
        self.named = False
        self.rules: list[_Rule] = []
        self.delay = 0.0

    def take(self, lines: Sequence[tuple[str, str]]) -> None:
        self.named = True
        for key, value in lines:
            if key == "crawl-delay":
                self.delay = max(self.delay, _seconds(value))
            elif value and len(self.rules) < _MOST_RULES:
                self.rules.append(_rule(value, allows=key == "allow"))


def _groups(text: str) -> Iterator[tuple[set[str], list[tuple[str, str]]]]:
    """Each group: the names it begins with, and its lines. Lines that are none of ours end no run of names."""
    names: set[str] = set()
    lines: list[tuple[str, str]] = []
    closed = True
    for key, value in _lines(text):
        if key == "user-agent":
            if closed:
                yield names, lines
                names, lines, closed = set(), [], False
            names.add(_name(value))
        elif names:
            closed = True
            lines.append((key, value))
    yield names, lines


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in re.split(r"\r\n|\r|\n", text):
        key, colon, value = line.partition("#")[0].partition(":")
        word = key.strip().lower()
        if colon and word in {"user-agent", "allow", "disallow", "crawl-delay"}:
            yield word, value.strip()


def _name(value: str) -> str:
    """The product token of a `user-agent` line: letters, `_` and `-` alone, whatever version follows (2.2.1)."""
    found = _TOKEN.match(value.lower())
    return "*" if value.startswith("*") else found[0] if found else ""


def _rule(value: str, *, allows: bool) -> _Rule:
    ends = value.endswith("$")
    pattern = value[:-1] if ends else value
    weight = len(_normal(value.encode()))
    pieces = re.sub(r"\*+", "*", pattern).split("*")  # runs of stars say no more than one
    if len(pieces) > _MOST_STARS:  # read up to here it asks for more room than it wrote, never for less
        pieces, ends = pieces[:_MOST_STARS], False
    return _Rule(allows, tuple(_normal(piece.encode()) for piece in pieces), ends, weight)


def _path_of(url: str) -> bytes:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query or url.partition("#")[0].endswith("?") else ""
    return _normal(((parts.path or "/") + query).encode())


def _normal(piece: bytes) -> bytes:
    """Both sides in one spelling (2.2.2): octets beyond ASCII percent-encoded, encoded unreserved ones plain."""
    spelled = quote(piece, safe="%!\"#$&'()*+,/:;<=>?@[\\]^`{|}").encode()
    return _HEX.sub(lambda found: bytes((int(found[1], 16),)) if int(found[1], 16) in _PLAIN else found[0].upper(),
                    spelled)  # fmt: skip


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return 0.0
    return seconds if 0.0 <= seconds < 1e9 else 0.0
