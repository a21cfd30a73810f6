"""Handing a photo's hashes to an exchange: by consent to that very act, once, `unknown` where the answer was lost."""

from dataclasses import replace
from typing import Any

import pytest
from tests.cases.case_world import World, drawn
from tests.cases.test_cases_verbs import Refusal, broken_database

from sitr.cases import journals, openings, photos, submissions
from sitr.cases.access import Keeper
from sitr.cases.models import Submission, SubmissionState
from sitr.cases.work import look
from sitr.errors import AnswerIsNo, BadInput, NotFound
from sitr.finding.exchange import Kind, MemoryExchange
from sitr.words import LANGS, say

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


@pytest.fixture
def party() -> MemoryExchange:
    return MemoryExchange(name="ncii")


@pytest.fixture
def keeper(world: World, party: MemoryExchange) -> Keeper:
    """The holder, in a home where one exchange is set up."""

    def opened(name: str) -> MemoryExchange:
        if name != party.name:
            raise NotFound("exchange.no_such", name=name, names=party.name)
        return party

    return replace(world.holder, services=replace(world.services, exchange=opened))


@pytest.fixture
def case(world: World) -> str:
    return world.open_case()


@pytest.fixture
def photo(keeper: Keeper, case: str) -> str:
    return photos.add_photo(keeper, case, drawn(1, 200), "mine.png").id


def verbs(keeper: Keeper, case: str) -> list[str]:
    """What the journal says of handing over."""
    told = [str(one.verb) for one in journals.entries(keeper, case)]
    return [verb for verb in told if "submi" in verb or "withdraw" in verb]


def test_nothing_goes_out_without_the_consent_to_this_very_act(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str
) -> None:
    with pytest.raises(AnswerIsNo) as refused:
        submissions.submit(keeper, case, photo, "ncii", consent=False)
    assert refused.value.code == "cases.submit_consent"
    for lang in LANGS:
        assert "ncii" in say(refused.value.code, lang, **refused.value.data)
    assert (party.taken, verbs(keeper, case), submissions.list_submissions(keeper, case)) == ([], [], [])


def test_every_hash_goes_once_and_nothing_of_the_case_with_it(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str
) -> None:
    view = submissions.submit(keeper, case, photo, "ncii", consent=True)
    assert (view.state, view.exchange, view.photo) == ("sent", "ncii", photo)
    ((what, entries),) = party.taken
    assert what == "submit"
    assert view.hashes == len(entries) == len({one.value for one in entries}) > 8
    assert {one.kind for one in entries} == {Kind.PDQ}
    made = photos.fingerprints(look(keeper, case))[photo]
    assert made.pdq in {one.value for one in entries}
    assert not [one for one in entries if case in repr(one) or photo in repr(one)]
    assert verbs(keeper, case) == ["submit", "submit_sent"]
    assert journals.verify(keeper, case).ok
    with pytest.raises(AnswerIsNo, match="already_handed"):
        submissions.submit(keeper, case, photo, "ncii", consent=True)
    assert len(party.taken) == 1


def test_a_lost_answer_stays_unknown_and_only_a_new_consent_sends_again(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str
) -> None:
    party.lost = True
    assert submissions.submit(keeper, case, photo, "ncii", consent=True).state == "unknown"
    assert [one.state for one in submissions.list_submissions(keeper, case)] == ["unknown"]
    assert len(party.taken) == 1
    party.lost = False
    assert submissions.submit(keeper, case, photo, "ncii", consent=True).state == "sent"
    assert verbs(keeper, case) == ["submit", "submit_unknown", "submit", "submit_sent"]


def test_a_refusal_is_written_down_and_can_be_tried_again(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str
) -> None:
    party.closed = True
    refused = submissions.submit(keeper, case, photo, "ncii", consent=True)
    assert (refused.state, refused.detail) == ("refused", "403")
    party.closed = False
    assert submissions.submit(keeper, case, photo, "ncii", consent=True).state == "sent"


def test_what_a_killed_process_was_sending_is_unknown(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str, world: World
) -> None:
    class Killed(BaseException):
        pass

    def dies(*_: Any) -> None:
        raise Killed

    party.submit = dies  # type: ignore[method-assign, assignment]
    sender = replace(keeper, services=replace(keeper.services, process="its process"))
    with pytest.raises(Killed):
        submissions.submit(sender, case, photo, "ncii", consent=True)
    (row,) = Submission.objects.all()
    assert row.state == SubmissionState.SENDING
    alive = replace(keeper, services=replace(keeper.services, is_alive=lambda _name: True))
    dead = replace(keeper, services=replace(keeper.services, is_alive=lambda _name: False))
    assert submissions.list_submissions(alive, case)[0].state == "sending"
    assert submissions.list_submissions(dead, case)[0].state == "unknown"
    with pytest.raises(AnswerIsNo, match="already_handed"):
        submissions.submit(alive, case, photo, "ncii", consent=True)
    world.clock.forward(hours=1)
    assert submissions.list_submissions(alive, case)[0].state == "unknown"


def test_it_is_taken_back_by_the_same_hashes_and_may_be_asked_again(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str
) -> None:
    made = submissions.submit(keeper, case, photo, "ncii", consent=True)
    party.lost = True
    assert submissions.withdraw(keeper, case, made.id).state == "sent"
    party.lost = False
    assert submissions.withdraw(keeper, case, made.id).state == "withdrawn"
    assert [what for what, _ in party.taken] == ["submit", "withdraw", "withdraw"]
    assert party.taken[0][1] == party.taken[2][1]
    assert party.listed == []
    with pytest.raises(AnswerIsNo, match="not_handed"):
        submissions.withdraw(keeper, case, made.id)
    assert verbs(keeper, case)[2:] == [
        "withdraw_submission", "withdrawal_unknown", "withdraw_submission", "withdrawal_sent",
    ]  # fmt: skip
    assert submissions.submit(keeper, case, photo, "ncii", consent=True).state == "sent"


def test_never_for_somebody_under_18(keeper: Keeper, party: MemoryExchange, case: str, photo: str) -> None:
    openings.answer(keeper, case, {"age": ["minor"]})
    with pytest.raises(AnswerIsNo, match="index_minor"):
        submissions.submit(keeper, case, photo, "ncii", consent=True)
    assert party.taken == []


def test_an_unknown_exchange_photo_or_case_is_refused_before_anything_is_written(
    keeper: Keeper, party: MemoryExchange, world: World, case: str, photo: str
) -> None:
    with pytest.raises(NotFound, match="no_such"):
        submissions.submit(keeper, case, photo, "other", consent=True)
    with pytest.raises(NotFound):
        submissions.submit(keeper, case, "no-photo", "ncii", consent=True)
    with pytest.raises(NotFound):
        submissions.submit(replace(world.stranger, services=keeper.services), case, photo, "ncii", consent=True)
    with pytest.raises(BadInput, match="no_exchanges"):
        submissions.submit(world.with_services(world.holder, exchange=None), case, photo, "ncii", consent=True)
    assert (party.taken, verbs(keeper, case)) == ([], [])


def test_an_exchange_without_a_key_for_it_leaves_a_refusal(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str
) -> None:
    def no_key(*_: Any) -> None:
        raise BadInput("exchange.no_key", name="ncii", endpoint="SubmitHashes")

    party.submit = no_key  # type: ignore[method-assign, assignment]
    with pytest.raises(BadInput, match="no_key"):
        submissions.submit(keeper, case, photo, "ncii", consent=True)
    assert [(one.state, one.detail) for one in submissions.list_submissions(keeper, case)] == [
        ("refused", "exchange.no_key")
    ]


def test_words_of_a_submission_are_sealed(keeper: Keeper, case: str, photo: str, party: MemoryExchange) -> None:
    submissions.submit(keeper, case, photo, "ncii", consent=True)
    (row,) = Submission.objects.values()
    value = party.taken[0][1][0].value
    assert value.encode() not in bytes(row["body"])
    assert set(row) == {"id", "case_id", "epoch", "order", "body", "state"}


def test_a_database_that_fails_anywhere_never_leaves_a_handover_without_its_entry(
    keeper: Keeper, party: MemoryExchange, case: str, photo: str
) -> None:
    dead = replace(keeper, services=replace(keeper.services, is_alive=lambda _name: False))
    for at in range(1, 40):
        sent = len(party.taken)
        try:
            with broken_database(at):
                submissions.submit(dead, case, photo, "ncii", consent=True)
        except Refusal:
            listed = submissions.list_submissions(dead, case)
            assert {one.state for one in listed} <= {"unknown"}, "what may have gone is never called unsent"
            assert len(party.taken) == sent or listed
            assert journals.verify(keeper, case).ok
        else:
            break
    assert at > 8
