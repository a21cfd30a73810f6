"""What somebody does to the database behind Sitr's back is seen, and named, by the journal's verification."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from tests.cases.case_snapshots import payloads
from tests.cases.case_verbs import exhibit, notice, sighting
from tests.cases.case_world import SECRET, World

from sitr.cases import exhibits, holders, journals, notices, openings, sightings
from sitr.cases.models import Answers, Case, Checkpoint, Entry, Exhibit, Notice, Sighting, writing_allowed
from sitr.cases.work import row_place
from sitr.errors import Damaged
from sitr.journal import describe
from sitr.vault import seal
from sitr.words import LANGS

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


def _full_case(world: World) -> None:
    notice(world, world.case, "sent")
    sightings.add_sighting(world.holder, world.case, "https://leaks.example/other")
    exhibit(world, world.case)
    exhibit(world, world.case, b"a second one", "2.txt")
    openings.answer(world.holder, world.case, {"seen": ["seen"]})


def _first(model: Any, world: World) -> Any:
    return model.objects.filter(case=world.case).first()


def _set(model: Any, world: World, **values: Any) -> None:
    model.objects.filter(pk=_first(model, world).pk).update(**values)


def _swap(model: Any, world: World, *names: str) -> None:
    one, two = model.objects.filter(case=world.case)[:2]
    kept = {name: getattr(one, name) for name in names}
    model.objects.filter(pk=one.pk).update(**{name: getattr(two, name) for name in names})
    model.objects.filter(pk=two.pk).update(**kept)


def _forge(world: World) -> None:
    """Whoever can write to the database can seal to the case: its public key stands there."""
    row = Case.objects.get(pk=world.case)
    old = _first(Sighting, world)
    body = seal(b'{"page":"https://forged.example"}', row_place(Sighting, row.id, "forged"), row.public)
    Sighting(id="forged", case=row, epoch=row.epoch, order=old.order, body=body, state="live").save(force_insert=True)


def _reseal(world: World) -> None:
    row, answers = Case.objects.get(pk=world.case), _first(Answers, world)
    body = seal(b'{"answers":{},"words":{}}', row_place(Answers, row.id, answers.id), row.public)
    Answers.objects.filter(pk=answers.pk).update(body=body)


def _last_entry_lost(world: World) -> None:
    Entry.objects.filter(case=world.case, seq=Entry.objects.filter(case=world.case).count() - 1).delete()


def _flip(cell: Any) -> bytes:
    data = bytearray(bytes(cell))
    data[-1] ^= 1
    return bytes(data)


HARM: dict[str, tuple[Callable[[World], object], set[str]]] = {
    "a row is removed": (lambda w: Exhibit.objects.filter(pk=_first(Exhibit, w).pk).delete(), {"row_differs"}),
    "one byte of a row": (lambda w: _set(Notice, w, body=_flip(_first(Notice, w).body)), {"row_differs"}),
    "a row is emptied": (lambda w: _set(Answers, w, body=b""), {"row_differs"}),
    "a row is sealed anew": (_reseal, {"row_differs"}),
    "two rows are swapped": (lambda w: _swap(Sighting, w, "body"), {"row_differs"}),
    "a forged row is added": (_forge, {"row_unknown"}),
    "a notice is called a draft": (lambda w: _set(Notice, w, state="draft"), {"row_differs"}),
    "a place is called gone": (lambda w: _set(Sighting, w, state="gone"), {"row_differs"}),
    "a clock is stopped": (lambda w: _set(Notice, w, due_hour=None), {"row_differs"}),
    "a clock is put off": (
        lambda w: _set(Notice, w, due_hour=_first(Notice, w).due_hour + timedelta(days=30)), {"row_differs"},
    ),
    "an opening is taken away": (lambda w: _set(Entry, w, opening=None), {"opening_missing"}),
    "one byte of an opening": (lambda w: _set(Entry, w, opening=_flip(_first(Entry, w).opening)), {"opening_damaged"}),
    "two openings are swapped": (lambda w: _swap(Entry, w, "opening"), {"opening_damaged"}),
    "two lines are swapped": (lambda w: _swap(Entry, w, "line"), {"root_mismatch"}),
    "one line is another": (lambda w: _set(Entry, w, line=_flip(_first(Entry, w).line)), {"root_mismatch"}),
    "the last entry is lost": (_last_entry_lost, {"journal_truncated"}),
    "a checkpoint is lost": (
        lambda w: Checkpoint.objects.filter(case=w.case).order_by("-size")[0].delete(), {"checkpoint_old"},
    ),
    "all checkpoints are lost": (
        lambda w: Checkpoint.objects.filter(case=w.case).delete(), {"checkpoint_missing"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_it_is_named_and_said_in_both_languages(world: World, harm: str) -> None:
    _full_case(world)
    assert journals.verify(world.holder, world.case).ok
    do, expected = HARM[harm]
    with writing_allowed():
        do(world)
    report = journals.verify(world.holder, world.case)
    codes = {problem.code for problem in report.problems}
    assert not report.ok
    assert expected <= codes
    assert all(describe(problem, lang) for problem in report.problems for lang in LANGS)


def test_a_whole_case_rolled_back_with_its_journal_is_seen_by_an_earlier_checkpoint_only(world: World) -> None:
    """The threat model says so: against the whole database set back, only what was kept elsewhere helps."""
    openings.answer(world.holder, world.case, {"seen": ["seen"]})
    with writing_allowed():
        size = Entry.objects.filter(case=world.case).count()
        Entry.objects.filter(case=world.case, seq=size - 1).delete()
        Checkpoint.objects.filter(case=world.case, size=size).delete()
        Answers.objects.filter(case=world.case).order_by("-order")[0].delete()
    assert journals.verify(world.holder, world.case).ok


def test_a_row_rolled_back_to_what_it_was_is_named_with_the_entry_that_changed_it(world: World) -> None:
    letter = notice(world, world.case)
    before = bytes(Notice.objects.get(pk=letter).body)
    notices.fill(world.holder, world.case, letter, {"name": "Another"})
    with writing_allowed():
        Notice.objects.filter(pk=letter).update(body=before)
    (problem,) = journals.verify(world.holder, world.case).problems
    seq = len(payloads(world.holder, world.case)) - 1
    assert (problem.code, problem.seq, problem.data) == ("row_differs", seq, {"table": "notice", "row": letter})


def test_a_row_of_another_case_does_not_open_here(world: World) -> None:
    second = world.open_case()
    foreign = sightings.add_sighting(world.holder, second, "https://leaks.example/x")[0].id
    place = sighting(world, world.case)
    with writing_allowed():
        Sighting.objects.filter(pk=place).update(body=Sighting.objects.get(pk=foreign).body)
    with pytest.raises(Damaged):
        sightings.list_sightings(world.holder, world.case)


def test_files_that_were_swapped_are_not_shown_as_each_other(world: World) -> None:
    one, two = exhibit(world, world.case), exhibit(world, world.case, b"another chat", "b.txt")
    with writing_allowed():
        _swap(Exhibit, world, "blob")
    for each in (one, two):
        with pytest.raises(Damaged):
            exhibits.export(world.holder, world.case, each, world.folder)
    assert not list(world.folder.iterdir())


def test_a_clock_set_back_does_not_break_the_journal(world: World) -> None:
    openings.answer(world.holder, world.case, {"seen": ["seen"]})
    world.clock.forward(days=-400)
    exhibit(world, world.case)
    times = [one.time for one in journals.entries(world.holder, world.case)]
    assert times == sorted(times)
    assert journals.verify(world.holder, world.case).ok


def test_a_database_trigger_that_drops_an_entry_is_seen(world: World) -> None:
    """Raw SQL knows no guard; the tree does."""
    exhibit(world, world.case)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_entry WHERE seq = 1")
    codes = {problem.code for problem in journals.verify(world.holder, world.case).problems}
    assert "entry_missing" in codes


def test_verification_still_holds_over_epochs(world: World) -> None:
    _full_case(world)
    holders.remove_holder(world.holder, world.case, world.other.holder_id, secret=SECRET)
    exhibit(world, world.case)
    report = journals.verify(world.holder, world.case)
    assert report.ok
    assert report.check("signer").state == "ok"
