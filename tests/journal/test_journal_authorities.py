"""Time authorities: two real ones on this machine, and every way in which an answer can be none.

`Wire` stands for the door where an answer has to go wrong on its way: it asks a real authority and changes one thing.
"""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from time import sleep
from urllib.parse import urlsplit

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitr.cli.demo.authorities import LocalAuthority, local_authorities
from sitr.errors import Damaged, OutsideSilent
from sitr.journal import (
    BadStamp,
    HttpAuthority,
    StampState,
    checkpoint_digest,
    next_try,
    presets,
    read_stamp,
    stamp_certificates,
    verifier,
)
from sitr.net import Door, Limits, Response
from sitr.words import say

DATA = b"sitr/0123\n7\nroot\n"
DIGEST = checkpoint_digest(DATA.decode())
NONCE = 0xFEDC_BA98_7654_3210
Pair = tuple[LocalAuthority, LocalAuthority]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with local_authorities(tmp_path_factory.mktemp("authorities") / "work") as both:
        yield both


def door_to(*authorities: LocalAuthority) -> Door:
    return Door(infrastructure=[(each.host, each.port) for each in authorities])


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Wire:
    """A door whose line changes what is asked, or what is answered."""

    door: Door
    asked: Callable[[bytes], bytes] = lambda body: body
    answered: Callable[[bytes], bytes] = lambda body: body
    status: int = 200

    def post_infrastructure(self, url: str, body: bytes, content_type: str, limits: Limits) -> Response:
        answer = self.door.post_infrastructure(url, self.asked(body), content_type, limits)
        return Response(url, self.status, answer.headers, self.answered(answer.body))


@dataclass
class Canned:
    """A door behind which always the same bytes stand."""

    body: bytes

    def post_infrastructure(self, url: str, body: bytes, content_type: str, limits: Limits) -> Response:
        assert (content_type, len(body) < limits.bytes) == ("application/timestamp-query", True)
        return Response(url, 200, (), self.body)


@pytest.mark.parametrize("which", [0, 1])
def test_a_stamp_of_a_real_authority_is_kept_whole_and_openssl_accepts_it(
    which: int, pair: Pair, tmp_path: Path
) -> None:
    authority = pair[which]
    stamp = HttpAuthority(authority.url, door_to(authority), authority.ca_file.read_bytes()).stamp(DIGEST, now(), NONCE)
    (tmp_path / "checkpoint").write_bytes(DATA)
    (tmp_path / "reply.tsr").write_bytes(stamp.tsr)
    command = f"openssl ts -verify -data checkpoint -in reply.tsr -CAfile {authority.ca_file}"
    done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "Verification: OK\n"
    assert abs(stamp.time - now()) < timedelta(seconds=30)
    assert (stamp.policy, stamp.authority, stamp.proven) == (f"1.3.6.1.4.1.99999.{which + 1}", authority.url, True)


def test_the_second_authority_really_sends_its_certificates_out_of_der_order(pair: Pair) -> None:
    def certificates(authority: LocalAuthority) -> list[bytes]:
        stamp = HttpAuthority(authority.url, door_to(authority), None).stamp(DIGEST, now(), NONCE)
        token = tsp.TimeStampResp.load(stamp.tsr)["time_stamp_token"]["content"]
        return [choice.chosen.dump() for choice in token["certificates"]]

    first, second = (certificates(each) for each in pair)
    assert len(first) == 1
    assert len(second) == 2
    assert second != sorted(second)


def test_a_stored_reply_gives_back_its_facts_and_its_certificates(pair: Pair) -> None:
    stamp = HttpAuthority(pair[1].url, door_to(pair[1]), None).stamp(DIGEST, now(), NONCE)
    stored = read_stamp(stamp.tsr)
    assert (stored.digest, stored.time, stored.serial) == (DIGEST, stamp.time, stamp.serial)
    sent = [
        certificate.subject.rfc4514_string()
        for certificate in x509.load_pem_x509_certificates(stamp_certificates(stamp.tsr))
    ]
    assert sent == ["CN=Demo time authority 2", "CN=Root 2"]


def test_a_stored_reply_that_is_damaged_is_named() -> None:
    with pytest.raises(Damaged) as caught:
        read_stamp(b"\x30\x03cut")
    assert caught.value.code == "journal.stamp_unreadable"


@pytest.mark.parametrize(
    ("method", "kind", "length", "status"),
    [
        ("GET", "application/timestamp-query", "0", 501),
        ("POST", "text/plain", "4", 415),
        ("POST", "application/timestamp-query", "-4", 415),
        ("POST", "application/timestamp-query", "99999999", 413),
    ],
)
def test_a_local_authority_answers_nothing_but_queries(
    method: str, kind: str, length: str, status: int, pair: Pair
) -> None:
    connection = HTTPConnection(pair[0].host, pair[0].port, timeout=20)
    connection.request(method, "/", headers={"Content-Type": kind, "Content-Length": length})
    assert connection.getresponse().status == status
    connection.close()


def test_the_local_keys_are_for_their_owner_only(pair: Pair) -> None:
    folder = pair[0].ca_file.parent
    assert folder.stat().st_mode & 0o077 == 0
    assert {key.stat().st_mode & 0o077 for key in folder.glob("*.key")} == {0}


def test_each_stamp_has_a_serial_number_of_its_own(pair: Pair) -> None:
    authority = HttpAuthority(pair[0].url, door_to(pair[0]), None)
    assert authority.stamp(DIGEST, now(), 1).serial != authority.stamp(DIGEST, now(), 2).serial


def test_without_a_root_the_stamp_is_kept_as_unproven(pair: Pair) -> None:
    assert not HttpAuthority(pair[0].url, door_to(pair[0]), None).stamp(DIGEST, now(), NONCE).proven


def test_a_nonce_with_its_highest_bit_set_stays_positive(pair: Pair) -> None:
    HttpAuthority(pair[0].url, door_to(pair[0]), None).stamp(DIGEST, now(), 2**64 - 1)


def test_an_authority_that_the_operator_did_not_name_is_not_asked(pair: Pair) -> None:
    with pytest.raises(OutsideSilent) as caught:
        HttpAuthority(pair[0].url, Door(), None).stamp(DIGEST, now(), NONCE)
    assert not isinstance(caught.value, BadStamp)


def test_an_authority_that_is_gone_is_silent(tmp_path: Path) -> None:
    with local_authorities(tmp_path / "work") as (first, _):
        url, door = first.url, door_to(first)
    with pytest.raises(OutsideSilent) as caught:
        HttpAuthority(url, door, None).stamp(DIGEST, now(), NONCE)
    assert caught.value.code == "net.unreachable"


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_an_answer_of_another_status_is_silence(status: int, pair: Pair) -> None:
    with pytest.raises(OutsideSilent) as caught:
        HttpAuthority(pair[0].url, Wire(door_to(pair[0]), status=status), None).stamp(DIGEST, now(), NONCE)
    assert (caught.value.code, caught.value.data) == ("journal.authority_silent", {"status": status})


def refused(pair: Pair, wire: Wire, at: datetime | None = None, ca: bytes | None = None) -> str:
    with pytest.raises(BadStamp) as caught:
        HttpAuthority(pair[1].url, wire, ca).stamp(DIGEST, at or now(), NONCE)
    assert caught.value.exit_status == 4
    for lang in ("ar", "en"):
        assert say(caught.value.code, lang, **caught.value.data)
    return caught.value.code


def asking(body: bytes, **parts: object) -> bytes:
    query = tsp.TimeStampReq.load(body).native
    query |= parts
    return bytes(tsp.TimeStampReq({name: value for name, value in query.items() if value is not None}).dump())


def test_a_refusal_of_the_authority_is_named(pair: Pair) -> None:
    assert refused(pair, Wire(door_to(pair[1]), asked=lambda _: b"no query")) == "journal.stamp_rejected"


def test_an_answer_to_another_request_is_not_taken(pair: Pair) -> None:
    wire = Wire(door_to(pair[1]), asked=lambda body: asking(body, nonce=NONCE - 1))
    assert refused(pair, wire) == "journal.stamp_wrong_nonce"


def test_an_answer_without_the_nonce_is_not_taken(pair: Pair) -> None:
    wire = Wire(door_to(pair[1]), asked=lambda body: asking(body, nonce=None))
    assert refused(pair, wire) == "journal.stamp_wrong_nonce"


def test_a_stamp_for_another_digest_is_not_taken(pair: Pair) -> None:
    other = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    wire = Wire(door_to(pair[1]), asked=lambda body: asking(body, message_imprint=other))
    assert refused(pair, wire) == "journal.stamp_wrong_imprint"


def test_a_stamp_without_the_certificate_is_not_taken(pair: Pair) -> None:
    wire = Wire(door_to(pair[1]), asked=lambda body: asking(body, cert_req=False))
    assert refused(pair, wire) == "journal.stamp_no_certificate"


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24 * 365])
def test_a_clock_far_off_is_not_taken(minutes: int, pair: Pair) -> None:
    at = now() + timedelta(minutes=minutes)
    assert refused(pair, Wire(door_to(pair[1])), at) == "journal.stamp_far_clock"


@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_clock_a_little_off_is_taken(minutes: int, pair: Pair) -> None:
    HttpAuthority(pair[0].url, door_to(pair[0]), None).stamp(DIGEST, now() + timedelta(minutes=minutes), NONCE)


def test_a_certificate_for_another_purpose_is_not_taken(pair: Pair) -> None:
    time_stamping, code_signing = (bytes.fromhex(f"2b060105050703{last}") for last in ("08", "03"))
    wire = Wire(door_to(pair[1]), answered=lambda body: body.replace(time_stamping, code_signing))
    assert refused(pair, wire) == "journal.stamp_wrong_purpose"


def test_a_purpose_that_is_not_marked_critical_is_not_taken(pair: Pair) -> None:
    critical, plain = (bytes.fromhex(f"0603551d250101{flag}") for flag in ("ff", "00"))
    wire = Wire(door_to(pair[1]), answered=lambda body: body.replace(critical, plain))
    assert refused(pair, wire) == "journal.stamp_wrong_purpose"


def renew(authority: LocalAuthority, begins: datetime, ends: datetime) -> None:
    """Give a running authority a certificate with these dates."""
    folder = authority.ca_file.parent
    key, root_key = (load_pem_private_key((folder / f"{n}.key").read_bytes(), None) for n in ("authority", "root"))
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    old = x509.load_pem_x509_certificate((folder / "authority.pem").read_bytes())
    made = x509.CertificateBuilder(old.issuer, old.subject, key.public_key(), x509.random_serial_number(), begins, ends)
    for extension in old.extensions:
        made = made.add_extension(extension.value, extension.critical)
    (folder / "authority.pem").write_bytes(made.sign(root_key, hashes.SHA256()).public_bytes(Encoding.PEM))


def test_a_stamp_outlives_the_certificate_of_its_authority(tmp_path: Path) -> None:
    with local_authorities(tmp_path / "work") as (first, _):
        ends = now().replace(microsecond=0) + timedelta(seconds=12)
        renew(first, now() - timedelta(days=1), ends)
        root = first.ca_file.read_bytes()
        stamp = HttpAuthority(first.url, door_to(first), root).stamp(DIGEST, now(), NONCE)
    sleep(max(0.0, (ends - now()).total_seconds() + 1.5))
    (tmp_path / "reply.tsr").write_bytes(stamp.tsr)
    command = f"openssl ts -verify -digest {DIGEST.hex()} -in {tmp_path}/reply.tsr -CAfile {first.ca_file}"
    plain = subprocess.run(command.split(), capture_output=True, check=False)
    assert plain.returncode != 0  # as of today the certificate has ended
    assert verifier.stamp_holds(stamp.tsr, read_stamp(stamp.tsr), root)


def test_an_authority_whose_certificate_had_ended_is_not_taken(tmp_path: Path) -> None:
    with local_authorities(tmp_path / "work") as (first, _):
        renew(first, now() - timedelta(days=2), now() - timedelta(days=1))
        with pytest.raises(BadStamp) as caught:
            HttpAuthority(first.url, door_to(first), first.ca_file.read_bytes()).stamp(DIGEST, now(), NONCE)
    assert caught.value.code == "journal.stamp_unproven"


@pytest.mark.parametrize("with_root", [True, False])
def test_a_broken_signature_is_not_taken_with_or_without_a_root(with_root: bool, pair: Pair) -> None:
    wire = Wire(door_to(pair[1]), answered=lambda body: body[:-5] + bytes([body[-5] ^ 1]) + body[-4:])
    ca = pair[1].ca_file.read_bytes() if with_root else None
    assert refused(pair, wire, ca=ca) == "journal.stamp_unproven"


def test_an_authority_of_another_root_is_not_taken(pair: Pair) -> None:
    assert refused(pair, Wire(door_to(pair[1])), ca=pair[0].ca_file.read_bytes()) == "journal.stamp_unproven"


@pytest.mark.parametrize("body", [b"", b"\x30", b"<html>login</html>", b"\x30\x03\x02\x01\x00", b"\x30\x80\x00\x00"])
def test_an_answer_that_is_no_reply_is_garbage(body: bytes, pair: Pair) -> None:
    assert refused(pair, Wire(door_to(pair[1]), answered=lambda _: body)) == "journal.stamp_garbage"


def test_a_reply_with_something_behind_it_is_garbage(pair: Pair) -> None:
    assert refused(pair, Wire(door_to(pair[1]), answered=lambda body: body + b"\0")) == "journal.stamp_garbage"


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_damaged_reply_raises_anything_but_what_the_queue_expects(data: st.DataObject, pair: Pair) -> None:
    reply = pristine(pair)
    at = data.draw(st.integers(0, len(reply) - 1))
    cut = data.draw(st.booleans())
    changed = reply[:at] if cut else reply[:at] + bytes([reply[at] ^ data.draw(st.integers(1, 255))]) + reply[at + 1 :]
    try:
        stamp = HttpAuthority("http://tsa.example/", Canned(changed), None).stamp(DIGEST, now(), NONCE)
    except OutsideSilent:
        return
    stamped = verifier.read_stamp(stamp.tsr)
    assert (stamped.digest, stamped.time, stamped.serial) == (DIGEST, stamp.time, stamp.serial)


KEPT: dict[str, bytes] = {}


def pristine(pair: Pair) -> bytes:
    """One reply of the second authority, asked for once a run."""
    if "reply" not in KEPT:
        KEPT["reply"] = HttpAuthority(pair[1].url, door_to(pair[1]), None).stamp(DIGEST, now(), NONCE).tsr
    return KEPT["reply"]


def test_what_is_no_sha256_digest_is_a_defect_of_the_caller(pair: Pair) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        HttpAuthority(pair[0].url, door_to(pair[0]), None).stamp(b"short", now(), NONCE)


@given(st.integers(0, 10**6))
def test_a_silent_authority_is_asked_ever_more_rarely_but_at_least_every_six_hours(attempts: int) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    wait, longer = next_try(attempts, at) - at, next_try(attempts + 1, at) - at
    assert timedelta(minutes=1) <= wait <= longer <= timedelta(hours=6)


def test_waiting_begins_with_a_minute_and_ends_at_six_hours() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert [(next_try(n, at) - at).total_seconds() / 60 for n in (1, 2, 3, 9, 10, 50)] == [1, 2, 4, 256, 360, 360]


def test_the_states_of_a_stamp_have_a_sentence_in_both_languages() -> None:
    assert {say(f"journal.stamp_{state}", lang) for state in StampState for lang in ("ar", "en")}


def test_public_authorities_are_data_with_their_caveats_and_distinct_hosts_come_first() -> None:
    known = presets()
    assert len({preset.id for preset in known}) == len(known) >= 10
    for preset in known:
        assert urlsplit(preset.url).scheme in ("http", "https")
        assert set(preset.caveat) == {"ar", "en"}
        assert all(preset.caveat.values())
        assert "not reached" in preset.seen
    hosts = [urlsplit(preset.url).hostname for preset in known[:2]]
    assert hosts[0] != hosts[1]
