"""Plain age streams for exports: readable by the age program, verified before anything is handed on."""

import hashlib
import io
import os
import subprocess
from pathlib import Path

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput, Damaged
from sitr.vault import Identity, bech32, open_stream, seal_stream
from sitr.vault.age_reading import opened

HOLDER, OTHER, STRANGER = Identity.generate(), Identity.generate(), Identity.generate()


def sealed(data: bytes) -> bytes:
    target = io.BytesIO()
    seal_stream(io.BytesIO(data), target, [HOLDER.public, OTHER.public])
    return target.getvalue()


@given(data=st.binary(max_size=3000), repeat=st.sampled_from([1, 1, 60]))
@settings(max_examples=50)
def test_a_stream_comes_back_for_each_recipient(data: bytes, repeat: int) -> None:
    whole = data * repeat
    for reader in (HOLDER, OTHER):
        target = io.BytesIO()
        assert open_stream(io.BytesIO(sealed(whole)), target, reader) == len(whole)
        assert target.getvalue() == whole


def test_the_digest_and_length_are_those_of_what_was_written() -> None:
    target = io.BytesIO()
    written = seal_stream(io.BytesIO(b"x" * 100_000), target, [HOLDER.public])
    assert written.length == len(target.getvalue())
    assert written.sha256 == hashlib.sha256(target.getvalue()).digest()


@given(where=st.integers(0), flip=st.integers(0, 255))
@settings(max_examples=100)
def test_nothing_reaches_the_target_of_a_cut_or_altered_stream(where: int, flip: int) -> None:
    whole = bytearray(sealed(os.urandom(150_000)))
    at = where % len(whole)
    if flip:
        whole[at] ^= flip
    else:
        del whole[at:]
    target = io.BytesIO()
    # The first key's line may be the one that was altered; the same identity must then not find another way in.
    with pytest.raises(Damaged):
        open_stream(io.BytesIO(bytes(whole)), target, HOLDER)
    assert target.getvalue() == b""


def test_a_stream_can_stand_in_the_middle_of_a_file() -> None:
    source = io.BytesIO(b"header" + sealed(b"content"))
    source.seek(6)
    target = io.BytesIO()
    open_stream(source, target, HOLDER)
    assert target.getvalue() == b"content"


def test_a_stranger_is_told_of_the_wrong_key_and_no_recipient_is_refused() -> None:
    with pytest.raises(Damaged, match=r"vault\.wrong_key"):
        open_stream(io.BytesIO(sealed(b"x")), io.BytesIO(), STRANGER)
    with pytest.raises(BadInput, match=r"vault\.not_a_key"):
        seal_stream(io.BytesIO(b"x"), io.BytesIO(), [])


def test_the_age_program_and_the_vault_read_each_other(tmp_path: Path) -> None:
    data = os.urandom(200_000)
    (tmp_path / "key").write_text(HOLDER.secret())
    ours = subprocess.run(
        ["age", "-d", "-i", str(tmp_path / "key")], input=sealed(data), capture_output=True, check=True
    ).stdout
    theirs = subprocess.run(["age", "-r", HOLDER.public], input=data, capture_output=True, check=True).stdout
    target = io.BytesIO()
    open_stream(io.BytesIO(theirs), target, HOLDER)
    assert ours == target.getvalue() == data


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 131_072, 524_288, 1_048_577])
def test_what_is_sealed_here_is_opened_by_age_itself_at_every_edge_of_a_chunk(size: int, tmp_path: Path) -> None:
    data, key, file = os.urandom(size), tmp_path / "key", tmp_path / "file.age"
    key.write_text(HOLDER.secret())
    file.write_bytes(sealed(data))
    opened = subprocess.run(["age", "-d", "-i", key, file], capture_output=True, check=True).stdout
    assert opened == data == pyrage.decrypt(file.read_bytes(), [HOLDER.age_identity()])


def judged(whole: bytes) -> str:
    """What pyrage says of an age file: its content's digest, or that it does not open."""
    try:
        return hashlib.sha256(pyrage.decrypt(whole, [HOLDER.age_identity()])).hexdigest()
    except pyrage.DecryptError:
        return "does not open"


def read_here(whole: bytes) -> str:
    try:
        return hashlib.sha256(b"".join(bytes(piece) for piece in opened(io.BytesIO(whole), HOLDER.key()))).hexdigest()
    except Damaged:
        return "does not open"


BY_LIBRARY = [pyrage.encrypt(os.urandom(size), [HOLDER.age_identity().to_public()]) for size in (0, 1, 65_536, 140_000)]


@given(
    whole=st.sampled_from([*BY_LIBRARY, sealed(b""), sealed(bytes(65_536)), sealed(bytes(131_073))]),
    where=st.one_of(st.integers(0, 400), st.integers(0)),
    new=st.one_of(
        st.integers(0, 255), st.sampled_from([None, b"\n", b" ", b"", b"-> grease a b\n\n", b"A", b"=", b"-"])
    ),
)
@settings(max_examples=400)
def test_pyrage_and_the_reader_here_agree_on_whole_cut_and_altered_files(
    whole: bytes, where: int, new: int | bytes | None
) -> None:
    at = where % len(whole)
    if new is None:
        changed = whole[:at]
    elif isinstance(new, int):
        changed = whole[:at] + bytes([new]) + whole[at + 1 :]
    else:
        changed = whole[:at] + new + whole[at:]
    assert read_here(changed) == judged(changed)


@pytest.mark.parametrize("held", [b"", b"a few words"])
def test_a_file_that_is_cut_at_any_byte_does_not_open(held: bytes) -> None:
    whole = sealed(held)
    for at in range(len(whole)):  # also right before its only chunk: no content at all is no empty content
        assert read_here(whole[:at]) == judged(whole[:at]) == "does not open", at


def test_a_cut_between_two_chunks_is_called_cut_and_more_after_the_end_altered() -> None:
    whole = sealed(bytes(3 * 65_536))
    for changed, code in ((whole[: -65_536 - 16], "truncated"), (whole + bytes(16), "altered"), (b"", "truncated")):
        with pytest.raises(Damaged, match=rf"vault\.{code}"):
            list(opened(io.BytesIO(changed), HOLDER.key()))


def test_a_stanza_whose_share_is_of_small_order_opens_nothing() -> None:
    lines = sealed(b"x").split(b"\n")
    lines[1] = b"-> X25519 " + b"A" * 43
    with pytest.raises(Damaged, match=r"vault\.(wrong_key|altered)"):
        list(opened(io.BytesIO(b"\n".join(lines)), HOLDER.key()))


def test_each_file_has_a_key_and_a_share_of_its_own() -> None:
    one, other = sealed(b"same"), sealed(b"same")
    assert one.splitlines()[1] != other.splitlines()[1]
    assert one[-20:] != other[-20:]


def test_a_point_that_is_no_key_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        seal_stream(io.BytesIO(b""), io.BytesIO(), [bech32.encode("age", bytes(32))])
    assert refused.value.code == "vault.not_a_key"


@given(st.binary(min_size=32, max_size=32))
def test_a_key_comes_back_from_its_spelling(key: bytes) -> None:
    assert bech32.decode(bech32.encode("age", key)) == key
