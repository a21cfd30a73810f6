"""The generated phrase and age's passphrase format as a stream."""

import io
import math
import os
import random
import re
from collections.abc import Callable

import pyrage
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.dossier import phrase as room
from sitr.dossier.phrase import looks_generated, make_phrase, open_with_phrase, seal_to_phrase, tidy_phrase
from sitr.errors import Damaged, Locked

PHRASE = "damir-talan-wihas-bakir-zamal-nuhad"


def sealed(data: bytes, phrase: str = PHRASE, pieces: int = 1000) -> bytes:
    out = io.BytesIO()
    seal_to_phrase((data[n : n + pieces] for n in range(0, len(data), pieces)), out, phrase, os.urandom)
    return out.getvalue()


def opened(data: bytes, phrase: str = PHRASE) -> bytes:
    return b"".join(open_with_phrase(io.BytesIO(data), phrase))


def test_a_phrase_has_more_than_77_bits() -> None:
    allowed = sum(not any(part in room._word(n) for part in room._UNKIND) for n in range(room._WORD))
    assert room.WORDS * math.log2(allowed) > 88


def test_a_phrase_comes_only_from_the_randomness_handed_in_and_is_recognised() -> None:
    one, other = random.Random(7), random.Random(7)  # noqa: S311  the same twice is the point
    assert make_phrase(one.randbytes) == make_phrase(other.randbytes)
    made = {make_phrase(one.randbytes) for _ in range(200)}
    assert len(made) == 200
    assert all(looks_generated(phrase) for phrase in made)
    assert not any(part in phrase for phrase in made for part in room._UNKIND)


def test_a_phrase_spoken_with_capitals_and_spaces_is_the_same_phrase() -> None:
    assert tidy_phrase("  Damir talan – WIHAS\nbakir—zamal nuhad ") == PHRASE
    assert not looks_generated("my own secret with spaces")


@settings(max_examples=5)  # each asks as much of the machine as a real phrase does
@given(size=st.sampled_from([0, 1, 65_535, 65_536, 65_537, 131_072, 200_001]), pieces=st.integers(1_000, 90_000))
def test_pyrage_opens_what_the_stream_seals(size: int, pieces: int) -> None:
    data = os.urandom(size)
    made = sealed(data, pieces=pieces)
    assert pyrage.passphrase.decrypt(made, PHRASE) == data
    assert opened(made) == data


def test_the_stream_opens_what_pyrage_seals() -> None:
    made = pyrage.passphrase.encrypt(b"x" * 100_000, PHRASE)
    work = int(made.split(b"\n")[1].split()[3])
    if work > room._MOST_LOG_N:  # pyrage chooses by the speed of the machine; beyond 1 GiB we refuse
        with pytest.raises(Damaged):
            opened(made)
    else:
        assert opened(made) == b"x" * 100_000


def test_another_phrase_is_a_wrong_key() -> None:
    with pytest.raises(Locked) as error:
        opened(sealed(b"secret"), "damir-talan-wihas-bakir-zamal-nuhat")
    assert error.value.code == "dossier.wrong_key"
    assert error.value.exit_status == 3


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_LOG_N", 4)  # only so that hundreds of openings fit into a second


def swapped(data: bytes) -> bytes:
    start, size = data.index(b"--- ") + 48 + 16, 65_552
    first, second = data[start : start + size], data[start + size : start + 2 * size]
    return data[:start] + second + first + data[start + 2 * size :]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "the last byte": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "a byte of the first chunk": lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:],
    "cut in the last chunk": lambda data: data[:-40],
    "cut at a chunk's end": lambda data: data[: data.index(b"--- ") + 48 + 16 + 65_552],
    "something appended": lambda data: data + b"x",
    "cut in the header": lambda data: data[:60],
    "nothing but the header": lambda data: data[: data.index(b"--- ") + 48],
    "two chunks swapped": swapped,
    "much work asked": lambda data: re.sub(rb" \d+\n", b" 22\n", data, count=1),
}  # fmt: skip


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", CHANGES)
def test_an_altered_or_cut_file_is_damaged(name: str) -> None:
    with pytest.raises(Damaged) as error:
        opened(CHANGES[name](sealed(os.urandom(200_000))))
    assert error.value.code == "dossier.seal_broken"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("every", [19, pytest.param(1, marks=pytest.mark.long)])
def test_no_changed_byte_of_a_small_file_opens(every: int) -> None:
    whole = sealed(b"a secret")
    for place in range((len(whole) - 1) % every, len(whole), every):  # the last byte is always among them
        data = bytearray(whole)
        data[place] ^= 1
        with pytest.raises((Damaged, Locked)):
            opened(bytes(data))
