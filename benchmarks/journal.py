"""How fast the journal is: making entries, appending and signing, checking; run as `python benchmarks/journal.py`.

Prints one line a measurement. The bound at the end is generous: it catches a change of order, not a slow machine.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sitr.journal import (
    Frontier,
    Kind,
    Signer,
    consistency_proof,
    inclusion_proof,
    journal_file,
    leaf_hashes,
    make_entry,
    openings_file,
    sign_checkpoint,
    verifier_file,
    verify_journal,
)

ENTRIES = 5_000
SECONDS_ALLOWED = 30.0
START = datetime(2026, 11, 22, tzinfo=UTC)


@contextmanager
def timed(name: str, count: int) -> Iterator[None]:
    began = time.perf_counter()
    yield
    spent = time.perf_counter() - began
    print(f"{name:<48} {spent:8.3f} s  {1e6 * spent / count:9.1f} us each")


def main() -> None:
    """Measure a journal of `ENTRIES` entries, each with its checkpoint."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name))
    spent = time.perf_counter() - began
    assert spent < SECONDS_ALLOWED, spent


def measure(folder: Path) -> None:
    signer = Signer.load_or_create(folder / "signer-private.pem")
    with timed("make entries", ENTRIES):
        entries = [
            make_entry(
                seq,
                START + timedelta(seconds=seq),
                Kind.EXHIBIT,
                {"seq": seq, "verb": "capture", "actor": "holder-1", "sha256": "0" * 64},
                os.urandom(16),
            )
            for seq in range(ENTRIES)
        ]
    packed = Frontier().pack()
    with timed("unpack, append, sign, pack (what a verb does)", ENTRIES):
        for entry in entries:
            tree = Frontier.unpack(packed)
            tree.append(entry.line)
            note = sign_checkpoint("sitr/0123456789abcdef", tree.size, tree.root(), signer)
            packed = tree.pack()
    leaves = leaf_hashes([entry.line for entry in entries])
    with timed("one inclusion and one consistency proof", 2):
        inclusion_proof(leaves, ENTRIES // 3)
        consistency_proof(leaves, ENTRIES // 2)
    with timed("check by the library", ENTRIES):
        openings = {entry.seq: entry.opening for entry in entries}
        report = verify_journal([entry.line for entry in entries], openings, [note], signer=signer.public_pem())
    assert report.ok
    (folder / "journal.ndjson").write_bytes(journal_file(entry.line for entry in entries))
    (folder / "openings.json").write_bytes(openings_file(openings))
    (folder / "checkpoint").write_text(note, encoding="utf-8")
    (folder / "signer.pem").write_bytes(signer.public_pem())
    (folder / "verifier.py").write_bytes(verifier_file())
    with timed("check by the shipped file, bare python", ENTRIES):
        subprocess.run([sys.executable, "-I", "-S", str(folder / "verifier.py")], check=True, capture_output=True)


if __name__ == "__main__":
    main()
