"""Clocks, rungs and the moves of a notice: pure decisions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitr.errors import AnswerIsNo, BadInput
from sitr.takedown import NoticeState, Rung, clock, may_move, move, next_rung
from sitr.takedown.clock import SILENCE, add_duration
from sitr.takedown.notice import MOVES

SENT = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Limit:
    value: str | None
    in_force_since: date | str | None = None


@pytest.mark.parametrize(
    ("duration", "due"),
    [
        ("PT48H", datetime(2026, 11, 24, 20, tzinfo=UTC)),
        ("PT2H", datetime(2026, 11, 22, 22, tzinfo=UTC)),
        ("P1M", datetime(2026, 12, 22, 20, tzinfo=UTC)),
        ("P14D", datetime(2026, 12, 6, 20, tzinfo=UTC)),
        ("P2W", datetime(2026, 12, 6, 20, tzinfo=UTC)),
        ("P1Y", datetime(2027, 11, 22, 20, tzinfo=UTC)),
    ],
)
def test_a_clock_ends_when_the_basis_says(duration: str, due: datetime) -> None:
    found = clock(Limit(duration), SENT)
    assert (found.due_at, found.lawful, found.then) == (due, True, Rung.HOST)


def test_a_month_ends_on_the_last_day_of_a_shorter_month() -> None:
    assert add_duration(datetime(2027, 1, 31, 9, tzinfo=UTC), "P1M") == datetime(2027, 2, 28, 9, tzinfo=UTC)
    assert add_duration(datetime(2028, 1, 31, 9, tzinfo=UTC), "P1M") == datetime(2028, 2, 29, 9, tzinfo=UTC)
    assert add_duration(datetime(2026, 12, 31, 9, tzinfo=UTC), "P2M") == datetime(2027, 2, 28, 9, tzinfo=UTC)


def test_without_a_figure_a_week_of_silence_is_a_reminder_and_not_a_right() -> None:
    found = clock(Limit(None), SENT)
    assert found.due_at == SENT + SILENCE
    assert not found.lawful


def test_a_rule_that_is_not_yet_in_force_gives_no_right() -> None:
    for since in (date(2026, 12, 1), "2026-12-01"):
        assert not clock(Limit("PT48H", since), SENT).lawful
    assert clock(Limit("PT48H", date(2026, 5, 19)), SENT).lawful


def test_a_time_of_another_zone_counts_as_the_same_moment() -> None:
    cairo = SENT.astimezone(timezone(timedelta(hours=2)))
    assert clock(Limit("PT48H"), cairo) == clock(Limit("PT48H"), SENT)


@pytest.mark.parametrize("duration", ["", "P", "PT", "48H", "P-1D", "PT1.5H", "P1D ", "١"])
def test_what_is_no_duration_is_bad_input(duration: str) -> None:
    with pytest.raises(BadInput):
        add_duration(SENT, duration)


@given(hours=st.integers(0, 9000), sent=st.datetimes(datetime(2020, 1, 1), datetime(2050, 1, 1)))  # noqa: DTZ001
def test_a_clock_never_ends_before_it_starts(hours: int, sent: datetime) -> None:
    sent = sent.replace(tzinfo=UTC)
    assert clock(Limit(f"PT{hours}H"), sent).due_at - sent == timedelta(hours=hours)


def test_the_ladder_is_climbed_in_order_and_ends() -> None:
    seen, rung = [Rung.SERVICE], next_rung(Rung.SERVICE)
    while rung:
        seen.append(rung)
        rung = next_rung(rung)
    assert seen == list(Rung)
    assert next_rung(Rung.SERVICE, tried={Rung.HOST}) is Rung.CDN
    assert next_rung(Rung.SERVICE, reachable={Rung.SEARCH, Rung.COURT}) is Rung.SEARCH
    assert next_rung(Rung.SERVICE, reachable=set()) is None


def test_a_notice_with_a_missing_field_cannot_be_approved() -> None:
    with pytest.raises(AnswerIsNo) as error:
        move(NoticeState.DRAFT, NoticeState.APPROVED, missing=("contact", "law"))
    assert error.value.data["missing"] == "contact, law"
    assert error.value.exit_status == 1
    assert move(NoticeState.DRAFT, NoticeState.APPROVED) is NoticeState.APPROVED


def test_only_an_approved_notice_is_sent_and_never_twice() -> None:
    assert [s for s in NoticeState if may_move(s, NoticeState.SENDING)] == [NoticeState.APPROVED]
    assert not may_move(NoticeState.SENT, NoticeState.APPROVED)
    assert not may_move(NoticeState.UNKNOWN, NoticeState.SENDING)  # only by a new approval of the person
    with pytest.raises(AnswerIsNo):
        move(NoticeState.DRAFT, NoticeState.SENT)


def test_every_state_has_its_moves_and_can_be_closed() -> None:
    assert MOVES.keys() == set(NoticeState)
    for state in NoticeState:
        reached, frontier = {state}, {state}
        while frontier:
            frontier = {new for old in frontier for new in MOVES[old]} - reached
            reached |= frontier
        assert NoticeState.CLOSED in reached
