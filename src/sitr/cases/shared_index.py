"""The consent that a photo's hashes stand in the shared index, given and taken back.

What goes there is the shareable part of the fingerprint (docs/fingerprint-format.md), in clear, under a random id;
which id belongs to which photo is sealed in the case. Never for somebody who was under 18, or has not said. Taking it
back removes the rows; servers that hold them in memory drop them within seconds (`matching`).
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sitr.cases import shared_rows
from sitr.cases.access import Keeper
from sitr.cases.models import Consent, Photo
from sitr.cases.openings import pictures_allowed
from sitr.cases.shared_models import SharedPhoto
from sitr.cases.views import read_time
from sitr.cases.work import Act, OpenCase, act, look, seconds
from sitr.errors import AnswerIsNo, BadInput
from sitr.finding.exchange import Form, Kind, WatchEntry, write_list
from sitr.fingerprint import Fingerprint
from sitr.fingerprint.pdq import to_hex
from sitr.journal import Kind as EntryKind
from sitr.vault.files import written_whole

TO_INDEX = "index"


@dataclass(frozen=True)
class SharedView:
    """Whether a photo's hashes stand in the index, since when, how many there are or would be; `allowed`: whether the
    answers let them stand there at all."""

    photo: str
    name: str
    given: bool
    since: datetime | None
    hashes: int
    allowed: bool


def show(keeper: Keeper, case_id: str, photo_id: str) -> SharedView:
    """Whether a photo's hashes are shared. Raises NotFound."""
    return _view(look(keeper, case_id), photo_id)


def show_all(keeper: Keeper, case_id: str) -> list[SharedView]:
    """The same for all photos of a case."""
    case = look(keeper, case_id)
    return [_view(case, row.id) for row, _ in case.rows(Photo)]


def consent(keeper: Keeper, case_id: str, photo_id: str, *, given: bool) -> SharedView:
    """Let a photo's hashes stand in the shared index, or take that back.

    Raises AnswerIsNo `cases.index_minor` (those services are named there that take such photos without Sitr), and
    `cases.photo_too_flat`. Taking back is never refused.
    """
    with act(keeper, case_id, EntryKind.RELEASE, "consent_index" if given else "withdraw_index") as doing:
        doing.details = {"to": TO_INDEX, "photo": photo_id, "given": given}
        _, photo = doing.one(Photo, photo_id)
        if given and not pictures_allowed(doing):
            raise AnswerIsNo("cases.index_minor")
        row, body = _row(doing, photo_id) or (None, {"to": TO_INDEX, "photo": photo_id, "entry": None})
        if body["entry"] is not None:
            shared_rows.drop([int(body["entry"], 16)], doing.now)
        entry = shared_rows.put(keeper.services, _packed(photo), doing.now) if given else None
        body |= {
            "given": given, "since": seconds(doing.now),
            "entry": None if entry is None else shared_rows.name_of(entry),
        }  # fmt: skip
        if row is None:
            doing.add(Consent, body)
        else:
            doing.change(row, body)
    if not given:
        shared_rows.scour_rows()
    return show(keeper, case_id, photo_id)


def forget(doing: Act, photo_id: str) -> None:
    """Take one photo out of the index, inside another verb; nothing happens where it is not there."""
    found = _row(doing, photo_id)
    if found is not None and found[1]["given"]:
        row, body = found
        shared_rows.drop([int(body["entry"], 16)], doing.now)
        doing.change(row, {**body, "given": False, "entry": None, "since": seconds(doing.now)})


def withdraw_all(doing: Act) -> int:
    """Take all of a case's photos out of the index, inside another verb; gives how many were there."""
    gone = 0
    for row, body in [one for one in doing.rows(Consent) if one[1]["to"] == TO_INDEX and one[1]["given"]]:
        gone += shared_rows.drop([int(body["entry"], 16)], doing.now)
        doing.change(row, {**body, "given": False, "entry": None, "since": seconds(doing.now)})
    return gone


def _row(case: OpenCase, photo_id: str) -> tuple[Consent, dict[str, Any]] | None:
    return next((o for o in case.rows(Consent) if o[1]["to"] == TO_INDEX and o[1]["photo"] == photo_id), None)


def _packed(photo: dict[str, Any]) -> bytes:
    return shared_rows.pack(Fingerprint.unpack(base64.b64decode(photo["fingerprint"])))


def _view(case: OpenCase, photo_id: str) -> SharedView:
    _, photo = case.one(Photo, photo_id)
    found = _row(case, photo_id)
    # An imported case may carry a consent that was given at another desk: what counts is what stands here.
    given = found is not None and found[1]["given"] and shared_rows.is_there(int(found[1]["entry"], 16))
    since = read_time(found[1]["since"]) if found and given else None
    try:
        hashes = shared_rows.count(_packed(photo))
    except AnswerIsNo:
        hashes = 0
    return SharedView(photo_id, photo["name"], given, since, hashes, pictures_allowed(case))


def export_index(keeper: Keeper, out: Path, form: Form) -> int:  # noqa: ARG001  only who holds a key here may hand it on
    """Write the index as a watch-list: ids and hashes, nothing else; gives the number of photos.

    Raises BadInput when the file exists, AnswerIsNo `cases.index_empty`.
    """
    if out.exists():
        raise BadInput("cases.file_exists", file=str(out))
    photos = SharedPhoto.objects.count()
    if not photos:
        raise AnswerIsNo("cases.index_empty")
    with written_whole(out) as target:
        for piece in write_list(entries(), form):
            target.write(piece)
    return photos


def entries() -> Iterator[WatchEntry]:
    """Every hash of the index as an entry; its id is the photo's random one and the view's name."""
    for entry, packed in shared_rows.rows():
        for view, quality, bits in zip(*shared_rows.unpack(packed), strict=True):
            name = f"{shared_rows.name_of(entry)}.{shared_rows.VIEWS[int(view)]}"
            yield WatchEntry(name, Kind.PDQ, to_hex(bits), int(quality))
