"""Receipt codes: given once, come in by, withdrawn; what they open, what they may not, and what nobody is told."""

import io
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases.case_snapshots import everything
from tests.cases.case_world import OTHER_SECRET, SECRET, World, drawn

from sitr.cases import access, dossiers, erasing, exhibits, holders, journals, openings, photos, portable, receipts
from sitr.cases.access import Keeper
from sitr.cases.models import Case, Holder, HolderLock, ReceiptLock, ReceiptSalt, WrappedKey, writing_allowed
from sitr.cases.receipts import Given
from sitr.cases.tidying import tidy
from sitr.errors import AnswerIsNo, BadInput, Locked, NotFound, SitrError
from sitr.vault import CODE_PARAMS, Identity, ReceiptCode, StoreFull, unwrap_case

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


def _given(world: World, *cases: str) -> Given:
    return receipts.give(world.holder, cases or (world.case,), secret=SECRET)


def _refused(code: str, call: Callable[[], Any]) -> SitrError:
    with pytest.raises(SitrError) as refused:
        call()
    assert refused.value.code == code
    return refused.value


def _other_code(code: str) -> str:
    """A code that differs in its last digit."""
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_the_code_opens_the_case_again_and_nothing_else(world: World) -> None:
    photos.add_photo(world.holder, world.case, drawn(1, 160), "mine.png")
    further = world.open_case()
    made = _given(world)
    assert made.cases == (world.case,)
    keeper = receipts.come_in(world.services, made.code)
    assert [line.id for line in openings.held_cases(keeper)] == [world.case]
    assert openings.answers(keeper, world.case).country == "DE"
    assert [one.name for one in photos.list_photos(keeper, world.case)] == ["mine.png"]
    _refused("cases.no_case", lambda: openings.show(keeper, further))
    exhibits.add_exhibit(keeper, world.case, io.BytesIO(b"from elsewhere"), "note.txt")
    assert [one.name for one in exhibits.list_exhibits(world.holder, world.case)] == ["note.txt"]
    assert journals.verify(world.holder, world.case).ok


def test_one_receipt_opens_two_cases_and_each_tells_of_it(world: World) -> None:
    second = world.open_case()
    third = world.open_case()
    made = _given(world, world.case, second, second)
    keeper = receipts.come_in(world.services, made.code)
    assert {line.id for line in openings.held_cases(keeper)} == {world.case, second}
    (view,) = receipts.list_receipts(world.holder)
    assert (view.id, set(view.cases)) == (made.id, {world.case, second})
    for case in (world.case, second):
        told = [(one.kind, one.verb, one.actor) for one in journals.entries(world.holder, case)][-2:]
        assert told == [("holder", "give_receipt", world.holder.holder_id), ("read", "open_by_receipt", made.id)]
    assert "give_receipt" not in [one.verb for one in journals.entries(world.holder, third)]
    # The other holder of the first case sees it there, and nothing of the second.
    (seen,) = receipts.list_receipts(world.other)
    assert (seen.id, seen.cases) == (made.id, (world.case,))
    assert receipts.list_receipts(world.stranger) == []


def test_a_wrong_code_and_a_code_of_another_installation_tell_the_same_and_change_nothing(world: World) -> None:
    made = _given(world)
    before = everything(world)
    code = ReceiptCode.new(secrets.token_bytes).reveal()
    for written in (_other_code(made.code), code, made.code[::-1]):
        wrong = _refused("cases.receipt_wrong", partial(receipts.come_in, world.services, written))
        assert (wrong.data, written[:4] in str(wrong)) == ({}, False)
    assert everything(world) == before
    with writing_allowed():
        ReceiptSalt.objects.update(salt=secrets.token_bytes(16))
    _refused("cases.receipt_wrong", lambda: receipts.come_in(world.services, made.code))


def _worked_at(*_args: Any) -> None:
    pytest.fail("a guess was worked at")


def test_a_code_that_nobody_was_given_is_turned_away_before_it_costs_anything(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = _given(world).code
    mine = receipts.lane(world.services, code)
    assert mine == ReceiptLock.objects.get().mark != ""
    start = int(code.replace(" ", ""))
    others = [f"{(start + n) % 10**24:024d}" for n in range(1, 60)]
    others = [one for one in others if receipts.lane(world.services, one) is None]
    assert len(others) > 50
    with monkeypatch.context() as patched:
        patched.setattr(ReceiptCode, "keys", _worked_at)
        for one in others:
            _refused("cases.receipt_wrong", partial(receipts.come_in, world.services, one))
    with writing_allowed():
        ReceiptLock.objects.update(mark="")  # given before there were marks
    assert receipts.lane(world.services, others[0]) == ""
    assert receipts.come_in(world.services, code).holder_id == ReceiptLock.objects.get().holder_id


def test_before_any_receipt_a_code_opens_nothing(world: World) -> None:
    code = ReceiptCode.new(secrets.token_bytes).reveal()
    _refused("cases.receipt_wrong", lambda: receipts.come_in(world.services, code))
    assert bytes(ReceiptSalt.objects.get().salt) != bytes(16)


@pytest.mark.parametrize("written", ["", "1234", "1" * 23, "1" * 25, "سري", "1234 5678 9012 3456 7890 123x"])
def test_what_is_no_code_is_said_to_be_none(world: World, written: str) -> None:
    error = _refused("vault.not_a_receipt", lambda: receipts.come_in(world.services, written))
    assert isinstance(error, BadInput)


_DIGITS = ("0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९")
_BETWEEN = st.text(st.sampled_from(" -\u00a0\u2013.\u060c\u200f\u200e\u2067\t"), max_size=3)


def test_any_spelling_of_the_digits_opens(world: World) -> None:
    made = _given(world)
    digits = made.code.replace(" ", "")

    @settings(max_examples=25)
    @given(st.lists(st.sampled_from(_DIGITS), min_size=24, max_size=24), st.lists(_BETWEEN, min_size=24, max_size=24))
    def opens(scripts: list[str], gaps: list[str]) -> None:
        written = "".join(gap + script[int(digit)] for digit, script, gap in zip(digits, scripts, gaps, strict=True))
        assert access.unlock_by_receipt(world.services, written).holder_id == made.id

    opens()


def test_only_what_finds_it_and_what_it_unlocks_is_stored(world: World) -> None:
    made = _given(world)
    lock, salt = ReceiptLock.objects.get(), bytes(ReceiptSalt.objects.get().salt)
    keys = ReceiptCode.read(made.code).keys(CODE_PARAMS, salt)
    assert lock.locate == keys.locate.hex()
    digits = made.code.replace(" ", "").encode()
    for stored in (lock.locate.encode(), bytes(lock.locked), salt, repr(made).encode()):
        assert digits not in stored
        assert made.code.encode() not in stored
        assert keys.unlock.secret().encode() not in stored


def test_with_a_slip_nobody_is_shut_out_and_nothing_destroyed(world: World) -> None:
    """Whoever found the paper reads, adds and takes copies out: what cannot be undone stays with the passphrase."""
    made = _given(world)
    keeper = receipts.come_in(world.services, made.code)
    exhibit = exhibits.add_exhibit(world.holder, world.case, io.BytesIO(b"a"), "a.txt").id
    photo = photos.add_photo(world.holder, world.case, drawn(1, 160), "a.png").id
    before = everything(world)
    barred: list[Callable[[], Any]] = [
        lambda: erasing.erase_case(keeper, world.case, secret=made.code),
        lambda: erasing.erase_exhibit(keeper, world.case, exhibit, secret=made.code),
        lambda: erasing.erase_photo(keeper, world.case, photo, secret=made.code),
        lambda: holders.remove_holder(keeper, world.case, world.holder.holder_id, secret=made.code),
        lambda: holders.add_holder(keeper, world.case, Identity.generate().public, secret=made.code),
        lambda: receipts.give(keeper, [world.case], secret=made.code),
        lambda: receipts.withdraw(keeper, made.id, secret=made.code),
        lambda: openings.open_case(keeper, country=None, answers={}, time_proof=False),
        lambda: portable.import_case(keeper, world.folder / "none", secret=made.code),
    ]
    for act in barred:
        assert isinstance(_refused("cases.not_by_receipt", act), AnswerIsNo)
    assert everything(world) == before


def test_a_dossier_is_made_with_the_code_typed_again(world: World) -> None:
    made, other = _given(world), _given(world)
    keeper = receipts.come_in(world.services, made.code)
    out = world.folder / "file.age"

    def dossier(secret: str) -> object:
        recipients = [world.other.identity.public]
        return dossiers.make(keeper, world.case, out, secret=secret, recipients=recipients, audience="own", tongue="en")

    for wrong in (SECRET, "1" * 24, other.code):
        with pytest.raises((Locked, BadInput)):
            dossier(wrong)
        assert not out.exists()
    dossier(made.code)
    assert out.exists()


def test_a_withdrawn_receipt_opens_nothing_and_what_is_written_later_is_closed_to_it(world: World) -> None:
    second = world.open_case()
    made, kept = _given(world, world.case, second), _given(world)
    keeper = receipts.come_in(world.services, made.code)
    old = {row.case_id: bytes(row.wrapped) for row in WrappedKey.objects.filter(holder_id=made.id)}
    epochs = dict(Case.objects.values_list("pk", "epoch"))
    receipts.withdraw(world.holder, made.id, secret=SECRET)
    _refused("cases.receipt_wrong", lambda: receipts.come_in(world.services, made.code))
    assert openings.held_cases(keeper) == []
    for case in (world.case, second):
        _refused("cases.no_case", partial(openings.answers, keeper, case))
        row = Case.objects.get(pk=case)
        assert row.epoch == epochs[case] + 1
        # Even with an old copy of the wraps: the key it opens is not the one that is written to now.
        assert unwrap_case(old[case], keeper.identity).public != row.public
        assert journals.entries(world.holder, case)[-1].verb == "withdraw_receipt"
        assert journals.verify(world.holder, case).ok
    assert ReceiptLock.objects.filter(holder_id=made.id).count() == 0
    assert [one.id for one in receipts.list_receipts(world.holder)] == [kept.id]
    assert receipts.come_in(world.services, kept.code).holder_id == kept.id
    _refused("cases.no_such_thing", lambda: receipts.withdraw(world.holder, made.id, secret=SECRET))


def test_the_secret_is_asked_for_before_a_receipt_is_given_or_withdrawn(world: World) -> None:
    made = _given(world)
    before = everything(world)
    for act in (
        lambda: receipts.give(world.holder, [world.case], secret="another passphrase"),
        lambda: receipts.withdraw(world.holder, made.id, secret="another passphrase"),
    ):
        _refused("vault.wrong_secret", act)
    _refused("cases.receipt_no_case", lambda: receipts.give(world.holder, [], secret=SECRET))
    with pytest.raises(NotFound):
        receipts.withdraw(world.stranger, made.id, secret="a stranger's own words")
    assert everything(world) == before


def test_a_receipt_for_a_case_that_is_not_ones_own_is_not_given(world: World) -> None:
    further = world.open_case()
    _refused("cases.no_case", lambda: receipts.give(world.other, [further], secret=OTHER_SECRET))
    assert not ReceiptLock.objects.exists()
    assert not WrappedKey.objects.filter(case_id=further, holder_id=world.other.holder_id).exists()


def test_erasing_a_case_wipes_the_way_in_of_a_receipt_that_opened_it_alone(world: World) -> None:
    second = world.open_case()
    one, both = _given(world), _given(world, world.case, second)
    erasing.erase_case(world.holder, world.case, secret=SECRET)
    assert set(ReceiptLock.objects.values_list("holder_id", flat=True)) == {both.id}
    _refused("cases.receipt_wrong", lambda: receipts.come_in(world.services, one.code))
    keeper = receipts.come_in(world.services, both.code)
    assert [line.id for line in openings.held_cases(keeper)] == [second]
    erasing.erase_home(world.services)
    assert (ReceiptLock.objects.count(), ReceiptSalt.objects.count()) == (0, 0)


def test_a_withdrawal_that_was_cut_short_is_completed_at_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _given(world)
    with monkeypatch.context() as cut:
        cut.setattr(receipts, "wipe_unused", lambda: 0)
        receipts.withdraw(world.holder, made.id, secret=SECRET)
    assert ReceiptLock.objects.filter(holder_id=made.id).exists()
    _refused("cases.receipt_wrong", lambda: receipts.come_in(world.services, made.code))
    tidy(world.services)
    assert not ReceiptLock.objects.exists()


def test_a_receipt_whose_lock_was_never_written_opens_nothing_and_is_not_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bytes:
        raise StoreFull("vault.disk_full")

    monkeypatch.setattr(receipts, "lock_with", full)
    _refused("vault.disk_full", lambda: _given(world))
    assert receipts.list_receipts(world.holder) == []
    assert openings.answers(world.holder, world.case).country == "DE"


def test_no_more_receipts_than_a_person_can_look_after(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "MOST", 2)
    _given(world)
    _given(world)
    _refused("cases.receipt_many", lambda: _given(world))


def test_a_receipt_is_no_lock_of_a_passphrase(world: World) -> None:
    made = _given(world)
    assert not HolderLock.objects.filter(holder_id=made.id).exists()
    assert Holder.objects.get(pk=made.id).kind == "receipt"
    with pytest.raises(Locked):
        access.unlock(world.services, made.code)
    keeper = receipts.come_in(replace(world.services), made.code)
    assert isinstance(keeper, Keeper)
    assert access.by_receipt(keeper)
    assert not access.by_receipt(world.holder)
