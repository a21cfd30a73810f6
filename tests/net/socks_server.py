"""A SOCKS5 server that really speaks RFC 1928 (and RFC 1929), on loopback, with a name table of its own."""

import contextlib
import socket
import threading
from collections.abc import Mapping

_CONNECT, _IPV4, _NAME, _IPV6 = 1, 1, 3, 4
_GRANTED, _FORBIDDEN, _HOST_UNREACHABLE = 0, 2, 4


class SocksServer:
    """`names` says where each (name, port) leads; anything else is unreachable. `asked` is what clients asked for."""

    def __init__(
        self, names: Mapping[tuple[str, int], tuple[str, int]], secret: tuple[str, str] | None = None, answer: int = 0
    ) -> None:
        self.asked: list[tuple[int, str, int]] = []
        self.secrets: list[tuple[str, str]] = []
        self._names, self._secret, self._answer = dict(names), secret, answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it and every connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in tuple(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, contextlib.suppress(OSError, EOFError):
            if not self._greet(sock):
                return
            _version, command, _reserved, kind = _exactly(sock, 4)
            host = _host(sock, kind)
            port = int.from_bytes(_exactly(sock, 2), "big")
            self.asked.append((kind, host, port))
            target = self._names.get((host, port))
            reply = self._answer or (_GRANTED if target and command == _CONNECT else _HOST_UNREACHABLE)
            # The address bound, as a name this once: clients must read whatever form it has.
            bound = b"\x03\x05proxy" if port == 443 else b"\x01\x7f\x00\x00\x01"
            sock.sendall(bytes([5, reply, 0]) + bound + (1).to_bytes(2, "big"))
            if reply == _GRANTED and target:
                with socket.create_connection(target, 10) as far:
                    self._open.add(far)
                    _splice(sock, far)

    def _greet(self, sock: socket.socket) -> bool:
        version, count = _exactly(sock, 2)
        methods = _exactly(sock, count)
        wanted = 2 if self._secret else 0
        if version != 5 or wanted not in methods:
            sock.sendall(b"\x05\xff")
            return False
        sock.sendall(bytes([5, wanted]))
        if not self._secret:
            return True
        _exactly(sock, 1)
        name = _exactly(sock, _exactly(sock, 1)[0]).decode()
        word = _exactly(sock, _exactly(sock, 1)[0]).decode()
        self.secrets.append((name, word))
        good = (name, word) == self._secret
        sock.sendall(bytes([1, 0 if good else 1]))
        return good


def _host(sock: socket.socket, kind: int) -> str:
    if kind == _NAME:
        return _exactly(sock, _exactly(sock, 1)[0]).decode()
    if kind == _IPV4:
        return socket.inet_ntop(socket.AF_INET, _exactly(sock, 4))
    return socket.inet_ntop(socket.AF_INET6, _exactly(sock, 16))


def _exactly(sock: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        part = sock.recv(size - len(got))
        if not part:
            raise EOFError
        got += part
    return got


def _splice(one: socket.socket, other: socket.socket) -> None:
    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=pump, args=(other, one), daemon=True)
    back.start()
    pump(one, other)
    back.join(10)


class OddServer:
    """Something at the proxy's port that is no proxy: says `words` and hangs up."""

    def __init__(self, words: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._words = words
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            sock, _ = self._listener.accept()
            with sock:
                sock.sendall(self._words)
                sock.recv(512)

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
