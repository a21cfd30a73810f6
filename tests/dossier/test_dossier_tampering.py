"""Every change after signing is found, and the check says where; by the library and by the shipped script alike."""

import base64
import hashlib
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sitr.dossier import Contents, verify
from sitr.dossier.checks import SENTENCES
from sitr.journal import Signer

Change = Callable[[Path], None]


@pytest.fixture
def bag(opened: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(opened) as archive:
        archive.extractall(tmp_path)
    return next(tmp_path.glob("sitr-dossier-*"))


def flip(name: str, place: int = -1) -> Change:
    def change(bag: Path) -> None:
        path = bag / name
        data = bytearray(path.read_bytes())
        data[len(data) // 2 if place < 0 else place] ^= 1
        path.write_bytes(bytes(data))

    return change


def remove(name: str) -> Change:
    return lambda bag: (bag / name).unlink()


def add(name: str) -> Change:
    def change(bag: Path) -> None:
        (bag / name).write_bytes(b"new")

    return change


def cut(name: str) -> Change:
    def change(bag: Path) -> None:
        data = (bag / name).read_bytes()
        (bag / name).write_bytes(data[:-20])

    return change


def swap(one: str, other: str) -> Change:
    def change(bag: Path) -> None:
        first, second = (bag / one).read_bytes(), (bag / other).read_bytes()
        (bag / one).write_bytes(second)
        (bag / other).write_bytes(first)

    return change


def link(name: str) -> Change:
    def change(bag: Path) -> None:
        (bag / name).unlink()
        (bag / name).symlink_to("/etc/hostname")

    return change


TAMPERINGS: dict[str, tuple[Change, str, str]] = {
    "a byte of an exhibit": (flip("data/E002.png"), "payload", "data/E002.png"),
    "a byte of the page copy": (flip("data/E001.wacz", 0), "payload", "data/E001.wacz"),
    "an exhibit removed": (remove("data/E004.eml"), "payload", "data/E004.eml"),
    "an exhibit added": (add("data/E005.png"), "payload", "data/E005.png"),
    "two exhibits swapped": (swap("data/E001.wacz", "data/E002.png"), "payload", "data/E001.wacz"),
    "an exhibit cut": (cut("data/E001.wacz"), "payload", "data/E001.wacz"),
    "an exhibit made a link": (link("data/E001.wacz"), "layout", "data/E001.wacz"),
    "a byte of the list of exhibits": (flip("manifest-sha256.txt", 0), "tag_files", "manifest-sha256.txt"),
    "a byte of the signed list": (flip("tagmanifest-sha256.txt", 0), "signature", "tagmanifest-sha256.txt.sig"),
    "a byte of the signature": (flip("tagmanifest-sha256.txt.sig"), "signature", "tagmanifest-sha256.txt.sig"),
    "the signature removed": (remove("tagmanifest-sha256.txt.sig"), "layout", "tagmanifest-sha256.txt.sig"),
    "a byte of the key": (flip("signer.pem", 60), "signature", "tagmanifest-sha256.txt.sig"),
    "a byte of the paper": (flip("dossier-ar-en.pdf"), "tag_files", "dossier-ar-en.pdf"),
    "the paper removed": (remove("dossier-ar-en.pdf"), "tag_files", "dossier-ar-en.pdf"),
    "a byte of the journal": (flip("journal/journal.ndjson"), "tag_files", "journal/journal.ndjson"),
    "the end of the journal cut": (cut("journal/journal.ndjson"), "journal", "journal/journal.ndjson"),
    "a byte of the checkpoint": (flip("journal/checkpoint"), "tag_files", "journal/checkpoint"),
    "an opening changed": (flip("journal/openings.json"), "tag_files", "journal/openings.json"),
    "a byte of a time stamp": (flip("timestamps/01.tsr"), "tag_files", "timestamps/01.tsr"),
    "two time stamps swapped": (swap("timestamps/01.tsr", "timestamps/03.tsr"), "tag_files", "timestamps/01.tsr"),
    "the index changed": (flip("dossier.json"), "tag_files", "dossier.json"),
    "the table of sightings changed": (flip("sightings.csv"), "tag_files", "sightings.csv"),
    "the instructions changed": (flip("VERIFY.txt"), "tag_files", "VERIFY.txt"),
    "a file slipped in": (add("NOTE.txt"), "tag_files", "NOTE.txt"),
    "bagit.txt removed": (remove("bagit.txt"), "layout", "bagit.txt"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_is_found_and_named(name: str, bag: Path, workdir: Path) -> None:
    change, check, file = TAMPERINGS[name]
    assert verify(bag, workdir=workdir).ok
    change(bag)
    report = verify(bag, workdir=workdir)
    assert not report.ok
    found = {c.name: c.detail for c in report.checks if not c.ok}
    assert check in found
    assert file in found[check]
    shown = subprocess.run(
        ["/usr/bin/python3", "verify.py"], cwd=bag, capture_output=True, text=True, timeout=120, check=False
    )
    assert shown.returncode == 1
    assert shown.stdout.splitlines()[-1] == "Result: NOT verified."
    assert any(line.startswith(f"{check}: failed:") and file in line for line in shown.stdout.splitlines())


def resign(bag: Path, signer: Signer) -> None:
    """Make the lists fit again, as somebody would who has the key: only the deeper checks can find it then."""

    def lines(names: list[str]) -> bytes:
        return "".join(f"{hashlib.sha256((bag / n).read_bytes()).hexdigest()}  {n}\n" for n in sorted(names)).encode()

    names = [p.relative_to(bag).as_posix() for p in bag.rglob("*") if p.is_file()]
    (bag / "manifest-sha256.txt").write_bytes(lines([n for n in names if n.startswith("data/")]))
    closing = {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.sig"}
    listed = lines([n for n in names if not n.startswith("data/") and n not in closing])
    (bag / "tagmanifest-sha256.txt").write_bytes(listed)
    (bag / "tagmanifest-sha256.txt.sig").write_bytes(signer.sign(listed))
    (bag / "signer.pem").write_bytes(signer.public_pem())


def test_an_exhibit_replaced_by_the_signer_differs_from_index_and_journal(
    bag: Path, signer: Signer, workdir: Path
) -> None:
    flip("data/E002.png")(bag)
    resign(bag, signer)
    failed = {c.name: c.detail for c in verify(bag, workdir=workdir).checks if not c.ok}
    assert "data/E002.png" in failed["index"]
    index = json.loads((bag / "dossier.json").read_text())
    index["exhibits"][1]["sha256"] = hashlib.sha256((bag / "data/E002.png").read_bytes()).hexdigest()
    (bag / "dossier.json").write_text(json.dumps(index))
    resign(bag, signer)
    failed = {c.name: c.detail for c in verify(bag, workdir=workdir).checks if not c.ok}
    assert "data/E002.png" in failed["index"]
    assert failed["index"] == SENTENCES["journal_differs"][1].format(file="data/E002.png")


def test_a_journal_line_replaced_by_the_signer_does_not_fit_its_checkpoint(
    bag: Path, signer: Signer, workdir: Path
) -> None:
    path = bag / "journal" / "journal.ndjson"
    path.write_bytes(path.read_bytes().replace(b'"seq":7', b'"seq":8', 1))
    resign(bag, signer)
    assert "journal" in {c.name for c in verify(bag, workdir=workdir).checks if not c.ok}


def test_a_stamp_for_something_else_is_found_though_the_lists_fit(bag: Path, signer: Signer, workdir: Path) -> None:
    path = bag / "timestamps" / "02.checkpoint"
    path.write_bytes(path.read_bytes().replace(b"sitr-case", b"sitr-cast"))
    resign(bag, signer)
    assert "time" in {c.name for c in verify(bag, workdir=workdir).checks if not c.ok}


def test_a_dossier_resigned_by_a_stranger_is_untrusted_and_fails_against_the_known_key(
    bag: Path, signer: Signer, workdir: Path
) -> None:
    stranger = Signer(Ed25519PrivateKey.generate())
    resign(bag, stranger)
    alone = {c.name: c.state for c in verify(bag, workdir=workdir).checks}
    assert alone["signer"] == "untrusted"
    assert alone["journal_signer"] == "failed"  # the journal's own signature is still by the first key
    known = verify(bag, workdir=workdir, signer=signer.public_pem())
    assert not known.ok
    assert {c.name: c.state for c in known.checks}["signer"] == "failed"


def test_key_and_root_are_untrusted_until_given_from_elsewhere(
    opened: Path, contents: Contents, signer: Signer, workdir: Path
) -> None:
    alone = verify(opened, workdir=workdir)
    assert alone.ok
    assert {c.name for c in alone.checks if c.state == "untrusted"} == {"signer", "journal_signer", "time"}
    root = b"-----BEGIN" + contents.proofs[0].chain.rpartition(b"-----BEGIN")[2]
    decided = verify(opened, workdir=workdir, signer=signer.public_pem(), tsa_ca=root)
    assert decided.ok
    # What an authority's issuer said of it was not handed in, and is said to be unknown.
    assert {(c.name, c.state) for c in decided.checks if c.state != "ok"} == {("revocation", "absent")}


@pytest.mark.parametrize("places", [1, pytest.param(5, marks=pytest.mark.long)])
def test_a_changed_byte_at_any_place_of_the_unpacked_files_is_found(bag: Path, workdir: Path, places: int) -> None:
    files = sorted(p for p in bag.rglob("*") if p.is_file())
    for path in files:
        whole = path.read_bytes()
        for place in {len(whole) * n // places - 1 for n in range(1, places + 1)}:
            data = bytearray(whole)
            data[place] ^= 0x20
            path.write_bytes(bytes(data))
            report = verify(bag, workdir=workdir)
            assert not report.ok, (path.name, place)
            if path.name != "signer.pem":
                details = " ".join(c.detail for c in report.checks if not c.ok)
                assert path.name in details or path.name == "tagmanifest-sha256.txt"
        path.write_bytes(whole)
    assert verify(bag, workdir=workdir).ok


def test_a_folder_of_nothing_signed_is_never_ok(bag: Path, workdir: Path) -> None:
    for path in bag.iterdir():
        if path.name != "bagit.txt":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not verify(bag, workdir=workdir).ok


def test_a_second_key_in_the_key_file_does_not_sneak_in(bag: Path, signer: Signer, workdir: Path) -> None:
    other = base64.b64encode(bytes.fromhex("302a300506032b6570032100") + bytes(32)).decode()
    extra = f"-----BEGIN PUBLIC KEY-----\n{other}\n-----END PUBLIC KEY-----\n".encode()
    (bag / "signer.pem").write_bytes(extra + signer.public_pem())
    assert "signature" in {c.name for c in verify(bag, workdir=workdir).checks if not c.ok}
