"""Periods of law (ISO 8601): the day on which one ends, counted by the calendar.

Here belong days, weeks, months and years as laws name them. Hours and minutes are clocks of notices, and not here.
"""

import re
from calendar import monthrange
from datetime import MAXYEAR, date, timedelta

_PERIOD = re.compile(r"P(?:(?P<Y>\d+)Y)?(?:(?P<M>\d+)M)?(?:(?P<W>\d+)W)?(?:(?P<D>\d+)D)?")


def parts(period: str) -> dict[str, int]:
    """The units of a period that are there, of Y, M, W and D. Raises ValueError for hours and for what is none."""
    found = _PERIOD.fullmatch(period)
    if found is None or not any(found.groupdict().values()):
        raise ValueError("no period of days, weeks, months or years")
    return {unit: int(number) for unit, number in found.groupdict().items() if number}


def day_after(start: date, period: str) -> date | None:
    """The day on which `period` ends when counted from `start`; None beyond the calendar.

    Months and years end on the day of the same number, or on the last day of a shorter month. Courts differ by a day
    at the end of a period, so a page says "about" and advises the earlier one.
    """
    units = parts(period)
    months = start.month - 1 + units.get("M", 0)
    year, month = start.year + units.get("Y", 0) + months // 12, months % 12 + 1
    if year > MAXYEAR:
        return None
    day = date(year, month, min(start.day, monthrange(year, month)[1]))
    try:
        return day + timedelta(days=units.get("W", 0) * 7 + units.get("D", 0))
    except OverflowError:
        return None
