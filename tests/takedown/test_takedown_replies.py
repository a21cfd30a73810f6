"""Reading answers: a museum of mails, and anything at all."""

import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput
from sitr.takedown import read_reply

ASSETS = Path(__file__).parent.parent / "assets" / "takedown"


def answer() -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "خدمة الشكاوى <abuse@host.example>"
    message["To"] = "desk@sitr.example"
    message["Subject"] = "Re: طلب إزالة محتوى"
    message["Date"] = "Sun, 22 Nov 2026 23:05:09 +0200"
    message["In-Reply-To"] = "<5f2a@sitr.invalid>"
    message.set_content("تمت إزالة المحتوى.\nTicket 77")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="قرار.pdf")
    return message


def test_an_arabic_answer_is_read_with_its_attachment() -> None:
    reply = read_reply(answer().as_bytes())
    assert reply.subject == "Re: طلب إزالة محتوى"
    assert "abuse@host.example" in reply.from_
    assert reply.time == datetime(2026, 11, 22, 21, 5, 9, tzinfo=UTC)
    assert reply.body == "تمت إزالة المحتوى.\nTicket 77"
    assert reply.in_reply_to == "<5f2a@sitr.invalid>"
    assert [(a.name, a.media_type, a.data) for a in reply.attachments] == [("قرار.pdf", "application/pdf", b"%PDF-1.7")]
    assert reply.problems == ()


def test_the_words_of_an_html_answer_are_shown_without_its_scripts() -> None:
    message = EmailMessage()
    message["From"], message["Date"] = "a@b.example", "Sun, 22 Nov 2026 23:05:09 +0000"
    message.set_content(
        "<html><style>p{}</style><script>alert(1)</script><p>Removed&nbsp;now</p><img src=http://t.example/p.gif></html>",
        subtype="html",
    )
    assert read_reply(message.as_bytes()).body == "Removed now"


EXPECTED: dict[str, tuple[str, ...]] = {
    "no-date-no-sender.eml": ("no_sender", "no_time"),
    "unknown-charset.eml": ("bad_charset",),
    "broken-base64.eml": ("bad_part",),
    "bidi-subject.eml": (),
    "empty-body.eml": ("no_text",),
    "nested-message.eml": (),
    "no-zone.eml": ("no_zone",),
    "boundary-missing.eml": (),
    "nul-bytes.eml": (),
    "folded-header-injection.eml": (),
}


@pytest.mark.parametrize("name", sorted(p.name for p in ASSETS.glob("*.eml")))
def test_every_mail_of_the_museum_is_read_and_its_flaws_are_named(name: str) -> None:
    reply = read_reply((ASSETS / name).read_bytes())
    assert set(EXPECTED[name]) <= set(reply.problems)
    assert "\u202e" not in reply.subject + reply.from_ + reply.body
    assert "\x00" not in reply.body
    assert "\n" not in reply.subject + reply.from_ + reply.in_reply_to


def test_the_museum_is_complete() -> None:
    assert {p.name for p in ASSETS.glob("*.eml")} == EXPECTED.keys()


@pytest.mark.parametrize("raw", [b"", b"  \r\n ", b"just some words\nwithout a header\n", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_mail_is_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput) as error:
        read_reply(raw)
    assert error.value.code == "takedown.no_mail"


def test_a_mail_of_a_thousand_parts_is_read_only_so_far_and_says_so() -> None:
    parts = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n" * 1000
    reply = read_reply(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n")
    assert "too_many_parts" in reply.problems


@settings(max_examples=300)
@given(st.binary(min_size=1, max_size=2_000))
def test_no_bytes_make_it_fall_over(raw: bytes) -> None:
    try:
        reply = read_reply(raw)
    except BadInput:
        return
    assert isinstance(reply.body, str)


@settings(max_examples=300)
@given(place=st.integers(0, 900), byte=st.integers(0, 255), header=st.binary(max_size=60))
def test_an_answer_with_flaws_anywhere_is_still_read(place: int, byte: int, header: bytes) -> None:
    raw = bytearray(b"Content-Type: " + header.replace(b"\n", b" ") + b"\r\n" + answer().as_bytes())
    raw[place % len(raw)] = byte
    try:
        read_reply(bytes(raw))
    except BadInput:
        return
