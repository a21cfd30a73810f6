"""How fast the vault seals and opens, beside the `age` program on the same file. Run: `python benchmarks/sealing.py`.

    python benchmarks/sealing.py [--megabytes 1024] [--folder DIR]

Prints one line a measurement: seconds, megabytes per second, and for the vault the growth of memory. The vault's figure
includes both SHA-256 sums (content and ciphertext), padding and fsync; the program's includes none of them.
"""

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sitr.vault import (
    CODE_PARAMS,
    PASSPHRASE_PARAMS,
    FolderBlobs,
    Identity,
    Place,
    ReceiptCode,
    lock_identity,
    open_sealed,
    seal,
    unlock_identity,
)

T = TypeVar("T")
HERE = Place("case", "exhibit", "row", "file")
HOLDER = Identity.generate()


def main() -> None:
    """Measure files, values and locks."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--megabytes", type=int, default=1024)
    ask.add_argument("--folder", type=Path, default=None)
    told = ask.parse_args()
    with tempfile.TemporaryDirectory(dir=told.folder) as folder:
        files(Path(folder), told.megabytes)
    values()
    locks()


def files(folder: Path, megabytes: int) -> None:
    """One large file through the vault and through the age program."""
    plain = folder / "plain"
    with plain.open("wb") as out:
        for _ in range(megabytes):
            out.write(os.urandom(2**20))
    store = FolderBlobs(folder / "blobs", os.urandom)
    before = peak_kib()
    with plain.open("rb") as source:
        stored, seconds = timed(lambda: store.put(source, HERE, HOLDER.public))
    show("vault: seal", seconds, megabytes)
    _, seconds = timed(lambda: store.verify(stored.name, HERE, HOLDER))
    show("vault: verify", seconds, megabytes)
    _, seconds = timed(lambda: sum(map(len, store.read(stored.name, HERE, HOLDER))))
    show("vault: read (verified first, then opened)", seconds, megabytes)
    _, seconds = timed(lambda: store.export(stored.name, HERE, HOLDER, folder / "out"))
    show("vault: export (verified first, then opened, fsync)", seconds, megabytes)
    print(f"vault: memory grew by {(peak_kib() - before) / 1024:.1f} MiB over all of these")
    if shutil.which("age"):
        by_program(folder, plain, megabytes)


def by_program(folder: Path, plain: Path, megabytes: int) -> None:
    """The same with `age`."""
    key, sealed = folder / "key", folder / "sealed.age"
    key.write_text(HOLDER.secret())
    _, seconds = timed(lambda: subprocess.run(["age", "-r", HOLDER.public, "-o", sealed, plain], check=True))
    show("age program: seal", seconds, megabytes)
    _, seconds = timed(lambda: subprocess.run(["age", "-d", "-i", key, "-o", folder / "opened", sealed], check=True))
    show("age program: open", seconds, megabytes)


def values(count: int = 1000) -> None:
    """Small texts, as a case has them in its columns."""
    text = "كلام يُحفظ في خانة واحدة".encode() * 4
    sealed, seconds = timed(lambda: [seal(text, HERE, HOLDER.public) for _ in range(count)])
    print(f"value: seal {seconds / count * 1e6:.0f} us each, {len(sealed[0])} bytes as stored")
    _, seconds = timed(lambda: [open_sealed(one, HERE, HOLDER) for one in sealed])
    print(f"value: open {seconds / count * 1e6:.0f} us each")


def locks() -> None:
    """Passphrase and receipt code at their real costs."""
    locked, seconds = timed(lambda: lock_identity(HOLDER, "words to remember", PASSPHRASE_PARAMS, os.urandom(16)))
    print(f"passphrase: lock {seconds:.2f} s")
    _, seconds = timed(lambda: unlock_identity(locked, "words to remember"))
    print(f"passphrase: unlock {seconds:.2f} s")
    code = ReceiptCode.new(os.urandom)
    _, seconds = timed(lambda: code.keys(CODE_PARAMS, bytes(16)))
    print(f"receipt code: keys {seconds:.3f} s")


def timed(act: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the seconds it took."""
    began = time.perf_counter()
    return act(), time.perf_counter() - began


def show(what: str, seconds: float, megabytes: int) -> None:
    """One line."""
    print(f"{what}: {seconds:.2f} s, {megabytes / seconds:.0f} MB/s")


def peak_kib() -> int:
    """The most memory that this process has held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
