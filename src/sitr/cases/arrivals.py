"""What a paired browser added: received without anybody's secret, and a proposal until a holder decides.

What belongs here: receiving, listing, accepting, rejecting. Who may send is in `pairings`, the form of what is sent in
`bundles`. A file lies from the first at the place of the exhibit that it may become: accepting moves no byte.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum

from sitr.cases import exhibits, previews, saved_pages
from sitr.cases.access import Keeper, find_case
from sitr.cases.bundles import Manifest, Part, PartReader, Source, read_manifest, text_of
from sitr.cases.fresh_files import fresh_files
from sitr.cases.models import Arrival, ArrivalState
from sitr.cases.openings import pictures_allowed
from sitr.cases.pairings import Guest, note_use, writer
from sitr.cases.photos import fingerprints
from sitr.cases.services import Services
from sitr.cases.sightings import propose
from sitr.cases.views import NEVER, read_time
from sitr.cases.work import Act, OpenCase, act, add, look, seconds
from sitr.errors import AnswerIsNo, BadInput, Damaged, NotFound
from sitr.finding import Search, find_copies
from sitr.fingerprint import Fingerprint
from sitr.journal import Kind
from sitr.vault import StoredBlob

MOST_WAITING_FILES = 300
MOST_WAITING_BYTES = 2 * 2**30


@dataclass(frozen=True)
class ArrivedFile:
    """One file that waits. `sha256` is of the bytes that came; `same`: whether the extension had said so."""

    id: str
    kind: str
    name: str
    media_type: str
    bytes: int
    sha256: str
    same: bool


@dataclass(frozen=True)
class ArrivalView:
    """One page that a browser sent and that waits. `pairing` names the browser, `at` is when it came."""

    id: str
    url: str
    title: str
    captured_at: datetime
    at: datetime
    pairing: str
    child: str
    partial: bool
    files: tuple[ArrivedFile, ...]

    @property
    def first_picture(self) -> str | None:
        """The screenshot to be shown blurred; None where there is none."""
        return next((one.id for one in self.files if one.kind == "screenshot"), None)

    @property
    def different(self) -> tuple[str, ...]:
        """The names of the files whose bytes are not what the extension had hashed."""
        return tuple(one.name for one in self.files if not one.same)


@dataclass(frozen=True)
class AcceptedView:
    """What became of a page that was accepted: exhibits, files whose bytes were not what the extension had hashed, and
    how many copies of the person's photos were found among its images."""

    exhibits: tuple[exhibits.ExhibitView, ...]
    different: tuple[str, ...]
    found: int


@dataclass(frozen=True)
class Receipt:
    """What the browser is told: the name of what arrived, and what it came to here."""

    id: str
    files: int
    bytes: int
    different: tuple[str, ...]


def receive(services: Services, guest: Guest, source: Source, length: int, *, pictures: bool) -> Receipt:
    """Take in a bundle of `length` bytes, sealed to the case's public key as it comes; nothing can be read back here.

    `pictures`: whether an unlocked holder of the case is there whose answers allow pictures. Raises AnswerIsNo
    `cases.no_pictures`, `cases.arrivals_full`; BadInput `cases.bundle_…`; then nothing stays.
    """
    _leave_room(guest.case)
    manifest = read_manifest(source, length, pictures=pictures)
    case = find_case(guest.case)
    with fresh_files(services) as fresh:
        files = [_seal(services, case.id, case.public, part, source, fresh) for part in manifest.parts]
        told = Part("record", "page.json", "application/json", len(manifest.raw), manifest.sha256)
        files.append(_put(services, case.id, case.public, told, io.BytesIO(manifest.raw), fresh))
        with add(writer(services, guest.pairing), guest.case, Kind.EXHIBIT, "arrive") as doing:
            doing.require_epoch(case.epoch)
            name = _write(doing, guest, manifest, files)
    note_use(services, guest.pairing)
    total = sum(one.blob.length for one in files)
    return Receipt(name, len(files), total, tuple(one.part.name for one in files if not one.same))


def _leave_room(case_id: str) -> None:
    """A key that fell into wrong hands must not fill the disk, nor the person's list."""
    waiting = Arrival.objects.filter(case_id=case_id, state=ArrivalState.WAITING)
    taken = waiting.aggregate(total=Sum("padded"))["total"] or 0
    if waiting.count() >= MOST_WAITING_FILES or taken >= MOST_WAITING_BYTES:
        raise AnswerIsNo("cases.arrivals_full")


@dataclass(frozen=True)
class _Sealed:
    part: Part
    exhibit: str
    blob: StoredBlob

    @property
    def same(self) -> bool:
        return self.blob.content_sha256.hex() == self.part.sha256


def _seal(
    services: Services, case_id: str, public: str, part: Part, source: Source, fresh: list[StoredBlob]
) -> _Sealed:
    reader = text_of(source, part) if part.kind == "text" else PartReader(source, part)
    return _put(services, case_id, public, part, reader, fresh)


def _put(services: Services, case_id: str, public: str, part: Part, reader: Source, fresh: list[StoredBlob]) -> _Sealed:
    exhibit = services.new_id()
    blob = services.blobs.put(reader, exhibits.place_of(case_id, exhibit), public)
    fresh.append(blob)
    return _Sealed(part, exhibit, blob)


def _write(doing: Act, guest: Guest, manifest: Manifest, files: Sequence[_Sealed]) -> str:
    """One row a file, all under one name, and what the entry says of them."""
    name = doing.new_id()
    for one in files:
        body = {
            "delivery": name, "pairing": guest.pairing, "exhibit": one.exhibit, "kind": one.part.kind,
            "name": one.part.name, "media_type": one.part.media_type, "bytes": one.blob.length,
            "sha256": one.blob.content_sha256.hex(), "said_sha256": one.part.sha256, "url": manifest.url,
            "title": manifest.title, "captured_at": seconds(manifest.captured_at), "at": seconds(doing.now),
            "child": manifest.child, "partial": manifest.partial,
        }  # fmt: skip
        doing.add(
            Arrival, body, state=ArrivalState.WAITING, blob=one.blob.name, sha256=one.blob.sha256.hex(),
            padded=one.blob.padded,
        )  # fmt: skip
    doing.details = {
        "delivery": name, "url": manifest.url, "captured_at": seconds(manifest.captured_at), "child": manifest.child,
        "pictures": manifest.pictures, "partial": manifest.partial,
        "arrived": [
            {"exhibit": one.exhibit, "kind": one.part.kind, "sha256": one.blob.content_sha256.hex(), "same": one.same}
            for one in files
        ],
    }  # fmt: skip
    return name


def list_arrivals(keeper: Keeper, case_id: str) -> list[ArrivalView]:
    """What waits for a decision, in the order in which it came."""
    waiting = look(keeper, case_id).rows(Arrival, state=ArrivalState.WAITING)
    together: dict[str, list[tuple[Arrival, dict[str, Any]]]] = {}
    for row, body in waiting:
        together.setdefault(body["delivery"], []).append((row, body))
    return [_view(name, rows) for name, rows in together.items()]


def _view(name: str, rows: list[tuple[Arrival, dict[str, Any]]]) -> ArrivalView:
    said = rows[0][1]
    files = tuple(
        ArrivedFile(
            row.id, body["kind"], body["name"], body["media_type"], body["bytes"], body["sha256"],
            body["sha256"] == body["said_sha256"],
        )
        for row, body in rows
    )  # fmt: skip
    return ArrivalView(
        id=name, url=said["url"], title=said["title"], captured_at=read_time(said["captured_at"]) or NEVER,
        at=read_time(said["at"]) or NEVER, pairing=said["pairing"], child=said["child"], partial=said["partial"],
        files=files,
    )  # fmt: skip


def glimpse(keeper: Keeper, case_id: str, file_id: str) -> bytes:
    """A blurred PNG of a screenshot that waits. Unblurred it is seen as an exhibit only, once it is accepted."""
    case = look(keeper, case_id)
    row, body = case.one(Arrival, file_id)
    if body["kind"] != "screenshot" or row.state != ArrivalState.WAITING:
        raise BadInput("cases.no_preview")
    return exhibits.draw_preview(b"".join(_read(keeper, case, row, body)), blurred=True)


def _read(keeper: Keeper, case: OpenCase, row: Arrival, body: dict[str, Any]) -> Iterator[bytes]:
    place = exhibits.place_of(case.row.id, body["exhibit"])
    return keeper.services.blobs.read(row.blob, place, case.keys.of(row.epoch))


def accept(keeper: Keeper, case_id: str, arrival_id: str) -> AcceptedView:
    """Take what arrived as exhibits: the age asked after again, every byte verified, copies of the photos looked for.

    The entry names each file whose bytes are not what the extension had hashed. Raises NotFound, Damaged, AnswerIsNo.
    """
    case = look(keeper, case_id)
    rows = _waiting(case, arrival_id)
    _allow_pictures(case, rows)
    photos = fingerprints(case)
    search = _search(keeper, case, rows, photos)
    with fresh_files(keeper.services) as fresh:
        files = [(row, body, _whole(keeper, case, row, body, fresh)) for row, body in rows]
        old = [row.blob for row, _, blob in files if row.blob != blob.name]
        soft = {row.id: _dots(keeper, case, row, body) for row, body in rows}
        with act(keeper, case_id, Kind.EXHIBIT, "accept_arrival") as doing:
            doing.require_epoch(case.row.epoch)
            rows = _waiting(doing, arrival_id)
            _allow_pictures(doing, rows)
            views = [_take(doing, row, body, blob, soft[row.id], photos) for row, body, blob in files]
            if search.found:
                propose(doing, rows[0][1]["url"], search)
            different = tuple(body["name"] for _, body in rows if body["sha256"] != body["said_sha256"])
            doing.details = {
                "delivery": arrival_id, "url": rows[0][1]["url"], "captured_at": rows[0][1]["captured_at"],
                "pairing": rows[0][1]["pairing"], "different": list(different),
                "exhibits": [{"id": v.id, "kind": v.kind, "sha256": v.sha256, "bytes": v.bytes} for v in views],
                "found": [find.image_url for find in search if not find.same_scene],
                "scenes": [find.image_url for find in search if find.same_scene],
            }  # fmt: skip
    _drop(keeper.services, old)
    return AcceptedView(tuple(views), different, len({find.image_url for find in search}))


def _waiting(case: OpenCase, arrival_id: str) -> list[tuple[Arrival, dict[str, Any]]]:
    rows = case.rows(Arrival, state=ArrivalState.WAITING)
    found = [(row, body) for row, body in rows if body["delivery"] == arrival_id]
    if not found:
        raise NotFound("cases.no_such_thing")
    return found


def _allow_pictures(case: OpenCase, rows: list[tuple[Arrival, dict[str, Any]]]) -> None:
    """The answers may be other ones than when it came."""
    shows = any(body["kind"] not in {"text", "record"} for _, body in rows)
    if shows and (rows[0][1]["child"] != "no" or not pictures_allowed(case)):
        raise AnswerIsNo("cases.no_pictures")


def _whole(keeper: Keeper, case: OpenCase, row: Arrival, body: dict[str, Any], fresh: list[StoredBlob]) -> StoredBlob:
    """The file, verified; sealed anew where a new epoch began since. Raises Damaged."""
    blobs, place = keeper.services.blobs, exhibits.place_of(case.row.id, body["exhibit"])
    content = blobs.verify(row.blob, place, case.keys.of(row.epoch))
    if content.sha256.hex() != body["sha256"]:
        raise Damaged("vault.altered")
    if row.epoch == case.row.epoch:
        return StoredBlob(row.blob, bytes.fromhex(row.sha256), row.padded, content.length, content.sha256)
    blob = blobs.put(_Pieces(_read(keeper, case, row, body)), place, case.row.public)
    fresh.append(blob)
    return blob


class _Pieces(io.RawIOBase):
    """Pieces, as a file to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces, self._rest = pieces, b""

    def read(self, size: int = -1, /) -> bytes:
        self._rest = self._rest or next(self._pieces, b"")
        size = len(self._rest) if size < 0 else size
        out, self._rest = self._rest[:size], self._rest[size:]
        return out


def _dots(keeper: Keeper, case: OpenCase, row: Arrival, body: dict[str, Any]) -> bytes:
    """The blurred preview of a screenshot; empty for the other files."""
    if body["kind"] != "screenshot":
        return b""
    try:
        return previews.dots_of(b"".join(_read(keeper, case, row, body)), body["media_type"])
    except (BadInput, OSError):  # Pillow's OSError: a picture that is broken inside is kept as it came, unseen
        return b""


def _take(
    doing: Act, row: Arrival, body: dict[str, Any], blob: StoredBlob, dots: bytes, photos: Iterable[str]
) -> exhibits.ExhibitView:
    said = exhibits.write(
        doing, body["exhibit"], blob, dots=dots, kind=body["kind"], name=body["name"], media_type=body["media_type"],
        source=body["url"], partial=body["partial"], may_show=body["kind"] not in {"text", "record"},
        captured_at=body["captured_at"], method=saved_pages.METHOD, said_sha256=body["said_sha256"],
        photos=sorted(photos) if saved_pages.can_be_searched(body) else [],
    )  # fmt: skip
    doing.change(row, body, state=ArrivalState.ACCEPTED, blob="", sha256="", padded=0)
    return exhibits.view(body["exhibit"], said)


def _search(
    keeper: Keeper, case: OpenCase, rows: list[tuple[Arrival, dict[str, Any]]], photos: Mapping[str, Fingerprint]
) -> Search:
    """Copies of the person's photos among the images that the saved page holds, by their exact addresses."""
    pages = [(row, body) for row, body in rows if saved_pages.can_be_searched(body)]
    if not photos or not pages:
        return find_copies((), {})
    row, body = pages[0]
    return find_copies(saved_pages.images_of(body["kind"], b"".join(_read(keeper, case, row, body))), photos)


def reject(keeper: Keeper, case_id: str, arrival_id: str) -> None:
    """Destroy the files of what arrived; the journal says that it came and was rejected. Raises NotFound."""
    with act(keeper, case_id, Kind.EXHIBIT, "reject_arrival") as doing:
        rows = _waiting(doing, arrival_id)
        blobs = [row.blob for row, _ in rows]
        for row, body in rows:
            left = {name: body[name] for name in ("delivery", "pairing", "exhibit", "kind", "sha256")}
            doing.change(row, left, state=ArrivalState.REJECTED, blob="", sha256="", padded=0)
        doing.details = {"delivery": arrival_id}
    _drop(keeper.services, blobs)


def _drop(services: Services, blobs: Sequence[str]) -> None:
    for name in blobs:
        services.blobs.delete(name)
