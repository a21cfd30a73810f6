"""Erasing one photo: its fingerprint is nowhere any more, on disk, in the index, with the watch; the rest stands."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from tests.cases.case_snapshots import payloads, standing_in_clear
from tests.cases.case_verbs import proposal
from tests.cases.case_world import SECRET, World, drawn

from sitr.cases import erasing, journals, photos, shared_index, sightings, submissions, watches
from sitr.cases.access import Keeper
from sitr.cases.models import Entry, Photo, Submission, SubmissionState, WatchRound
from sitr.cases.orders import Worker
from sitr.cases.shared_models import SharedPhoto
from sitr.cases.work import act, look
from sitr.errors import AnswerIsNo, NotFound
from sitr.finding.exchange import MemoryExchange
from sitr.journal import Kind
from sitr.vault import Identity

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


@pytest.fixture
def party() -> MemoryExchange:
    return MemoryExchange(name="ncii")


@pytest.fixture
def keeper(world: World, party: MemoryExchange) -> Keeper:
    """The holder, where an exchange is set up and a worker may read while nobody is there."""
    standing = Identity.generate().public
    return replace(
        world.holder, services=replace(world.services, exchange=lambda _name: party, standing_public=standing)
    )


def _added(world: World, keeper: Keeper, seed: int = 1, *, keep: bool = True) -> str:
    return photos.add_photo(keeper, world.case, drawn(seed, 200), f"mine-{seed}.png", keep=keep).id


def _on_disk(world: World, pieces: Sequence[bytes]) -> list[bytes]:
    """Those pieces that stand in the database's own bytes, free pages among them, in a row, or in a file of the home.

    What PostgreSQL leaves in its files is not looked at: there a table is written anew.
    """
    connection = connections["default"]
    raw = connection.connection.serialize() if connection.vendor == "sqlite" else b""
    return [one for one in pieces if one in raw or standing_in_clear(world.services.home, [one])]


def _pieces(world: World, photo: str) -> dict[str, bytes]:
    """A piece out of the middle of everything stored from which the photo or its fingerprint could be read."""
    row = Photo.objects.get(pk=photo)
    added = Entry.objects.filter(case=world.case, opening__isnull=False).order_by("seq")
    said = [bytes(one.opening or b"") for one in added]
    whole = {
        "words": bytes(row.body), "order": bytes(WatchRound.objects.get().order),
        "handed": bytes(Submission.objects.get().body), "shared": bytes(SharedPhoto.objects.get().hashes),
        "photo": (world.services.home / "blobs" / row.blob).read_bytes(),
        "entry": said[_seq(world, "add_photo")],
    }  # fmt: skip
    return {name: cell[len(cell) // 2 : len(cell) // 2 + 32] for name, cell in whole.items()}


def _seq(world: World, verb: str) -> int:
    return next(n for n, one in enumerate(payloads(world.holder, world.case)) if one.get("verb") == verb)


def test_nothing_of_an_erased_photo_is_left_on_the_disk(world: World, keeper: Keeper) -> None:
    photo = _added(world, keeper)
    watches.add(keeper, world.case, world.site.show("/watched"))
    watches.consent(keeper, world.case, given=True)
    shared_index.consent(keeper, world.case, photo, given=True)
    handed = submissions.submit(keeper, world.case, photo, "ncii", consent=True)
    pieces = _pieces(world, photo)
    assert _on_disk(world, list(pieces.values())) == list(pieces.values())
    erasing.erase_photo(keeper, world.case, photo, secret=SECRET, forget_handed=True)
    assert _on_disk(world, list(pieces.values())) == []
    assert photos.list_photos(keeper, world.case) == []
    assert not set(world.services.blobs.names())
    assert journals.verify(keeper, world.case).ok
    (view,) = submissions.list_submissions(keeper, world.case)
    assert (view.state, view.hashes, view.erased) == ("sent", handed.hashes, True)
    with pytest.raises(NotFound):
        erasing.erase_photo(keeper, world.case, photo, secret=SECRET)


def test_its_entry_is_a_commitment_and_those_about_consents_stay(world: World, keeper: Keeper) -> None:
    kept, gone = _added(world, keeper, 1), _added(world, keeper, 2)
    shared_index.consent(keeper, world.case, gone, given=True)
    seq = _seq(world, "add_photo") + 1
    view = erasing.erase_photo(keeper, world.case, gone, secret=SECRET)
    said = payloads(keeper, world.case)
    assert said[seq] == {}
    assert [one["verb"] for one in said[seq + 1 :]] == ["consent_index", "erase_photo"]
    assert said[-1]["erased"] == [seq]
    assert view.backups_readable_until == world.clock() + timedelta(days=14)
    assert [one.id for one in photos.list_photos(keeper, world.case)] == [kept]
    assert [one.given for one in shared_index.show_all(keeper, world.case)] == [False]


def test_the_watch_goes_on_with_the_photos_that_are_left(world: World, keeper: Keeper) -> None:
    kept, gone = _added(world, keeper, 1), _added(world, keeper, 2)
    watches.add(keeper, world.case, world.site.show("/watched"))
    watches.consent(keeper, world.case, given=True)
    order = bytes(WatchRound.objects.get().order)
    erasing.erase_photo(keeper, world.case, gone, secret=SECRET)
    after = WatchRound.objects.get()
    assert after.order
    assert bytes(after.order) != order
    (one,) = watches.list_watches(keeper, world.case)
    assert one.standing
    assert list(photos.fingerprints(look(keeper, world.case))) == [kept]


def test_a_visit_under_way_leaves_nothing_of_the_photo(world: World, keeper: Keeper) -> None:
    gone = _added(world, keeper)
    watches.add(keeper, world.case, world.site.show("/watched"))
    worker = Worker(Identity.generate(), keeper.services)
    watches.hand_out(keeper, worker.identity.public)
    erasing.erase_photo(keeper, world.case, gone, secret=SECRET)
    assert {bytes(one.order) for one in WatchRound.objects.all()} == {b""}
    assert {one.key for one in WatchRound.objects.all()} == {""}


def test_hashes_that_are_out_there_are_to_be_taken_back_first(
    world: World, keeper: Keeper, party: MemoryExchange
) -> None:
    photo = _added(world, keeper)
    made = submissions.submit(keeper, world.case, photo, "ncii", consent=True)
    with pytest.raises(AnswerIsNo, match="photo_handed"):
        erasing.erase_photo(keeper, world.case, photo, secret=SECRET)
    assert [one.id for one in photos.list_photos(keeper, world.case)] == [photo]
    submissions.withdraw(keeper, world.case, made.id)
    erasing.erase_photo(keeper, world.case, photo, secret=SECRET)
    (view,) = submissions.list_submissions(keeper, world.case)
    assert (view.state, view.erased) == ("withdrawn", True)
    assert [what for what, _ in party.taken] == ["submit", "withdraw"]


def test_what_was_erased_here_cannot_be_taken_back_from_here(
    world: World, keeper: Keeper, party: MemoryExchange
) -> None:
    photo = _added(world, keeper)
    party.lost = True
    made = submissions.submit(keeper, world.case, photo, "ncii", consent=True)
    with pytest.raises(AnswerIsNo, match="photo_handed"):
        erasing.erase_photo(keeper, world.case, photo, secret=SECRET)
    erasing.erase_photo(keeper, world.case, photo, secret=SECRET, forget_handed=True)
    with pytest.raises(AnswerIsNo, match="handed_erased"):
        submissions.withdraw(keeper, world.case, made.id)


def test_nothing_is_erased_while_the_hashes_are_on_their_way(world: World, keeper: Keeper) -> None:
    photo = _added(world, keeper)
    made = submissions.submit(keeper, world.case, photo, "ncii", consent=True)
    with act(keeper, world.case, Kind.RELEASE, "submit") as doing:
        row, body = doing.one(Submission, made.id)
        doing.change(row, {**body, "sender": "another process"}, state=SubmissionState.SENDING)
    world.alive.add("another process")
    with pytest.raises(AnswerIsNo, match="photo_in_the_air"):
        erasing.erase_photo(keeper, world.case, photo, secret=SECRET, forget_handed=True)
    assert photos.list_photos(keeper, world.case)


def test_what_was_found_by_an_erased_photo_stays(world: World) -> None:
    place = proposal(world, world.case)
    (photo,) = photos.list_photos(world.holder, world.case)
    erasing.erase_photo(world.holder, world.case, photo.id, secret=SECRET)
    (one,) = sightings.list_sightings(world.holder, world.case)
    assert (one.id, one.proposed) == (place, True)
    assert journals.verify(world.holder, world.case).ok
