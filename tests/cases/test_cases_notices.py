"""Notices: from the draft to the answer, what is refused on the way, and what nobody knows."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.cases.case_snapshots import everything, payloads
from tests.cases.case_verbs import notice, sighting
from tests.cases.case_world import BASIS, FIELDS, MAIL, OPERATOR, World
from tests.cases.test_cases_verbs import Refusal, broken_database

from sitr.cases import agendas, exhibits, journals, notices, openings, sightings
from sitr.cases.models import Notice
from sitr.cases.notices import NoticeView
from sitr.errors import AnswerIsNo, BadInput, NotFound, SitrError
from sitr.takedown import Delivery, DeliveryState, NoticeState

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def _the(world: World, letter: str) -> NoticeView:
    return next(one for one in notices.list_notices(world.holder, world.case) if one.id == letter)


def _answering(world: World, state: DeliveryState, detail: str = "said") -> None:
    world.post.answer = Delivery(state, detail)


def test_a_draft_names_what_is_missing_and_invents_nothing(world: World) -> None:
    view = notices.draft(world.holder, world.case, sighting(world, world.case), basis=BASIS)
    assert view.state == "draft"
    assert view.missing
    assert set(view.missing) <= {name for name, _, _ in view.required}
    with pytest.raises(AnswerIsNo) as refused:
        notices.approve(world.holder, world.case, view.id)
    assert refused.value.code == "takedown.not_complete"
    assert all(name in refused.value.data["missing"] for name in view.missing)
    assert _the(world, view.id).state == "draft"


def test_filling_completes_it_a_field_at_a_time(world: World) -> None:
    view = notices.draft(world.holder, world.case, sighting(world, world.case), basis=BASIS)
    for name, value in FIELDS.items():
        view = notices.fill(world.holder, world.case, view.id, {name: value})
    assert not view.missing
    assert (view.recipient, view.fields["name"]) == (OPERATOR, "S. Demo")
    assert "S. Demo" in view.text
    assert view == _the(world, view.id)


def test_a_field_that_is_emptied_is_missing_again(world: World) -> None:
    letter = notice(world, world.case)
    view = notices.fill(world.holder, world.case, letter, {"name": "", "identity": "  "})
    assert view.missing == ("identity",)
    assert not view.fields.get("identity")


def test_filling_after_the_approval_goes_back_to_the_draft_and_needs_consent_again(world: World) -> None:
    letter = notice(world, world.case, "approved")
    view = notices.fill(world.holder, world.case, letter, {"ground": "Another ground."})
    assert view.state == "draft"
    with pytest.raises(AnswerIsNo, match=r"takedown\.not_allowed"):
        notices.send(world.holder, world.case, letter)
    assert not world.post.mails
    notices.approve(world.holder, world.case, letter)
    notices.send(world.holder, world.case, letter)
    (mail,) = world.post.mails
    assert "Another ground." in mail.text


def test_what_is_sent_is_the_very_text_that_was_approved(world: World) -> None:
    letter = notice(world, world.case, "approved")
    approved = _the(world, letter)
    world.clock.forward(days=2)
    view = notices.send(world.holder, world.case, letter)
    (mail,) = world.post.mails
    assert (mail.recipient, mail.subject, mail.text) == (OPERATOR, approved.subject, approved.text)
    assert (mail.sender, mail.date) == ("notices@sitr.invalid", world.clock())
    assert (view.state, view.sent_at, view.detail) == (
        "sent",
        world.clock(),
        "said" if view.detail == "said" else "250 ok",
    )


def test_sending_starts_the_clock_of_the_basis(world: World) -> None:
    letter = notice(world, world.case, "sent")
    view = _the(world, letter)
    assert (view.due_at, view.lawful, view.then) == (datetime(2026, 4, 14, 9, 26, 53, tzinfo=UTC), True, "host")
    (locked,) = agendas.agenda(world.services)
    assert (locked.case, locked.what, locked.due_at) == (world.case, None, datetime(2026, 4, 14, 9, tzinfo=UTC))
    (opened,) = agendas.agenda(world.services, world.holder)
    assert (opened.due_at, opened.notice) == (view.due_at, letter)
    assert opened.what
    (strange,) = agendas.agenda(world.services, world.stranger)
    assert strange.what is None


def test_an_answer_does_not_stop_the_clock_since_it_may_be_an_acknowledgement(world: World) -> None:
    letter = notice(world, world.case, "sent")
    reply = notices.file_reply(world.holder, world.case, letter, MAIL, "re.eml")
    view = _the(world, letter)
    assert (view.state, view.replies[0].subject) == ("answered", "Re: notice")
    assert "We got it." in view.replies[0].text
    assert len(agendas.agenda(world.services, world.holder)) == 1
    assert exhibits.export(world.holder, world.case, reply.exhibit, world.folder).read_bytes() == MAIL
    notices.file_reply(world.holder, world.case, letter, MAIL, "re.eml")
    assert len(_the(world, letter).replies) == 2


def test_a_photo_that_is_gone_stops_the_clock_and_says_so(world: World) -> None:
    letter = notice(world, world.case, "sent")
    world.site.pages["/page"] = (410, "text/html", b"gone")
    sightings.check(world.holder, world.case, _the(world, letter).sighting)
    assert not agendas.agenda(world.services)
    said = payloads(world.holder, world.case)[-2]
    assert (said["type"], said["verb"], said["notice"]) == ("clock", "stop_clock", letter)
    assert _the(world, letter).state == "sent"


def test_a_visit_that_finds_it_up_or_silent_lets_the_clock_run(world: World) -> None:
    letter = notice(world, world.case, "sent")
    for status in (200, 500, 403):
        world.site.pages["/page"] = (status, "text/html", b"x")
        sightings.check(world.holder, world.case, _the(world, letter).sighting)
    assert len(agendas.agenda(world.services)) == 1


def test_another_place_that_is_gone_leaves_this_clock_alone(world: World) -> None:
    notice(world, world.case, "sent")
    elsewhere = sighting(world, world.case, "/elsewhere")
    world.site.pages["/elsewhere"] = (404, "text/html", b"")
    assert sightings.check(world.holder, world.case, elsewhere).state == "gone"
    assert len(agendas.agenda(world.services)) == 1


def test_closing_stops_the_clock_and_ends_the_notice(world: World) -> None:
    letter = notice(world, world.case, "sent")
    assert notices.close(world.holder, world.case, letter).state == "closed"
    assert not agendas.agenda(world.services)
    for late in (
        lambda: notices.approve(world.holder, world.case, letter),
        lambda: notices.send(world.holder, world.case, letter),
        lambda: notices.fill(world.holder, world.case, letter, {"name": "x"}),
        lambda: notices.file_reply(world.holder, world.case, letter, MAIL, "re.eml"),
        lambda: notices.close(world.holder, world.case, letter),
    ):
        with pytest.raises(AnswerIsNo, match=r"takedown\.not_allowed"):
            late()


def test_an_unknown_delivery_stands_as_unknown_and_is_never_sent_again_by_itself(world: World) -> None:
    letter = notice(world, world.case, "approved")
    _answering(world, DeliveryState.UNKNOWN, "line broke")
    view = notices.send(world.holder, world.case, letter)
    assert (view.state, view.detail, view.sent_at, view.due_at) == ("unknown", "line broke", None, None)
    for _ in range(2):
        with pytest.raises(AnswerIsNo, match=r"takedown\.not_allowed"):
            notices.send(world.holder, world.case, letter)
    assert len(world.post.mails) == 1
    assert not agendas.agenda(world.services)
    _answering(world, DeliveryState.SENT)
    notices.approve(world.holder, world.case, letter)
    assert notices.send(world.holder, world.case, letter).state == "sent"
    first, second = world.post.mails
    assert first.message_id != second.message_id


def test_an_unknown_one_can_be_recorded_as_arrived(world: World) -> None:
    letter = notice(world, world.case, "approved")
    _answering(world, DeliveryState.UNKNOWN)
    notices.send(world.holder, world.case, letter)
    view = notices.mark_sent(world.holder, world.case, letter, "they called", world.clock())
    assert (view.state, view.detail) == ("sent", "they called")
    assert len(agendas.agenda(world.services)) == 1


def test_a_refused_notice_says_why_and_waits_for_the_person(world: World) -> None:
    letter = notice(world, world.case, "approved")
    _answering(world, DeliveryState.REFUSED, "550 no such user")
    view = notices.send(world.holder, world.case, letter)
    assert (view.state, view.detail) == ("refused", "550 no such user")
    assert not agendas.agenda(world.services)
    assert notices.fill(world.holder, world.case, letter, {"recipient": "other@leaks.example"}).state == "draft"


@pytest.mark.parametrize(
    "recipient", ["a@b\r\nBcc: x@y.example", "a@b@c", "no one@leaks.example", "https://x.example/@a"]
)
def test_an_address_that_cannot_stand_in_a_mail_gets_no_mail(world: World, recipient: str) -> None:
    letter = notice(world, world.case)
    notices.fill(world.holder, world.case, letter, {"recipient": recipient})
    notices.approve(world.holder, world.case, letter)
    assert notices.send(world.holder, world.case, letter).state in {"refused", "approved"}
    assert not world.post.mails
    assert journals.verify(world.holder, world.case).ok


class Killed(BaseException):
    """The process ends here."""


def _killed_while_sending(world: World, letter: str) -> None:
    class Dying:
        """A relay that got the mail, as far as anybody knows, before the process died."""

        def send(self, mail: Any) -> Delivery:  # noqa: ARG002  the port's
            """Die."""
            raise Killed

    world.alive.add("its process")
    with pytest.raises(Killed):
        notices.send(world.with_services(world.holder, mailer=Dying(), process="its process"), world.case, letter)


def test_what_came_of_a_mail_and_could_not_be_written_down_is_unknown_at_once(world: World) -> None:
    """A full disk behind the sending: the process lives, and nobody sends any more."""
    letter = notice(world, world.case, "approved")

    class Filling:
        """A relay that takes the mail; then the disk is full."""

        def send(self, mail: Any) -> Delivery:
            """Take it."""
            assert _the(world, letter).state == "sending"
            full.enter_context(broken_database(1))
            return world.post.send(mail)

    with ExitStack() as full, pytest.raises(Refusal):
        notices.send(world.with_services(world.holder, mailer=Filling()), world.case, letter)
    assert _the(world, letter).state == "unknown"
    with pytest.raises(AnswerIsNo):
        notices.send(world.holder, world.case, letter)
    assert len(world.post.mails) == 1
    assert notices.mark_sent(world.holder, world.case, letter, "it came", world.clock()).state == "sent"


def test_a_notice_whose_sender_died_is_unknown_and_not_sent_again(world: World) -> None:
    letter = notice(world, world.case, "approved")
    _killed_while_sending(world, letter)
    assert _the(world, letter).state == "sending"
    world.alive.clear()
    assert _the(world, letter).state == "unknown"
    with pytest.raises(AnswerIsNo):
        notices.send(world.holder, world.case, letter)
    assert not world.post.mails
    assert Notice.objects.get(pk=letter).state == "sending"
    assert notices.approve(world.holder, world.case, letter).state == "approved"


def test_a_sender_that_lives_is_waited_for_but_not_for_ever(world: World) -> None:
    letter = notice(world, world.case, "approved")
    _killed_while_sending(world, letter)
    for refused in (notices.approve, notices.send, notices.close):
        with pytest.raises(AnswerIsNo):
            refused(world.holder, world.case, letter)
    world.clock.forward(minutes=11)
    assert _the(world, letter).state == "unknown"
    assert notices.close(world.holder, world.case, letter).state == "closed"


def test_without_a_relay_nothing_is_sent_and_the_text_is_handed_over(world: World) -> None:
    letter = notice(world, world.case, "approved")
    keeper = world.with_services(world.holder, mailer=None)
    before = everything(world)
    view = notices.send(keeper, world.case, letter)
    assert (view.state, view.sent_at) == ("approved", None)
    assert view.text
    assert everything(world) == before


def test_a_notice_to_a_form_is_handed_over_and_recorded_by_hand(world: World) -> None:
    letter = notice(world, world.case)
    notices.fill(world.holder, world.case, letter, {"recipient": "https://leaks.example/report"})
    notices.approve(world.holder, world.case, letter)
    assert notices.send(world.holder, world.case, letter).state == "approved"
    at = (world.clock() - timedelta(days=3)).astimezone(timezone(timedelta(hours=3)))
    view = notices.mark_sent(world.holder, world.case, letter, "case 4711", at)
    assert (view.state, view.detail, view.sent_at) == ("sent", "case 4711", at)
    assert view.due_at == datetime(2026, 4, 11, 9, 26, 53, tzinfo=UTC)


def test_a_time_to_come_is_no_time_of_sending(world: World) -> None:
    letter = notice(world, world.case, "approved")
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.time_to_come"):
        notices.mark_sent(world.holder, world.case, letter, "r", world.clock() + timedelta(hours=1))
    assert everything(world) == before


Step = Callable[[World, str], Any]
STEPS: dict[str, Step] = {
    "fill": lambda w, n: notices.fill(w.holder, w.case, n, {"name": "Another"}),
    "approve": lambda w, n: notices.approve(w.holder, w.case, n),
    "send": lambda w, n: notices.send(w.holder, w.case, n),
    "mark_sent": lambda w, n: notices.mark_sent(w.holder, w.case, n, "ref", w.clock()),
    "reply": lambda w, n: notices.file_reply(w.holder, w.case, n, MAIL, "re.eml"),
    "close": lambda w, n: notices.close(w.holder, w.case, n),
}
# What each state allows, said a second time and by hand: consent is asked before anything goes out.
ALLOWED = {
    "draft": {"fill", "approve", "close"},
    "approved": {"fill", "send", "mark_sent", "close"},
    "sending": set(),
    "sent": {"reply", "close"},
    "unknown": {"approve", "mark_sent", "reply", "close"},
    "refused": {"fill", "approve", "close"},
    "answered": {"reply", "close"},
    "closed": set(),
}


def _in_state(world: World, state: str) -> str:
    letter = notice(world, world.case, "draft" if state == "draft" else "approved")
    if state in {"unknown", "refused"}:
        _answering(world, DeliveryState(state))
    if state == "sending":
        _killed_while_sending(world, letter)
    if state in {"sent", "unknown", "refused", "answered", "closed"}:
        notices.send(world.holder, world.case, letter)
    _answering(world, DeliveryState.SENT)
    if state == "answered":
        STEPS["reply"](world, letter)
    if state == "closed":
        STEPS["close"](world, letter)
    assert _the(world, letter).state == state
    return letter


@pytest.mark.parametrize("state", [state.value for state in NoticeState])
def test_in_each_state_exactly_its_steps_are_allowed(world: World, state: str) -> None:
    for step, call in STEPS.items():
        letter = _in_state(world, state)
        before, mails = everything(world), len(world.post.mails)
        if step in ALLOWED[state]:
            call(world, letter)
            continue
        with pytest.raises(AnswerIsNo, match=r"takedown\.not_allowed"):
            call(world, letter)
        assert (everything(world), len(world.post.mails)) == (before, mails)
    assert journals.verify(world.holder, world.case).ok


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        ({"basis": "no_such_law"}, NotFound, None),
        ({"basis": BASIS, "lang": "fr"}, BadInput, "cases.no_language"),
        ({"basis": BASIS, "fields": {"content": "something else"}}, BadInput, "cases.no_content_kind"),
    ],
)
def test_a_draft_from_what_does_not_exist_is_refused(
    world: World, given: dict[str, Any], error: type[SitrError], code: str | None
) -> None:
    place = sighting(world, world.case)
    before = everything(world)
    with pytest.raises(error) as refused:
        notices.draft(world.holder, world.case, place, **given)
    assert code in {None, refused.value.code}
    assert everything(world) == before


@pytest.mark.parametrize("raw", [b"", b"  \r\n\t", b"x" * (40 * 1024 * 1024 + 1)])
def test_an_empty_or_huge_answer_is_refused(world: World, raw: bytes) -> None:
    letter = notice(world, world.case, "sent")
    before = everything(world)
    with pytest.raises(BadInput, match=r"cases\.reply_size"):
        notices.file_reply(world.holder, world.case, letter, raw, "re.eml")
    assert everything(world) == before


@pytest.mark.parametrize("raw", [b"From: \xff\xfe\r\nDate: never\r\n\r\n", MAIL + b"\x00\xff" * 999])
def test_a_broken_mail_is_filed_byte_for_byte(world: World, raw: bytes) -> None:
    letter = notice(world, world.case, "sent")
    reply = notices.file_reply(world.holder, world.case, letter, raw, "../../ردّ\u202e.eml")
    stored = exhibits.export(world.holder, world.case, reply.exhibit, world.folder)
    assert stored.read_bytes() == raw
    assert stored.parent == world.folder
    assert journals.verify(world.holder, world.case).ok


@pytest.mark.parametrize("raw", [b"\x00\xff\x80 no mail at all", b"just words"])
def test_what_is_no_mail_is_not_filed_as_an_answer(world: World, raw: bytes) -> None:
    letter = notice(world, world.case, "sent")
    before = everything(world)
    with pytest.raises(BadInput, match=r"takedown\.no_mail"):
        notices.file_reply(world.holder, world.case, letter, raw, "re.eml")
    assert everything(world) == before


def test_what_the_person_decided_during_an_endless_delivery_stands(world: World) -> None:
    letter = notice(world, world.case, "approved")

    class Slow:
        """A relay that takes longer than any delivery may."""

        def send(self, mail: Any) -> Delivery:  # noqa: ARG002  the port's
            """Answer after the person has closed the notice."""
            world.clock.forward(minutes=11)
            notices.close(world.holder, world.case, letter)
            return Delivery(DeliveryState.SENT, "250 at last")

    view = notices.send(world.with_services(world.holder, mailer=Slow()), world.case, letter)
    assert (view.state, view.detail) == ("closed", "250 at last")
    assert not agendas.agenda(world.services)
    assert journals.verify(world.holder, world.case).ok


def test_a_letter_in_arabic_is_arabic(world: World) -> None:
    view = notices.draft(world.holder, world.case, sighting(world, world.case), basis=BASIS, lang="ar", fields=FIELDS)
    assert sum("\u0600" <= letter <= "\u06ff" for letter in view.text) > 100


def test_doors_are_ranked_and_the_best_is_taken_when_none_is_named(world: World) -> None:
    (place,) = sightings.add_sighting(world.holder, world.case, "https://www.instagram.com/p/Cxyz123abcd/")
    doors = notices.routes(world.holder, world.case, place.id)
    assert [door.rank for door in doors] == sorted(door.rank for door in doors)
    view = notices.draft(world.holder, world.case, place.id)
    assert (view.basis, view.channel, view.service) == (doors[0].basis, doors[0].channel, doors[0].service)


def test_the_plan_knows_that_a_notice_was_sent(world: World) -> None:
    before = openings.case_plan(world.holder, world.case)
    notice(world, world.case, "sent")
    assert openings.case_plan(world.holder, world.case) != before or before.steps
