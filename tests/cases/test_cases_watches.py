"""The watch: what is visited when, what becomes of what is seen, and who can read what meanwhile."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from tests.cases.case_snapshots import everything, payloads, standing_in_clear, tables
from tests.cases.case_verbs import notice
from tests.cases.case_world import SECRET, World, drawn
from tests.cases.watch_site import WatchSite, watch_site

import sitr
from sitr.cases import (
    agendas,
    erasing,
    holders,
    journals,
    notices,
    openings,
    orders,
    photos,
    portable,
    sightings,
    watches,
)
from sitr.cases.access import Keeper
from sitr.cases.models import Case, Checkpoint, Entry, HostTurn, Stamp, WatchNews, WatchRound
from sitr.cases.orders import LEASE, Worker
from sitr.cases.work import bookkeeping
from sitr.errors import AnswerIsNo, BadInput, Damaged, NotFound
from sitr.finding import Manners
from sitr.fingerprint import fingerprint
from sitr.journal import Kind
from sitr.net import Door, LoopbackPass, mark_throw_away
from sitr.vault import Identity, Place, age, open_sealed

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]

PICTURE, OTHER = drawn(1, 240), drawn(99, 240)
_computed_once = cache(fingerprint)


@pytest.fixture
def site(world: World) -> Iterator[WatchSite]:
    """A site of its own beside the world's."""
    with watch_site(world.clock) as running:
        yield running


@pytest.fixture
def keeper(world: World, site: WatchSite, monkeypatch: pytest.MonkeyPatch) -> Keeper:
    """The holder, whose door leads to the site; the operator gave a standing key."""
    door = Door((), LoopbackPass(world.services.home, [site.port, world.site.port]))
    standing = Identity.generate()
    world.services = replace(world.services, door=door, standing=standing, standing_public=standing.public)
    world.holder = replace(world.holder, services=world.services)
    monkeypatch.setattr(photos, "fingerprint", _computed_once)
    photos.add_photo(world.holder, world.case, PICTURE, "mine.png")
    return world.holder


def round_(world: World, **forward: float) -> watches.RoundView:
    """Everything that is due after that time, visited by somebody who waits as a worker would, on the test's clock."""
    if forward:
        world.clock.forward(**forward)
    return watches.visit_now(world.holder, manners=Manners(), sleep=world.clock.sleep)


def standing(world: World) -> Worker:
    """The worker with the operator's key, as another process is: it holds nobody's key."""
    assert world.services.standing is not None
    return Worker(world.services.standing, world.services, standing=True)


def work(world: World, worker: Worker) -> list[orders.VisitView]:
    return list(orders.run(worker, manners=Manners(), sleep=world.clock.sleep))


def gallery(site: WatchSite, name: str = "/a.png") -> str:
    """A page with one copy of the photo and one picture of somebody else's."""
    site.put(name, PICTURE, "image/png")
    site.put("/other.png", OTHER, "image/png")
    return site.show("/page", name, "/other.png")


# --- what is seen ---


def test_a_copy_on_a_watched_page_becomes_one_proposal_with_its_exact_address(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    (watch,) = watches.add(keeper, world.case, gallery(site))
    assert (watch.kind, watch.every, watch.state, watch.visits) == ("page", "auto", "active", 0)
    done = round_(world)
    assert [(one.state, one.found) for one in done.visits] == [("live", 1)]
    (place,) = done.taken.proposed
    assert (place.image, place.page, place.proposed) == (site.url("/a.png"), site.url("/page"), True)
    for _ in range(3):
        assert not round_(world, days=2).taken.proposed
    assert len(sightings.list_sightings(keeper, world.case)) == 1
    assert journals.verify(keeper, world.case).ok


def test_nothing_new_costs_one_conditional_request_and_writes_no_entry(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    round_(world)
    entries, asked = len(payloads(keeper, world.case)), len(site.asked)
    done = round_(world, hours=30)
    assert [one.unchanged for one in done.visits] == [True]
    assert [(one.path, one.conditional, one.status) for one in site.asked[asked:]] == [
        ("/robots.txt", False, 404),
        ("/page", True, 304),
    ]
    assert len(payloads(keeper, world.case)) == entries
    assert watches.list_watches(keeper, world.case)[0].visits == 2


def test_a_copy_put_in_later_is_found_and_one_exchanged_under_the_same_page_too(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    site.put("/a.png", OTHER, "image/png")
    watches.add(keeper, world.case, site.show("/page", "/a.png"))
    assert round_(world).visits[0].state == "quiet"
    site.put("/b.png", PICTURE, "image/png")
    site.show("/page", "/a.png", "/b.png")
    assert [one.image for one in round_(world, days=2).taken.proposed] == [site.url("/b.png")]
    site.put("/a.png", PICTURE, "image/png")
    found = [one.image for _ in range(8) for one in round_(world, days=2).taken.proposed]
    assert found == [site.url("/a.png")]


def test_content_that_is_another_at_each_visit_is_looked_through_and_kept_nowhere(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    turn = iter(range(100))

    def rotating() -> tuple[int, dict[str, str], bytes]:
        number = next(turn)
        name = "/a.png" if number == 2 else "/other.png"
        return 200, {"Content-Type": "text/html"}, f'<p>{number}</p><img src="{name}">'.encode()

    gallery(site)
    site.pages["/page"] = rotating
    watches.add(keeper, world.case, site.url("/page"))
    states = [round_(world, days=2).visits[0].state for _ in range(5)]
    assert states == ["quiet", "quiet", "live", "quiet", "quiet"]
    assert len(sightings.list_sightings(keeper, world.case)) == 1
    assert not list(world.services.blobs.names())


def test_a_picture_within_the_page_is_a_find_at_the_pages_address(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    coded = base64.b64encode(PICTURE).decode()
    site.put("/page", f'<img src="data:image/png;base64,{coded}">'.encode())
    watches.add(keeper, world.case, site.url("/page"))
    (place,) = round_(world).taken.proposed
    assert (place.url, place.page, place.image) == (site.url("/page"), site.url("/page"), "")
    assert place.inside.startswith("data:")
    sightings.decide(keeper, world.case, place.id, accept=True)
    assert sightings.check(keeper, world.case, place.id).state == "live"


# --- a return ---


def _removed_place(world: World, site: WatchSite, keeper: Keeper) -> str:
    """A place with a sent notice, which was then seen to be gone."""
    made = notice(world, world.case, "sent")
    place = next(one.sighting for one in notices.list_notices(keeper, world.case) if one.id == made)
    world.site.pages["/page"] = (410, "text/html", b"gone")
    world.clock.forward(hours=1)
    assert sightings.check(keeper, world.case, place).state == "gone"
    return place


def test_a_photo_that_comes_back_reopens_its_place_and_its_clock(world: World, site: WatchSite, keeper: Keeper) -> None:
    place = _removed_place(world, site, keeper)
    (letter,) = notices.list_notices(keeper, world.case)
    assert all(line.notice is None for line in agendas.agenda(world.services, keeper))
    (watch,) = watches.add(keeper, world.case, place)
    assert (watch.kind, watch.sighting) == ("place", place)
    assert round_(world).visits[0].state == "gone"
    site.put("/back.png", PICTURE, "image/png")
    world.site.show("/page", site.url("/back.png"))
    done = round_(world, days=40)
    assert [one.id for one in done.taken.returned] == [place]
    (view,) = [one for one in sightings.list_sightings(keeper, world.case) if one.id == place]
    assert (view.state, view.returned) == ("live", True)
    assert view.returned_at is not None
    due = [line for line in agendas.agenda(world.services, keeper) if line.notice == letter.id]
    assert [line.due_at for line in due] == [notices.list_notices(keeper, world.case)[0].due_at]
    assert due[0].due_at <= world.clock()
    said = [(one["verb"], one.get("returned")) for one in payloads(keeper, world.case)][-2:]
    assert said == [("run_clock_again", None), ("take_watch_news", [place])]
    assert journals.verify(keeper, world.case).ok


def test_a_clock_that_was_not_over_runs_on_to_its_end_when_the_photo_is_back(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    place = _removed_place(world, site, keeper)
    before = notices.list_notices(keeper, world.case)[0].due_at
    watches.add(keeper, world.case, place)
    round_(world)
    site.put("/back.png", PICTURE, "image/png")
    world.site.show("/page", site.url("/back.png"))
    assert round_(world, days=2).taken.returned
    assert notices.list_notices(keeper, world.case)[0].due_at == before


def test_what_a_person_saw_themselves_later_is_not_undone_by_a_visit_in_vain(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    (place,) = sightings.add_sighting(keeper, world.case, gallery(site))
    watches.add(keeper, world.case, place.id)
    round_(world)
    assert sightings.list_sightings(keeper, world.case)[0].state == "live"
    site.take_down("/page", 410)
    world.clock.forward(hours=1)
    assert sightings.check(keeper, world.case, place.id).state == "gone"
    site.take_down("/page", 503)
    done = round_(world, days=2)
    assert [one.state for one in done.visits] == ["unknown"]
    assert sightings.list_sightings(keeper, world.case)[0].state == "gone"
    gallery(site)
    assert [one.id for one in round_(world, days=2).taken.returned] == [place.id]


# --- manners ---


def test_what_robots_forbids_is_never_fetched_and_said(world: World, site: WatchSite, keeper: Keeper) -> None:
    site.robots = "User-agent: sitr\nDisallow: /pa\n\nUser-agent: *\nAllow: /\n"
    watches.add(keeper, world.case, gallery(site))
    for _ in range(3):
        assert [one.state for one in round_(world, days=2).visits] == ["disallowed"]
    assert site.paths() == []
    (view,) = watches.list_watches(keeper, world.case)
    assert view.reason == {"code": "finding.watch_disallowed", "data": {}}
    assert [one["verb"] for one in payloads(keeper, world.case)].count("watch_news") == 1


def test_a_forbidden_image_is_not_fetched_from_an_open_page(world: World, site: WatchSite, keeper: Keeper) -> None:
    site.robots = "User-agent: *\nDisallow: /*.png$\n"
    watches.add(keeper, world.case, gallery(site))
    assert [one.state for one in round_(world).visits] == ["unknown"]
    assert site.paths() == ["/page"]


def test_two_requests_to_a_host_are_never_nearer_than_its_gap(world: World, site: WatchSite, keeper: Keeper) -> None:
    site.robots = "User-agent: *\nCrawl-delay: 25\n"
    site.pages["/moved"] = (302, {"Location": "/page"}, b"")
    gallery(site)
    for path in ("/page", "/moved", "/second", "/third"):
        watches.add(keeper, world.case, site.url(path))
    done = round_(world)
    assert len(done.visits) == 4
    times = [one.at for one in site.asked]
    assert len(times) >= 8
    assert all(later - earlier >= timedelta(seconds=25) for earlier, later in pairwise(times))


def test_retry_after_closes_the_host_for_all_its_addresses(world: World, site: WatchSite, keeper: Keeper) -> None:
    site.pages["/page"] = (429, {"Retry-After": str(3 * 86_400)}, b"slow down")
    site.put("/second", b"words")
    watches.add(keeper, world.case, site.url("/page"))
    until = world.clock() + timedelta(days=3)
    assert [one.state for one in round_(world).visits] == ["unknown"]
    watches.add(keeper, world.case, site.url("/second"))
    assert [one.state for one in round_(world).visits] == ["unknown"]
    assert site.paths() == ["/page"]
    assert min(one.next_at for one in watches.list_watches(keeper, world.case) if one.next_at) >= until
    for _ in range(5):
        round_(world, hours=12)
    assert site.paths() == ["/page"]
    site.put("/page", b"here again")
    round_(world, days=1)
    assert set(site.paths()) == {"/page", "/second"}


def test_a_person_sees_their_pace_and_a_host_sees_no_rhythm(world: World, site: WatchSite, keeper: Keeper) -> None:
    watches.add(keeper, world.case, site.put("/page", b"words"), every="daily")
    times = []
    for _ in range(30):
        if round_(world, hours=3).visits:
            times.append(world.clock())
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert all(timedelta(hours=18) <= gap <= timedelta(hours=33, minutes=1) for gap in gaps)


# --- keys ---


def test_a_worker_opens_its_orders_and_nothing_else(world: World, site: WatchSite, keeper: Keeper) -> None:
    address = gallery(site)
    place = _removed_place(world, site, keeper)
    for text in (address, place):
        watches.add(keeper, world.case, text)
    watches.consent(keeper, world.case, given=True)
    worker = standing(world)
    work(world, worker)
    opened = set()
    for alias in ("default", "keys"):
        for table, rows in tables(alias).items():
            for cell in (cell for row in rows for cell in row if isinstance(cell, bytes)):
                try:
                    opened.add((table, age.decrypt(cell, worker.identity)[:11]))
                except Damaged:
                    continue
    assert opened == {("cases_watchround", b"sitr-value\x00")}
    mine = WatchRound.objects.filter(key=worker.mark)
    assert mine.count() == 2
    for row in mine:
        with pytest.raises(Damaged):
            orders.read_account(row, worker.identity)
    assert WatchNews.objects.filter(state="waiting").count() == 1


def test_what_a_worker_saw_waits_until_a_holder_opens_it(world: World, site: WatchSite, keeper: Keeper) -> None:
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)
    assert [one.found for one in work(world, standing(world))] == [1]
    assert sightings.list_sightings(keeper, world.case) == []
    (waiting,) = watches.news(keeper, world.case)
    assert waiting.found == (site.url("/a.png"),)
    assert payloads(keeper, world.case)[-1]["actor"] == "worker standing"
    for _ in range(2):
        watches.take_in(world.other if _ else keeper, world.case)
    assert [one.proposed for one in sightings.list_sightings(keeper, world.case)] == [True]
    assert watches.news(keeper, world.case) == []
    assert payloads(keeper, world.case)[-1]["verb"] == "take_watch_news"


def test_without_consent_there_is_no_standing_order_and_withdrawing_destroys_them(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    assert work(world, standing(world)) == []
    assert watches.consent(keeper, world.case, given=True).orders == 1
    sealed = bytes(WatchRound.objects.get().order)
    view = watches.consent(keeper, world.case, given=False)
    assert (view.given, view.orders) == (False, 0)
    assert bytes(WatchRound.objects.get().order) == b""
    assert not any(
        sealed[:200] in file.read_bytes() for file in world.services.home.rglob("*sqlite3*") if file.is_file()
    )
    assert work(world, standing(world)) == []
    assert site.asked == []
    # Whoever is there may visit all the same.
    assert len(round_(world).visits) == 1
    assert bytes(WatchRound.objects.get().order) == b""
    assert [one["verb"] for one in payloads(keeper, world.case)].count("withdraw_watch") == 1


def test_no_consent_can_be_given_where_there_is_no_key(world: World, site: WatchSite, keeper: Keeper) -> None:
    bare = world.with_services(keeper, standing_public="", standing=None)
    before = everything(world)
    with pytest.raises(AnswerIsNo, match=r"cases\.watch_no_standing"):
        watches.consent(bare, world.case, given=True)
    assert everything(world) == before


def test_a_visit_whose_order_was_taken_back_meanwhile_leaves_nothing(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)

    def withdraw(seconds: float) -> None:
        world.clock.sleep(seconds)
        if "/page" in site.paths() and watches.away(keeper, world.case).given:
            watches.consent(keeper, world.case, given=False)

    assert list(orders.run(standing(world), manners=Manners(), sleep=withdraw)) == []
    assert watches.news(keeper, world.case) == []
    assert watches.list_watches(keeper, world.case)[0].visits == 0


def test_a_case_of_somebody_under_age_is_watched_by_words_alone(world: World, site: WatchSite, keeper: Keeper) -> None:
    case = world.open_case(age=["minor"])
    (place,) = sightings.add_sighting(keeper, case, gallery(site))
    watches.add(keeper, case, place.id)
    watches.add(keeper, case, site.show("/more", "/a.png"))
    round_(world)
    assert set(site.paths()) == {"/page", "/more"}
    site.take_down("/page", 410)
    assert [one.id for one in round_(world, days=2).taken.changed] == [place.id]
    assert sightings.list_sightings(keeper, case)[0].state == "gone"
    assert not [path for path in site.paths() if path.endswith(".png")]


def test_the_standing_worker_follows_photos_and_answers(world: World, site: WatchSite, keeper: Keeper) -> None:
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)
    assert [one.found for one in work(world, standing(world))] == [1]
    photos.add_photo(keeper, world.case, OTHER, "second.png")
    world.clock.forward(days=2)
    assert [one.found for one in work(world, standing(world))] == [1]
    openings.answer(keeper, world.case, {"age": ["minor"]})
    site.put("/third.png", PICTURE, "image/png")
    site.show("/page", "/third.png")
    asked = len(site.asked)
    world.clock.forward(days=2)
    assert [one.found for one in work(world, standing(world))] == [0]
    assert [one.path for one in site.asked[asked:]] == ["/robots.txt", "/page"]
    worker = standing(world)
    place = Place(world.case, "watchround", WatchRound.objects.get().id, "order")
    order = json.loads(open_sealed(bytes(WatchRound.objects.get().order), place, worker.identity))
    assert (order["pictures"], order["photos"]) == (False, {})


def test_no_word_of_a_watch_stands_in_clear(world: World, site: WatchSite, keeper: Keeper) -> None:
    watches.add(keeper, world.case, site.put("/kept-apart", b"words that nobody knows"))
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)
    work(world, standing(world))
    needles = [b"kept-apart", b"nobody knows", f":{site.port}/".encode(), b"127.0.0.1", b"a.png"]
    assert standing_in_clear(world.services.home, needles) == []


# --- killed, erased, moved ---


def test_a_worker_that_was_killed_leaves_a_lease_and_the_visit_is_made_once_later(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)

    class Killed(BaseException):
        """As a process that ends here and now."""

    def killed(_seconds: float) -> None:
        if "/page" in site.paths():
            raise Killed
        world.clock.sleep(_seconds)

    with pytest.raises(Killed):
        list(orders.run(standing(world), manners=Manners(), sleep=killed))
    assert site.paths() == ["/page"]
    world.clock.forward(minutes=1)
    assert work(world, standing(world)) == []
    assert site.paths() == ["/page"]
    world.clock.forward(seconds=LEASE.total_seconds())
    assert [one.found for one in work(world, standing(world))] == [1]
    assert work(world, standing(world)) == []
    assert len(watches.take_in(keeper, world.case).proposed) == 1


def test_a_turn_at_a_host_outlives_the_worker_and_is_then_forgotten(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    round_(world)
    assert HostTurn.objects.count() == 1
    last = site.asked[-1].at
    other = Worker(Identity.generate(), world.services)
    watches.add(keeper, world.case, site.put("/second", b"words"))
    watches.hand_out(keeper, other.identity.public)
    work(world, other)
    assert site.asked[-2].at - last >= timedelta(seconds=10)
    world.clock.forward(hours=1)
    watches.add(keeper, world.case, "http://127.0.0.1:1/nobody")
    round_(world)
    assert HostTurn.objects.count() == 1


def test_two_workers_share_the_visits_and_none_is_made_twice(world: World, site: WatchSite, keeper: Keeper) -> None:
    for path in ("/1", "/2", "/3"):
        watches.add(keeper, world.case, site.put(path, path.encode()))
    watches.consent(keeper, world.case, given=True)
    first, second = (orders.run(standing(world), manners=Manners(), sleep=world.clock.sleep) for _ in "ab")
    done = [next(first), next(second), *first, *second]
    assert len({one.watch for one in done}) == len(done) == 3
    assert sorted(site.paths()) == ["/1", "/2", "/3"]


def test_an_erased_case_has_no_orders_and_a_visit_under_way_leaves_nothing(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)
    run = orders.run(standing(world), manners=Manners(), sleep=lambda s: _erase_once(world, keeper, site, s))
    assert list(run) == []
    assert not WatchRound.objects.exists()
    assert not WatchNews.objects.exists()


def _erase_once(world: World, keeper: Keeper, site: WatchSite, seconds: float) -> None:
    world.clock.sleep(seconds)
    if "/page" in site.paths() and WatchRound.objects.exists():
        erasing.erase_case(keeper, world.case, secret=SECRET)


def test_a_new_epoch_changes_nothing_for_the_watch(world: World, site: WatchSite, keeper: Keeper) -> None:
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)
    holders.remove_holder(keeper, world.case, world.other.holder_id, secret=SECRET)
    work(world, standing(world))
    assert len(watches.take_in(keeper, world.case).proposed) == 1
    world.clock.forward(days=3)
    work(world, standing(world))
    assert watches.list_watches(keeper, world.case)[0].visits == 2


@pytest.mark.long
def test_a_case_that_moved_goes_on_being_watched_and_no_order_travels(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)
    package = portable.export_case(keeper, world.case, world.folder / "case.sitr", secret=SECRET)
    erasing.erase_case(keeper, world.case, secret=SECRET)
    with bookkeeping():
        for model in (Stamp, Checkpoint, Entry, Case):
            model.objects.all().delete()
    case = portable.import_case(keeper, package, secret=SECRET)
    (watch,) = watches.list_watches(keeper, case)
    assert (watch.state, watch.next_at, watch.visits) == ("active", None, 0)
    assert len(round_(world).visits) == 1


# --- what a person decides ---


def test_a_paused_address_is_not_visited_and_a_resumed_one_keeps_its_history(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    (watch,) = watches.add(keeper, world.case, gallery(site))
    round_(world)
    watches.pause(keeper, world.case, watch.id)
    asked = len(site.asked)
    assert round_(world, days=9).visits == ()
    assert orders.due(world.services) == []
    (paused,) = watches.list_watches(keeper, world.case)
    assert (paused.state, paused.next_at, paused.visits) == ("paused", None, 1)
    assert len(site.asked) == asked
    watches.resume(keeper, world.case, watch.id)
    assert [one.unchanged for one in round_(world).visits] == [True]
    watches.remove(keeper, world.case, watch.id)
    assert watches.list_watches(keeper, world.case) == []
    with pytest.raises(NotFound):
        watches.resume(keeper, world.case, watch.id)
    assert not WatchRound.objects.exists()


def test_an_address_is_watched_once_and_a_place_as_the_place_that_it_is(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    page = gallery(site)
    (first,) = watches.add(keeper, world.case, f"see {page} please")
    (again,) = watches.add(keeper, world.case, page, every="weekly")
    assert (again.id, again.every) == (first.id, "weekly")
    (place,) = sightings.add_sighting(keeper, world.case, site.url("/second"))
    (third,) = watches.add(keeper, world.case, site.url("/second"))
    assert (third.kind, third.sighting) == ("place", place.id)
    assert [one.id for one in watches.add_places(keeper, world.case)] == [third.id]
    text = "https://www.instagram.com/somebody/ https://www.bing.com/images/search?q=x https://b.example/x"
    assert [one.kind for one in watches.add(keeper, world.case, text)] == ["account", "search", "page"]


@pytest.mark.parametrize(
    ("text", "more", "error"),
    [
        ("no address", {}, "cases.no_address"),
        ("https://a.example/x", {"kind": "camera"}, "cases.watch_one_of"),
        ("https://a.example/x", {"every": "hourly"}, "cases.watch_one_of"),
        ("https://a.example/x", {"kind": "place"}, "cases.watch_no_place"),
    ],
)
def test_what_cannot_be_watched_is_said_and_nothing_is_written(
    world: World, text: str, more: dict[str, str], error: str
) -> None:
    before = everything(world)
    with pytest.raises(BadInput) as refused:
        watches.add(world.holder, world.case, text, **more)
    assert refused.value.code == error
    assert everything(world) == before


def test_the_agenda_names_the_next_visit_and_without_a_key_its_hour_alone(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    (watch,) = watches.add(keeper, world.case, gallery(site))
    round_(world)
    (line,) = agendas.agenda(world.services, keeper)
    assert (line.watch, line.what) == (watch.id, "127.0.0.1")
    (closed,) = agendas.agenda(world.services)
    assert (closed.what, closed.watch) == (None, None)
    assert closed.due_at == line.due_at.replace(minute=0, second=0, microsecond=0)


def test_a_photo_added_later_is_looked_for_at_the_next_visit(world: World, site: WatchSite, keeper: Keeper) -> None:
    watches.add(keeper, world.case, gallery(site))
    round_(world)
    photos.add_photo(keeper, world.case, OTHER, "second.png")
    assert [one.image for one in round_(world, days=2).taken.proposed] == [site.url("/other.png")]


def test_news_have_an_end_where_nobody_opens_them(
    world: World, site: WatchSite, keeper: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "MOST_WAITING_NEWS", 0)
    watches.add(keeper, world.case, gallery(site))
    watches.consent(keeper, world.case, given=True)
    assert [one.news for one in work(world, standing(world))] == [False]
    monkeypatch.undo()
    world.clock.forward(days=2)
    assert [one.found for one in work(world, standing(world))] == [1]


def test_every_entry_of_the_watch_is_of_a_kind_that_says_nothing_more(
    world: World, site: WatchSite, keeper: Keeper
) -> None:
    watches.add(keeper, world.case, gallery(site))
    round_(world)
    kinds = {one.kind for one in journals.entries(keeper, world.case) if "watch" in (one.verb or "")}
    assert kinds == {Kind.SIGHTING.value}
    assert openings.show(keeper, world.case).state == "open"


@pytest.mark.long
def test_a_worker_killed_outright_loses_nothing_and_nothing_is_doubled(home: Path) -> None:
    mark_throw_away(home)
    script = Path(__file__).with_name("watch_killed.py")
    paths = f"{script.parents[2]}:{Path(sitr.__file__).parents[1]}"
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "SITR_HOME": str(home), "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False, env=env
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    assert said == {
        "killed": -signal.SIGKILL, "visits": [0, 1, 0], "proposed": 1, "again": 0, "journal": True,
        "asked": [["/page"], ["/page", "/page", "/a.png"], ["/page", "/page", "/a.png"]],
    }  # fmt: skip
