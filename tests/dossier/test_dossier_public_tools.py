"""What a lawyer does with public tools and no Sitr: exactly the commands that VERIFY.txt names."""

import hashlib
import os
import pty
import py_compile
import re
import select
import shutil
import subprocess
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import bagit
import pyrage
import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from sitr.dossier import Contents, build, verify
from sitr.dossier.building import build_opened
from sitr.dossier.index import verify_txt
from sitr.journal import Signer

BARE = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=BARE, timeout=120, check=False)


@pytest.fixture
def bag(opened: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(opened) as archive:
        archive.extractall(tmp_path)
    return next(tmp_path.glob("sitr-dossier-*"))


def test_a_dossier_to_two_people_is_opened_by_age_with_either_key(
    contents: Contents, signer: Signer, now: datetime, tmp_path: Path
) -> None:
    keys = [pyrage.x25519.Identity.generate() for _ in range(2)]
    publics = [str(key.to_public()) for key in keys]
    built = build(contents, tmp_path / "d.age", signer=signer, now=now, random_bytes=os.urandom, recipients=publics)
    assert built.phrase is None
    assert built.items == 3
    assert built.sha256 == hashlib.sha256(built.file.read_bytes()).hexdigest()
    for place, key in enumerate(keys):
        (tmp_path / "key.txt").write_text(f"# public key: {key.to_public()}\n{key}\n")
        done = run(tmp_path, "age", "-d", "-i", "key.txt", "-o", f"{place}.zip", "d.age")
        assert done.returncode == 0, done.stderr
        assert zipfile.ZipFile(tmp_path / f"{place}.zip").testzip() is None


def test_programs_put_beside_verify_py_are_named_and_not_run(bag: Path) -> None:
    """Every signed file stays as it was, so no digest tells of it; Python would import these by their names."""
    for name in ("hashlib", "tempfile", "re"):
        (bag / f"{name}.py").write_text("print('Result: verified.')\nraise SystemExit(0)\n")
    forged = bag / "forged.py"
    forged.write_text("print('forged')\nraise SystemExit(0)\n")
    compiled = bag / "__pycache__" / "verify_journal.cpython-311.pyc"
    py_compile.compile(str(forged), str(compiled), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    forged.unlink()
    done = run(bag, "/usr/bin/python3", "verify.py")
    assert done.returncode == 1
    assert "A file is not on the list: __pycache__/verify_journal.cpython-311.pyc, hashlib.py" in done.stdout
    assert done.stdout.endswith("Result: NOT verified.\n")
    assert "forged" not in done.stdout


def test_a_dossier_to_a_phrase_is_opened_by_age_when_the_phrase_is_typed(
    contents: Contents, signer: Signer, now: datetime, tmp_path: Path, workdir: Path
) -> None:
    built = build(contents, tmp_path / "d.age", signer=signer, now=now, random_bytes=os.urandom)
    assert built.phrase is not None
    assert type_phrase(["age", "-d", "-o", "d.zip", "d.age"], tmp_path, built.phrase) == 0
    assert zipfile.ZipFile(tmp_path / "d.zip").testzip() is None
    spoken = built.phrase.upper().replace("-", "  ")
    assert verify(built.file, workdir=workdir, phrase=spoken).ok


def type_phrase(command: Sequence[str], folder: Path, phrase: str) -> int:
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvp(command[0], list(command))  # noqa: S606  (the child of this test, no shell)
    shown, deadline, typed = b"", time.monotonic() + 60, False
    while time.monotonic() < deadline:
        ready, _, _ = select.select([terminal], [], [], 1)
        try:
            shown += os.read(terminal, 4096) if ready else b""
        except OSError:  # the child hung up
            break
        if b"passphrase" in shown and not typed:
            os.write(terminal, phrase.encode() + b"\n")
            typed = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_sha256sum_accepts_both_lists(bag: Path) -> None:
    done = run(bag, "sha256sum", "-c", "--strict", "manifest-sha256.txt", "tagmanifest-sha256.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    lists = ((bag / name).read_text() for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt"))
    listed = {line.split("  ", 1)[1] for text in lists for line in text.splitlines()}
    present = {path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file()}
    assert present - listed == {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig"}


def test_the_bagit_library_finds_a_valid_bag(bag: Path) -> None:
    found = bagit.Bag(str(bag))
    assert found.is_valid()
    assert found.version_info == (1, 0)


def test_openssl_accepts_the_signature_of_the_list(bag: Path) -> None:
    lists = ["-in", "tagmanifest-sha256.txt", "-sigfile", "tagmanifest-sha256.txt.sig"]
    done = run(bag, "openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "signer.pem", *lists)
    assert done.returncode == 0, done.stdout


def test_every_command_that_verify_txt_names_succeeds(bag: Path) -> None:
    text = (bag / "VERIFY.txt").read_text()
    commands = dict.fromkeys(line.strip() for line in text.splitlines() if line.startswith("    "))
    shown = [c for c in commands if not re.fullmatch("[0-9a-f]{64}", c)]
    assert sum(c.startswith("openssl ts -verify") for c in shown) == 3
    for command in shown:
        done = run(bag, "sh", "-c", command)
        assert done.returncode == 0, (command, done.stdout, done.stderr)


def test_every_command_succeeds_where_no_exhibit_goes_along(
    contents: Contents, signer: Signer, now: datetime, tmp_path: Path
) -> None:
    bare = replace(contents, exhibits=(), proofs=(), notices=(), sightings=(), timeline=())
    build_opened(bare, tmp_path / "d.zip", signer=signer, now=now)
    with zipfile.ZipFile(tmp_path / "d.zip") as archive:
        archive.extractall(tmp_path)
    folder = next(path.parent for path in tmp_path.glob("*/VERIFY.txt"))
    told = (folder / "VERIFY.txt").read_text(encoding="utf-8")
    commands = [line.strip() for line in told.splitlines() if re.match(r"    (openssl|sha256sum|python3)", line)]
    assert len(commands) >= 8
    for command in commands:
        assert run(folder, "sh", "-c", command).returncode == 0, command


@pytest.mark.parametrize("stamps", [[], ["openssl ts -verify"]])
def test_the_steps_of_verify_txt_are_numbered_without_a_gap(stamps: list[str]) -> None:
    for told in verify_txt(["sha256sum"], stamps, [], "00", "dossier.pdf").decode().split("python3 verify.py")[1:]:
        numbers = re.findall(r"^(\d)\. ", told, re.MULTILINE)
        assert numbers[: 3 + len(stamps)] == [str(n) for n in range(2, 5 + len(stamps))]


def test_openssl_judges_the_stamps_by_the_root_alone(bag: Path, contents: Contents, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(b"-----BEGIN" + contents.proofs[0].chain.rpartition(b"-----BEGIN")[2])
    at = str(int(contents.proofs[0].time.timestamp()))
    files = ["-in", "timestamps/01.tsr", "-data", "journal/checkpoint", "-CAfile", str(root), "-attime", at]
    assert "Verification: OK" in run(bag, "openssl", "ts", "-verify", *files).stdout
    other = ["-in", "timestamps/01.tsr", "-data", "signer.pem", "-CAfile", str(root), "-attime", at]
    assert run(bag, "openssl", "ts", "-verify", *other).returncode != 0


def test_pdfsig_finds_the_whole_paper_signed_by_the_installation(bag: Path, signer: Signer) -> None:
    shown = run(bag, "pdfsig", "dossier-ar-en.pdf").stdout
    assert "Signature is Valid" in shown
    assert "Total document signed" in shown
    assert f"CN=Sitr installation {hashlib.sha256(signer.public).hexdigest()[:8]}\n" in shown


def test_the_paper_carries_the_manifest_and_the_checkpoint(bag: Path) -> None:
    assert run(bag, "pdfdetach", "-saveall", "-o", ".", "dossier-ar-en.pdf").returncode == 0
    assert (bag / "checkpoint.txt").read_bytes() == (bag / "journal" / "checkpoint").read_bytes()
    attached = {
        line.split(": ")[1] for line in run(bag, "pdfdetach", "-list", "dossier-ar-en.pdf").stdout.splitlines()[1:]
    }
    assert attached == {"checkpoint.txt", "dossier.json", "manifest-sha256.txt"}


def test_the_paper_says_that_it_is_pdf_a_3u_and_has_no_local_time(bag: Path) -> None:
    paper = (bag / "dossier-ar-en.pdf").read_bytes()
    metadata = PdfFileReader(BytesIO(paper)).root["/Metadata"].data
    assert re.search(rb'part(="|>)3\b', metadata)
    assert re.search(rb'conformance(="|>)U\b', metadata)
    assert "PDF version:     1.7" in run(bag, "pdfinfo", "dossier-ar-en.pdf").stdout
    assert set(re.findall(rb"D:\d{14}[^)\\]*", paper)) <= {b"D:20261122210509Z", b"D:20261122210509Z00'00'"}


def test_the_shipped_script_runs_bare_and_leaves_nothing_behind(bag: Path) -> None:
    before = sorted(bag.rglob("*"))
    done = run(bag, "/usr/bin/python3", "verify.py")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == [
        "layout", "signature", "signer", "tag_files", "payload", "index", "journal", "journal_signer", "time",
        "revocation",
    ]  # fmt: skip
    assert lines[-1] == "Result: verified."
    assert sorted(bag.rglob("*")) == before
    assert run(bag, "/usr/bin/python3", "verify.py").returncode == 0


def test_the_shipped_script_can_be_started_from_elsewhere_and_in_arabic(bag: Path, tmp_path: Path) -> None:
    done = run(tmp_path, "/usr/bin/python3", str(bag / "verify.py"), "--lang", "ar")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "النتيجة: الملف سليم."


def test_the_shipped_script_decides_with_a_trusted_key_and_root(bag: Path, contents: Contents, tmp_path: Path) -> None:
    shutil.copy(bag / "signer.pem", tmp_path / "known.pem")
    (tmp_path / "root.pem").write_bytes(contents.proofs[0].chain)
    given = ["--signer", str(tmp_path / "known.pem"), "--tsa-ca", str(tmp_path / "root.pem")]
    shown = run(bag, "/usr/bin/python3", "verify.py", *given).stdout
    assert "signer: ok:" in shown
    assert "journal_signer: ok:" in shown
    assert "time: ok:" in shown
    assert "untrusted" not in shown


def test_the_journal_script_also_stands_alone(bag: Path) -> None:
    done = run(bag, "/usr/bin/python3", "-B", "verify_journal.py", "--partial")
    assert done.returncode == 0, done.stdout + done.stderr


def test_zipping_anew_does_not_matter(bag: Path, tmp_path: Path, workdir: Path) -> None:
    again = shutil.make_archive(str(tmp_path / "again"), "zip", root_dir=bag)
    assert verify(Path(again), workdir=workdir).ok
    assert verify(bag, workdir=workdir).ok
