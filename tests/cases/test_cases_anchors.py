"""OpenTimestamps proofs of a case, by calendars that really answer on this machine: consent, queue, dossier, check."""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.cases.case_verbs import exhibit
from tests.cases.case_world import ADULT, SECRET, World
from tests.cases.test_cases_home import _forget
from tests.journal.ots_calendar import Calendar, running

from sitr.cases import access, dossiers, erasing, journals, openings, portable, releases
from sitr.cases.access import Keeper
from sitr.cases.models import Anchor, Checkpoint
from sitr.cases.work import look
from sitr.dossier import verify
from sitr.dossier.building import build_opened
from sitr.journal import HttpCalendars, anchor_facts
from sitr.net import Door, LoopbackPass

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]
Chain = tuple[Keeper, Calendar, str]


@pytest.fixture
def chain(world: World) -> Iterator[Chain]:
    """A holder whose services know one calendar, and a case that agreed to it."""
    calendar = Calendar()
    with running(calendar) as (port,):
        door = Door([("127.0.0.1", port)], LoopbackPass(world.services.home, [world.site.port]))
        keeper = world.with_services(world.holder, calendars=HttpCalendars([calendar.uri], door))
        case = openings.open_case(keeper, country="DE", answers=ADULT, time_proof=False, calendar_proof=True)
        yield keeper, calendar, case


def only(case: str) -> Anchor:
    return Anchor.objects.get(checkpoint__case=case)


def opened(world: World, keeper: Keeper, case: str, name: str) -> Path:
    """A dossier, unsealed and unpacked."""
    case_open = look(keeper, case)
    release = releases.decide(case_open, keeper.services.knowledge, "lawyer", {})
    contents = dossiers._contents(keeper, case_open, release, "both")
    build_opened(contents, world.folder / f"{name}.zip", signer=keeper.services.signer, now=world.clock())
    with zipfile.ZipFile(world.folder / f"{name}.zip") as archive:
        archive.extractall(world.folder / name)
    return next((world.folder / name).iterdir())


def test_a_proof_is_pending_then_complete_and_each_is_said_in_the_dossier(world: World, chain: Chain) -> None:
    keeper, calendar, case = chain
    exhibit(replace(world, holder=keeper), case)
    assert journals.stamp_pending(keeper.services) == 1
    assert (only(case).state, journals.verify(keeper, case).check("ots").state) == ("pending", "absent")
    bag = opened(world, keeper, case, "early")
    assert "ots verify" not in (bag / "VERIFY.txt").read_text(), "there is nothing to check on it yet"
    pending = {one.name: one for one in verify(bag, workdir=world.services.memory).checks}["ots"]
    assert pending.state == "absent"
    assert "prove nothing yet" in pending.detail

    calendar.make_block(int(world.clock().timestamp()))
    assert journals.stamp_pending(keeper.services) == 0, "not due yet: a block takes hours"
    world.clock.forward(hours=2)
    assert journals.stamp_pending(keeper.services) == 1
    row = only(case)
    assert (row.state, row.next_try) == ("complete", None)
    assert anchor_facts(bytes(row.proof or b"")).blocks == (calendar.height,)
    assert journals.stamp_pending(keeper.services) == 0, "nobody is asked about a complete one"

    bag = opened(world, keeper, case, "late")
    proof = bag / "timestamps/ots-01.checkpoint.ots"
    assert "ots verify timestamps/ots-01.checkpoint.ots" in (bag / "VERIFY.txt").read_text()
    assert proof.with_suffix("").read_text() == Checkpoint.objects.get(pk=row.checkpoint_id).note
    headers = world.folder / "headers"
    headers.write_bytes(calendar.headers_file())
    for given, state in (([], "untrusted"), (["--bitcoin-headers", str(headers)], "ok")):
        done = subprocess.run(
            [sys.executable, "verify.py", *given], cwd=bag, capture_output=True, text=True, check=False, timeout=60
        )
        assert (done.returncode, f"ots: {state}:" in done.stdout) == (0, True), done.stdout
    headers.write_text("840001 00\n")
    wrong = subprocess.run(
        [sys.executable, "verify.py", "--bitcoin-headers", str(headers)], cwd=bag, capture_output=True, check=False
    )
    assert (wrong.returncode, b"cannot be read" in wrong.stdout, wrong.stderr) == (1, True, b"")
    assert journals.verify(keeper, case, headers=calendar_headers(calendar)).check("ots").state == "ok"


def calendar_headers(calendar: Calendar) -> dict[int, bytes]:
    return dict(calendar.headers)


def test_offline_it_waits_in_the_queue_and_only_the_newest_does(world: World, chain: Chain) -> None:
    keeper, calendar, case = chain
    calendar.up = False
    waits = []
    for _ in range(3):
        assert journals.stamp_pending(keeper.services) == 0
        row = only(case)
        assert row.state == "will_retry"
        waits.append((row.next_try or world.clock()) - world.clock())
        world.clock.time = row.next_try or world.clock()
    assert waits == sorted(set(waits))
    for _ in range(2):
        exhibit(replace(world, holder=keeper), case)
    calendar.up = True
    assert journals.stamp_pending(keeper.services) == 1
    newest = Checkpoint.objects.filter(case=case).order_by("-size")[0]
    assert only(case).checkpoint_id == newest.pk
    # The next checkpoint waits an hour for its own: a calendar is not asked at every press.
    exhibit(replace(world, holder=keeper), case)
    assert journals.stamp_pending(keeper.services) == 0
    world.clock.forward(hours=1)
    assert journals.stamp_pending(keeper.services) == 1


def test_a_proof_that_never_completes_is_asked_after_ever_more_rarely_and_stays_labelled(
    world: World, chain: Chain
) -> None:
    keeper, calendar, case = chain
    journals.stamp_pending(keeper.services)
    start, looks = world.clock(), 0
    while (due := only(case).next_try) is not None:
        world.clock.time = due
        assert journals.stamp_pending(keeper.services) == 0
        looks += 1
    assert 30 < looks < 60
    assert world.clock() - start > timedelta(days=180)
    assert (only(case).state, journals.verify(keeper, case).check("ots").state) == ("pending", "absent")
    assert len([one for one in calendar.asked if one.startswith("GET")]) == looks


def test_without_consent_or_without_calendars_nobody_is_asked(world: World, chain: Chain) -> None:
    keeper, calendar, case = chain
    openings.open_case(keeper, country="DE", answers=ADULT, time_proof=True)
    bare = world.with_services(world.holder, calendars=None)
    openings.open_case(bare, country="DE", answers=ADULT, time_proof=False, calendar_proof=True)
    assert [row.checkpoint.case_id for row in Anchor.objects.select_related("checkpoint")] == [case]
    assert journals.stamp_pending(bare.services) == 0
    assert calendar.asked == []
    assert "ots" not in {one.name for one in journals.verify(bare, world.case).checks}


def test_proofs_travel_with_the_case_and_go_with_it_when_it_is_erased(world: World, chain: Chain) -> None:
    keeper, calendar, case = chain
    journals.stamp_pending(keeper.services)
    proof = bytes(only(case).proof or b"")
    file = portable.export_case(keeper, case, world.folder / "case.sitr", secret=SECRET)
    _forget(world, case)
    taker = world.with_services(world.stranger, calendars=keeper.services.calendars)
    portable.import_case(taker, file, secret=SECRET)
    row = Anchor.objects.exclude(proof=None).get(checkpoint__case=case)
    assert (bytes(row.proof or b""), row.state) == (proof, "pending")
    calendar.make_block(int(world.clock().timestamp()))
    assert journals.stamp_pending(taker.services) >= 1
    assert journals.verify(taker, case, headers=calendar_headers(calendar)).check("ots").state == "ok"
    erasing.erase_case(taker, case, secret="a stranger's own words")
    assert not Anchor.objects.filter(checkpoint__case=case).exists()
    assert access.is_set_up(world.services)
