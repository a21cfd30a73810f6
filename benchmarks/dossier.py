"""How fast a dossier is drawn, signed, sealed and verified. Run: `python benchmarks/dossier.py`.

    python benchmarks/dossier.py [--megabytes 256 512 1024 2048] [--repeats 3] [--ways key vault phrase]
        [--pictures 20] [--folder DIR]

First the paper: some 30 pages with 20 pictures, drawn and signed (wanted: under 4 s). Then one large exhibit, packed
and sealed to a key and to a phrase from memory, and to a key out of the vault as in a real case, beside the `age`
program on as many bytes (wanted: at least half its speed), with the peak of memory. What is spent before the first
byte of the exhibit (drawing and signing the paper, a phrase's scrypt) is told apart. Pictures are drawn; the exhibit is
random bytes. Seconds are of the clock, those of the processor in brackets: on a busy machine only the latter compare.
"""

import argparse
import hashlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageDraw

from sitr.dossier import Both, Contents, ExhibitItem, JournalPart, TimelineRow, build
from sitr.dossier.building import _key
from sitr.dossier.paper import Seen, paper
from sitr.dossier.signing import installation_name, sign_paper
from sitr.journal import Frontier, Kind, Signer, make_entry, sign_checkpoint
from sitr.vault import Content, FolderBlobs, Identity, Place

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
SIGNER = Signer(Ed25519PrivateKey.generate())
PUBLIC = str(pyrage.x25519.Identity.generate().to_public())
SEEN = Seen({}, installation_name(SIGNER), _key(SIGNER), 200, "0" * 64, [("verify_2", "python3 verify.py")])


def main() -> None:
    """Measure the paper, then the sealing."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--megabytes", type=int, nargs="*", default=[1024])
    ask.add_argument("--pictures", type=int, default=20)
    ask.add_argument("--repeats", type=int, default=3)
    ask.add_argument("--ways", nargs="*", default=["key", "vault", "phrase"])
    ask.add_argument("--folder", type=Path, default=None)
    ask.add_argument("--one", default="", help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.one:
        run_one(given.folder, given.one, given.megabytes[0])
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        if given.pictures:
            measure_paper(given.pictures)
        measure_sealing(Path(folder), given.megabytes, given.repeats, given.ways)


class Took(float):
    """Seconds of the clock; `cpu` are those of this process and its children."""

    cpu: float

    def __str__(self) -> str:
        return f"{float(self):.2f} s ({self.cpu:.2f} s)"


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


def measure_sealing(folder: Path, megabytes: Sequence[int], repeats: int, ways: Sequence[str]) -> None:
    """Each size by turns: the `age` program, then ours, so that a busy minute weighs on both."""
    fixed = {way: one(folder, way, 0).wall for way in ways}
    for size in megabytes:
        plain(folder / "plain", size)
        rows: dict[str, list[Ran]] = {way: [] for way in ("age", *ways)}
        for _ in range(repeats):
            for way, found in rows.items():
                found.append(by_age(folder) if way == "age" else one(folder, way, size))
        (folder / "plain").unlink()
        age = median(rows["age"])
        print(f"{size} MB, {repeats} times, medians; the age program: {age}")
        for way in ways:
            ran = median(rows[way])
            bare = age.wall / max(ran.wall - ran.before, 0.01)
            print(
                f"  {way}: {ran}; fixed costs {ran.before:.2f} s (0 MB: {fixed[way]:.2f} s); of age's speed (wanted:"
                f" 0.5) {bare:.2f}, fixed costs with it {age.wall / ran.wall:.2f}; age's processor time / ours"
                f" {age.cpu / max(ran.cpu, 0.01):.2f}; memory {ran.start} -> {ran.peak} MB"
            )


@dataclass(frozen=True)
class Ran:
    """One run: seconds of the clock and of the processor for the bytes; seconds before the first of them; memory."""

    wall: float
    cpu: float
    before: float = 0
    start: int = 0
    peak: int = 0

    def __str__(self) -> str:
        return f"{self.wall:.2f} s ({self.cpu:.2f} s)"


def median(runs: Sequence[Ran]) -> Ran:
    return Ran(*(statistics.median(getattr(ran, name) for ran in runs) for name in Ran.__dataclass_fields__))


def plain(file: Path, megabytes: int) -> None:
    piece = os.urandom(1 << 20)
    with file.open("wb") as out:
        out.writelines(piece for _ in range(megabytes))
        out.flush()
        os.fsync(out.fileno())


def by_age(folder: Path) -> Ran:
    """The `age` program on the file; without a sync, which it does not do and ours does."""
    out = folder / "by-age"
    took, _ = timed(lambda: subprocess.run(["age", "-r", PUBLIC, "-o", out, folder / "plain"], check=True))
    out.unlink()
    return Ran(float(took), took.cpu)


def one(folder: Path, way: str, megabytes: int) -> Ran:
    """One dossier in a process of its own, so that memory and caches are its own."""
    command = [sys.executable, __file__, "--one", way, "--megabytes", str(megabytes), "--folder", str(folder)]
    return Ran(*json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout))


def run_one(folder: Path, way: str, megabytes: int) -> None:
    """`key` and `phrase`: the bytes come from memory; `vault`: from sealed files, as in a real case, to a key."""
    item = sealed_item(folder, megabytes) if way == "vault" else memory_item(megabytes)
    whole, out, began = contents((item,) if megabytes else ()), folder / "one.age", [0.0, 0.0]
    inner = item.source

    def source() -> Iterable[bytes]:
        began[:] = time.perf_counter(), cpu()
        return inner() if inner else ()

    whole = replace(whole, exhibits=tuple(replace(one, source=source) for one in whole.exhibits))
    start, at = high_water(), time.perf_counter()
    recipients = [] if way == "phrase" else [PUBLIC]
    build(whole, out, signer=SIGNER, now=NOW, random_bytes=os.urandom, recipients=recipients)
    done, spent = time.perf_counter(), cpu()
    out.unlink()
    before = (began[0] or done) - at
    print(json.dumps([done - at, spent - began[1], before, start, high_water()]))


def memory_item(megabytes: int) -> ExhibitItem:
    piece, state = os.urandom(1 << 20), hashlib.sha256()
    for _ in range(megabytes):
        state.update(piece)
    return item_of(megabytes, state.hexdigest(), lambda: (piece for _ in range(megabytes)))


def sealed_item(folder: Path, megabytes: int) -> ExhibitItem:
    store, holder, here = FolderBlobs(folder / "blobs", os.urandom), Identity.generate(), Place("c", "e", "r", "blob")
    for old in store.names():
        store.delete(old)
    with (folder / "plain").open("rb") if megabytes else io.BytesIO() as source:
        kept = store.put(source, here, holder.public)
    content = Content(kept.length, kept.content_sha256)
    return item_of(megabytes, content.sha256.hex(), lambda: store.once(kept.name, here, holder, content))


def item_of(megabytes: int, sha256: str, source: Callable[[], Iterable[bytes]]) -> ExhibitItem:
    return ExhibitItem("big", "video", "big.mp4", "video/mp4", sha256, megabytes << 20, NOW, source)


def high_water() -> int:
    """The most memory that this process has held, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
