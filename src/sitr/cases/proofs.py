"""Why a find is called a copy: the picture of its proof, drawn when somebody asks for it and kept nowhere.

What belongs here: finding the two sides again and having them drawn. The found picture is taken out of what is sealed
in the case, or, where the page was never kept, fetched anew on a deliberate press. The photo is shown only where the
person had it kept; else an empty frame of its shape stands for it, with the places that the fingerprint knows. How a
proof is drawn is in `sitr.fingerprint`.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from PIL import Image

from sitr.cases.access import Keeper
from sitr.cases.exhibits import place_of
from sitr.cases.models import Exhibit, Parsed, Photo, Sighting
from sitr.cases.photos import fingerprints, require_adult
from sitr.cases.photos import place_of as photo_place
from sitr.cases.work import OpenCase, act, look
from sitr.cases.workrooms import workroom
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.evidence.imports import Inside, Looked, read_import
from sitr.finding import inline_pictures, mark_inside
from sitr.fingerprint import Look, draw_proof, prove
from sitr.fingerprint.proof import Fonts
from sitr.journal import Kind
from sitr.net import Limits
from sitr.words import Lang

_KINDS = frozenset({"wacz", "mhtml", "html", "warc"})
_FETCH = Limits(seconds=20.0, bytes=40_000_000, redirects=10)
_FRAME, _SIDE = 232, 960
_MOST_KEPT = 512 * 2**20
"""Bytes of the largest file that is gone through for one picture: it lies in memory meanwhile."""


@dataclass(frozen=True)
class ProofView:
    """What a proof of one find can be drawn from. `photo`: its name, "" where it was erased since; `photo_kept`: the
    photo itself is shown, not a frame; `kept`: the page is sealed in the case, so that nothing needs to be fetched.
    `same_scene`: no sure copy, but the photo's scene.
    """

    sighting: str
    url: str
    photo: str
    photo_kept: bool
    kept: bool
    score: float
    same_scene: bool


@dataclass(frozen=True)
class DrawnView:
    """A proof: a PNG, and what it says as the code of a sentence and its blanks."""

    png: bytes = field(repr=False)
    match: bool
    code: str
    data: dict[str, Any]


def about(keeper: Keeper, case_id: str, sighting_id: str) -> ProofView:
    """What there is to see. Raises NotFound for what was found by nobody's photo (a place that the person added)."""
    case = look(keeper, case_id)
    body = _find(case, sighting_id)
    photo = next((one for one in case.rows(Photo) if one[0].id == body["photo"]), None)
    return ProofView(
        sighting_id, body["url"], str(photo[1]["name"]) if photo else "", bool(photo and photo[1]["kept"]),
        any(True for _ in _exhibits(case, body)), float(body["score"]), bool(body.get("same_scene")),
    )  # fmt: skip


def draw(
    keeper: Keeper, case_id: str, sighting_id: str, *, lang: Lang, clear: bool = False, anew: bool = False
) -> DrawnView:
    """The proof as a PNG: blurred and grey, unless `clear`, of which an entry `read` says that it was looked at.

    `anew`: the found picture is fetched from its address now, and an entry says so before it is; else it comes out of
    what is sealed here. Raises AnswerIsNo `cases.no_proof` where it is not there (any more), `cases.proof_photo_erased`
    and `cases.no_pictures`, OutsideSilent, BadInput for what is no picture.
    """
    case = look(keeper, case_id)
    require_adult(case)
    body = _find(case, sighting_id)
    reference = fingerprints(case).get(body["photo"])
    if reference is None:
        raise AnswerIsNo("cases.proof_photo_erased")
    if anew:
        with act(keeper, case_id, Kind.READ, "fetch_proof") as doing:
            doing.details = {"sighting": sighting_id, "url": body["image"] or body["page"]}
    found = _fetched(keeper, body) if anew else _sealed(keeper, case, body)
    if found is None:
        raise AnswerIsNo("cases.no_proof")
    proof = prove(reference, Look(found))
    photo = _photo(keeper, case, body["photo"]) or _frame(reference.width, reference.height)
    drawn = draw_proof(photo, found, proof, lang=lang, fonts=_fonts(), clear=clear)
    if clear:
        with act(keeper, case_id, Kind.READ, "look") as doing:
            doing.details = {"sighting": sighting_id}
    verdict = proof.verdict
    return DrawnView(drawn, verdict.match, verdict.why.code, dict(verdict.why.data))


def _find(case: OpenCase, sighting_id: str) -> dict[str, Any]:
    _, body = case.one(Sighting, sighting_id)
    if not body["photo"]:
        raise NotFound("cases.no_such_thing")
    return body


@cache
def _fonts() -> Fonts:
    folder = files("sitr.dossier") / "fonts"
    name = "ibm-plex-sans-arabic-{}-400-normal.ttf"
    return Fonts(*((folder / name.format(part)).read_bytes() for part in ("arabic", "latin")))


def _photo(keeper: Keeper, case: OpenCase, photo_id: str) -> bytes | None:
    row, _ = case.one(Photo, photo_id)
    if not row.blob:
        return None
    return b"".join(keeper.services.blobs.read(row.blob, photo_place(case.row.id, row.id), case.keys.of(row.epoch)))


def _frame(width: int, height: int) -> bytes:
    """An empty picture of the photo's shape: nothing of what it shows is known any more, only where places lie."""
    factor = _SIDE / max(width, height)
    size = (max(32, round(width * factor)), max(32, round(height * factor)))
    out = io.BytesIO()
    Image.new("L", size, _FRAME).save(out, "PNG")
    return out.getvalue()


# --- the found picture ---


class _Taker:
    """Takes the one picture that is meant out of all that a file hands on."""

    def __init__(self, body: dict[str, Any]) -> None:
        self._image, self._inside = str(body["image"]), str(body.get("inside", ""))
        self.found: bytes | None = None

    def __call__(self, inside: Inside) -> Looked:
        if self.found is None and self.is_it(inside.name, inside.data):
            self.found = inside.data
        return Looked.PASSED if self.found is None else Looked.LATE

    def is_it(self, name: str, data: bytes) -> bool:
        """By the exact address; a picture without one by its digest, which its mark holds."""
        if self._image:
            return name == self._image
        return mark_inside(self._inside.partition(":")[0], data) == self._inside


def _exhibits(case: OpenCase, body: dict[str, Any]) -> Iterator[tuple[Exhibit, dict[str, Any]]]:
    """The sealed pages on which it may be: kept from that address, or imported with this picture found inside."""
    imported = {
        str(row.exhibit)
        for row, parsed in case.rows(Parsed)
        if any(one["media"] == body["image"] for one in parsed.get("found", ()))
    }
    for row, words in reversed(case.rows(Exhibit)):
        same = words["source"] == body["page"] and words["kind"] in _KINDS
        if (same or row.id in imported) and words["bytes"] <= _MOST_KEPT:
            yield row, words


def _sealed(keeper: Keeper, case: OpenCase, body: dict[str, Any]) -> bytes | None:
    taker = _Taker(body)
    for row, words in _exhibits(case, body):
        with workroom(keeper.services) as room:
            file = room / "kept"
            keeper.services.blobs.export(row.blob, place_of(case.row.id, row.id), case.keys.of(row.epoch), file)
            try:
                with file.open("rb") as source:
                    read_import(source, words["name"], now=keeper.services.now(), workdir=room, look=taker)
            except BadInput:
                continue
        if taker.found is not None:
            return taker.found
    return None


def _fetched(keeper: Keeper, body: dict[str, Any]) -> bytes | None:
    got = keeper.services.door.get(body["image"] or body["page"], _FETCH)
    if got.status != 200:
        return None
    if body["image"]:
        return got.body
    taker = _Taker(body)
    pictures = inline_pictures(got.body.decode("utf-8", "replace"))
    return next((data for data in pictures if taker.is_it("", data)), None)
