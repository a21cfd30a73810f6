"""How fast a dossier is drawn, signed, sealed and verified. Run: `python benchmarks/dossier.py`.

    python benchmarks/dossier.py [--megabytes 1024] [--pictures 20] [--folder DIR]

First the paper: some 30 pages with 20 pictures, drawn and signed (wanted: under 4 s). Then one large exhibit, packed
and sealed to a key and to a phrase, beside the `age` program on the same bytes (wanted: at least half its speed), with
the peak of memory. Pictures are drawn; the exhibit is random bytes made on the way. Seconds are of the clock, those
of the processor in brackets: on a busy machine only the latter compare.
"""

import argparse
import hashlib
import io
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageDraw

from sitr.dossier import Both, Contents, ExhibitItem, JournalPart, TimelineRow, build, verify
from sitr.dossier.building import _key
from sitr.dossier.paper import Seen, paper
from sitr.dossier.signing import installation_name, sign_paper
from sitr.journal import Frontier, Kind, Signer, make_entry, sign_checkpoint

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
SIGNER = Signer(Ed25519PrivateKey.generate())
KEY = pyrage.x25519.Identity.generate()
SEEN = Seen({}, installation_name(SIGNER), _key(SIGNER), 200, "0" * 64, [("verify_2", "python3 verify.py")])


def main() -> None:
    """Measure the paper, then the sealing."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--megabytes", type=int, default=1024)
    ask.add_argument("--pictures", type=int, default=20)
    ask.add_argument("--folder", type=Path, default=None)
    given = ask.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        measure_paper(given.pictures)
        measure_sealing(Path(folder), given.megabytes)


class Took(float):
    """Seconds of the clock; `cpu` are those of this process and its children."""

    cpu: float

    def __str__(self) -> str:
        return f"{float(self):.2f} s ({self.cpu:.2f} s)"

    def rate(self, megabytes: int) -> str:
        return f"{megabytes / self:.0f} MB/s ({megabytes / max(self.cpu, 0.01):.0f} MB/s)"


def cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def timed(work: Callable[[], object]) -> tuple[Took, object]:
    start, spent = time.perf_counter(), cpu()
    done = work()
    took = Took(time.perf_counter() - start)
    took.cpu = cpu() - spent
    return took, done


def journal() -> JournalPart:
    tree, lines = Frontier(), []
    for seq in range(200):
        payload = {"seq": seq, "verb": "capture", "actor": "holder"}
        entry = make_entry(seq, NOW + timedelta(seconds=seq), Kind.SIGHTING, payload, bytes(16))
        tree.append(entry.line)
        lines.append(entry.line + b"\n")
    return JournalPart(b"".join(lines), sign_checkpoint("bench", tree.size, tree.root(), SIGNER).encode(), b"{}")


def picture(number: int) -> bytes:
    image = Image.new("RGB", (1600, 1200), (number * 12 % 255, 120, 90))
    draw = ImageDraw.Draw(image)
    for step in range(200):
        corner = (step * 37 * number % 1600, step * 53 % 1200)
        draw.ellipse((*corner, corner[0] + 200, corner[1] + 150), fill=(step, 255 - step, number * 10 % 255))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


def contents(exhibits: tuple[ExhibitItem, ...]) -> Contents:
    rows = tuple(
        TimelineRow(NOW + timedelta(minutes=n), Both("حُفظت الصفحة", "page captured"), f"https://a.example/{n}", n)
        for n in range(120)
    )
    return Contents(case="benchmark", opened_at=NOW, journal=journal(), timeline=rows, exhibits=exhibits)


def measure_paper(pictures: int) -> None:
    items = tuple(
        ExhibitItem(f"e{n}", "screenshot", f"{n}.jpg", "image/jpeg", "0" * 64, 1, NOW, None, preview=picture(n))
        for n in range(pictures)
    )
    whole = contents(items)
    drawn, pdf = timed(lambda: paper(whole, SEEN, NOW, {}))
    assert isinstance(pdf, bytes)
    signed, done = timed(lambda: sign_paper(pdf, SIGNER, NOW))
    assert isinstance(done, bytes)
    print(f"drawn and signed (wanted: under 4 s): {drawn + signed:.2f} s, {(drawn + signed) / 4:.2f} of it")
    print(f"paper: {count_pages(done)} pages, {pictures} pictures: drawn {drawn}, signed {signed}, {len(done):,} bytes")


def count_pages(pdf: bytes) -> int:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(pdf)
        file.flush()
        shown = subprocess.run(["pdfinfo", file.name], capture_output=True, text=True, check=True).stdout
    return int(next(line.split()[1] for line in shown.splitlines() if line.startswith("Pages:")))


def measure_sealing(folder: Path, megabytes: int) -> None:
    piece = os.urandom(1 << 20)

    def chunks() -> Iterator[bytes]:
        return (piece for _ in range(megabytes))

    state = hashlib.sha256()
    for chunk in chunks():
        state.update(chunk)
    item = ExhibitItem("big", "video", "big.mp4", "video/mp4", state.hexdigest(), megabytes << 20, NOW, chunks)
    whole, publics = contents((item,)), [str(KEY.to_public())]
    small, _ = timed(lambda: paper(whole, SEEN, NOW, {}))
    print(f"the paper of this one alone: {small}")
    before, built = peak(), {}
    for name, to in (("key", publics), ("phrase", [])):
        out = folder / f"{name}.age"
        took, _ = timed(lambda out=out, to=to: build(  # type: ignore[misc]
            whole, out, signer=SIGNER, now=NOW, random_bytes=os.urandom, recipients=to))  # fmt: skip
        built[name] = took
        print(f"build to a {name}: {took}, {took.rate(megabytes)} (paper, hash, zip, seal, fsync)")
        if name == "phrase":
            out.unlink()
    print(f"memory: {before} MB before, {peak()} MB at most")
    took, report = timed(lambda: verify(folder / "key.age", workdir=folder, identity=str(KEY)))
    print(f"verify: {took}, {took.rate(megabytes)}, {report.ok}")  # type: ignore[attr-defined]
    (folder / "key.age").unlink()
    age = measure_age(folder, chunks(), megabytes, publics[0])
    whole_ratio, bare_ratio = age / built["key"], age / max(built["key"] - small, 0.01)
    print(
        f"speed beside the age program (wanted: 0.5): {bare_ratio:.2f}; with the paper's time in it {whole_ratio:.2f}"
    )


def measure_age(folder: Path, chunks: Iterator[bytes], megabytes: int, public: str) -> Took:
    with (folder / "plain").open("wb") as plain:
        plain.writelines(chunks)
    command = ["age", "-r", public, "-o", str(folder / "by-age"), str(folder / "plain")]
    took, _ = timed(lambda: subprocess.run(command, check=True))
    os.sync()  # ours ends on the disk, too
    print(f"age program: {took}, {took.rate(megabytes)}")
    return took


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
