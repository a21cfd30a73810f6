"""OpenTimestamps: a calendar that really answers on this machine, every lie it may tell, and every broken proof."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentimestamps.core.notary import (  # type: ignore[import-untyped]
    BitcoinBlockHeaderAttestation,
    PendingAttestation,
    UnknownAttestation,
)
from opentimestamps.core.op import OpAppend, OpReverse, OpSHA256  # type: ignore[import-untyped]
from opentimestamps.core.serialize import BytesDeserializationContext  # type: ignore[import-untyped]
from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp  # type: ignore[import-untyped]
from tests.journal.ots_calendar import Calendar, mined, running, steps, twice

from sitr.errors import BadInput, Damaged, OutsideSilent
from sitr.journal import BadStamp, HttpCalendars, Signer, anchor_facts, next_look, read_headers, sign_checkpoint
from sitr.journal.tree import Frontier
from sitr.journal.verifier import MalformedError, Report, read_ots, read_ots_paths, verify_journal
from sitr.net import Door
from sitr.words import LANGS, say

SALT = bytes(range(16))
WHEN = datetime(2026, 4, 1, 12, 0, 0, tzinfo=UTC)
Pair = tuple[Calendar, Calendar, HttpCalendars]


@pytest.fixture
def pair() -> Iterator[Pair]:
    first, second = Calendar(), Calendar(height=840_100)
    with running(first, second) as ports:
        door = Door(infrastructure=[("127.0.0.1", port) for port in ports])
        yield first, second, HttpCalendars([first.uri + "/", second.uri], door)


def note() -> str:
    root = Frontier().root()
    return sign_checkpoint("sitr/0123", 0, root, SIGNER)


@pytest.fixture(scope="module", autouse=True)
def _signer(tmp_path_factory: pytest.TempPathFactory) -> None:
    global SIGNER  # noqa: PLW0603  one key for the module
    SIGNER = Signer.load_or_create(tmp_path_factory.mktemp("signer") / "key.pem")


SIGNER: Signer


def digest_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def checked(text: str, proof: bytes, headers: dict[int, bytes] | None = None) -> Report:
    return verify_journal([], {}, [text], signer=SIGNER.public_pem(), anchors=[proof], headers=headers)


def test_a_pending_proof_names_both_calendars_and_proves_nothing_yet(pair: Pair) -> None:
    first, second, calendars = pair
    text = note()
    proof = calendars.submit(digest_of(text), SALT)
    facts = anchor_facts(proof)
    assert (facts.digest, facts.blocks, set(facts.waiting)) == (digest_of(text), (), {first.uri, second.uri})
    report = checked(text, proof)
    assert (report.ok, report.check("ots").state) == (True, "absent")
    # The calendars saw a hash over digest and salt, never the digest.
    assert not any(digest_of(text) in message or digest_of(text).hex() in message.hex() for message in first.taken)


def test_a_pending_proof_becomes_a_block_and_the_header_decides(pair: Pair) -> None:
    first, second, calendars = pair
    text = note()
    pending = calendars.submit(digest_of(text), SALT)
    other = calendars.submit(hashlib.sha256(b"another case").digest(), SALT)
    assert calendars.upgrade(pending) == pending  # no block yet: the very same bytes
    height = first.make_block(int(WHEN.timestamp()))
    proof = calendars.upgrade(pending)
    facts = anchor_facts(proof)
    assert (facts.blocks, facts.waiting) == ((height,), (second.uri,))
    later = second.make_block(int(WHEN.timestamp()) + 600)
    whole = calendars.upgrade(proof)
    assert (anchor_facts(whole).blocks, anchor_facts(whole).waiting) == ((height, later), ())
    assert len(anchor_facts(calendars.upgrade(other)).blocks) == 2
    assert checked(text, whole).check("ots").state == "untrusted"
    headers = read_headers(b"# from a node\n" + first.headers_file() + second.headers_file())
    check = checked(text, whole, headers).check("ots")
    assert (check.state, check.data["block"], check.data["first"]) == ("ok", height, "2026-04-01T12:00:00Z")
    # One header out of two is enough; one of another block decides nothing.
    assert checked(text, whole, {later: headers[later]}).check("ots").state == "ok"
    assert checked(text, whole, {1: headers[height]}).check("ots").state == "untrusted"


def test_the_package_that_others_use_reads_our_files_and_finds_the_same(pair: Pair) -> None:
    first, _, calendars = pair
    text = note()
    pending = calendars.submit(digest_of(text), SALT)
    height = first.make_block(int(WHEN.timestamp()))
    proof = calendars.upgrade(pending)
    read = DetachedTimestampFile.deserialize(BytesDeserializationContext(proof))
    ours = {(end.message, end.height) for end in read_ots(proof)[1] if end.kind == "bitcoin"}
    theirs = {
        (message, each.height)
        for message, each in read.timestamp.all_attestations()
        if isinstance(each, BitcoinBlockHeaderAttestation)
    }
    assert (read.file_digest, theirs) == (digest_of(text), ours)
    assert {(first.headers[height][36:68], height)} == theirs


def test_a_calendar_that_names_a_block_in_which_nothing_stands_is_found_by_the_header(pair: Pair) -> None:
    first, second, calendars = pair
    text = note()
    pending = calendars.submit(digest_of(text), SALT)
    false = first.make_block(int(WHEN.timestamp()), root_lies=True)
    proof = calendars.upgrade(pending)
    assert checked(text, proof).check("ots").state == "untrusted"  # without a header nobody can tell
    report = checked(text, proof, first.headers)
    assert (report.ok, [problem.code for problem in report.problems]) == (False, ["ots_other_root"])
    assert report.problems[0].data["block"] == false
    # The honest calendar beside it saves the proof.
    second.make_block(int(WHEN.timestamp()))
    assert checked(text, calendars.upgrade(proof), first.headers | second.headers).check("ots").state == "ok"


def test_a_block_older_than_an_entry_that_it_is_said_to_cover_is_named(pair: Pair) -> None:
    first, _, calendars = pair
    line = b'{"commit":"' + b"0" * 64 + b'","seq":0,"time":"2026-04-02T12:00:00Z","type":"case","v":1}'
    tree = Frontier()
    tree.append(line)
    text = sign_checkpoint("sitr/0123", 1, tree.root(), SIGNER)
    proof = calendars.submit(digest_of(text), SALT)
    first.make_block(int(WHEN.timestamp()))
    report = verify_journal([line], {}, [text], partial=True, anchors=[calendars.upgrade(proof)], headers=first.headers)
    assert [problem.code for problem in report.problems] == ["ots_before_entry"]


def test_one_silent_calendar_does_not_hinder_the_other_and_two_are_said(pair: Pair) -> None:
    first, second, calendars = pair
    first.up = False
    assert anchor_facts(calendars.submit(digest_of("a"), SALT)).waiting == (second.uri,)
    second.up = False
    with pytest.raises(OutsideSilent) as caught:
        calendars.submit(digest_of("a"), SALT)
    assert caught.value.code == "journal.calendar_silent"
    assert all(say(caught.value.code, lang, **caught.value.data) for lang in LANGS)


def test_a_calendar_that_went_away_leaves_the_proof_as_it_is(pair: Pair) -> None:
    first, second, calendars = pair
    proof = calendars.submit(digest_of("a"), SALT)
    first.make_block(int(WHEN.timestamp()))
    first.up = second.up = False
    assert calendars.upgrade(proof) == proof


def test_nobody_but_a_named_calendar_is_asked(pair: Pair) -> None:
    first, second, calendars = pair
    proof = calendars.submit(digest_of("a"), SALT)
    alone = HttpCalendars([second.uri], Door(infrastructure=[("127.0.0.1", int(second.uri.rpartition(":")[2]))]))
    first.make_block(int(WHEN.timestamp()))
    asked = len(first.asked)
    assert alone.upgrade(proof) == proof
    assert len(first.asked) == asked
    # An answer that sends elsewhere could never be completed, and might aim Sitr at somebody: it is not taken.
    first.uri = "http://127.0.0.1:9/internal"
    with pytest.raises(BadStamp) as caught:
        HttpCalendars([calendars.urls[0]], calendars._door).submit(digest_of("a"), SALT)
    assert caught.value.code == "journal.ots_other_calendar"


def canned(change: str, uri: str, message: bytes) -> bytes:
    """An answer to a submission that is none."""
    stamp = Timestamp(message)
    stamp.attestations.add(PendingAttestation(uri))
    good = steps(stamp)
    if change == "a block at once":
        stamp.ops.add(OpSHA256()).attestations.add(BitcoinBlockHeaderAttestation(9))
        return steps(stamp)
    if change == "a step backwards":
        with pytest.warns(PendingDeprecationWarning):
            stamp.ops.add(OpReverse()).attestations.add(PendingAttestation(uri))
        return steps(stamp)
    if change == "ten thousand steps":
        return b"\x08" * 9_900 + good
    if change == "growing":
        return (b"\xf0" + b"\x80\x20" + b"x" * 4_096) + good
    if change == "an address with a login":
        where = uri.encode() + b"/?user@host"
        payload = bytes([len(where)]) + where
        return b"\0" + bytes(PendingAttestation.TAG) + bytes([len(payload)]) + payload
    return {"cut": good[:-1], "more behind": good + b"\0", "empty": b" ", "a page": b"<html>captive portal</html>"}[
        change
    ]


@pytest.mark.parametrize(
    "change",
    [
        "cut", "more behind", "empty", "a page", "a block at once", "a step backwards", "ten thousand steps", "growing",
        "an address with a login",
    ],
)  # fmt: skip
def test_a_bad_answer_is_not_taken_and_the_good_one_beside_it_is(change: str, pair: Pair) -> None:
    first, second, calendars = pair
    message = hashlib.sha256(digest_of("a") + SALT).digest()
    first.canned = canned(change, first.uri, message)
    assert anchor_facts(calendars.submit(digest_of("a"), SALT)).waiting == (second.uri,)


@pytest.mark.parametrize("later", [b"", b"\0", b"\x08" * 5_000, b"\xff" * 300, b"<html>"])
def test_a_bad_completion_leaves_the_proof_pending(later: bytes, pair: Pair) -> None:
    first, second, calendars = pair
    proof = calendars.submit(digest_of("a"), SALT)
    first.canned_later = second.canned_later = later or b"\xff"
    assert calendars.upgrade(proof) == proof


def complete_proof() -> tuple[bytes, bytes]:
    """A whole proof made without a network, and the header of its block."""
    digest = digest_of("text")
    stamp = Timestamp(digest)
    root = stamp.ops.add(OpAppend(SALT)).ops.add(OpSHA256())
    root.attestations.add(BitcoinBlockHeaderAttestation(7))
    root.attestations.add(PendingAttestation("http://calendar.example"))
    root.attestations.add(UnknownAttestation(b"12345678", b"another chain"))
    head = b"\0OpenTimestamps\0\0Proof\0\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08"
    return head + digest + steps(stamp), mined(root.msg, int(WHEN.timestamp()))


def test_every_cut_of_a_proof_is_unreadable_and_none_of_it_is_believed() -> None:
    proof, _ = complete_proof()
    assert anchor_facts(proof).blocks == (7,)
    for length in range(len(proof)):
        with pytest.raises(Damaged):
            anchor_facts(proof[:length])
    with pytest.raises(Damaged):
        anchor_facts(proof + b"\0")


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_changed_bit_never_gives_the_same_root_for_the_same_digest(place: int, bit: int) -> None:
    proof, header = complete_proof()
    changed = bytearray(proof)
    changed[place % len(proof)] ^= 1 << bit
    try:
        digest, ends = read_ots(bytes(changed))
    except ValueError:
        return
    held = [end for end in ends if end.kind == "bitcoin" and end.message == header[36:68] and end.height == 7]
    # What still leads to the block is the digest, the salt, the step and the height; the rest of the file is promises.
    assert not held or digest == digest_of("text")


@settings(max_examples=150)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        ends = read_ots_paths(data, b"m" * 32)
    except MalformedError:
        return
    assert ends


def test_a_proof_of_forks_without_end_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="ots"):
        read_ots_paths(b"\xff\x08" * 30_000, b"m" * 32)
    with pytest.raises(Damaged):
        anchor_facts(complete_proof()[0] + b"\0" * 70_000)


def test_a_proof_for_something_else_and_one_that_is_none_are_named() -> None:
    proof, _ = complete_proof()
    report = verify_journal([], {}, [note()], anchors=[proof, b"no proof"])
    assert {problem.code for problem in report.problems} == {"ots_of_other", "ots_malformed"}
    assert report.check("ots").state == "failed"


@pytest.mark.parametrize(
    "text", [b"", b"# nothing", b"840000", b"840000 00", b"x " + b"0" * 160, b"1 " + b"f" * 160, b"\xff\xfe", b"1 1 1"]
)
def test_a_file_that_holds_no_headers_is_refused_with_a_sentence(text: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        read_headers(text)
    assert all(say(caught.value.code, lang) for lang in LANGS)


def test_the_first_header_of_bitcoin_is_read_and_its_work_holds() -> None:
    # Block 0, as every node has it: public since 2009-01-03.
    root = "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
    genesis = "01000000" + "00" * 32 + root + "29ab5f49" + "ffff001d" + "1dac2b7c"
    assert read_headers(f"0 {genesis}\n".encode()) == {0: bytes.fromhex(genesis)}
    assert twice(bytes.fromhex(genesis))[::-1].hex().startswith("000000000019d6689c085ae165831e93")
    with pytest.raises(BadInput):
        read_headers(f"0 {genesis[:-1]}d\n".encode())


def test_a_pending_proof_is_asked_after_ever_more_rarely() -> None:
    waits = [next_look(tries, WHEN) - WHEN for tries in range(12)]
    assert waits[0] == timedelta(hours=1)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=7)
