"""Phone numbers in the facts: that they are numbers, and that none from memory stands before one that was found.

Needs `phonenumbers`. Short codes are numbers, too: its lists do not know most hotlines of the region, so that any two
to six digits are accepted where a country is known.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import phonenumbers

from sitr.knowledge.problems import Problem
from sitr.knowledge.schema.base import Entry
from sitr.knowledge.schema.jurisdictions import Authority, International, Jurisdiction, Support

_WRITTEN = re.compile(r"\+?[\d\s()/.-]+")


def problems(read: Mapping[str, Entry]) -> Iterator[Problem]:
    """Every number that is none, and every list that begins with a number from memory although one was found."""
    for file, entry in read.items():
        if isinstance(entry, Jurisdiction):
            country = None if entry.id == "EU" else entry.id
            yield from _lists(file, country, {"authorities": entry.authorities, "support": entry.support})
        elif isinstance(entry, International):
            yield from _lists(file, None, {"services": entry.services}, short_codes=False)


def _lists(
    file: str, country: str | None, parts: Mapping[str, Sequence[Authority | Support]], *, short_codes: bool = True
) -> Iterator[Problem]:
    for part, lines in parts.items():
        for line in lines:
            for field, numbers in (("phone", line.phone), ("whatsapp", line.whatsapp)):
                for place, number in enumerate(numbers, start=1):
                    if not is_phone(number, country, short_codes=short_codes):
                        data = {"number": number}
                        yield Problem(file, f"{part}.{line.id}.{field}.{place}", "not_phone", data=data)
        yield from _order(file, part, lines)


def is_phone(number: str, country: str | None, *, short_codes: bool = True) -> bool:
    """Whether `number` can be dialled: in `country` (ISO 3166-1), or from anywhere where it begins with +."""
    digits = re.sub(r"[\s()-]", "", number)
    if re.fullmatch(r"\d{2,6}", digits):
        return short_codes
    if not _WRITTEN.fullmatch(number):  # the library would read letters as the keys of a phone: "16000 or 16001"
        return False
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, country))
    except phonenumbers.NumberParseException:
        return False


def _order(file: str, part: str, lines: Sequence[Authority | Support]) -> Iterator[Problem]:
    """A number from memory may be the only one, but it never stands before one that was found in a source."""
    called = [line for line in lines if line.phone or line.whatsapp]
    for place, line in enumerate(called):
        found = next((after.id for after in called[place + 1 :] if _reaches(after)), None)
        if not _reaches(line) and found is not None:
            yield Problem(file, f"{part}.{line.id}", "recalled_before_found", data={"other": found})


def _reaches(line: Authority | Support) -> bool:
    """Whether one of its numbers was found in a source."""
    return any(line.carries("phone", each) for each in line.phone) or any(
        line.carries("whatsapp", each) for each in line.whatsapp
    )
