"""Every way to tamper with a journal is found and named, by the library and by the file that ships in each dossier.

Each case builds a bag, changes it as somebody would who has the bag but not the key, and asks both judges. The shipped
file runs as a stranger runs it: `python3 -I -S`, without this program's packages.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitr.cli.demo.authorities import LocalAuthority, local_authorities
from sitr.errors import BadInput
from sitr.journal import (
    Entry,
    Frontier,
    HttpAuthority,
    Kind,
    Report,
    Signer,
    journal_file,
    make_entry,
    openings_file,
    sign_checkpoint,
    verifier_file,
    verify_folder,
    verify_journal,
)
from sitr.net import Door

SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
STRANGER = Signer(Ed25519PrivateKey.from_private_bytes(bytes([1] * 32)))
ORIGIN = "sitr/0123456789abcdef"
START = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
SIZE = 12
ERASED = 4
# The bare interpreter that Debian has; where it is missing, this one without site packages is as bare.
BARE = shutil.which("python3.11", path="/usr/bin") or sys.executable

Bytes = dict[str, bytes]


def entry(seq: int, minute: int | None = None, **more: Any) -> Entry:
    kind = Kind.ERASE if "erased" in more else Kind.EXHIBIT
    time = START + timedelta(minutes=seq if minute is None else minute)
    payload = {"seq": seq, "verb": "capture", "actor": "holder-1", **more}
    return make_entry(seq, time, kind, payload, hashlib.sha256(b"salt %d" % seq).digest()[:16])


def checkpoint(lines: list[bytes], size: int | None = None, signer: Signer = SIGNER, origin: str = ORIGIN) -> bytes:
    tree = Frontier()
    for line in lines[:size]:
        tree.append(line)
    return sign_checkpoint(origin, tree.size, tree.root(), signer).encode()


@dataclass
class Bag:
    """The journal part of an opened dossier, as a tamperer has it before him."""

    entries: list[Entry]
    lines: list[bytes]
    openings: dict[str, Any]
    checkpoint: bytes
    older: list[bytes] = field(default_factory=list)
    stamps: list[bytes] = field(default_factory=list)
    signer: bytes = b""
    tail: bytes = b""

    def write(self, folder: Path) -> Path:
        for name in ("journal", "timestamps"):
            (folder / name).mkdir(parents=True)
        (folder / "journal" / "journal.ndjson").write_bytes(journal_file(self.lines) + self.tail)
        (folder / "journal" / "openings.json").write_text(json.dumps(self.openings), encoding="utf-8")
        if self.checkpoint:
            (folder / "journal" / "checkpoint").write_bytes(self.checkpoint)
        for place, note in enumerate(self.older):
            (folder / "timestamps" / f"{place}.checkpoint").write_bytes(note)
        for place, reply in enumerate(self.stamps):
            (folder / "timestamps" / f"{place}.tsr").write_bytes(reply)
        if self.signer:
            (folder / "signer.pem").write_bytes(self.signer)
        return folder

    def edit_line(self, at: int, **parts: Any) -> None:
        self.lines[at] = canonical({**json.loads(self.lines[at]), **parts})


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def fresh() -> Bag:
    entries = [entry(seq) for seq in range(SIZE - 1)]
    entries.append(entry(SIZE - 1, erased=[ERASED]))
    lines = [each.line for each in entries]
    openings = json.loads(openings_file({each.seq: each.opening for each in entries if each.seq != ERASED}))
    return Bag(entries, lines, openings, checkpoint(lines), signer=SIGNER.public_pem())


def bare(folder: Path, *more: str | Path) -> tuple[int, dict[str, Any]]:
    """Run the shipped file as a stranger would; its exit status and its JSON."""
    script = folder.parent / "verifier.py"
    script.write_bytes(verifier_file())
    command = [BARE, "-I", "-S", str(script), str(folder), "--json", *map(str, more)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode in (0, 1), done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def found_by_both(bag: Bag, tmp_path: Path, **trust: bytes) -> Report:
    """The library's report, after the shipped file has said the same about the same folder."""
    folder = bag.write(tmp_path / "bag")
    report = verify_folder(folder, **trust)  # type: ignore[arg-type]  # signer and tsa_ca are both bytes
    flags: list[str | Path] = []
    for name, content in trust.items():
        (tmp_path / name).write_bytes(content)
        flags += [f"--{name.replace('_', '-')}", tmp_path / name]
    status, said = bare(folder, *flags)
    assert status == (0 if report.ok else 1)
    assert (said["ok"], said["size"], said["root"]) == (report.ok, report.size, report.root)
    assert [(p["code"], p["seq"]) for p in said["problems"]] == [(p.code, p.seq) for p in report.problems]
    assert [(c["name"], c["state"]) for c in said["checks"]] == [(c.name, c.state) for c in report.checks]
    return report


def codes(report: Report) -> set[tuple[str, int | None]]:
    return {(problem.code, problem.seq) for problem in report.problems}


def test_an_untouched_journal_verifies_and_counts_what_was_erased(tmp_path: Path) -> None:
    report = found_by_both(fresh(), tmp_path)
    assert report.ok
    assert report.check("integrity").data == {"entries": SIZE, "opened": SIZE - 1, "erased": 1, "closed": 0}
    assert report.check("signer").state == "untrusted"
    assert report.check("time").state == "absent"


def test_with_the_signers_key_the_signer_is_decided(tmp_path: Path) -> None:
    assert found_by_both(fresh(), tmp_path, signer=SIGNER.public_pem()).check("signer").state == "ok"


def edited_time(bag: Bag) -> None:
    bag.edit_line(5, time="2026-01-01T00:00:00Z")


def edited_type(bag: Bag) -> None:
    bag.edit_line(5, type="reply")


def edited_commit(bag: Bag) -> None:
    bag.edit_line(5, commit="0" * 64)


def edited_spelling(bag: Bag) -> None:
    bag.lines[5] = bag.lines[5].replace(b":", b": ", 1)


def edited_with_its_opening(bag: Bag) -> None:
    forged = entry(5, verb="another")
    bag.lines[5] = forged.line
    bag.openings["5"] = json.loads(forged.opening)


def dropped(bag: Bag) -> None:
    del bag.lines[5]


def dropped_and_renumbered(bag: Bag) -> None:
    del bag.lines[5]
    for at in range(5, len(bag.lines)):
        bag.edit_line(at, seq=at)


def reordered(bag: Bag) -> None:
    bag.lines[5], bag.lines[6] = bag.lines[6], bag.lines[5]


def inserted_twin(bag: Bag) -> None:
    bag.lines.insert(6, bag.lines[5])


def inserted_and_renumbered(bag: Bag) -> None:
    bag.lines.insert(5, entry(5, verb="invented").line)
    for at in range(6, len(bag.lines)):
        bag.edit_line(at, seq=at)


def appended(bag: Bag) -> None:
    late = entry(SIZE)
    bag.lines.append(late.line)
    bag.openings[str(SIZE)] = json.loads(late.opening)


def truncated(bag: Bag) -> None:
    del bag.lines[9:]
    for seq in (9, 10, 11):
        del bag.openings[str(seq)]


def cut_in_a_line(bag: Bag) -> None:
    bag.tail = bag.lines.pop()[:50]


def duplicate_seq(bag: Bag) -> None:
    bag.edit_line(6, seq=5)


def huge_seq(bag: Bag) -> None:
    bag.edit_line(11, seq=2**53 - 1)


def swapped_checkpoint(bag: Bag) -> None:
    bag.checkpoint = checkpoint([entry(seq, verb="other").line for seq in range(SIZE)])


def older_checkpoint(bag: Bag) -> None:
    bag.checkpoint = checkpoint(bag.lines, 9)


def checkpoint_of_another_case_beside_it(bag: Bag) -> None:
    bag.older.append(checkpoint(bag.lines, 3, origin="sitr/another"))


def no_checkpoint(bag: Bag) -> None:
    bag.checkpoint = b""


def garbled_checkpoint(bag: Bag) -> None:
    bag.checkpoint = bag.checkpoint.replace(b"\n12\n", b"\n012\n")


def resigned_for_fewer(bag: Bag) -> None:
    truncated(bag)
    bag.checkpoint = bag.checkpoint.replace(b"\n12\n", b"\n9\n")


def forged_signature(bag: Bag) -> None:
    head, mark = bag.checkpoint.rsplit(b" ", 1)
    bag.checkpoint = head + b" " + mark[:20] + (b"A" if mark[20:21] != b"A" else b"B") + mark[21:]


def signed_by_a_stranger(bag: Bag) -> None:
    bag.checkpoint = checkpoint(bag.lines, signer=STRANGER)


def no_key_in_the_bag_but_a_text(bag: Bag) -> None:
    bag.signer = b"not a key"


def edited_opening(bag: Bag) -> None:
    bag.openings["5"]["payload"]["actor"] = "somebody else"


def edited_salt(bag: Bag) -> None:
    bag.openings["5"]["salt"] = "0" * 32


def opening_of_another_entry(bag: Bag) -> None:
    bag.openings["5"] = bag.openings["6"]


def opening_without_salt(bag: Bag) -> None:
    del bag.openings["5"]["salt"]


def opening_for_no_entry(bag: Bag) -> None:
    bag.openings["77"] = bag.openings["5"]


def missing_opening(bag: Bag) -> None:
    del bag.openings["5"]


def erasure_claimed_by_nobody(bag: Bag) -> None:
    del bag.openings[str(SIZE - 1)]


def opening_numbered_twice(bag: Bag) -> None:
    bag.openings["05"] = bag.openings["5"]


TAMPERINGS: list[tuple[Callable[[Bag], None], set[tuple[str, int | None]]]] = [
    (edited_time, {("entry_edited", 5), ("root_mismatch", None), ("time_backwards", 5)}),
    (edited_type, {("entry_edited", 5), ("root_mismatch", None)}),
    (edited_commit, {("commit_mismatch", 5), ("root_mismatch", None)}),
    (edited_spelling, {("entry_malformed", 5), ("opening_stray", 5), ("root_mismatch", None)}),
    (edited_with_its_opening, {("root_mismatch", None)}),
    (dropped, {("entry_missing", 5), ("journal_truncated", None), ("opening_stray", 5)}),
    (
        dropped_and_renumbered,
        {("journal_truncated", None), ("opening_stray", 11)} | {("opening_of_other", seq) for seq in range(6, 11)},
    ),
    (reordered, {("entry_out_of_order", 5), ("time_backwards", 5), ("root_mismatch", None)}),
    (inserted_twin, {("seq_duplicate", 5), ("root_mismatch", None)}),
    (appended, {("checkpoint_old", SIZE)}),
    (truncated, {("journal_truncated", None), ("opening_missing", ERASED)}),
    (cut_in_a_line, {("journal_cut", None), ("entry_malformed", 11), ("root_mismatch", None)}),
    (duplicate_seq, {("seq_duplicate", 5), ("entry_missing", 6), ("opening_stray", 6), ("root_mismatch", None)}),
    (huge_seq, {("entry_missing", 11), ("opening_stray", 11), ("root_mismatch", None), ("opening_missing", 2**53 - 1)}),
    (swapped_checkpoint, {("root_mismatch", None)}),
    (older_checkpoint, {("checkpoint_old", 9)}),
    (checkpoint_of_another_case_beside_it, {("checkpoint_other_journal", None)}),
    (no_checkpoint, {("file_missing", None), ("checkpoint_missing", None)}),
    (garbled_checkpoint, {("checkpoint_malformed", None), ("checkpoint_missing", None)}),
    (resigned_for_fewer, {("root_mismatch", None), ("signature_forged", None), ("opening_missing", ERASED)}),
    (forged_signature, {("signature_forged", None)}),
    (signed_by_a_stranger, {("signature_missing", None)}),
    (no_key_in_the_bag_but_a_text, {("signer_malformed", None)}),
    (edited_opening, {("opening_edited", 5)}),
    (edited_salt, {("opening_edited", 5)}),
    (opening_of_another_entry, {("opening_of_other", 5)}),
    (opening_without_salt, {("opening_malformed", 5)}),
    (opening_for_no_entry, {("opening_stray", 77)}),
    (missing_opening, {("opening_missing", 5)}),
    (erasure_claimed_by_nobody, {("opening_missing", SIZE - 1), ("opening_missing", ERASED)}),
    (opening_numbered_twice, {("openings_malformed", None)}),
]


@pytest.mark.parametrize(("tamper", "named"), TAMPERINGS, ids=[tamper.__name__ for tamper, _ in TAMPERINGS])
def test_tampering_is_found_and_named(
    tamper: Callable[[Bag], None], named: set[tuple[str, int | None]], tmp_path: Path
) -> None:
    bag = fresh()
    tamper(bag)
    report = found_by_both(bag, tmp_path)
    assert not report.ok
    assert named <= codes(report)


def test_an_inserted_and_renumbered_entry_breaks_all_that_follow(tmp_path: Path) -> None:
    bag = fresh()
    inserted_and_renumbered(bag)
    found = codes(found_by_both(bag, tmp_path))
    assert ("root_mismatch", None) in found
    assert {("opening_of_other", seq) for seq in range(5, SIZE)} <= found


def test_an_older_checkpoint_narrows_down_where_the_journal_was_changed(tmp_path: Path) -> None:
    bag = fresh()
    bag.older = [checkpoint(bag.lines, 3), checkpoint(bag.lines, 7)]
    edited_with_its_opening(bag)
    report = found_by_both(bag, tmp_path)
    assert [problem.data for problem in report.problems] == [
        {"signed": 7, "found": SIZE, "intact": 3},
        {"signed": SIZE, "found": SIZE, "intact": 3},
    ]


def test_time_that_goes_backwards_under_a_good_signature_is_still_named(tmp_path: Path) -> None:
    entries = [entry(0), entry(1, minute=9), entry(2, minute=3)]
    lines = [each.line for each in entries]
    openings = json.loads(openings_file({each.seq: each.opening for each in entries}))
    report = found_by_both(Bag(entries, lines, openings, checkpoint(lines), signer=SIGNER.public_pem()), tmp_path)
    assert codes(report) == {("time_backwards", 2)}


def test_an_erasure_that_names_a_later_entry_excuses_nothing() -> None:
    entries = [entry(0), entry(1, erased=[0]), entry(2)]
    openings = {each.seq: each.opening for each in entries[:2]}
    report = verify_journal([each.line for each in entries], openings, [checkpoint([e.line for e in entries])])
    assert codes(report) == {("opening_missing", 2)}


def test_only_an_erase_entry_excuses_a_missing_opening() -> None:
    payload = {"seq": 1, "verb": "capture", "actor": "holder-1", "erased": [0]}
    claim = make_entry(1, START + timedelta(minutes=1), Kind.EXHIBIT, payload, bytes(16))
    lines = [entry(0).line, claim.line]
    assert codes(verify_journal(lines, {1: claim.opening}, [checkpoint(lines)])) == {("opening_missing", 0)}


def test_a_signature_in_the_name_of_another_journal_does_not_count() -> None:
    lines = [entry(0).line]
    own, other = checkpoint(lines).decode(), checkpoint(lines, origin="sitr/another").decode()
    mixed = own.split("\n\n")[0] + "\n\n" + other.split("\n\n")[1]
    body = own.split("\n\n")[0] + "\n"
    mark = base64.b64encode(SIGNER.key_id("sitr/another") + SIGNER.sign(body.encode())).decode()
    renamed = f"{body}\n\u2014 sitr/another {mark}\n"
    for note in (mixed, renamed):
        report = verify_journal(lines, {0: entry(0).opening}, [note], signer=SIGNER.public_pem())
        assert codes(report) == {("signature_missing", None)}


def test_a_released_part_may_withhold_openings_and_says_how_many(tmp_path: Path) -> None:
    bag = fresh()
    for seq in (0, 1, 2):
        del bag.openings[str(seq)]
    folder = bag.write(tmp_path / "bag")
    report = verify_folder(folder, partial=True)
    assert report.ok
    assert report.check("integrity").data == {"entries": SIZE, "opened": SIZE - 4, "erased": 1, "closed": 3}
    assert bare(folder, "--partial")[0] == 0
    assert bare(folder)[0] == 1


def test_a_bag_signed_anew_by_a_stranger_passes_only_as_untrusted_and_fails_against_the_real_key(
    tmp_path: Path,
) -> None:
    bag = fresh()
    edited_with_its_opening(bag)
    bag.checkpoint, bag.signer = checkpoint(bag.lines, signer=STRANGER), STRANGER.public_pem()
    report = found_by_both(bag, tmp_path)
    assert report.ok
    assert report.check("signer").state == "untrusted"
    real = verify_folder(tmp_path / "bag", signer=SIGNER.public_pem())
    assert codes(real) == {("signature_missing", None)}


def test_a_checkpoint_kept_from_before_decides_the_signer_and_the_past(tmp_path: Path) -> None:
    bag = fresh()
    kept = checkpoint(bag.lines, 7)
    folder = bag.write(tmp_path / "bag")
    report = verify_folder(folder, earlier=[kept])
    assert report.ok
    assert (report.check("earlier").state, report.check("signer").state) == ("ok", "ok")
    (tmp_path / "kept").write_bytes(kept)
    assert bare(folder, "--earlier", tmp_path / "kept")[0] == 0


@pytest.mark.parametrize(
    ("size", "other", "origin", "code"),
    [
        (7, "rewritten", ORIGIN, "rewritten"),
        (SIZE + 3, "", ORIGIN, "rolled_back"),
        (7, "", "sitr/another", "earlier_other_journal"),
        (0, "garbled", ORIGIN, "earlier_malformed"),
    ],
)
def test_a_journal_that_does_not_continue_what_was_kept_fails(
    size: int, other: str, origin: str, code: str, tmp_path: Path
) -> None:
    lines = [entry(seq, None, **({"what": other} if other else {})).line for seq in range(SIZE - 1)]
    lines += [entry(SIZE - 1, erased=[ERASED]).line, *(entry(SIZE + more).line for more in range(3))]
    kept = b"garbled" if other == "garbled" else checkpoint(lines, size, origin=origin)
    folder = fresh().write(tmp_path / "bag")
    report = verify_folder(folder, earlier=[kept])
    assert codes(report) == {(code, None)}
    assert report.check("earlier").state == "failed"
    assert report.check("signer").state == "untrusted"
    (tmp_path / "kept").write_bytes(kept)
    status, said = bare(folder, "--earlier", tmp_path / "kept")
    assert (status, [problem["code"] for problem in said["problems"]]) == (1, [code])


def test_two_keys_may_be_trusted_as_after_a_move_to_another_desk() -> None:
    lines = [entry(seq).line for seq in range(4)]
    openings = {seq: entry(seq).opening for seq in range(4)}
    notes = [checkpoint(lines, 2, signer=STRANGER), checkpoint(lines)]
    both = STRANGER.public_pem() + SIGNER.public_pem()
    assert verify_journal(lines, openings, notes, signer=both).check("signer").state == "ok"
    assert not verify_journal(lines, openings, notes, signer=SIGNER.public_pem()).ok


def test_a_signer_file_without_a_key_is_wrong_input() -> None:
    with pytest.raises(BadInput) as caught:
        verify_journal([], {}, [], signer=b"no key")
    assert caught.value.code == "journal.signer_key_malformed"


def test_a_roots_file_without_a_certificate_is_wrong_input(tmp_path: Path) -> None:
    folder = fresh().write(tmp_path / "bag")
    with pytest.raises(BadInput) as caught:
        verify_folder(folder, tsa_ca=b"no root")
    assert caught.value.code == "journal.roots_malformed"


@pytest.mark.parametrize("flag", ["--signer", "--tsa-ca", "--earlier"])
def test_the_shipped_file_refuses_a_trust_file_that_is_none_without_a_stack_trace(flag: str, tmp_path: Path) -> None:
    folder = fresh().write(tmp_path / "bag")
    script = tmp_path / "verifier.py"
    script.write_bytes(verifier_file())
    for name in ("missing", "text"):
        (tmp_path / "text").write_bytes(b"no key")
        command = [BARE, "-I", "-S", str(script), str(folder), flag, str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=60, text=True)
        assert done.returncode == (1 if (flag, name) == ("--earlier", "text") else 2)
        assert "Traceback" not in done.stderr


def test_the_shipped_file_speaks_both_languages_whatever_the_locale(tmp_path: Path) -> None:
    folder = fresh().write(tmp_path / "bag")
    script = folder / "verify_journal.py"
    script.write_bytes(verifier_file())
    said = {}
    for lang in ("ar", "en"):
        command = [BARE, "-I", "-S", str(script), "--lang", lang]  # without a folder: the one that it lies in
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
        done = subprocess.run(command, capture_output=True, check=True, timeout=60, env=env)
        said[lang] = done.stdout.decode().splitlines()
    assert [line.split(":")[0] for line in said["en"]] == ["integrity", "signer", "time", "Result"]
    assert [line.split(":")[:2] for line in said["ar"][:3]] == [line.split(":")[:2] for line in said["en"][:3]]
    assert "السجل سليم" in said["ar"][0]


def test_an_empty_folder_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    status, said = bare(tmp_path / "bag")
    assert status == 1
    missing = [problem["file"] for problem in said["problems"] if problem["code"] == "file_missing"]
    assert missing == ["journal.ndjson", "openings.json", "checkpoint"]


@given(st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_no_byte_of_the_lines_can_be_changed_unseen(data: st.DataObject) -> None:
    bag = fresh()
    whole = journal_file(bag.lines)
    at = data.draw(st.integers(0, len(whole) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != whole[at]))
    changed = whole[:at] + bytes([byte]) + whole[at + 1 :]
    openings = {int(seq): opening for seq, opening in bag.openings.items()}
    report = verify_journal(changed.split(b"\n")[:-1], openings, [bag.checkpoint])
    assert not report.ok
    assert report.check("integrity").state == "failed"


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_no_byte_of_the_checkpoint_can_be_changed_unseen(data: st.DataObject) -> None:
    bag = fresh()
    at = data.draw(st.integers(0, len(bag.checkpoint) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != bag.checkpoint[at]))
    changed = bag.checkpoint[:at] + bytes([byte]) + bag.checkpoint[at + 1 :]
    openings = {int(seq): opening for seq, opening in bag.openings.items()}
    assert not verify_journal(bag.lines, openings, [changed], signer=bag.signer).ok


# --- stamps ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stamped:
    """A stamped bag and the two authorities that stamped it."""

    bag: Bag
    first: LocalAuthority
    second: LocalAuthority

    def roots(self) -> bytes:
        return self.first.ca_file.read_bytes() + self.second.ca_file.read_bytes()


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stamped]:
    with local_authorities(tmp_path_factory.mktemp("authorities") / "work") as (first, second):
        door = Door(infrastructure=[(each.host, each.port) for each in (first, second)])
        bag = fresh()
        bag.older = [checkpoint(bag.lines, 5)]
        digests = [hashlib.sha256(note).digest() for note in (bag.checkpoint, bag.older[0])]
        bag.stamps = [
            HttpAuthority(each.url, door, None).stamp(digest, datetime.now(UTC), 99).tsr
            for each, digest in zip((first, second), digests, strict=True)
        ]
        yield Stamped(bag, first, second)


def test_stamps_are_whole_but_untrusted_without_a_root_and_decided_with_one(stamped: Stamped, tmp_path: Path) -> None:
    assert found_by_both(stamped.bag, tmp_path / "a").check("time").state == "untrusted"
    decided = found_by_both(stamped.bag, tmp_path / "b", tsa_ca=stamped.roots())
    assert decided.check("time").state == "ok"
    assert decided.check("time").data["trusted"] == 2


def test_with_one_known_root_of_two_the_time_is_decided_by_that_one(stamped: Stamped, tmp_path: Path) -> None:
    report = found_by_both(stamped.bag, tmp_path, tsa_ca=stamped.second.ca_file.read_bytes())
    assert (report.check("time").state, report.check("time").data["trusted"]) == ("ok", 1)


def test_stamps_by_nobody_that_is_trusted_fail(stamped: Stamped, tmp_path: Path) -> None:
    bag = replace(stamped.bag, stamps=stamped.bag.stamps[:1])
    report = found_by_both(bag, tmp_path, tsa_ca=stamped.second.ca_file.read_bytes())
    assert codes(report) == {("stamp_by_stranger", None)}


def test_a_stamp_for_something_else_is_named(stamped: Stamped, tmp_path: Path) -> None:
    report = found_by_both(replace(stamped.bag, older=[]), tmp_path)
    assert codes(report) == {("stamp_of_other", None)}


def test_a_stamp_for_a_listed_exhibit_counts(stamped: Stamped, tmp_path: Path) -> None:
    folder = replace(stamped.bag, older=[]).write(tmp_path / "bag")
    digest = hashlib.sha256(stamped.bag.older[0]).hexdigest()
    (folder / "manifest-sha256.txt").write_text(f"{digest}  data/exhibit.bin\n", encoding="utf-8")
    assert verify_folder(folder).ok


def test_a_stamp_with_a_broken_signature_is_named(stamped: Stamped, tmp_path: Path) -> None:
    broken = bytearray(stamped.bag.stamps[0])
    broken[-5] ^= 1  # the signature value ends the reply
    report = found_by_both(replace(stamped.bag, stamps=[bytes(broken)]), tmp_path)
    assert codes(report) == {("stamp_forged", None)}


def test_a_stamp_with_another_time_written_in_is_named(stamped: Stamped, tmp_path: Path) -> None:
    reply = stamped.bag.stamps[0]
    year = reply.index(b"\x18\x0f20") + 2  # GeneralizedTime of 15 letters
    broken = reply[:year] + b"2019" + reply[year + 4 :]
    report = found_by_both(replace(stamped.bag, stamps=[broken]), tmp_path)
    assert codes(report) == {("stamp_forged", None)}


@pytest.mark.parametrize("kept", [0, 1, 30, 200, -1])
def test_a_cut_stamp_is_named(kept: int, stamped: Stamped, tmp_path: Path) -> None:
    report = found_by_both(replace(stamped.bag, stamps=[stamped.bag.stamps[0][:kept]]), tmp_path)
    assert codes(report) == {("stamp_malformed", None)}


def test_an_entry_dated_after_the_stamp_that_covers_it_is_named(stamped: Stamped, tmp_path: Path) -> None:
    entries = [entry(0), entry(1, minute=60 * 24)]
    lines = [each.line for each in entries]
    note = checkpoint(lines)
    openings = json.loads(openings_file({each.seq: each.opening for each in entries}))
    door = Door(infrastructure=[(stamped.first.host, stamped.first.port)])
    reply = HttpAuthority(stamped.first.url, door, None).stamp(hashlib.sha256(note).digest(), datetime.now(UTC), 7)
    bag = Bag(entries, lines, openings, note, stamps=[reply.tsr], signer=SIGNER.public_pem())
    assert codes(found_by_both(bag, tmp_path)) == {("stamp_before_entry", None)}


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_byte_in_a_stamp_never_moves_its_time_or_digest_unseen(data: st.DataObject, stamped: Stamped) -> None:
    reply = stamped.bag.stamps[0]
    at = data.draw(st.integers(0, len(reply) - 1))
    changed = reply[:at] + bytes([reply[at] ^ data.draw(st.integers(1, 255))]) + reply[at + 1 :]
    openings = {int(seq): opening for seq, opening in stamped.bag.openings.items()}

    def judged(stamp: bytes) -> Report:
        return verify_journal(
            stamped.bag.lines, openings, [stamped.bag.checkpoint], stamps=[stamp], tsa_ca=stamped.roots()
        )

    report = judged(changed)
    # Some bytes of a reply are signed by nobody (the status text, the spelling of lengths): they may change, but then
    # what the stamp says is what the whole one says.
    assert not report.ok or report.check("time").data == judged(reply).check("time").data
