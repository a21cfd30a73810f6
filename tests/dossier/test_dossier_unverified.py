"""Legal bases on paper: what is known from memory says so, in both languages, with the day of the last check."""

from dataclasses import replace
from datetime import datetime

from sitr.dossier import Both, Contents
from sitr.dossier.contents import LegalRow
from sitr.dossier.paper import Seen, html
from sitr.words import LANGS, catalogue

SEEN = Seen({}, "Sitr installation 00000000", "00" * 32, 12, "ab" * 32, [])


def row_of(page: str, citation: str) -> str:
    """The row of the table in which the citation stands."""
    return next(row for row in page.split("<tr") if citation in row)


def test_a_law_from_memory_is_unverified_with_its_day(contents: Contents, now: datetime) -> None:
    recalled = LegalRow(Both("قانون", "A law"), "Law 1/2001", "https://law.example/1", "2026-11-20", verified=False)
    found = LegalRow(
        Both("قانون آخر", "Another law"), "Law 2/2002", "https://law.example/2", "2026-11-19", verified=True
    )
    small = replace(
        contents, answers=(), timeline=(), sightings=(), exhibits=(), notices=(), proofs=(), legal=(recalled, found)
    )
    page = html(small, SEEN, now)
    for lang in LANGS:
        mark = str(catalogue(lang, "dossier")["p_unverified"])
        assert mark in row_of(page, "Law 1/2001")
        assert mark not in row_of(page, "Law 2/2002")
    assert "2026-11-20" in row_of(page, "Law 1/2001")
    assert "2026-11-19" in row_of(page, "Law 2/2002")
