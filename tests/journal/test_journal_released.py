"""Proofs in place of a journal, checkpoints handed out, and renewals: what holds, and that every tampering is named."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.journal.test_journal_authorities import door_to, renew
from tests.journal.test_journal_tampering import SIGNER, STRANGER, checkpoint, entry

from sitr.cli.demo.authorities import LocalAuthority, local_authorities
from sitr.errors import BadInput, Damaged
from sitr.journal import (
    HttpAuthority,
    Report,
    checkpoint_digest,
    consistency_file,
    journal_file,
    proofs_file,
    qr_modules,
    qr_svg,
    read_checkpoint,
    renewal_text,
    stamp_certificates,
    stamp_ends,
    stamp_revocation,
    verifier,
    verify_folder,
    verify_journal,
)

ENTRIES = [entry(seq) for seq in range(9)]
LINES = [one.line for one in ENTRIES]
HEAD = checkpoint(LINES)
SHOWN = {2: ENTRIES[2].opening, 7: ENTRIES[7].opening}


def released(
    proofs: bytes | None = None, head: bytes = HEAD, older: tuple[int, ...] = (3,), **more: Any
) -> verifier.Report:
    more.setdefault("consistency", consistency_file(LINES, older))
    return verifier.verify_released(
        proofs_file(LINES, SHOWN) if proofs is None else proofs,
        [*(checkpoint(LINES, size) for size in older), head],
        inside_signer=SIGNER.public_pem(),
        **more,
    )


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


def test_what_is_released_is_proven_and_nothing_else_is_told() -> None:
    report = released()
    assert report.ok
    assert (report.size, report.root) == (9, read_checkpoint(HEAD).root.hex())
    assert report.check("released").data == {"entries": 9, "opened": 2}
    text = proofs_file(LINES, SHOWN)
    others = [json.loads(line)["commit"] for seq, line in enumerate(LINES) if seq not in SHOWN]
    assert not any(commit.encode() in text for commit in others)


@given(st.integers(1, 40), st.data())
@settings(max_examples=40)
def test_any_entry_of_any_journal_can_be_shown_alone(size: int, data: st.DataObject) -> None:
    entries = [entry(seq) for seq in range(size)]
    lines = [one.line for one in entries]
    seq, earlier = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    links = json.loads(consistency_file(lines, [earlier]))["from"]
    value = json.loads(proofs_file(lines, {seq: entries[seq].opening}))
    (one,) = value["entries"]
    path, root = [bytes.fromhex(p) for p in one["path"]], read_checkpoint(checkpoint(lines)).root
    assert verifier.verify_inclusion(verifier.leaf_hash(one["line"].encode()), seq, size, path, root)
    link = [bytes.fromhex(p) for p in links[str(earlier)]]
    assert verifier.verify_consistency(earlier, size, link, read_checkpoint(checkpoint(lines, earlier)).root, root)


def changed(change: Callable[[Any], None]) -> bytes:
    value = json.loads(proofs_file(LINES, SHOWN))
    change(value["entries"])
    return json.dumps(value).encode()


def _other_word(entries: Any) -> None:
    entries[0]["opening"]["payload"]["verb"] = "invented"


def _other_line(entries: Any) -> None:
    entries[0]["line"] = entries[0]["line"].replace('"seq":2', '"seq":4')


def _other_path(entries: Any) -> None:
    entries[0]["path"] = entries[1]["path"]


def _twice(entries: Any) -> None:
    entries.append(entries[0])


def _short(entries: Any) -> None:
    del entries[0]["opening"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_other_word, "commit_mismatch"),
        (_other_line, "entry_not_in_tree"),
        (_other_path, "entry_not_in_tree"),
        (_twice, "seq_duplicate"),
        (_short, "proofs_malformed"),
    ],
)
def test_a_changed_proof_is_named(change: Callable[[Any], None], code: str) -> None:
    report = released(changed(change))
    assert not report.ok
    assert code in codes(report)


def test_proofs_in_no_form_and_a_head_that_is_gone_are_named() -> None:
    for text in (b"", b"[]", b'{"format":"x","entries":[]}', b"\xff", b'{"entries":1,"format":"sitr-proofs-v1"}'):
        assert codes(released(text)) == {"proofs_malformed"}
    assert "checkpoint_missing" in codes(verifier.verify_released(proofs_file(LINES, SHOWN), []))


def test_a_checkpoint_without_its_proof_of_consistency_is_named() -> None:
    assert "consistency_missing" in codes(released(consistency=consistency_file(LINES, [4])))
    wrong = consistency_file(LINES, [4]).replace(b'"4"', b'"3"')
    assert "consistency_false" in codes(released(consistency=wrong))
    assert "consistency_malformed" in codes(released(consistency=b"{}"))


def test_an_earlier_checkpoint_is_confirmed_refused_or_left_open() -> None:
    kept = checkpoint(LINES, 3)
    assert released(earlier=[kept]).check("earlier").state == "ok"
    assert released(earlier=[checkpoint(LINES, 5)]).check("earlier").state == "absent"
    forged = checkpoint([*LINES[:2], ENTRIES[5].line])
    assert "rewritten" in codes(released(earlier=[forged]))
    longer = checkpoint([*LINES, *LINES])
    assert "rolled_back" in codes(released(earlier=[longer]))


def test_handed_checkpoints_are_checked_beside_a_whole_journal_too() -> None:
    openings = {one.seq: one.opening for one in ENTRIES}
    handed = [checkpoint(LINES, 3), checkpoint(LINES, 6)]
    given_: dict[str, Any] = {"handed": handed, "consistency": consistency_file(LINES, [3, 6])}
    report = verify_journal(LINES, openings, [HEAD], inside_signer=SIGNER.public_pem(), **given_)
    assert report.ok
    assert report.check("handed").data == {"count": 2, "first": 3}
    stranger = checkpoint(LINES, 3, signer=STRANGER)
    report = verify_journal(LINES, openings, [HEAD], inside_signer=SIGNER.public_pem(), handed=[stranger])
    assert {"signature_missing", "consistency_missing"} <= codes(report)


def test_a_folder_with_proofs_alone_is_checked_as_such(tmp_path: Path) -> None:
    (tmp_path / "journal" / "checkpoints").mkdir(parents=True)
    (tmp_path / "journal" / "proofs.json").write_bytes(proofs_file(LINES, SHOWN))
    (tmp_path / "journal" / "checkpoint").write_bytes(HEAD)
    (tmp_path / "journal" / "checkpoints" / "3.checkpoint").write_bytes(checkpoint(LINES, 3))
    (tmp_path / "journal" / "consistency.json").write_bytes(consistency_file(LINES, [3]))
    (tmp_path / "signer.pem").write_bytes(SIGNER.public_pem())
    report = verify_folder(tmp_path)
    assert report.ok
    assert [check.name for check in report.checks] == ["released", "signer", "time", "handed"]
    (tmp_path / "journal" / "journal.ndjson").write_bytes(journal_file(LINES[:-1]))
    assert "journal_truncated" in codes(verify_folder(tmp_path, partial=True)), "lines that are there must hold"


# --- renewals ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalAuthority, LocalAuthority]]:
    with local_authorities(tmp_path_factory.mktemp("renewals") / "work") as running:
        yield running


def stamped(authority: LocalAuthority, digest: bytes) -> bytes:
    port = HttpAuthority(authority.url, door_to(authority), authority.ca_file.read_bytes())
    return port.stamp(digest, datetime.now(UTC), 7).tsr


def with_renewals(reply: bytes, *renewals: tuple[bytes, bytes]) -> Report:
    openings = {one.seq: one.opening for one in ENTRIES}
    inside = b"".join(stamp_certificates(one) for one in (reply, *(r for _, r in renewals)))
    return verify_journal(
        LINES, openings, [HEAD], inside_signer=SIGNER.public_pem(), stamps=[reply], inside_certificates=inside,
        renewals=renewals,
    )  # fmt: skip


def test_a_renewal_holds_over_an_earlier_reply_and_over_itself_renewed(
    pair: tuple[LocalAuthority, LocalAuthority],
) -> None:
    reply = stamped(pair[0], checkpoint_digest(HEAD.decode()))
    text = renewal_text([reply])
    again = stamped(pair[1], hashlib.sha256(text).digest())
    twice = renewal_text([again])
    third = stamped(pair[0], hashlib.sha256(twice).digest())
    report = with_renewals(reply, (text, again), (twice, third))
    assert report.ok, report.problems
    assert report.check("time").data["renewals"] == 2
    for renewals, code in (
        ([(renewal_text([b"another"]), again)], "renewal_of_other"),
        ([(text + b"x\n", again)], "renewal_malformed"),
        ([(text, b"no reply")], "renewal_malformed"),
        ([(text, reply)], "renewal_of_other"),
    ):
        assert codes(with_renewals(reply, *renewals)) == {code}


def test_a_renewal_that_came_too_late_is_named(tmp_path: Path) -> None:
    with local_authorities(tmp_path / "work") as (first, second):
        begin = datetime.now(UTC).replace(microsecond=0)
        renew(first, begin - timedelta(days=1), begin + timedelta(seconds=8))
        reply = stamped(first, checkpoint_digest(HEAD.decode()))
        assert stamp_ends(reply) == begin + timedelta(seconds=8)
        text = renewal_text([reply])
        sleep(max(0.0, (begin + timedelta(seconds=9.2) - datetime.now(UTC)).total_seconds()))
        again = stamped(second, hashlib.sha256(text).digest())
        assert codes(with_renewals(reply, (text, again))) == {"renewal_late"}


def test_a_reply_says_when_its_certificate_ends_and_that_no_revocation_list_came(
    pair: tuple[LocalAuthority, LocalAuthority],
) -> None:
    reply = stamped(pair[1], bytes(32))
    assert stamp_ends(reply) > datetime.now(UTC)
    assert stamp_revocation(reply) == b""
    for broken in (b"", reply[:40], b"tsr of nothing"):
        with pytest.raises(Damaged):
            stamp_ends(broken)


# --- the code that a person photographs -------------------------------------------------------------------------------


def test_a_checkpoint_is_read_back_from_its_code() -> None:
    import cv2
    import numpy as np

    note = checkpoint([b"one", b"two"]).decode()  # the same each time: OpenCV's reader fails at one code in twenty
    modules = np.array(qr_modules(note))
    image = np.where(np.pad(modules, 4), 0, 255).astype(np.uint8).repeat(6, 0).repeat(6, 1)
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == note
    drawn = qr_svg(note, "a <label>")
    assert drawn.count("h1v1h-1z") == int(modules.sum())
    assert "<label>" not in drawn


def test_a_text_that_is_too_long_for_a_code_is_refused() -> None:
    for text in ("", "x" * 501):
        with pytest.raises(BadInput) as error:
            qr_modules(text)
        assert error.value.code == "journal.too_long_for_code"
