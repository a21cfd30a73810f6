"""The table of the hostile suite: every scene is captured once, on loopback, with canaries around it.

Run: `python -m benchmarks.hostile [--out FILE] [--quick]`. Writes a Markdown table: what was tried, what became of it,
how long it took, what the record says. Status 1 when anything escaped, hung, or was not told. `--quick` leaves the slow
ones out.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.evidence.hostile_scenes import SCENES, Outcome, play

from sitr.evidence import confinement


def row(outcome: Outcome) -> str:
    """One line of the table."""
    scene = outcome.scene
    held = "held" if not outcome.wrong else f"**{outcome.wrong}**"
    said = ", ".join(outcome.said) or "nothing to say"
    cells = (scene.name, len(scene.tries), outcome.escapes, outcome.result, f"{outcome.seconds:.1f}", said, held)
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main() -> int:
    """Play them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    lines = [
        "| scene | attempts | escapes | result | s | the record says | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    done: list[Outcome] = []
    for scene in SCENES:
        if arguments.quick and scene.slow:
            continue
        work, home = (Path(tempfile.mkdtemp(dir="/dev/shm")) for _ in range(2))
        try:
            done.append(play(scene, work, home))
        finally:
            shutil.rmtree(work)
            shutil.rmtree(home)
        lines.append(row(done[-1]))
        print(lines[-1], file=sys.stderr, flush=True)
    attempts = sum(len(one.scene.tries) for one in done)
    wrong = [one for one in done if one.wrong]
    lines.append("")
    lines.append(
        f"{attempts} attempts in {len(done)} captures, {sum(o.escapes for o in done)} escapes, {len(wrong)} scenes "
        f"that did not hold, slowest {max(o.seconds for o in done):.1f} s; confinement `{confinement().kind}`."
    )
    text = "\n".join(lines) + "\n"
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
