"""Holders: added by their public key, removed by a new epoch; who reads what afterwards."""

import io
from dataclasses import dataclass
from typing import Any

import pytest
from tests.cases.case_snapshots import everything, payloads
from tests.cases.case_verbs import exhibit, notice
from tests.cases.case_world import MAIL, OTHER_SECRET, SECRET, World, drawn
from tests.cases.test_cases_verbs import Refusal, broken_database

from sitr.cases import access, exhibits, holders, journals, notices, openings, photos, portable, sightings
from sitr.cases.access import Keeper
from sitr.cases.models import Case, Exhibit, HolderLock, WrappedKey, writing_allowed
from sitr.cases.tidying import tidy
from sitr.errors import AnswerIsNo, BadInput, Damaged, Locked, NotFound
from sitr.vault import Identity, unwrap_case

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


def _remove(world: World) -> None:
    holders.remove_holder(world.holder, world.case, world.other.holder_id, secret=SECRET)


def test_both_holders_are_listed_and_each_knows_which_is_them(world: World) -> None:
    for keeper in (world.holder, world.other):
        listed = holders.list_holders(keeper, world.case)
        assert {one.id: one.you for one in listed} == {
            world.holder.holder_id: keeper is world.holder,
            world.other.holder_id: keeper is world.other,
        }


def test_somebody_elsewhere_is_added_by_their_public_key_alone(world: World) -> None:
    elsewhere = Identity.generate()
    view = holders.add_holder(world.holder, world.case, elsewhere.public, secret=SECRET)
    assert (view.public, view.kind, view.you) == (elsewhere.public, "trusted", False)
    assert not HolderLock.objects.filter(pk=view.id).exists()
    assert openings.answers(Keeper(view.id, elsewhere, world.services), world.case).country == "DE"


def test_who_holds_already_is_not_added_again(world: World) -> None:
    before = everything(world)
    with pytest.raises(AnswerIsNo) as refused:
        holders.add_holder(world.holder, world.case, world.other.identity.public, secret=SECRET)
    assert refused.value.code == "cases.holds_already"
    assert everything(world) == before


@pytest.mark.parametrize(
    "public", ["", "age1", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1QQ", "age1" + "q" * 58, "x" * 5000]
)
def test_what_is_no_public_key_adds_nobody(world: World, public: str) -> None:
    before = everything(world)
    with pytest.raises(BadInput):
        holders.add_holder(world.holder, world.case, public, secret=SECRET)
    assert everything(world) == before


def test_one_who_was_added_can_add_and_remove(world: World) -> None:
    holders.remove_holder(world.other, world.case, world.holder.holder_id, secret=OTHER_SECRET)
    assert [one.id for one in holders.list_holders(world.other, world.case)] == [world.other.holder_id]
    with pytest.raises(NotFound):
        openings.show(world.holder, world.case)


def test_nobody_removes_themselves_or_one_who_does_not_hold(world: World) -> None:
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.not_oneself"):
        holders.remove_holder(world.holder, world.case, world.holder.holder_id, secret=SECRET)
    for nobody in (world.stranger.holder_id, "", "nobody"):
        with pytest.raises(NotFound, match=r"cases\.no_such_thing"):
            holders.remove_holder(world.holder, world.case, nobody, secret=SECRET)
    assert everything(world) == before


def test_a_removed_holder_is_a_stranger_and_the_others_read_old_and_new(world: World) -> None:
    old = exhibit(world, world.case)
    openings.show(world.holder, world.case)  # there is something sealed in the case's own row, too
    _remove(world)
    new = exhibit(world, world.case, b"written after", "after.txt")
    with pytest.raises(NotFound) as refused:
        openings.show(world.other, world.case)
    assert refused.value.code == "cases.no_case"
    assert {one.id for one in exhibits.list_exhibits(world.holder, world.case)} == {old, new}
    assert exhibits.export(world.holder, world.case, old, world.folder).read_bytes() == b"a saved chat"
    assert exhibits.export(world.holder, world.case, new, world.folder).read_bytes() == b"written after"
    assert journals.verify(world.holder, world.case).ok
    assert openings.show(world.holder, world.case).counts["exhibit"] == 2


def test_what_a_removed_holder_kept_of_keys_opens_nothing_that_is_written_after(world: World) -> None:
    """They copied the key database and their case key before; the program itself is left out of it."""
    wrap = WrappedKey.objects.get(case_id=world.case, holder_id=world.other.holder_id)
    kept = unwrap_case(bytes(wrap.wrapped), world.other.identity)
    old = exhibit(world, world.case)
    _remove(world)
    new = exhibit(world, world.case, b"written after", "after.txt")
    for row_id, opens in ((old, True), (new, False)):
        row = Exhibit.objects.get(pk=row_id)
        place = exhibits.place_of(world.case, row_id)
        if opens:
            assert world.services.blobs.verify(row.blob, place, kept).length == 12
        else:
            with pytest.raises(Damaged):
                world.services.blobs.verify(row.blob, place, kept)
    for left in WrappedKey.objects.filter(case_id=world.case):
        for identity in (kept, world.other.identity):
            with pytest.raises(Damaged):
                unwrap_case(bytes(left.wrapped), identity)
    assert Case.objects.get(pk=world.case).public != kept.public


def test_a_row_changed_after_a_removal_is_closed_to_who_was_removed(world: World) -> None:
    letter = notice(world, world.case)
    _remove(world)
    notices.fill(world.holder, world.case, letter, {"name": "Another"})
    assert journals.verify(world.holder, world.case).ok
    row = Case.objects.get(pk=world.case)
    assert (row.epoch, row.notice_set.get(pk=letter).epoch) == (1, 1)


def test_through_many_epochs_all_is_read_and_one_who_comes_back_reads_all(world: World) -> None:
    made = []
    for turn in range(3):
        made.append(exhibit(world, world.case, b"turn %d" % turn, f"{turn}.txt"))
        _remove(world)
        holders.add_holder(world.holder, world.case, world.other.identity.public, secret=SECRET)
    assert [one.id for one in exhibits.list_exhibits(world.other, world.case)] == made
    assert exhibits.export(world.other, world.case, made[0], world.folder).read_bytes() == b"turn 0"
    assert journals.verify(world.other, world.case).ok
    assert Case.objects.get(pk=world.case).epoch == 3


def test_each_change_of_holders_is_in_the_journal_and_the_removal_is_read_by_who_remains(world: World) -> None:
    _remove(world)
    said = payloads(world.holder, world.case)
    assert [(one["verb"], one["holder"]) for one in said[1:]] == [
        ("add_holder", world.other.holder_id),
        ("remove_holder", world.other.holder_id),
    ]


@pytest.mark.parametrize("secret", ["", "   "])
def test_an_empty_secret_is_asked_for_again(world: World, secret: str) -> None:
    with pytest.raises((BadInput, Locked)):
        holders.add_holder(world.holder, world.case, Identity.generate().public, secret=secret)


def test_a_failing_write_never_leaves_a_holder_without_an_entry(world: World) -> None:
    public = Identity.generate().public
    for at in range(1, 20):
        with broken_database(at) as tried:
            try:
                holders.add_holder(world.holder, world.case, public, secret=SECRET)
            except Refusal:
                assert public not in {one.public for one in holders.list_holders(world.holder, world.case)}, tried
                assert journals.verify(world.holder, world.case).ok
            else:
                break
    assert public in {one.public for one in holders.list_holders(world.holder, world.case)}
    assert at > 6


def test_a_removal_that_fails_at_any_write_leaves_the_remaining_holder_able_to_read(world: World) -> None:
    old = exhibit(world, world.case)
    for at in range(1, 20):
        with broken_database(at) as tried:
            try:
                _remove(world)
            except Refusal:
                pass
            except NotFound:
                break  # the removal stood before the last write; what that should have removed opens nothing
            else:
                break
        assert [one.id for one in exhibits.list_exhibits(world.holder, world.case)] == [old], tried
        assert journals.verify(world.holder, world.case).ok, tried
    assert at > 6
    tidy(world.services)
    with pytest.raises(NotFound):
        openings.show(world.other, world.case)
    assert exhibits.export(world.holder, world.case, old, world.folder).read_bytes() == b"a saved chat"


@dataclass
class Meanwhile:
    """A store in which something happens while a file is being sealed."""

    world: World

    def put(self, *given: Any) -> Any:
        """Seal; meanwhile the other holder is removed."""
        made = self.world.services.blobs.put(*given)
        _remove(self.world)
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.world.services.blobs, name)


def _add(keeper: Keeper, world: World) -> object:
    return exhibits.add_exhibit(keeper, world.case, io.BytesIO(b"a chat"), "chat.txt")


def _keep_photo(keeper: Keeper, world: World) -> object:
    return photos.add_photo(keeper, world.case, drawn(1, 160), "a.png", keep=True)


def _answered(keeper: Keeper, world: World) -> object:
    letter = notices.list_notices(world.holder, world.case)[0].id
    return notices.file_reply(keeper, world.case, letter, MAIL, "re.eml")


@pytest.mark.parametrize("way", [_add, _keep_photo, _answered])
def test_a_file_sealed_while_a_holder_is_removed_is_refused_and_not_lost_later(world: World, way: Any) -> None:
    notice(world, world.case, "sent")
    before = set(world.services.blobs.names())
    keeper = world.with_services(world.holder, blobs=Meanwhile(world))
    with pytest.raises(AnswerIsNo) as refused:
        way(keeper, world)
    assert refused.value.code == "cases.changed_meanwhile"
    assert set(world.services.blobs.names()) == before
    way(world.holder, world)
    assert journals.verify(world.holder, world.case).ok


def test_a_wrap_of_another_case_opens_nothing(world: World) -> None:
    second = world.open_case()
    foreign = WrappedKey.objects.get(case_id=second, holder_id=world.holder.holder_id)
    with writing_allowed():
        WrappedKey.objects.filter(case_id=world.case, holder_id=world.holder.holder_id).update(wrapped=foreign.wrapped)
    with pytest.raises(Damaged):
        openings.show(world.holder, world.case)
    assert openings.show(world.other, world.case).id == world.case


def test_a_session_keeps_a_holder_and_only_its_cookie_opens_it(world: World) -> None:
    cookie, another = bytes(range(32)), bytes(32)
    kept = access.keep(world.holder, cookie)
    again = access.resume(world.services, kept, cookie)
    assert openings.show(again, world.case).id == world.case
    assert world.holder.identity.secret().encode() not in kept
    changed = kept[:-1] + bytes([kept[-1] ^ 1])
    for broken, key in ((kept, another), (changed, cookie), (kept[:30], cookie), (b"", cookie)):
        with pytest.raises(Locked):
            access.resume(world.services, broken, key)


def test_a_case_that_is_here_is_not_taken_in_again_and_its_package_tells_nothing(world: World) -> None:
    item = exhibit(world, world.case)
    sightings.add_sighting(world.holder, world.case, "https://leaks.example/a")
    file = portable.export_case(world.holder, world.case, world.folder / "case.sitr", secret=SECRET)
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.imported_already"):
        portable.import_case(world.stranger, file, secret=SECRET)
    assert everything(world) == before
    assert b"saved chat" not in file.read_bytes()
    assert item.encode() not in file.read_bytes()
