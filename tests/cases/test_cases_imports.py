"""Imports as verbs: the file byte for byte, its view beside it, questions answered later, no picture where none may."""

import io
import json
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

import pytest
from tests.cases.case_snapshots import everything
from tests.cases.case_verbs import notice
from tests.cases.case_world import SECRET, World, drawn
from tests.evidence.import_fixtures import FOLDER, record, zipped

from sitr.cases import (
    captures,
    erasing,
    exhibits,
    imports,
    journals,
    notices,
    openings,
    photos,
    portable,
    second_looks,
    sightings,
)
from sitr.cases.imports import ImportView
from sitr.cases.models import Exhibit, Parsed
from sitr.cases.second_looks import SecondLook
from sitr.cases.work import look
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.evidence.imports import read_import
from sitr.finding import mark_inside
from sitr.words import LANGS

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

UNCLEAR = (FOLDER / "wa-day-or-month.txt").read_bytes()
PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"iVBORw0KGgo")


def taken(world: World, name: str, data: bytes | None = None, case: str = "", **given: Any) -> ImportView:
    """A file of the museum, imported."""
    content = (FOLDER / name).read_bytes() if data is None else data
    return imports.import_file(world.holder, case or world.case, io.BytesIO(content), name, **given)


def kept_bytes(world: World, case: str, exhibit: str) -> bytes:
    """What is sealed as the exhibit."""
    return exhibits.export(world.holder, case, exhibit, world.folder / f"out-{exhibit}").read_bytes()


def test_a_chat_is_kept_whole_and_its_question_is_answered_without_the_file(world: World) -> None:
    made = taken(world, "wa-day-or-month.txt")
    assert made.exhibit.sha256 == sha256(UNCLEAR).hexdigest()
    assert made.parsed.ambiguous
    assert [one.time for one in made.parsed.items] == ["", ""]
    (order, zone) = made.parsed.questions
    assert [(c.id, c.example) for c in order.choices] == [("dmy", "2024-02-03"), ("mdy", "2024-03-02")]
    assert (order.optional, zone.optional) == (False, True)

    view = imports.answer(world.holder, world.case, made.exhibit.id, {"date_order": "dmy"})
    assert not view.ambiguous
    assert [one.time for one in view.items] == ["2024-02-03T21:05", "2024-02-04T21:05"]
    view = imports.answer(world.holder, world.case, made.exhibit.id, {"zone": "+02:00"})
    assert view.answers == {"date_order": "dmy", "zone": "+02:00"}
    assert view == imports.parsed(world.other, world.case, made.exhibit.id)
    assert imports.answer(world.holder, world.case, made.exhibit.id, {"date_order": ""}).ambiguous
    assert kept_bytes(world, world.case, made.exhibit.id) == UNCLEAR
    assert journals.verify(world.holder, world.case).ok
    verbs = [one.verb for one in journals.entries(world.holder, world.case)]
    assert verbs.count("read_again") == 3


def test_a_wrong_answer_changes_nothing(world: World) -> None:
    made = taken(world, "wa-day-or-month.txt")
    before = everything(world)
    with pytest.raises(BadInput):
        imports.answer(world.holder, world.case, made.exhibit.id, {"date_order": "no"})
    assert everything(world) == before


def test_a_long_chat_is_read_part_by_part(world: World) -> None:
    lines = "".join(f"31/12/2023, 21:{n // 60:02d}:{n % 60:02d} - Ali: message {n}\n" for n in range(450))
    made = taken(world, "long.txt", lines.encode())
    parts = [imports.parsed(world.holder, world.case, made.exhibit.id, part) for part in range(made.parsed.parts)]
    assert (made.parsed.total, len(parts)) == (450, 3)
    assert [one.text for part in parts for one in part.items] == [f"message {n}" for n in range(450)]
    with pytest.raises(NotFound):
        imports.parsed(world.holder, world.case, made.exhibit.id, 3)


def test_fewer_items_after_an_answer_leave_no_old_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "_ITEMS", 1)
    made = taken(world, "wa-day-or-month.txt")
    assert made.parsed.parts == 2
    monkeypatch.setattr(imports, "_ITEMS", 200)
    view = imports.answer(world.holder, world.case, made.exhibit.id, {"date_order": "dmy"})
    assert (view.parts, len(view.items)) == (1, 2)
    with pytest.raises(NotFound):
        imports.parsed(world.holder, world.case, made.exhibit.id, 1)
    assert journals.verify(world.holder, world.case).ok


@pytest.mark.parametrize(
    "name",
    ["archive-traversal.zip", "archive-link.tar", "archive-bomb.zip", "archive-cut.zip", "bomb.png", "empty.txt"],
)
def test_a_harmful_file_is_refused_and_nothing_is_kept(world: World, name: str) -> None:
    before, blobs = everything(world), set(world.services.blobs.names())
    with pytest.raises(BadInput):
        taken(world, name)
    assert everything(world) == before
    assert set(world.services.blobs.names()) == blobs
    assert not list(world.services.memory.iterdir())


def test_an_archive_with_a_hundred_thousand_names_and_one_is_refused(world: World) -> None:
    entry = b"PK\x01\x02" + bytes(24) + (5).to_bytes(2, "little") + bytes(16) + b"a.txt"
    count = 100_001
    end = b"PK\x05\x06" + bytes(8) + (len(entry) * count).to_bytes(4, "little") + bytes(6)
    with pytest.raises(BadInput, match=r"archive_too_many"):
        taken(world, "many.zip", b"PK\x03\x04" + entry * count + end)


def test_copies_of_the_photos_are_found_in_a_chat_with_its_media(world: World) -> None:
    photo = photos.add_photo(world.holder, world.case, drawn(3), "mine.png")
    chat = b"31/12/2023, 21:05 - Ali: IMG-20231231-WA0001.png (file attached)\n"
    data = zipped({"_chat.txt": chat, "IMG-20231231-WA0001.png": drawn(3), "other.png": drawn(9)})
    made = taken(world, "chat.zip", data)
    assert [(one.media, one.photo) for one in made.parsed.found] == [("IMG-20231231-WA0001.png", photo.id)]
    soft = imports.picture_inside(world.holder, world.case, made.exhibit.id, "IMG-20231231-WA0001.png", blurred=True)
    assert soft.startswith(b"\x89PNG")
    before = len(journals.entries(world.holder, world.case))
    imports.picture_inside(world.holder, world.case, made.exhibit.id, "IMG-20231231-WA0001.png", blurred=False)
    assert [one.verb for one in journals.entries(world.holder, world.case)[before:]] == ["look"]


def saved_page() -> bytes:
    """A web archive of one page with a copy of the photo, twice, and another picture."""
    bodies = {"mine.png": drawn(3), "again.png": drawn(3), "other.png": drawn(9)}
    warc = b"".join(
        record(f"https://leaks.example/{name}", body, "Content-Type: image/png") for name, body in bodies.items()
    )
    pages = b'{"url":"https://leaks.example/page"}\n'
    return zipped({"datapackage.json": b"{}", "archive/data.warc": warc, "pages/pages.jsonl": pages})


def test_copies_in_a_web_archive_become_proposals_with_their_exact_addresses(world: World) -> None:
    photo = photos.add_photo(world.holder, world.case, drawn(3), "mine.png")
    made = taken(world, "x.wacz", saved_page())
    found = made.parsed.found
    assert [(one.where, one.media, one.photo) for one in found] == [
        ("address", f"https://leaks.example/{name}", photo.id) for name in ("mine.png", "again.png")
    ]
    places = {one.id: one for one in sightings.list_sightings(world.holder, world.case)}
    assert [(places[one.sighting].url, places[one.sighting].page, places[one.sighting].proposed) for one in found] == [
        (f"https://leaks.example/{name}", "https://leaks.example/page", True) for name in ("mine.png", "again.png")
    ]
    told = list(journals.opened(look(world.holder, world.case)))[-1][1] or b""
    assert all(name.encode() in told for name in places)
    assert made.parsed.facts["compared"] == 2  # the same bytes are compared once

    sightings.decide(world.holder, world.case, found[0].sighting, accept=False)
    again = taken(world, "y.wacz", saved_page())
    assert [one.sighting for one in again.parsed.found] == [one.sighting for one in found]
    assert len(sightings.list_sightings(world.holder, world.case)) == 1  # what was rejected is not proposed anew
    view = imports.answer(world.holder, world.case, made.exhibit.id, {"zone": "+02:00"})
    assert (view.found, view.facts["compared"]) == (found, 2)
    assert journals.verify(world.holder, world.case).ok


def test_a_copy_without_an_address_is_found_and_is_no_place(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(3), "mine.png")
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@b.example", "c@d.example", "x"
    letter.set_content("pay")
    letter.add_attachment(drawn(3), maintype="image", subtype="png", filename="threat.png")
    made = taken(world, "x.eml", letter.as_bytes())
    assert [(one.where, one.media, one.sighting) for one in made.parsed.found] == [("attachment", "threat.png", "")]
    assert sightings.list_sightings(world.holder, world.case) == []
    for lang in LANGS:
        assert "threat.png" in imports.where_found(made.parsed.found[0], lang)


def test_what_there_was_no_time_to_compare_is_said_and_stays_said(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos.add_photo(world.holder, world.case, drawn(3), "mine.png")
    monkeypatch.setattr(imports, "COMPARING", -1.0)
    made = taken(world, "x.wacz", saved_page())
    left = [(one.code, one.data) for one in made.parsed.problems if "compared" in one.code]
    assert left == [("evidence.import_not_all_compared", {"n": 3})]
    view = imports.answer(world.holder, world.case, made.exhibit.id, {"zone": "+02:00"})
    assert [(one.code, one.data) for one in view.problems if "compared" in one.code] == left


def test_what_may_show_a_picture_goes_into_no_dossier_by_itself(world: World) -> None:
    head = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n"
    html = head + b"<p>see<img src='data:image/png;base64,AA=='>"
    shows = {"mail-attachment.eml", "wa-android.zip", "paper.pdf"}
    for name in (*shows, "mail-plain.eml", "wa-hijri.txt"):
        made = taken(world, name)
        body = look(world.holder, world.case).one(Exhibit, made.exhibit.id)[1]
        assert exhibits.may_show(body) is (name in shows), name
    made = taken(world, "html.eml", html)
    assert exhibits.may_show(look(world.holder, world.case).one(Exhibit, made.exhibit.id)[1])


def test_place_and_serial_number_are_shown_only_on_demand(world: World) -> None:
    made = taken(world, "photo-exif.jpg")
    assert made.parsed.private
    assert "30.05" not in repr(imports.parsed(world.holder, world.case, made.exhibit.id))
    told = imports.private_facts(world.holder, world.case, made.exhibit.id)
    assert told["place"] == "30.050000, 31.250000"


def test_erasing_an_exhibit_erases_what_was_read_from_it(world: World) -> None:
    made, other = taken(world, "wa-day-or-month.txt"), taken(world, "notes.txt")
    imports.answer(world.holder, world.case, made.exhibit.id, {"date_order": "dmy"})
    erasing.erase_exhibit(world.holder, world.case, made.exhibit.id, secret=SECRET)
    assert not Parsed.objects.filter(exhibit=made.exhibit.id).exists()
    assert imports.parsed(world.holder, world.case, other.exhibit.id).kind == "text"
    assert journals.verify(world.holder, world.case).ok


def test_a_case_taken_elsewhere_keeps_what_was_read(world: World) -> None:
    made = taken(world, "wa-day-or-month.txt", answers={"date_order": "mdy"})
    file = portable.export_case(world.holder, world.case, world.folder / "case.sitr", secret=SECRET)
    erasing.erase_case(world.holder, world.case, secret=SECRET)
    from sitr.cases.models import Case, Checkpoint, Entry, Stamp, writing_allowed

    with writing_allowed():
        Stamp.objects.all().delete()
        Checkpoint.objects.filter(case=world.case).delete()
        Entry.objects.filter(case=world.case).delete()
        Case.objects.filter(pk=world.case).delete()
    again = portable.import_case(world.holder, file, secret=SECRET)
    assert imports.parsed(world.holder, again, made.exhibit.id).items == made.parsed.items
    assert journals.verify(world.holder, again).ok


MINOR = pytest.mark.parametrize("age", [["minor"], []], ids=["minor", "not answered"])
WORDS = {
    "mail-attachment.eml": "see", "mail-nested.eml": "inner@mail.example", "paper.pdf": "Threat of 3 February",
    "wa-android.zip": "VID-20231231-WA0002.mp4", "tg-folder.zip": "hello", "fb-download.zip": "مرحبا يا علي",
    "page.wacz": "https://leaks.example/p", "page.html": "words",
}  # fmt: skip


@MINOR
def test_where_no_picture_may_be_only_words_are_kept(world: World, age: list[str]) -> None:
    case = world.open_case(age=age)
    for name, words in WORDS.items():
        original = (FOLDER / name).read_bytes()
        made = taken(world, name, case=case)
        kept = kept_bytes(world, case, made.exhibit.id)
        assert words in kept.decode(), name
        assert not any(mark in kept for mark in PICTURES), name
        assert (made.exhibit.words_only, made.parsed.words_only) == (True, True)
        assert made.parsed.original_sha256 == sha256(original).hexdigest()
        assert made.exhibit.sha256 == sha256(kept).hexdigest()
    assert journals.verify(world.holder, case).ok


@MINOR
@pytest.mark.parametrize(
    "name",
    ["archive-nested.zip", "anything.bin", "PTT-20240203-WA0001.opus", "film.avi", "photo-exif.jpg", "archive.tar"],
)
def test_where_no_picture_may_be_what_cannot_be_words_is_refused(world: World, age: list[str], name: str) -> None:
    case = world.open_case(age=age)
    before = everything(world)
    with pytest.raises(AnswerIsNo):
        taken(world, name, case=case)
    assert everything(world) == before


def test_where_no_picture_may_be_plain_words_are_kept_byte_for_byte_and_encoded_blocks_are_not(world: World) -> None:
    case = world.open_case(age=["minor"])
    for name in ("notes.txt", "wa-day-or-month.txt", "mail-plain.eml", "tg-chat.json"):
        made = taken(world, name, case=case)
        assert not made.exhibit.words_only, name
        assert kept_bytes(world, case, made.exhibit.id) == (FOLDER / name).read_bytes()
    block = "QUJD" * 200
    for text in (
        f"look: {block} end",
        f"<img src='data:image/png;base64,{block}'>",
        "P3\n1 1\n255\n1 2 3\n",
        "{\\rtf {\\pict 00}}",
    ):
        made = taken(world, "pasted.txt", text.encode(), case=case)
        assert made.exhibit.words_only
        assert block not in kept_bytes(world, case, made.exhibit.id).decode()


def test_a_chat_kept_by_its_words_can_still_be_answered(world: World) -> None:
    case = world.open_case(age=["minor"])
    chat = b"3/2/24, 9:05 PM - Sara: IMG-1.jpg (file attached)\n"
    made = taken(world, "chat.zip", zipped({"_chat.txt": chat, "IMG-1.jpg": drawn(kind="JPEG")}), case=case)
    assert kept_bytes(world, case, made.exhibit.id) == chat
    view = imports.answer(world.holder, case, made.exhibit.id, {"date_order": "dmy"})
    assert [one.time for one in view.items] == ["2024-02-03T21:05"]
    assert view.original_sha256 == made.parsed.original_sha256


def test_an_answer_to_a_notice_with_a_picture_in_it_is_kept_by_its_words(world: World) -> None:
    case = world.open_case(age=["minor"])
    raw = (FOLDER / "mail-attachment.eml").read_bytes()
    reply = notices.file_reply(world.holder, case, notice(world, case, "sent"), raw, "re.eml")
    kept = json.loads(kept_bytes(world, case, reply.exhibit))
    assert kept["original_sha256"] == sha256(raw).hexdigest()
    assert kept["removed"] == 1
    whole = notices.file_reply(world.holder, world.case, notice(world, world.case, "sent"), raw, "re.eml")
    assert kept_bytes(world, world.case, whole.exhibit) == raw


def test_an_answer_about_age_that_changes_during_a_reading_counts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = read_import

    def slow(*given: Any, **more: Any) -> Any:
        openings.answer(world.other, world.case, {"age": ["minor"]})
        return real(*given, **more)

    monkeypatch.setattr(imports, "read_import", slow)
    blobs = set(world.services.blobs.names())
    with pytest.raises(AnswerIsNo, match=r"cases\.no_pictures"):
        taken(world, "photo-exif.jpg")
    assert set(world.services.blobs.names()) == blobs
    assert not Exhibit.objects.exists()


def test_a_file_that_changes_while_it_is_read_is_refused(world: World) -> None:
    class Later(io.BytesIO):
        """As it was, until it has been read through twice."""

        rounds = 0

        def seek(self, place: int, whence: int = 0, /) -> int:
            if place == 0 and whence == 0:
                self.rounds += 1
            return super().seek(place, whence)

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            return data.replace(b"hello", b"HELLO") if self.rounds >= 6 else data

    with pytest.raises(BadInput, match=r"cases\.file_changed"):
        imports.import_file(world.holder, world.case, Later(UNCLEAR), "chat.txt")
    assert not Exhibit.objects.exists()


def chat_with(*numbers: int) -> bytes:
    """A chat with some pictures in its zip."""
    return zipped({"_chat.txt": b"31/12/2023, 21:05 - Ali: hello\n", **{f"{n}.png": drawn(n) for n in numbers}})


def found_in(world: World, exhibit: str) -> list[tuple[str, str]]:
    return [(one.media, one.photo) for one in imports.parsed(world.holder, world.case, exhibit).found]


def test_a_photo_that_was_added_later_is_looked_for_in_what_was_imported_before(world: World) -> None:
    first = photos.add_photo(world.holder, world.case, drawn(9), "first.png")
    made, other = taken(world, "chat.zip", chat_with(3, 9)), taken(world, "page.wacz", saved_page())
    note = taken(world, "note.txt", b"words alone")
    assert found_in(world, made.exhibit.id) == [("9.png", first.id)]
    assert second_looks.look_again(world.holder, world.case) == SecondLook(0, 0, 0, ())
    later = photos.add_photo(world.holder, world.case, drawn(3), "later.png")
    assert second_looks.waiting(world.holder, world.case) == 2
    looked = second_looks.look_again(world.holder, world.case)
    assert (looked.files, looked.left, looked.found) == (2, 0, 3)
    assert found_in(world, made.exhibit.id) == [("9.png", first.id), ("3.png", later.id)]
    addresses = {one.image for one in sightings.list_sightings(world.holder, world.case) if one.id in looked.proposed}
    assert addresses == {"https://leaks.example/mine.png", "https://leaks.example/again.png"}
    assert found_in(world, note.exhibit.id) == []
    assert len(imports.parsed(world.holder, world.case, other.exhibit.id).found) == 3
    before = len(journals.entries(world.holder, world.case))
    assert second_looks.look_again(world.holder, world.case) == SecondLook(0, 0, 0, ())
    assert len(journals.entries(world.holder, world.case)) == before
    assert journals.verify(world.holder, world.case).ok


def archive_of_a_page(*own: bytes) -> bytes:
    """An archive as a capture leaves it: what the site sent, the page's own pictures, and our picture of the page."""
    made = {f"urn:sitr:inline-{n:04d}-canvas:https://leaks.example/page": data for n, data in enumerate(own, 1)}
    made |= {"urn:sitr:screenshot-1.png:https://leaks.example/page": drawn(3)}
    resources = b"".join(
        f"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-11-22T20:00:00Z\r\n"
        f"Content-Type: image/png\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
        + b"\r\n\r\n"
        for url, body in made.items()
    )
    sent = record("https://leaks.example/mine.png", drawn(3), "Content-Type: image/png")
    return zipped({"datapackage.json": b"{}", "archive/data.warc": sent + resources})


def test_a_photo_that_was_added_later_is_looked_for_in_pages_captured_before(world: World) -> None:
    def capture(url: str) -> None:
        captures.capture_page(world.holder, world.case, url, child="no")

    first = photos.add_photo(world.holder, world.case, drawn(9), "first.png")
    world.visits.wacz = archive_of_a_page(drawn(3, kind="JPEG"), drawn(7))
    capture("https://leaks.example/page")
    capture("https://leaks.example/other")
    assert second_looks.waiting(world.holder, world.case) == 0
    photos.add_photo(world.holder, world.case, drawn(3), "later.png")
    captures.capture_page(world.holder, world.case, "https://leaks.example/words", child="unsure")
    assert second_looks.waiting(world.holder, world.case) == 2
    capture("https://leaks.example/new")  # the photo is known by now
    before = len(journals.entries(world.holder, world.case))
    looked = [second_looks.look_again(world.holder, world.case, seconds=0) for _ in range(3)]
    assert [(one.files, one.left, one.found) for one in looked] == [(1, 1, 2), (1, 0, 2), (0, 0, 0)]
    places = [one for one in sightings.list_sightings(world.holder, world.case) if one.proposed]
    marks = {mark_inside("canvas", drawn(3, kind="JPEG"))}
    assert {one.image for one in places} == {"https://leaks.example/mine.png", ""}
    assert {(one.url, one.inside) for one in places if one.inside} == {("https://leaks.example/page", *marks)}
    verbs = [one.verb for one in journals.entries(world.holder, world.case)[before:]]
    assert verbs == ["look_again", "look_again"]
    third = photos.add_photo(world.holder, world.case, drawn(7), "third.png")
    looked = [second_looks.look_again(world.holder, world.case)]
    assert (looked[0].files, looked[0].found) == (3, 3)
    assert {one.photo for one in sightings.list_sightings(world.holder, world.case)} >= {third.id}
    assert first.id not in {one.photo for one in sightings.list_sightings(world.holder, world.case)}
    assert journals.verify(world.holder, world.case).ok


def test_looking_again_goes_on_where_it_was_cut_and_gets_on_with_each_call(world: World) -> None:
    made = [taken(world, f"chat-{n}.zip", chat_with(3, n)).exhibit.id for n in (4, 5, 6)]
    photos.add_photo(world.holder, world.case, drawn(3), "later.png")
    for left in (2, 1, 0):
        looked = second_looks.look_again(world.holder, world.case, seconds=0)
        assert (looked.files, looked.left, looked.found) == (1, left, 1)
    assert all(len(found_in(world, one)) == 1 for one in made)


def test_an_answer_to_a_question_does_not_forget_what_was_looked_for(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(3), "mine.png")
    made = taken(world, "chat.zip", zipped({"_chat.txt": b"01/02/2023, 21:05 - Ali: a\n", "3.png": drawn(3)}))
    imports.answer(world.holder, world.case, made.exhibit.id, {"date_order": "dmy"})
    assert second_looks.waiting(world.holder, world.case) == 0
    assert len(found_in(world, made.exhibit.id)) == 1
