"""Sentences of law made of numbers: penalties and time limits, in both languages.

Arabic parts are laid into Arabic sentences as they are: isolated left-to-right, "6 months" would be read backwards.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar

from sitr.knowledge.durations import parts
from sitr.knowledge.schema.base import Words
from sitr.knowledge.schema.jurisdictions import Damages, Fine, Notation, Penalty, Prison, TimeLimit
from sitr.words import Lang, isolate, say

V = TypeVar("V")

_UNITS = {"Y": "years", "M": "months", "W": "weeks", "D": "days"}


def penalty_words(penalty: Penalty | None, damages: Damages | None) -> tuple[Words, ...]:
    """What the law threatens and what it gives, one sentence each; empty where the data has neither."""
    lines = []
    if penalty and penalty.prison is not None:
        lines.append(_both(_prison, penalty.prison))
    if penalty and penalty.fine is not None:
        lines.append(_both(_fine, penalty.fine))
    if damages is not None:
        lines.append(_both(_damages, damages))
    return tuple(lines)


def length_words(limit: TimeLimit) -> Words | None:
    """How long, and from when."""
    return _both(_within, limit) if limit.period else None


def deadline_words(limit: TimeLimit, known: date | None, ends: date | None, today: date) -> tuple[Words, ...]:
    """Until which day, where that can be counted; whether it needs a complaint."""
    lines = []
    if known and ends:
        lines.append(Words(ar=_until(known, ends, today, "ar"), en=_until(known, ends, today, "en")))
    elif limit.counts_from == "act":
        lines.append(_sentence("law.clocks_act"))
    if limit.complaint_dependent:
        lines.append(_sentence("law.complaint"))
    return tuple(lines)


class Citations:
    """Numbers and articles of laws as a person names them; an Arabic law in Arabic: 309 bis (a) is 309 مكرر (أ)."""

    def __init__(self, notations: Sequence[Notation], *, arabic: bool) -> None:
        self.notations, self.arabic = notations, arabic

    def number(self, number: str, year: int | None) -> Words | None:
        """The number with its year; None where neither is known (a number that is not known is written `-`)."""
        if number == "-":
            return None if year is None else Words(ar=say("law.year_only", "ar", year=year), en=str(year))
        if year is None or str(year) in number:
            return Words(ar=self._in_arabic(number), en=self._in_english(number))
        return Words(
            ar=say("law.number_year", "ar", year=year).replace("NUMBER", self._in_arabic(number)),
            en=say("law.number_year", "en", year=year).replace("NUMBER", self._in_english(number)),
        )

    def articles(self, articles: Sequence[str]) -> Words | None:
        """All articles in one sentence; None where none is named."""
        n = len(articles)
        if not n:
            return None
        return Words(
            ar=say("law.articles", "ar", n=n).replace("ARTICLES", "، ".join(map(self._in_arabic, articles))),
            en=say("law.articles", "en", n=n).replace("ARTICLES", ", ".join(map(self._in_english, articles))),
        )

    def _in_arabic(self, name: str) -> str:
        said = name
        for one in self.notations if self.arabic else ():
            said = said.replace(one.latin, one.text.ar)
        # What holds a Latin letter still is no Arabic notation: it is shown as it is, in its own direction.
        return isolate(name) if re.search("[A-Za-z]", said) or said == name else said

    def _in_english(self, name: str) -> str:
        for one in self.notations if self.arabic else ():
            name = name.replace(one.latin, one.text.en)
        return name


def period_words(period: str, lang: Lang) -> str:
    """A period as it stands after "within" or "up to": `P1Y6M` is "1 year, 6 months"."""
    said = [say(f"law.{_UNITS[unit]}", lang, n=n) for unit, n in parts(period).items()]
    return (" و" if lang == "ar" else ", ").join(said)


def day_words(day: date, lang: Lang) -> str:
    """A day in words: 22 نوفمبر 2026."""
    from babel.dates import format_date  # loaded late: only pages and papers need it

    return str(format_date(day, "d MMMM y", locale=lang))


def _both(make: Callable[[V, Lang], str], value: V) -> Words:
    return Words(ar=make(value, "ar"), en=make(value, "en"))


def _range(space: str, low: str | None, high: str | None, lang: Lang) -> str:
    if low and high and low == high:
        form = "exact"
    elif low and high:
        form = "range"
    else:
        form = "from" if low else "to" if high else "open"
    return say(f"law.{space}_{form}", lang).replace("LOW", low or "").replace("HIGH", high or "")


def _prison(prison: Prison, lang: Lang) -> str:
    low, high = (period_words(bound, lang) if bound else None for bound in (prison.min, prison.max))
    return _range("prison", low, high, lang)


def _fine(fine: Fine, lang: Lang) -> str:
    low = None if fine.min is None else money(fine.min, fine.currency, lang)
    high = None if fine.max is None else money(fine.max, fine.currency, lang)
    if low and high and low != high:
        low = f"{fine.min:,}"  # the currency is said once
    said = _range("fine", low, high, lang)
    return f"{said}. {say('law.fine_platform', lang)}" if fine.payer == "platform" else said


def _damages(damages: Damages, lang: Lang) -> str:
    kind = isolate(damages.kind) if lang == "ar" else damages.kind
    return say("law.damages", lang).replace("HIGH", f"{money(damages.amount, damages.currency, lang)} ({kind})")


def money(amount: int, currency: str, lang: Lang) -> str:
    """An amount with the name of its currency: 50,000 جنيه مصري."""
    from babel.numbers import get_currency_name  # loaded late, as above

    return f"{amount:,} {get_currency_name(currency, count=amount, locale=lang)}"


def _within(limit: TimeLimit, lang: Lang) -> str:
    form = say("law.within" if limit.counts_from else "law.within_open", lang)
    start = say(f"law.from_{limit.counts_from}", lang) if limit.counts_from else ""
    return form.replace("PERIOD", period_words(limit.period or "", lang)).replace("START", start)


def _until(known: date, ends: date, today: date, lang: Lang) -> str:
    form = say("law.ended_on" if ends < today else "law.ends_on", lang)
    return form.replace("START", day_words(known, lang)).replace("END", day_words(ends, lang))


def _sentence(key: str) -> Words:
    return Words(ar=say(key, "ar"), en=say(key, "en"))
