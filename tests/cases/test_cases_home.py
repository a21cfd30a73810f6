"""The verbs of a home: holders' secrets, opening a case, what is told without a key, time proofs, taking a case in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from tests.cases.case_snapshots import everything, payloads
from tests.cases.case_verbs import exhibit, notice, sighting
from tests.cases.case_world import ADULT, OTHER_SECRET, SECRET, WRONG, World
from tests.cases.test_cases_verbs import BrokenSigner, Refusal, broken_database

from sitr.cases import access, agendas, dossiers, exhibits, journals, openings, portable, sightings
from sitr.cases.models import TABLES, Case, Checkpoint, HolderKind, HolderLock, Stamp, WrappedKey, writing_allowed
from sitr.cli.demo.authorities import local_authorities
from sitr.errors import BadInput, Damaged, Locked, NotFound, SitrError
from sitr.journal import HttpAuthority, checkpoint_digest
from sitr.net import Door, LoopbackPass
from sitr.vault import Identity
from sitr.words import LANGS, say

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


# --- holders and their secrets ----------------------------------------------------------------------------------------


def test_a_home_is_set_up_once(world: World) -> None:
    assert access.is_set_up(world.services)
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.already_set_up"):
        access.set_up(world.services, "new words")
    assert everything(world) == before


@pytest.mark.parametrize("secret", ["1234567", "  abc  ", "11111111", "قمر بحر", "        1       "])
def test_a_secret_that_is_soon_guessed_locks_nothing(world: World, secret: str) -> None:
    before = HolderLock.objects.count()
    with pytest.raises(BadInput) as refused:
        access.new_holder(world.services, secret, HolderKind.TRUSTED)
    assert refused.value.code == "cases.short_secret"
    assert HolderLock.objects.count() == before


def test_each_secret_opens_its_own_holder(world: World) -> None:
    for keeper, secret in ((world.holder, SECRET), (world.other, OTHER_SECRET)):
        opened = access.unlock(world.services, secret)
        assert (opened.holder_id, opened.identity.public) == (keeper.holder_id, keeper.identity.public)
    with pytest.raises(Locked):
        access.unlock(world.services, OTHER_SECRET, world.holder.holder_id)
    with pytest.raises(Locked):
        access.unlock(world.services, WRONG)


def test_a_home_without_a_holder_says_so(world: World) -> None:
    with writing_allowed():
        HolderLock.objects.all().delete()
    assert not access.is_set_up(world.services)
    with pytest.raises(BadInput, match=r"cases\.not_set_up"):
        access.unlock(world.services, SECRET)


def test_a_keeper_that_is_printed_tells_no_key(world: World) -> None:
    assert world.holder.identity.secret() not in repr(world.holder)
    assert SECRET not in repr(world.holder)


def test_a_lock_of_another_holder_put_in_place_opens_nothing_of_mine(world: World) -> None:
    foreign = HolderLock.objects.get(pk=world.stranger.holder_id).locked
    with writing_allowed():
        HolderLock.objects.filter(pk=world.holder.holder_id).update(locked=foreign)
    taken = access.unlock(world.services, "a stranger's own words", world.holder.holder_id)
    with pytest.raises((Damaged, NotFound)):
        openings.show(taken, world.case)


# --- opening a case ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"answers": {"no such question": ["x"]}}, "knowledge.unknown_question"),
        ({"answers": {"age": ["ancient"]}}, "knowledge.unknown_option"),
        ({"answers": {}, "words": {"goal": "x" * 20_001}}, "cases.words_too_long"),
    ],
)
def test_a_case_from_impossible_answers_is_not_opened(world: World, given: dict[str, Any], code: str) -> None:
    before = everything(world)
    with pytest.raises(BadInput) as refused:
        openings.open_case(world.holder, country="DE", time_proof=False, **given)
    assert refused.value.code == code
    assert everything(world) == before
    with pytest.raises(BadInput) as refused:
        openings.answer(world.holder, world.case, given["answers"], given.get("words"))
    assert refused.value.code == code
    assert everything(world) == before


def test_a_case_whose_entry_cannot_be_written_is_not_opened_and_leaves_no_key(world: World) -> None:
    before = everything(world)
    with pytest.raises(OSError, match="no key"):
        openings.open_case(
            world.with_services(world.holder, signer=BrokenSigner()), country=None, answers={}, time_proof=False
        )
    assert everything(world) == before


def test_a_case_whose_writing_fails_anywhere_is_not_opened(world: World) -> None:
    before = everything(world)
    for at in range(1, 20):
        with broken_database(at):
            try:
                openings.open_case(world.holder, country=None, answers=ADULT, time_proof=True)
            except Refusal:
                assert everything(world) == before
            else:
                break
    assert at > 6


def test_answers_merge_and_can_be_taken_back(world: World) -> None:
    openings.answer(world.holder, world.case, {"seen": ["seen"]}, {"goal": "بكلماتي"}, "EG")
    openings.answer(world.other, world.case, {"age": [], "status": ["threat", "public"]})
    said = openings.answers(world.holder, world.case)
    assert dict(said.answers) == {
        "helping": ("self",), "safe_now": ("safe",), "status": ("threat", "public"), "seen": ("seen",)
    }  # fmt: skip
    assert (said.country, dict(said.words), said.opened_at) == ("EG", {"goal": "بكلماتي"}, world.clock())
    openings.answer(world.holder, world.case, {}, {"goal": ""})
    assert not openings.answers(world.holder, world.case).words
    assert not openings.show(world.holder, world.case).pictures


def test_the_plan_keeps_what_was_done_skipped_and_put_off_when_answers_change(world: World) -> None:
    plan = openings.case_plan(world.holder, world.case)
    done, skipped, later = [step.id for step in plan.steps][:3]
    openings.mark_step(world.holder, world.case, done, "done")
    openings.mark_step(world.other, world.case, skipped, "skipped")
    due = {step.id: step.due_at for step in plan.steps}
    openings.mark_step(world.holder, world.case, later, "later")
    put_off = next(step.due_at for step in openings.case_plan(world.holder, world.case).steps if step.id == later)
    assert put_off is not None
    assert put_off >= (due[later] or world.clock()) + timedelta(days=1)
    openings.answer(world.holder, world.case, {"seen": ["seen"], "helping": ["friend"]})
    steps = {step.id: step for step in openings.case_plan(world.holder, world.case).steps}
    assert (steps[done].state, steps[skipped].state) == ("done", "skipped")
    openings.mark_step(world.holder, world.case, done, "open")
    assert openings.case_plan(world.holder, world.case).steps
    assert next(s for s in openings.case_plan(world.holder, world.case).steps if s.id == done).state == "open"


@pytest.mark.parametrize(("step", "state"), [("no-such-step", "done"), ("", "done"), ("s-steady", "half")])
def test_an_unknown_step_or_mark_is_refused(world: World, step: str, state: Any) -> None:
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.no_step"):
        openings.mark_step(world.holder, world.case, step, state)
    assert everything(world) == before


def test_a_case_says_when_it_was_opened_before_and_seals_that(world: World) -> None:
    assert openings.show(world.holder, world.case).last_opened is None
    first = world.clock()
    world.clock.forward(minutes=10)
    assert openings.show(world.holder, world.case).last_opened is None
    world.clock.forward(hours=5)
    assert openings.show(world.other, world.case).last_opened == first
    assert openings.show(world.holder, world.case).last_opened == first


def test_counts_are_of_this_case_alone(world: World) -> None:
    second = world.open_case()
    exhibit(world, world.case)
    sighting(world, second)
    assert openings.show(world.holder, world.case).counts == {"photo": 0, "sighting": 0, "exhibit": 1, "notice": 0}
    assert openings.show(world.holder, second).counts == {"photo": 0, "sighting": 1, "exhibit": 0, "notice": 0}


# --- what is told without a key ---------------------------------------------------------------------------------------


def test_without_a_key_cases_are_ids_states_and_hours(world: World) -> None:
    notice(world, world.case, "sent")
    (line,) = openings.list_cases(world.services)
    assert (line.id, line.state) == (world.case, "open")
    assert (line.opened_hour, line.due_hour) == (
        datetime(2026, 3, 14, 9, tzinfo=UTC),
        datetime(2026, 4, 14, 9, tzinfo=UTC),
    )


def test_the_agenda_is_in_order_over_all_cases_and_tells_what_to_holders_only(world: World) -> None:
    second = world.open_case()
    notice(world, second, "sent")
    world.clock.forward(days=1)
    notice(world, world.case, "sent")
    for keeper in (None, world.stranger):
        lines = agendas.agenda(world.services, keeper)
        assert [(one.case, one.what, one.due_at.minute) for one in lines] == [(second, None, 0), (world.case, None, 0)]
    opened = agendas.agenda(world.services, world.holder)
    assert [(one.case, bool(one.what), one.due_at.minute) for one in opened] == [
        (second, True, 26),
        (world.case, True, 26),
    ]
    assert [bool(one.what) for one in agendas.agenda(world.services, world.other)] == [False, True]


# --- time proofs ------------------------------------------------------------------------------------------------------


def test_only_the_newest_checkpoint_waits_for_a_time_proof(world: World) -> None:
    for _ in range(3):
        exhibit(world, world.case)
    waiting = list(Stamp.objects.select_related("checkpoint"))
    newest = Checkpoint.objects.filter(case=world.case).order_by("-size")[0]
    assert {(stamp.checkpoint_id, stamp.authority) for stamp in waiting} == {(newest.pk, 0), (newest.pk, 1)}
    world.authorities[0].silent = False
    assert journals.stamp_pending(world.services) == 1
    assert world.authorities[0].asked == [checkpoint_digest(newest.note)]
    exhibit(world, world.case)
    assert {stamp.state for stamp in Stamp.objects.filter(checkpoint=newest)} == {"stamped"}
    assert Stamp.objects.filter(checkpoint__size=newest.size + 1, state="queued").count() == 2


def test_a_silent_authority_is_asked_again_later_and_later_still(world: World) -> None:
    waits = []
    for _ in range(4):
        assert journals.stamp_pending(world.services) == 0
        stamp = Stamp.objects.filter(authority=0)[0]
        assert stamp.state == "will_retry"
        waits.append(stamp.next_try - world.clock())
        assert journals.stamp_pending(world.services) == 0  # not due yet: not asked
        assert Stamp.objects.get(pk=stamp.pk).attempts == len(waits)
        world.clock.time = stamp.next_try
    assert waits == sorted(set(waits))
    for authority in world.authorities:
        authority.silent = False
    assert journals.stamp_pending(world.services) == 2
    assert journals.stamp_pending(world.services) == 0


def test_a_case_without_consent_to_time_proofs_asks_nobody(world: World) -> None:
    with writing_allowed():
        Stamp.objects.all().delete()
    case = world.open_case(time_proof=False)
    exhibit(world, case)
    for authority in world.authorities:
        authority.silent = False
    assert journals.stamp_pending(world.services) == 0
    assert not any(authority.asked for authority in world.authorities)


def test_an_authority_that_is_no_longer_configured_is_passed_over(world: World) -> None:
    fewer = replace(world.services, authorities=world.services.authorities[:1])
    world.authorities[0].silent = False
    assert journals.stamp_pending(fewer) == 1
    assert Stamp.objects.filter(authority=1, state="queued").exists()


def test_real_time_proofs_are_judged_and_stand_in_the_journal_and_in_the_dossier(world: World) -> None:
    with local_authorities(world.services.home / "authorities") as running:
        door = Door(
            tuple((one.host, one.port) for one in running),
            LoopbackPass(world.services.home, [one.port for one in running]),
        )
        world.clock.time = datetime.now(UTC)
        authorities = tuple(HttpAuthority(one.url, door, one.ca_file.read_bytes()) for one in running)
        roots = b"".join(one.ca_file.read_bytes() for one in running)
        keeper = world.with_services(world.holder, authorities=authorities, authority_roots=roots)
        case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=True)
        assert journals.stamp_pending(keeper.services) == 4  # of both cases, by both authorities
        report = journals.verify(keeper, case)
        assert report.ok
        assert (report.check("time").state, report.check("time").data["trusted"]) == ("ok", 2)
        recipient = Identity.generate().public
        built = dossiers.make(keeper, case, world.folder / "d.age", secret=SECRET, recipients=[recipient], wait=30)
        assert built.file.stat().st_size > 1000
    assert journals.verify(keeper, case).check("time").data["trusted"] == 4


# --- a case on its way ------------------------------------------------------------------------------------------------


def _exported(world: World, case: str) -> Path:
    return portable.export_case(world.holder, case, world.folder / "case.sitr", secret=SECRET)


def _forget(world: World, case: str) -> None:
    """Make this home one that has never seen the case, as another home is."""
    with writing_allowed():
        WrappedKey.objects.filter(case_id=case).delete()
        for model in (
            "stamp",
            "anchor",
            "renewal",
            "checkpoint",
            "entry",
            *TABLES,
        ):
            table = apps.get_model("cases", model)._default_manager
            (
                table.filter(checkpoint__case_id=case) if model in {"stamp", "anchor"} else table.filter(case_id=case)
            ).delete()
        Case.objects.filter(pk=case).delete()


def test_a_case_is_taken_in_whole_and_goes_on_in_the_same_journal(world: World) -> None:
    item, letter = exhibit(world, world.case), notice(world, world.case, "sent")
    lines = [bytes(e.line) for e in Case.objects.get(pk=world.case).entry_set.order_by("seq")]
    said = openings.answers(world.holder, world.case)
    file = _exported(world, world.case)
    _forget(world, world.case)
    assert portable.import_case(world.stranger, file, secret=SECRET) == world.case
    assert openings.answers(world.stranger, world.case) == said
    assert [one.notice for one in agendas.agenda(world.services, world.stranger)] == [letter]
    now = [bytes(e.line) for e in Case.objects.get(pk=world.case).entry_set.order_by("seq")]
    assert now[: len(lines)] == lines
    assert payloads(world.stranger, world.case)[-1]["verb"] == "import_case"
    assert exhibits.export(world.stranger, world.case, item, world.folder).read_bytes() == b"a saved chat"
    assert journals.verify(world.stranger, world.case).ok
    with pytest.raises(NotFound):
        openings.show(world.holder, world.case)
    sightings.check_all(world.stranger, world.case)
    assert journals.verify(world.stranger, world.case).ok


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flip(data: bytes) -> bytes:
    at = len(data) - 40
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_broken_package_or_a_wrong_passphrase_is_refused_and_nothing_is_kept(world: World) -> None:
    exhibit(world, world.case)
    file = _exported(world, world.case)
    whole = file.read_bytes()
    _forget(world, world.case)
    before = everything(world)
    for data, secret, error in (
        (whole, WRONG, Locked),
        (_cut(whole), SECRET, SitrError),
        (_flip(whole), SECRET, SitrError),
        (b"", SECRET, BadInput),
        (b"PK\x03\x04 a zip", SECRET, BadInput),
    ):
        file.write_bytes(data)
        with pytest.raises(error):
            portable.import_case(world.stranger, file, secret=secret)
        assert everything(world) == before
    file.write_bytes(whole)
    assert portable.import_case(world.stranger, file, secret=SECRET) == world.case


def test_every_refusal_of_the_verbs_is_said_in_both_languages(world: World) -> None:
    refusals: list[Callable[[], object]] = [
        lambda: openings.show(world.stranger, world.case),
        lambda: openings.mark_step(world.holder, world.case, "x", "done"),
        lambda: sightings.add_sighting(world.holder, world.case, ""),
        lambda: sightings.check(world.holder, world.case, "x"),
        lambda: exhibits.preview(world.holder, world.case, exhibit(world, world.case), blurred=True),
        lambda: access.set_up(world.services, "x"),
        lambda: access.unlock(world.services, WRONG),
        lambda: dossiers.make(world.holder, world.case, world.folder, secret=SECRET),
        lambda: dossiers.make(world.holder, world.case, world.folder / "x", secret=SECRET, include=["nothing"]),
    ]
    for refusal in refusals:
        with pytest.raises(SitrError) as refused:
            refusal()
        for lang in LANGS:
            assert len(say(refused.value.code, lang, **refused.value.data)) > 10
