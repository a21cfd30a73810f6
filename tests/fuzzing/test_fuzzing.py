"""Every reader of what strangers hand in takes damage: some seconds with fixed seeds, ten minutes each with `--long`.

The long runs are guided by coverage where atheris is installed (`pip install atheris`); without it they go by dice.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing.damage import damaged
from tests.fuzzing.guided import Watch, by_dice
from tests.fuzzing.targets import IMPORTS, TARGETS

ROOT = Path(__file__).parents[2]
MUSEUM = ROOT / "tests" / "assets" / "fuzzing"
MINUTES = 10
SMALL = sorted(TARGETS.keys() - IMPORTS.keys())
EXAMPLES = {"whole_journal": 5, "decoding": 40}
EDITS = st.lists(st.tuples(st.integers(0, 2**17), st.integers(0, 5), st.integers(0, 2**16)), min_size=1, max_size=8)


@pytest.mark.parametrize("name", SMALL)
def test_damage_is_read_or_refused(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    assert seeds

    @settings(max_examples=EXAMPLES.get(name, 80), derandomize=True, database=None)
    @given(st.integers(0, len(seeds) - 1), EDITS)
    def run(place: int, edits: list[tuple[int, int, int]]) -> None:
        target.read(seeds[place][:1] + damaged(seeds[place][1:], edits))

    run()


@pytest.mark.parametrize("found", sorted(MUSEUM.iterdir()), ids=lambda one: one.name)
def test_what_was_found_once_is_read_or_refused(found: Path) -> None:
    TARGETS[found.name.partition("--")[0]].read(found.read_bytes())


def test_a_run_keeps_each_find_once_and_goes_on(tmp_path: Path) -> None:
    def read(data: bytes) -> None:
        if len(data) % 2:
            raise KeyError(data)

    watch = Watch("weak", read, tmp_path, guided=False)
    for size in range(10):
        watch.one(bytes(size))
    by_dice(watch, [b"abcd"], 0.01)
    told = json.loads((tmp_path / "weak.json").read_text(encoding="utf-8"))
    assert told["runs"] >= 10
    assert len(told["finds"]) == 1
    assert told["finds"][0].startswith("KeyError")
    assert len(list(tmp_path.glob("find-weak-*[0-9a-f]"))) == 1


@pytest.mark.long
@pytest.mark.timeout(MINUTES * 60 + 900)
@pytest.mark.parametrize("name", [*IMPORTS, *(one for one in TARGETS if one not in IMPORTS)])
def test_ten_minutes_of_damage_find_nothing(name: str, tmp_path: Path) -> None:
    # What is found stays where the variable says, to be looked at and to join the museum.
    folder = Path(os.environ.get("SITR_FUZZ", tmp_path)) / name
    folder.mkdir(parents=True)
    with (folder / "log").open("wb") as log:
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tests.fuzzing.guided", name, str(MINUTES * 60), str(folder)],
            cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False, timeout=MINUTES * 60 + 840,
        )  # fmt: skip
    told = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    assert told["finds"] == []
    assert ended.returncode == 0
    assert told["runs"] > 10
