"""The person's photos: a fingerprint is sealed; the photo itself only where the person asks for it to be kept."""

import base64
import io
from dataclasses import dataclass

from sitr.cases.access import Keeper
from sitr.cases.fresh_files import fresh_files
from sitr.cases.models import Photo
from sitr.cases.openings import pictures_allowed
from sitr.cases.work import OpenCase, act, look
from sitr.errors import AnswerIsNo
from sitr.fingerprint import Fingerprint, fingerprint
from sitr.journal import Kind
from sitr.vault import Place


@dataclass(frozen=True)
class PhotoView:
    """One photo, by what is kept of it. `width`, `height` in pixels, upright.

    `shareable_only`: computed on the person's device, so that only whole or nearly whole copies are found with it.
    """

    id: str
    name: str
    width: int
    height: int
    fingerprint_version: int
    kept: bool
    shareable_only: bool = False


def add_photo(keeper: Keeper, case_id: str, image: bytes, name: str, keep: bool = False) -> PhotoView:
    """Compute and seal the fingerprint of a photo.

    Raises AnswerIsNo when the person was under 18, or has not said (nothing is computed then), and BadInput when the
    file is no picture that can be read.
    """
    case = look(keeper, case_id)
    require_adult(case)
    made = fingerprint(image)
    row_id = keeper.services.new_id()
    body = {
        "name": name[:200], "width": made.width, "height": made.height, "version": made.version,
        "fingerprint": base64.b64encode(made.pack()).decode(), "kept": keep,
    }  # fmt: skip
    with fresh_files(keeper.services) as fresh:
        if keep:
            fresh.append(keeper.services.blobs.put(io.BytesIO(image), place_of(case_id, row_id), case.row.public))
        with act(keeper, case_id, Kind.PHOTO, "add_photo") as doing:
            doing.require_epoch(case.row.epoch)
            require_adult(doing)
            doing.details = {"photo": row_id, "kept": keep}
            doing.add(Photo, body, row_id=row_id, blob=fresh[0].name if fresh else "")
    _look_for_it_too(keeper, case_id)
    return _view(row_id, body)


def add_fingerprint(keeper: Keeper, case_id: str, untrusted_shareable: bytes, name: str) -> PhotoView:
    """Seal the shareable part of a fingerprint that was computed on the person's own device.

    Raises AnswerIsNo as `add_photo`, and BadInput when what came is no such part or belongs to a picture too flat.
    """
    require_adult(look(keeper, case_id))
    made = Fingerprint.from_shareable(untrusted_shareable)
    row_id = keeper.services.new_id()
    body = {
        "name": name[:200], "width": made.width, "height": made.height, "version": made.version,
        "fingerprint": base64.b64encode(made.pack()).decode(), "kept": False, "shareable_only": True,
    }  # fmt: skip
    with act(keeper, case_id, Kind.PHOTO, "add_fingerprint") as doing:
        require_adult(doing)
        doing.details = {"photo": row_id, "kept": False}
        doing.add(Photo, body, row_id=row_id)
    _look_for_it_too(keeper, case_id)
    return _view(row_id, body)


def _look_for_it_too(keeper: Keeper, case_id: str) -> None:
    from sitr.cases import watches  # it asks this module for the fingerprints

    watches.renew(keeper, case_id)


def place_of(case_id: str, photo_id: str) -> Place:
    """The place that a kept photo's file names inside."""
    return Place(case_id, "photo", photo_id, "blob")


def require_adult(case: OpenCase) -> None:
    """Raises AnswerIsNo unless the answers say that the person was an adult."""
    if not pictures_allowed(case):
        raise AnswerIsNo("cases.no_pictures")


def list_photos(keeper: Keeper, case_id: str) -> list[PhotoView]:
    """The photos of a case."""
    return [_view(row.id, body) for row, body in look(keeper, case_id).rows(Photo)]


def fingerprints(case: OpenCase) -> dict[str, Fingerprint]:
    """The fingerprints of a case by photo id."""
    return {row.id: Fingerprint.unpack(base64.b64decode(body["fingerprint"])) for row, body in case.rows(Photo)}


def _view(row_id: str, body: dict[str, object]) -> PhotoView:
    return PhotoView(
        id=row_id, name=str(body["name"]), width=int(str(body["width"])), height=int(str(body["height"])),
        fingerprint_version=int(str(body["version"])), kept=bool(body["kept"]),
        shareable_only=bool(body.get("shareable_only")),
    )  # fmt: skip
