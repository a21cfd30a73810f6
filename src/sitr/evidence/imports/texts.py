"""Bytes to text, whatever alphabet they were saved in, and the words of HTML."""

import codecs

from sitr.net.markup import Markup

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = {*range(9), *range(14, 27), *range(28, 32)}


def decoded(data: bytes) -> tuple[str, str]:
    """The text and the alphabet it was read in. Bytes that fit nowhere become U+FFFD; the alphabet then ends in `?`."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data.decode(name, "replace"), name
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as wrong:
        if wrong.start >= len(data) - 3 and wrong.reason.startswith("unexpected end"):
            return data.decode("utf-8", "replace"), "utf-8?"
    if _sixteen(data):
        name = "utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be"
        return data.decode(name, "replace"), name
    arabic = data.decode("cp1256", "replace")
    high = [letter for letter in arabic[:100_000] if ord(letter) > 127]
    if high and sum("\u0600" <= letter <= "\u06ff" for letter in high) * 2 >= len(high):
        return arabic, "cp1256"
    return data.decode("utf-8", "replace"), "utf-8?"


def _sixteen(data: bytes) -> bool:
    sample = data[:4096]
    return len(sample) >= 4 and max(sample[::2].count(0), sample[1::2].count(0)) * 4 > len(sample)


def is_text(start: bytes) -> bool:
    """Whether these first bytes are words: no control signs but those of lines, in an alphabet that we read."""
    if any(start.startswith(mark) for mark, _ in _MARKS[1:]):
        return True
    if not start or any(byte in _CONTROL for byte in start):
        return False
    return not decoded(start)[1].endswith("?") or _cut_at_end(start)


def _cut_at_end(start: bytes) -> bool:
    return any(_whole(start[: len(start) - cut]) for cut in (1, 2, 3))


def _whole(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return bool(data)


class _Words(Markup):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.title: list[str] = []
        self.pictures = 0
        self._silent = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  (given signature)
        if tag in {"script", "style", "template", "svg"}:
            self._silent += 1
        elif tag in {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4"}:
            self.words.append("\n")
        elif tag in {"img", "picture", "video", "canvas", "object", "embed"}:
            self.pictures += 1
        elif tag == "title":
            self._in_title = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "template", "svg"} and self._silent:
            self._silent -= 1
        elif tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title.append(data)
        elif not self._silent:
            self.words.append(data)


def html_words(html: str) -> tuple[str, str, int]:
    """Title, words by lines, and how many pictures it names; nothing of it is run or fetched."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    lines = (" ".join(line.split()) for line in "".join(parser.words).split("\n"))
    return " ".join("".join(parser.title).split()), "\n".join(line for line in lines if line), parser.pictures
