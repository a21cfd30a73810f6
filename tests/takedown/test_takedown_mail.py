"""Handing over a mail to a real SMTP server on loopback that behaves, refuses and hangs up."""

import email
import email.policy
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.net.dead_port import dead_port

from sitr.cli.demo.mailbox import Mailbox, Mood
from sitr.errors import BadInput, OutsideSilent
from sitr.takedown import Delivery, DeliveryState, Mail, MemoryMailer, SmtpMailer
from sitr.takedown.mail import build_message

WORDS = st.characters(codec="utf-8")
DATE = datetime(2026, 11, 22, 23, 5, tzinfo=timezone(timedelta(hours=2)))


class Door:
    """Connects as the guarded door would to a named relay."""

    def connect_infrastructure(self, host: str, port: int, seconds: float) -> socket.socket:
        return socket.create_connection((host, port), seconds)


class ClosedDoor:
    def connect_infrastructure(self, host: str, port: int, seconds: float) -> socket.socket:
        raise OutsideSilent("net.not_named", host=host, port=port, seconds=seconds)


def mail(**changes: str) -> Mail:
    given = {
        "sender": "desk@sitr.example",
        "recipient": "abuse@host.example",
        "subject": "طلب إزالة محتوى",
        "text": "إلى فريق المحتوى،\n\nhttps://leaks.example/a\n.a line that begins with a dot\n",
        "message_id": "<5f2a@sitr.invalid>",
    }
    return Mail(**{**given, **changes}, date=DATE)


def send(box: Mailbox, one: Mail) -> Delivery:
    return SmtpMailer(Door(), "127.0.0.1", box.port, seconds=10).send(one)


def test_a_mail_arrives_whole_and_is_sent_only_after_the_servers_yes() -> None:
    with Mailbox() as box:
        assert send(box, mail()) == Delivery(DeliveryState.SENT, "250 2.0.0 Taken")
    (got,) = box.mails
    read = email.message_from_bytes(got.data, policy=email.policy.default)
    assert read["Subject"] == "طلب إزالة محتوى"
    assert read["Message-ID"] == "<5f2a@sitr.invalid>"
    assert read.get_content().replace("\r\n", "\n") == mail().text
    assert (got.sender, got.recipients) == ("desk@sitr.example", ("abuse@host.example",))


def test_a_mail_carries_no_name_of_this_machine_and_no_local_time() -> None:
    with Mailbox() as box:
        send(box, mail())
    (got,) = box.mails
    assert got.greeted_as == "sitr.invalid"
    assert b"+0200" not in got.data
    date = email.message_from_bytes(got.data, policy=email.policy.default)["Date"].datetime
    assert date == DATE
    assert date.utcoffset() == timedelta(0)
    names = [line.split(b":")[0] for line in got.data.split(b"\r\n\r\n")[0].split(b"\r\n")]
    assert set(names) == {b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"Content-Type",
                          b"Content-Transfer-Encoding", b"MIME-Version"}  # fmt: skip


@pytest.mark.parametrize(
    ("mood", "state", "kept"),
    [
        (Mood.BUSY, DeliveryState.REFUSED, 0),
        (Mood.REFUSE_RECIPIENT, DeliveryState.REFUSED, 0),
        (Mood.REFUSE_MAIL, DeliveryState.REFUSED, 0),
        (Mood.DROP_BEFORE_DATA, DeliveryState.REFUSED, 0),
        (Mood.DROP_AFTER_DATA, DeliveryState.UNKNOWN, 1),
    ],
)
def test_what_went_wrong_is_told_apart(mood: Mood, state: DeliveryState, kept: int) -> None:
    with Mailbox(mood) as box:
        assert send(box, mail()).state is state
        assert len(box.mails) == kept
        box.mood = Mood.ACCEPT
        assert send(box, mail()).state is DeliveryState.SENT


def test_no_server_and_a_closed_door_are_refused_never_unknown() -> None:
    with dead_port() as port:
        assert SmtpMailer(Door(), "127.0.0.1", port, seconds=5).send(mail()).state is DeliveryState.REFUSED
    found = SmtpMailer(ClosedDoor(), "relay.example", 587).send(mail())
    assert found == Delivery(DeliveryState.REFUSED, "connect: net.not_named")


def scripted(answer: Callable[[socket.socket], None]) -> tuple[int, threading.Thread]:
    """A server that says what the test wants, for one connection."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as line:
            answer(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return int(listening.getsockname()[1]), thread


def talk(line: socket.socket, after_data: bytes | None) -> None:
    line.sendall(b"220 hello\r\n")
    reader = line.makefile("rb")
    for command in reader:
        if command.upper().startswith(b"DATA"):
            line.sendall(b"354 go on\r\n")
            for row in reader:
                if row == b".\r\n":
                    break
            if after_data is None:
                reader.readline()  # silent until the other side gives up
                return
            line.sendall(after_data)
            return
        line.sendall(b"250 ok\r\n")


def wait_for_the_end(line: socket.socket) -> None:
    line.recv(1)


@pytest.mark.parametrize("after", [None, b"", b"2", b"garbage\r\n", b"250"])
def test_no_clear_answer_after_the_end_of_the_mail_is_unknown(after: bytes | None) -> None:
    port, thread = scripted(lambda line: talk(line, after))
    found = SmtpMailer(Door(), "127.0.0.1", port, seconds=5 if after is None else 30).send(mail())
    thread.join(timeout=10)
    assert found.state is DeliveryState.UNKNOWN


def test_a_server_that_says_nothing_at_all_is_refused_within_its_time() -> None:
    port, thread = scripted(wait_for_the_end)
    found = SmtpMailer(Door(), "127.0.0.1", port, seconds=1).send(mail())
    thread.join(timeout=10)
    assert found.state is DeliveryState.REFUSED


def test_what_the_relay_says_is_shown_on_one_line_without_tricks() -> None:
    port, thread = scripted(lambda line: talk(line, "554 5.7.1 no \u202e\x1b[2J thanks\r\n".encode()))
    found = SmtpMailer(Door(), "127.0.0.1", port, seconds=30).send(mail())
    thread.join(timeout=10)
    assert found.state is DeliveryState.REFUSED
    assert "\u202e" not in found.detail
    assert "\x1b" not in found.detail


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipient": "abuse@host.example\r\nBcc: all@host.example"}, "takedown.bad_mail_address"),
        ({"recipient": "a@b.example, c@d.example"}, "takedown.bad_mail_address"),
        ({"recipient": "<abuse@host.example> SIZE=1"}, "takedown.bad_mail_address"),
        ({"sender": "no address"}, "takedown.bad_mail_address"),
        ({"subject": "hello\nBcc: x@y.example"}, "takedown.bad_subject"),
        ({"subject": ""}, "takedown.bad_subject"),
        ({"message_id": "<a@b>\r\nX: y"}, "takedown.bad_message_id"),
        ({"in_reply_to": "nonsense"}, "takedown.bad_message_id"),
    ],
)
def test_a_header_cannot_be_injected(changes: dict[str, str], code: str) -> None:
    with Mailbox() as box, pytest.raises(BadInput) as error:
        send(box, mail(**changes))
    assert error.value.code == code
    assert box.mails == []


@settings(max_examples=200)
@given(subject=st.text(WORDS, min_size=1, max_size=200), text=st.text(WORDS, max_size=500))
def test_any_words_make_a_mail_that_reads_back_or_are_refused(subject: str, text: str) -> None:
    one = mail(subject=subject, text=text)
    if not subject.strip() or any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" for c in subject):
        with pytest.raises(BadInput):
            build_message(one)
        return
    raw = build_message(one).as_bytes()
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert len(read.keys()) == 9
    assert raw.count(b"\nFrom:") + raw.startswith(b"From:") == 1


def test_a_password_never_goes_over_a_clear_line() -> None:
    with Mailbox() as box, pytest.raises(BadInput) as error:
        SmtpMailer(Door(), "127.0.0.1", box.port, username="u", password="secret").send(mail())
    assert error.value.code == "takedown.password_in_clear"
    assert "secret" not in repr(SmtpMailer(Door(), "h", 1, username="u", password="secret"))


def test_starttls_that_the_server_does_not_offer_or_cannot_prove_is_refused(tmp_path: Path) -> None:
    with Mailbox() as box:
        plain = SmtpMailer(Door(), "127.0.0.1", box.port, starttls=True, seconds=5).send(mail())
    assert plain.state is DeliveryState.REFUSED
    assert box.mails == []


def test_over_tls_the_mail_and_the_login_go_through_only_with_the_right_certificate(tmp_path: Path) -> None:
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=relay"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(
        ["openssl", "req", "-x509", *made, *names], cwd=tmp_path, check=True, capture_output=True, timeout=60
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with Mailbox(tls=server, login=("desk", "secret")) as box:
        relay = SmtpMailer(Door(), "127.0.0.1", box.port, "desk", "secret", starttls=True, seconds=10)
        assert relay.send(mail()).state is DeliveryState.REFUSED  # a certificate that nobody vouches for
        known = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        relay = SmtpMailer(Door(), "127.0.0.1", box.port, "desk", "secret", starttls=True, tls=known, seconds=10)
        assert relay.send(mail()).state is DeliveryState.SENT
        wrong = SmtpMailer(Door(), "127.0.0.1", box.port, "desk", "other", starttls=True, tls=known, seconds=10)
        assert wrong.send(mail()).state is DeliveryState.REFUSED
    assert len(box.mails) == 1


def test_the_twin_in_memory_checks_the_same_and_keeps_the_mail() -> None:
    twin = MemoryMailer(Delivery(DeliveryState.SENT, "250"), [])
    assert twin.send(mail()).state is DeliveryState.SENT
    with pytest.raises(BadInput):
        twin.send(mail(subject="a\nb"))
    assert twin.mails == [mail()]
    assert build_message(mail())["Date"].datetime == DATE.astimezone(UTC)
