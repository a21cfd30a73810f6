"""A desk's proxy, small: it ends TLS at a name of its own and hands every request on to the app, the `Host` kept."""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sitr.cli.demo.loopback import Quiet, loopback_server

NAME = "desk.localhost"
_OWN = {"connection", "date", "server", "content-length", "transfer-encoding"}


@dataclass
class Desk:
    """Its address, and what was sent through it. `port` is the app's; none yet while it is 0."""

    address: str
    port: int = 0
    bodies: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def desk_proxy(folder: Path) -> Iterator[Desk]:
    """The proxy, until the block ends. It listens before the app does: the app has to know its address."""
    desk = Desk("")

    class Handler(Quiet):
        def hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            desk.bodies.append((self.path, body))
            app = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=60)
            app.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() != "connection":
                    app.putheader(name, value)
            app.endheaders(body)
            answer = app.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OWN:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            app.close()

        do_GET = do_POST = do_OPTIONS = hand_on

    with loopback_server(Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_certificate(folder))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        desk.address = f"https://{NAME}:{server.server_port}"
        yield desk


def _certificate(folder: Path) -> Path:
    """Key and self-signed certificate for the name, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "desk.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path
