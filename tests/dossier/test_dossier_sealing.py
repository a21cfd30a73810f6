"""The sealed file: who can open it, what a change does, and that nothing stays behind when something goes wrong."""

import errno
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyrage
import pytest

from sitr.dossier import Built, Contents, ExhibitItem, build, build_opened, verify
from sitr.dossier.sealing import unseal
from sitr.errors import BadInput, Damaged, Locked
from sitr.journal import Signer
from sitr.vault import StoreFull
from sitr.words import LANGS

KEY = pyrage.x25519.Identity.generate()


@pytest.fixture(scope="module")
def sealed(contents: Contents, signer: Signer, now: datetime, tmp_path_factory: pytest.TempPathFactory) -> Built:
    out = tmp_path_factory.mktemp("sealed") / "d.age"
    recipients = [str(KEY.to_public())]
    return build(contents, out, signer=signer, now=now, random_bytes=os.urandom, recipients=recipients)


def test_the_right_key_opens_and_every_check_has_its_sentence_in_both_languages(sealed: Built, workdir: Path) -> None:
    for lang in LANGS:
        report = verify(sealed.file, workdir=workdir, identity=str(KEY), lang=lang)
        assert report.ok
        assert report.checks[0].name == "seal"
        assert all(check.detail for check in report.checks)


def test_a_wrong_key_is_locked_and_no_key_is_asked_for(sealed: Built, workdir: Path) -> None:
    for identity, code in ((str(pyrage.x25519.Identity.generate()), "dossier.wrong_key"), (None, "dossier.key_needed")):
        with pytest.raises(Locked) as error:
            verify(sealed.file, workdir=workdir, identity=identity)
        assert error.value.code == code
        assert error.value.exit_status == 3


def test_a_key_file_without_a_key_is_bad_input(sealed: Built, workdir: Path) -> None:
    with pytest.raises(BadInput) as error:
        verify(sealed.file, workdir=workdir, identity="hello")
    assert error.value.code == "dossier.no_key"


def test_a_changed_byte_of_the_sealed_file_never_verifies(sealed: Built, tmp_path: Path, workdir: Path) -> None:
    whole, copy = sealed.file.read_bytes(), tmp_path / "copy.age"
    for place in (0, 5, 60, 100, 180, 300, len(whole) // 2, len(whole) - 1):
        data = bytearray(whole)
        in_key = place in {60, 100}  # the key's own lines: while they are letters, this is to age another key
        data[place] = (ord("B") if data[place] == ord("A") else ord("A")) if in_key else data[place] ^ 1
        copy.write_bytes(bytes(data))
        if in_key:
            with pytest.raises(Locked):
                verify(copy, workdir=workdir, identity=str(KEY))
            continue
        report = verify(copy, workdir=workdir, identity=str(KEY))
        assert [check.name for check in report.checks if not check.ok] == ["seal"]


def test_a_cut_sealed_file_says_near_which_byte(sealed: Built, tmp_path: Path, workdir: Path) -> None:
    copy = tmp_path / "copy.age"
    copy.write_bytes(sealed.file.read_bytes()[:-70_000])
    report = verify(copy, workdir=workdir, identity=str(KEY))
    assert not report.ok
    assert re.search(r"near byte \d+", report.checks[0].detail)


def test_a_full_disk_while_opening_is_not_called_damage(sealed: Built) -> None:
    with pytest.raises(OSError, match="No space left"):
        unseal(sealed.file, Path("/dev/full"), str(KEY), None)


def test_the_sealed_file_holds_nothing_in_clear_and_is_its_owners_alone(sealed: Built, opened: Path) -> None:
    data = sealed.file.read_bytes()
    begins = opened.read_bytes()[:8]  # more than a zip's first four bytes, which chance writes now and then
    for secret in (b"leaks.example", b"bagit.txt", b"journal", "وصلتني".encode(), begins):
        assert secret not in data
    assert sealed.file.stat().st_mode & 0o077 == 0


def test_a_bad_recipient_or_an_existing_file_stops_before_anything_is_written(
    contents: Contents, signer: Signer, now: datetime, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as error:
        build(contents, tmp_path / "d", signer=signer, now=now, random_bytes=os.urandom, recipients=["age1nonsense"])
    assert error.value.code == "dossier.bad_recipient"
    (tmp_path / "old").write_bytes(b"mine")
    with pytest.raises(BadInput) as error:
        build(contents, tmp_path / "old", signer=signer, now=now, random_bytes=os.urandom)
    assert error.value.code == "dossier.out_exists"
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_bytes() == b"mine"


def without_papers(contents: Contents, exhibit: ExhibitItem) -> Contents:
    return replace(contents, exhibits=(exhibit,), proofs=(), timeline=(), notices=())


def test_an_exhibit_that_is_not_what_its_digest_says_leaves_nothing(
    contents: Contents, signer: Signer, now: datetime, tmp_path: Path
) -> None:
    other = replace(contents.exhibits[0], source=lambda: [b"other"], entry=None)
    for recipients in ([str(KEY.to_public())], []):
        with pytest.raises(Damaged) as error:
            build(
                without_papers(contents, other), tmp_path / "d", signer=signer, now=now, random_bytes=os.urandom,
                recipients=recipients,
            )  # fmt: skip
        assert error.value.code == "dossier.exhibit_differs"
        assert not list(tmp_path.iterdir())


def test_a_full_disk_in_the_middle_leaves_nothing(
    contents: Contents, signer: Signer, now: datetime, tmp_path: Path
) -> None:
    def fails() -> Iterator[bytes]:
        yield b"some"
        raise OSError(errno.ENOSPC, "No space left on device")

    item = replace(contents.exhibits[0], source=fails, entry=None)
    for recipients in ([str(KEY.to_public())], []):
        with pytest.raises(StoreFull):
            build(
                without_papers(contents, item), tmp_path / "d", signer=signer, now=now, random_bytes=os.urandom,
                recipients=recipients,
            )  # fmt: skip
        assert not list(tmp_path.iterdir())


def test_a_withheld_picture_is_listed_and_never_leaves(contents: Contents, opened: Path) -> None:
    withheld = contents.exhibits[2]
    assert withheld.source is None
    with zipfile.ZipFile(opened) as archive:
        assert not [n for n in archive.namelist() if "E003" in n]
        index = next(archive.read(n) for n in archive.namelist() if n.endswith("dossier.json"))
    assert withheld.sha256.encode() in index


MEMORY = """
import os, resource, sys, hashlib
from datetime import datetime, UTC
from pathlib import Path
from sitr.dossier.packing import Payload, pack
from sitr.dossier.phrase import seal_to_phrase
from sitr.dossier.sealing import seal_to_keys, recipients
from sitr.journal import Signer
from sitr.words import LANGS
import pyrage
size, by_phrase, folder = int(sys.argv[1]), sys.argv[2] == "phrase", Path(sys.argv[3])
piece = os.urandom(1 << 20)
def chunks():
    for _ in range(size):
        yield piece
digest = hashlib.sha256()
for c in chunks(): digest.update(c)
signer = Signer.load_or_create(folder / "key.pem")
payload = Payload("data/E001.bin", digest.hexdigest(), size << 20, chunks)
stream = pack("bag", [payload], {}, signer, datetime(2026, 11, 22, tzinfo=UTC))
with open(folder / "out", "wb") as out:
    if by_phrase: seal_to_phrase(stream, out, "x", os.urandom)
    else: seal_to_keys(stream, out, recipients([str(pyrage.x25519.Identity.generate().to_public())]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("way", ["keys", "phrase"])
def test_memory_does_not_grow_with_the_exhibit(way: str, tmp_path: Path) -> None:
    peaks = []
    for megabytes in (4, 192):
        folder = tmp_path / str(megabytes)
        folder.mkdir()
        command = [sys.executable, "-c", MEMORY, str(megabytes), way, str(folder)]
        shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
        assert (folder / "out").stat().st_size > megabytes << 20
        peaks.append(int(shown.stdout))
    assert peaks[1] - peaks[0] < 24, peaks


def test_the_same_contents_give_the_same_bag(contents: Contents, signer: Signer, now: datetime, tmp_path: Path) -> None:
    small = without_papers(contents, contents.exhibits[1])
    digests = set()
    for name in ("one", "two"):
        build_opened(small, tmp_path / name, signer=signer, now=now)
        with zipfile.ZipFile(tmp_path / name) as archive:
            data = {n: archive.read(n) for n in archive.namelist() if n.endswith((".json", ".csv", ".txt", ".jsonld"))}
        data = {n: d for n, d in data.items() if "manifest" not in n}  # the paper's ECDSA signature is random
        digests.add(hashlib.sha256(repr(sorted(data.items())).encode()).hexdigest())
    assert len(digests) == 1
