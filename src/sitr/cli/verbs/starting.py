"""`sitr start`: the web app on this machine only, and the work that waits (time proofs), until it is told to stop."""

import ctypes
import errno
import signal
import socket
import sys
from threading import Event, Thread
from typing import Any

from sitr.cases import journals, shared_rows
from sitr.cli.call import Call
from sitr.errors import BadInput, SitrError

HOST = "127.0.0.1"
PORT = 8440
_STAMP_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1  # prctl(2)


def start(call: Call) -> int:
    """Serve until SIGINT or SIGTERM. Raises BadInput `cli.port_busy` or `cli.port_refused`."""
    port = _port(call.given.option("--port"))
    try:
        call.wire.serve(call.services, HOST, port, _announcing(call, port), lambda: _beside(call.services))
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise BadInput("cli.port_busy", port=port, other=_free_port()) from problem
        if problem.errno == errno.EACCES:
            raise BadInput("cli.port_refused", port=port) from problem
        raise
    call.note(call.say("stopped"))
    return 0


def _port(text: str | None) -> int:
    if text is None:
        return PORT
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise BadInput("cli.not_a_number", word=text)
    return int(text)


def _announcing(call: Call, port: int) -> Any:
    """Says where to go. A link is used up by its first visit; the next one is then announced the same way."""
    address = f"http://{HOST}:{port}"
    said: list[str] = []

    def announce(token: str) -> None:
        link = f"{address}/k/{token}"
        lines = [call.say("started", url=address), call.say("started_stop"), call.say("started_link", url=link)]
        if said:
            call.note(lines[-1])
        else:
            call.answer({"url": address, "link": link}, lines)
        said.append(token)
        call.out.flush()

    return announce


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _beside(services: Any) -> None:
    """In the serving process: end when the first one does, however it ends; fetch the time proofs that wait."""
    _ends_with_parent()
    Thread(target=_stamp, args=(services, Event()), name="time proofs", daemon=True).start()


def _ends_with_parent() -> None:
    # granian's worker lives on when its parent is killed outright, and would keep the port and an unlocked case.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stamp(services: Any, stop: Event) -> None:
    while not stop.wait(_STAMP_SECONDS):
        try:
            shared_rows.sweep(services)
            journals.stamp_pending(services)
        except (SitrError, OSError):
            continue  # still queued, and labelled so: the next round asks again
