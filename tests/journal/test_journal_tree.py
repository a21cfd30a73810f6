"""The tree against RFC 9162, against an independent implementation (pymerkle, which never ships), and against laws."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from sitr.errors import Damaged
from sitr.journal import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    leaf_hashes,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from sitr.journal.verifier import node_hash

# The laws must hold on a busy machine too: time is no part of them.
unhurried = settings(suppress_health_check=[HealthCheck.too_slow])
lines_of = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


def judge(lines: list[bytes]) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for line in lines:
        tree.append_entry(line)
    return tree


def frontier_of(lines: list[bytes]) -> Frontier:
    frontier = Frontier()
    for line in lines:
        frontier.append(line)
    return frontier


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == root_of([]) == hashlib.sha256(b"").digest()


def test_the_known_vectors_of_certificate_transparency_hold() -> None:
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    root = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert frontier_of([bytes.fromhex(leaf) for leaf in leaves]).root().hex() == root


def test_proofs_have_the_nodes_that_the_rfc_draws_for_seven_leaves() -> None:
    a, b, c, d, e, f, j = leaves = leaf_hashes([bytes([letter]) for letter in b"abcdefj"])
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, last = node_hash(g, h), node_hash(i, j)
    assert inclusion_proof(leaves, 0) == [b, h, last]
    assert inclusion_proof(leaves, 3) == [c, g, last]
    assert inclusion_proof(leaves, 4) == [f, j, k]
    assert inclusion_proof(leaves, 6) == [i, k]
    assert consistency_proof(leaves, 3) == [c, d, g, last]
    assert consistency_proof(leaves, 4) == [last]
    assert consistency_proof(leaves, 6) == [i, j, k]


@unhurried
@given(lines_of)
def test_the_root_is_that_of_an_independent_implementation(lines: list[bytes]) -> None:
    assert frontier_of(lines).root() == root_of(leaf_hashes(lines)) == judge(lines).get_root()


@unhurried
@given(lines_of, st.data())
def test_inclusion_proofs_are_those_of_an_independent_implementation(lines: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(lines) - 1))
    proof = inclusion_proof(leaf_hashes(lines), index)
    _, *theirs = judge(lines).prove_inclusion(index + 1).serialize()["path"]  # theirs begins with the leaf itself
    assert [node.hex() for node in proof] == theirs
    root = judge(lines).get_root()
    assert verify_inclusion(leaf_hash(lines[index]), index, len(lines), proof, root)


@unhurried
@given(lines_of, st.data())
def test_consistency_holds_between_the_roots_of_an_independent_implementation(
    lines: list[bytes], data: st.DataObject
) -> None:
    earlier = data.draw(st.integers(1, len(lines)))
    tree = judge(lines)
    proof = consistency_proof(leaf_hashes(lines), earlier)
    assert verify_consistency(earlier, len(lines), proof, tree.get_root(earlier), tree.get_root())


@unhurried
@given(lines_of, st.data())
def test_a_proof_for_one_place_proves_no_other(lines: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(-2, len(lines) + 2).filter(lambda place: place != index))
    leaves = leaf_hashes([b"%d:%b" % pair for pair in enumerate(lines)])
    proof, root = inclusion_proof(leaves, index), root_of(leaves)
    assert not verify_inclusion(leaves[index], other, len(leaves), proof, root)
    assert not verify_inclusion(leaf_hash(b"another"), index, len(leaves), proof, root)
    assert not verify_inclusion(leaves[index], index, len(leaves), [*proof, root], root)


@unhurried
@given(lines_of, st.data())
def test_a_rewritten_beginning_is_not_consistent(lines: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, len(lines)))
    changed = data.draw(st.integers(0, earlier - 1))
    leaves = leaf_hashes(lines)
    rewritten = [*leaves[:changed], leaf_hash(lines[changed] + b"!"), *leaves[changed + 1 :]]
    proof = consistency_proof(rewritten, earlier)
    assert not verify_consistency(earlier, len(leaves), proof, root_of(leaves[:earlier]), root_of(rewritten))
    assert not verify_consistency(earlier, len(leaves), proof, root_of(rewritten[:earlier]), root_of(leaves))


@unhurried
@given(st.integers(-1, 9), st.integers(-1, 9), st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_random_proofs_are_refused_and_never_raise(first: int, second: int, proof: list[bytes]) -> None:
    assert not verify_inclusion(bytes(32), first, second, proof, b"no root".ljust(32))
    assert not verify_consistency(first, second, proof, bytes(32), b"no root".ljust(32))


@pytest.mark.parametrize("earlier", [0, 4])
def test_a_consistency_proof_needs_an_earlier_size_that_exists(earlier: int) -> None:
    with pytest.raises(IndexError):
        consistency_proof(leaf_hashes([b"a", b"b", b"c"]), earlier)


@unhurried
@given(st.lists(st.binary(max_size=20), max_size=70), st.lists(st.binary(max_size=20), max_size=9))
def test_an_unpacked_frontier_goes_on_like_the_first_one(before: list[bytes], after: list[bytes]) -> None:
    first = frontier_of(before)
    packed = first.pack()
    second = Frontier.unpack(packed)
    for line in after:
        first.append(line)
        second.append(line)
    assert (first.size, first.root()) == (second.size, second.root())
    assert len(packed) == 9 + 32 * len(before).bit_count()


@unhurried
@given(st.binary(max_size=120))
def test_a_frontier_is_read_back_as_it_was_or_not_at_all(packed: bytes) -> None:
    try:
        frontier = Frontier.unpack(packed)
    except Damaged:
        return
    assert frontier.pack() == packed


def test_a_cut_frontier_is_refused() -> None:
    with pytest.raises(Damaged):
        Frontier.unpack(frontier_of([b"a", b"b", b"c"]).pack()[:-1])


def test_appending_to_a_large_tree_keeps_few_hashes() -> None:
    frontier = frontier_of([b"line"] * 5000)
    assert len(frontier.nodes) == (5000).bit_count()
