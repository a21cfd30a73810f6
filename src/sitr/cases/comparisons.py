"""Two captures of a page compared: what changed between two visits, from what was sealed at each."""

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sitr.cases.access import Keeper
from sitr.cases.exhibits import place_of, read
from sitr.cases.models import Exhibit
from sitr.cases.views import NEVER, read_time
from sitr.cases.work import OpenCase, look
from sitr.cases.workrooms import workroom
from sitr.errors import BadInput
from sitr.evidence.comparing import (
    Difference,
    PageState,
    compare_pages,
    digests_to_hash,
    hashes_in,
    read_state,
)

_MOST = 64 * 2**20


@dataclass(frozen=True)
class CaptureLine:
    """One capture of a case, named by one of its exhibits."""

    exhibit: str
    source: str
    at: datetime
    device: str
    partial: bool


@dataclass(frozen=True)
class _Set:
    """The files of one capture by kind."""

    rows: dict[str, tuple[Exhibit, dict[str, Any]]]
    line: CaptureLine


def others(keeper: Keeper, case_id: str, exhibit_id: str) -> list[CaptureLine]:
    """The other captures of the page that this exhibit is of; none when it is of no capture. Raises NotFound."""
    case = look(keeper, case_id)
    _, body = case.one(Exhibit, exhibit_id)
    mine = _key(body)
    found = _sets(case)
    if mine not in found:
        return []
    return [one.line for key, one in found.items() if key != mine and _page(one.line.source) == _page(body["source"])]


def compare(keeper: Keeper, case_id: str, exhibit_id: str, other_id: str) -> Difference:
    """What changed between the captures that these two exhibits belong to, the earlier first.

    Raises NotFound, BadInput `cases.not_a_capture` for an exhibit of none, `cases.same_capture` for two of one.
    """
    case = look(keeper, case_id)
    found = _sets(case)
    keys = [_key(case.one(Exhibit, one)[1]) for one in (exhibit_id, other_id)]
    if any(key not in found for key in keys):
        raise BadInput("cases.not_a_capture")
    if keys[0] == keys[1]:
        raise BadInput("cases.same_capture")
    first, second = sorted((found[key] for key in keys), key=lambda one: one.line.at)
    before, after = _state(keeper, case, first), _state(keeper, case, second)
    return compare_pages(before, after, _hashes(keeper, case, (first, second), digests_to_hash(before, after)))


def _key(body: dict[str, Any]) -> str:
    """What joins the files of one capture; those from before they had a name are joined by hour and page."""
    if "captured_at" not in body:
        return ""
    return str(body.get("capture") or f"{body['captured_at']} {body['source']}")


def _sets(case: OpenCase) -> dict[str, _Set]:
    found: dict[str, dict[str, tuple[Exhibit, dict[str, Any]]]] = {}
    for row, body in case.rows(Exhibit):
        if key := _key(body):
            found.setdefault(key, {}).setdefault(body["kind"], (row, body))
    return {key: _Set(rows, _line(rows)) for key, rows in found.items() if "record" in rows}


def _line(rows: dict[str, tuple[Exhibit, dict[str, Any]]]) -> CaptureLine:
    row, body = rows["record"]
    at = read_time(body["captured_at"]) or NEVER
    return CaptureLine(row.id, body["source"], at, body.get("device", "desktop"), body["partial"])


def _page(source: str) -> str:
    return source.partition("#")[0].rstrip("/")


def _state(keeper: Keeper, case: OpenCase, one: _Set) -> PageState:
    return read_state(*(_bytes(keeper, case, one, kind) for kind in ("record", "text", "html")))


def _bytes(keeper: Keeper, case: OpenCase, one: _Set, kind: str) -> bytes:
    if kind not in one.rows:
        return b""
    row, body = one.rows[kind]
    if body["bytes"] > _MOST:
        raise BadInput("cases.too_large_to_compare")
    out = io.BytesIO()
    for piece in read(keeper, case, row):
        out.write(piece)
    return out.getvalue()


def _hashes(keeper: Keeper, case: OpenCase, both: tuple[_Set, _Set], wanted: set[str]) -> dict[str, bytes]:
    """Pictures that differ are looked at in memory only, and nothing of them is kept."""
    found: dict[str, bytes] = {}
    for one in both:
        if wanted - found.keys() and "wacz" in one.rows:
            with workroom(keeper.services) as work:
                found |= hashes_in(_unsealed(keeper, case, one.rows["wacz"][0], work), wanted - found.keys())
    return found


def _unsealed(keeper: Keeper, case: OpenCase, row: Exhibit, work: Path) -> Path:
    target = work / "archive.wacz"
    keeper.services.blobs.export(row.blob, place_of(case.row.id, row.id), case.keys.of(row.epoch), target)
    return target
