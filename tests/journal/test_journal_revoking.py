"""Revoked authorities: an issuer on this machine that really answers (openssl ocsp, openssl ca), and stamps by openssl.

The issuer's register is a text file that the tests write, so a revocation can have any date and reason.
"""

import base64
import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest

from sitr.cli.demo.loopback import Quiet, loopback_server
from sitr.errors import Damaged
from sitr.journal import (
    Frontier,
    Signer,
    fetch_revocation,
    read_stamp,
    renewal_text,
    revocation_files,
    sign_checkpoint,
    signer_mark,
    verify_journal,
)
from sitr.journal.verifier import MalformedError, Report, Stamped, read_crl, standing
from sitr.net import Door, LoopbackPass, mark_throw_away

_CONFIG = """
[req]
distinguished_name = name
prompt = no
[name]
CN = unused
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign,digitalSignature
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityInfoAccess = OCSP;URI:http://127.0.0.1:{port}/ocsp
crlDistributionPoints = URI:http://127.0.0.1:{port}/root.crl
[ca]
default_ca = issuer
[issuer]
database = index.txt
default_md = sha256
default_crl_days = 30
[service]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.7
digests = sha256
ess_cert_id_alg = sha256
"""
_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "openssl.cnf"]


@dataclass
class Issuer:
    """An issuer with one authority. `ocsp`, `crl`: whether it answers in that way; `asked` is what it was asked."""

    folder: Path
    port: int = 0
    ocsp: bool = True
    crl: bool = True
    huge: bool = False
    asked: list[str] = field(default_factory=list)

    def make(self) -> None:
        """Keys and certificates."""
        (self.folder / "openssl.cnf").write_text(_CONFIG.format(port=self.port))
        (self.folder / "serial").write_text("01\n")
        self.run("req", *_KEY, "-x509", "-extensions", "root", "-days", "900", "-subj", "/CN=Issuer", "-keyout",
                 "root.key", "-out", "root.pem")  # fmt: skip
        self.run("req", *_KEY, "-subj", "/CN=Authority", "-keyout", "tsa.key", "-out", "tsa.csr")
        self.run("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "0x1001",
                 "-days", "800", "-extfile", "openssl.cnf", "-extensions", "tsa", "-out", "tsa.pem")  # fmt: skip
        self.register()

    def register(self, revoked: datetime | None = None, reason: str = "") -> None:
        """Write what the issuer knows of its authority."""
        why = f",{reason}" if reason else ""
        state = f"R\t290101000000Z\t{revoked:%y%m%d%H%M%SZ}{why}" if revoked else "V\t290101000000Z\t"
        (self.folder / "index.txt").write_text(f"{state}\t1001\tunknown\t/CN=Authority\n")

    def stamp(self, digest: str) -> bytes:
        """A reply over a SHA-256, with the authority's certificate in it."""
        self.run("ts", "-query", "-digest", digest, "-sha256", "-cert", "-out", "q.tsq")
        self.run("ts", "-reply", "-config", "openssl.cnf", "-section", "service", "-queryfile", "q.tsq", "-out",
                 "r.tsr")  # fmt: skip
        return (self.folder / "r.tsr").read_bytes()

    @property
    def root(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    def run(self, *args: str) -> None:
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def answer(self, path: str) -> bytes:
        """What stands at a path; nothing for 404."""
        self.asked.append(path.partition("/")[0])
        if path == "root.crl" and self.crl:
            self.run("ca", "-gencrl", "-config", "openssl.cnf", "-cert", "root.pem", "-keyfile", "root.key", "-out",
                     "root.crl")  # fmt: skip
            self.run("crl", "-in", "root.crl", "-outform", "DER", "-out", "root.der")
            return (self.folder / "root.der").read_bytes() + (b"\0" * 6_000_000 if self.huge else b"")
        if path.startswith("ocsp/") and self.ocsp:
            (self.folder / "q.der").write_bytes(base64.b64decode(unquote(path.removeprefix("ocsp/"))))
            self.run("ocsp", "-index", "index.txt", "-CA", "root.pem", "-rsigner", "root.pem", "-rkey", "root.key",
                     "-reqin", "q.der", "-respout", "a.der", "-ndays", "7")  # fmt: skip
            return (self.folder / "a.der").read_bytes()
        return b""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Issuer, Door, bytes, str]]:
    """The issuer, a door that may reach it, a stamp over a checkpoint, and that checkpoint."""
    folder = tmp_path_factory.mktemp("issuer")
    mark_throw_away(folder)

    class Handler(Quiet):
        def do_GET(self) -> None:
            body = issuer.answer(self.path.removeprefix("/"))
            self.reply(200 if body else 404, body)

    with loopback_server(Handler) as server:
        issuer = Issuer(folder, server.server_port)
        issuer.make()
        note = sign_checkpoint("sitr/1", 0, Frontier().root(), Signer.load_or_create(folder / "signer.pem"))
        (folder / "note").write_text(note)
        said = subprocess.run(["sha256sum", "note"], cwd=folder, capture_output=True, text=True, check=True).stdout
        yield issuer, Door((), LoopbackPass(folder, [issuer.port])), issuer.stamp(said[:64]), note


Made = tuple[Issuer, Door, bytes, str]


@pytest.fixture(autouse=True)
def _good_again(made: Made) -> None:
    issuer = made[0]
    issuer.ocsp = issuer.crl = True
    issuer.huge = False
    issuer.asked.clear()
    issuer.register()


def judged(made: Made, kept: bytes, *, roots: bool = True) -> Report:
    """The journal with this stamp, and with what was kept about its authority."""
    issuer, _, tsr, note = made
    said = [one for one in revocation_files(kept) if one]
    ca = issuer.root if roots else None
    return verify_journal([], {}, [note], stamps=[tsr], tsa_ca=ca, inside_certificates=issuer.root, revocations=said)


@pytest.mark.parametrize(("ocsp", "asked"), [(True, ["ocsp"]), (False, ["ocsp", "root.crl"])])
def test_a_certificate_in_force_is_said_so_by_answer_or_by_list(ocsp: bool, asked: list[str], made: Made) -> None:
    issuer, door, tsr, _ = made
    issuer.ocsp = ocsp
    kept = fetch_revocation(tsr, issuer.root, door)
    assert issuer.asked == asked
    assert [bool(one) for one in revocation_files(kept)] == [not ocsp, ocsp]
    report = judged(made, kept)
    assert (report.ok, report.check("revocation").state, report.check("time").state) == (True, "ok", "ok")
    assert judged(made, kept, roots=False).check("revocation").state == "untrusted"


@pytest.mark.parametrize("ocsp", [True, False])
@pytest.mark.parametrize(
    ("after", "reason", "state"),
    [
        (timedelta(days=-1), "superseded", "revoked"),
        (timedelta(days=-1), "", "revoked"),
        (timedelta(hours=1), "superseded", "later"),
        (timedelta(hours=1), "cessationOfOperation", "later"),
        (timedelta(hours=1), "keyCompromise", "revoked"),
        (timedelta(hours=1), "", "revoked"),
    ],
)
def test_when_and_why_a_certificate_was_revoked_decides_about_the_stamp(
    after: timedelta, reason: str, state: str, ocsp: bool, made: Made
) -> None:
    issuer, door, tsr, _ = made
    issuer.ocsp = ocsp
    issuer.register(read_stamp(tsr).time + after, reason)
    kept = fetch_revocation(tsr, issuer.root, door)
    lists, answer = revocation_files(kept)
    found = standing(tsr, read_stamp(tsr), [lists or answer], issuer.root)
    assert found is not None
    assert found.state == state
    report = judged(made, kept)
    if state == "later":
        assert (report.ok, report.check("revocation").state, report.check("time").state) == (True, "untrusted", "ok")
    else:
        assert [problem.code for problem in report.problems] == ["stamp_revoked"]
        assert (report.check("revocation").state, report.check("time").state) == ("failed", "failed")


def test_what_is_not_to_be_had_is_not_known_and_labelled(made: Made) -> None:
    issuer, door, tsr, _ = made
    issuer.ocsp = issuer.crl = False
    assert fetch_revocation(tsr, issuer.root, door) == b""
    report = judged(made, b"")
    assert (report.ok, report.check("revocation").state) == (True, "absent")
    # Without the pass a loopback address in a certificate is not visited, as no inner address ever is.
    issuer.ocsp = issuer.crl = True
    issuer.asked.clear()
    assert fetch_revocation(tsr, issuer.root, Door()) == b""
    assert issuer.asked == []


def test_a_list_without_end_is_not_read_to_its_end(made: Made) -> None:
    issuer, door, tsr, _ = made
    issuer.ocsp, issuer.huge = False, True
    assert fetch_revocation(tsr, issuer.root, door) == b""


def test_a_list_or_answer_that_the_issuer_did_not_sign_says_nothing(made: Made) -> None:
    issuer, door, tsr, _ = made
    stamped = read_stamp(tsr)
    for ocsp in (True, False):
        issuer.ocsp = ocsp
        issuer.register(stamped.time - timedelta(days=1), "superseded")
        said = next(one for one in revocation_files(fetch_revocation(tsr, issuer.root, door)) if one)
        moved = said.replace(f"{stamped.time - timedelta(days=1):%Y%m%d%H%M%SZ}".encode(), b"20360101000000Z")
        broken = moved if ocsp else forged(said)
        assert broken != said
        assert standing(tsr, stamped, [said], issuer.root) is not None
        assert standing(tsr, stamped, [broken], issuer.root) is None
    assert (
        standing(tsr, stamped, [b"", b"<html>", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"], None)
        is None
    )


def forged(pem: bytes) -> bytes:
    """The list with one bit of its signature changed."""
    der = bytearray(base64.b64decode(b"".join(pem.split(b"\n")[1:-2])))
    der[-1] ^= 1
    return b"-----BEGIN X509 CRL-----\n" + base64.encodebytes(bytes(der)) + b"-----END X509 CRL-----\n"


def test_of_several_the_one_that_revokes_counts(made: Made) -> None:
    issuer, door, tsr, _ = made
    stamped = read_stamp(tsr)
    good = [one for one in revocation_files(fetch_revocation(tsr, issuer.root, door)) if one]
    issuer.register(stamped.time - timedelta(days=1), "keyCompromise")
    bad = [one for one in revocation_files(fetch_revocation(tsr, issuer.root, door)) if one]
    found = standing(tsr, stamped, [*bad, *good], issuer.root)
    assert found is not None
    assert found.state == "revoked"


def test_what_is_no_reply_is_named_and_what_is_no_list_is_malformed(made: Made) -> None:
    with pytest.raises(Damaged):
        signer_mark(b"\x30\x03cut")
    assert len(signer_mark(made[2])) == 64
    for der in (b"", b"\x30\x02\x30\x00", b"\x30\x04\x30\x02\x05\x00", b"\xff" * 40):
        with pytest.raises(MalformedError):
            read_crl(der)
    assert standing(made[2], Stamped(b"", datetime.now(UTC), 0), [], None) is None


# --- renewals ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """Another issuer with an authority of its own; nobody asks it, its list is taken from its folder."""
    issuer = Issuer(tmp_path_factory.mktemp("second"))
    issuer.make()
    return issuer


def listed(issuer: Issuer) -> bytes:
    """The issuer's list as it is now, in PEM."""
    issuer.answer("root.crl")
    return (issuer.folder / "root.crl").read_bytes()


def renewal(issuer: Issuer, *replies: bytes) -> tuple[bytes, bytes]:
    text = renewal_text(replies)
    return text, issuer.stamp(hashlib.sha256(text).hexdigest())


def judged_again(
    made: Made, second: Issuer, said: list[bytes], *renewals: tuple[bytes, bytes], roots: bool = True
) -> Report:
    """The journal with its stamp, renewals of it, and what was said about both authorities."""
    issuer, _, tsr, note = made
    both = issuer.root + second.root
    return verify_journal(
        [], {}, [note], stamps=[tsr], tsa_ca=both if roots else None, inside_certificates=both, revocations=said,
        renewals=renewals,
    )  # fmt: skip


def test_a_stamp_of_a_revoked_authority_counts_from_its_renewal_by_another(made: Made, second: Issuer) -> None:
    issuer, _, tsr, _ = made
    issuer.register(read_stamp(tsr).time + timedelta(hours=1), "keyCompromise")
    second.register()
    said = [listed(issuer), listed(second)]
    again = renewal(second, tsr)
    report = judged_again(made, second, said, again)
    assert (report.ok, report.check("time").state, report.check("revocation").state) == (True, "ok", "untrusted")
    since = report.check("time").data
    assert (since["renewals"], since["first"]) == (1, f"{read_stamp(again[1]).time:%Y-%m-%dT%H:%M:%SZ}")
    counts = report.check("revocation").data
    assert (counts["good"], counts["revoked"]) == (1, 1)
    assert judged_again(made, second, said, again, roots=False).check("time").state == "untrusted"


def test_a_renewal_by_the_revoked_authority_carries_nothing_but_one_over_it_does(made: Made, second: Issuer) -> None:
    issuer, _, tsr, _ = made
    issuer.register(read_stamp(tsr).time + timedelta(hours=1), "keyCompromise")
    second.register()
    said, own = [listed(issuer)], renewal(issuer, tsr)
    report = judged_again(made, second, said, own)
    assert [problem.code for problem in report.problems] == ["stamp_revoked"]
    assert (report.check("time").data["renewals"], report.check("revocation").state) == (0, "failed")
    report = judged_again(made, second, said, own, renewal(second, own[1]))
    assert (report.ok, report.check("time").data["renewals"]) == (True, 1)


def test_a_renewal_whose_authority_was_revoked_counts_for_nothing_and_is_said(made: Made, second: Issuer) -> None:
    issuer, _, tsr, _ = made
    again = renewal(second, tsr)
    second.register(read_stamp(again[1]).time - timedelta(days=1), "superseded")
    report = judged_again(made, second, [listed(issuer), listed(second)], again)
    assert (report.ok, report.check("time").state, report.check("time").data["renewals"]) == (True, "ok", 0)
    assert report.check("revocation").state == "untrusted"
    assert report.check("revocation").data["revoked"] == 1
    issuer.register(read_stamp(tsr).time - timedelta(days=1), "superseded")
    report = judged_again(made, second, [listed(issuer), listed(second)], again)
    assert (report.ok, report.check("revocation").state) == (False, "failed")
