"""Sealed values: they come back whole, at their own place, or not at all."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import BadInput, Damaged
from sitr.vault import Identity, Place, age, open_sealed, seal, seal_for_many
from sitr.vault.padding import file_size, padme, text_size

MUSEUM = Path(__file__).parent.parent / "assets" / "vault"
HOLDER, STRANGER = Identity.generate(), Identity.generate()
HERE = Place("case-1", "answer", "row-1", "text")
names = st.text(max_size=30)
places = st.builds(Place, names, names, names, names)


@given(value=st.binary(max_size=5000), place=places)
@settings(max_examples=60)
def test_what_is_sealed_comes_back_at_its_place(value: bytes, place: Place) -> None:
    assert open_sealed(seal(value, place, HOLDER.public), place, HOLDER) == value


@given(value=st.binary(max_size=400), where=st.integers(0), flip=st.integers(1, 255))
@settings(max_examples=300)
def test_any_flipped_byte_is_found(value: bytes, where: int, flip: int) -> None:
    sealed = bytearray(seal(value, HERE, HOLDER.public))
    sealed[where % len(sealed)] ^= flip
    with pytest.raises(Damaged):
        open_sealed(bytes(sealed), HERE, HOLDER)


@given(value=st.binary(max_size=2000), where=st.integers(0))
@settings(max_examples=200)
def test_a_cut_anywhere_is_found(value: bytes, where: int) -> None:
    sealed = seal(value, HERE, HOLDER.public)
    kept = sealed[: where % len(sealed)]
    with pytest.raises(Damaged) as found:
        open_sealed(kept, HERE, HOLDER)
    inner = age.inner_length(kept, len(kept))
    # One cut in a thousand leaves a length that a whole value could have; it is found, and called altered.
    possible = inner is not None and inner == text_size(inner)
    assert found.value.code == ("vault.altered" if possible else "vault.truncated")


@given(place=places, other=places)
@settings(max_examples=100)
def test_a_cell_moved_to_another_place_is_found(place: Place, other: Place) -> None:
    sealed = seal(b"words", place, HOLDER.public)
    if place == other:
        assert open_sealed(sealed, other, HOLDER) == b"words"
        return
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        open_sealed(sealed, other, HOLDER)


@pytest.mark.parametrize("part", ["case", "table", "row", "field"])
def test_each_part_of_the_place_counts(part: str) -> None:
    sealed = seal(b"words", HERE, HOLDER.public)
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        open_sealed(sealed, replace(HERE, **{part: "other"}), HOLDER)


def test_parts_of_a_place_cannot_run_into_each_other() -> None:
    assert Place("ab", "c", "", "").packed() != Place("a", "bc", "", "").packed()


def test_a_strangers_key_is_named_as_the_wrong_key() -> None:
    with pytest.raises(Damaged, match=r"vault\.wrong_key"):
        open_sealed(seal(b"words", HERE, HOLDER.public), HERE, STRANGER)


def test_an_altered_payload_is_named_as_altered() -> None:
    sealed = bytearray(seal(b"words", HERE, HOLDER.public))
    sealed[-40] ^= 1
    with pytest.raises(Damaged, match=r"vault\.altered"):
        open_sealed(bytes(sealed), HERE, HOLDER)


def test_something_appended_is_found() -> None:
    with pytest.raises(Damaged):
        open_sealed(seal(b"words", HERE, HOLDER.public) + b"x", HERE, HOLDER)


def test_each_of_many_keys_opens_it_alone_and_no_other() -> None:
    cast = [Identity.generate() for _ in range(3)]
    sealed = seal_for_many(b"work order", HERE, [one.public for one in cast])
    assert [open_sealed(sealed, HERE, one) for one in cast] == [b"work order"] * 3
    with pytest.raises(Damaged, match=r"vault\.wrong_key"):
        open_sealed(sealed, HERE, STRANGER)


@pytest.mark.parametrize("publics", [[], ["age1nothing"], ["", HOLDER.public]])
def test_sealing_to_no_key_is_refused(publics: list[str]) -> None:
    with pytest.raises(BadInput, match=r"vault\.not_a_key"):
        seal_for_many(b"words", HERE, publics)


def test_a_sealed_file_put_into_a_column_is_refused() -> None:
    with pytest.raises(Damaged, match=r"vault\.wrong_place"):
        open_sealed(age.encrypt(b"sitr-file\x00\x01" + bytes(300), [HOLDER.public]), HERE, HOLDER)


@pytest.mark.parametrize(("length", "size"), [(0, 256), (150, 256), (240, 1024), (1000, 4096), (5000, 16_384)])
def test_values_of_like_length_look_alike(length: int, size: int) -> None:
    # The place takes 36 bytes here and the frame 17; age adds a header of varying length, so the inside is looked at.
    assert len(age.decrypt(seal(bytes(length), HERE, HOLDER.public), HOLDER)) == size


@given(length=st.integers(2, 2**42))
def test_padme_adds_at_most_an_eighth_and_is_its_own_fixed_point(length: int) -> None:
    padded = padme(length)
    assert length <= padded <= length * 1.12 + 1
    assert padme(padded) == padded
    assert file_size(file_size(length)) == file_size(length)
    assert text_size(text_size(length)) == text_size(length)


@pytest.mark.parametrize(
    ("length", "padded"), [(9, 10), (100, 104), (1000, 1024), (1025, 1088), (1_000_000, 1_015_808)]
)
def test_padme_gives_the_papers_values(length: int, padded: int) -> None:
    # Worked by hand from algorithm 1: E = floor(log2 L), S = floor(log2 E) + 1, the last E - S bits become zero.
    assert padme(length) == padded


def test_the_age_program_opens_a_sealed_value(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(HOLDER.secret())
    opened = subprocess.run(
        ["age", "-d", "-i", str(tmp_path / "key")],
        input=seal("سلام".encode(), HERE, HOLDER.public),
        capture_output=True,
        check=True,
    ).stdout
    assert opened.startswith(b"sitr-value\x00\x01")
    assert "سلام".encode() in opened


def test_the_museum_of_damaged_values_stays_closed() -> None:
    """Pieces kept from version 1 of the format, with the key that opens the whole one."""
    key = Identity((MUSEUM / "key.txt").read_text())
    assert open_sealed((MUSEUM / "value-v1-whole.age").read_bytes(), HERE, key).decode() == "قيمة محفوظة"
    verdicts = {}
    for file in MUSEUM.glob("value-v1-*.age"):
        if file.name != "value-v1-whole.age":
            with pytest.raises(Damaged) as found:
                open_sealed(file.read_bytes(), HERE, key)
            verdicts[file.name.removeprefix("value-v1-").removesuffix(".age")] = found.value.code
    assert verdicts == {
        "cut-in-header": "vault.truncated",
        "cut-in-payload": "vault.truncated",
        "empty": "vault.truncated",
        "header-mac-altered": "vault.altered",
        "last-byte-altered": "vault.altered",
        "another-cell": "vault.wrong_place",
        "another-key": "vault.wrong_key",
        "padding-not-zero": "vault.altered",
        "length-too-large": "vault.altered",
        "not-age-at-all": "vault.truncated",
    }
