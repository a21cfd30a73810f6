"""The Merkle tree over the lines of one case (RFC 9162 section 2.1): its head, and proofs about it.

Here belong the compact range that grows with each line, and making inclusion and consistency proofs. The two hashes
and the checking of proofs are in `verifier`, which ships with every dossier. Not here: what a line says.
"""

from collections.abc import Sequence
from typing import Self

from sitr.errors import Damaged
from sitr.journal import verifier
from sitr.journal.verifier import leaf_hash, node_hash, verify_consistency, verify_inclusion

__all__ = [
    "Frontier",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hashes",
    "root_of",
    "verify_consistency",
    "verify_inclusion",
]

_HASH = 32
_PACK_VERSION = b"\x01"


class Frontier(verifier.Range):
    """The tree so far as log2(n) hashes: enough to append to and to tell the root, without the earlier lines."""

    def pack(self) -> bytes:
        """Version byte 1, size as 8 bytes big-endian, then the hashes of the full subtrees from left to right."""
        return _PACK_VERSION + self.size.to_bytes(8, "big") + b"".join(self.nodes)

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        """What `pack` gave. Raises Damaged when version or length do not fit the size it names."""
        size = int.from_bytes(packed[1:9], "big")
        if packed[:1] != _PACK_VERSION or len(packed) != 9 + _HASH * size.bit_count():
            raise Damaged("journal.frontier_malformed")
        frontier = cls()
        frontier.size = size
        frontier.nodes = [packed[at : at + _HASH] for at in range(9, len(packed), _HASH)]
        return frontier


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else verifier.Range().root()
    split = _split(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root over `leaves` (leaf hashes), lowest first (2.1.3.1)."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_proof(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_proof(leaves[split:], index - split), root_of(leaves[:split])]


def consistency_proof(leaves: Sequence[bytes], earlier: int) -> list[bytes]:
    """The hashes that show the tree over the first `earlier` leaf hashes to be the start of this one (2.1.4.1)."""
    if not 0 < earlier <= len(leaves):
        raise IndexError(earlier)
    return _subproof(leaves, earlier, whole=True)


def leaf_hashes(lines: Sequence[bytes]) -> list[bytes]:
    """The leaf hash of each line."""
    return [leaf_hash(line) for line in lines]


def _subproof(leaves: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    if earlier <= split:
        return [*_subproof(leaves[:split], earlier, whole=whole), root_of(leaves[split:])]
    return [*_subproof(leaves[split:], earlier - split, whole=False), root_of(leaves[:split])]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)
