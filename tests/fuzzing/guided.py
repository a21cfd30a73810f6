"""Minutes of damage for one target: guided by coverage where atheris is installed, by dice where it is not.

    python -m tests.fuzzing.guided TARGET SECONDS FOLDER

writes each new find (its input, and where it failed) and a count into FOLDER. Finds do not end the run: the same place
is noted once, and the minutes go on.
"""

import json
import random
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

_LONGEST = 65_536
_OURS = ("sitr", "email", "html.parser", "zipfile", "tarfile", "warcio", "opentimestamps")


@dataclass
class Tally:
    """What a run came to. `finds`: the place of failure of each different one."""

    target: str
    guided: bool
    runs: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    finds: list[str] = field(default_factory=list)


class Watch:
    """Runs one input after another, counts them and keeps what fails."""

    def __init__(self, target: str, read: Callable[[bytes], None], folder: Path, *, guided: bool) -> None:
        self._read, self._folder = read, folder
        self._began, self._written = time.monotonic(), 0.0
        self.tally = Tally(target, guided)

    def one(self, data: bytes) -> None:
        """Read one input."""
        self.tally.runs += 1
        try:
            self._read(data)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as failed:  # whatever a reader lets through is a find
            self._keep(data, failed)
        if time.monotonic() - self._written > 2:
            self.write()

    def write(self) -> None:
        """The count so far, since a run may end without a word."""
        self._written = time.monotonic()
        self.tally.seconds, self.tally.processor = round(self._written - self._began, 1), round(time.process_time(), 1)
        (self._folder / f"{self.tally.target}.json").write_text(json.dumps(asdict(self.tally)), encoding="utf-8")

    def _keep(self, data: bytes, failed: BaseException) -> None:
        frames = [one for one in traceback.extract_tb(failed.__traceback__) if "/tests/fuzzing/" not in one.filename]
        last = frames[-1] if frames else None
        inner = next((one for one in reversed(frames) if "/sitr/" in one.filename), last)
        place = f"{type(failed).__name__} at {inner and Path(inner.filename).name}:{inner and inner.lineno}"
        if place in self.tally.finds:
            return
        self.tally.finds.append(place)
        name = f"find-{self.tally.target}-{sha256(place.encode()).hexdigest()[:8]}"
        (self._folder / name).write_bytes(data)
        told = "".join(traceback.format_exception(failed))
        (self._folder / f"{name}.txt").write_text(told, encoding="utf-8", errors="backslashreplace")
        self.write()


def by_dice(watch: Watch, seeds: list[bytes], seconds: float) -> None:
    """Random damage to the seeds, until the time is over."""
    from tests.fuzzing.damage import damaged

    dice, ends = random.Random(), time.monotonic() + seconds  # noqa: S311  damage, not secrets
    while time.monotonic() < ends:
        edits = [(dice.randrange(2**17), dice.randrange(6), dice.randrange(2**16)) for _ in range(dice.randint(1, 12))]
        seed = dice.choice(seeds)
        watch.one(seed[:1] + damaged(seed[1:], edits))
    watch.write()


def by_coverage(watch: Watch, seeds: list[bytes], seconds: float, folder: Path) -> None:
    """libFuzzer through atheris: inputs that reach something new are kept and worked on."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from tests.fuzzing.damage import WORDS

    corpus = folder / f"corpus-{watch.tally.target}"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / f"seed-{number:03}").write_bytes(seed)
    words = folder / f"{watch.tally.target}.words"
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in WORDS), encoding="ascii")
    longest = min(_LONGEST, max(4096, *(2 * len(seed) for seed in seeds)))
    options = [
        f"-max_total_time={int(seconds)}", f"-max_len={longest}", f"-dict={words}", "-timeout=120",
        "-rss_limit_mb=6000", f"-artifact_prefix={folder}/ended-{watch.tally.target}-", "-verbosity=1",
        "-print_final_stats=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], str(corpus), *options], watch.one)
    atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


def main(name: str, seconds: float, folder: Path) -> None:
    """One target."""
    guided = find_spec("atheris") is not None
    if guided:
        import atheris

        with atheris.instrument_imports(include=list(_OURS), enable_loader_override=False):
            from tests.fuzzing.targets import TARGETS
    else:
        from tests.fuzzing.targets import TARGETS
    target = TARGETS[name]
    seeds = target.seeds()
    watch = Watch(name, target.read, folder, guided=guided)
    for seed in seeds:
        watch.one(seed)
    watch.write()
    if guided:
        by_coverage(watch, seeds, seconds, folder)
    else:
        by_dice(watch, seeds, seconds)


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(sys.argv[1], float(sys.argv[2]), Path(sys.argv[3]))
