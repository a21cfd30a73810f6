"""What became of a notice, read out of a case: credited where it belongs, never beyond what was seen."""

import pytest
from tests.cases.case_verbs import notice
from tests.cases.case_world import World, drawn
from tests.cases.ledger_cases import TIKTOK, Runs, X, add_answer, add_place, add_sent, removed_case

from sitr.cases import access, notices, outcomes, photos, sightings
from sitr.cases.models import HolderKind
from sitr.cases.work import look
from sitr.errors import AnswerIsNo
from sitr.takedown import Outcome, Result, Span

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def seen(world: World, case: str) -> list[Outcome]:
    return list(outcomes.show(world.holder, case).outcomes)


def test_a_removal_lies_between_the_last_visit_that_saw_it_and_the_first_that_did_not(world: World) -> None:
    """Through the verbs themselves, on a real page."""
    photos.add_photo(world.holder, world.case, drawn(), "mine.png")
    notice(world, world.case, "sent")
    world.site.pages["/a.png"] = (200, "image/png", drawn())
    world.site.show("/page", "/a.png")
    place = notices.list_notices(world.holder, world.case)[0].sighting
    assert seen(world, world.case) == []
    world.clock.forward(hours=20)
    sightings.check(world.holder, world.case, place)
    (standing,) = seen(world, world.case)
    assert (standing.result, standing.removal) == (Result.OPEN, Span(12, None))
    world.clock.forward(hours=40)
    world.site.pages["/page"] = (410, "text/html", b"gone")
    sightings.check(world.holder, world.case, place)
    (gone,) = seen(world, world.case)
    assert (gone.result, gone.removal, gone.came_back) == (Result.REMOVED, Span(12, 96), False)
    assert (gone.basis, gone.service) == ("gdpr_art17", "generic_host")
    world.site.show("/page", "/a.png")
    sightings.check(world.holder, world.case, place)
    (back,) = seen(world, world.case)
    assert (back.result, back.came_back) == (Result.REMOVED, True)


WHAT_VISITS_SAW: tuple[tuple[Runs, Result | None, Span | None], ...] = (
    ([], None, None),
    ([("live", -9, -1)], None, None),
    ([("live", 5, 100)], Result.OPEN, Span(96, None)),
    ([("live", 5, 170)], Result.NO_ANSWER, Span(96, None)),
    ([("gone", 30, 30)], Result.REMOVED, Span(0, 48)),
    ([("live", -1, 25), ("gone", 30, 300)], Result.REMOVED, Span(24, 48)),
    ([("gone", -50, -2)], None, None),
    ([("gone", -50, 9)], None, None),
    ([("gone", -50, -2), ("live", 1, 7), ("gone", 9, 9)], Result.REMOVED, Span(6, 12)),
)


def test_what_visits_saw_decides(world: World) -> None:
    expected = {}
    for runs, result, removal in WHAT_VISITS_SAW:
        made = add_sent(world, world.case, add_place(world, world.case, runs), X)
        if result:
            expected[made] = (result, removal)
    found = outcomes.found_in(look(world.holder, world.case), world.services.knowledge)
    assert {one.notice: (one.outcome.result, one.outcome.removal) for one in found} == expected


def test_a_removal_is_credited_to_the_last_notice_before_it_and_the_earlier_one_stood_until_then(world: World) -> None:
    place = add_place(world, world.case, [("live", 1, 190), ("gone", 200, 200)])
    add_sent(world, world.case, place, TIKTOK)
    add_sent(world, world.case, place, X, at=180)
    first, second = seen(world, world.case)
    assert (first.service, first.result, first.removal) == ("tiktok", Result.NO_ANSWER, Span(96, None))
    assert (second.service, second.result, second.removal) == ("x", Result.REMOVED, Span(6, 24))


def test_a_notice_after_the_removal_is_not_credited_with_it(world: World) -> None:
    place = add_place(world, world.case, [("live", 1, 20), ("gone", 30, 60)])
    add_sent(world, world.case, place, X)
    add_sent(world, world.case, place, TIKTOK, at=50)
    (only,) = seen(world, world.case)
    assert only.service == "x"


def test_hiding_from_a_search_engine_is_not_judged_by_the_page(world: World) -> None:
    place = add_place(world, world.case, [("live", 1, 20), ("gone", 30, 60)])
    add_sent(world, world.case, place, ("google_search", "gs_ncii", "search_delisting"))
    assert seen(world, world.case) == []


def test_an_answer_counts_from_the_hour_that_it_says(world: World) -> None:
    place = add_place(world, world.case, [("live", 1, 100)])
    letter = add_sent(world, world.case, place, X)
    add_answer(world, world.case, letter, None)
    assert seen(world, world.case)[0].answer == Span(0, None)
    add_answer(world, world.case, letter, 30)
    assert seen(world, world.case)[0].answer == Span(24, 48)


def test_a_no_is_recorded_by_a_person(world: World) -> None:
    made = notice(world, world.case, "sent")
    notices.mark_refused(world.holder, world.case, made)
    (one,) = seen(world, world.case)
    assert (one.result, one.removal) == (Result.REFUSED, Span(0, None))
    draft = notices.draft(world.holder, world.case, add_place(world, world.case, []), basis="gdpr_art17")
    with pytest.raises(AnswerIsNo):
        notices.mark_refused(world.holder, world.case, draft.id)


def test_consent_is_given_and_withdrawn_and_both_are_entries(world: World) -> None:
    assert not outcomes.show(world.holder, world.case).consented
    given = outcomes.consent(world.holder, world.case, given=True)
    assert given.consented
    assert given.since == world.clock()
    assert not outcomes.consent(world.holder, world.case, given=False).consented


def test_a_person_ranks_from_all_their_own_cases_and_a_worker_from_none(world: World) -> None:
    here = add_place(world, world.case, [])
    before = {(r.service, r.channel, r.basis): r for r in notices.routes(world.holder, world.case, here)}
    for hours in (10, 20, 40):
        removed_case(world, ("x", "x_private_form", "platform_ncii_policy"), hours, consent=False)
    after = {(r.service, r.channel, r.basis): r for r in notices.routes(world.holder, world.case, here)}
    door = ("x", "x_private_form", "platform_ncii_policy")
    assert after[door].estimate.n_own == 3
    assert after[door].estimate.chance > before[door].estimate.chance
    assert any("3 of 3 led to removal within 2 days" in why.en for why in after[door].why)
    worker = access.new_holder(world.services, "a worker's own words", HolderKind.WORKER)
    assert outcomes.own(worker) == {}
    assert outcomes.own(world.stranger) == {}
