"""The wall around the browser: what is true inside it, seen from inside, and what a capture over TLS brings."""

import datetime as dt
import shutil
import socket
import ssl
import subprocess
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.evidence.capture_world import NOW, accepted, made_door
from tests.evidence.evidence_site import Site, drawn, reply

from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.evidence import CaptureOptions, Confinement, Wall, capture, confinement
from sitr.evidence import browser as room
from sitr.evidence.browser import Browser, descendants, find_chromium
from sitr.evidence.wall import SYSTEM_PYTHON, unprivileged, wall_command
from sitr.words import say

walled = pytest.mark.skipif(confinement().kind is Wall.NONE, reason="this machine gives no namespaces")


def inside(code: str) -> str:
    """What a program of ours prints inside the wall."""
    done = subprocess.run(
        [*wall_command(2**20), SYSTEM_PYTHON, "-I", "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "SECRET": "of the caller"},
        **unprivileged(),  # type: ignore[call-overload]
    )
    return str(done.stdout).strip()


@walled
def test_inside_there_is_no_network_but_an_empty_loopback() -> None:
    code = "print([l.split(':')[0].strip() for l in open('/proc/net/dev').readlines()[2:]])"
    assert inside(code) == "['lo']"


@walled
def test_inside_no_file_of_this_machine_is_seen_but_the_system() -> None:
    shown = inside("import os; print(sorted(os.listdir('/')))")
    for name in ("home", "root", "work", "var/lib", "srv", "mnt", "opt"):
        assert f"'{name}'" not in shown
    assert inside("import os; print(os.path.exists('/etc/passwd'), os.path.exists('/etc/shadow'))") == "False False"


@walled
def test_inside_nothing_of_the_system_can_be_written() -> None:
    code = "import os\ntry: open('/usr/x', 'w'); print('written')\nexcept OSError as e: print('refused')"
    assert inside(code) == "refused"


@walled
def test_inside_nobody_is_root_and_other_processes_are_unseen() -> None:
    assert inside("import os; print(os.getuid())") == "1000"
    assert int(inside("import os; print(sum(n.isdigit() for n in os.listdir('/proc')))")) <= 3


@walled
def test_inside_the_caller_s_environment_is_unknown() -> None:
    assert "SECRET" not in inside("import os; print(dict(os.environ))")


@walled
def test_inside_the_temporary_folder_is_in_memory_and_bounded() -> None:
    code = "open('/tmp/a', 'w').write('x'); import os; s = os.statvfs('/tmp'); print(s.f_blocks * s.f_frsize)"
    assert int(inside(code)) <= 2**20


@pytest.mark.browser
@walled
def test_a_stopped_browser_leaves_no_process_and_no_profile(memory: Path) -> None:
    with Browser(memory, confinement()) as browser:
        ours = [browser.pid, *descendants(browser.pid)]
        assert len(ours) >= 2
    assert not [pid for pid in ours if Path(f"/proc/{pid}").exists()]
    assert list(memory.iterdir()) == []


@pytest.mark.browser
def test_a_browser_whose_start_is_interrupted_leaves_no_process_and_no_profile(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a wall nothing else would end it, and what it still wrote would stand in the way of clearing up."""
    browser, running, receive = (
        Browser(memory, Confinement(Wall.NONE, "none", sandbox=False)),
        list[int](),
        room._receive,
    )

    def interrupted(channel: socket.socket) -> socket.socket:
        receive(channel).close()
        running.extend([browser.pid, *descendants(browser.pid)])
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "_receive", interrupted)
    with pytest.raises(KeyboardInterrupt), browser:
        pytest.fail("it was not interrupted")
    assert running
    assert not [pid for pid in running if Path(f"/proc/{pid}").exists()]
    assert list(memory.iterdir()) == []


def test_what_a_wall_lacks_has_a_sentence_in_both_languages() -> None:
    from sitr.evidence.wall import REASONS

    for reason in REASONS:
        assert say(f"evidence.wall_{reason}", "ar") != say(f"evidence.wall_{reason}", "en")


def test_without_bubblewrap_the_machine_is_told_as_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert confinement().kind is Wall.NONE
    assert confinement().reason == "no_bwrap"


def test_the_browser_s_own_binary_is_run_not_the_script_that_adds_flags() -> None:
    with find_chromium().open("rb") as file:
        assert file.read(4) == b"\x7fELF"


@pytest.mark.browser
@walled
def test_the_capture_records_the_wall_that_was_really_there(site: Site, memory: Path, tmp_path: Path) -> None:
    """Told by the caller as partial, seen on the renderer as it is."""
    url = site.html("/p", "<p>words</p>")
    claimed = Confinement(Wall.PARTIAL, "no_inner_sandbox", sandbox=False)
    options = CaptureOptions()
    made = capture(
        url, door=made_door(tmp_path / "h", site.port), workdir=memory, options=options, now=NOW, wall=claimed
    )
    assert made.confinement == claimed


class _Secure(Quiet):
    def do_GET(self) -> None:
        if self.path.endswith(".jpg"):
            reply(self, drawn(self.path), "image/jpeg")
        else:
            reply(self, b"<title>t</title><p>words</p><img src=/a.jpg>", "text/html")


def _self_signed(folder: Path) -> tuple[Path, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2036, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
    return path, made.public_bytes(serialization.Encoding.DER)


@pytest.mark.browser
def test_a_page_behind_a_bad_certificate_is_kept_with_the_certificate_and_said(memory: Path, tmp_path: Path) -> None:
    pem, der = _self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Server(ThreadingHTTPServer):
        def server_bind(self) -> None:
            self.socket = context.wrap_socket(self.socket, server_side=True)
            super().server_bind()

    with loopback_server(_Secure, kind=Server) as server:
        port = server.server_port
        door = made_door(tmp_path / "home", port)
        url = f"https://localhost:{port}/"
        made = capture(url, door=door, workdir=memory, options=accepted(CaptureOptions()), now=NOW)
    assert [(c.host, c.chain) for c in made.certificates] == [(f"localhost:{port}", (der,))]
    assert "evidence.note_certificate" in {problem.code for problem in made.problems}
    assert [image.path.read_bytes() for image in made.images()] == [drawn("/a.jpg")]
