"""A process killed in the middle of any verb loses nothing: after the next start all is whole, or was not begun."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from crash_rounds import Rounds, rounds, run

import sitr
from sitr.cli.demo.leaksite import leak_site
from sitr.cli.demo.photographs import find_photographs

_HERE = Path(__file__).parent


def _in_the_middle_of_a_real_capture(world: Rounds) -> None:
    """A real browser is at work when its Sitr is killed: none goes on, and its folder in memory is swept."""
    with leak_site(find_photographs()) as site:
        world.page, world.ports = site.url, (site.port,)
        world.kill_after(world.rng.uniform(2.5, 4.0), real=True)


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(1_500)
def test_several_hundred_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with rounds(tmp_path, seed=int.from_bytes(os.urandom(6), "big")) as world:
        figures = run(world, kills=400, seconds=1_200, more=_in_the_middle_of_a_real_capture)
    with capsys.disabled():
        print("\n" + figures.told())
    assert not world.broken, "\n".join(dict.fromkeys(world.broken))
    assert figures.kills >= 100


@pytest.mark.browser
def test_a_process_killed_in_any_verb_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with rounds(tmp_path, seed=20260314) as world:
        figures = run(world, kills=25, seconds=45, more=_in_the_middle_of_a_real_capture)
    with capsys.disabled():
        print("\n" + figures.told())
    assert not world.broken, "\n".join(dict.fromkeys(world.broken))
    assert figures.kills >= 10
    assert sum(figures.cut.values()) >= 5


# --- a disk without room ---


def test_a_full_disk_is_said_in_words_and_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _judge_full_disk(_on_a_small_disk(tmp_path, 24 * 2**20, "short"), capsys)


@pytest.mark.long
def test_a_disk_with_a_little_room_loses_nothing_either(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _judge_full_disk(_on_a_small_disk(tmp_path, 24 * 2**20, "long"), capsys)


def _judge_full_disk(said: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    verbs = [one for one in said if "verb" in one]
    wrong = [f"{one['verb']} with {one['room']} bytes: {one['came']} {one['code']} {one.get('trace', '')}"
             for one in verbs if one["came"] not in {"done", "StoreFull"}]  # fmt: skip
    assert not wrong, "\n".join(wrong)
    assert not [one for one in verbs if one["broken"]], [one for one in verbs if one["broken"]]
    # With no room at all every one of them must say so, in both languages. That all goes on afterwards is shown by the
    # next verb, which needs what the ones before it do, and by the end of the list.
    none_left = {one["verb"]: one for one in verbs if one["room"] == 0}
    assert {name for name, one in none_left.items() if one["came"] == "done"} == set()
    assert all(len(one["words"]) == 2 and all(one["words"]) for one in none_left.values())
    assert len(none_left) > 20
    plenty = [one for one in verbs if one["room"] == 2**30]
    assert all(one["came"] == "done" for one in plenty)
    full, afterwards = said[-2], said[-1]
    for status, words in (full["typed"], full["new"]):
        assert status in {0, 2, 3}, words
        assert "Traceback" not in words
        assert "unexpected" not in words
    assert afterwards["typed"][0] == 0
    with capsys.disabled():
        print(f"\n{len(verbs)} calls on a full disk, {sum(one['came'] == 'StoreFull' for one in verbs)} refused")


def _on_a_small_disk(base: Path, size: int, how: str) -> list[dict[str, Any]]:
    """Run the verbs with a disk of that size in memory, which is mounted for that process alone."""
    disk, user = base / "disk", base / "user"
    disk.mkdir()
    user.mkdir()
    wall = ["bwrap", "--dev-bind", "/", "/", "--size", str(size), "--tmpfs", str(disk)]
    if shutil.which("bwrap") is None or subprocess.run([*wall, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no small disk can be mounted here: bubblewrap or its namespaces are missing")
    read_end, write_end = os.pipe()
    env = {
        "PATH": os.environ["PATH"], "HOME": str(user), "LANG": "C.UTF-8", "SITR_HOME": str(disk / "home"),
        "PYTHONDONTWRITEBYTECODE": "1", "SITR_SMTP": "127.0.0.1:9", "SITR_SMTP_FROM": "notices@sitr.invalid",
        "PYTHONPATH": f"{_HERE}:{Path(sitr.__file__).parents[1]}",
    }  # fmt: skip
    # One copy of the pipe's end goes through the wall; both close when the process ends.
    process = subprocess.Popen(
        [*wall, sys.executable, str(_HERE / "crash_full_disk.py"), str(disk), str(write_end), how],
        env=env, pass_fds=[write_end], stderr=subprocess.PIPE,
    )  # fmt: skip
    os.close(write_end)
    with os.fdopen(read_end, encoding="utf-8") as said:
        lines = [json.loads(line) for line in said]
    _, trouble = process.communicate(timeout=60)
    assert process.returncode == 0, trouble.decode()[-3_000:]
    return lines
