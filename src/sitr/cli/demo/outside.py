"""Public tools that check a dossier without Sitr: what a lawyer would run. Each gives what it said, or fails."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sitr.cli.demo.teller import NotSoError
from sitr.errors import MissingProgram
from sitr.words import Lang

_SECONDS = 60


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What the program said. Raises MissingProgram `demo.no_program`, NotSoError `tool_failed`."""
    name = str(command[0])
    if shutil.which(name) is None:
        raise MissingProgram("demo.no_program", name=name)
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
    )
    if done.returncode != 0:
        raise NotSoError("tool_failed", name=name, status=done.returncode)
    return done.stdout + done.stderr


def unseal(sealed: Path, identity: Path, folder: Path) -> Path:
    """`age -d`: the zip inside."""
    opened = folder / "dossier.zip"
    run(["age", "-d", "-i", identity, "-o", opened, sealed], folder)
    return opened


def unzip(archive: Path, folder: Path) -> Path:
    """The bag, unpacked by Python's own `zipfile` command in another process; its folder is where bagit.txt stands."""
    target = folder / "bag"
    run([sys.executable, "-m", "zipfile", "-e", archive, target], folder)
    return next(iter(sorted(target.rglob("bagit.txt")))).parent


def sums(bag: Path) -> int:
    """`sha256sum -c` over both manifests; the number of files that fitted."""
    said = [run(["sha256sum", "-c", name], bag) for name in ("manifest-sha256.txt", "tagmanifest-sha256.txt")]
    return sum(text.count(": OK") for text in said)


def own_script(bag: Path) -> int:
    """`python3 verify.py`, as shipped in the bag, with no Sitr on its path; the number of lines it said."""
    return len(run([sys.executable, "-I", "-S", "verify.py"], bag).splitlines())


def signature(bag: Path) -> None:
    """`openssl pkeyutl -rawin`: the Ed25519 signature over the list of everything."""
    openssl = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "signer.pem"]
    run([*openssl, "-sigfile", "tagmanifest-sha256.txt.sig", "-in", "tagmanifest-sha256.txt"], bag)


def stamps(bag: Path, authorities: Sequence[Path]) -> list[tuple[Path, Path]]:
    """`openssl ts -verify` on every time proof in the bag: each with the authority's root under which it holds.

    Raises NotSoError `stamp_failed` for one that holds under none.
    """
    return [(reply, _authority_of(bag, reply, authorities)) for reply in sorted(bag.rglob("*.tsr"))]


def _authority_of(bag: Path, reply: Path, authorities: Sequence[Path]) -> Path:
    """Which root it is, tried in turn. What was stamped stands beside the reply, or is the journal's checkpoint."""
    beside = reply.with_suffix(".checkpoint")
    data = beside if beside.exists() else bag / "journal" / "checkpoint"
    for authority in authorities:
        try:
            run(["openssl", "ts", "-verify", "-data", data, "-in", reply, "-CAfile", authority], bag)
        except NotSoError:
            continue
        return authority
    raise NotSoError("stamp_failed", name=reply.name)


def paper(bag: Path) -> str:
    """`pdfsig` on the signed PDF: says that the signature holds over the whole document."""
    pdf = bag / "dossier-ar-en.pdf"
    said = run(["pdfsig", "-nocert", pdf], bag)
    if "Signature is Valid" not in said or "Total document signed" not in said:
        raise NotSoError("tool_failed", name="pdfsig", status=1)
    return pdf.name


def sitr_verify(file: Path, options: Sequence[str | Path], lang: Lang) -> tuple[int, str]:
    """`sitr verify` in a process of its own: its status and its JSON."""
    kept = ("PATH", "LANG", "HOME", "PYTHONPATH")
    env = {name: os.environ[name] for name in kept if name in os.environ}
    command = [sys.executable, "-m", "sitr", "verify", file, *options, "--json", "--lang", lang]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False, env=env)
    return done.returncode, done.stdout
