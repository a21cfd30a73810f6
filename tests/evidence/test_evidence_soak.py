"""Captures in a row leave no process, no file and no memory behind. In a process of its own: only they count."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def soaked(runs: int) -> dict[str, Any]:
    """What `benchmarks.soak` found."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "benchmarks.soak", "--runs", str(runs), "--json"]
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, timeout=280 if runs < 50 else 2400
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def clean(found: dict[str, Any], grown: int) -> None:
    """Nothing stays, and memory has grown by no more than that since the third capture."""
    assert found["whole"] == found["runs"]
    assert found["processes"] == 0
    assert found["threads"] == 1
    assert found["traces"] == []
    assert found["files_last"] <= found["files_first"]
    assert found["rss_last"] - found["rss_warm"] < grown, found


def test_six_captures_in_a_row_leave_nothing_behind() -> None:
    clean(soaked(6), 12 * 2**20)


@pytest.mark.long
@pytest.mark.timeout(2500)
def test_a_hundred_captures_in_a_row_leave_nothing_behind() -> None:
    clean(soaked(100), 16 * 2**20)
