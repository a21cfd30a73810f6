"""Opening a case, answering, the plan, its steps, and what a case is at a glance."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import Min

from sitr.cases.access import CaseKeys, Keeper, require_passphrase
from sitr.cases.models import (
    Answers,
    Case,
    CaseState,
    Exhibit,
    Notice,
    Photo,
    Sighting,
    Step,
    WrappedKey,
    table_name,
    writing_allowed,
)
from sitr.cases.services import Services, whole_hour
from sitr.cases.views import read_time
from sitr.cases.work import Act, OpenCase, act, append, bookkeeping, look, seconds
from sitr.errors import BadInput
from sitr.journal import Frontier, Kind
from sitr.knowledge import Plan, Progress, State, check_answers, make_plan
from sitr.vault import Identity, Place, open_sealed, seal, wrap_case

StepMark = Literal["done", "skipped", "later", "open"]
_LONGEST_WORDS = 20_000
_SAME_VISIT = timedelta(minutes=30)


@dataclass(frozen=True)
class CaseLine:
    """What may be said of a case without its key."""

    id: str
    state: str
    opened_hour: datetime
    due_hour: datetime | None


@dataclass(frozen=True)
class AnswersView:
    """The answers as they stand now."""

    country: str | None
    answers: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str]
    opened_at: datetime


@dataclass(frozen=True)
class CaseView:
    """A case at a glance. `pictures`: whether the answers allow pictures to be taken in (the person is an adult)."""

    id: str
    state: str
    country: str | None
    opened_at: datetime
    last_opened: datetime | None
    counts: Mapping[str, int]
    pictures: bool


def open_case(
    keeper: Keeper,
    *,
    country: str | None,
    answers: Mapping[str, Sequence[str]],
    words: Mapping[str, str] | None = None,
    time_proof: bool,
    calendar_proof: bool = False,
) -> str:
    """Open a case with its first answers; gives its id. `time_proof`: the consent that a hash, the hour and the address
    go to the time authorities; `calendar_proof`: the same of a salted hash and OpenTimestamps calendars, which write
    it, merged with others', into a public chain. Raises BadInput for answers that the playbook does not have.
    """
    require_passphrase(keeper)
    services = keeper.services
    said = _said(services, country, answers, words or {})
    identity, case_id, now = Identity.generate(), services.new_id(), services.now()
    _wrap_first(keeper, case_id, identity)
    try:
        with writing_allowed(), transaction.atomic():
            row = Case(
                id=case_id, state=CaseState.OPEN, public=identity.public, epoch=0, opened_hour=whole_hour(now),
                time_proof=time_proof, calendar_proof=calendar_proof, frontier=Frontier().pack(),
            )  # fmt: skip
            row.save(force_insert=True)
            doing = Act(row, CaseKeys({0: identity}), keeper, Kind.CASE, "open", now)
            doing.add(Answers, {**said, "opened_at": seconds(now)})
            consents = {"time_proof": time_proof, "calendar_proof": calendar_proof}
            append(doing, Kind.CASE, "open", consents, doing.writes)
    except BaseException:
        with writing_allowed():
            WrappedKey.objects.filter(case_id=case_id).delete()
        raise
    return case_id


def _wrap_first(keeper: Keeper, case_id: str, identity: Identity) -> None:
    # The key is written before the case: a key without a case opens nothing, a case without its key is lost.
    with writing_allowed():
        wrapped = wrap_case(identity, keeper.identity.public)
        WrappedKey(case_id=case_id, holder_id=keeper.holder_id, epoch=0, wrapped=wrapped).save(force_insert=True)


def answer(
    keeper: Keeper,
    case_id: str,
    answers: Mapping[str, Sequence[str]],
    words: Mapping[str, str] | None = None,
    country: str | None = None,
) -> None:
    """Give more answers, or other ones; an empty list takes an answer back. What was done and skipped stays.

    Photos leave the shared index with the answer that lets pictures in no longer, and orders that say otherwise are
    destroyed.
    """
    from sitr.cases import shared_index, shared_rows, watches  # they ask this module what the answers allow

    with act(keeper, case_id, Kind.ANSWER, "answer") as doing:
        before = answers_of(doing)
        merged = {name: tuple(chosen) for name, chosen in {**before.answers, **answers}.items() if chosen}
        kept = {name: text for name, text in {**before.words, **(words or {})}.items() if text}
        said = _said(keeper.services, country or before.country, merged, kept)
        doing.add(Answers, {**said, "opened_at": seconds(before.opened_at)})
        withdrawn = not pictures_allowed(doing) and shared_index.withdraw_all(doing)
        if not pictures_allowed(doing):
            watches.withdraw_pictures(doing)
    if withdrawn:
        shared_rows.scour_rows()
    watches.renew(keeper, case_id)


def _said(
    services: Services, country: str | None, answers: Mapping[str, Sequence[str]], words: Mapping[str, str]
) -> dict[str, object]:
    chosen = {name: tuple(options) for name, options in answers.items()}
    check_answers(chosen, services.knowledge)
    if any(len(text) > _LONGEST_WORDS for text in words.values()):
        raise BadInput("cases.words_too_long", limit=_LONGEST_WORDS)
    return {"country": country, "answers": {k: list(v) for k, v in chosen.items()}, "words": dict(words)}


def answers(keeper: Keeper, case_id: str) -> AnswersView:
    """The answers as they stand."""
    return answers_of(look(keeper, case_id))


def answers_of(case: OpenCase) -> AnswersView:
    """The answers of a case that is open already."""
    row = Answers.objects.filter(case=case.row).order_by("-order").first()
    body = case.body(row) if row else {"answers": {}, "words": {}, "country": None, "opened_at": None}
    chosen = {name: tuple(options) for name, options in body["answers"].items()}
    opened = read_time(body["opened_at"]) or case.row.opened_hour
    return AnswersView(body["country"], chosen, body["words"], opened)


def pictures_allowed(case: OpenCase) -> bool:
    """Whether pictures may be taken in: only when the person said that they were an adult."""
    return tuple(answers_of(case).answers.get("age", ())) == ("adult",)


def case_plan(keeper: Keeper, case_id: str) -> Plan:
    """The plan for the present answers, with what was done, skipped and put off."""
    case = look(keeper, case_id)
    now = answers_of(case)
    return make_plan(now.answers, keeper.services.knowledge, now.opened_at, now.country, _progress(case))


def _progress(case: OpenCase) -> Progress:
    marks = {body["step"]: body for _, body in case.rows(Step)}
    finished = {name: State(body["state"]) for name, body in marks.items() if body["state"] in {"done", "skipped"}}
    put_off = {name: body["days"] for name, body in marks.items() if body["days"]}
    sent = [time for _, body in case.rows(Notice) if (time := read_time(body.get("sent_at")))]
    events = {"notice_sent": min(sent), "first_report_sent": min(sent)} if sent else {}
    found = [time for _, body in case.rows(Sighting) if body["photo"] and (time := read_time(body["since"]))]
    if found:
        events["copy_found"] = min(found)
    return Progress(finished=finished, put_off=put_off, events=events)


def mark_step(keeper: Keeper, case_id: str, step_id: str, state: StepMark) -> None:
    """Mark a step done or skipped, put it off by a day, or open it again. Raises BadInput for an unknown step."""
    known = {step.id for step in keeper.services.knowledge.playbook.steps}
    if step_id not in known or state not in {"done", "skipped", "later", "open"}:
        raise BadInput("cases.no_step")
    with act(keeper, case_id, Kind.ANSWER, "step") as doing:
        row, before = next(((r, b) for r, b in doing.rows(Step) if b["step"] == step_id), (None, {"days": 0}))
        days = int(before["days"]) + 1 if state == "later" else int(before["days"])
        body = {"step": step_id, "state": "open" if state == "later" else state, "days": days}
        if row is None:
            doing.add(Step, body)
        else:
            doing.change(row, body)


def list_cases(services: Services) -> list[CaseLine]:  # noqa: ARG001  the stores are Django's
    """All cases of this home: ids, states and hours; no key is needed."""
    return [line for line, _ in _lines()]


def held_cases(keeper: Keeper) -> list[CaseLine]:
    """The cases that this holder can open now, and no other."""
    mine = set(WrappedKey.objects.filter(holder_id=keeper.holder_id).values_list("case_id", "epoch"))
    there = (CaseState.OPEN, CaseState.CLOSED)
    return [line for line, epoch in _lines() if line.state in there and (line.id, epoch) in mine]


def _lines() -> Iterator[tuple[CaseLine, int]]:
    """Each case of this home with its epoch, the oldest first."""
    for row in Case.objects.annotate(due=Min("notice__due_hour")).order_by("opened_hour", "id"):
        yield CaseLine(row.id, row.state, row.opened_hour, row.due), row.epoch


def show(keeper: Keeper, case_id: str) -> CaseView:
    """One case at a glance."""
    case = look(keeper, case_id)
    now = answers_of(case)
    told = (Photo, Sighting, Exhibit, Notice)  # what a person would count; the rest stands behind these
    counts = {table_name(model): model.objects.filter(case=case.row).count() for model in told}
    return CaseView(
        id=case.row.id, state=case.row.state, country=now.country, opened_at=now.opened_at,
        last_opened=_seen(keeper, case), counts=counts, pictures=pictures_allowed(case),
    )  # fmt: skip


def _seen(keeper: Keeper, case: OpenCase) -> datetime | None:
    """When the case was opened before this visit; notes this one. Sealed, since it says when somebody sat down."""
    place, now = Place(case.row.id, "case", case.row.id, "seen"), keeper.services.now()
    cell = bytes(case.row.seen)
    seen = (
        json.loads(open_sealed(cell, place, case.keys.of(case.row.epoch))) if cell else {"last": None, "before": None}
    )
    last = read_time(seen["last"])
    if last is None or now - last > _SAME_VISIT:
        seen = {"last": seconds(now), "before": seen["last"]}
        with bookkeeping():
            sealed = seal(json.dumps(seen).encode(), place, case.row.public)
            Case.objects.filter(pk=case.row.pk, epoch=case.row.epoch).update(seen=sealed)
    return read_time(seen["before"])
