"""No picture of a person under 18, or of unknown age, is stored, captured or fingerprinted."""

import io
from typing import Any

import pytest
from tests.cases.case_snapshots import everything
from tests.cases.case_world import World, drawn

from sitr.cases import captures, exhibits, notices, openings, photos, sightings
from sitr.cases.models import Exhibit, Photo
from sitr.errors import AnswerIsNo
from sitr.evidence import Capture, CaptureOptions
from sitr.fingerprint import Fingerprint, fingerprint

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

NOT_ADULT = [[], ["minor"], ["was_minor"], ["unsure"], ["adult", "minor"]]
not_adult = pytest.mark.parametrize("age", NOT_ADULT, ids=lambda age: " and ".join(age) or "not answered")
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"


def _saw_nothing(*_given: Any) -> Any:
    raise AssertionError("something was computed from a picture")


@not_adult
def test_no_photo_is_taken_in_and_nothing_is_computed(
    world: World, age: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.open_case(age=age)
    before, shareable = everything(world), fingerprint(drawn()).shareable()
    monkeypatch.setattr(photos, "fingerprint", _saw_nothing)
    monkeypatch.setattr(Fingerprint, "from_shareable", _saw_nothing)
    for keep in (False, True):
        with pytest.raises(AnswerIsNo) as refused:
            photos.add_photo(world.holder, case, drawn(), "me.png", keep=keep)
        assert refused.value.code == "cases.no_pictures"
    with pytest.raises(AnswerIsNo) as refused:
        photos.add_fingerprint(world.holder, case, shareable, "me")
    assert refused.value.code == "cases.no_pictures"
    assert everything(world) == before
    assert not openings.show(world.holder, case).pictures


@not_adult
@pytest.mark.parametrize(
    ("data", "name"),
    [
        (drawn(), "a.png"),
        (drawn(), "notes.txt"),
        (drawn(kind="JPEG"), "no-suffix"),
        (b"not really a picture", "a.heic"),
        (b"GIF89a broken", "a.gif"),
        (MP4, "a.mp4"),
        (MP4, "film.txt"),
        (b"\x1aE\xdf\xa3 matroska", "x"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "x.bin"),
        (b"anything", "clip.mov"),
    ],
)
def test_no_picture_and_no_film_is_kept_as_evidence_whatever_its_name(
    world: World, age: list[str], data: bytes, name: str
) -> None:
    case = world.open_case(age=age)
    before = everything(world)
    with pytest.raises(AnswerIsNo) as refused:
        exhibits.add_exhibit(world.holder, case, io.BytesIO(data), name)
    assert refused.value.code == "cases.no_pictures"
    assert everything(world) == before


@not_adult
def test_a_page_is_kept_by_its_words_without_any_picture(
    world: World, age: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.open_case(age=age)
    world.visits.images = {"https://cdn.leaks.example/a.png": drawn()}
    monkeypatch.setattr("sitr.finding.copies.Look", _saw_nothing)
    view = captures.capture_page(world.holder, case, "https://leaks.example/p", child="no")
    assert [options.pictures for options in world.visits.options] == [False]
    assert (view.pictures, view.found) == (False, ())
    assert {one.kind for one in view.exhibits} == {"text", "record"}
    assert Exhibit.objects.filter(case=case).count() == 2


@pytest.mark.parametrize("child", ["yes", "unsure"])
def test_a_page_on_which_a_child_could_be_is_kept_without_pictures_in_an_adults_case(world: World, child: Any) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "me.png")
    world.visits.images = {"https://cdn.leaks.example/a.png": drawn()}
    view = captures.capture_page(world.holder, world.case, "https://leaks.example/p", child=child)
    assert [options.pictures for options in world.visits.options] == [False]
    assert (view.pictures, view.found) == (False, ())
    assert not sightings.list_sightings(world.holder, world.case)


def test_an_adults_page_is_kept_whole(world: World) -> None:
    view = captures.capture_page(world.holder, world.case, "https://leaks.example/p", child="no")
    assert view.pictures
    assert [options.pictures for options in world.visits.options] == [True]
    assert openings.show(world.holder, world.case).pictures


def test_words_and_papers_are_kept_in_every_case(world: World) -> None:
    case = world.open_case(age=["minor"])
    for data, name in ((b"a chat", "chat.txt"), (b"%PDF-1.7 a report", "report.pdf"), (b"From: a@b.c\n\nx", "m.eml")):
        exhibits.add_exhibit(world.holder, case, io.BytesIO(data), name)
    assert len(exhibits.list_exhibits(world.holder, case)) == 3
    (place,) = sightings.add_sighting(world.holder, case, "https://leaks.example/p")
    assert notices.draft(world.holder, case, place.id, basis="generic_privacy_complaint").state == "draft"


def test_an_answer_taken_back_closes_the_door_to_pictures_again(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(1, 160), "me.png")
    openings.answer(world.holder, world.case, {"age": []})
    with pytest.raises(AnswerIsNo):
        photos.add_photo(world.holder, world.case, drawn(2, 160), "me.png")
    openings.answer(world.holder, world.case, {"age": ["adult"]})
    photos.add_photo(world.holder, world.case, drawn(2, 160), "me.png")
    assert Photo.objects.count() == 2


def test_an_answer_that_changes_during_a_visit_is_the_one_that_counts(world: World) -> None:
    def visit(*given: Any) -> Capture:
        openings.answer(world.other, world.case, {"age": ["minor"]})
        url, work, options, now = given
        assert isinstance(options, CaptureOptions)
        return world.visits(url, work, options, now)

    blobs = set(world.services.blobs.names())
    with pytest.raises(AnswerIsNo, match=r"cases\.no_pictures"):
        captures.capture_page(
            world.with_services(world.holder, capture=visit), world.case, "https://leaks.example/p", child="no"
        )
    assert set(world.services.blobs.names()) == blobs
    assert not Exhibit.objects.exists()
