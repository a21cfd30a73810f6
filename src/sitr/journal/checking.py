"""Checking a journal from inside Sitr: the shipped verifier, with this program's typed errors and its words.

Here belong the way in and out of the verifier: what it is called with, what it raises, how a finding is said, and the
three files that a dossier holds for it. The rules themselves are in `verifier`, which must stand alone.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rfc8785

from sitr.errors import BadInput, Damaged, MissingProgram
from sitr.journal import verifier
from sitr.journal.tree import consistency_proof, inclusion_proof, leaf_hashes
from sitr.journal.verifier import Check, Problem, Report, Stamped
from sitr.words import Lang, say


def verify_journal(
    lines: Sequence[bytes],
    openings: Mapping[int, Any],
    checkpoints: Sequence[str | bytes],
    *,
    signer: bytes | None = None,
    inside_signer: bytes | None = None,
    stamps: Sequence[bytes] = (),
    tsa_ca: bytes | None = None,
    inside_certificates: bytes = b"",
    other_digests: Iterable[bytes] = (),
    earlier: Sequence[str | bytes] = (),
    partial: bool = False,
    handed: Sequence[str | bytes] = (),
    consistency: bytes | None = None,
    renewals: Sequence[tuple[bytes, bytes]] = (),
    anchors: Sequence[bytes] = (),
    headers: Mapping[int, bytes] | None = None,
    revocations: Sequence[bytes] = (),
) -> Report:
    """`verifier.verify_journal`: see there.

    `openings` maps seq to what `make_entry` gave (None: erased or withheld); `checkpoints` has the latest last
    (each costs a run of openssl, some 10 ms: the stamped ones and the latest are enough).
    Raises BadInput when `signer` holds no Ed25519 key or `tsa_ca` no certificate in PEM, MissingProgram without
    openssl; what is wrong with the journal is never raised, but in the report.
    """
    with _typed_errors(tsa_ca):
        return verifier.verify_journal(
            lines,
            openings,
            checkpoints,
            signer=signer,
            inside_signer=inside_signer,
            stamps=stamps,
            tsa_ca=tsa_ca,
            inside_certificates=inside_certificates,
            other_digests=other_digests,
            earlier=earlier,
            partial=partial,
            handed=handed,
            consistency=consistency,
            renewals=renewals,
            anchors=anchors,
            headers=headers,
            revocations=revocations,
        )


def verify_folder(
    folder: Path,
    *,
    signer: bytes | None = None,
    tsa_ca: bytes | None = None,
    earlier: Sequence[bytes] = (),
    partial: bool = False,
    headers: Mapping[int, bytes] | None = None,
) -> Report:
    """`verifier.verify_folder`: the journal of an opened dossier. Raises as `verify_journal` here."""
    with _typed_errors(tsa_ca):
        return verifier.verify_folder(
            folder, signer=signer, tsa_ca=tsa_ca, earlier=earlier, partial=partial, headers=headers
        )


def describe(found: Problem | Check, lang: Lang) -> str:
    """A problem or a check of a report as a sentence."""
    if isinstance(found, Check):
        return say(f"journal.check_{found.name}_{found.state}", lang, **found.data)
    return say(f"journal.{found.code}", lang, **{"seq": found.seq, **found.data})


def read_stamp(tsr: bytes) -> Stamped:
    """Digest, time and serial number of a stored reply (it was judged before it was kept). Raises Damaged."""
    try:
        return verifier.read_stamp(tsr)
    except verifier.MalformedError as error:
        raise Damaged("journal.stamp_unreadable") from error


def read_headers(text: bytes) -> dict[int, bytes]:
    """Block headers of Bitcoin by height, from a file of lines `HEIGHT HEADER-IN-HEX`. Raises BadInput."""
    try:
        return verifier.read_headers(text)
    except verifier.MalformedError as error:
        raise BadInput("journal.headers_malformed") from error


def stamp_certificates(tsr: bytes) -> bytes:
    """The certificates that an authority sent with its reply, as PEM. Raises MissingProgram without openssl."""
    with _typed_errors():
        return verifier.certificates_inside(tsr)


def journal_file(lines: Iterable[bytes]) -> bytes:
    """`journal/journal.ndjson`: the lines in order, each with its line end."""
    return b"".join(line + b"\n" for line in lines)


def openings_file(openings: Mapping[int, bytes | None]) -> bytes:
    """`journal/openings.json`: by seq, what opens the entries; those without an opening are left out."""
    known = {str(seq): verifier.read_json(opening) for seq, opening in openings.items() if opening is not None}
    return rfc8785.dumps(known)


def proofs_file(lines: Sequence[bytes], openings: Mapping[int, bytes]) -> bytes:
    """`journal/proofs.json`: the entries of `openings` (by seq), each with the path that leads to the root over all
    `lines`; in place of the journal where its other lines are nobody's business.
    """
    leaves = leaf_hashes(lines)
    shown = [
        {
            "line": lines[seq].decode(),
            "opening": verifier.read_json(opening),
            "path": [node.hex() for node in inclusion_proof(leaves, seq)],
        }
        for seq, opening in sorted(openings.items())
    ]
    return rfc8785.dumps({"format": verifier.PROOFS, "entries": shown})


def consistency_file(lines: Sequence[bytes], sizes: Iterable[int]) -> bytes:
    """`journal/consistency.json`: from the tree over the first so many lines, for each size, to that over all."""
    leaves = leaf_hashes(lines)
    proofs = {str(size): [node.hex() for node in consistency_proof(leaves, size)] for size in sorted(set(sizes))}
    return rfc8785.dumps({"format": verifier.CONSISTENCY, "from": proofs})


def renewal_text(replies: Iterable[bytes]) -> bytes:
    """What a renewal is a stamp over: one line for each earlier reply, its SHA-256 in hex."""
    return "\n".join((verifier.RENEWAL, *(hashlib.sha256(reply).hexdigest() for reply in replies), "")).encode()


def verifier_file() -> bytes:
    """The verifier's own source, as it goes into every dossier."""
    return Path(verifier.__file__).read_bytes()


@contextmanager
def _typed_errors(roots: bytes | None = None) -> Iterator[None]:
    if roots is not None and not verifier.CERTIFICATE.search(roots):
        raise BadInput("journal.roots_malformed")
    try:
        yield
    except verifier.MalformedError as error:
        raise BadInput("journal.signer_key_malformed") from error
    except FileNotFoundError as error:
        raise MissingProgram("journal.no_openssl") from error
