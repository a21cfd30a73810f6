"""Places of appearance: added, proposed, decided, visited again; and captures that propose them."""

import io

import pytest
from benchmarks import bursts, edits
from PIL import Image
from tests.cases.case_snapshots import everything, payloads
from tests.cases.case_verbs import proposal, sighting
from tests.cases.case_world import World, drawn

from sitr.cases import captures, journals, photos, sightings
from sitr.cases.models import Entry, Sighting
from sitr.errors import AnswerIsNo, BadInput, NotFound, OutsideSilent

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

IMAGE = "https://cdn.leaks.example/a.png"


def _check(
    world: World, place: str, status: int, body: bytes = b"", media_type: str = "text/html"
) -> sightings.SightingView:
    world.site.pages["/page"] = (status, media_type, body)
    world.clock.forward(hours=1)
    return sightings.check(world.holder, world.case, place)


def test_every_address_in_a_text_is_added_once_with_its_service(world: World) -> None:
    text = "رأيتها هنا https://t.me/some_channel/123 وهنا www.instagram.com/p/Cxyz123abcd/ ثم https://t.me/some_channel/123"
    views = sightings.add_sighting(world.holder, world.case, text)
    assert [one.service for one in views] == ["telegram_public", "instagram"]
    assert [one.state for one in views] == ["unknown", "unknown"]
    assert all(one.since == world.clock() and one.last_checked is None for one in views)
    again = sightings.add_sighting(world.holder, world.case, "http://t.me/some_channel/123")
    assert [one.id for one in again] == [views[0].id]
    assert len(sightings.list_sightings(world.holder, world.case)) == 2
    assert Sighting.objects.filter(case=world.case).count() == 2


def test_the_same_place_in_two_cases_is_two_places(world: World) -> None:
    second = world.open_case()
    (a,) = sightings.add_sighting(world.holder, world.case, "https://leaks.example/x")
    (b,) = sightings.add_sighting(world.holder, second, "https://leaks.example/x")
    assert a.id != b.id
    with pytest.raises(NotFound):
        sightings.check(world.holder, world.case, b.id)


@pytest.mark.parametrize("text", ["", "no address here", "   ", "\x00", "لا شيء هنا"])
def test_a_text_without_an_address_adds_nothing(world: World, text: str) -> None:
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.no_address"):
        sightings.add_sighting(world.holder, world.case, text)
    assert everything(world) == before


def test_a_copy_found_on_a_page_is_a_proposal_with_its_exact_address(world: World) -> None:
    place = proposal(world, world.case)
    (view,) = sightings.list_sightings(world.holder, world.case)
    assert (view.id, view.image, view.page, view.proposed) == (place, IMAGE, "https://leaks.example/page", True)
    assert view.photo == photos.list_photos(world.holder, world.case)[0].id
    assert view.score is not None
    assert 0 < view.score <= 1
    with pytest.raises(AnswerIsNo, match=r"cases\.not_accepted"):
        sightings.check(world.holder, world.case, place)
    assert sightings.check_all(world.holder, world.case) == []


def test_another_shot_of_the_photos_scene_is_proposed_as_that(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(width=900), "mine.png")
    with Image.open(io.BytesIO(drawn(width=900))) as photo:
        again = bursts.reshot(photo, edits.dice("again"), 0.02)
    world.visits.images = {IMAGE: edits.jpeg(again, 90)}
    made = captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no")
    assert [(one.image_url, one.same_scene) for one in made.found] == [(IMAGE, True)]
    (view,) = sightings.list_sightings(world.holder, world.case)
    assert (view.proposed, view.same_scene) == (True, True)
    told = next(one for one in payloads(world.holder, world.case)[::-1] if "scenes" in one)
    assert (told["found"], told["scenes"]) == ([], [IMAGE])


def test_a_page_captured_twice_proposes_a_copy_once(world: World) -> None:
    place = proposal(world, world.case)
    view = captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no")
    assert [one.sighting for one in view.found] == [place]
    assert len(sightings.list_sightings(world.holder, world.case)) == 1


def test_somebody_elses_photo_is_not_proposed(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    world.visits.images = {IMAGE: drawn(99)}
    assert captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no").found == ()
    assert sightings.list_sightings(world.holder, world.case) == []


@pytest.mark.parametrize("accept", [True, False])
def test_a_proposal_is_decided_once(world: World, accept: bool) -> None:
    place = proposal(world, world.case)
    sightings.decide(world.holder, world.case, place, accept)
    assert payloads(world.holder, world.case)[-1]["verb"] == ("accept" if accept else "reject")
    before = everything(world)
    for again in (True, False):
        with pytest.raises(AnswerIsNo, match=r"cases\.already_decided"):
            sightings.decide(world.holder, world.case, place, again)
    assert everything(world) == before
    assert [one.state for one in sightings.list_sightings(world.holder, world.case)] == (["live"] if accept else [])


def test_a_rejected_proposal_is_not_visited_and_not_proposed_again(world: World) -> None:
    place = proposal(world, world.case)
    sightings.decide(world.holder, world.case, place, accept=False)
    with pytest.raises(AnswerIsNo, match=r"cases\.not_accepted"):
        sightings.check(world.holder, world.case, place)
    captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no")
    assert sightings.list_sightings(world.holder, world.case) == []


def test_a_place_the_person_added_cannot_be_decided(world: World) -> None:
    with pytest.raises(AnswerIsNo):
        sightings.decide(world.holder, world.case, sighting(world, world.case), accept=True)


def test_gone_and_then_live_again_is_a_return(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    world.site.pages["/mine.png"] = (200, "image/png", drawn())
    place = sighting(world, world.case)
    page = b'<img src="/mine.png">'
    assert (_check(world, place, 200, page).state, _check(world, place, 404).state) == ("live", "gone")
    view = _check(world, place, 200, page)
    assert (view.state, view.returned, view.last_checked) == ("live", True, world.clock())
    assert _check(world, place, 503).returned
    view = _check(world, place, 410)
    assert (view.state, view.returned) == ("gone", False)
    assert journals.verify(world.holder, world.case).ok


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 301, 418])
def test_what_is_no_answer_about_the_photo_is_never_gone(world: World, status: int) -> None:
    assert _check(world, sighting(world, world.case), status).state == "unknown"


def test_silence_is_never_gone(world: World) -> None:
    place = sighting(world, world.case)
    closed = world.site.url("/page").replace(str(world.site.port), "9")
    (dead,) = sightings.add_sighting(world.holder, world.case, closed)
    assert sightings.check(world.holder, world.case, dead.id).state == "unknown"
    (inside,) = sightings.add_sighting(world.holder, world.case, "http://192.168.0.1/page")
    assert sightings.check(world.holder, world.case, inside.id).state == "unknown"
    assert _check(world, place, 401).state == "login_wall"


def test_a_page_that_is_gone_while_the_image_stands_is_not_gone(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    image = world.site.url("/still.png")
    world.site.pages["/still.png"] = (200, "image/png", drawn())
    world.visits.images = {image: drawn()}
    (found,) = captures.capture_page(world.holder, world.case, world.site.url("/page"), child="no").found
    sightings.decide(world.holder, world.case, found.sighting or "", accept=True)
    assert _check(world, found.sighting or "", 404).state == "live"
    del world.site.pages["/still.png"]
    assert _check(world, found.sighting or "", 404).state == "gone"


def test_every_accepted_place_is_visited_and_each_visit_is_an_entry(world: World) -> None:
    sighting(world, world.case)
    sighting(world, world.case, "/other")
    world.site.pages["/other"] = (404, "text/html", b"")
    lines = Entry.objects.count()
    assert [one.state for one in sightings.check_all(world.holder, world.case)] == ["unknown", "gone"]
    assert Entry.objects.count() == lines + 2


def test_a_capture_that_got_nothing_keeps_nothing_and_cleans_up(world: World) -> None:
    world.visits.silent = True
    before = everything(world)
    with pytest.raises(OutsideSilent):
        captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no")
    assert everything(world) == before
    assert not any(folder.exists() for folder in world.visits.workdirs)


def test_a_capture_says_what_is_missing_and_leaves_no_plain_file(world: World) -> None:
    view = captures.capture_page(world.holder, world.case, "https://leaks.example/page", child="no")
    assert (view.kept, view.expected, view.partial) == (2, 3, True)
    assert view.missing == ({"url": "https://cdn.example/lost.jpg", "why": "http_404"},)
    assert {one.kind for one in view.exhibits} == {"text", "record", "screenshot", "wacz"}
    assert all(one.partial and one.source == "https://leaks.example/page" for one in view.exhibits)
    assert not any(folder.exists() for folder in world.visits.workdirs)
    assert not list(world.services.memory.iterdir())


@pytest.mark.parametrize("child", ["", "maybe", "No", None])
def test_a_capture_without_the_answer_about_a_child_does_not_begin(world: World, child: str) -> None:
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.child_answer"):
        captures.capture_page(world.holder, world.case, "https://leaks.example/page", child=child)  # type: ignore[arg-type]
    assert not world.visits.options
    assert everything(world) == before
