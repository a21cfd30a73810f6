"""The watch: pages, accounts, result pages and places of appearance that are visited again by schedule.

What belongs here: what a holder decides and opens. What a worker does with an order is in `orders`; when an address is
visited again, and how, is decided in `sitr.finding`. Why the keys are as they are is told in
docs/decisions/0017-watch.md.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sitr.cases.access import Keeper
from sitr.cases.models import (
    UNACCEPTED,
    Case,
    CaseState,
    Consent,
    NewsState,
    Sighting,
    SightingState,
    Watch,
    WatchNews,
    WatchRound,
    WatchState,
    WrappedKey,
)
from sitr.cases.openings import pictures_allowed
from sitr.cases.orders import VisitView, Worker, key_mark, read_account, run, seal_order
from sitr.cases.photos import fingerprints
from sitr.cases.scouring import scour
from sitr.cases.sightings import SightingView, propose, settle, view
from sitr.cases.views import NEVER, read_time
from sitr.cases.work import Act, OpenCase, act, bookkeeping, look, seconds
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.finding import Every, Find, Found, Manners, Memory, Order, State, Visit, WatchKind, forget_sights
from sitr.fingerprint import Fingerprint, Reason
from sitr.journal import Kind
from sitr.knowledge import Knowledge, identify
from sitr.vault import Identity

WHILE_AWAY = "watch_while_away"
_ACCOUNTS = frozenset(
    {"profile", "user", "channel", "group", "profile_or_group", "channel_or_user", "user_link", "blog"}
)
_PLACE_STATES = frozenset(State)


@dataclass(frozen=True)
class WatchView:
    """One watched address. `state`: active or paused; `seen`: what the last visit saw, with its `reason` (a sentence's
    code and blanks), "" before the first. `next_at` is None while paused; `standing`: also visited while nobody is
    there. `sighting`: the place that it is, where it is one."""

    id: str
    url: str
    kind: str
    every: str
    state: str
    since: datetime
    sighting: str | None
    seen: str
    reason: dict[str, Any] | None
    visits: int
    last_at: datetime | None
    next_at: datetime | None
    standing: bool


@dataclass(frozen=True)
class NewsView:
    """Something that a worker saw and that waits until it is opened. `found`: the addresses of new copies."""

    id: str
    watch: str
    at: datetime
    url: str
    state: str
    reason: dict[str, Any]
    found: tuple[str, ...]


@dataclass(frozen=True)
class TakenView:
    """What became of what waited: places that came back, places proposed anew, places whose state changed."""

    returned: tuple[SightingView, ...] = ()
    proposed: tuple[SightingView, ...] = ()
    changed: tuple[SightingView, ...] = ()


@dataclass(frozen=True)
class AwayView:
    """Whether addresses of this case may be visited while nobody is there: `possible` where the operator gave a
    standing key, `given` since when; `orders`: how many Sitr can read while nobody is there."""

    possible: bool
    given: bool
    since: datetime | None
    orders: int


def add(
    keeper: Keeper, case_id: str, text: str, *, kind: str | None = None, every: str = Every.AUTO
) -> list[WatchView]:
    """Watch every address in `text`, or the place whose id it is. One that is watched already keeps its history and
    takes over `every`; a paused one goes on. Visits nothing.

    `kind`: one of `WatchKind`; by the address where it is not said. Raises BadInput for no address, another kind or
    interval; AnswerIsNo for a find that was not accepted.
    """
    _one_of(kind or WatchKind.PAGE, WatchKind)
    _one_of(every, Every)
    with act(keeper, case_id, Kind.SIGHTING, "add_watch") as doing:
        wanted = _wanted(doing, text, kind)
        known = {body["canonical"]: (row, body) for row, body in doing.rows(Watch) if row.state != WatchState.REMOVED}
        ids = [_watch(doing, each, known.get(each["canonical"]), every) for each in wanted]
        doing.details = {"watches": [{"id": i, "url": w["url"]} for i, w in zip(ids, wanted, strict=True)]}
        _renew(doing, ids)
    return [one for one in list_watches(keeper, case_id) if one.id in ids]


def add_places(keeper: Keeper, case_id: str, *, every: str = Every.AUTO) -> list[WatchView]:
    """Watch every accepted place of appearance, those that are gone among them. Raises AnswerIsNo for none."""
    rows = look(keeper, case_id).rows(Sighting)
    places = [row.id for row, _ in rows if row.state not in UNACCEPTED]
    if not places:
        raise AnswerIsNo("cases.watch_no_places")
    return [one for place in places for one in add(keeper, case_id, place, every=every)]


def _one_of(word: str, words: type[WatchKind] | type[Every]) -> None:
    if word not in set(words):
        raise BadInput("cases.watch_one_of", word=str(word)[:40], choices=", ".join(words))


def _wanted(doing: Act, text: str, kind: str | None) -> list[dict[str, Any]]:
    places = [(row, body) for row, body in doing.rows(Sighting) if row.state != SightingState.REJECTED]
    place = next((one for one in places if one[0].id == text.strip()), None)
    if place is not None:
        return [_place(*place)]
    found = identify(text, doing.keeper.services.knowledge)
    if not found:
        raise BadInput("cases.no_address", example="https://example.com/page")
    return [_address(one, places, kind, doing.keeper.services.knowledge) for one in found]


def _place(row: Sighting, body: dict[str, Any]) -> dict[str, Any]:
    if row.state in UNACCEPTED:
        raise AnswerIsNo("cases.not_accepted")
    return {
        "url": body["page"] or body["url"], "canonical": f"place:{row.id}", "kind": WatchKind.PLACE.value,
        "sighting": row.id, "image": body["image"],
    }  # fmt: skip


def _address(
    one: Any, places: list[tuple[Sighting, dict[str, Any]]], kind: str | None, knowledge: Knowledge
) -> dict[str, Any]:
    """What is watched at an address: the place that it is, unless another kind is wished; else a page."""
    same = [
        (row, body)
        for row, body in places
        if row.state not in UNACCEPTED and one.canonical_url in {body["canonical"], body["page"], body["url"]}
    ]
    if same and kind in {None, WatchKind.PLACE}:
        return _place(*same[0])
    if kind == WatchKind.PLACE:
        raise BadInput("cases.watch_no_place")
    chosen = kind or _guess(one, knowledge).value
    return {"url": one.url, "canonical": one.canonical_url, "kind": chosen, "sighting": None, "image": ""}


def _guess(one: Any, knowledge: Knowledge) -> WatchKind:
    """By the address: a search engine's page, an account, else a page. The person may say otherwise."""
    if one.service and knowledge.service(one.service).category == "search":
        return WatchKind.SEARCH
    return WatchKind.ACCOUNT if one.kind in _ACCOUNTS else WatchKind.PAGE


def _watch(doing: Act, wanted: dict[str, Any], known: tuple[Watch, dict[str, Any]] | None, every: str) -> str:
    if known is not None:
        row, body = known
        doing.change(row, {**body, "every": every}, state=WatchState.ACTIVE)
        return row.id
    body = {**wanted, "every": every, "since": seconds(doing.now)}
    return doing.add(Watch, body, state=WatchState.ACTIVE).id


def list_watches(keeper: Keeper, case_id: str) -> list[WatchView]:
    """All watched addresses, paused ones too, in the order in which they were added."""
    case = look(keeper, case_id)
    rounds = {row.id: row for row in WatchRound.objects.filter(case=case.row)}
    standing = key_mark(keeper.services.standing_public) if keeper.services.standing_public else None
    rows = [(row, body) for row, body in case.rows(Watch) if row.state != WatchState.REMOVED]
    return [_view(case, row, body, rounds.get(row.id), standing) for row, body in rows]


def _view(case: OpenCase, row: Watch, body: dict[str, Any], turn: WatchRound | None, standing: str | None) -> WatchView:
    account = read_account(turn, case.keys.of(turn.epoch)) if turn is not None else None
    memory = Memory.of(account["memory"]) if account else None
    active = row.state == WatchState.ACTIVE
    return WatchView(
        id=row.id, url=body["url"], kind=body["kind"], every=body["every"], state=row.state,
        since=read_time(body["since"]) or NEVER, sighting=body["sighting"],
        seen=memory.state or "unknown" if memory and memory.visits else "",
        reason=dict(memory.reason) or None if memory else None, visits=memory.visits if memory else 0,
        last_at=read_time(memory.last) if memory else None,
        next_at=read_time(account["due"]) if account and active else None,
        standing=bool(turn is not None and standing and turn.key == standing),
    )  # fmt: skip


def pause(keeper: Keeper, case_id: str, watch_id: str) -> None:
    """Visit an address no more until it is resumed; its order is destroyed. Raises NotFound."""
    _set(keeper, case_id, watch_id, WatchState.PAUSED, "pause_watch")


def resume(keeper: Keeper, case_id: str, watch_id: str) -> None:
    """Visit an address again by its schedule. Raises NotFound."""
    _set(keeper, case_id, watch_id, WatchState.ACTIVE, "resume_watch")


def remove(keeper: Keeper, case_id: str, watch_id: str) -> None:
    """Watch an address no more; what was found there stays. Raises NotFound."""
    _set(keeper, case_id, watch_id, WatchState.REMOVED, "remove_watch")


def _set(keeper: Keeper, case_id: str, watch_id: str, state: WatchState, verb: str) -> None:
    with act(keeper, case_id, Kind.SIGHTING, verb) as doing:
        row, body = doing.one(Watch, watch_id)
        if row.state == WatchState.REMOVED:
            raise NotFound("cases.no_such_thing")
        doing.change(row, body, state=state)
        doing.details = {"watch": watch_id, "url": body["url"]}
        if state is WatchState.REMOVED:
            WatchRound.objects.filter(pk=watch_id, case=doing.row).delete()
        else:
            _take_back(doing, [watch_id])
            _renew(doing, [watch_id])
    scour("default", WatchRound._meta.db_table)


# --- orders ---


def consent(keeper: Keeper, case_id: str, *, given: bool) -> AwayView:
    """Say that addresses of this case may be visited while nobody is there: the operator's worker can then read what is
    in their orders. Or say no: its orders are destroyed at once. Raises AnswerIsNo where the operator gave no key.
    """
    services = keeper.services
    if given and not services.standing_public:
        raise AnswerIsNo("cases.watch_no_standing")
    with act(keeper, case_id, Kind.RELEASE, "consent_watch" if given else "withdraw_watch") as doing:
        doing.details = {"to": WHILE_AWAY, "given": given}
        found = _consent_row(doing)
        body = {"to": WHILE_AWAY, "given": given, "since": seconds(doing.now)}
        if found is None:
            doing.add(Consent, body)
        else:
            doing.change(found[0], body)
        ids = [row.id for row, _ in doing.rows(Watch, state=WatchState.ACTIVE)]
        if not given:
            _take_back(doing, ids)
        _renew(doing, ids)
    if not given:
        scour("default", WatchRound._meta.db_table)
    return away(keeper, case_id)


def away(keeper: Keeper, case_id: str) -> AwayView:
    """Whether addresses of a case are visited while nobody is there: "Sitr can read this while you are away"."""
    case, public = look(keeper, case_id), keeper.services.standing_public
    found = _consent_row(case)
    given = bool(found and found[1]["given"])
    orders = WatchRound.objects.filter(case=case.row, key=key_mark(public)).count() if public else 0
    return AwayView(bool(public), given, read_time(found[1]["since"]) if found and given else None, orders)


def _consent_row(case: OpenCase) -> tuple[Consent, dict[str, Any]] | None:
    return next((one for one in case.rows(Consent) if one[1]["to"] == WHILE_AWAY), None)


def renew(keeper: Keeper, case_id: str) -> None:
    """Make the orders of the standing worker anew where photos or answers are others now than when they were made. No
    entry: nothing is decided by it. Nothing happens without consent."""
    case, public = look(keeper, case_id), keeper.services.standing_public
    found = _consent_row(case)
    if not public or not (found and found[1]["given"]):
        return
    photos, now = _photos(case), keeper.services.now()
    for row, body in case.rows(Watch, state=WatchState.ACTIVE):
        with bookkeeping():
            turn = WatchRound.objects.select_for_update().filter(pk=row.id).first()
            if turn is not None and not _under_way(turn, now) and _is_other(case, turn, photos, public):
                _store(case, row.id, turn, _order(case, body, turn, photos, now), public)


def _is_other(case: OpenCase, turn: WatchRound, photos: Mapping[str, Fingerprint], public: str) -> bool:
    account = read_account(turn, case.keys.of(turn.epoch))
    return turn.key != key_mark(public) or account["photos"] != sorted(photos)


def withdraw_pictures(doing: Act) -> None:
    """The answers let pictures in no longer: orders that say otherwise are destroyed at once, in whosever hands they
    are; a visit under way leaves nothing."""
    turns = WatchRound.objects.filter(case=doing.row).exclude(key="")
    turns.update(key="", order=b"", lease="", lease_until=None)


def forget_photos(doing: Act) -> None:
    """A photo was erased: every order is destroyed at once, in whosever hands it is, and made anew with the photos that
    are left. A visit under way leaves nothing."""
    ids = [row.id for row, _ in doing.rows(Watch) if row.state != WatchState.REMOVED]
    _take_back(doing, ids)
    _renew(doing, ids)


def hand_out(keeper: Keeper, public: str) -> int:
    """Seal what is due now in all one's own open cases to a worker's key, but for what the standing worker has and what
    a visit is under way for; gives how many. Of a person who is there: no consent but being there is needed."""
    return sum(_hand_out(keeper, case_id, public) for case_id in _own_cases(keeper))


def _own_cases(keeper: Keeper) -> list[str]:
    mine = WrappedKey.objects.filter(holder_id=keeper.holder_id).values_list("case_id", flat=True)
    return list(Case.objects.filter(pk__in=list(mine), state=CaseState.OPEN).values_list("pk", flat=True))


def _hand_out(keeper: Keeper, case_id: str, public: str) -> int:
    try:
        case = look(keeper, case_id)
    except NotFound:  # erased, or closed to this holder, meanwhile
        return 0
    photos, now, services = _photos(case), keeper.services.now(), keeper.services
    standing = key_mark(services.standing_public) if services.standing_public else None
    given = 0
    for row, body in case.rows(Watch, state=WatchState.ACTIVE):
        with bookkeeping():
            turn = WatchRound.objects.select_for_update().filter(pk=row.id).first()
            if turn is not None and (turn.key == standing or _under_way(turn, now)):
                continue
            order = _order(case, body, turn, photos, now)
            if order.due <= now:
                _store(case, row.id, turn, order, public)
                given += 1
    return given


def take_back(worker: Worker) -> int:
    """Destroy a worker's orders; gives how many. Needs nobody's key: what is remembered stands in the accounts."""
    with bookkeeping():
        mine = WatchRound.objects.filter(key=worker.mark)
        return int(mine.update(key="", order=b"", lease="", lease_until=None))


def _under_way(turn: WatchRound, now: datetime) -> bool:
    return bool(turn.lease) and turn.lease_until is not None and turn.lease_until > now


def _take_back(doing: Act, ids: list[str]) -> None:
    """Destroy the orders of these watches, in whosever hands they are: a visit under way leaves nothing then."""
    turns = WatchRound.objects.filter(case=doing.row, pk__in=ids)
    turns.update(key="", order=b"", lease="", lease_until=None, due_hour=None)


def _renew(doing: Act, ids: list[str]) -> None:
    """Make the rounds of these watches anew: for the standing worker where there is consent, else for nobody yet."""
    services = doing.keeper.services
    found = _consent_row(doing)
    public = services.standing_public if found and found[1]["given"] else ""
    photos = _photos(doing)
    turns = {row.id: row for row in WatchRound.objects.filter(case=doing.row)}
    for row, body in doing.rows(Watch, state=WatchState.ACTIVE):
        turn = turns.get(row.id)
        if row.id in ids and not (turn is not None and _under_way(turn, doing.now)):
            _store(doing, row.id, turn, _order(doing, body, turn, photos, doing.now), public)


def _photos(case: OpenCase) -> dict[str, Fingerprint]:
    """The photos to look for; none where no picture may be taken in."""
    return fingerprints(case) if pictures_allowed(case) else {}


def _order(
    case: OpenCase, body: dict[str, Any], turn: WatchRound | None, photos: Mapping[str, Fingerprint], now: datetime
) -> Order:
    """The order of a watch as it stands now, with what was remembered at earlier visits."""
    account = read_account(turn, case.keys.of(turn.epoch)) if turn is not None else None
    memory = Memory.of(account["memory"]) if account else Memory(fresh=now.isoformat())
    if account and account["photos"] != sorted(photos):
        memory = forget_sights(memory)
    was = case.one(Sighting, body["sighting"])[0].state if body["sighting"] else ""
    pictures = pictures_allowed(case)
    return Order(
        url=body["url"], kind=WatchKind(body["kind"]), every=Every(body["every"]), pictures=pictures,
        due=datetime.fromisoformat(account["due"]) if account else now, memory=memory,
        image=body["image"] if pictures else "", was=was, photos=photos,
    )  # fmt: skip


def _store(case: OpenCase, watch_id: str, turn: WatchRound | None, order: Order, public: str) -> None:
    columns = seal_order(case.row, watch_id, order, public)
    row = turn or WatchRound(id=watch_id, case=case.row)
    for name, value in columns.items():
        setattr(row, name, value)
    row.lease, row.lease_until = "", None
    row.save()


# --- what was seen ---


def news(keeper: Keeper, case_id: str) -> list[NewsView]:
    """What workers saw and nobody has opened yet, in the order in which they saw it."""
    rows = look(keeper, case_id).rows(WatchNews, state=NewsState.WAITING)
    return [
        NewsView(
            row.id, body["watch"], read_time(body["at"]) or NEVER, body["url"], body["state"], body["reason"],
            tuple(find["image"] for find in body["finds"]),
        )
        for row, body in rows
    ]  # fmt: skip


@dataclass
class _Taking:
    """What is being taken over: ids of places, each once."""

    returned: dict[str, None] = field(default_factory=dict)
    proposed: dict[str, None] = field(default_factory=dict)
    changed: dict[str, None] = field(default_factory=dict)


def take_in(keeper: Keeper, case_id: str) -> TakenView:
    """Open what workers saw: copies that are new become proposals, a place takes the state that was seen, one that came
    back is open again with its clocks. Nothing is written where nothing waits. Renews the standing orders, too.
    """
    case = look(keeper, case_id)
    if not _anything_to_take(case):
        renew(keeper, case_id)
        return TakenView()
    taking = _Taking()
    with act(keeper, case_id, Kind.SIGHTING, "take_watch_news") as doing:
        watches = {row.id: body for row, body in doing.rows(Watch)}
        opened = doing.rows(WatchNews, state=NewsState.WAITING)
        for row, body in sorted(opened, key=lambda one: str(one[1]["at"])):
            _take(doing, watches.get(body["watch"]), body, taking)
            doing.change(row, body, state=NewsState.TAKEN)
        for watch, account in _accounts(doing):
            _catch_up(doing, watches[watch.id], account, taking)
        doing.details = {
            "news": [row.id for row, _ in opened], "returned": list(taking.returned),
            "proposed": list(taking.proposed), "changed": list(taking.changed),
        }  # fmt: skip
        _renew(doing, [row.id for row, _ in doing.rows(Watch, state=WatchState.ACTIVE)])
    return _taken(keeper, case_id, taking)


def _taken(keeper: Keeper, case_id: str, taking: _Taking) -> TakenView:
    views = {row.id: view(keeper, row, body) for row, body in look(keeper, case_id).rows(Sighting)}
    chosen = ([views[one] for one in ids] for ids in (taking.returned, taking.proposed, taking.changed))
    returned, proposed, changed = (tuple(each) for each in chosen)
    return TakenView(returned, proposed, changed)


def _anything_to_take(case: OpenCase) -> bool:
    if WatchNews.objects.filter(case=case.row, state=NewsState.WAITING).exists():
        return True
    places = {row.id: (row, body) for row, body in case.rows(Sighting)}
    watches = {row.id: body for row, body in case.rows(Watch)}
    return any(_is_ahead(account, places.get(watches[row.id]["sighting"])) for row, account in _accounts(case))


def _accounts(case: OpenCase) -> Iterator[tuple[Watch, dict[str, Any]]]:
    """What is remembered of each place that is watched."""
    rounds = {row.id: row for row in WatchRound.objects.filter(case=case.row)}
    for row, body in case.rows(Watch, state=WatchState.ACTIVE):
        turn = rounds.get(row.id)
        if turn is not None and body["sighting"]:
            yield row, read_account(turn, case.keys.of(turn.epoch))


def _is_ahead(account: dict[str, Any], place: tuple[Sighting, dict[str, Any]] | None) -> bool:
    """Whether a visit saw a place in another state than it has here, later than the person last looked themselves."""
    memory = account["memory"]
    if place is None or place[0].state in UNACCEPTED or memory["state"] not in _PLACE_STATES - {State.UNKNOWN}:
        return False
    seen, checked = read_time(memory["state_at"]), read_time(place[1]["last_checked"])
    return seen is not None and (checked is None or seen > checked) and memory["state"] != place[0].state


def _catch_up(doing: Act, body: dict[str, Any], account: dict[str, Any], taking: _Taking) -> None:
    row, place = doing.one(Sighting, body["sighting"])
    if _is_ahead(account, (row, place)):
        memory = account["memory"]
        _settle(
            doing,
            row,
            place,
            Visit(State(memory["state"]), _reason(memory["state_reason"])),
            memory["state_at"],
            taking,
        )


def _take(doing: Act, watch: dict[str, Any] | None, body: dict[str, Any], taking: _Taking) -> None:
    before = {row.id for row, _ in doing.rows(Sighting)}
    place_id = watch["sighting"] if watch else None
    finds = [_found(Find.of(one)) for one in body["finds"]]
    ids = propose(doing, body["url"], finds) if finds else {}
    for one in finds:
        known = ids.get(one.image_url)
        if known in before and known is not None:
            _back(doing, known, body, taking)
        elif known is not None:
            taking.proposed[known] = None
    if place_id and body["state"] in _PLACE_STATES:
        row, place = doing.one(Sighting, place_id)
        _still(doing, row, place, body, taking)
        _settle(doing, row, place, Visit(State(body["state"]), _reason(body["reason"])), body["at"], taking)


def _still(doing: Act, row: Sighting, place: dict[str, Any], body: dict[str, Any], taking: _Taking) -> None:
    """The visits before saw no change, and nobody was told: until when it was so says how long a removal took."""
    seen, checked = read_time(body["before_at"]), read_time(place["last_checked"])
    if body["before"] == row.state and place["reason"] and seen and checked and seen > checked:
        _settle(doing, row, place, Visit(State(row.state), _reason(place["reason"])), body["before_at"], taking)


def _found(find: Find) -> Found:
    return Found(
        image_url=find.image, photo=find.photo, score=find.score, region=find.region,  # type: ignore[arg-type]
        mirrored=find.mirrored, visible=1.0, why=Reason("finding.watch_found", {}), width=0, height=0,
        same_scene=find.same_scene,
    )  # fmt: skip


def _back(doing: Act, sighting_id: str, body: dict[str, Any], taking: _Taking) -> None:
    """A copy was seen at the exact address of a place that was gone."""
    row, place = doing.one(Sighting, sighting_id)
    if row.state == SightingState.GONE:
        _settle(doing, row, place, Visit(State.LIVE, Reason("finding.visit_live", {"status": 200})), body["at"], taking)


def _settle(doing: Act, row: Sighting, place: dict[str, Any], visit: Visit, at: str, taking: _Taking) -> None:
    if row.state in UNACCEPTED:
        return
    before = row.state
    if settle(doing, row, place, visit, datetime.fromisoformat(at)):
        taking.returned[row.id] = None
    elif row.state != before:
        taking.changed[row.id] = None


def _reason(said: Mapping[str, Any]) -> Reason:
    return Reason(str(said["code"]), dict(said["data"]))


# --- a person's own round ---


@dataclass(frozen=True)
class RoundView:
    """What came of visits made while the person is there."""

    visits: tuple[VisitView, ...]
    taken: TakenView


def visit_now(
    keeper: Keeper, *, manners: Manners, sleep: Callable[[float], None], going: Callable[[], bool] = lambda: True
) -> RoundView:
    """Carry out what is due in all one's own cases, with a key of this round alone; what was seen is opened at once.

    The visits themselves are made by a worker that has that key and nothing else.
    """
    worker = Worker(Identity.generate(), keeper.services)
    try:
        hand_out(keeper, worker.identity.public)
        visits = tuple(run(worker, manners=manners, sleep=sleep, going=going))
    finally:
        take_back(worker)
    return RoundView(visits, take_in_all(keeper))


def take_in_all(keeper: Keeper) -> TakenView:
    """Open what was seen in all one's own cases."""
    return together([take_in(keeper, case_id) for case_id in _own_cases(keeper)])


def together(parts: Sequence[TakenView]) -> TakenView:
    """What became of several rounds, as one."""
    return TakenView(
        tuple(one for each in parts for one in each.returned), tuple(one for each in parts for one in each.proposed),
        tuple(one for each in parts for one in each.changed),
    )  # fmt: skip
