"""The journal: the record of every step of a case, which cannot be changed unseen.

Here belong entries, the Merkle tree over them (RFC 9162), signed checkpoints (C2SP signed note), time authorities
(RFC 3161) and checking all of it. Not here: storing lines and openings (`cases`), sealing (`vault`), and the network
(`net`, handed in as a door). One tree per case; `docs/journal.md` explains it to a reader who is no programmer.
"""

from sitr.journal.checkpoints import Signer, read_checkpoint, sign_checkpoint
from sitr.journal.entries import Entry, Kind, Opening, format_time, make_entry, read_opening, time_after
from sitr.journal.tree import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hashes,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from sitr.journal.verifier import Checkpoint, leaf_hash

__all__ = [
    "Checkpoint",
    "Entry",
    "Frontier",
    "Kind",
    "Opening",
    "Signer",
    "consistency_proof",
    "format_time",
    "inclusion_proof",
    "leaf_hash",
    "leaf_hashes",
    "make_entry",
    "read_checkpoint",
    "read_opening",
    "root_of",
    "sign_checkpoint",
    "time_after",
    "verify_consistency",
    "verify_inclusion",
]
