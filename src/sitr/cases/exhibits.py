"""Exhibits: sealed files of evidence. Added, listed, exported byte for byte, looked at."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

from sitr.cases import previews
from sitr.cases.access import Keeper
from sitr.cases.models import Exhibit
from sitr.cases.views import NEVER, read_time
from sitr.cases.work import Act, OpenCase, act, look, seconds
from sitr.errors import BadInput
from sitr.journal import Kind
from sitr.vault import Content, Place, StoredBlob
from sitr.vault.files import written_whole

PICTURE_KINDS = frozenset({"image", "video", "screenshot", "pdf", "wacz", "html"})
"""Kinds whose bytes may show the photo: released only when the person chooses each."""


@dataclass(frozen=True)
class ExhibitView:
    """One exhibit. `sha256` and `bytes` are of the file kept; `source` is the address it came from, or empty.

    `words_only`: no picture could be kept, so the words were kept in place of the file (decision 0013).
    """

    id: str
    kind: str
    name: str
    media_type: str
    sha256: str
    bytes: int
    sealed_at: datetime
    source: str
    partial: bool
    words_only: bool = False


def place_of(case_id: str, exhibit_id: str) -> Place:
    """The place that an exhibit's file names inside."""
    return Place(case_id, "exhibit", exhibit_id, "blob")


def list_exhibits(keeper: Keeper, case_id: str) -> list[ExhibitView]:
    """All exhibits, in the order of sealing."""
    return [view(row.id, body) for row, body in look(keeper, case_id).rows(Exhibit)]


def add_exhibit(keeper: Keeper, case_id: str, data: BinaryIO, name: str) -> ExhibitView:
    """`imports.import_file`, for whoever needs the exhibit alone."""
    from sitr.cases.imports import import_file  # imports stand on exhibits

    return import_file(keeper, case_id, data, name).exhibit


def may_show(body: dict[str, Any]) -> bool:
    """Whether an exhibit may show the photo: its kind says so, or what was found inside when it was imported."""
    return bool(body.get("may_show", body["kind"] in PICTURE_KINDS))


def write(doing: Act, row_id: str, blob: StoredBlob, *, dots: bytes = b"", **words: Any) -> dict[str, Any]:
    """Write the row of a sealed file; gives its words. `dots`: its blurred preview (`previews.dots_of`).

    One that was no import (a capture, a reply) has no parsed view; its kind alone says whether it may show a picture.
    """
    body = {
        "source": "", "partial": False, **words, "sha256": blob.content_sha256.hex(), "bytes": blob.length,
        "sealed_at": seconds(doing.now),
    }  # fmt: skip
    cell = previews.sealed(dots, doing.row.id, row_id, doing.row.public)
    doing.add(
        Exhibit, body, row_id=row_id, blob=blob.name, sha256=blob.sha256.hex(), padded=blob.padded, preview=cell,
        preview_epoch=doing.row.epoch,
    )  # fmt: skip
    return body


def summary(row_id: str, body: dict[str, Any]) -> dict[str, Any]:
    """What the journal's entry says of an exhibit."""
    return {"id": row_id, "kind": body["kind"], "sha256": body["sha256"], "bytes": body["bytes"]}


def export(keeper: Keeper, case_id: str, exhibit_id: str, target: Path, *, blur: bool = False) -> Path:
    """Write the original bytes to `target` (a file, or a folder to put it in under its name). An entry says so.

    `blur`: of a picture, its blurred preview as PNG in place of the original. Nothing takes the final name before the
    last byte was verified. Raises Damaged, BadInput when the file exists or has no preview.
    """
    case = look(keeper, case_id)
    row, body = case.one(Exhibit, exhibit_id)
    name = f"{Path(body['name']).stem}-blurred.png" if blur else body["name"]
    file = target / safe_name(name, exhibit_id) if target.is_dir() else target
    if file.exists():
        raise BadInput("cases.file_exists", file=str(file))
    if blur:
        blurred = soft(keeper, case, row, body)
        with act(keeper, case_id, Kind.RELEASE, "export_blurred") as doing:
            doing.details = {"exhibit": exhibit_id, "sha256": hashlib.sha256(blurred).hexdigest()}
        with written_whole(file) as out:
            out.write(blurred)
        return file
    with act(keeper, case_id, Kind.RELEASE, "export_exhibit") as doing:
        doing.details = {"exhibit": exhibit_id, "sha256": body["sha256"]}
    keeper.services.blobs.export(row.blob, place_of(case_id, exhibit_id), case.keys.of(row.epoch), file)
    return file


def safe_name(name: str, exhibit_id: str) -> str:
    """A file name that stays in its folder."""
    plain = "".join(c for c in Path(name).name if c.isprintable() and c not in '/\\:*?"<>|').strip(". ")
    return f"{exhibit_id[:6]}-{plain or 'file'}"


def read(keeper: Keeper, case: OpenCase, row: Exhibit) -> Iterator[bytes]:
    """The original bytes in pieces, verified to the last before the first is given."""
    return keeper.services.blobs.read(row.blob, place_of(case.row.id, row.id), case.keys.of(row.epoch))


def read_once(keeper: Keeper, case: OpenCase, row: Exhibit, body: dict[str, Any]) -> Iterator[bytes]:
    """The original bytes in a single pass, for whoever digests them and throws away what it made when this raises."""
    content = Content(body["bytes"], bytes.fromhex(body["sha256"]))
    return keeper.services.blobs.once(row.blob, place_of(case.row.id, row.id), case.keys.of(row.epoch), content)


def preview(keeper: Keeper, case_id: str, exhibit_id: str, *, blurred: bool) -> bytes:
    """A small PNG of a picture. Blurred, from what was stored when it was sealed; unblurred, an entry of kind `read`
    says that it was looked at. Raises BadInput for what shows no picture."""
    case = look(keeper, case_id)
    row, body = case.one(Exhibit, exhibit_id)
    if not body["media_type"].startswith("image/"):
        raise BadInput("cases.no_preview")
    if blurred:
        return soft(keeper, case, row, body)
    drawn = previews.draw_sharp(b"".join(read(keeper, case, row)))
    with act(keeper, case_id, Kind.READ, "look") as doing:
        doing.details = {"exhibit": exhibit_id}
    return drawn


def soft(
    keeper: Keeper, case: OpenCase, row: Exhibit, body: dict[str, Any], form: Literal["PNG", "JPEG"] = "PNG"
) -> bytes:
    """A small picture, blurred beyond recognition, from the dots that were stored when the exhibit was sealed.

    Where none were stored yet they are made of the original and stored. Raises BadInput for what shows no picture.
    """
    dots = previews.stored(case, row)
    if dots is None:
        dots = previews.dots_of(b"".join(read(keeper, case, row)), body["media_type"])
        previews.keep(case, row, dots)
    if not dots:
        raise BadInput("cases.no_preview")
    return previews.draw_soft(dots, form)


def draw_preview(data: bytes, *, blurred: bool) -> bytes:
    """A PNG of at most 640 pixels a side; blurred beyond recognition unless asked otherwise. Raises BadInput."""
    return previews.draw_soft(previews.shrink(data)) if blurred else previews.draw_sharp(data)


def view(row_id: str, body: dict[str, Any]) -> ExhibitView:
    """An exhibit as it is shown."""
    return ExhibitView(
        id=row_id, kind=body["kind"], name=body["name"], media_type=body["media_type"], sha256=body["sha256"],
        bytes=body["bytes"], sealed_at=read_time(body["sealed_at"]) or NEVER, source=body["source"],
        partial=body["partial"], words_only=body.get("words_only", False),
    )  # fmt: skip
