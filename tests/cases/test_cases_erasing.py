"""Erasing: the keys, the files and the words are gone; the journal's commitments stay and verify as erased."""

import io
import os
from datetime import timedelta
from typing import Any

import pytest
from tests.cases.case_snapshots import everything, payloads, tables
from tests.cases.case_verbs import exhibit, notice
from tests.cases.case_world import MAIL, SECRET, World, drawn
from tests.cases.test_cases_verbs import Refusal, broken_database

from sitr.cases import (
    access,
    agendas,
    captures,
    dossiers,
    erasing,
    exhibits,
    holders,
    journals,
    notices,
    openings,
    photos,
    sightings,
)
from sitr.cases.models import (
    SEALED,
    Case,
    Checkpoint,
    Entry,
    Exhibit,
    Holder,
    HolderLock,
    Reply,
    Stamp,
    WrappedKey,
    writing_allowed,
)
from sitr.cases.tidying import tidy
from sitr.errors import NotFound
from sitr.journal import verify_journal

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


def _full_case(world: World) -> None:
    letter = notice(world, world.case, "sent")
    notices.file_reply(world.holder, world.case, letter, MAIL, "re.eml")
    photos.add_photo(world.holder, world.case, drawn(1, 160), "mine.png", keep=True)
    openings.mark_step(world.holder, world.case, "s-steady", "done")
    world.authorities[0].silent = False
    journals.stamp_pending(world.services)
    exhibit(world, world.case)


def _assert_erased(world: World) -> None:
    assert not WrappedKey.objects.filter(case_id=world.case).exists()
    assert not any(model._default_manager.filter(case_id=world.case).exists() for model in SEALED)
    assert not Stamp.objects.filter(checkpoint__case_id=world.case).exists()
    assert not set(world.services.blobs.names())
    row = Case.objects.get(pk=world.case)
    assert (row.state, bytes(row.seen), row.public) == ("erased", b"", "")
    assert not Entry.objects.filter(case_id=world.case, opening__isnull=False).exists()
    for keeper in (world.holder, world.other):
        for look in (openings.show, openings.answers, exhibits.list_exhibits, journals.entries, journals.verify):
            with pytest.raises(NotFound):
                look(keeper, world.case)
    assert not agendas.agenda(world.services, world.holder)


def test_an_erased_case_leaves_ids_and_commitments_only(world: World) -> None:
    _full_case(world)
    blobs = {row.blob for row in Exhibit.objects.all()}
    lines = [bytes(row.line) for row in Entry.objects.filter(case=world.case)]
    assert len(blobs) == 2
    view = erasing.erase_case(world.holder, world.case, secret=SECRET)
    _assert_erased(world)
    kept = [bytes(row.line) for row in Entry.objects.filter(case=world.case).order_by("seq")]
    assert kept[:-1] == lines
    assert (view.case, view.backups_readable_until) == (world.case, world.clock() + timedelta(days=14))
    assert [(line.id, line.state, line.due_hour) for line in openings.list_cases(world.services)] == [
        (world.case, "erased", None)
    ]


def test_the_lines_that_stay_verify_and_say_that_their_content_is_gone(world: World) -> None:
    _full_case(world)
    erasing.erase_case(world.holder, world.case, secret=SECRET)
    rows = list(Entry.objects.filter(case=world.case).order_by("seq"))
    note = Checkpoint.objects.filter(case=world.case).order_by("-size").first()
    assert note is not None
    report = verify_journal(
        [bytes(row.line) for row in rows], {row.seq: row.opening for row in rows}, [note.note],
        signer=world.services.signer.public_pem(), partial=True,
    )  # fmt: skip
    assert report.ok
    assert report.check("signer").state == "ok"
    assert report.check("integrity").data["opened"] == 0


def test_a_home_that_does_not_know_how_long_backups_are_kept_does_not_say(world: World) -> None:
    keeper = world.with_services(world.holder, backups_kept=None)
    assert erasing.erase_case(keeper, world.case, secret=SECRET).backups_readable_until is None


def test_erasing_one_case_leaves_the_others_whole(world: World) -> None:
    second = world.open_case()
    kept = exhibit(world, second)
    exhibit(world, world.case)
    erasing.erase_case(world.holder, world.case, secret=SECRET)
    assert exhibits.export(world.holder, second, kept, world.folder).read_bytes() == b"a saved chat"
    assert journals.verify(world.holder, second).ok


def test_an_erasure_that_is_cut_short_anywhere_is_completed_at_the_next_start(world: World) -> None:
    _full_case(world)
    for at in range(1, 20):
        with broken_database(at) as tried, pytest.raises((Refusal, NotFound)):
            erasing.erase_case(world.holder, world.case, secret=SECRET)
        state = Case.objects.get(pk=world.case).state
        if state != "open":
            break
        assert journals.verify(world.holder, world.case).check("integrity").state == "ok", tried
    assert (state, tried[-1]) == ("erasing", "cases_wrappedkey")
    with pytest.raises(NotFound):
        openings.show(world.holder, world.case)
    for at in range(1, 40):
        with broken_database(at) as tried:  # and the completion may be cut short as well, at each of its writes
            try:
                tidy(world.services)
            except Refusal:
                assert Case.objects.get(pk=world.case).state == "erasing", tried
            else:
                break
    assert at > 8
    _assert_erased(world)


def test_an_erased_exhibit_is_gone_and_the_journal_verifies(world: World) -> None:
    kept, gone = exhibit(world, world.case), exhibit(world, world.case, b"to be erased", "gone.txt")
    blob = Exhibit.objects.get(pk=gone).blob
    exhibits.export(world.holder, world.case, gone, world.folder)
    erasing.erase_exhibit(world.holder, world.case, gone, secret=SECRET)
    assert blob not in set(world.services.blobs.names())
    assert [one.id for one in exhibits.list_exhibits(world.holder, world.case)] == [kept]
    assert journals.verify(world.holder, world.case).ok
    said = payloads(world.holder, world.case)
    assert [one.get("verb") for one in said[-3:]] == [None, None, "erase_exhibit"]
    assert said[-1]["erased"] == [len(said) - 3, len(said) - 2]
    assert gone not in str(said)
    with pytest.raises(NotFound):
        erasing.erase_exhibit(world.holder, world.case, gone, secret=SECRET)
    with pytest.raises(NotFound):
        exhibits.export(world.holder, world.case, gone, world.folder)


def test_every_exhibit_of_one_capture_can_be_erased_one_after_the_other(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    world.visits.images = {"https://cdn.leaks.example/a.png": drawn()}
    view = captures.capture_page(world.holder, world.case, "https://leaks.example/p", child="no")
    assert len(view.exhibits) == 4
    for number, one in enumerate(view.exhibits, start=1):
        erasing.erase_exhibit(world.holder, world.case, one.id, secret=SECRET)
        assert journals.verify(world.holder, world.case).ok
        assert len(exhibits.list_exhibits(world.holder, world.case)) == 4 - number
    assert [one.proposed for one in sightings.list_sightings(world.holder, world.case)] == [True]


def test_what_remains_of_a_capture_is_still_under_the_journal(world: World) -> None:
    view = captures.capture_page(world.holder, world.case, "https://leaks.example/p", child="no")
    first, second = view.exhibits[0], view.exhibits[1]
    erasing.erase_exhibit(world.holder, world.case, first.id, secret=SECRET)
    with writing_allowed():
        Exhibit.objects.filter(pk=second.id).delete()
    problems = journals.verify(world.holder, world.case).problems
    assert [(one.code, one.data["row"]) for one in problems] == [("row_differs", second.id)]


def test_erasing_a_filed_mail_erases_what_was_read_out_of_it(world: World) -> None:
    letter = notice(world, world.case, "sent")
    kept, gone = (notices.file_reply(world.holder, world.case, letter, MAIL, name) for name in ("a.eml", "b.eml"))
    erasing.erase_exhibit(world.holder, world.case, gone.exhibit, secret=SECRET)
    (still,) = notices.list_notices(world.holder, world.case)
    assert [one.id for one in still.replies] == [kept.id]
    assert still.state == "answered"
    assert not Reply.objects.filter(pk=gone.id).exists()
    assert gone.id not in str(payloads(world.holder, world.case))
    assert journals.verify(world.holder, world.case).ok


def test_a_dossier_after_an_erasure_leaves_the_erased_one_out(world: World) -> None:
    exhibit(world, world.case)
    gone = exhibit(world, world.case, b"to be erased", "gone.txt")
    erasing.erase_exhibit(world.holder, world.case, gone, secret=SECRET)
    built = dossiers.make(
        world.holder, world.case, world.folder / "d.age", secret=SECRET, recipients=[world.other.identity.public]
    )
    assert built.items >= 1
    assert journals.verify(world.holder, world.case).ok


def test_an_erased_exhibit_cut_short_after_its_entry_leaves_no_file_for_long(world: World) -> None:
    gone = exhibit(world, world.case)
    blob = Exhibit.objects.get(pk=gone).blob

    class Stuck:
        """A store that cannot remove."""

        def __getattr__(self, name: str) -> Any:
            return getattr(world.services.blobs, name)

        def delete(self, name: str) -> bool:
            """Fail."""
            raise OSError(name)

    with pytest.raises(OSError, match=blob):
        erasing.erase_exhibit(world.with_services(world.holder, blobs=Stuck()), world.case, gone, secret=SECRET)
    assert blob in set(world.services.blobs.names())
    _age(world, blob)
    tidy(world.services)
    assert blob not in set(world.services.blobs.names())


def _age(world: World, blob: str) -> None:
    old = world.clock().timestamp() - 7200
    os.utime(world.services.home / "blobs" / blob, (old, old))


def test_a_start_removes_files_that_no_row_knows_once_no_write_can_be_under_way(world: World) -> None:
    exhibit(world, world.case)
    photos.add_photo(world.holder, world.case, drawn(1, 160), "a.png", keep=True)
    known = set(world.services.blobs.names())
    lost = world.services.blobs.put(
        io.BytesIO(b"x"), exhibits.place_of(world.case, "lost"), world.holder.identity.public
    )
    young = world.clock().timestamp() - 60
    for name in {*known, lost.name}:
        os.utime(world.services.home / "blobs" / name, (young, young))
    tidy(world.services)
    assert set(world.services.blobs.names()) == {*known, lost.name}
    for name in {*known, lost.name}:
        _age(world, name)
    tidy(world.services)
    assert set(world.services.blobs.names()) == known
    before = everything(world)
    tidy(world.services)
    assert everything(world) == before


def test_a_whole_home_is_destroyed_without_any_secret_and_can_be_set_up_again(world: World) -> None:
    _full_case(world)
    second = world.open_case()
    erasing.erase_home(world.services)
    _assert_erased(world)
    assert Case.objects.get(pk=second).state == "erased"
    assert not HolderLock.objects.exists()
    assert not Holder.objects.exists()
    assert not access.is_set_up(world.services)
    keeper = access.set_up(world.services, "entirely new words here")
    assert openings.open_case(keeper, country=None, answers={}, time_proof=False)


def test_an_erased_home_holds_no_sealed_word(world: World) -> None:
    _full_case(world)
    erasing.erase_home(world.services)
    for alias in ("default", "keys"):
        cells = [cell for rows in tables(alias).values() for row in rows for cell in row if isinstance(cell, bytes)]
        assert not any(b"age-encryption.org" in cell for cell in cells)


def test_a_holder_of_an_erasing_case_cannot_add_or_read(world: World) -> None:
    with writing_allowed():
        Case.objects.filter(pk=world.case).update(state="erasing")
    for refused in (
        lambda: openings.show(world.holder, world.case),
        lambda: holders.list_holders(world.holder, world.case),
        lambda: exhibit(world, world.case),
    ):
        with pytest.raises(NotFound):
            refused()
