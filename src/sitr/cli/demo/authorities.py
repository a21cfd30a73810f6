"""Two time authorities on this machine (RFC 3161), for `sitr demo` and the tests: real `openssl ts` behind real HTTP.

They show that the way works without the network; their word is worth nothing to a court, and the demo says so. Each
has a root of its own. The second one sends its certificates out of DER order, as authorities in the world do, because
strict parsers refuse such replies. Not here: asking an authority and judging its reply (`sitr.journal`).
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.errors import MissingProgram

_HOST = "127.0.0.1"
_MOST_BYTES = 65_536  # a time-stamp query is under 200 bytes
_SECONDS = 20.0
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"

_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[authority]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
subjectKeyIdentifier = hash
[service]
serial = serial
crypto_device = builtin
signer_cert = authority.pem
signer_key = authority.key
{chain}
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.{number}
other_policies = 1.3.6.1.4.1.99999.{number}
digests = sha256
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class LocalAuthority:
    """One running authority: where it answers, and the PEM file of the root to judge it by."""

    name: str
    host: str
    port: int
    ca_file: Path

    @property
    def url(self) -> str:
        """The address to post a time-stamp query to."""
        return f"http://{self.host}:{self.port}/"


@contextmanager
def local_authorities(folder: Path) -> Iterator[tuple[LocalAuthority, LocalAuthority]]:
    """Two running authorities; keys, certificates and work files are made under `folder`, the servers end on leaving.

    The first sends its certificate alone, the second sends it before a root whose encoding sorts first. Raises
    MissingProgram when there is no `openssl`.
    """
    with ExitStack() as stack:
        first = stack.enter_context(_serve(folder / "first", "Demo time authority 1", 1, send_root=False))
        second = stack.enter_context(_serve(folder / "second", "Demo time authority 2", 2, send_root=True))
        yield first, second


@contextmanager
def _serve(folder: Path, name: str, number: int, *, send_root: bool) -> Iterator[LocalAuthority]:
    _make_authority(folder, name, number, send_root=send_root)
    with loopback_server(_answering(folder)) as server:
        yield LocalAuthority(name, _HOST, server.server_port, folder / "root.pem")


def _answering(folder: Path) -> type[Quiet]:
    turn = Lock()  # one serial file: one reply at a time

    class Handler(Quiet):
        timeout = _SECONDS

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if self.headers.get_content_type() != _QUERY or not length.isascii() or not length.isdigit():
                self.send_error(415)
            elif int(length) > _MOST_BYTES:
                self.send_error(413)
            else:
                with turn:
                    reply = _reply(folder, self.rfile.read(int(length)))
                if reply is None:
                    self.send_error(500)
                else:
                    self.reply(200, reply, {"Content-Type": _REPLY})

    return Handler


def _reply(folder: Path, query: bytes) -> bytes | None:
    """What `openssl ts -reply` answers; a query it cannot read gets a rejection, None stands for no reply at all."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        asked, answered = Path(work, "query.tsq"), Path(work, "reply.tsr")
        asked.write_bytes(query)
        files = ["-queryfile", str(asked), "-out", str(answered)]
        done = _openssl(folder, "ts", "-reply", "-config", "openssl.cnf", "-section", "service", *files, check=False)
        return answered.read_bytes() if done == 0 and answered.exists() else None


def _make_authority(folder: Path, name: str, number: int, *, send_root: bool) -> None:
    folder.mkdir(parents=True, mode=0o700)
    # A SET OF in DER is sorted by its encodings: a short name for the root makes its certificate the smaller one, and
    # openssl writes the signer's certificate first.
    chain = "certs = root.pem" if send_root else ""
    (folder / "openssl.cnf").write_text(_CONFIG.format(chain=chain, number=number), encoding="ascii")
    (folder / "serial").write_text("01\n", encoding="ascii")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "openssl.cnf"]
    root = ["-x509", "-extensions", "root", "-days", "3650", "-subj", f"/CN=Root {number}"]
    _openssl(folder, "req", *new_key, *root, "-keyout", "root.key", "-out", "root.pem")
    _openssl(folder, "req", *new_key, "-subj", f"/CN={name}", "-keyout", "authority.key", "-out", "authority.csr")
    signing = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650"]
    extensions = ["-extfile", "openssl.cnf", "-extensions", "authority"]
    _openssl(folder, "x509", "-req", "-in", "authority.csr", *signing, *extensions, "-out", "authority.pem")


def _openssl(folder: Path, *args: str, check: bool = True) -> int:
    try:
        done = subprocess.run(["openssl", *args], cwd=folder, capture_output=True, check=check, timeout=_SECONDS)
    except FileNotFoundError as error:
        raise MissingProgram("journal.no_openssl") from error
    return done.returncode
