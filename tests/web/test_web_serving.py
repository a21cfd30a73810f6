"""Serving: granian in its own process for people, a small server in this process for tests."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable, Iterator
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from sitr.web.serving import serve, served_here

_PROGRAM = """
import os, sys
from sitr.web.serving import serve

captured = object()  # what a factory closes over comes along into the worker

def factory():
    made_in = os.getpid()
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{made_in} {os.getpid()} {captured is not None}".encode()]
    return application

serve(factory, "127.0.0.1", int(sys.argv[1]))
print("ended cleanly")
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, seconds: float) -> bytes:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = _free_port()
    command = [sys.executable, "-c", _PROGRAM, str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "src"})
    yield process, f"http://127.0.0.1:{port}/"
    process.terminate()
    process.communicate(timeout=60)


def test_the_application_is_built_in_the_worker_and_answers_within_three_seconds(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = server
    made_in, answered_in, captured = _wait_for(url, 3.0).decode().split()
    assert made_in == answered_in != str(process.pid)
    assert captured == "True"


def test_a_signal_ends_the_server_and_its_worker_cleanly(server: tuple[subprocess.Popen[str], str]) -> None:
    process, url = server
    worker = int(_wait_for(url, 60.0).split()[0])
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "ended cleanly\n")
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_taken_port_is_refused_and_not_shared() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            serve(lambda: _application, "127.0.0.1", other.getsockname()[1])


def _application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    time.sleep(0.2)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]


def test_an_application_object_is_served_in_this_process() -> None:
    with served_here(_application) as base:
        assert urllib.request.urlopen(base + "/", timeout=5).read().decode() == str(os.getpid())
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(base + "/", timeout=5)
