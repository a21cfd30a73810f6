"""The index: everything within so many bits and nothing else, whatever is added, removed, saved or broken."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sitr.errors import Damaged
from sitr.fingerprint import Hits, Index, kernel
from sitr.fingerprint.index import Plain

Bits = npt.NDArray[np.uint8]
DICE = np.random.default_rng(20261123)


def hashes(count: int) -> Bits:
    """Drawn hashes, one in ten of them near to another."""
    drawn = DICE.integers(0, 256, (count, 32), dtype=np.uint8)
    near = count // 10
    drawn[:near] = flipped(drawn[near : near + 1].repeat(near, axis=0), 20)
    return drawn


def flipped(rows: Bits, bits: int | npt.NDArray[np.int64]) -> Bits:
    """The hashes with so many bits changed, each its own."""
    many = np.broadcast_to(bits, len(rows))
    wide = np.unpackbits(rows, axis=1)
    for row, count in zip(wide, many, strict=True):
        row[DICE.choice(256, count, replace=False)] ^= 1
    return np.packbits(wide, axis=1)


def index_of(rows: Bits, keys: npt.ArrayLike | None = None) -> Index:
    index = Index()
    index.add(rows, np.arange(len(rows), dtype=np.uint64) if keys is None else np.asarray(keys, dtype=np.uint64))
    return index


def triples(hits: Hits) -> list[tuple[int, int, int]]:
    return list(zip(hits.query.tolist(), hits.key.tolist(), hits.distance.tolist(), strict=True))


def by_comparing_all(rows: Bits, asked: Bits, radius: int) -> list[tuple[int, int, int]]:
    plain = Plain()
    plain.add(rows, np.arange(len(rows), dtype=np.uint64))
    query, key, bits = plain.search(asked, radius)
    return sorted(zip(query.tolist(), key.tolist(), bits.tolist(), strict=True), key=lambda t: (t[0], t[2], t[1]))


STORED = hashes(60_000)
SOME = hashes(4000)


@pytest.fixture(scope="module")
def large() -> Index:
    """Enough for tables and for a tail that is not in them yet."""
    index = index_of(STORED[:50_000])
    index.add(STORED[50_000:], np.arange(50_000, 60_000, dtype=np.uint64))
    return index


@pytest.mark.parametrize("radius", [0, 1, 10, 11, 21, 22, 30, 31, 32, 40])
def test_a_search_finds_what_comparing_all_finds(large: Index, radius: int) -> None:
    asked = np.concatenate([flipped(STORED[DICE.integers(0, len(STORED), 30)], DICE.integers(0, 41, 30)), hashes(10)])
    assert triples(large.search(asked, radius)) == by_comparing_all(STORED, asked, radius)


def test_the_edge_of_the_radius_is_kept_to_the_bit(large: Index) -> None:
    """Whatever the bits are that differ: 31 are found, 32 are not."""
    chosen = DICE.integers(0, len(STORED), 400)
    for bits, found in ((31, True), (32, False)):
        hits = large.search(flipped(STORED[chosen], bits), 31)
        seen = set(zip(hits.query.tolist(), hits.key.tolist(), strict=True))
        assert all(((number, int(key)) in seen) == found for number, key in enumerate(chosen))


def test_bits_that_all_lie_in_one_piece_or_one_in_each_are_found(large: Index) -> None:
    """The worst cases of the pieces: 31 differences packed together, and spread as evenly as can be."""
    for start in range(0, 225, 15):
        wide = np.unpackbits(STORED[:40], axis=1)
        wide[:, start : start + 31] ^= 1
        wide[20:, start : start + 31] ^= 1
        wide[20:, np.linspace(0, 255, 31).astype(int)] ^= 1
        hits = large.search(np.packbits(wide, axis=1), 31)
        assert {(i, i) for i in range(40)} <= set(zip(hits.query.tolist(), hits.key.tolist(), strict=True))


@pytest.mark.parametrize("count", [0, 1, 2, 3000, 20_000])
def test_any_number_of_equal_hashes(count: int) -> None:
    one = DICE.integers(0, 256, (1, 32), dtype=np.uint8)
    hits = index_of(one.repeat(count, axis=0)).search(flipped(one, 31), 31)
    assert hits.key.tolist() == list(range(count))
    assert set(hits.distance.tolist()) <= {31}


def test_one_key_may_stand_for_many_hashes_and_goes_with_all_of_them() -> None:
    rows = hashes(9000)
    index = index_of(rows, np.arange(9000) % 3)
    assert index.remove(np.array([1], np.uint64)) == 3000
    assert len(index) == 6000
    assert index.search(rows[1:2], 0).key.tolist() == []
    assert index.search(rows[2:3], 0).key.tolist() == [2]


def test_a_removed_hash_can_come_again() -> None:
    rows = hashes(30_000)
    index = index_of(rows)
    gone = np.arange(0, 30_000, 2, dtype=np.uint64)
    assert index.remove(gone) == 15_000
    assert index.remove(gone) == 0
    assert triples(index.search(rows[4:5], 0)) == []
    index.add(rows[4:5], np.array([4], np.uint64))
    assert triples(index.search(rows[4:5], 0)) == [(0, 4, 0)]
    assert index.remove(np.arange(1, 30_000, 2, dtype=np.uint64)) == 15_000  # most are gone: the gaps are closed
    assert len(index) == 1
    assert triples(index.search(rows, 0)) == [(4, 4, 0)]


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "search"]), st.integers(0, 400)), max_size=12))
def test_any_order_of_adding_and_removing_leaves_what_it_should(steps: list[tuple[str, int]]) -> None:
    index, kept = Index(), dict[int, Bits]()
    for number, (what, amount) in enumerate(steps):
        if what == "add":
            rows = SOME[: amount * 10]
            keys = np.arange(len(rows), dtype=np.uint64) + np.uint64(number * 10_000)
            index.add(rows, keys)
            kept |= dict(zip(keys.tolist(), rows, strict=True))
        elif what == "remove":
            gone = {key for key in kept if key % 401 <= amount}
            assert index.remove(np.array(list(gone), np.uint64)) == len(gone)
            kept = {key: row for key, row in kept.items() if key not in gone}
        asked = np.stack([*list(kept.values())[:3], np.zeros(32, np.uint8)])
        hits = index.search(asked, 31)
        found = set(zip(hits.query.tolist(), hits.key.tolist(), strict=True))
        rows, keys = np.stack([*kept.values(), ~asked[-1]]), np.array([*kept, -1])
        near = np.bitwise_count(rows[None] ^ asked[:, None]).sum(axis=2) <= 31
        assert found == {(int(q), int(keys[row])) for q, row in zip(*np.nonzero(near), strict=True) if keys[row] >= 0}
    assert len(index) == len(kept)


def test_searches_go_on_while_hashes_come_and_go() -> None:
    rows = hashes(40_000)
    index = index_of(rows[:20_000])
    missed: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            hits = index.search(rows[:200], 0)
            missed.extend(set(range(200)) - set(hits.query.tolist()))

    asking = [threading.Thread(target=ask) for _ in range(2)]
    for thread in asking:
        thread.start()
    for start in range(20_000, 40_000, 2500):
        keys = np.arange(start, start + 2500, dtype=np.uint64)
        index.add(rows[start : start + 2500], keys)
        index.remove(keys[:1000])
    done.set()
    for thread in asking:
        thread.join()
    assert missed == []
    assert len(index) == 32_000


def test_saved_and_loaded_it_answers_the_same(large: Index, tmp_path: Path) -> None:
    large.save(tmp_path / "index")
    again = Index.load(tmp_path / "index")
    asked = flipped(STORED[::3000], 25)
    assert triples(again.search(asked)) == triples(large.search(asked))
    assert [path.name for path in tmp_path.iterdir()] == ["index"]


def test_a_removed_hash_is_in_no_file(tmp_path: Path) -> None:
    rows = hashes(5000)
    index = index_of(rows)
    index.remove(np.array([77], np.uint64))
    index.save(tmp_path / "index")
    data = (tmp_path / "index").read_bytes()
    assert rows[77].tobytes() not in data
    assert rows[78].tobytes() in data


@settings(max_examples=60)
@given(at=st.integers(0, 10_000), how=st.sampled_from(["cut", "flip", "more", "swap"]))
def test_a_broken_file_is_never_loaded(tmp_path_factory: pytest.TempPathFactory, at: int, how: str) -> None:
    path = tmp_path_factory.mktemp("broken") / "index"
    index_of(STORED[:40]).save(path)
    data = bytearray(path.read_bytes())
    at %= len(data)
    match how:
        case "cut":
            data = data[:at]
        case "flip":
            data[at] ^= 1 << (at % 8)
        case "more":
            data += b"\0"
        case _:
            data[8:16] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(Damaged):
        Index.load(path)


def test_what_is_not_a_hash_is_refused() -> None:
    wrongs: list[npt.NDArray[Any]] = [np.zeros((3, 31), np.uint8), np.zeros((3, 32), np.int64), np.zeros(32, np.uint8)]
    for wrong in wrongs:
        with pytest.raises(ValueError, match="hashes"):
            Index().search(wrong)
    with pytest.raises(ValueError, match="key"):
        Index().add(np.zeros((3, 32), np.uint8), np.zeros(2, np.uint64))


def test_both_kinds_of_shard_answer_alike() -> None:
    rows, asked = hashes(4000), hashes(50)
    index, plain = index_of(rows), Plain()
    plain.add(rows, np.arange(4000, dtype=np.uint64))
    assert index.remove(np.array([5, 6], np.uint64)) == plain.remove(np.array([5, 6], np.uint64)) == 2
    query, key, bits = plain.search(asked, 120)
    assert sorted(zip(query.tolist(), key.tolist(), bits.tolist(), strict=True)) == sorted(
        triples(index.search(asked, 120))
    )
    assert (kernel.at_work() and index.memory > 160_000) or index.memory == 160_000
