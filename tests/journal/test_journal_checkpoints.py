"""Checkpoints and the key that signs them: notes as other tools make them, one key for all processes."""

import base64
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput, Damaged
from sitr.journal import Signer, read_checkpoint, sign_checkpoint, verifier

# The laws must hold on a busy machine too: time is no part of them.
unhurried = settings(suppress_health_check=[HealthCheck.too_slow])
ROOT = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
# From the documentation of Go's package note, whose format the C2SP signed-note specification describes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.load_or_create(tmp_path / "signer.pem")


@pytest.mark.parametrize(
    "verifier_key", [GO_KEY, "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"]
)
def test_key_ids_are_those_of_other_signed_notes(verifier_key: str) -> None:
    name, key_id, key = verifier_key.split("+", 2)
    assert verifier.key_id(name, base64.b64decode(key)[1:]).hex() == key_id


def test_a_signature_of_another_implementation_is_accepted_and_a_changed_text_is_not() -> None:
    key = base64.b64decode(GO_KEY.split("+", 2)[2])[1:]
    signature = base64.b64decode(GO_SIGNATURE)[4:]
    assert verifier.signature_holds(key, GO_TEXT, signature)
    assert not verifier.signature_holds(key, GO_TEXT.replace(b"problem", b"Problem"), signature)


def test_a_checkpoint_is_a_signed_note(signer: Signer) -> None:
    note = sign_checkpoint("sitr/abc", 7, ROOT, signer)
    origin, size, root, blank, mark, end = note.split("\n")
    assert (origin, size, root, blank, end) == ("sitr/abc", "7", base64.b64encode(ROOT).decode(), "", "")
    dash, name, signature = mark.split(" ")
    assert (dash, name) == ("\u2014", "sitr/abc")
    assert base64.b64decode(signature)[:4] == signer.key_id("sitr/abc")
    assert signer.verifier_key("sitr/abc").startswith(f"sitr/abc+{signer.key_id('sitr/abc').hex()}+")


def test_openssl_accepts_the_signature_over_the_note_text(signer: Signer, tmp_path: Path) -> None:
    head = read_checkpoint(sign_checkpoint("sitr/abc", 7, ROOT, signer))
    (tmp_path / "text").write_bytes(head.body)
    (tmp_path / "sig").write_bytes(head.signatures[0].value)
    (tmp_path / "key.pem").write_bytes(signer.public_pem())
    command = "openssl pkeyutl -verify -rawin -pubin -inkey key.pem -in text -sigfile sig"
    assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0


@unhurried
@given(st.integers(0, 2**50), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_back(size: int, root: bytes) -> None:
    head = read_checkpoint(sign_checkpoint("sitr/é", size, root, Signer(KEY)))
    assert (head.origin, head.size, head.root) == ("sitr/é", size, root)


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "line\nbreak", "nul\x00", "nbsp\u00a0x"])
def test_an_origin_that_would_break_the_note_is_refused(origin: str, signer: Signer) -> None:
    with pytest.raises(BadInput):
        sign_checkpoint(origin, 1, ROOT, signer)


def test_a_root_of_the_wrong_length_is_refused(signer: Signer) -> None:
    with pytest.raises(BadInput):
        sign_checkpoint("sitr/abc", 1, ROOT[:-1], signer)


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("\n\n", "\n", "signatures"),
        ("sitr/abc\n7", "\n7", "head"),
        ("\n7\n", "\n07\n", "size"),
        ("\n7\n", "\n-7\n", "size"),
        ("\n7\n", "\n٧\n", "size"),
        ("\n7\n", "\n7\nextension\n", "head"),
        ("AAEC", "AAE", "root"),
        ("AAEC", "AA C", "root"),
        ("— sitr", "- sitr", "signatures"),
        ("— sitr/abc", "— sitr/ abc", "signatures"),
        ("sitr/abc\n7", "sitr/abc\r\n7", "text"),
    ],
)
def test_a_checkpoint_in_another_form_is_refused_and_the_part_named(
    old: str, new: str, part: str, signer: Signer
) -> None:
    note = sign_checkpoint("sitr/abc", 7, ROOT, signer)
    assert old in note
    with pytest.raises(Damaged) as caught:
        read_checkpoint(note.replace(old, new, 1))
    assert caught.value.data == {"part": part}


def test_a_second_spelling_of_the_same_root_is_refused(signer: Signer) -> None:
    note = sign_checkpoint("sitr/abc", 7, ROOT, signer)
    spelled = base64.b64encode(ROOT).decode()
    again = spelled[:-2] + chr(ord(spelled[-2]) + 1) + "="
    assert base64.b64decode(again) == ROOT
    with pytest.raises(Damaged) as caught:
        read_checkpoint(note.replace(spelled, again))
    assert caught.value.data == {"part": "root"}


def test_the_key_is_kept_in_one_private_file_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "signer.pem"
    first = Signer.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Signer.load_or_create(path).public == first.public
    assert [child.name for child in path.parent.iterdir()] == ["signer.pem"]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: Signer.load_or_create(tmp_path / "signer.pem").public, range(16)))
    assert len(keys) == 1


@pytest.mark.parametrize("broken", ["empty.pem", "text.pem", "cut.pem"])
def test_a_file_that_holds_no_such_key_is_named_and_left_alone(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "signer.pem"
    content = (Path(__file__).parents[1] / "assets" / "journal" / broken).read_bytes()
    path.write_bytes(content)
    with pytest.raises(Damaged) as caught:
        Signer.load_or_create(path)
    assert caught.value.code == "journal.signer_file_malformed"
    assert path.read_bytes() == content


def test_a_key_of_another_kind_is_named(tmp_path: Path) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "signer.pem").write_bytes(pem)
    with pytest.raises(Damaged) as caught:
        Signer.load_or_create(tmp_path / "signer.pem")
    assert caught.value.code == "journal.signer_file_malformed"
