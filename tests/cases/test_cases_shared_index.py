"""The shared index: by consent only, out within a second, and nothing in it leads to a case."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, connections
from tests.cases.case_snapshots import tables
from tests.cases.case_world import SECRET, World, drawn

from sitr.cases import erasing, journals, openings, photos, shared_index, shared_rows
from sitr.cases.matching import EVERY, STEPS, Asked, Follower, Match
from sitr.cases.models import WriteOutsideVerb
from sitr.cases.shared_models import SharedChange, SharedPhoto
from sitr.cases.work import bookkeeping, look
from sitr.errors import AnswerIsNo, BadInput, Damaged, NotFound, OutsideSilent
from sitr.finding.exchange import Form, read_list
from sitr.fingerprint.pdq import QUALITY
from sitr.words import LANGS, say

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


class Ticks:
    """A clock of a follower, moved by the test."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def follower(world: World, ticks: Ticks) -> Follower:
    return Follower(world.services, ticks)


def photo_of(world: World, case: str, seed: int = 1) -> str:
    """A photo of the case, by what is drawn from a seed."""
    return photos.add_photo(world.holder, case, drawn(seed, 200), "mine.png").id


def hashes_of(world: World, case: str, photo: str) -> list[bytes]:
    """Its upright hash, and the others."""
    made = photos.fingerprints(look(world.holder, case))[photo]
    return [bits.tobytes() for bits in made.orientations]


def found(follower: Follower, pdq: bytes, quality: int = 100) -> Match | None:
    """What a partner would be told of one hash."""
    return follower.search([Asked(pdq, quality)])[0]


def flipped(pdq: bytes, bits: int) -> bytes:
    """The same hash with so many bits changed."""
    value = int.from_bytes(pdq, "big")
    for place in range(bits):
        value ^= 1 << (place * 8)
    return value.to_bytes(32, "big")


def test_nothing_is_in_the_index_before_the_consent_and_all_views_after(
    world: World, follower: Follower, ticks: Ticks
) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    hashes = hashes_of(world, case, photo)
    assert found(follower, hashes[0]) is None
    assert shared_index.show(world.holder, case, photo).given is False
    view = shared_index.consent(world.holder, case, photo, given=True)
    assert (view.given, view.allowed) == (True, True)
    assert view.hashes == len(follower) + view.hashes > 8
    ticks.now += EVERY
    hit = found(follower, hashes[0])
    assert hit is not None
    assert (hit.view, hit.distance) == ("upright", STEPS[0])
    mirrored = found(follower, hashes[5])
    assert mirrored is not None
    assert (mirrored.view, mirrored.id) == ("mirror", hit.id)
    assert len(follower) == view.hashes
    assert journals.verify(world.holder, case).ok


def test_a_distance_is_told_in_steps_and_ends_at_31(world: World, follower: Follower) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    upright = hashes_of(world, case, photo)[0]
    shared_index.consent(world.holder, case, photo, given=True)
    told = [
        (hit.distance if hit else None)
        for bits in (0, 7, 8, 20, 31, 32)
        if [hit := found(follower, flipped(upright, bits))]
    ]
    assert told == [7, 7, 15, 23, 31, None]


def test_a_hash_too_flat_is_not_looked_for(world: World, follower: Follower) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    shared_index.consent(world.holder, case, photo, given=True)
    upright = hashes_of(world, case, photo)[0]
    assert found(follower, upright, QUALITY - 1) is None
    assert found(follower, upright, QUALITY) is not None


def test_a_withdrawn_photo_is_out_of_table_file_and_memory_within_a_second(
    world: World, follower: Follower, ticks: Ticks
) -> None:
    case, other = world.open_case(), world.open_case()
    photo, kept = photo_of(world, case), photo_of(world, other, 2)
    shared_index.consent(world.holder, case, photo, given=True)
    shared_index.consent(world.holder, other, kept, given=True)
    hashes = hashes_of(world, case, photo)
    assert found(follower, hashes[0]) is not None
    assert shared_index.consent(world.holder, case, photo, given=False).given is False
    ticks.now += EVERY
    assert [found(follower, pdq) for pdq in hashes] == [None] * 8
    assert found(follower, hashes_of(world, other, kept)[0]) is not None
    assert SharedPhoto.objects.count() == 1
    for file in world.services.home.glob("*.sqlite3*"):
        assert hashes[0] not in file.read_bytes()
    shared_index.consent(world.holder, case, photo, given=True)
    ticks.now += EVERY
    assert found(follower, hashes[0]) is not None


def test_a_thread_takes_it_out_of_the_memory_though_nobody_asks(world: World) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    shared_index.consent(world.holder, case, photo, given=True)
    follower = Follower(world.services, every=0.1)
    with running(follower):
        assert within(20, lambda: len(follower) > 0)
        shared_index.consent(world.holder, case, photo, given=False)
        assert within(10, lambda: len(follower) == 0)


@contextmanager
def running(follower: Follower) -> Iterator[None]:
    """The follower on its thread; ended with it, so that no connection outlives the test."""
    before = set(threading.enumerate())
    follower.start()
    try:
        yield
    finally:
        follower.stop()
        for thread in set(threading.enumerate()) - before:
            thread.join(5)


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether something comes true in time."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if holds():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("age", [["minor"], ["unsure"], []])
def test_nobody_under_18_and_nobody_who_did_not_say_enters(world: World, age: list[str]) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    openings.answer(world.holder, case, {"age": age})
    with pytest.raises(AnswerIsNo) as refused:
        shared_index.consent(world.holder, case, photo, given=True)
    assert refused.value.code == "cases.index_minor"
    assert SharedPhoto.objects.count() == 0
    for lang in LANGS:
        assert say(refused.value.code, lang)
    assert shared_index.show(world.holder, case, photo).allowed is False


def test_an_answer_that_lets_no_picture_in_takes_the_photos_out(world: World, follower: Follower, ticks: Ticks) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    shared_index.consent(world.holder, case, photo, given=True)
    upright = hashes_of(world, case, photo)[0]
    assert found(follower, upright)
    openings.answer(world.holder, case, {"age": []})
    ticks.now += EVERY
    assert found(follower, upright) is None
    view = shared_index.show(world.holder, case, photo)
    assert (view.given, view.allowed) == (False, False)
    assert journals.verify(world.holder, case).ok


def test_erasing_case_or_home_takes_the_photos_out(world: World, follower: Follower, ticks: Ticks) -> None:
    cases = [world.open_case(), world.open_case()]
    made = [photo_of(world, case, seed) for seed, case in enumerate(cases, 1)]
    hashes = [hashes_of(world, case, photo)[0] for case, photo in zip(cases, made, strict=True)]
    for case, photo in zip(cases, made, strict=True):
        shared_index.consent(world.holder, case, photo, given=True)
    assert all(found(follower, pdq) for pdq in hashes)
    erasing.erase_case(world.holder, cases[0], secret=SECRET)
    ticks.now += EVERY
    assert [found(follower, pdq) is not None for pdq in hashes] == [False, True]
    erasing.erase_home(world.services)
    ticks.now += EVERY
    assert [found(follower, pdq) for pdq in hashes] == [None, None]
    assert len(follower) == 0


def test_a_follower_that_missed_changes_reads_everything_anew(world: World, follower: Follower, ticks: Ticks) -> None:
    case = world.open_case()
    first, second = photo_of(world, case), photo_of(world, case, 2)
    shared_index.consent(world.holder, case, first, given=True)
    hashes = [hashes_of(world, case, photo)[0] for photo in (first, second)]
    assert found(follower, hashes[0])
    shared_index.consent(world.holder, case, first, given=False)
    world.clock.forward(minutes=10)
    shared_index.consent(world.holder, case, second, given=True)
    assert shared_rows.sweep(world.services) == 2  # what happened ten minutes ago, in which order
    ticks.now += EVERY
    assert [found(follower, pdq) is not None for pdq in hashes] == [False, True]
    world.clock.forward(minutes=10)
    assert shared_rows.sweep(world.services) == 1
    assert SharedChange.objects.count() == 0


def test_when_the_table_cannot_be_asked_nothing_is_answered(world: World, follower: Follower, ticks: Ticks) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    shared_index.consent(world.holder, case, photo, given=True)
    upright = hashes_of(world, case, photo)[0]
    assert found(follower, upright)
    ticks.now += EVERY
    with (
        patch.object(shared_rows, "number", side_effect=DatabaseError),
        pytest.raises(OutsideSilent, match="index_silent"),
    ):
        found(follower, upright)
    assert found(follower, upright)


def test_the_link_is_sealed_and_nothing_of_the_case_is_in_the_tables(world: World) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    shared_index.consent(world.holder, case, photo, given=True)
    (entry,) = SharedPhoto.objects.values_list("pk", flat=True)
    assert 0 < entry < 2**63
    for table, rows in [*tables("default").items(), *tables("keys").items()]:
        for row in rows:
            text = repr(row)
            if "shared" in table:
                assert case not in text
                assert photo not in text
            else:
                assert str(entry) not in text
                assert shared_rows.name_of(entry) not in text
    told = [one for one in journals.entries(world.holder, case) if one.verb == "consent_index"]
    assert shared_rows.name_of(entry) not in json.dumps([str(one) for one in told])


def test_rows_are_written_inside_a_verb_only(world: World) -> None:
    with pytest.raises(WriteOutsideVerb):
        SharedPhoto(id=5, hashes=b"").save()
    with pytest.raises(WriteOutsideVerb):
        SharedPhoto.objects.all().delete()


def test_a_damaged_row_is_named_and_never_searched(world: World, follower: Follower) -> None:
    with bookkeeping():
        shared_rows.put(world.services, b"\x00" * 33, world.clock())
    with pytest.raises(Damaged, match="shared_row"):
        follower.search([Asked(bytes(32), 100)])
    with pytest.raises(Damaged):
        shared_rows.unpack(b"\xff" * 34)


def test_the_operator_gets_ids_and_hashes_and_nothing_else(world: World, tmp_path: Path) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    with pytest.raises(AnswerIsNo, match="index_empty"):
        shared_index.export_index(world.holder, tmp_path / "none.csv", Form.CSV)
    shared_index.consent(world.holder, case, photo, given=True)
    for form in (Form.CSV, Form.JSONL, Form.SIGNALS):
        out = tmp_path / f"list.{form.value}"
        assert shared_index.export_index(world.holder, out, form) == 1
        with out.open("rb") as source:
            listed = list(read_list(source))
        assert len(listed) == shared_index.show(world.holder, case, photo).hashes
        assert bytes.fromhex(listed[0].value) in hashes_of(world, case, photo)
        assert all(one.updated is None and one.labels == () for one in listed)
        assert case not in out.read_text()
    with pytest.raises(BadInput, match="file_exists"):
        shared_index.export_index(world.holder, tmp_path / "list.csv", Form.CSV)


def test_a_consent_without_its_row_here_is_not_shown_as_given(world: World) -> None:
    """An imported case carries the consent that was given at another desk; that desk's row is not here."""
    case = world.open_case()
    photo = photo_of(world, case)
    shared_index.consent(world.holder, case, photo, given=True)
    with bookkeeping():
        shared_rows.drop_all()
    assert [view.given for view in shared_index.show_all(world.holder, case)] == [False]
    assert shared_index.consent(world.holder, case, photo, given=True).given


def test_a_stranger_and_an_unknown_photo_get_nothing(world: World) -> None:
    case = world.open_case()
    photo = photo_of(world, case)
    with pytest.raises(NotFound):
        shared_index.consent(world.stranger, case, photo, given=True)
    with pytest.raises(NotFound):
        shared_index.consent(world.holder, case, "no-such-photo", given=True)
    assert SharedPhoto.objects.count() == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_consents_at_once_get_a_number_each(world: World) -> None:
    cases = [world.open_case() for _ in range(3)]
    made = [photo_of(world, case, seed) for seed, case in enumerate(cases, 1)]

    def one(case: str, photo: str) -> None:
        try:
            shared_index.consent(world.holder, case, photo, given=True)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=pair) for pair in zip(cases, made, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(SharedChange.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert SharedPhoto.objects.count() == 3
