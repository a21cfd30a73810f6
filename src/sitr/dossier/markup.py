"""Text from anywhere as HTML that a paper can carry without lying.

A machine value (time, hash, address, phone, handle, number with a sign) stands in an isolate with `dir="ltr"`, because
WeasyPrint ignores a bare `<bdi>` and would print a date or a phone number in another order. Bidi controls are escaped
so that they are seen. Here belong only these small pieces; which of them stand on the paper is in `paper`.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote

from sitr.dossier.contents import Both, Tongue
from sitr.words import plain, say

Html = str

_ASCII = "".join(map(chr, range(33, 127)))
LABELLED = '<colgroup><col class="w27"><col class="w73"></colgroup>'


def text(value: str) -> Html:
    """Words from outside: markup and bidi controls escaped, control characters dropped, pictographs by name."""
    kept = "".join(c for c in _named(value) if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs", "Co", "Cn"})
    return escape(plain(kept), quote=True)


# Emoji and what joins and colours them. No font of the paper has them, and a knife is no empty box.
_PICTOGRAPHS = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff][\u200d\ufe0e\ufe0f]*")


def _named(value: str) -> str:
    """`🔪` as `[U+1F52A hocho]`: the sign exactly, and the name by which Unicode knows it."""
    if value.isascii():
        return value
    return _PICTOGRAPHS.sub(lambda found: _name_of(found[0][0]), value)


def _name_of(sign: str) -> str:
    return f"[U+{ord(sign):04X} {unicodedata.name(sign, 'sign').lower()}]"


def machine(value: str, *, block: bool = False) -> Html:
    """A machine value, left to right whatever stands around it."""
    kind = "m block" if block else "m"
    return f'<bdi dir="ltr" class="{kind}">{_leftwards(value)}</bdi>' if value else ""


def address(value: str) -> Html:
    """An address as it can be typed: letters of other alphabets percent-encoded (RFC 3987, 3.1). Shown as they are,
    Arabic steps of a path would stand in an order that no reader can undo."""
    typed = quote(value, safe=_ASCII, errors="replace") if "://" in value else value
    return machine(typed, block=True)


def moment(time: datetime | None) -> Html:
    """A time as evidence shows it: `2026-11-22 20:08:31 UTC`."""
    return machine(time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")) if time else "–"


def number(value: int | None) -> Html:
    """A count, or a dash when it is not known."""
    return "–" if value is None else machine(str(value))


def direction(value: str) -> str:
    """`rtl` or `ltr`, by the first letter that has a direction (what `dir=auto` does in browsers)."""
    for letter in value:
        kind = unicodedata.bidirectional(letter)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "rtl"


# Runs of Latin letters, digits and signs inside an Arabic sentence: a phone number, a date, a handle, an address.
_RUN = re.compile(r"[+@#(\[\\]?[A-Za-z0-9][!-~]*(?: [!-~]*[A-Za-z0-9][!-~]*)*")
_ENDING = ".,;:!?\"'"


# Marks that phones put into Arabic text by themselves. They set a direction for what stands beside them, and each run
# has its direction here anyway; stronger controls are shown, because they can make a text look like another.
_MARKS = re.compile("[\u200e\u200f\u061c]")


def own_words(value: str, css: str = "own") -> Html:
    """What a person wrote, line by line, each in its own direction, with what reads left to right kept so."""
    if not value.strip():
        return ""
    lines = "\n".join(line_of(line) for line in value.splitlines())
    return f'<div class="{css}" dir="{direction(value)}">{lines}</div>'


def line_of(line: str) -> Html:
    """One line of somebody's text. Without isolates `2026-11-22` in an Arabic line would be printed `22-11-2026`."""
    line = plain(_MARKS.sub("", _named(line)))
    way = direction(line)
    return f'<bdi dir="{way}">{_leftwards(line) if way == "ltr" else _with_runs(line)}</bdi>'


# Arabic and Hebrew words with the blanks between them.
_RTL = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RIGHTWARD = re.compile(f"[{_RTL}](?:[{_RTL}\\s]*[{_RTL}])?")


def _leftwards(value: str) -> Html:
    """What reads left to right, with its Arabic words isolated: digits that follow Arabic letters become Arabic numbers
    (UAX 9, W2), and `صورة 2026-11-22.png` would be printed with its date turned round."""
    parts, at = [], 0
    for found in _RIGHTWARD.finditer(value):
        parts += [text(value[at : found.start()]), f'<bdi dir="rtl">{text(found[0])}</bdi>']
        at = found.end()
    return "".join((*parts, text(value[at:])))


def _without_ending(run: str) -> str:
    """The run without the punctuation of the sentence around it; a bracket that it opened itself stays."""
    bare = run.rstrip(_ENDING)
    while any(bare.endswith(end) and bare.count(end) > bare.count(start) for start, end in ("()", "[]")):
        bare = bare[:-1].rstrip(_ENDING)
    return bare


def _with_runs(line: str) -> Html:
    parts, at = [], 0
    for found in _RUN.finditer(line):
        run = _without_ending(found[0])
        parts += [text(line[at : found.start()]), f'<bdi dir="ltr">{text(run)}</bdi>']
        at = found.start() + len(run)
    return "".join((*parts, text(line[at:])))


def words(key: str, **blanks: object) -> Both:
    """The sentence `dossier.p_<key>` in both languages."""
    name = f"dossier.p_{key}"
    return Both(say(name, "ar", **blanks), say(name, "en", **blanks))


def _inside(value: str) -> Html:
    # Catalogue sentences carry isolates of their own (U+2066, U+2069) around their blanks; those must stay. Sentences
    # from a case or from knowledge went through `outside` before.
    return escape(value)


def outside(both: Both) -> Both:
    """The same two sentences when they come from a case or from knowledge: bidi controls made visible."""
    return Both(plain(both.ar), plain(both.en))


@dataclass(frozen=True)
class Pen:
    """Writes sentences in the languages of one paper: Arabic, English, or both beside each other."""

    tongue: Tongue = "both"

    @property
    def lang(self) -> str:
        """The language of the whole; Arabic where both stand."""
        return "en" if self.tongue == "en" else "ar"

    @property
    def way(self) -> str:
        """The direction of the whole."""
        return "ltr" if self.tongue == "en" else "rtl"

    def pair(self, both: Both) -> Html:
        """A sentence; of two languages Arabic on the right, English on the left."""
        if self.tongue != "both":
            return f'<div class="said" {self._marks()}>{self._one(both)}</div>'
        arabic, english = _inside(both.ar), _inside(both.en)
        return (
            f'<table class="pair" dir="rtl"><tbody><tr><td lang="ar" dir="rtl">{arabic}</td>'
            f'<td lang="en" dir="ltr">{english}</td></tr></tbody></table>'
        )

    def stacked(self, both: Both) -> Html:
        """A sentence for a cell; of two languages Arabic above, English below."""
        if self.tongue != "both":
            return f'<span class="one" {self._marks()}>{self._one(both)}</span>'
        arabic, english = _inside(both.ar), _inside(both.en)
        return f'<span class="ar" lang="ar">{arabic}</span><span class="en" lang="en">{english}</span>'

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[Html]], widths: Sequence[int] = ()) -> Html:
        """A table with a head; `heads` are keys of `words`, `widths` in percent (equal when not given). `paper.css`
        has a class for each: it is read once, a `style` each time.

        Widths are fixed: to find them from the contents took WeasyPrint 40 % of the time of a whole paper.
        """
        columns = "".join(f'<col class="w{width}">' for width in widths)
        head = "".join(f"<th>{self.stacked(words(key))}</th>" for key in heads)
        body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
        inside = f"<colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        return f'<table class="data" dir="{self.way}">{inside}</table>'

    def facts(self, rows: Iterable[tuple[str, Html]]) -> Html:
        """A table of labels and values; rows without a value are left out."""
        return self.labelled((words(key), value) for key, value in rows if value)

    def labelled(self, rows: Iterable[tuple[Both, Html]], css: str = "data") -> Html:
        """A table of labels and values, empty ones too."""
        body = "".join(f'<tr><td class="label">{self.stacked(k)}</td>{_cell(v)}</tr>' for k, v in rows)
        return f'<table class="{css}" dir="{self.way}">{LABELLED}<tbody>{body}</tbody></table>'

    def title(self, both: Both, between: str = " – ") -> str:
        """Both languages on one line, for what can hold no markup."""
        return between.join((both.ar, both.en)) if self.tongue == "both" else self._plain(both)

    def _plain(self, both: Both) -> str:
        return both.en if self.tongue == "en" else both.ar

    def _one(self, both: Both) -> Html:
        return _inside(self._plain(both))

    def _marks(self) -> str:
        return f'lang="{self.lang}" dir="{self.way}"'


_ALONE = re.compile(r'<bdi dir="ltr" class="(m|m block)">([^<]*)</bdi>')


def _cell(inside: Html) -> Html:
    """A cell. Where it holds one machine value and nothing else it is the isolate itself: fewer boxes to lay."""
    alone = _ALONE.fullmatch(inside)
    return f'<td dir="ltr" class="m">{alone[2]}</td>' if alone else f"<td>{inside}</td>"
