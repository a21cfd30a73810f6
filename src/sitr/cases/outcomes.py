"""What became of the notices of a case, read out of what is sealed in it; and the consent that it may enter the ledger.

Nothing is stored beside the case: outcomes are reckoned anew from its notices, visits and answers whenever they are
needed. Not here: the ledger itself (`ledgers`), chances and hours (`sitr.takedown`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sitr.cases.access import Keeper
from sitr.cases.models import Case, CaseState, Consent, Holder, HolderKind, Notice, Reply, Sighting, WrappedKey
from sitr.cases.views import read_time
from sitr.cases.work import Act, OpenCase, act, look, seconds
from sitr.errors import NotFound
from sitr.journal import Kind
from sitr.knowledge import Knowledge
from sitr.takedown import Door, NoticeState, Outcome, Result, Span

TO_LEDGER = "outcomes"
_SENT = (NoticeState.SENT, NoticeState.ANSWERED, NoticeState.CLOSED)
_MOST_CASES = 100  # the newest; a page must not open years of cases
_HOUR = 3600.0


@dataclass(frozen=True)
class Found:
    """The outcome of one notice of a case."""

    notice: str
    outcome: Outcome


@dataclass(frozen=True)
class OutcomesView:
    """What a case could add to the ledger. `consented` says whether it may; `since` when that was said; `entered` the
    doors whose outcome was given to the ledger already, which cannot be taken back, because nothing leads to it.
    """

    consented: bool
    since: datetime | None
    outcomes: tuple[Outcome, ...]
    entered: tuple[Door, ...]


@dataclass(frozen=True)
class Ready:
    """What one case may give now: at most one outcome for each door, the first that was sent and is settled."""

    case: str
    by_door: Mapping[Door, Found] = field(repr=False)


def show(keeper: Keeper, case_id: str) -> OutcomesView:
    """What became of the notices of a case, and whether that may enter the ledger."""
    case = look(keeper, case_id)
    said = _consent(case)
    found = tuple(one.outcome for one in found_in(case, keeper.services.knowledge))
    since = read_time(said["since"]) if said and said["given"] else None
    return OutcomesView(bool(said and said["given"]), since, found, tuple(_entered(said).values()))


def consent(keeper: Keeper, case_id: str, *, given: bool) -> OutcomesView:
    """Say that the outcomes of a case may enter the ledger, or that from now on they may not.

    What may enter: service, channel and basis of a notice, how it ended, in rounded hours; at most once for each door,
    in one batch with other cases. What entered stays there: nothing says whose it is.
    """
    with act(keeper, case_id, Kind.RELEASE, "consent_outcomes" if given else "withdraw_outcomes") as doing:
        doing.details = {"to": TO_LEDGER, "given": given}
        row, body = consent_row(doing) or (None, {"to": TO_LEDGER, "entered": []})
        body |= {"given": given, "since": seconds(doing.now)}
        if row is None:
            doing.add(Consent, body)
        else:
            doing.change(row, body)
    return show(keeper, case_id)


def consent_row(case: OpenCase) -> tuple[Consent, dict[str, Any]] | None:
    """The row that says what was consented to, with its words; None where nobody was asked yet."""
    return next((one for one in case.rows(Consent) if one[1]["to"] == TO_LEDGER), None)


def _consent(case: OpenCase) -> dict[str, Any] | None:
    found = consent_row(case)
    return found[1] if found else None


def _entered(said: Mapping[str, Any] | None) -> dict[str, Door]:
    """The doors that entered, by the notice whose outcome it was."""
    return {one["notice"]: _door(one["door"]) for one in (said or {}).get("entered", ())}


def _door(parts: Sequence[Any]) -> Door:
    service, channel, basis = parts
    return service, channel, basis


def ready(case: OpenCase, knowledge: Knowledge) -> Ready:
    """What a case may give to the ledger now; nothing without its consent."""
    said = _consent(case)
    if not said or not said["given"]:
        return Ready(case.row.id, {})
    before, doors = _entered(said), dict[Door, Found]()
    for one in found_in(case, knowledge):
        if one.outcome.settled and one.outcome.door not in before.values():
            doors.setdefault(one.outcome.door, one)
    return Ready(case.row.id, doors)


def mark_entered(doing: Act, given: Sequence[Found]) -> None:
    """Write into the case what was given to the ledger, so that it is given only once. Raises NotFound when the consent
    is no longer there.
    """
    found = consent_row(doing)
    if found is None or not found[1]["given"]:
        raise NotFound("cases.no_such_thing")
    row, body = found
    doors = [list(one.outcome.door) for one in given]
    body["entered"] += [{"notice": o.notice, "door": door} for o, door in zip(given, doors, strict=True)]
    doing.details = {"to": TO_LEDGER, "doors": doors}
    doing.change(row, body)


def own(keeper: Keeper) -> dict[Door, list[Outcome]]:
    """What became of the notices of all one's own cases, by door; in memory only, and without what the ledger holds.

    Only for a person with their own home: a desk's worker ranks from the ledger, which needs consent.
    """
    found: dict[Door, list[Outcome]] = {}
    if Holder.objects.filter(pk=keeper.holder_id, kind=HolderKind.PERSON).exists():
        for case in own_cases(keeper):
            given = _entered(_consent(case))
            for one in found_in(case, keeper.services.knowledge):
                if one.notice not in given:
                    found.setdefault(one.outcome.door, []).append(one.outcome)
    return found


def own_cases(keeper: Keeper) -> Iterator[OpenCase]:
    """The newest cases that this holder can open and from which something was sent."""
    mine = WrappedKey.objects.filter(holder_id=keeper.holder_id).values_list("case_id", flat=True)
    sent = Notice.objects.filter(state__in=_SENT).values("case_id")
    rows = Case.objects.filter(pk__in=list(mine), state__in=(CaseState.OPEN, CaseState.CLOSED)).filter(pk__in=sent)
    for case_id in rows.order_by("-opened_hour", "id").values_list("pk", flat=True)[:_MOST_CASES]:
        try:
            yield look(keeper, case_id)
        except NotFound:  # removed from its holders meanwhile
            continue


def found_in(case: OpenCase, knowledge: Knowledge) -> list[Found]:
    """The outcome of each notice of which anything is known, in the order of sending."""
    places = {row.id: body for row, body in case.rows(Sighting)}
    answers: dict[str, list[datetime | None]] = {}
    for _, reply in case.rows(Reply):
        answers.setdefault(reply["notice"], []).append(read_time(reply["time"]))
    sent = [
        (at, row.id, body)
        for row, body in case.rows(Notice, state__in=_SENT)
        if (at := read_time(body["sent_at"])) and _acts_at_the_source(body, places.get(body["sighting"]), knowledge)
    ]
    sent.sort(key=lambda one: one[0])
    found = []
    for number, (at, notice, body) in enumerate(sent):
        later = [t for t, _, other in sent[number + 1 :] if other["sighting"] == body["sighting"] and t > at]
        outcome = _outcome(body, places[body["sighting"]], answers.get(notice, []), min(later, default=None))
        if outcome is not None:
            found.append(Found(notice, outcome))
    return found


def _acts_at_the_source(notice: Mapping[str, Any], place: Mapping[str, Any] | None, knowledge: Knowledge) -> bool:
    """Whether a visit can show what came of it: a search engine that hides a page leaves the page in place."""
    service = notice["service"]
    if not service or place is None:
        return False
    if service == place["service"] or service == notice["basis"]:
        return True
    try:
        return knowledge.service(service).category != "search"
    except NotFound:
        return False


def _outcome(
    notice: Mapping[str, Any], place: Mapping[str, Any], answers: Sequence[datetime | None], until: datetime | None
) -> Outcome | None:
    """What is known of one notice. From `until` on, when the next notice for the place went out, nothing is credited to
    this one: it counts as seen to stand up to then.
    """
    sent = datetime.fromisoformat(notice["sent_at"])
    gone = _first_gone(place, sent, until)
    door = {"service": notice["service"], "channel": notice["channel"], "basis": notice["basis"]}
    answer = _answer(answers, sent)
    if gone is not None:
        stood, seen_gone, back = gone
        removal = Span.around(_hours(sent, max(stood, sent)), _hours(sent, seen_gone))
        return Outcome(**door, answer=answer, removal=removal, result=Result.REMOVED, came_back=back)
    last = _last_stood(place, sent, until)
    if notice.get("refused_at"):
        return Outcome(**door, answer=answer, removal=_at_least(sent, last or sent), result=Result.REFUSED)
    if last is None:
        return None
    due = read_time(notice["due_at"])
    over = due is not None and last >= due and not answers
    return Outcome(
        **door, answer=answer, removal=_at_least(sent, last), result=Result.NO_ANSWER if over else Result.OPEN
    )


def _runs(place: Mapping[str, Any]) -> list[tuple[bool, datetime, datetime]]:
    """What visits saw, joined while nothing changed: whether it stood, first and last visit that saw so."""
    return [
        (state == "live", datetime.fromisoformat(first), datetime.fromisoformat(last))
        for state, first, last in place.get("runs", ())
    ]


def _first_gone(
    place: Mapping[str, Any], sent: datetime, until: datetime | None
) -> tuple[datetime, datetime, bool] | None:
    """The last visit before that saw it (or the sending), the first after sending that did not, and whether it came
    back; None where no such visit was.
    """
    runs = _runs(place)
    for number, (stood, first, _) in enumerate(runs):
        if not stood and first > sent and (until is None or first <= until):
            before = [last for live, _, last in runs[:number] if live]
            return max([sent, *before]), first, any(live for live, _, _ in runs[number + 1 :])
    return None


def _last_stood(place: Mapping[str, Any], sent: datetime, until: datetime | None) -> datetime | None:
    """The last time after sending at which it was seen to stand."""
    ends = [min(last, until) if until else last for live, first, last in _runs(place) if live and _before(first, until)]
    return max((end for end in ends if end > sent), default=None)


def _before(time: datetime, until: datetime | None) -> bool:
    return until is None or time <= until


def _answer(answers: Sequence[datetime | None], sent: datetime) -> Span | None:
    """When the first answer came, by the hour that the mail itself claims; "some time" where it claims none."""
    if not answers:
        return None
    told = [_hours(sent, at) for at in answers if at is not None and at >= sent]
    return Span.around(min(told), min(told)) if told else Span(0, None)


def _at_least(sent: datetime, last: datetime) -> Span:
    return Span.around(_hours(sent, last), None)


def _hours(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / _HOUR
