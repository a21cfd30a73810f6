"""`sitr start` in a process of its own: a link that is good once, and a clean end."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.cli.cli_desk import Desk
from tests.cli.typed import started

SECONDS = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(home: Path, port: int) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A running Sitr and its first link."""
    env = {**os.environ, "SITR_HOME": str(home)}
    command = [sys.executable, "-m", "sitr", "start", "--port", str(port), "--json"]
    sitr = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, text=True)
    try:
        assert sitr.stdout is not None
        line = sitr.stdout.readline()
        assert line, sitr.communicate()[1]
        link = json.loads(line)["link"]
        _wait_for(port)
        yield sitr, link
    finally:
        if sitr.poll() is None:
            sitr.kill()
        sitr.communicate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nothing listens")


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as problem:
        return problem.code


def _children(pid: int) -> set[int]:
    return {int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


@pytest.mark.heavy
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_sitr_opens_by_its_link_and_ends_cleanly(home: Path, ending: signal.Signals) -> None:
    port = _free_port()
    with _running(home, port) as (sitr, link):
        assert _status(f"http://127.0.0.1:{port}/") == 403, "without the link nothing is shown"
        assert _status(link) in {200, 403}, "urllib keeps no cookie, so the page behind the link stays closed"
        assert _status(link) in {403, 404}, "the link was good once"
        children = _children(sitr.pid)
        assert children
        sitr.send_signal(ending)
        assert sitr.wait(timeout=SECONDS) == 0
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.heavy
def test_a_killed_sitr_leaves_no_server_behind(home: Path) -> None:
    port = _free_port()
    with _running(home, port) as (sitr, _):
        children = _children(sitr.pid)
        assert children
        sitr.kill()
        sitr.wait(timeout=SECONDS)
        end = time.monotonic() + SECONDS
        while any(Path(f"/proc/{pid}").exists() for pid in children):
            assert time.monotonic() < end, "the server lives on"
            time.sleep(0.05)


def test_a_port_that_is_taken_gets_a_sentence_and_another_one(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = started(["start", "--port", str(port), "--lang", "en"], {"SITR_HOME": str(home)})
    assert said.status == 2
    assert f"Port {port}" in said.err
    assert "sitr start --port" in said.err


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
@pytest.mark.parametrize("port", ["0", "65536", "http", "٨٠٨٠", "-1"])
def test_what_is_no_port_is_said_to_be_none(desk: Desk, port: str) -> None:
    said = desk.type("start", f"--port={port}")
    assert said.status == 2
    assert port in said.err
