"""Photos that were added later are looked for in what was there before them: bounded, counted, gone on with.

What belongs here: which imports and which captured pages wait for which photos, and one more comparing of each. The
comparing itself is in `compared_pictures`, the reading of files in `imports` and `saved_pages`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from sitr.cases import saved_pages
from sitr.cases.access import Keeper
from sitr.cases.compared_pictures import COMPARING, Compared, looked_for, of_comparing
from sitr.cases.exhibits import read
from sitr.cases.imports import LIMITS, clean, original, problems_of
from sitr.cases.models import Exhibit, Looked, Parsed
from sitr.cases.openings import pictures_allowed
from sitr.cases.photos import fingerprints
from sitr.cases.work import Act, OpenCase, act, look
from sitr.errors import AnswerIsNo, BadInput
from sitr.evidence import kind_of_own
from sitr.evidence.imports import Inside, Where, read_import
from sitr.evidence.imports import Looked as Outcome
from sitr.finding import mark_inside
from sitr.fingerprint import Fingerprint
from sitr.journal import Kind


@dataclass(frozen=True)
class SecondLook:
    """What came of looking for photos in what was there before them: files gone through (an import, a captured page),
    files that are left for another time, copies found, proposals made of them.
    """

    files: int
    left: int
    found: int
    proposed: tuple[str, ...]


@dataclass(frozen=True)
class _Waiting:
    """An import with pictures or a captured page, and the photos that were not looked for in it."""

    exhibit: Exhibit
    words: dict[str, Any]
    missing: frozenset[str]
    page: bool


def waiting(keeper: Keeper, case_id: str) -> int:
    """How many imports and captured pages hold pictures in which a photo that was added later was not looked for yet.

    A page captured without pictures, and one that a paired browser saved as words alone, hold none.
    """
    case = look(keeper, case_id)
    return sum(1 for _ in _waiting(case, fingerprints(case)))


def look_again(keeper: Keeper, case_id: str, *, seconds: float = COMPARING) -> SecondLook:
    """Look for the photos that were added later in what was imported or captured before them.

    File by file, each within the bounds of an import, and no new file after `seconds`; what is left is counted, and the
    next call goes on there. Each file is one entry, and its copies with an address are proposed as when it was new.
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
        compared = Compared(wanted, limit, page=one.words["source"] if one.page else "")
        (_look_into_page if one.page else _look_into_import)(keeper, case, one, compared)
        if compared.late and files:
            break
        proposed += _keep_finds(keeper, case_id, one, compared)
        files, found = files + 1, found + len(compared.found)
    return SecondLook(files, len(ahead) - files, found, tuple(proposed))


def _waiting(case: OpenCase, photos: Mapping[str, Fingerprint]) -> Iterator[_Waiting]:
    heads = {row.exhibit: head for row, head in case.rows(Parsed, part=0)} if photos else {}
    later = {row.exhibit: body for row, body in case.rows(Looked)} if photos else {}
    for row, words in case.rows(Exhibit) if photos else ():
        page = row.id not in heads and _is_page(words)
        known = looked_for(words) | looked_for(later.get(row.id, {})) if page else looked_for(heads.get(row.id, {}))
        missing = frozenset(photos) - known
        if missing and (page or _shows(words, heads.get(row.id))):
            yield _Waiting(row, words, missing, page)


def _shows(words: Mapping[str, Any], head: Mapping[str, Any] | None) -> bool:
    return head is not None and not head["words_only"] and bool(words.get("may_show"))


def _is_page(words: Mapping[str, Any]) -> bool:
    """The file of a capture that holds its pictures: the archive, or what a paired browser saved."""
    if "captured_at" not in words:
        return False
    return words["kind"] == "wacz" or (words["method"] == saved_pages.METHOD and saved_pages.can_be_searched(words))


def _look_into_import(keeper: Keeper, case: OpenCase, one: _Waiting, compared: Compared) -> None:
    _read_through(keeper, case, one, compared, compared.look)


def _look_into_page(keeper: Keeper, case: OpenCase, one: _Waiting, compared: Compared) -> None:
    """By the same pictures, and under the same names, as when the page was captured. An archive that is too large to be
    read as an import is one that no later call can read either: that is written, and the next one is gone on with."""
    if one.words["kind"] == "wacz":
        try:
            _read_through(keeper, case, one, compared, lambda inside: _of_our_archive(inside, compared))
        except BadInput as refused:
            compared.problems = [{"code": refused.code, "data": dict(refused.data)}]
        return
    for address, data in saved_pages.images_of(one.words["kind"], b"".join(read(keeper, case, one.exhibit))):
        compared.look(Inside(Where.ADDRESS, address, data))


def _of_our_archive(inside: Inside, compared: Compared) -> Outcome:
    """Beside what the site sent, an archive of ours holds the page's own pictures, and what was made of the page."""
    if inside.name.startswith(("http://", "https://")):
        return compared.look(inside)
    kind = kind_of_own(inside.name)
    return compared.look(replace(inside, name=mark_inside(kind, inside.data))) if kind else Outcome.PASSED


def _read_through(
    keeper: Keeper, case: OpenCase, one: _Waiting, compared: Compared, looker: Callable[[Inside], Outcome]
) -> None:
    now = keeper.services.now()
    with original(keeper, case, one.exhibit) as (source, work):
        made = read_import(source, one.words["name"], now=now, workdir=work, limits=LIMITS, look=looker)
    compared.problems = of_comparing(problems_of(made))


def _keep_finds(keeper: Keeper, case_id: str, one: _Waiting, compared: Compared) -> list[str]:
    """Write what was found to what is written now: another may have looked meanwhile."""
    with act(keeper, case_id, Kind.EXHIBIT, "look_again") as doing:
        doing.one(Exhibit, one.exhibit.id)
        if not pictures_allowed(doing):
            raise AnswerIsNo("cases.no_pictures")
        row, said = _written(doing, one)
        known = {_place_of_find(found) for found in said["found"]}
        compared.found = [found for found in compared.found if _place_of_find(found) not in known]
        proposed = compared.propose(doing)
        codes = {problem["code"] for problem in said["problems"]}
        said["found"] += compared.found
        said["problems"] += [problem for problem in compared.problems if problem["code"] not in codes]
        said["photos"] = sorted(looked_for(said) | one.missing)
        if row is None:
            doing.add(Looked, clean(said), exhibit=one.exhibit.id)
        else:
            doing.change(row, clean(said))
        doing.details = {
            "exhibit": one.exhibit.id, "photos": sorted(one.missing), "found": len(compared.found),
            "proposed": proposed,
        }  # fmt: skip
    return proposed


def _written(doing: Act, one: _Waiting) -> tuple[Parsed | Looked | None, dict[str, Any]]:
    """The view of an import, or what earlier second looks into a page wrote; the first one finds nothing."""
    if not one.page:
        ((row, head),) = doing.rows(Parsed, exhibit=one.exhibit.id, part=0)
        return row, head
    for page, body in doing.rows(Looked, exhibit=one.exhibit.id):
        return page, body
    return None, {"found": [], "problems": [], "photos": []}


def _place_of_find(found: Mapping[str, Any]) -> tuple[Any, ...]:
    return found["media"], found["photo"], found.get("where", ""), found.get("number", 0)
