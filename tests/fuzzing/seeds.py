"""Whole, well-formed inputs for the small parsers: what the damage begins with.

Each function gives pairs of the parser's place in its target's group, and one input. Everything is made up.
"""

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from PIL import Image
from tests.finding import crawls

from sitr.fingerprint import fingerprint
from sitr.journal import (
    Frontier,
    Kind,
    Signer,
    consistency_file,
    journal_file,
    make_entry,
    openings_file,
    renewal_text,
    sign_checkpoint,
    verifier,
)
from sitr.knowledge import Knowledge, identify, load
from sitr.takedown import LedgerRow, Outcome, Result, Span, write_ledger

ASSETS = Path(__file__).parents[1] / "assets"
CUT = b"\n=-=\n"
Seeds = list[tuple[int, bytes]]
_SIGNER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))
_START = datetime(2026, 11, 20, 20, 0, 0, tzinfo=UTC)


def signer() -> bytes:
    """The public key of the made-up journal."""
    return _SIGNER.public_pem()


@cache
def _knowledge() -> Knowledge:
    return load(Path(__file__).parents[2] / "knowledge")


def identified(text: str) -> object:
    """What the addresses in a text are."""
    return identify(text, _knowledge())


# --- from a browser ---------------------------------------------------------------------------------------------------


def bundle_seeds() -> Seeds:
    """A whole bundle with each kind of file, and one without pictures."""
    files = {
        "screenshot": ("shot.png", "image/png", b"\x89PNG\r\n\x1a\nrest"),
        "html": ("page.html", "text/html", b"<!doctype html><p>a</p>"),
        "text": ("page.txt", "text/plain", "كلمات".encode()),
    }
    return [(0, _bundle(files)), (0, _bundle({"text": files["text"]}))]


def _bundle(files: dict[str, tuple[str, str, bytes]]) -> bytes:
    pictures = set(files) != {"text"}
    said = {
        "v": 1, "url": "https://a.example/b?c", "title": "عنوان", "captured_at": "2026-11-22T20:00:00+00:00",
        "child": "no", "pictures": pictures, "partial": False, "images": ["https://a.example/i.jpg"] * pictures,
        "parts": [
            {"kind": kind, "name": name, "media_type": media, "bytes": len(data),
             "sha256": hashlib.sha256(data).hexdigest()}
            for kind, (name, media, data) in files.items()
        ],
    }  # fmt: skip
    raw = json.dumps(said).encode()
    return len(raw).to_bytes(4, "big") + raw + b"".join(data for _, _, data in files.values())


def jar_seeds() -> Seeds:
    """A cookies.txt, and a header as a browser shows it."""
    table = (
        "# Netscape HTTP Cookie File\n.a.example\tTRUE\t/\tTRUE\t1798761600\tsid\tabc\n"
        "#HttpOnly_b.a.example\tFALSE\t/x\tFALSE\t0\tlang\t\n"
    )
    return [(0, table.encode()), (1, b'Cookie: sid=abc; lang=ar; theme="dark"')]


# --- pages ------------------------------------------------------------------------------------------------------------


def state_seeds() -> Seeds:
    """The record, the words and the markup of a captured page."""
    record = {
        "source": {
            "url_final": "https://a.example/b", "title": "t", "http_status": 200,
            "addresses": {"a.example": ["192.0.2.1"]},
            "redirects": [{"url": "https://a.example/"}],
            "certificates": [{"host": "a.example", "chain": [{"sha256": "00" * 32}]}],
        },
        "collection": {"tools": {"chromium": "1"}, "pictures": True, "started_at": "2026-11-22T20:00:00+00:00"},
        "partial": False, "images": [{"url": "https://a.example/i.jpg", "sha256": "11" * 32}],
        "exchanges": [{"url": "https://a.example/b", "type": "Document", "status": 200,
                       "response_headers": [["server", "x"]]}],
    }  # fmt: skip
    parts = (json.dumps(record).encode(), "سطر\nline".encode(), b"<a href='/c'>x</a><a href=//d.example>y</a>")
    return [(0, b"\n\0\n".join(parts))]


def page_seeds() -> Seeds:
    """Markup with every way to name a picture; rules for robots."""
    page = (
        "<!doctype html><html><base href='/x/'><style>a{background:url('i.png')}</style>"
        "<img src=a.jpg srcset='b.jpg 1x, c.jpg 2x'><picture><source srcset='d.webp 100w'></picture>"
        "<video poster=e.jpg></video><div style='background:url(f.gif)'><svg><image href=g.png /></svg>"
        "<img src='data:image/png;base64,iVBORw0KGgo='><meta property='og:image' content='h.jpg'>"
    )
    rules = (
        "User-agent: *\nDisallow: /private\nAllow: /private/a$\nCrawl-delay: 2.5\n\n"
        "User-agent: Sitr\nDisallow: /*.pdf$\nDisallow: /%D9%85*x\nSitemap: https://a.example/s.xml\n"
    )
    return [(0, page.encode()), (1, rules.encode())]


def reply_seeds() -> Seeds:
    """The museum of answers."""
    files = [*sorted((ASSETS / "takedown").glob("*.eml")), *sorted((ASSETS / "imports").glob("mail-*.eml"))]
    return [(0, file.read_bytes()) for file in files]


# --- pictures and fingerprints ----------------------------------------------------------------------------------------


def _picture(kind: str, **options: object) -> bytes:
    cells = bytes((x * 37 + y * 91 + c * 50) % 256 for y in range(6) for x in range(8) for c in range(3))
    image = Image.frombytes("RGB", (8, 6), cells).resize((96, 72))
    out = io.BytesIO()
    (image.quantize(8) if kind == "GIF" else image).save(out, kind, **options)
    return out.getvalue()


def picture_seeds() -> Seeds:
    """A picture of each format that is decoded, and the museum's."""
    made = [_picture(kind) for kind in ("PNG", "GIF", "WEBP", "BMP", "TIFF", "JPEG", "JPEG2000")[:6]]
    made += [_picture("JPEG", progressive=True), _picture("JPEG", subsampling=2, quality=30)]
    museum = [
        file.read_bytes() for file in sorted((ASSETS / "fingerprint").glob("*.*")) if file.stat().st_size < 20_000
    ]
    return [(0, data) for data in [*made, (ASSETS / "imports" / "picture.heic").read_bytes(), *museum] if data]


def fingerprint_seeds() -> Seeds:
    """A whole fingerprint, and its shareable part."""
    whole = fingerprint(crawls.jpeg(3))
    return [(0, whole.pack()), (0, whole.without_sealed().pack()), (1, whole.shareable())]


# --- the journal ------------------------------------------------------------------------------------------------------


@cache
def _journal() -> tuple[tuple[bytes, ...], bytes, bytes]:
    entries = [
        make_entry(seq, _START + timedelta(minutes=seq), Kind.EXHIBIT,
                   {"seq": seq, "verb": "capture", "actor": "holder-1", "note": "كلمة"}, bytes([seq]) * 16)
        for seq in range(5)
    ]  # fmt: skip
    tree = Frontier()
    for one in entries:
        tree.append(one.line)
    note = sign_checkpoint("sitr/0123456789abcdef", tree.size, tree.root(), _SIGNER).encode()
    return tuple(one.line for one in entries), openings_file({one.seq: one.opening for one in entries}), note


def journal_seeds() -> Seeds:
    """A line, an opening, a checkpoint, a key, a block's header and a renewal."""
    lines, openings, note = _journal()
    header = bytes.fromhex(
        "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3"
        "888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
    )
    one = json.dumps(json.loads(openings)["1"]).encode()
    return [
        (0, openings), (1, lines[0]), (2, one), (3, note), (4, signer()),
        (5, b"# headers\n0 " + header.hex().encode() + b"\n"), (6, renewal_text([b"a", b"b"])),
    ]  # fmt: skip


def whole_journal_seeds() -> Seeds:
    """Lines, openings, checkpoint, consistency, renewal, anchor, stamp: between each two a mark."""
    lines, openings, note = _journal()
    parts = [journal_file(lines), openings, note, consistency_file(lines, [2, 3])]
    return [(0, CUT.join(parts)), (0, CUT.join([*parts, renewal_text([stamp()]), anchor(), stamp()]))]


# --- time proofs ------------------------------------------------------------------------------------------------------


def _der(tag: int, *inside: bytes) -> bytes:
    body = b"".join(inside)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def stamp() -> bytes:
    """A time-stamp reply in form (RFC 3161): nobody signed it."""
    sha256 = _der(0x30, _der(6, verifier.SHA256_OID), b"\x05\x00")
    info = _der(
        0x30, b"\x02\x01\x01", _der(6, b"\x2a\x03\x04"), _der(0x30, sha256, _der(4, hashlib.sha256(b"a").digest())),
        b"\x02\x01\x07", _der(0x18, b"20261122200000Z"),
    )  # fmt: skip
    inside = _der(0x30, _der(6, verifier.TST_INFO_OID), _der(0xA0, _der(4, info)))
    signed = _der(0x30, b"\x02\x01\x03", _der(0x31, sha256), inside, _der(0x31))
    token = _der(0x30, _der(6, verifier.SIGNED_DATA_OID), _der(0xA0, signed))
    return _der(0x30, _der(0x30, b"\x02\x01\x00"), token)


def anchor() -> bytes:
    """An OpenTimestamps proof: a pending end, and one in a block of Bitcoin."""
    pending = verifier.OTS_PENDING + b"\x1a\x19https://calendar.example/"
    block = verifier.OTS_BITCOIN + b"\x03\xa0\x8c\x37"
    return (
        verifier.OTS_HEAD + hashlib.sha256(b"a").digest() + b"\xf0\x08saltsalt\x08\xff\x00" + pending
        + b"\xf1\x20" + bytes(32) + b"\x08\x00" + block
    )  # fmt: skip


def _crl() -> bytes:
    gone = x509.RevokedCertificateBuilder().serial_number(77).revocation_date(_START)
    gone = gone.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
    made = x509.CertificateRevocationListBuilder().issuer_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test")])
    )
    made = made.last_update(_START).next_update(_START + timedelta(days=7)).add_revoked_certificate(gone.build())
    return made.sign(Ed25519PrivateKey.from_private_bytes(bytes(32)), None).public_bytes(serialization.Encoding.DER)


def proof_seeds() -> Seeds:
    """A reply of a time authority, a revocation list, and an OpenTimestamps proof twice."""
    return [(0, stamp()), (1, _crl()), (2, anchor()), (3, anchor())]


# --- crawls and lists -------------------------------------------------------------------------------------------------


def crawl_seeds() -> Seeds:
    """WARCs, plain and packed, and the museum's."""
    entries = [
        crawls.Entry(b"<p>a</p>", "https://a.example/", media_type="text/html"),
        crawls.Entry(crawls.jpeg(1)[:3000], "https://a.example/i.jpg"),
    ]
    chunked = (
        b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"4\r\n\xff\xd8\xff\xe0\r\n0\r\n\r\n"
    )
    one = (
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: <https://a.example/c.jpg>\r\nContent-Length: %d\r\n\r\n"
        % len(chunked)
        + chunked
        + b"\r\n\r\n"
    )
    museum = [file.read_bytes() for file in sorted((ASSETS / "imports").glob("page*.warc"))]
    return [(0, data) for data in [crawls.plain(entries), crawls.packed(entries), one * 2, *museum]]


def list_seeds() -> Seeds:
    """Watch-lists in each form, a ledger, a record of each exchange."""
    pdq, md5 = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22", "0" * 32
    csv = f"id,kind,value,quality,state,labels,updated\na,pdq,{pdq},100,active,x;y,2026-11-22T20:00:00Z\n"
    frames = json.dumps([f"{pdq},90,0.5", f"{pdq},91,1.0"])
    lines = json.dumps({"id": "b", "kind": "vpdq", "value": frames, "labels": ["z"]})
    row = LedgerRow("a" * 32, Outcome("x", "x_copyright", "dmca_512c3", None, Span(24, 48), Result.REMOVED, False))
    stop = {"signalType": "ImagePDQ", "hashValue": pdq, "hashStatus": "Active", "lastModtimestamp": "1763800000",
            "caseNumbers": {"1": "Active"},
            "CSPFeedbacks": [{"source": "s", "feedbackValue": "Blocked", "tags": ["t"]}]}  # fmt: skip
    threat = {"id": "123", "type": "HASH_PDQ", "indicator": pdq, "last_updated": 1763800000, "should_delete": False,
              "descriptors": {"data": [{"id": "7", "owner": {"id": "1"}, "status": "MALICIOUS", "tags": {"data": [
                  {"text": "t"}]}}]}}  # fmt: skip
    return [
        (0, csv.encode()), (0, lines.encode()), (0, f"pdq {pdq}\nvideo_md5 {md5}\n".encode()),
        (0, f"signal_type,signal_str,collab,category,tags\npdq,{pdq},c,POSITIVE_CLASS,t\n".encode()),
        (1, f"pdq,photo\n{pdq},a\n".encode()),
        (1, json.dumps({"file": "a.jpg", "pdq": pdq, "pdq_quality": 90}).encode()),
        (1, f"{pdq}\n{pdq}\n".encode()), (2, b"".join(write_ledger([row]))),
        (3, json.dumps(stop).encode()), (4, json.dumps(threat).encode()),
    ]  # fmt: skip


def address_seeds() -> Seeds:
    """Addresses as people paste them, a proxy, a receipt code, a locked identity, a zone."""
    texts: list[tuple[int, str]] = [
        (0, "https://xn--mgbh0fb.example:8443/%D9%85?q=م#f"), (0, "http://0x7f.1/a"), (0, "http://[::1]/"),
        (1, "socks5h://name:secret@127.0.0.1:9050"),
        (2, "انظر https://www.instagram.com/p/CxYz123/?igsh=a و t.me/s/channel/12 و hxxps://x[.]com/u/status/1"),
        (2, "https://l.facebook.com/l.php?u=https%3A%2F%2Fm.facebook.com%2Fphoto.php%3Ffbid%3D1"),
        (3, "١٢٣٤ 5678 ۹۰۱۲ 3456 7890 1234"), (5, "+02:00"), (5, "Africa/Cairo"),
    ]  # fmt: skip
    locked = {"format": "sitr-locked-identity-v1", "kdf": "argon2id-1.3", "passes": 2, "memory_kib": 19456, "lanes": 1,
              "salt": "AAAAAAAAAAAAAAAAAAAAAA==", "sealed": "AAAA"}  # fmt: skip
    return [*((place, text.encode()) for place, text in texts), (4, json.dumps(locked).encode())]
