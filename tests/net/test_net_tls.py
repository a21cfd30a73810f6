"""TLS at the door: the name is verified although the connection goes to a number."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sitr.errors import OutsideSilent
from sitr.net import Door, Limits, LoopbackPass, mark_throw_away

LIMITS = Limits(seconds=30, bytes=10_000, redirects=2)
NOW = datetime.now(UTC)


class Roots:
    """A root of our own and certificates under it, as files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test root")])
        root = self._certificate(self._name, self._key, NOW + timedelta(days=1), authority=True, host="root")
        self.file = folder / "root.pem"
        self.file.write_bytes(root.public_bytes(serialization.Encoding.PEM))

    def server(self, host: str, *, days: int = 1) -> ssl.SSLContext:
        """Settings of a server whose certificate names `host` and ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")])
        certificate = self._certificate(leaf, key, NOW + timedelta(days=days), authority=False, host=host)
        chain = self._folder / f"{host}{days}.pem"
        private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        chain.write_bytes(key.private_bytes(*private) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime, *, authority: bool, host: str
    ) -> x509.Certificate:
        usage = x509.KeyUsage(True, False, False, False, False, authority, authority, False, False)
        draft = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number())
        draft = draft.not_valid_before(NOW - timedelta(days=30)).not_valid_after(until)
        draft = draft.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        draft = draft.add_extension(usage, critical=True)
        draft = draft.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        own, root = key.public_key(), self._key.public_key()
        draft = draft.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        draft = draft.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root), critical=False)
        return draft.sign(self._key, hashes.SHA256())


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Roots:
    return Roots(tmp_path_factory.mktemp("roots"))


@contextmanager
def serving(context: ssl.SSLContext, names: list[str | None]) -> Iterator[int]:
    """A TLS server that notes the name it was asked for; gives its port."""
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_answer_one, args=(listener, context), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


def _answer_one(listener: socket.socket, context: ssl.SSLContext) -> None:
    listener.settimeout(30)
    with suppress(OSError):
        plain, _ = listener.accept()
        with plain, context.wrap_socket(plain, server_side=True) as connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nsafe")


def door_to(home: Path, port: int, root: Path | None) -> Door:
    mark_throw_away(home)
    return Door(
        loopback=LoopbackPass(home, [port]),
        resolver=lambda _host, _port: ["127.0.0.1"],
        trust=lambda: ssl.create_default_context(cafile=root),
    )


def test_the_right_certificate_is_accepted_and_the_name_is_asked_for(home: Path, roots: Roots) -> None:
    names: list[str | None] = []
    with serving(roots.server("leak.example"), names) as port:
        answer = door_to(home, port, roots.file).get(f"https://leak.example:{port}/", LIMITS)
    assert (answer.body, names) == (b"safe", ["leak.example"])


def test_another_names_certificate_is_refused(home: Path, roots: Roots) -> None:
    with serving(roots.server("other.example"), []) as port, pytest.raises(OutsideSilent, match=r"net\.certificate"):
        door_to(home, port, roots.file).get(f"https://leak.example:{port}/", LIMITS)


def test_a_certificate_that_has_ended_is_refused(home: Path, roots: Roots) -> None:
    with (
        serving(roots.server("leak.example", days=-1), []) as port,
        pytest.raises(OutsideSilent, match=r"net\.certificate"),
    ):
        door_to(home, port, roots.file).get(f"https://leak.example:{port}/", LIMITS)


def test_a_root_that_nobody_trusts_is_refused(home: Path, roots: Roots) -> None:
    with serving(roots.server("leak.example"), []) as port, pytest.raises(OutsideSilent, match=r"net\.certificate"):
        door_to(home, port, None).get(f"https://leak.example:{port}/", LIMITS)


def test_a_number_is_not_covered_by_a_names_certificate(home: Path, roots: Roots) -> None:
    with serving(roots.server("leak.example"), []) as port, pytest.raises(OutsideSilent, match=r"net\.certificate"):
        door_to(home, port, roots.file).get(f"https://127.0.0.1:{port}/", LIMITS)


def test_plain_http_behind_https_is_named(home: Path, roots: Roots) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with pytest.raises(OutsideSilent, match=r"net\.not_http"):
            door_to(home, port, roots.file).get(f"https://leak.example:{port}/", LIMITS)
        thread.join(5)


def test_a_handshake_that_never_comes_is_left_in_time(home: Path, roots: Roots) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        began = time.monotonic()
        with pytest.raises(OutsideSilent, match=r"net\.too_slow"):
            door_to(home, port, roots.file).get(f"https://leak.example:{port}/", Limits(0.5, 1000, 1))
    assert time.monotonic() - began < 10  # without its half second it would never end
