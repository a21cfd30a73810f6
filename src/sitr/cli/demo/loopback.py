"""An HTTP server on this machine for as long as a block lasts.

The sites and authorities of the demo, and of the tests, stand on it. Not here: what they answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_POLL_SECONDS = 0.02  # how soon a server notices that it is to end
_LAST_SECONDS = 5.0


class Quiet(BaseHTTPRequestHandler):
    """A handler that prints nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the name is the base class's
        """Silent."""

    def reply(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """One whole answer; its length is always said."""
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def loopback_server(
    handler: type[BaseHTTPRequestHandler], *, port: int = 0, kind: type[ThreadingHTTPServer] = ThreadingHTTPServer
) -> Iterator[ThreadingHTTPServer]:
    """A server of the `kind` on 127.0.0.1, at a free port where `port` is 0, until the block ends.

    Raises OSError where the port is taken.
    """
    server = kind(("127.0.0.1", port), handler)
    server.daemon_threads, server.block_on_close = True, False
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": _POLL_SECONDS}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_LAST_SECONDS)
