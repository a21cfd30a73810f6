"""Places of appearance: added by the person, proposed by a find, visited again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sitr.cases.access import Keeper
from sitr.cases.models import UNACCEPTED, Notice, Sighting, SightingState
from sitr.cases.photos import fingerprints
from sitr.cases.services import whole_hour
from sitr.cases.views import NEVER, read_time
from sitr.cases.work import Act, OpenCase, act, look, seconds
from sitr.errors import AnswerIsNo, BadInput, OutsideSilent
from sitr.finding import Answer, Visit, find_copies, image_addresses, inline_pictures, judge_visit
from sitr.fingerprint import Fingerprint
from sitr.journal import Kind
from sitr.knowledge import Knowledge, identify
from sitr.net import Limits, Response

_PAGE = Limits(seconds=20.0, bytes=10_000_000, redirects=10)
_IMAGE = Limits(seconds=20.0, bytes=40_000_000, redirects=10)
_IMAGES_OF_A_PAGE = 24


@dataclass(frozen=True)
class SightingView:
    """One place. `page` is the page, `image` the exact address of the copy ("" when not known), `url` the one to name.

    `score` (0 to 1) is how surely the image is a copy of `photo`; both are None for a place that the person added.
    `same_scene`: no sure copy of it, but its scene.
    `inside`: which of the page's own pictures it is (`data:…`), where the image has no address of its own, else "".
    `returned_at`: when a visit first saw it again after it was gone.
    """

    id: str
    url: str
    page: str
    image: str
    service: str | None
    service_name: str | None
    state: str
    reason: dict[str, Any] | None
    since: datetime
    last_checked: datetime | None
    returned: bool
    proposed: bool
    photo: str | None
    score: float | None
    inside: str = ""
    returned_at: datetime | None = None
    same_scene: bool = False


def add_sighting(keeper: Keeper, case_id: str, text: str) -> list[SightingView]:
    """Add every address in `text`, which may hold words around them; one that is there already is not added twice.

    Raises BadInput when there is no address in it.
    """
    found = identify(text, keeper.services.knowledge)
    if not found:
        raise BadInput("cases.no_address", example="https://example.com/page")
    with act(keeper, case_id, Kind.SIGHTING, "add_sighting") as doing:
        known = {body["canonical"]: row.id for row, body in doing.rows(Sighting)}
        ids = [known.get(one.canonical_url) or _add_found(doing, one, known) for one in found]
        doing.details = {"sightings": [{"id": i, "url": one.url} for i, one in zip(ids, found, strict=True)]}
    wanted = dict.fromkeys(ids)
    views = {one.id: one for one in list_sightings(keeper, case_id)}
    return [views[one] for one in wanted]


def _add_found(doing: Act, one: Any, known: dict[str, str]) -> str:
    body = {**_words(doing, one.url, one), "page": one.url, "image": ""}
    known[one.canonical_url] = doing.add(Sighting, body, state=SightingState.UNKNOWN).id
    return known[one.canonical_url]


def _words(doing: Act, url: str, identified: Any) -> dict[str, Any]:
    return {
        "url": url, "canonical": identified.canonical_url, "service": identified.service,
        "kind": identified.kind, "ids": dict(identified.ids),
        "domain": identified.registrable_domain, "host": identified.host,
        "since": seconds(doing.now), "last_checked": None, "returned": False, "was_gone": False,
        "photo": None, "score": None, "region": None, "reason": None,
    }  # fmt: skip


def propose(doing: Act, page: str, finds: Any) -> dict[str, str]:
    """Write a proposal for each find that is not known yet; gives the sighting's id by image address.

    A picture that has no address of its own (`data:`, `blob:`, drawn by a script) is found as `kind:digest`; its place
    is then the page's address, and which picture it is stands in `inside`.
    """
    known = {_mark(body): row.id for row, body in doing.rows(Sighting) if _mark(body)}
    by_service = identify(page, doing.keeper.services.knowledge)
    for find in finds:
        if find.image_url in known:
            continue
        direct = find.image_url.startswith(("http://", "https://"))
        image = identify(find.image_url, doing.keeper.services.knowledge) if direct else []
        named = next((one for one in (*by_service, *image) if one.service), (*by_service, *image, None)[0])
        if named is None:
            continue
        body = {
            **_words(doing, find.image_url if direct else page, named), "canonical": find.image_url, "page": page,
            "image": find.image_url if direct else "", "inside": "" if direct else find.image_url,
            "photo": find.photo, "score": find.score, "mirrored": find.mirrored, "same_scene": find.same_scene,
            "region": [list(point) for point in find.region] if find.region else None,
        }  # fmt: skip
        known[find.image_url] = doing.add(Sighting, body, state=SightingState.PROPOSED).id
    return known


def _mark(body: dict[str, Any]) -> str:
    """What a find is known by: the image's exact address, or which of the page's own pictures it is."""
    return str(body["image"] or body.get("inside", ""))


def list_sightings(keeper: Keeper, case_id: str) -> list[SightingView]:
    """All places that were not rejected."""
    case = look(keeper, case_id)
    return [view(keeper, row, body) for row, body in case.rows(Sighting) if row.state != SightingState.REJECTED]


def view(keeper: Keeper, row: Sighting, body: dict[str, Any]) -> SightingView:
    """One place as it is shown."""
    return SightingView(
        id=row.id, url=body["url"], page=body["page"], image=body["image"], service=body["service"],
        service_name=service_name(keeper.services.knowledge, body["service"]), state=row.state, reason=body["reason"],
        since=read_time(body["since"]) or NEVER, last_checked=read_time(body["last_checked"]),
        returned=body["returned"], proposed=row.state == SightingState.PROPOSED, photo=body["photo"],
        score=body["score"], inside=body.get("inside", ""),
        returned_at=read_time(body.get("returned_at")) if body["returned"] else None,
        same_scene=bool(body.get("same_scene")),  # places found before this was told are copies
    )  # fmt: skip


def service_name(knowledge: Knowledge, service: str | None) -> str | None:
    """The name of a service as people know it."""
    return knowledge.service_name(service) if service else None


def decide(keeper: Keeper, case_id: str, sighting_id: str, accept: bool) -> None:
    """Accept a find as a place of appearance, or reject it. Raises AnswerIsNo when it is no proposal any more."""
    with act(keeper, case_id, Kind.SIGHTING, "accept" if accept else "reject") as doing:
        row, body = doing.one(Sighting, sighting_id)
        if row.state != SightingState.PROPOSED:
            raise AnswerIsNo("cases.already_decided")
        doing.details = {"sighting": row.id, "url": body["url"]}
        doing.change(row, body, state=SightingState.LIVE if accept else SightingState.REJECTED)


def check_all(keeper: Keeper, case_id: str) -> list[SightingView]:
    """Visit every accepted place again, one after the other; an address that several share is asked once."""
    tour = _Tour(keeper, fingerprints(look(keeper, case_id)))
    places = [one for one in list_sightings(keeper, case_id) if not one.proposed]
    return [_check(keeper, case_id, one.id, tour) for one in places]


def check(keeper: Keeper, case_id: str, sighting_id: str) -> SightingView:
    """Visit one place again and write down what stands there. Silence is never taken for gone."""
    return _check(keeper, case_id, sighting_id, _Tour(keeper, fingerprints(look(keeper, case_id))))


def _check(keeper: Keeper, case_id: str, sighting_id: str, tour: "_Tour") -> SightingView:
    row, body = look(keeper, case_id).one(Sighting, sighting_id)
    if row.state in UNACCEPTED:
        raise AnswerIsNo("cases.not_accepted")
    visit = tour.visit(body)
    with act(keeper, case_id, Kind.SIGHTING, "check") as doing:
        row, body = doing.one(Sighting, sighting_id)
        doing.details = {"sighting": row.id, "url": body["url"], "state": visit.state, "reason": visit.reason.code}
        settle(doing, row, body, visit, doing.now)
    return view(keeper, row, body)


def settle(doing: Act, row: Sighting, body: dict[str, Any], visit: Visit, at: datetime) -> bool:
    """Write down what a visit saw at `at`: the state, whether the photo came back after it was gone, and what that
    means for the clocks of its notices. Gives whether it came back just then.
    """
    state = SightingState(visit.state.value)
    returned = bool(body["was_gone"]) and state is SightingState.LIVE
    again = returned and row.state != SightingState.LIVE and not body["returned"]
    body |= {
        "last_checked": seconds(at), "reason": {"code": visit.reason.code, "data": dict(visit.reason.data)},
        "returned": returned or (body["returned"] and state is not SightingState.GONE),
        "was_gone": body["was_gone"] or state is SightingState.GONE,
        "runs": _runs(body.get("runs", []), state, seconds(at)),
    }  # fmt: skip
    if again:
        body["returned_at"] = seconds(at)
        _run_clocks_again(doing, row.id)
    if state is SightingState.GONE:
        _stop_clocks(doing, row.id)
    doing.change(row, body, state=state)
    return again


def _runs(runs: list[list[str]], state: SightingState, now: str) -> list[list[str]]:
    """What visits saw, joined while nothing changed: live or gone, the first and the last visit that saw so. A visit
    that could not tell changes nothing. From this it is reckoned how long a removal took.
    """
    if state not in {SightingState.LIVE, SightingState.GONE}:
        return runs
    if runs and runs[-1][0] == state.value:
        return [*runs[:-1], [state.value, runs[-1][1], now]]
    return [*runs, [state.value, now, now]]


def _stop_clocks(doing: Act, sighting_id: str) -> None:
    """What a notice asked for has happened: nothing is due any more, until the photo comes back."""
    for row, body in doing.rows(Notice, due_hour__isnull=False):
        if body["sighting"] == sighting_id:
            doing.change(row, {**body, "stopped": True}, due_hour=None)
            doing.also(Kind.CLOCK, "stop_clock", {"notice": row.id, "sighting": sighting_id})


def _run_clocks_again(doing: Act, sighting_id: str) -> None:
    """The photo is back: what was stopped is due again, at the end of its time or, where that is past, now."""
    for row, body in doing.rows(Notice, due_hour__isnull=True):
        if body["sighting"] == sighting_id and body.get("stopped"):
            due = max(read_time(body["due_at"]) or doing.now, doing.now)
            doing.change(row, {**body, "stopped": False, "due_at": seconds(due)}, due_hour=whole_hour(due))
            doing.also(Kind.CLOCK, "run_clock_again", {"notice": row.id, "sighting": sighting_id})


class _Tour:
    """One round of visits: what was fetched for one place is not fetched again for the next."""

    def __init__(self, keeper: Keeper, photos: dict[str, Fingerprint]) -> None:
        self._door, self._photos = keeper.services.door, photos
        self._pages: dict[str, Response | None] = {}
        self._images: dict[str, Answer] = {}

    def visit(self, body: dict[str, Any]) -> Visit:
        """What stands at one place now."""
        url, image = body["page"] or body["url"], body["image"]
        page = self._page(url, look_for_copies=not image)
        return judge_visit(page, self._image(image) if image and image != body["page"] else None)

    def _page(self, url: str, *, look_for_copies: bool) -> Answer:
        if url not in self._pages:
            self._pages[url] = self._fetch(url, _PAGE)
        got = self._pages[url]
        if got is None:
            return Answer(url, None)
        if (got.header("content-type") or "").startswith("image/"):
            return Answer(url, got.status, got.url, "", self._is_copy(got))
        text = got.body.decode("utf-8", "replace")
        copy = self._copy_on(text, got.url) if got.status == 200 and look_for_copies else None
        return Answer(url, got.status, got.url, text, copy)

    def _image(self, url: str) -> Answer:
        if url not in self._images:
            got = self._fetch(url, _IMAGE)
            self._images[url] = Answer(url, got.status, got.url, "", self._is_copy(got)) if got else Answer(url, None)
        return self._images[url]

    def _fetch(self, url: str, limits: Limits) -> Response | None:
        try:
            return self._door.get(url, limits)
        except (OutsideSilent, BadInput):
            return None

    def _is_copy(self, got: Response) -> bool | None:
        return self._is_copy_of(got.body) if got.status == 200 and self._photos else None

    def _is_copy_of(self, data: bytes) -> bool | None:
        search = find_copies([("", data)], self._photos)
        return bool(search.found) if search.looked else None

    def _copy_on(self, html: str, base: str) -> bool | None:
        """True for a copy among the page's images; False only when all were seen and none is one."""
        addresses, inside = image_addresses(html, base), inline_pictures(html)
        if not self._photos or not (addresses or inside):
            return None
        within = (self._is_copy_of(data) for data in inside[:_IMAGES_OF_A_PAGE])
        answers = chain(within, (self._image(url).copy for url in addresses[:_IMAGES_OF_A_PAGE]))
        return _any_copy(answers, whole=len(addresses) <= _IMAGES_OF_A_PAGE)


def _any_copy(answers: Iterator[bool | None], *, whole: bool) -> bool | None:
    seen_all = whole
    for copy in answers:
        if copy:
            return True
        seen_all = seen_all and copy is not None
    return False if seen_all else None


def accepted_images(case: OpenCase, page: str) -> list[str]:
    """The exact addresses of all accepted copies on one page."""
    return [
        body["image"]
        for row, body in case.rows(Sighting)
        if body["image"] and body["page"] == page and row.state not in UNACCEPTED
    ]
