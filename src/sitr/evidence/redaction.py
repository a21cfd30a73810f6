"""A session's secrets taken out of what a visit brought: names of cookies stay, values go. No browser here.

A capture made with a person's cookies shows their account; the values would open it. They are replaced before anything
is bundled: in headers whole, in addresses, texts and bodies wherever they stand as they are, percent-encoded, or
escaped for JSON or HTML. Bodies keep their length, each sign of a value becomes `*`. What is shorter than eight signs
is too common to be looked for outside of headers. Pictures and video are not searched.
"""

import html
import json
import mmap
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from sitr.evidence.captured import Exchange, Headers
from sitr.evidence.cookies import Cookie

SHORTEST = 8
_MOST_FORMS = 600
_GONE = "[redacted]"
_NOT_SEARCHED = re.compile(r"(image/(?!svg)|video/|audio/|font/)")
_WHOLE = frozenset({"authorization", "proxy-authorization"})


class Redaction:
    """What is to be taken out of one visit. `count` is how many places outside of headers held a value."""

    def __init__(self, cookies: Sequence[Cookie], exchanges: Iterable[Exchange]) -> None:
        self._cookies = tuple(cookies)
        values = {cookie.value for cookie in cookies}
        for exchange in exchanges:
            if self._is_ours(exchange.url):
                values |= set(_values(exchange))
        forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value)}
        # Longest first, so that a value inside another one does not cut it.
        self._forms = tuple(sorted(forms, key=len, reverse=True)[:_MOST_FORMS])
        self.count = 0

    def _is_ours(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return any(cookie.belongs_to(host) for cookie in self._cookies)

    def text(self, value: str) -> str:
        """The text with every value starred out."""
        for form in self._forms:
            if form in value:
                self.count += value.count(form)
                value = value.replace(form, "*" * len(form))
        return value

    def data(self, value: bytes) -> bytes:
        """As `text`, for bytes."""
        room = bytearray(value)
        self._star(room)
        return bytes(room)

    def file(self, path: Path) -> None:
        """Stars out in place; the length stays."""
        if self._forms and path.stat().st_size:
            with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as room:
                self._star(room)

    def _star(self, room: bytearray | mmap.mmap) -> None:
        # Each form by itself: one pattern of hundreds of alternatives is a hundred times slower.
        for form in map(str.encode, self._forms):
            at = room.find(form)
            while at >= 0:
                room[at : at + len(form)] = b"*" * len(form)
                self.count += 1
                at = room.find(form, at + len(form))

    def exchange(self, exchange: Exchange) -> None:
        """One exchange: address, headers, what was posted, the body."""
        exchange.url = self.text(exchange.url)
        exchange.request_headers = self._headers(exchange.request_headers)
        exchange.response_headers = self._headers(exchange.response_headers)
        exchange.post = self.data(exchange.post)
        if exchange.body is not None and not _NOT_SEARCHED.match(exchange.mime):
            self.file(exchange.body)

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self._header(name.lower(), value)) for name, value in headers)

    def _header(self, name: str, value: str) -> str:
        if name in _WHOLE:
            return _GONE
        if name == "cookie":
            return "; ".join(f"{part.partition('=')[0].strip()}={_GONE}" for part in value.split(";"))
        if name == "set-cookie":
            return "\n".join(_emptied(line) for line in value.split("\n"))
        return self.text(value)


def _emptied(line: str) -> str:
    pair, semicolon, attributes = line.partition(";")
    return f"{pair.partition('=')[0]}={_GONE}{semicolon}{attributes}"


def _values(exchange: Exchange) -> Iterable[str]:
    """The values in the cookie headers of one exchange: the site may have given new ones."""
    for name, value in (*exchange.request_headers, *exchange.response_headers):
        if name.lower() == "cookie":
            yield from (part.partition("=")[2].strip() for part in value.split(";"))
        elif name.lower() == "set-cookie":
            yield from (line.partition(";")[0].partition("=")[2].strip() for line in value.split("\n"))
        elif name.lower() in _WHOLE:
            yield value.rpartition(" ")[2]


def _forms(value: str) -> set[str]:
    plain = value.strip('"')
    told = json.dumps(plain)[1:-1]
    forms = {plain, quote(plain, safe=""), told, told.replace("/", "\\/"), html.escape(plain)}
    return {form for form in forms if len(form) >= SHORTEST}
