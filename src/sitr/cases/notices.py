"""Notices: doors, drafts, approval, sending, what became of them, answers.

A notice that may have gone out is never sent again by itself: it stands as `unknown`, and the person decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sitr.cases.access import Keeper
from sitr.cases.exhibits import place_of, summary, write
from sitr.cases.fresh_files import fresh_files
from sitr.cases.imports import Kept, letter_kept, require_same_age
from sitr.cases.ledgers import pooled
from sitr.cases.models import Notice, Reply, Sighting
from sitr.cases.on_the_way import on_the_way, still_on_the_way
from sitr.cases.openings import answers_of
from sitr.cases.outcomes import own
from sitr.cases.services import whole_hour
from sitr.cases.sightings import accepted_images
from sitr.cases.views import read_time
from sitr.cases.work import Act, OpenCase, act, look, seconds
from sitr.errors import AnswerIsNo, BadInput
from sitr.journal import Kind
from sitr.knowledge import identify, known_from_memory
from sitr.knowledge import routes as doors_of
from sitr.takedown import (
    CaseFacts,
    Content,
    Delivery,
    DeliveryState,
    Draft,
    Mail,
    NoticeState,
    RankedRoute,
    SightingFacts,
    clock,
    compose,
    is_mailbox,
    move,
    rank,
    read_reply,
)
from sitr.takedown import Reply as ReadReply
from sitr.vault import StoredBlob
from sitr.words import LANGS, Lang

# Longer than any delivery may last (see SmtpMailer.seconds): a notice still "being sent" after it was cut short.
_LONGEST_DELIVERY = timedelta(minutes=10)
_NOT_WORDS = frozenset({"recipient", "content", "agent"})
_LARGEST_REPLY = 40 * 1024 * 1024


@dataclass(frozen=True)
class ReplyView:
    """One answer; the mail itself is the exhibit."""

    id: str
    exhibit: str
    time: datetime | None
    sender: str
    subject: str
    text: str


@dataclass(frozen=True)
class NoticeView:
    """One notice. `required`: (id, Arabic label, English label) of what its basis asks for; `fields`: what is in it.

    `detail` is what the relay said, or the reference of a form; `lawful` whether the clock is the basis' own.
    `unverified` names the parts of its door that are from memory, `checked` the day on which they were last compared.
    """

    id: str
    sighting: str
    basis: str
    service: str | None
    channel: str | None
    recipient: str
    lang: str
    subject: str
    text: str
    fields: dict[str, str]
    required: tuple[tuple[str, str, str], ...]
    missing: tuple[str, ...]
    state: str
    sent_at: datetime | None
    due_at: datetime | None
    then: str | None
    lawful: bool
    replies: tuple[ReplyView, ...]
    detail: str
    unverified: tuple[str, ...]
    checked: date


def routes(keeper: Keeper, case_id: str, sighting_id: str) -> list[RankedRoute]:
    """The doors for one place, the best first, each with its reasons, its cost, and what became of earlier notices:
    one's own, in memory, and those of the ledger.
    """
    case = look(keeper, case_id)
    _, body = case.one(Sighting, sighting_id)
    return _doors(keeper, case, body)


def _doors(keeper: Keeper, case: OpenCase, sighting: dict[str, Any]) -> list[RankedRoute]:
    """The page decides before the image: a service acts on its posts, whatever host delivers their pictures."""
    knowledge, said = keeper.services.knowledge, answers_of(case)
    found = [*identify(sighting["page"], knowledge), *identify(sighting["url"], knowledge)]
    if not found:
        return []
    named = next((one for one in found if one.service), found[0])
    found_doors = doors_of(named, said.answers, knowledge, said.country)
    return rank(found_doors, own(keeper), pooled(door.service for door in found_doors))


def draft(
    keeper: Keeper,
    case_id: str,
    sighting_id: str,
    *,
    basis: str | None = None,
    channel: str | None = None,
    lang: Lang = "en",
    fields: Mapping[str, str] | None = None,
) -> NoticeView:
    """Write a notice for one place. Without `basis` or `channel`, those of the best door are taken.

    Nothing is invented: what was not given is named as missing. Raises NotFound for an unknown basis, BadInput.
    """
    if lang not in LANGS:
        raise BadInput("cases.no_language")
    case = look(keeper, case_id)
    _, sighting = case.one(Sighting, sighting_id)
    door = _door(_doors(keeper, case, sighting), basis, channel)
    body: dict[str, Any] = {
        "sighting": sighting_id, "basis": basis or (door.basis if door else None) or "generic_privacy_complaint",
        "service": door.service if door else sighting["service"],
        "channel": channel or (door.channel if door else None),
        "recipient": door.address if door else "", "lang": lang, "given": {}, "sent_at": None, "due_at": None,
        "then": None, "lawful": False, "detail": "", "message_id": "", "sender": None,
    }  # fmt: skip
    keeper.services.knowledge.basis(body["basis"])
    with act(keeper, case_id, Kind.NOTICE, "draft") as doing:
        _composed(keeper, doing, body, dict(fields or {}))
        row = doing.add(Notice, body, state=NoticeState.DRAFT)
        doing.details = {"notice": row.id, "sighting": sighting_id, "basis": body["basis"]}
    return _view(keeper, look(keeper, case_id), row, body)


def _door(doors: list[RankedRoute], basis: str | None, channel: str | None) -> RankedRoute | None:
    fit = (d for d in doors if basis in (None, d.basis) and channel in (None, d.channel))
    return next(fit, None)


def fill(keeper: Keeper, case_id: str, notice_id: str, fields: Mapping[str, str]) -> NoticeView:
    """Give fields of a draft, or change them; an approved notice becomes a draft again, since its text changes."""
    with act(keeper, case_id, Kind.NOTICE, "fill") as doing:
        row, body = doing.one(Notice, notice_id)
        state = NoticeState(row.state)
        if state is not NoticeState.DRAFT:
            state = move(state, NoticeState.DRAFT)
        # A value that only repeats what Sitr wrote is not the person's: it must follow when an address changes.
        own = {k: v for k, v in fields.items() if k in body["given"] or v != body["fields"].get(k)}
        _composed(keeper, doing, body, {**body["given"], **own})
        doing.details = {"notice": notice_id}
        doing.change(row, body, state=state)
    return _view(keeper, look(keeper, case_id), row, body)


def _composed(keeper: Keeper, case: OpenCase, body: dict[str, Any], given: dict[str, str]) -> None:
    """Compose the text anew from what was given, and write it into the notice's words."""
    given = {name: text for name, text in given.items() if text.strip()}
    body["given"] = given
    if given.get("recipient"):
        body["recipient"] = given["recipient"].strip()
    made = _compose(keeper, case, body, given)
    body |= {"subject": made.subject, "text": made.text, "fields": made.fields, "missing": list(made.missing)}


def _compose(keeper: Keeper, case: OpenCase, body: dict[str, Any], given: dict[str, str]) -> Draft:
    _, sighting = case.one(Sighting, body["sighting"])
    knowledge = keeper.services.knowledge
    basis = knowledge.basis(body["basis"])
    try:
        content = Content(given["content"]) if given.get("content") else None
    except ValueError:
        raise BadInput("cases.no_content_kind") from None
    facts = CaseFacts(
        given={name: text for name, text in given.items() if name not in _NOT_WORDS},
        ticked=frozenset(name for name in basis.statements if given.get(name, "").casefold() in {"yes", "نعم", "true"}),
        content=content,
        agent=given.get("agent", "").casefold() in {"yes", "نعم", "true"},
    )
    page = sighting["page"] or sighting["url"]
    images = tuple(dict.fromkeys([*([sighting["image"]] if sighting["image"] else []), *accepted_images(case, page)]))
    where = SightingFacts(pages=(page,), images=images, ids=sighting["ids"])
    return compose(basis, facts, where, body["lang"], keeper.services.now())


def approve(keeper: Keeper, case_id: str, notice_id: str) -> NoticeView:
    """The person's consent to this very text. Raises AnswerIsNo while a required field is missing.

    From `unknown` or `refused` it says that the person wants it sent again.
    """
    with act(keeper, case_id, Kind.NOTICE, "approve") as doing:
        row, body = doing.one(Notice, notice_id)
        state = move(_state(keeper, row, body), NoticeState.APPROVED, body["missing"])
        doing.details = {"notice": notice_id, "recipient": body["recipient"], "basis": body["basis"]}
        doing.change(row, body, state=state)
    return _view(keeper, look(keeper, case_id), row, body)


def send(keeper: Keeper, case_id: str, notice_id: str) -> NoticeView:
    """Send an approved notice by mail. Where no relay is configured, or the recipient is a form, nothing is sent: the
    text is there to be handed over, and the notice stays approved.
    """
    services = keeper.services
    case = look(keeper, case_id)
    row, body = case.one(Notice, notice_id)
    if services.mailer is None or not is_mailbox(body["recipient"]):
        if NoticeState(row.state) is not NoticeState.APPROVED:
            move(_state(keeper, row, body), NoticeState.SENDING)
        return _view(keeper, case, row, body)
    with on_the_way(notice_id):
        mail = _begin(keeper, case_id, notice_id)
        return _finish(keeper, case_id, notice_id, _deliver(keeper, mail))


def _begin(keeper: Keeper, case_id: str, notice_id: str) -> Mail:
    # Written before the first byte goes out: whoever finds it after a crash knows that it may have gone.
    services = keeper.services
    with act(keeper, case_id, Kind.NOTICE, "send") as doing:
        row, body = doing.one(Notice, notice_id)
        state = move(_state(keeper, row, body), NoticeState.SENDING)
        body |= {
            "message_id": f"<{services.new_id()}@sitr.invalid>", "sender": services.process,
            "begun_at": seconds(doing.now),
        }  # fmt: skip
        doing.details = {"notice": notice_id, "recipient": body["recipient"], "message_id": body["message_id"]}
        doing.change(row, body, state=state)
    return Mail(
        sender=services.mail_from, recipient=body["recipient"], subject=body["subject"], text=body["text"],
        message_id=body["message_id"], date=doing.now,
    )  # fmt: skip


def _deliver(keeper: Keeper, mail: Mail) -> Delivery:
    mailer = keeper.services.mailer
    if mailer is None:
        return Delivery(DeliveryState.REFUSED, "")
    try:
        return mailer.send(mail)
    except BadInput as refused:
        # An address or subject that cannot stand in a mail: refused before a connection was opened.
        return Delivery(DeliveryState.REFUSED, refused.code)


def _finish(keeper: Keeper, case_id: str, notice_id: str, delivery: Delivery) -> NoticeView:
    with act(keeper, case_id, Kind.NOTICE, delivery.state.value) as doing:
        row, body = doing.one(Notice, notice_id)
        doing.details = {"notice": notice_id, "detail": delivery.detail}
        body |= {"detail": delivery.detail, "sender": None}
        if NoticeState(row.state) is not NoticeState.SENDING:
            doing.change(row, body)  # it took so long that the person decided meanwhile: their word stands
        else:
            state = move(NoticeState.SENDING, NoticeState(delivery.state.value))
            due = _start_clock(keeper, doing, notice_id, body, doing.now) if state is NoticeState.SENT else None
            doing.change(row, body, state=state, due_hour=due)
    return _view(keeper, look(keeper, case_id), row, body)


def _start_clock(keeper: Keeper, doing: Act, notice_id: str, body: dict[str, Any], sent_at: datetime) -> datetime:
    """Start the recipient's time, with an entry of its own; gives the hour that may stand in clear."""
    running = clock(keeper.services.knowledge.basis(body["basis"]).deadline, sent_at)
    body |= {
        "sent_at": seconds(sent_at), "due_at": seconds(running.due_at), "lawful": running.lawful,
        "then": running.then.value if running.then else None,
    }  # fmt: skip
    doing.also(Kind.CLOCK, "start_clock", {"notice": notice_id, "due_at": body["due_at"], "lawful": running.lawful})
    return whole_hour(running.due_at)


def mark_sent(keeper: Keeper, case_id: str, notice_id: str, reference: str, at: datetime) -> NoticeView:
    """Record that the person sent it by hand, when, and under which reference. Starts the clock.

    Raises BadInput for a time to come, AnswerIsNo where it was not approved.
    """
    sent_at = at.astimezone(UTC)
    if sent_at > keeper.services.now() + timedelta(minutes=5):
        raise BadInput("cases.time_to_come")
    with act(keeper, case_id, Kind.NOTICE, "mark_sent") as doing:
        row, body = doing.one(Notice, notice_id)
        before = _state(keeper, row, body)
        if before is NoticeState.SENDING:  # its own delivery says what became of it
            raise AnswerIsNo("takedown.not_allowed", old=before.value, new=NoticeState.SENT.value)
        state = move(before, NoticeState.SENT)
        body |= {"detail": reference[:500], "sender": None}
        doing.details = {"notice": notice_id, "reference": reference[:500]}
        due = _start_clock(keeper, doing, notice_id, body, sent_at)
        doing.change(row, body, state=state, due_hour=due)
    return _view(keeper, look(keeper, case_id), row, body)


def file_reply(keeper: Keeper, case_id: str, notice_id: str, raw: bytes, name: str) -> ReplyView:
    """File an answer as an exhibit, byte for byte. Raises BadInput for an empty or huge file.

    Where no picture may be taken in, a mail that is more than plain words is kept by its words alone.
    The clock runs on: an answer may be a mere acknowledgement. A visit that finds the photo gone stops it, or the
    person does.
    """
    if not raw.strip() or len(raw) > _LARGEST_REPLY:
        raise BadInput("cases.reply_size", megabytes=_LARGEST_REPLY // 2**20)
    said = read_reply(raw)
    case = look(keeper, case_id)
    case.one(Notice, notice_id)
    exhibit_id = keeper.services.new_id()
    kept = letter_kept(keeper, case, raw, name)
    with fresh_files(keeper.services) as fresh:
        fresh.append(keeper.services.blobs.put(kept.source, place_of(case_id, exhibit_id), case.row.public))
        made, reply = _write_reply(keeper, case, notice_id, exhibit_id, fresh[0], kept, said)
    return _reply_view(made.id, reply)


def _write_reply(
    keeper: Keeper, case: OpenCase, notice_id: str, exhibit_id: str, blob: StoredBlob, kept: Kept, said: ReadReply
) -> tuple[Reply, dict[str, Any]]:
    with act(keeper, case.row.id, Kind.REPLY, "file_reply") as doing:
        doing.require_epoch(case.row.epoch)
        row, body = doing.one(Notice, notice_id)
        state = move(_state(keeper, row, body), NoticeState.ANSWERED)
        require_same_age(kept, doing)
        exhibit = write(doing, exhibit_id, blob, kind="reply", **kept.words())
        reply = {
            "notice": notice_id, "exhibit": exhibit_id, "sender": said.from_, "subject": said.subject,
            "time": seconds(said.time) if said.time else None, "text": said.body, "problems": list(said.problems),
        }  # fmt: skip
        made = doing.add(Reply, reply)
        doing.details = {"notice": notice_id, "reply": made.id, "exhibits": [summary(exhibit_id, exhibit)]}
        doing.change(row, body, state=state)
    return made, reply


def mark_refused(keeper: Keeper, case_id: str, notice_id: str) -> NoticeView:
    """Record that the recipient said no: what an answer says is for a person to judge. The clock runs on.

    Raises AnswerIsNo where it was not sent.
    """
    with act(keeper, case_id, Kind.REPLY, "answer_refused") as doing:
        row, body = doing.one(Notice, notice_id)
        state = move(_state(keeper, row, body), NoticeState.ANSWERED)
        doing.details = {"notice": notice_id}
        doing.change(row, {**body, "refused_at": seconds(doing.now)}, state=state)
    return _view(keeper, look(keeper, case_id), row, body)


def close(keeper: Keeper, case_id: str, notice_id: str) -> NoticeView:
    """The person is done with this notice: its clock stops. Raises AnswerIsNo while it is being sent."""
    with act(keeper, case_id, Kind.NOTICE, "close") as doing:
        row, body = doing.one(Notice, notice_id)
        state = move(_state(keeper, row, body), NoticeState.CLOSED)
        doing.details = {"notice": notice_id}
        doing.change(row, body, state=state, due_hour=None)
    return _view(keeper, look(keeper, case_id), row, body)


def list_notices(keeper: Keeper, case_id: str) -> list[NoticeView]:
    """All notices of a case, in the order of writing."""
    case = look(keeper, case_id)
    replies = _replies(case)
    return [_shown(keeper, row, body, replies) for row, body in case.rows(Notice)]


def _state(keeper: Keeper, row: Notice, body: dict[str, Any]) -> NoticeState:
    """The state as it is true now: a notice whose sender was killed may have gone, and nobody knows."""
    state = NoticeState(row.state)
    if state is NoticeState.SENDING and not still_on_the_way(keeper.services, row.id, body, _LONGEST_DELIVERY):
        return NoticeState.UNKNOWN
    return state


def _replies(case: OpenCase) -> dict[str, list[ReplyView]]:
    """The answers by the notice that they answer."""
    found: dict[str, list[ReplyView]] = {}
    for row, body in case.rows(Reply):
        found.setdefault(body["notice"], []).append(_reply_view(row.id, body))
    return found


def _view(keeper: Keeper, case: OpenCase, row: Notice, body: dict[str, Any]) -> NoticeView:
    return _shown(keeper, row, body, _replies(case))


def _shown(keeper: Keeper, row: Notice, body: dict[str, Any], replies: dict[str, list[ReplyView]]) -> NoticeView:
    basis = keeper.services.knowledge.basis(body["basis"])
    return NoticeView(
        id=row.id, sighting=body["sighting"], basis=body["basis"], service=body["service"], channel=body["channel"],
        recipient=body["recipient"], lang=body["lang"], subject=body["subject"], text=body["text"],
        fields={**body["fields"], **body["given"]},
        required=tuple((f.id, f.label.ar, f.label.en) for f in basis.required_fields), missing=tuple(body["missing"]),
        state=_state(keeper, row, body).value, sent_at=read_time(body["sent_at"]), due_at=read_time(body["due_at"]),
        then=body["then"], lawful=body["lawful"], replies=tuple(replies.get(row.id, ())), detail=body["detail"],
        unverified=known_from_memory(
            keeper.services.knowledge, body["service"], body["channel"], basis, body["recipient"]
        ),
        checked=basis.checked.on,
    )  # fmt: skip


def _reply_view(row_id: str, body: dict[str, Any]) -> ReplyView:
    return ReplyView(
        id=row_id, exhibit=body["exhibit"], time=read_time(body["time"]), sender=body["sender"],
        subject=body["subject"], text=body["text"],
    )  # fmt: skip
