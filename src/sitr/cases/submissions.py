"""Handing a photo's hashes to an exchange (StopNCII, ThreatExchange), by consent to that very act, and taking them
back.

The consent is written before the first byte goes out. Whoever finds `sending` after a crash knows that it may have
gone: it is `unknown` then, and nothing is ever sent again by itself. Not here: how an exchange is spoken to
(`finding.exchange`).
"""

import base64
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sitr.cases import shared_rows
from sitr.cases.access import Keeper
from sitr.cases.models import Photo, Submission, SubmissionState
from sitr.cases.on_the_way import on_the_way, still_on_the_way
from sitr.cases.openings import pictures_allowed
from sitr.cases.services import Services
from sitr.cases.views import read_time
from sitr.cases.work import Act, act, look, seconds
from sitr.errors import AnswerIsNo, BadInput
from sitr.finding.exchange import Exchange, Handover, HandoverState, Kind, WatchEntry
from sitr.fingerprint import Fingerprint
from sitr.fingerprint.pdq import to_hex
from sitr.journal import Kind as EntryKind

_LONGEST = timedelta(minutes=15)
_STATES = {
    HandoverState.SENT: SubmissionState.SENT,
    HandoverState.REFUSED: SubmissionState.REFUSED,
    HandoverState.UNKNOWN: SubmissionState.UNKNOWN,
}
_OUT_THERE = (SubmissionState.SENT, SubmissionState.UNKNOWN)


@dataclass(frozen=True)
class SubmissionView:
    """What was handed to an exchange, and what became of it. `detail` is a short word about a refusal.

    `erased`: the photo was erased here since, and its hashes with it: nothing can be taken back from here any more.
    """

    id: str
    exchange: str
    photo: str
    hashes: int
    state: str
    since: datetime | None
    detail: str
    erased: bool = False


@dataclass(frozen=True)
class OfferView:
    """What could be handed over of one photo, and what was. `hashes`: how many there are, 0 for a photo too flat;
    `allowed`: whether the answers let them go anywhere; `exchanges`: the names of those that the operator set up."""

    photo: str
    name: str
    hashes: int
    allowed: bool
    exchanges: tuple[str, ...]
    handed: tuple[SubmissionView, ...]


def offer(keeper: Keeper, case_id: str, photo_id: str) -> OfferView:
    """What a photo's hashes are and where they could go. Nothing is sent. Raises NotFound, BadInput for a file of
    exchanges that is none."""
    case = look(keeper, case_id)
    _, photo = case.one(Photo, photo_id)
    try:
        hashes = len(_entries(photo))
    except AnswerIsNo:
        hashes = 0
    handed = [one for one in list_submissions(keeper, case_id) if one.photo == photo_id]
    return OfferView(
        photo_id, photo["name"], hashes, pictures_allowed(case), keeper.services.exchange_names(), tuple(handed)
    )


def submit(keeper: Keeper, case_id: str, photo_id: str, exchange: str, *, consent: bool) -> SubmissionView:
    """Hand over the shareable hashes of a photo.

    Raises AnswerIsNo `cases.submit_consent` without the consent to this very act, `cases.index_minor`,
    `cases.photo_too_flat`, `cases.already_handed`; BadInput and NotFound as `finding.exchange.open_exchange`. Nothing
    went out then.
    """
    party = _party(keeper, exchange)
    if not consent:
        raise AnswerIsNo("cases.submit_consent", exchange=exchange)
    with ExitStack() as until_known:
        submission_id, listed, at = _begin(keeper, case_id, photo_id, exchange, until_known)
        try:
            handover = party.submit(listed, at)
        except BadInput as refused:  # no key for it: known before anything went out
            _finish(keeper, case_id, submission_id, Handover(HandoverState.REFUSED, refused.code))
            raise
        return _finish(keeper, case_id, submission_id, handover)


def _begin(
    keeper: Keeper, case_id: str, photo_id: str, exchange: str, until_known: ExitStack
) -> tuple[str, list[WatchEntry], datetime]:
    """Write down what is about to go out, and when."""
    with act(keeper, case_id, EntryKind.RELEASE, "submit") as doing:
        _, photo = doing.one(Photo, photo_id)
        if not pictures_allowed(doing):
            raise AnswerIsNo("cases.index_minor")
        before = [_state(keeper.services, r, b) for r, b in doing.rows(Submission) if _same(b, photo_id, exchange)]
        if SubmissionState.SENT in before or SubmissionState.SENDING in before:
            raise AnswerIsNo("cases.already_handed", exchange=exchange)
        listed = _entries(photo)
        body: dict[str, Any] = {
            "exchange": exchange, "photo": photo_id, "entries": [[e.id, e.value, e.quality] for e in listed],
            "receipts": [], "detail": "", "begun_at": seconds(doing.now), "sender": keeper.services.process,
        }  # fmt: skip
        row = doing.add(Submission, body, state=SubmissionState.SENDING)
        until_known.enter_context(on_the_way(row.id))
        doing.details = {"submission": row.id, "exchange": exchange, "photo": photo_id, "hashes": len(listed)}
    return row.id, listed, doing.now


def withdraw(keeper: Keeper, case_id: str, submission_id: str) -> SubmissionView:
    """Ask the exchange to take the hashes out. May be asked again until it said yes.

    Raises AnswerIsNo `cases.not_handed` where nothing is out there, `cases.handed_erased`, OutsideSilent
    `exchange.silent` when it said nothing or no: then it stands as before.
    """
    case = look(keeper, case_id)
    row, body = case.one(Submission, submission_id)
    if _state(keeper.services, row, body) not in _OUT_THERE:
        raise AnswerIsNo("cases.not_handed")
    if body.get("erased"):
        raise AnswerIsNo("cases.handed_erased", exchange=body["exchange"])
    party = _party(keeper, body["exchange"])
    with act(keeper, case_id, EntryKind.RELEASE, "withdraw_submission") as doing:
        doing.details = {"submission": submission_id, "exchange": body["exchange"]}
    handover = party.withdraw(list(_listed(body)), body["receipts"], doing.now)
    with act(keeper, case_id, EntryKind.RELEASE, f"withdrawal_{handover.state.value}") as doing:
        row, body = doing.one(Submission, submission_id)
        doing.details = {"submission": submission_id, "detail": handover.detail}
        gone = handover.state is HandoverState.SENT
        state = SubmissionState.WITHDRAWN if gone else _state(keeper.services, row, body)
        doing.change(row, {**body, "detail": handover.detail, "sender": None}, state=state)
    return _view(keeper, row, body)


def forget(doing: Act, photo_id: str, *, handed: bool) -> None:
    """The photo is being erased: forget its hashes, inside another verb. That they were handed over, to whom and when,
    stays.

    Raises AnswerIsNo `cases.photo_in_the_air` while they are being sent, and, unless `handed`, `cases.photo_handed`
    while they are, or may be, out there.
    """
    for row, body in [one for one in doing.rows(Submission) if one[1]["photo"] == photo_id]:
        state = _state(doing.keeper.services, row, body)
        if state is SubmissionState.SENDING:
            raise AnswerIsNo("cases.photo_in_the_air", exchange=body["exchange"])
        if state in _OUT_THERE and not handed and not body.get("erased"):
            raise AnswerIsNo("cases.photo_handed", exchange=body["exchange"])
        left = {"entries": [], "receipts": [], "hashes": _count(body), "erased": True, "sender": None}
        doing.change(row, {**body, **left}, state=state)


def _count(body: dict[str, Any]) -> int:
    return int(body.get("hashes", len(body["entries"])))


def list_submissions(keeper: Keeper, case_id: str) -> list[SubmissionView]:
    """Everything that was handed to exchanges from this case."""
    return [_view(keeper, row, body) for row, body in look(keeper, case_id).rows(Submission)]


def _party(keeper: Keeper, exchange: str) -> Exchange:
    if keeper.services.exchange is None:
        raise BadInput("cases.no_exchanges")
    return keeper.services.exchange(exchange)


def _same(body: dict[str, Any], photo_id: str, exchange: str) -> bool:
    return bool(body["photo"] == photo_id and body["exchange"] == exchange)


def _entries(photo: dict[str, Any]) -> list[WatchEntry]:
    """Every hash of the photo once; ids are the views' names: the exchange learns no id of ours."""
    packed = shared_rows.pack(Fingerprint.unpack(base64.b64decode(photo["fingerprint"])))
    found = {
        to_hex(bits): WatchEntry(shared_rows.VIEWS[int(view)], Kind.PDQ, to_hex(bits), int(quality))
        for view, quality, bits in zip(*shared_rows.unpack(packed), strict=True)
    }
    return list(found.values())


def _listed(body: dict[str, Any]) -> Iterable[WatchEntry]:
    return (WatchEntry(name, Kind.PDQ, value, quality) for name, value, quality in body["entries"])


def _finish(keeper: Keeper, case_id: str, submission_id: str, handover: Handover) -> SubmissionView:
    with act(keeper, case_id, EntryKind.RELEASE, f"submit_{handover.state.value}") as doing:
        row, body = doing.one(Submission, submission_id)
        doing.details = {"submission": submission_id, "detail": handover.detail}
        body |= {"detail": handover.detail, "receipts": list(handover.receipts), "sender": None}
        doing.change(row, body, state=_STATES[handover.state])
    return _view(keeper, row, body)


def _state(services: Services, row: Submission, body: dict[str, Any]) -> SubmissionState:
    """The state as it is true now: what a killed process was sending may have gone, and nobody knows."""
    state = SubmissionState(row.state)
    if state is SubmissionState.SENDING and not still_on_the_way(services, row.id, body, _LONGEST):
        return SubmissionState.UNKNOWN
    return state


def _view(keeper: Keeper, row: Submission, body: dict[str, Any]) -> SubmissionView:
    return SubmissionView(
        row.id, body["exchange"], body["photo"], _count(body), _state(keeper.services, row, body).value,
        read_time(body["begun_at"]), body["detail"], bool(body.get("erased")),
    )  # fmt: skip
