"""Photos that were added later are looked for in what was imported before them: bounded, counted, gone on with.

What belongs here: which imports wait for which photos, and one more comparing of each. The comparing itself is in
`compared_pictures`, the reading of files in `imports`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sitr.cases.access import Keeper
from sitr.cases.compared_pictures import COMPARING, Compared, looked_for, of_comparing
from sitr.cases.imports import LIMITS, clean, original, problems_of
from sitr.cases.models import Exhibit, Parsed
from sitr.cases.openings import pictures_allowed
from sitr.cases.photos import fingerprints
from sitr.cases.work import OpenCase, act, look
from sitr.errors import AnswerIsNo
from sitr.evidence.imports import read_import
from sitr.fingerprint import Fingerprint
from sitr.journal import Kind


@dataclass(frozen=True)
class SecondLook:
    """What came of looking for photos in what was imported before them: files gone through, files that are left for
    another time, copies found, proposals made of them.
    """

    files: int
    left: int
    found: int
    proposed: tuple[str, ...]


@dataclass(frozen=True)
class _Waiting:
    """An import with pictures, and the photos that were not looked for in it."""

    exhibit: Exhibit
    words: dict[str, Any]
    missing: frozenset[str]


def waiting(keeper: Keeper, case_id: str) -> int:
    """How many imports hold pictures in which a photo that was added later was not looked for yet."""
    case = look(keeper, case_id)
    return sum(1 for _ in _waiting(case, fingerprints(case)))


def look_again(keeper: Keeper, case_id: str, *, seconds: float = COMPARING) -> SecondLook:
    """Look for the photos that were added later in what was imported before them.

    File by file, each within the bounds of an import, and no new file after `seconds`; what is left is counted, and the
    next call goes on there. Each file is one entry, and its copies with an address are proposed as at its import.
    Raises AnswerIsNo when meanwhile no pictures are allowed, Damaged for an exhibit that was altered.
    """
    case = look(keeper, case_id)
    photos = fingerprints(case) if pictures_allowed(case) else {}
    ahead, until = list(_waiting(case, photos)), monotonic() + seconds
    files, found, proposed = 0, 0, list[str]()
    for one in ahead:
        if files and monotonic() > until:
            break
        # The first has an import's time, so that each call gets on, however little it was given.
        limit = until if files else max(until, monotonic() + COMPARING)
        wanted = {name: made for name, made in photos.items() if name in one.missing}
        compared = _looked_into(keeper, case, one, Compared(wanted, limit))
        if compared.late and files:
            break
        proposed += _keep_finds(keeper, case_id, one, compared)
        files, found = files + 1, found + len(compared.found)
    return SecondLook(files, len(ahead) - files, found, tuple(proposed))


def _missing(words: dict[str, Any], head: dict[str, Any], photos: Mapping[str, Fingerprint]) -> frozenset[str]:
    if head["words_only"] or not words.get("may_show"):
        return frozenset()
    return frozenset(photos) - looked_for(head)


def _waiting(case: OpenCase, photos: Mapping[str, Fingerprint]) -> Iterator[_Waiting]:
    heads = {row.exhibit: head for row, head in case.rows(Parsed, part=0)} if photos else {}
    for row, words in case.rows(Exhibit) if heads else ():
        if row.id in heads and (missing := _missing(words, heads[row.id], photos)):
            yield _Waiting(row, words, missing)


def _looked_into(keeper: Keeper, case: OpenCase, one: _Waiting, compared: Compared) -> Compared:
    now = keeper.services.now()
    with original(keeper, case, one.exhibit) as (source, work):
        made = read_import(source, one.words["name"], now=now, workdir=work, limits=LIMITS, look=compared.look)
    compared.problems = of_comparing(problems_of(made))
    return compared


def _keep_finds(keeper: Keeper, case_id: str, one: _Waiting, compared: Compared) -> list[str]:
    """Write what was found to what the view says now: another may have looked meanwhile."""
    with act(keeper, case_id, Kind.EXHIBIT, "look_again") as doing:
        doing.one(Exhibit, one.exhibit.id)
        if not pictures_allowed(doing):
            raise AnswerIsNo("cases.no_pictures")
        ((row, head),) = doing.rows(Parsed, exhibit=one.exhibit.id, part=0)
        known = {_place_of_find(found) for found in head["found"]}
        compared.found = [found for found in compared.found if _place_of_find(found) not in known]
        proposed = compared.propose(doing)
        said = {problem["code"] for problem in head["problems"]}
        head["found"] += compared.found
        head["problems"] += [problem for problem in compared.problems if problem["code"] not in said]
        head["photos"] = sorted(looked_for(head) | one.missing)
        doing.change(row, clean(head))
        doing.details = {
            "exhibit": one.exhibit.id, "photos": sorted(one.missing), "found": len(compared.found),
            "proposed": proposed,
        }  # fmt: skip
    return proposed


def _place_of_find(found: Mapping[str, Any]) -> tuple[Any, ...]:
    return found["media"], found["photo"], found.get("where", ""), found.get("number", 0)
