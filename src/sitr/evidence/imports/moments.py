"""Times as people's phones write them: day, month and year in some order, a clock of 12 or 24 hours, no zone.

Belongs here: taking such a time apart, and deciding over *all* times of one file what the order of day and month is,
whether the clock has halves, and what then is known. Nothing is decided by what is usual somewhere: only by what cannot
be otherwise (a day above 12, messages that would run backwards, a time to come, the date in the name of a picture sent
with the message). What stays open is asked.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from sitr.evidence.imports.values import Option, Question

# Not seen and meaning nothing in a date: direction marks of all kinds, the zero-width ones, the byte order mark.
INVISIBLE = frozenset(
    map(chr, (0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x061C, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
_FIRST_YEAR = 2009
"""WhatsApp's first; no chat is older."""
_HALVES_WRITTEN = {
    "am": 0, "pm": 1, "a.m": 0, "p.m": 1, "a.m.": 0, "p.m.": 1, "a": 0, "p": 1,
    "ص": 0, "م": 1, "صباحا": 0, "مساء": 1, "ص.": 0, "م.": 1, "ق.ظ": 0, "ب.ظ": 1, "ق.ظ.": 0, "ب.ظ.": 1,
    "πμ": 0, "μμ": 1, "π.μ": 0, "μ.μ": 1, "öö": 0, "ös": 1, "上午": 0, "下午": 1, "午前": 0, "午後": 1,
    "오전": 0, "오후": 1, "पूर्वाह्न": 0, "अपराह्न": 1, "ب.ن": 0, "د.ن": 1, "পূর্বাহ্ণ": 0, "অপরাহ্ণ": 1,
}  # fmt: skip
"""As CLDR writes them. Short ones that are other words elsewhere (`em`, `de`) are not here: they are asked about."""
_HIJRI_ERAS, _SOLAR_ERAS = frozenset({"هـ", "ه", "هجري", "هجرية", "ah"}), frozenset({"ش", "هـ.ش", "ه.ش"})
ERAS = ("هـ.ش", "ه.ش", "هجرية", "هجري", "هـ", "ه", "ش", "ميلادية", "ميلادي", "م", "AH", "AD", "CE", "BE")
"""What phones write behind a year; the longer ones first."""
_BACKWARD = dt.timedelta(days=1)
"""Messages come in order; a phone that changes zone or receives late makes small steps back, never such ones."""
_HIJRI = range(1400, 1500)
_SOLAR = range(1380, 1420)


@dataclass(frozen=True)
class Written:
    """One time taken apart. `first`, `second`, `third`: the numbers of the date as they stand; `half`: the word beside
    the clock, folded, or empty. `sign`: what stands between the numbers of the date."""

    raw: str
    first: int
    second: int
    third: int
    digits: tuple[int, int, int]
    sign: str
    hour: int
    minute: int
    seconds: int | None
    half: str
    era: str = ""
    """The word behind the year, where one stands."""


@dataclass(frozen=True)
class Understanding:
    """How the times of one file are read. `order`: dmy, mdy, ymd, ydm or empty while it is open; `how`: what decided.

    `halves`: for each word beside a clock 0 (morning), 1 (after noon) or None while it is open. `clock`: 24, 12 (halves
    are not written, so hours from 1 to 12 are known by their day alone) or empty while it is open.
    """

    order: str
    how: str
    orders: tuple[str, ...]
    halves: Mapping[str, int | None]
    clock: str
    zone: ZoneInfo | dt.timezone | None
    zone_name: str = ""


def visible(text: str) -> str:
    """The text with European digits, plain spaces and Latin commas, without invisible marks."""
    return text if text.isascii() else text.translate(_table())


def place_in(text: str, length: int) -> int:
    """Where in `text` the first `length` signs of `visible(text)` end."""
    if text.isascii():
        return length
    for place, sign in enumerate(text):
        if length == 0:
            return place
        length -= sign not in INVISIBLE
    return len(text)


@cache
def _table() -> dict[int, str | None]:
    """Digits of every alphabet, spaces of every width, commas and colons of Arabic, Chinese and Japanese."""
    signs = map(chr, range(128, 0x10000))
    table: dict[int, str | None] = {}
    for sign in signs:
        kind = unicodedata.category(sign)
        if kind == "Nd":
            table[ord(sign)] = str(unicodedata.digit(sign))
        elif kind == "Zs":
            table[ord(sign)] = " "
    commas = {ord(sign): "," for sign in "،、，"} | {ord(sign): ":" for sign in "：﹕"}
    return table | commas | {ord(sign): None for sign in INVISIBLE}


def visible_only(text: str) -> str:
    """The text without direction marks and other signs that are not seen."""
    return "".join(sign for sign in text if sign not in INVISIBLE)


def folded_half(word: str) -> str:
    """The word beside a clock, so that its spellings are one: `P. M.`, `p.m.`, `مساءً`."""
    bare = _folded(word)
    return bare if bare in _HALVES else bare.strip(".")


def half_of(word: str) -> int | None:
    """0 for a word that means the morning, 1 for one that means the time after noon, None for any other."""
    return _HALVES.get(folded_half(word))


def _folded(word: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare).casefold().replace(" ", "").replace("ءً", "ء")


_HALVES = {_folded(word): half for word, half in _HALVES_WRITTEN.items()}


def _year(number: int, digits: int) -> int:
    return number + 2000 if digits <= 2 else number


def candidates(written: Written) -> Mapping[str, dt.date]:
    """The dates that one written date can be, by order."""
    a, _, c = written.digits
    return _dates(written.first, written.second, written.third, a, c, written.sign)


@lru_cache(maxsize=4096)
def _dates(one: int, two: int, three: int, a: int, c: int, sign: str) -> Mapping[str, dt.date]:
    """The same day stands in many messages; a chat of 100,000 has some thousand days."""
    found: dict[str, dt.date] = {}
    if a == 4 or (a >= 2 and c <= 2 and sign == ". "):
        _try(found, "ymd", _year(one, a), two, three)
        _try(found, "ydm", _year(one, a), three, two)
        if "ymd" in found:
            found.pop("ydm", None)  # no locale writes the day between year and month
    if a <= 2:
        _try(found, "dmy", _year(three, c), two, one)
        _try(found, "mdy", _year(three, c), one, two)
    return found


def _try(found: dict[str, dt.date], order: str, year: int, month: int, day: int) -> None:
    try:
        found[order] = dt.date(year, month, day)
    except (ValueError, OverflowError):
        return


def other_calendar(written: Written) -> str:
    """`hijri` or `solar` where the year is one of those, or says so behind it; else empty."""
    if written.era.casefold() in _HIJRI_ERAS:
        return "hijri"
    if written.era in _SOLAR_ERAS:
        return "solar"
    a, _, c = written.digits
    if a != 4 and c != 4:
        return ""
    years = (written.first if a == 4 else 0, written.third if c == 4 else 0)
    if any(year in _HIJRI and year >= 1425 for year in years):
        return "hijri"
    return "solar" if any(year in _SOLAR for year in years) else ""


def understand(
    times: Sequence[Written],
    hints: Iterable[tuple[int, dt.datetime | dt.date]],
    now: dt.datetime,
    answers: Mapping[str, str],
) -> Understanding:
    """Decide over all times of one file. `hints`: (index, time) that a file sent with a message carries in its name."""
    hinted = list(hints)
    orders = _possible(times, now)
    order, how = _order(times, hinted, orders, answers.get("date_order", ""))
    halves = {word: _half(word, answers) for word in dict.fromkeys(t.half for t in times if t.half)}
    zone, zone_name = _zone(answers.get("zone", ""))
    return Understanding(order, how, tuple(orders), halves, _clock(times, hinted, answers), zone, zone_name)


def _possible(times: Sequence[Written], now: dt.datetime) -> list[str]:
    """The orders that give every time of the file a real date that is neither before phones nor to come."""
    last = (now + dt.timedelta(days=2)).date()
    fits: list[set[str]] = []
    for time in times:
        dates = {} if other_calendar(time) else candidates(time)
        fits.append({order for order, date in dates.items() if date.year >= _FIRST_YEAR and date <= last})
    real = [fit for fit in fits if fit]  # one impossible line (a phone's wrong clock) must not decide for all
    if not real:
        return []
    # Two lines that exclude each other's order: nothing is common, so everything stays open and is asked.
    left = set.intersection(*real) or set.union(*real)
    return [order for order in ("ymd", "ydm", "dmy", "mdy") if order in left]


def _order(
    times: Sequence[Written],
    hints: Sequence[tuple[int, dt.datetime | dt.date]],
    orders: Sequence[str],
    answer: str,
) -> tuple[str, str]:
    if answer:
        return answer, "answer"
    if len(orders) <= 1:
        return (orders[0], "only_one") if orders else ("", "none")
    if all(len({candidates(time).get(order) for order in orders}) == 1 for time in times):
        return orders[0], "same"  # 5/5: every order means the same day
    by_media = _by_media(times, hints, orders)
    if by_media:
        return by_media, "media_names"
    steps = {order: _steps_back(times, order) for order in orders}
    forward = [order for order in orders if steps[order] == 0]
    if len(forward) == 1 and _dates_all(times, orders, forward[0]):
        return forward[0], "in_order"
    return "", "open"


def _dates_all(times: Sequence[Written], orders: Sequence[str], order: str) -> bool:
    """Whether an order dates every line that any order dates: where a line has no date there is no step back either,
    and that says nothing for the order."""
    return all(order in dates or not set(dates).intersection(orders) for dates in map(candidates, times))


def _by_media(
    times: Sequence[Written], hints: Sequence[tuple[int, dt.datetime | dt.date]], orders: Sequence[str]
) -> str:
    """Names such as IMG-20231105-WA0001.jpg carry the day on which the picture was sent or received."""
    votes = dict.fromkeys(orders, 0)
    for index, hint in hints:
        day = hint.date() if isinstance(hint, dt.datetime) else hint
        dates = candidates(times[index])
        fit = [order for order in orders if order in dates and abs((dates[order] - day).days) <= 1]
        if len(fit) == 1:
            votes[fit[0]] += 1
    chosen = [order for order, count in votes.items() if count]
    return chosen[0] if len(chosen) == 1 else ""


def _steps_back(times: Sequence[Written], order: str) -> int:
    dates = [found[order] for found in map(candidates, times) if order in found]
    return sum(later < earlier - _BACKWARD for earlier, later in pairwise(dates))


def _half(word: str, answers: Mapping[str, str]) -> int | None:
    known = _HALVES.get(word)
    if known is not None:
        return known
    said = answers.get(f"half:{word}", "")
    return {"morning": 0, "afternoon": 1}.get(said)


def _clock(
    times: Sequence[Written], hints: Sequence[tuple[int, dt.datetime | dt.date]], answers: Mapping[str, str]
) -> str:
    """Whether hours that stand without a half are of the 24-hour clock."""
    if answers.get("clock") in {"12", "24"}:
        return answers["clock"]
    bare = [time for time in times if not time.half]
    if not bare or any(time.hour == 0 or time.hour > 12 for time in bare):
        return "24"
    for index, hint in hints:
        # iOS writes the full time into the picture's name: an hour of 13 or more beside a bare 1 decides.
        if isinstance(hint, dt.datetime) and not times[index].half and hint.minute == times[index].minute:
            if hint.hour == times[index].hour and hint.hour != 12 and len(bare) == len(times):
                continue
            if hint.hour == times[index].hour + 12:
                return "12"
    return ""


def _zone(name: str) -> tuple[ZoneInfo | dt.timezone | None, str]:
    if not name:
        return None, ""
    return read_zone(name), name


def read_zone(name: str) -> ZoneInfo | dt.timezone:
    """A zone by its name (IANA) or its distance from UTC (`+02:00`). Raises ValueError for neither."""
    text = visible(name.strip())
    if found := re.fullmatch(r"(?:UTC|GMT)?\s*([+\-−])(\d{1,2})(?::?(\d{2}))?", text):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        if minutes > 14 * 60 or int(found[3] or 0) > 59:
            raise ValueError("no such distance from UTC")
        return dt.timezone(dt.timedelta(minutes=minutes if found[1] == "+" else -minutes))
    if text.upper() in {"UTC", "GMT", "Z"}:
        return dt.UTC
    if not re.fullmatch(r"[A-Za-z]+(?:[/_+\-][A-Za-z0-9]+)+", text):
        raise ValueError("no name of a zone")
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        raise ValueError("no such zone") from None


def understood(time: Written, how: Understanding) -> tuple[str, tuple[str, ...]]:
    """One time by the understanding of its file: (ISO 8601, or empty; what it could be while something is open)."""
    if other_calendar(time):
        return "", ()
    dates = candidates(time)
    if how.order:
        dates = {order: date for order, date in dates.items() if order == how.order}
    else:
        dates = {order: date for order, date in dates.items() if order in how.orders}
    hours, sure = _hours(time, how)
    days = list(dict.fromkeys(dates.values()))
    readings = tuple(_iso(day, hour, time, how) for day in days for hour in hours)
    if len(readings) == 1 and sure:
        return readings[0], ()
    if len(days) == 1 and how.order and how.clock == "12" and not time.half:
        return days[0].isoformat(), readings  # the answer was: halves are not written; the day alone is known
    return "", readings if days else ()


def _hours(time: Written, how: Understanding) -> tuple[list[int], bool]:
    """The hours (0 to 23) that the written one can be, and whether that is decided."""
    hour = time.hour
    if hour > 23 or time.minute > 59 or (time.seconds or 0) > 59:
        return [], False
    if time.half:
        half = how.halves.get(time.half)
        if half is None:
            return ([hour], True) if hour > 12 else ([hour % 12, hour % 12 + 12], False)
        if hour > 12:
            return ([hour], True) if half == 1 else ([], False)
        return [hour % 12 + 12 * half], True
    if hour == 0 or hour > 12 or how.clock == "24":
        return [hour], True
    return [hour % 12, hour % 12 + 12] if hour != 12 else [0, 12], False


def _iso(day: dt.date, hour: int, time: Written, how: Understanding) -> str:
    local = dt.datetime.combine(day, dt.time(hour, time.minute, time.seconds or 0))
    shape = "minutes" if time.seconds is None else "seconds"
    if how.zone is None:
        return local.isoformat(timespec=shape)
    twice = {local.replace(tzinfo=how.zone, fold=fold).utcoffset() for fold in (0, 1)}
    if len(twice) > 1:
        return local.isoformat(timespec=shape)  # the hour that the change of clocks repeats, or leaves out
    return local.replace(tzinfo=how.zone).isoformat(timespec=shape)


def questions(times: Sequence[Written], how: Understanding, most: int) -> list[Question]:
    """What has to be asked about these times, with examples as they stand in the file."""
    asked: list[Question] = []
    if times and not how.order and len(how.orders) > 1:
        unclear = [t for t in times if len(set(candidates(t).values())) > 1]
        asked.append(_about_order(unclear, how, most))
    asked += [_about_half(word, times, most) for word, half in how.halves.items() if half is None]
    if not how.clock:
        bare = [t.raw for t in times if not t.half]
        options = tuple(Option(one) for one in ("24", "12"))
        asked.append(Question("clock", "evidence.ask_clock", options, tuple(bare[:most])))
    if times and not how.zone_name:
        asked.append(Question("zone", "evidence.ask_zone", optional=True, examples=tuple(t.raw for t in times[:1])))
    return asked


def _about_order(unclear: Sequence[Written], how: Understanding, most: int) -> Question:
    first = candidates(unclear[0]) if unclear else {}
    options = tuple(Option(order, first[order].isoformat() if order in first else "") for order in how.orders)
    likely = "dmy" if unclear and unclear[0].sign.startswith(".") and "dmy" in how.orders else ""
    return Question(
        "date_order", "evidence.ask_date_order", options, tuple(t.raw for t in unclear[:most]), likely=likely
    )


def _about_half(word: str, times: Sequence[Written], most: int) -> Question:
    options = (Option("morning"), Option("afternoon"))
    examples = tuple(t.raw for t in times if t.half == word)
    return Question(f"half:{word}", "evidence.ask_half", options, examples[:most])
