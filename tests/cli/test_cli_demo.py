"""`sitr demo` as a person runs it: a process of its own, a real Chromium, nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.typed import started

pytestmark = pytest.mark.browser

STEPS = [
    "case", "plan", "photos", "capture", "copies", "sightings", "routes", "notice", "send", "reply", "clock",
    "taken_down", "recheck", "time", "journal", "dossier", "verify", "age", "sha256sum", "script", "signature",
    "openssl_ts", "pdfsig", "tampered", "tampered_seal", "wrong_key", "erase",
]  # fmt: skip


def _left(folder: Path) -> list[str]:
    """Processes whose command line or working folder names this folder."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                said = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in said:
                found.append(said)
    return found


def test_the_demo_does_every_step_and_leaves_a_dossier_and_nothing_else(tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    said = started(["demo", "--json", "--lang", "en", "--keep", str(tmp_path / "kept")], {"TMPDIR": str(temp)})
    document = json.loads(said.out)
    assert [step["name"] for step in document["steps"]] == STEPS, said.err
    assert [step["name"] for step in document["steps"] if not step["ok"]] == [], said.err
    assert said.status == 0
    assert Path(document["dossier"]).is_file()
    assert Path(document["identity"]).stat().st_mode & 0o077 == 0
    assert list(temp.iterdir()) == []
    assert _left(temp) == []
    again = started(["verify", document["dossier"], "--identity", document["identity"], "--json"])
    assert again.status == 0


@pytest.mark.parametrize("ending", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_a_demo_that_is_interrupted_leaves_nothing_running_and_nothing_behind(
    tmp_path: Path, ending: signal.Signals
) -> None:
    temp, kept = tmp_path / "temp", tmp_path / "kept"
    temp.mkdir()
    env = {**os.environ, "TMPDIR": str(temp), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "sitr", "demo", "--lang", "en", "--keep", str(kept)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env, text=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        for line in demo.stdout:
            if "add the two photos" in line:
                break
        time.sleep(1.0)  # in the middle of the capture, with a browser running
        demo.send_signal(ending)
        demo.stdout.read()
        assert demo.wait(timeout=60) == 130
    assert list(temp.iterdir()) == []
    assert not kept.exists()
    assert _left(temp) == []


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    said = started(["demo", "--keep", str(tmp_path)])
    assert said.status == 2
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]
