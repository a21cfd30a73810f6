"""Imports: a saved file becomes an exhibit, byte for byte, and what was read out of it is sealed beside it.

The parsed view is derived and never the evidence (decision 0013): it may be read anew when the person answers what the
file does not say. Where no picture may be taken in, the words alone are kept, and the view says so.
"""

import hashlib
import io
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

import rfc8785

from sitr.cases.access import Keeper
from sitr.cases.compared_pictures import COMPARING, Compared, looked_for, of_comparing
from sitr.cases.exhibits import ExhibitView, draw_preview, place_of, read, summary, view, write
from sitr.cases.fresh_files import fresh_files
from sitr.cases.models import Exhibit, Parsed
from sitr.cases.openings import pictures_allowed
from sitr.cases.photos import fingerprints
from sitr.cases.previews import dots_of
from sitr.cases.work import Act, OpenCase, act, look
from sitr.cases.workrooms import workroom
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.evidence.imports import (
    WORD_KINDS,
    Imported,
    ImportLimits,
    Item,
    Where,
    as_json,
    from_json,
    is_plain_words,
    member_of,
    read_import,
    tell_kind,
    words_only,
)
from sitr.journal import Kind
from sitr.words import Lang, say

PARSER = "sitr-parsed-v1"
"""The form of the stored view; it begins every part."""

LIMITS = ImportLimits()
_ITEMS = 200
_BYTES = 1 << 20
"""A part is closed at 200 items, or at about a megabyte of words."""
_SHOWS = frozenset({"image", "video", "pdf", "wacz", "warc", "html", "archive"})


@dataclass(frozen=True)
class Choice:
    """One possible answer: `label` is its sentence's code, `example` what the first example would then mean."""

    id: str
    label: str
    example: str


@dataclass(frozen=True)
class QuestionView:
    """What only the person can know: `say(code, lang)`. Without choices the answer is free text."""

    id: str
    code: str
    choices: tuple[Choice, ...]
    examples: tuple[str, ...]
    optional: bool
    likely: str


@dataclass(frozen=True)
class Noticed:
    """Something to be said about an import: `say(code, lang, **data)`."""

    code: str
    data: dict[str, Any]


@dataclass(frozen=True)
class CopyView:
    """A picture inside the file that is a copy of one of the person's photos.

    `where`: file, member, frame, address, attachment or page, and `media` its name there: the exact address, the name
    in the archive ...; `number`: the page of a document, the millisecond of a film. `sighting`: the proposal that was
    made of it, where it has an address; the person decides. `same_scene`: no sure copy, but the photo's scene.
    """

    media: str
    photo: str
    score: float
    where: str = ""
    number: int = 0
    sighting: str = ""
    same_scene: bool = False


def where_found(copy: CopyView, lang: Lang) -> str:
    """Where in its file a copy is, as a sentence. Views of earlier readings did not say; then the name alone."""
    number = copy.number // 1000 if copy.where == Where.FRAME else copy.number
    return say(f"imported.found_{copy.where or 'member'}", lang, name=copy.media, number=number)


@dataclass(frozen=True)
class ParsedView:
    """What was read out of one exhibit; `items` are those of `part` (from 0) of `parts`.

    `kind`, `facts`, `items`, `unparsed` as in `evidence.imports.Imported`. `ambiguous`: a time hangs on a question that
    is not answered. `private`: whether there are facts that lead to a place or a device; `private_facts` gives them.
    `words_only`: the file itself was not kept, only its words.
    """

    exhibit: str
    kind: str
    facts: dict[str, Any]
    private: bool
    items: tuple[Item, ...]
    total: int
    part: int
    parts: int
    questions: tuple[QuestionView, ...]
    answers: dict[str, str]
    ambiguous: bool
    problems: tuple[Noticed, ...]
    unparsed: tuple[tuple[int, str], ...]
    found: tuple[CopyView, ...]
    words_only: bool
    original_sha256: str
    read_at: datetime


@dataclass(frozen=True)
class ImportView:
    """A file that was taken in: the exhibit, and the first part of what was read out of it."""

    exhibit: ExhibitView
    parsed: ParsedView


@dataclass(frozen=True)
class Kept:
    """What is sealed as the exhibit: the file itself, or its words."""

    source: BinaryIO
    name: str
    media_type: str
    words_only: bool
    shows: bool
    original_sha256: str = ""
    pictures: bool = False
    """Whether pictures were allowed when it was read."""

    def words(self) -> dict[str, Any]:
        """What the exhibit's row says of it."""
        said = {"words_only": True, "original_sha256": self.original_sha256} if self.words_only else {}
        return {"name": self.name[:200], "media_type": self.media_type, "may_show": self.shows, **said}


def import_file(
    keeper: Keeper, case_id: str, data: BinaryIO, name: str, *, answers: Mapping[str, str] | None = None
) -> ImportView:
    """Seal a file byte for byte, and beside it what was read out of it. One entry tells of both.

    `answers`: by question id, where they are known beforehand. Raises BadInput for an empty or harmful file or a wrong
    answer, AnswerIsNo where no picture may be taken in and nothing but pictures is in the file.
    """
    case = look(keeper, case_id)
    name = Path(name.replace("\0", "")).name[:200]
    with workroom(keeper.services) as work:
        source = _seekable(data, work)
        if not source.read(1):
            raise BadInput("cases.empty_file")
        pictures = pictures_allowed(case)
        if not pictures:
            _refuse_pictures(tell_kind(source, name, LIMITS))
        compared = Compared(fingerprints(case) if pictures else {}, monotonic() + COMPARING)
        made = _read(keeper, source, name, work, answers or {}, compared)
        kept = _kept(made, source, name, pictures)
        return _seal(keeper, case, made, kept, answers or {}, compared)


def _seekable(data: BinaryIO, work: Path) -> BinaryIO:
    """The same bytes, so that they can be read twice; a stream goes to memory first."""
    if data.seekable():
        data.seek(0)
        return data
    target = (work / "given").open("w+b")
    (work / "given").unlink()
    shutil.copyfileobj(data, target)
    target.seek(0)
    return target


def _refuse_pictures(kind: str) -> None:
    if kind in {"image", "video"}:
        raise AnswerIsNo("cases.no_pictures")
    if kind not in WORD_KINDS:
        raise AnswerIsNo("cases.only_words")


def _read(
    keeper: Keeper, source: BinaryIO, name: str, work: Path, answers: Mapping[str, str], compared: Compared
) -> Imported:
    services = keeper.services
    return read_import(
        source, name, now=services.now(), workdir=work, limits=LIMITS, answers=answers,
        key_records=services.key_records, look=compared.look if compared.photos else None,
    )  # fmt: skip


def _kept(made: Imported, source: BinaryIO, name: str, pictures: bool) -> Kept:
    source.seek(0)
    if pictures:
        return Kept(source, name, made.media_type, words_only=False, shows=_may_show(made), pictures=True)
    if made.bytes <= LIMITS.text and is_plain_words(source.read(), made):
        source.seek(0)
        return Kept(source, name, made.media_type, words_only=False, shows=False)
    if made.words and is_plain_words(made.words, made):
        words, name, media_type = made.words, f"{name}.txt", "text/plain"
    else:
        words, name, media_type = words_only(made, name), f"{name}.json", "application/json"
    return Kept(io.BytesIO(words), name, media_type, words_only=True, shows=False, original_sha256=made.sha256)


def letter_kept(keeper: Keeper, case: OpenCase, raw: bytes, name: str) -> Kept:
    """A mail that was filed as an answer: whole, or by its words alone where no picture may be taken in.

    Raises AnswerIsNo where it is no mail and may be a picture.
    """
    source, pictures = io.BytesIO(raw), pictures_allowed(case)
    named = name if name.casefold().endswith(".eml") else f"{name}.eml"
    if not pictures:
        _refuse_pictures(tell_kind(source, named, LIMITS))
    with workroom(keeper.services) as work:
        made = read_import(source, named, now=keeper.services.now(), workdir=work, limits=LIMITS)
        kept = _kept(made, source, name, pictures)
    return kept if kept.words_only else replace(kept, media_type="message/rfc822")


def require_same_age(kept: Kept, now: OpenCase) -> None:
    """Raises AnswerIsNo when pictures were taken in and the answer about age does not allow them any more."""
    if kept.pictures and not pictures_allowed(now):
        raise AnswerIsNo("cases.no_pictures")


def _may_show(made: Imported) -> bool:
    """Whether the bytes may show a photo, so that a dossier takes them only where the person chooses each."""
    attached = any(item.kind == "attachment" for item in made.items)
    drawn = any(problem.code == "evidence.import_mail_html_pictures" for problem in made.problems)
    return made.kind in _SHOWS or attached or drawn or "members" in made.facts


def _seal(
    keeper: Keeper, case: OpenCase, made: Imported, kept: Kept, answers: Mapping[str, str], compared: Compared
) -> ImportView:
    row_id = keeper.services.new_id()
    with fresh_files(keeper.services) as fresh:
        blob = keeper.services.blobs.put(kept.source, place_of(case.row.id, row_id), case.row.public)
        fresh.append(blob)
        if not kept.words_only and blob.content_sha256.hex() != made.sha256:
            raise BadInput("cases.file_changed")
        with act(keeper, case.row.id, Kind.EXHIBIT, "add_exhibit") as doing:
            doing.require_epoch(case.row.epoch)
            require_same_age(kept, doing)
            body = write(
                doing,
                row_id,
                blob,
                dots=_dots(kept),
                kind=made.kind,
                **kept.words(),
            )
            proposed = compared.propose(doing)
            parts = _parts(made, answers, compared, kept.words_only, doing)
            _write_parts(doing, row_id, parts)
            doing.details = {
                "exhibits": [summary(row_id, body)], "parsed": _told(made, parts, answers, kept),
                "found": len(compared.found), "proposed": proposed,
            }  # fmt: skip
    return ImportView(view(row_id, body), _view(row_id, parts[0], parts[0]))


def _dots(kept: Kept) -> bytes:
    """The blurred preview, while the picture is at hand; empty for everything else."""
    if not kept.media_type.startswith("image/"):
        return b""
    kept.source.seek(0)
    return dots_of(kept.source.read(), kept.media_type)


def problems_of(made: Imported) -> list[dict[str, Any]]:
    """What a reading noticed, as a view stores it."""
    return [{"code": p.code, "data": dict(p.data)} for p in made.problems]


def _parts(
    made: Imported, answers: Mapping[str, str], compared: Compared, words: bool, doing: Act
) -> list[dict[str, Any]]:
    pages = list(_pages(made.items))
    problems = problems_of(made) + compared.problems
    head: dict[str, Any] = {
        "v": PARSER, "kind": made.kind, "facts": dict(made.facts), "private": dict(made.private),
        "questions": [_question(one) for one in made.questions], "answers": dict(answers),
        "ambiguous": made.ambiguous, "problems": problems,
        "unparsed": [[line, text] for line, text in made.unparsed], "found": compared.found, "words_only": words,
        "original_sha256": made.sha256, "original_bytes": made.bytes, "total": len(made.items), "parts": len(pages),
        "read_at": doing.now.isoformat(), "photos": sorted(compared.looked_for),
    }  # fmt: skip
    return [{**(head if number == 0 else {"v": PARSER}), "items": page} for number, page in enumerate(pages)]


def _pages(items: tuple[Item, ...]) -> Iterator[list[dict[str, Any]]]:
    page: list[dict[str, Any]] = []
    size = 0
    for item in items:
        if page and (len(page) >= _ITEMS or size > _BYTES):
            yield page
            page, size = [], 0
        plain = as_json(item)
        size += len(item.text) * 2 + 200
        page.append(plain)
    yield page


def _question(one: Any) -> dict[str, Any]:
    choices = [{"id": o.id, "example": o.example} for o in one.options]
    return {
        "id": one.id, "code": one.code, "choices": choices, "examples": list(one.examples), "optional": one.optional,
        "likely": one.likely,
    }  # fmt: skip


def _write_parts(doing: Act, exhibit: str, parts: list[dict[str, Any]]) -> None:
    """Write all parts; those of an earlier reading are written over, and those that are left over emptied."""
    rows = {row.part: row for row in Parsed.objects.filter(case=doing.row, exhibit=exhibit)}
    for number, words in enumerate(parts):
        body = clean(words)
        if number in rows:
            doing.change(rows[number], body)
        else:
            doing.add(Parsed, body, exhibit=exhibit, part=number)
    for number, row in rows.items():
        if number >= len(parts):
            doing.change(row, {"v": PARSER, "items": []})


def clean(value: Any) -> Any:
    """Text as UTF-8 can hold it: broken halves of letters, which some exports have, become U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    return [clean(one) for one in value] if isinstance(value, list | tuple) else value


def _told(made: Imported, parts: list[dict[str, Any]], answers: Mapping[str, str], kept: Kept) -> dict[str, Any]:
    """What the entry says of the view: digests and counts, no words of the file."""
    digest = hashlib.sha256(rfc8785.dumps(clean(parts))).hexdigest()
    return {
        "kind": made.kind, "original_sha256": made.sha256, "original_bytes": made.bytes, "view_sha256": digest,
        "items": len(made.items), "open": [q.id for q in made.questions if not q.optional],
        "answers": dict(answers), "problems": [p.code for p in made.problems], "words_only": kept.words_only,
    }  # fmt: skip


@contextmanager
def original(keeper: Keeper, case: OpenCase, row: Exhibit) -> Iterator[tuple[BinaryIO, Path]]:
    """An exhibit's file, in clear in a work folder in memory, and that folder; both end with the block."""
    with workroom(keeper.services) as work, (work / "again").open("w+b") as source:
        for piece in read(keeper, case, row):
            source.write(piece)
        yield source, work


def answer(keeper: Keeper, case_id: str, exhibit_id: str, answers: Mapping[str, str]) -> ParsedView:
    """Read an exhibit anew with what the person answered (added to earlier answers; an empty one takes its back).

    The file is not asked for again. Raises NotFound, BadInput for a wrong answer, AnswerIsNo where only words that are
    no file any more were kept.
    """
    case = look(keeper, case_id)
    row, body = case.one(Exhibit, exhibit_id)
    head = _head(case, exhibit_id)
    if head["words_only"] and body["media_type"] == "application/json":
        raise AnswerIsNo("cases.words_only_again")
    said = {k: v for k, v in {**head["answers"], **answers}.items() if v}
    with original(keeper, case, row) as (source, work):
        compared = Compared({}, found=head["found"], problems=of_comparing(head["problems"]), before=looked_for(head))
        made = _read(keeper, source, body["name"], work, said, compared)
        kept = Kept(source, body["name"], body["media_type"], head["words_only"], shows=bool(body.get("may_show")))
        with act(keeper, case_id, Kind.EXHIBIT, "read_again") as doing:
            doing.one(Exhibit, exhibit_id)
            parts = _parts(made, said, compared, head["words_only"], doing)
            parts[0] |= {"original_sha256": head["original_sha256"], "original_bytes": head["original_bytes"]}
            parts[0]["facts"] |= {k: v for k, v in head["facts"].items() if k == "compared"}
            _write_parts(doing, exhibit_id, parts)
            doing.details = {"exhibit": exhibit_id, "parsed": _told(made, parts, said, kept)}
    return _view(exhibit_id, parts[0], parts[0])


def parsed(keeper: Keeper, case_id: str, exhibit_id: str, part: int = 0) -> ParsedView:
    """What was read out of an exhibit. Raises NotFound where nothing was (a capture), or for a part that is not."""
    case = look(keeper, case_id)
    head = _head(case, exhibit_id)
    page = head if part == 0 else _part(case, exhibit_id, part)
    if not 0 <= part < head["parts"]:
        raise NotFound("cases.no_such_thing")
    return _view(exhibit_id, head, page, part)


_PICTURE_NAMES = (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".gif")


def is_picture_name(name: str) -> bool:
    """Whether a name inside a file claims to be a picture that can be drawn."""
    return name.casefold().endswith(_PICTURE_NAMES)


def picture_inside(keeper: Keeper, case_id: str, exhibit_id: str, name: str, *, blurred: bool) -> bytes:
    """A small PNG of a picture inside an imported archive. Unblurred, an entry of kind `read` says that it was seen.

    `name` as a message names it: the whole name in the archive, or its last part where only one file has it.
    """
    case = look(keeper, case_id)
    row, _ = case.one(Exhibit, exhibit_id)
    with original(keeper, case, row) as (source, _):
        data = member_of(source, name, LIMITS)
    drawn = draw_preview(data, blurred=blurred)
    if not blurred:
        with act(keeper, case_id, Kind.READ, "look") as doing:
            doing.details = {"exhibit": exhibit_id}
    return drawn


def private_facts(keeper: Keeper, case_id: str, exhibit_id: str) -> dict[str, Any]:
    """Facts that lead to a place or a device (GPS, serial numbers). An entry says that they were looked at."""
    head = _head(look(keeper, case_id), exhibit_id)
    with act(keeper, case_id, Kind.READ, "look_private") as doing:
        doing.details = {"exhibit": exhibit_id}
    return dict(head["private"])


def _head(case: OpenCase, exhibit_id: str) -> dict[str, Any]:
    return _part(case, exhibit_id, 0)


def _part(case: OpenCase, exhibit_id: str, number: int) -> dict[str, Any]:
    row = Parsed.objects.filter(case=case.row, exhibit=exhibit_id, part=number).first()
    if row is None:
        raise NotFound("cases.no_such_thing")
    return case.body(row)


def _view(exhibit_id: str, head: dict[str, Any], page: dict[str, Any], part: int = 0) -> ParsedView:
    return ParsedView(
        exhibit=exhibit_id, kind=head["kind"], facts=dict(head["facts"]), private=bool(head["private"]),
        items=tuple(from_json(item) for item in page["items"]), total=head["total"], part=part, parts=head["parts"],
        questions=tuple(_question_view(one) for one in head["questions"]), answers=dict(head["answers"]),
        ambiguous=head["ambiguous"], problems=tuple(Noticed(p["code"], dict(p["data"])) for p in head["problems"]),
        unparsed=tuple((line, text) for line, text in head["unparsed"]),
        found=tuple(CopyView(**one) for one in head["found"]), words_only=head["words_only"],
        original_sha256=head["original_sha256"], read_at=datetime.fromisoformat(head["read_at"]),
    )  # fmt: skip


def _question_view(one: dict[str, Any]) -> QuestionView:
    choices = tuple(Choice(c["id"], f"evidence.answer_{c['id']}", c["example"]) for c in one["choices"])
    return QuestionView(one["id"], one["code"], choices, tuple(one["examples"]), one["optional"], one["likely"])
