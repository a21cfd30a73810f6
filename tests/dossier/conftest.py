"""A dossier's contents as a case would fill them: real journal, real signatures, real time stamps by local openssl."""

import hashlib
import io
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image, ImageDraw

from sitr.dossier.building import build_opened
from sitr.dossier.contents import (
    Answer,
    Both,
    Contents,
    CustodyEvent,
    ExhibitItem,
    JournalPart,
    LegalRow,
    NoticeRow,
    ReplyRow,
    SightingRow,
    TimelineRow,
    TimeProof,
)
from sitr.journal import Frontier, Kind, Signer, make_entry, sign_checkpoint
from sitr.journal.verifier import read_stamp

NOW = datetime(2026, 11, 22, 21, 5, 9, tzinfo=UTC)
START = NOW - timedelta(days=3)


def picture(number: int, size: tuple[int, int] = (640, 480), kind: str = "PNG") -> bytes:
    """A drawn picture: coloured shapes, nobody."""
    image = Image.new("RGB", size, (30 + 40 * number % 200, 90, 140))
    draw = ImageDraw.Draw(image)
    for step in range(12):
        corner = (17 * step * (number + 1) % size[0], 29 * step % size[1])
        draw.ellipse((*corner, corner[0] + 90, corner[1] + 70), fill=(step * 20, 255 - step * 20, number * 30 % 255))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def source(data: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: [data[start : start + 65_536] for start in range(0, len(data), 65_536)] or [b""]


@dataclass(frozen=True)
class LocalAuthority:
    """A time authority made with openssl in a folder; `root` is the PEM by which it is judged."""

    folder: Path
    root: bytes

    def stamp(self, data: bytes, *, exhibit: str = "", as_data: bool = False) -> TimeProof:
        file = self.folder / "data"
        file.write_bytes(data)
        self._openssl("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q.tsq")
        self._openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "q.tsq", "-out", "r.tsr")
        tsr = (self.folder / "r.tsr").read_bytes()
        read = read_stamp(tsr)
        return TimeProof(
            tsr=tsr,
            chain=(self.folder / "tsa.pem").read_bytes() + self.root,
            digest=hashlib.sha256(data).hexdigest(),
            time=read.time,
            authority="Test time authority",
            serial=str(read.serial),
            data=data if as_data else b"",
            exhibit=exhibit,
        )

    def _openssl(self, *args: str) -> None:
        subprocess.run(["openssl", *args], cwd=self.folder, check=True, capture_output=True, timeout=60)


def make_authority(folder: Path) -> LocalAuthority:
    folder.mkdir()
    (folder / "tsa.cnf").write_text(
        "[req]\ndistinguished_name=dn\nprompt=no\n[dn]\nCN=Test time authority\n[root]\n"
        "basicConstraints=critical,CA:true\n"
        "[leaf]\nbasicConstraints=critical,CA:false\nextendedKeyUsage=critical,timeStamping\n"
        "[tsa]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\n"
        "default_policy=1.3.6.1.4.1.99999.7\ndigests=sha256\naccuracy=secs:1\ness_cert_id_alg=sha256\n",
        encoding="ascii",
    )
    (folder / "serial").write_text("01\n", encoding="ascii")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "tsa.cnf"]
    authority = LocalAuthority(folder, b"")
    root = ["-x509", "-extensions", "root", "-subj", "/CN=Test root", "-days", "3650"]
    authority._openssl("req", *key, *root, "-keyout", "root.key", "-out", "root.pem")
    authority._openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr")
    signing = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650"]
    authority._openssl(
        "x509", "-req", "-in", "tsa.csr", *signing, "-extfile", "tsa.cnf", "-extensions", "leaf", "-out", "tsa.pem"
    )
    return replace(authority, root=(folder / "root.pem").read_bytes())


@pytest.fixture(scope="session")
def signer() -> Signer:
    return Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> LocalAuthority:
    return make_authority(tmp_path_factory.mktemp("authority") / "tsa")


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


def _journal(signer: Signer, digests: dict[int, str]) -> tuple[JournalPart, bytes]:
    """Twelve entries; those of `digests` tell their exhibit's digest and are opened. Also an earlier checkpoint."""
    tree, lines, opened, early = Frontier(), [], [], b""
    for seq in range(12):
        payload = {"seq": seq, "verb": "capture", "actor": "holder-1", "sha256": digests.get(seq, "none")}
        kind = Kind.EXHIBIT if seq in digests else Kind.SIGHTING
        entry = make_entry(
            seq, START + timedelta(minutes=seq), kind, payload, hashlib.sha256(b"%d" % seq).digest()[:16]
        )
        tree.append(entry.line)
        lines.append(entry.line + b"\n")
        if seq in digests:
            opened.append(f'"{seq}":{entry.opening.decode()}')
        if seq == 5:
            early = sign_checkpoint("sitr-case-7f3a91", tree.size, tree.root(), signer).encode()
    last = sign_checkpoint("sitr-case-7f3a91", tree.size, tree.root(), signer).encode()
    return JournalPart(b"".join(lines), last, ("{" + ",".join(opened) + "}").encode()), early


PAGE = "https://leaks.example/g/2026-11-22/a%20b.html?id=77&x=1"
TOLD = "وصلتني رسالة من @user_1 ورقمه +966 50 000 0001 يوم 2026-11-22 وطلب مبلغ 90% من الراتب.\nثم نُشر الرابط."
LETTER = (
    "إلى فريق المحتوى والشكاوى،\n\nهذا إخطار إزالة يستند إلى: \u2066TAKE IT DOWN Act Sec. 3(a)(1)\u2069.\n\n"
    "موضع المادة:\nhttps://leaks.example/g/2026-11-22/a%20b.html?id=77&x=1\nhttps://cdn.example/i/9f8e7d.jpg\n\n"
    "المطلوب:\nإزالة المادة من العناوين المذكورة، أو منع الوصول إليها.\n"
)


@pytest.fixture(scope="session")
def contents(signer: Signer, authority: LocalAuthority) -> Contents:
    shot, page, mail = picture(1), b"PK page " * 9_000, "From: abuse@host.example\r\n\r\nتمت الإزالة\r\n".encode()
    digests = {n: hashlib.sha256(d).hexdigest() for n, d in ((3, page), (4, shot), (9, mail))}
    journal, early = _journal(signer, digests)
    withheld = picture(2)
    exhibits = (
        ExhibitItem(
            "ex-a",
            "wacz",
            "صفحة \u202egpj.wacz",
            "application/wacz+zip",
            digests[3],
            len(page),
            START + timedelta(minutes=3),
            source(page),
            url=PAGE,
            kept=27,
            expected=28,
            missing=("https://leaks.example/img/404.jpg",),
            method="Chromium 156, Sitr 0.1.0",
            entry=3,
            custody=(
                CustodyEvent(START, Both("حُفظ وخُتم", "kept and sealed"), "holder-1", 3),
                CustodyEvent(NOW, Both("أُدرج في هذا الملف", "put into this dossier"), "holder-1", 11),
            ),
        ),
        ExhibitItem(
            "ex-b",
            "screenshot",
            "screenshot.png",
            "image/png",
            digests[4],
            len(shot),
            START + timedelta(minutes=4),
            source(shot),
            picture=True,
            preview=picture(3, (240, 180)),
            url="https://leaks.example/g/",
            entry=4,
        ),
        ExhibitItem(
            "ex-c",
            "image",
            "IMG_0001.JPG",
            "image/jpeg",
            hashlib.sha256(withheld).hexdigest(),
            len(withheld),
            START + timedelta(minutes=5),
            None,
            picture=True,
            partial=True,
        ),
        ExhibitItem(
            "ex-d",
            "reply",
            "Re_ طلب.eml",
            "message/rfc822",
            digests[9],
            len(mail),
            START + timedelta(hours=9),
            source(mail),
            entry=9,
        ),
    )
    notices = (
        NoticeRow(
            "n1",
            "s1",
            "abuse@host.example",
            Both("طلب إزالة بموجب قانون TAKE IT DOWN", "TAKE IT DOWN Act removal request"),
            "TAKE IT DOWN Act Sec. 3(a)(1) (47 U.S.C. 223a)",
            "answered",
            LETTER,
            START + timedelta(hours=2),
            START + timedelta(hours=50),
            True,
            Both("الكتابة إلى شركة الاستضافة", "write to the hosting company"),
            "REF-2026/11-0042",
            (ReplyRow(START + timedelta(hours=9), "abuse@host.example", "Re: طلب إزالة", "تمت الإزالة.\nRegards"),),
        ),
        NoticeRow(
            "n2",
            "s2",
            "https://help.example/form",
            Both("بلاغ المنصة", "report to the platform"),
            "Terms of service",
            "unknown",
            "Removal request\n\nhttps://social.example/p/C0ffee_1/\n",
            START + timedelta(hours=3),
            START + timedelta(days=7),
        ),
    )
    return Contents(
        case="7f3a91c2-0d5e",
        opened_at=START,
        journal=journal,
        alias="س. م.",
        country="EG",
        made_for="Legal Aid مكتب المساعدة القانونية",
        purpose="تقديم بلاغ",
        answers=(
            Answer(Both("ما الذي حدث؟", "What happened?"), (Both("نُشرت صورة", "A photo was published"),)),
            Answer(
                Both("كلمات أخرى", "Other words"),
                (),
                TOLD,
            ),
        ),
        timeline=(
            TimelineRow(START, Both("فُتحت الحالة", "case opened"), "", 0),
            TimelineRow(START + timedelta(minutes=3), Both("حُفظت الصفحة", "page captured"), PAGE, 3),
            TimelineRow(START + timedelta(hours=2), Both("أُرسل إخطار إلى", "notice sent to"), "abuse@host.example", 7),
            TimelineRow(START + timedelta(hours=1), Both("اتصل رقم", "call from"), "+966 50 000 0001", None),
        ),
        sightings=(
            SightingRow("s1", PAGE, "leaks.example", "gone", START, NOW, False, ("https://cdn.example/i/9f8e7d.jpg",)),
            SightingRow("s2", "https://social.example/p/C0ffee_1/", "إنستغرام", "live", START, None, True),
        ),
        exhibits=exhibits,
        notices=notices,
        legal=(
            LegalRow(
                Both("قانون مكافحة جرائم تقنية المعلومات", "Anti-Cyber and IT Crimes Law"),
                "Law 175/2018 Art. 25",
                "https://law.example/175",
                "2026-11-20",
                False,
            ),
        ),
        gaps=(Both("لم تُحفظ صورة واحدة من الصفحة.", "One image of the page was not kept."),),
        proofs=(
            authority.stamp(journal.checkpoint),
            authority.stamp(early, as_data=True),
            authority.stamp(shot, exhibit="ex-b"),
        ),
    )


@pytest.fixture(scope="session")
def opened(contents: Contents, signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dossier as an opened zip; tests copy it before they change it."""
    out = tmp_path_factory.mktemp("opened") / "dossier.zip"
    build_opened(contents, out, signer=signer, now=NOW)
    return out


@pytest.fixture
def workdir(tmp_path: Path) -> Iterator[Path]:
    """Space for unsealed copies; every test sees that nothing stays in it."""
    folder = tmp_path / "work"
    folder.mkdir()
    yield folder
    assert not list(folder.iterdir())
