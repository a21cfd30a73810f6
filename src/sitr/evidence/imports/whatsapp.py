"""WhatsApp's "export chat": one text, alone or in a zip with the media; no zone, no ids, in the phone's own language.

Every rule is about the form of a line, not about its language: `[time] name: text` (iOS) or `time - name: text`
(Android). A text export can be edited by anybody, and says so in the facts (`unauthenticated`).
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sitr.evidence.imports.limits import ImportLimits
from sitr.evidence.imports.moments import (
    ERAS,
    INVISIBLE,
    Written,
    folded_half,
    other_calendar,
    place_in,
    questions,
    understand,
    understood,
    visible,
)
from sitr.evidence.imports.values import Asked, Findings, Item, ItemKind

# Vowel signs of Indian and Thai letters are no letters to the machine, and stand within these words.
_LETTER = r"(?:[^\W\d_]|[\u0900-\u0dff\u0e00-\u0e7f\u1000-\u109f])"
_HALF = rf"{_LETTER}(?:{_LETTER}|[.\u064b-\u0652]|\s(?=[^\W\d_]\.)){{0,13}}"
_ERA = "|".join(map(re.escape, ERAS))
_HEADER = re.compile(
    r"(?P<open>\[)?\s?"
    r"(?P<a>\d{1,4})(?P<sign>[./\-]\s?)(?P<b>\d{1,2})(?P=sign)(?P<c>\d{1,4})\.?"
    rf"(?:\s?(?P<era>{_ERA})\.?(?=\s?,))?"
    r"(?:\s?,\s?|\s|T)(?:(?:klo|kl|um|à|a las|às)\.?\s?)?"
    rf"(?:(?P<before>{_HALF})\s?)?"
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    rf"(?:\s?(?P<after>{_HALF}))?"
    r"\s?(?P<close>\]\s?|\s?[-–]\s)"
)
_LONGEST_HEADER = 90
# A digit of any alphabet after nothing but marks, blanks and a bracket: what every beginning has, seen at once.
_MAY_BEGIN = re.compile(r"[\[\s\u200b-\u200f\u061c\ufeff\u202a-\u202e\u2066-\u2069]{0,12}\d")
_LONGEST_NAME = 120
_IN_BRACKETS = re.compile(r"<[^<>:\n]{1,40}:\s*([^<>\n]{1,200}\.\w{2,5})>")
_BESIDE = re.compile(r"([^\s/\\<>:\n][^/\\<>:\n]{0,200}\.\w{2,5}) \([^()\n]{2,40}\)")
_DAY_IN_NAME = re.compile(r"(?:^|\D)(20\d{2})-?(\d{2})-?(\d{2})(?:-WA\d|-(\d{2})-(\d{2})-(\d{2})\D|\D)")


@dataclass(frozen=True)
class _Line:
    """A line that begins a message: where, its time, what follows."""

    number: int
    written: Written
    shape: str
    rest: str


def looks_like_whatsapp(text: str, name: str) -> bool:
    """Whether the text is a chat: its first lines begin with a time in the form of an export."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:30]
    headers = [header(line, 0) is not None for line in lines]
    if not any(headers):
        return False
    return named_as_chat(name) or headers[0] or (sum(headers) >= 3 and sum(headers) * 2 >= len(headers))


def named_as_chat(name: str) -> bool:
    """Whether a name is one that the app gives to its exports, in Arabic or English."""
    return any(word in name.casefold() for word in ("whatsapp", "واتساب", "واتس اب")) or name.endswith("_chat.txt")


def header(line: str, number: int) -> "_Line | None":
    """The beginning of a message in this line, or None."""
    head = line[:_LONGEST_HEADER]
    if not _MAY_BEGIN.match(head):
        return None
    plain = visible(head)
    found = _HEADER.match(plain)
    if found is None or bool(found["open"]) != found["close"].startswith("]"):
        return None
    end = place_in(head, found.end())
    rest = line[end:]
    half, era = _half_and_era(found)
    numbers = [found["a"], found["b"], found["c"]]
    written = Written(
        raw=_bare(line[:end]), first=int(numbers[0]), second=int(numbers[1]), third=int(numbers[2]),
        digits=(len(numbers[0]), len(numbers[1]), len(numbers[2])),
        sign=found["sign"], hour=int(found["hour"]),
        minute=int(found["minute"]), seconds=int(found["second"]) if found["second"] else None, half=half, era=era,
    )  # fmt: skip
    return _Line(number, written, "[" if found["open"] else "-", rest)


def _half_and_era(found: re.Match[str]) -> tuple[str, str]:
    """The word of the half, and the one of the era. `م` is both: of two words around a clock the second is the half,
    and where the first is no era either, both together are a word that is asked about."""
    before, after, era = found["before"] or "", found["after"] or "", found["era"] or ""
    if not (before and after):
        return folded_half(before or after), era
    return (folded_half(after), before) if before in ERAS else (folded_half(f"{before} {after}"), era)


def _bare(text: str) -> str:
    """The time as it stands in the file, digits and inner marks untouched, without what is around it."""
    return text.strip("".join(INVISIBLE) + "[]-– \u00a0\u202f")


def read_whatsapp(
    text: str, asked: Asked, limits: ImportLimits, findings: Findings, has: Callable[[str], bool] | None = None
) -> None:
    """Read a chat into `findings`. `has` tells whether the archive around it holds a file of that name."""
    lines = list(_lines(text, findings))
    if len(lines) > limits.items:
        findings.problem("too_many_items", limit=limits.items)
        lines = lines[: limits.items]
    messages = [_message(head, more, has) for head, more in lines]
    times = [head.written for head, _ in lines]
    hints = ((n, day) for n, message in enumerate(messages) for day in _days(message))
    how = understand(times, hints, asked.now, asked.answers)
    for message, time in zip(messages, times, strict=True):
        iso, readings = understood(time, how)
        findings.items.append(Item(**{**vars(message), "time": iso, "readings": readings}))
    findings.questions += questions(times, how, limits.questions)
    findings.facts |= {
        "app": "WhatsApp", "unauthenticated": True, "date_order": how.order, "date_order_by": how.how,
        "clock": "halves" if any(t.half for t in times) else how.clock, "zone": how.zone_name or "unknown",
    }  # fmt: skip
    _say_what_is_odd(findings, times)


def _say_what_is_odd(findings: Findings, times: list[Written]) -> None:
    others = sum(1 for time in times if other_calendar(time))
    if others:
        findings.problem("other_calendar", n=others)
    unread = sum(1 for item in findings.items if not item.time and not item.readings)
    if unread > others:
        findings.problem("times_unread", n=unread - others)
    lost = sum(1 for item in findings.items if item.extra.get("media_missing"))
    if lost:
        findings.problem("media_missing", n=lost)
    if findings.unparsed:
        findings.problem("lines_unparsed", n=len(findings.unparsed))


def _lines(text: str, findings: Findings) -> Iterator[tuple[_Line, list[str]]]:
    """Each beginning with the lines that follow it. A line of another form inside a message is part of the message."""
    current: _Line | None = None
    more: list[str] = []
    pasted = 0
    # Only line feeds end a line: str.splitlines would also cut at U+2028 and friends, which stand inside messages.
    # A text without any has the returns of old machines.
    lines = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
    for number, line in enumerate(lines.split("\n"), 1):
        begun = header(line, number)
        if begun is not None and current is not None and begun.shape != current.shape:
            begun, pasted = None, pasted + 1
        if begun is not None:
            if current is not None:
                yield current, more
            current, more = begun, []
        elif current is not None:
            more.append(line)
        elif line.strip(" \ufeff"):
            findings.unparsed.append((number, line[:1000]))
    if current is not None:
        yield current, more
    if pasted:
        findings.problem("lines_like_messages", n=pasted)


def _message(head: _Line, more: list[str], has: Callable[[str], bool] | None) -> Item:
    while more and not more[-1].strip():
        more.pop()
    sender, text = _sender(head.rest)
    whole = "\n".join([text, *more])
    media = _media(whole)
    extra: dict[str, str | int | bool | list[str]] = {}
    if media and has is not None:
        missing = [name for name in media if not has(name)]
        if missing:
            extra["media_missing"] = missing
    if len(whole) > 65_536 * 2:
        extra["cut"] = True
    return Item(
        kind=ItemKind.MESSAGE if sender else ItemKind.SERVICE, written=head.written.raw, sender=sender,
        text=whole[: 65_536 * 2], media=media, line=head.number, extra=extra,
    )  # fmt: skip


def _sender(rest: str) -> tuple[str, str]:
    """Name and text. A line without a name is a notice of the app itself."""
    name, mark, text = rest.partition(": ")
    if not mark and rest.endswith(":"):
        name, mark, text = rest[:-1], ":", ""
    bare = name.strip("".join(INVISIBLE) + " ")
    if not mark or not bare or len(bare) > _LONGEST_NAME or _opens_a_quotation(bare):
        return "", rest
    return bare, text


def _opens_a_quotation(name: str) -> bool:
    """`Sara changed the subject to "a` is the beginning of a notice whose quotation holds the colon, and no name."""
    return bool(name.count('"') % 2) or any(name.count(one) > name.count(other) for one, other in ("“”", "«»"))


def _media(text: str) -> tuple[str, ...]:
    """Names of files sent with the message; in its first line on Android, in angle brackets on iOS."""
    clean = "".join(sign for sign in text[:4000] if sign not in INVISIBLE)
    found = [name.strip() for name in _IN_BRACKETS.findall(clean)]
    beside = _BESIDE.fullmatch(clean.partition("\n")[0].strip())
    if beside:
        found.append(beside[1].strip())
    return tuple(dict.fromkeys(found))


def _days(message: Item) -> Iterator[dt.datetime | dt.date]:
    """The day, or the second, that the name of a picture carries (IMG-20231105-WA0001, PHOTO-2023-11-05-21-05-12)."""
    for name in message.media:
        if found := _DAY_IN_NAME.search(name):
            numbers = [int(part) for part in found.groups() if part]
            try:
                day = dt.date(numbers[0], numbers[1], numbers[2])
                yield day if len(numbers) < 6 else dt.datetime.combine(day, dt.time(numbers[3], numbers[4], numbers[5]))
            except ValueError:
                continue
