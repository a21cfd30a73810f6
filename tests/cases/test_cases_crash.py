"""A process killed in the middle of any verb loses nothing: after the next start all is whole, or was not begun."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from tests.cases.crash_input import bomb, corrupt_image, hanging_site, text_named_jpg
from tests.cases.crash_rounds import Rounds, rounds, run
from tests.net.dead_port import dead_port

import sitr
from sitr.cli.demo.leaksite import leak_site
from sitr.cli.demo.photographs import find_photographs
from sitr.net import mark_throw_away

_HERE = Path(__file__).parent
_PATH = f"{_HERE.parents[1]}:{Path(sitr.__file__).parents[1]}"


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
        figures = run(world, kills=25, seconds=120, more=_in_the_middle_of_a_real_capture)
    with capsys.disabled():
        print("\n" + figures.told())
    assert not world.broken, "\n".join(dict.fromkeys(world.broken))
    assert figures.kills >= 10
    assert sum(figures.cut.values()) >= 5


# --- a disk without room ---


@pytest.mark.heavy
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
    broken = [f"{one['verb']} with {one['room']} bytes: {one['broken']}" for one in verbs if one["broken"]]
    assert not broken, "\n".join(broken)
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
        "PYTHONPATH": _PATH,
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


# --- other bad input, typed at `sitr` ---


@dataclass(frozen=True)
class Bad:
    """One thing that goes wrong, and the exit status that the contract gives it."""

    what: str
    argv: tuple[str, ...]
    status: int
    secret: str = "right"


@pytest.mark.browser
def test_bad_input_gets_a_sentence_and_a_status_and_loses_nothing(tmp_path: Path) -> None:
    for name in ("home", "user", "tmp"):
        (tmp_path / name).mkdir()
    mark_throw_away(tmp_path / "home")
    (tmp_path / "right").write_text("the right words\n")
    (tmp_path / "wrong").write_text("other words\n")
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"country": "DE", "answers": {"age": ["adult"]}}))
    with hanging_site() as hanging, dead_port() as dead:
        sitr_ = _Typed(tmp_path, f"{hanging} {dead}")
        case = json.loads(sitr_.type("right", "case", "new", "--answers", str(answers), "--json").stdout)["case"]
        before = json.loads(sitr_.type("right", "journal", "verify", case, "--json").stdout)
        bads = [*_bad_files(tmp_path, case), *_bad_addresses(case, hanging, sitr_.dead)]
        tries = list(zip(bads, cycle(("ar", "en")), strict=False))  # a language each: the words are tested elsewhere
        with ThreadPoolExecutor(3) as pool:
            done = list(pool.map(lambda one: sitr_.type(one[0].secret, *one[0].argv, "--lang", one[1]), tries))
        after = json.loads(sitr_.type("right", "journal", "verify", case, "--json").stdout)
    wrong = [problem for (bad, lang), said in zip(tries, done, strict=True) for problem in _wrong(bad, lang, said)]
    assert not wrong, "\n".join(wrong)
    assert (before["ok"], after["ok"], after["size"]) == (True, True, before["size"])
    assert not list(Path(tmp_path / "home" / "blobs").iterdir())
    assert not list((tmp_path / "tmp").iterdir())


def _bad_files(folder: Path, case: str) -> list[Bad]:
    files = {
        "a corrupt image": corrupt_image(folder / "corrupt.jpg"),
        "a bomb of 100 megapixels": bomb(folder / "bomb.png"),
        "a text named .jpg": text_named_jpg(folder / "text.jpg"),
    }
    return [Bad(what, ("photo", "add", case, str(path)), 2) for what, path in files.items()]


def _bad_addresses(case: str, hanging: int, dead: int) -> list[Bad]:
    return [
        Bad("a wrong passphrase", ("case", "show", case), 3, "wrong"),
        Bad("an address that is none", ("sighting", "add", case, "this is no address"), 2),
        Bad("a page that is none", ("capture", case, "http://", "--child", "no"), 2),
        Bad("a site that hangs", ("capture", case, f"http://127.0.0.1:{hanging}/page", "--child", "no"), 4),
        Bad("a site that was killed", ("capture", case, f"http://127.0.0.1:{dead}/page", "--child", "no"), 4),
    ]


def _wrong(bad: Bad, lang: str, said: "subprocess.CompletedProcess[str]") -> Iterator[str]:
    who = f"{bad.what} ({lang})"
    if said.returncode != bad.status:
        yield f"{who}: status {said.returncode}, not {bad.status}: {said.stderr[-600:]}"
    if "Traceback" in said.stderr or 'File "' in said.stderr:
        yield f"{who}: a traceback: {said.stderr[-600:]}"
    sentence = said.stderr.strip()
    arabic = sum("\u0600" <= c <= "\u06ff" for c in sentence)
    if (arabic < 20) if lang == "ar" else (arabic > 0 or len(sentence.split()) < 5):
        yield f"{who}: no sentence in that language: {sentence!r}"
    if said.stdout:
        yield f"{who}: something on standard output: {said.stdout!r}"


class _Typed:
    """`sitr` in processes of its own, on one throw-away home."""

    def __init__(self, base: Path, ports: str) -> None:
        self._base, self.dead = base, int(ports.split()[1])
        self._env = {
            "PATH": os.environ["PATH"], "HOME": str(base / "user"), "TMPDIR": str(base / "tmp"), "LANG": "C.UTF-8",
            "SITR_HOME": str(base / "home"), "PYTHONDONTWRITEBYTECODE": "1", "SITR_ACCEPT_UNCONFINED": "yes",
            "PYTHONPATH": _PATH, "CRASH_PORTS": ports,
        }  # fmt: skip

    def type(self, secret: str, *argv: str) -> "subprocess.CompletedProcess[str]":
        """One call; it ends within a minute and a half, whatever the site does."""
        return subprocess.run(
            [sys.executable, str(_HERE / "crash_sitr.py"), *argv],
            capture_output=True, text=True, timeout=90, check=False, cwd=self._base,
            env={**self._env, "SITR_PASSPHRASE_FILE": str(self._base / secret)},
        )  # fmt: skip
