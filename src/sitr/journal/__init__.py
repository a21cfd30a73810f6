"""The journal: the record of every step of a case, which cannot be changed unseen.

Here belong entries, the Merkle tree over them (RFC 9162), signed checkpoints (C2SP signed note), time authorities
(RFC 3161), OpenTimestamps calendars, and checking all of it. Not here: storing lines and openings (`cases`), sealing
(`vault`), and the network (`net`, handed in as a door). One tree per case; `docs/journal.md` explains it to a reader
who is no programmer.
"""

from sitr.journal.authorities import (
    Authority,
    BadStamp,
    HttpAuthority,
    Preset,
    Stamp,
    StampState,
    next_try,
    presets,
)
from sitr.journal.calendars import (
    SALT_BYTES,
    AnchorFacts,
    AnchorState,
    Calendars,
    HttpCalendars,
    anchor_facts,
    next_look,
)
from sitr.journal.checking import (
    consistency_file,
    describe,
    journal_file,
    openings_file,
    proofs_file,
    read_headers,
    read_stamp,
    renewal_text,
    stamp_certificates,
    verifier_file,
    verify_folder,
    verify_journal,
)
from sitr.journal.checkpoints import Signer, checkpoint_digest, read_checkpoint, sign_checkpoint
from sitr.journal.codes import qr_modules, qr_svg
from sitr.journal.entries import Entry, Kind, Opening, format_time, make_entry, read_opening, time_after
from sitr.journal.renewing import RENEW_BEFORE, stamp_ends, stamp_revocation
from sitr.journal.revoking import fetch_revocation, revocation_files, signer_mark
from sitr.journal.tree import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hashes,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from sitr.journal.verifier import Check, Checkpoint, Problem, Report, Stamped, as_json, leaf_hash

__all__ = [
    "RENEW_BEFORE",
    "SALT_BYTES",
    "AnchorFacts",
    "AnchorState",
    "Authority",
    "BadStamp",
    "Calendars",
    "Check",
    "Checkpoint",
    "Entry",
    "Frontier",
    "HttpAuthority",
    "HttpCalendars",
    "Kind",
    "Opening",
    "Preset",
    "Problem",
    "Report",
    "Signer",
    "Stamp",
    "StampState",
    "Stamped",
    "anchor_facts",
    "as_json",
    "checkpoint_digest",
    "consistency_file",
    "consistency_proof",
    "describe",
    "fetch_revocation",
    "format_time",
    "inclusion_proof",
    "journal_file",
    "leaf_hash",
    "leaf_hashes",
    "make_entry",
    "next_look",
    "next_try",
    "openings_file",
    "presets",
    "proofs_file",
    "qr_modules",
    "qr_svg",
    "read_checkpoint",
    "read_headers",
    "read_opening",
    "read_stamp",
    "renewal_text",
    "revocation_files",
    "root_of",
    "sign_checkpoint",
    "signer_mark",
    "stamp_certificates",
    "stamp_ends",
    "stamp_revocation",
    "time_after",
    "verifier_file",
    "verify_consistency",
    "verify_folder",
    "verify_inclusion",
    "verify_journal",
]
