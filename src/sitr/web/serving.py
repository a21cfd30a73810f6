"""Serving the application: granian for people, a small threaded server in this process for tests and the demo's parts.

granian's worker is a forked process; the factory is called inside it, so whatever it closes over (services, a loopback
pass) comes along by the fork and no database connection is shared.
"""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import WSGIApplication

THREADS = 4


def serve(factory: Callable[[], WSGIApplication], host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM: one worker process with four threads. Must be called in the main thread.

    Raises OSError when the port is taken.
    """
    from granian.constants import Interfaces
    from granian.server.mp import MPServer

    _refuse_taken(host, port)
    server = MPServer(
        "sitr", address=host, port=port, interface=Interfaces.WSGI, workers=1, blocking_threads=THREADS,
        websockets=False, log_enabled=False, workers_kill_timeout=5,
    )  # fmt: skip
    server.serve(target_loader=factory, wrap_loader=False)


def _refuse_taken(host: str, port: int) -> None:
    # granian binds with SO_REUSEPORT: a second Sitr would share the port silently and get every other request.
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


class _Threaded(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    # HTTP/1.0 closes after each answer, so that no thread waits on an idle browser when the server is closed.
    def log_message(self, *_: Any) -> None:
        """Nothing: addresses are not logged."""

    def get_environ(self) -> Any:
        environ = super().get_environ()
        environ.pop("HTTP_PROXY", None)
        return environ


@contextmanager
def served_here(application: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The application on a thread of this process, at the address handed back, until the block ends."""
    server = make_server(host, port, application, server_class=_Threaded, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
