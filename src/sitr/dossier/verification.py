"""Verifying a dossier, sealed or opened, without a vault: every check by name.

The checks themselves are in `checks`, the file that is also shipped in each dossier as `verify.py`; here the file is
recognised, unsealed into memory-backed space that the caller names, and the PDF's own signature is judged.
"""

import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel

from sitr.dossier.checks import LARGEST_TAG, Bag, Check, FolderBag, ZipBag, check_bag, describe
from sitr.dossier.sealing import MAGIC, unseal
from sitr.errors import BadInput, Damaged, MissingProgram
from sitr.journal import verifier
from sitr.words import Lang, say

_PAPERS = ("dossier-ar-en.pdf", "dossier-ar.pdf", "dossier-en.pdf")
_SMALL = 64 * 1024 * 1024
_MOST_RATIO = 300  # how often larger than its zip a bag may be; text packs 4 to 20 times


@dataclass(frozen=True)
class ReportCheck:
    """One check. `state`: ok, failed, untrusted or absent, as in `checks.Check`; `detail` is a sentence."""

    name: str
    ok: bool
    state: str
    detail: str


@dataclass(frozen=True)
class Report:
    """The answer about one dossier; `ok` is False as soon as one check failed."""

    ok: bool
    checks: tuple[ReportCheck, ...]


def verify(
    file: Path,
    *,
    workdir: Path,
    identity: str | None = None,
    phrase: str | None = None,
    signer: bytes | None = None,
    tsa_ca: bytes | None = None,
    headers: Mapping[int, bytes] | None = None,
    lang: Lang = "en",
) -> Report:
    """Check the dossier `file`: sealed, a zip, or an unpacked folder.

    `identity`: the text of an age key file; `phrase`: the words. `workdir` takes the unsealed zip while it is checked
    (in memory: /dev/shm) and is left as it was. `signer`: PEM with the Ed25519 key that the reader trusts; `tsa_ca`:
    PEM roots of trusted time authorities; `headers`: trusted block headers of Bitcoin by height.
    Raises Locked `dossier.key_needed`, `dossier.phrase_needed`, `dossier.wrong_key`; BadInput `dossier.not_a_dossier`,
    `dossier.no_key`, `dossier.no_signer_key`; MissingProgram `dossier.no_openssl`. Anything altered is in the Report.
    """
    if signer is not None:
        _check_signer_file(signer)
    try:
        checks = _verify(file, workdir, identity, phrase, _Trust(signer, tsa_ca, headers))
    except FileNotFoundError as error:
        if error.filename == "openssl":
            raise MissingProgram("dossier.no_openssl") from error
        raise
    found = tuple(ReportCheck(c.name, c.ok, c.state, _detail(c, lang)) for c in checks)
    return Report(all(c.ok for c in found), found)


@dataclass(frozen=True)
class _Trust:
    signer: bytes | None
    tsa_ca: bytes | None
    headers: Mapping[int, bytes] | None


def _check_signer_file(signer: bytes) -> None:
    try:
        verifier.read_keys(signer)
    except verifier.MalformedError:
        raise BadInput("dossier.no_signer_key") from None


def _detail(check: Check, lang: Lang) -> str:
    if check.code.startswith("dossier."):
        return say(check.code, lang, **check.blanks)
    return describe(check, lang, verifier)


def _verify(file: Path, workdir: Path, identity: str | None, phrase: str | None, trust: _Trust) -> list[Check]:
    if file.is_dir():
        return _check(FolderBag(_bag_folder(file)), trust)
    if not file.is_file():
        raise BadInput("dossier.not_a_dossier")
    with file.open("rb") as start:
        head = start.read(len(MAGIC))
    if _nearly(head, MAGIC):
        return _sealed(file, workdir, identity, phrase, trust)
    if zipfile.is_zipfile(file) or _nearly(head[:4], b"PK\x03\x04"):
        return _zipped(file, trust)
    raise BadInput("dossier.not_a_dossier")


def _nearly(head: bytes, magic: bytes) -> bool:
    """Whether this was such a file before a byte of its beginning changed: then it is altered, not something else."""
    same = sum(a == b for a, b in zip(head, magic, strict=False))
    return len(head) == len(magic) and same >= len(magic) - 1


def _bag_folder(folder: Path) -> Path:
    if (folder / "bagit.txt").exists():
        return folder
    inside = [path for path in folder.iterdir() if path.is_dir() and (path / "bagit.txt").exists()]
    if len(inside) == 1:
        return inside[0]
    if (folder / "tagmanifest-sha256.txt").exists():
        return folder  # a dossier that lost its bagit.txt: the layout check says so
    raise BadInput("dossier.not_a_dossier")


def _sealed(file: Path, workdir: Path, identity: str | None, phrase: str | None, trust: _Trust) -> list[Check]:
    with tempfile.TemporaryDirectory(dir=workdir, prefix="dossier-") as folder:
        opened = Path(folder, "dossier.zip")
        try:
            unseal(file, opened, identity, phrase)
        except Damaged as error:
            return [Check("seal", "failed", "dossier.check_seal_failed", {"at": error.data.get("at", 0)})]
        return [Check("seal", "ok", "dossier.check_seal_ok"), *_zipped(opened, trust)]


def _zipped(file: Path, trust: _Trust) -> list[Check]:
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(i.file_size for i in archive.infolist()) > max(_SMALL, _MOST_RATIO * file.stat().st_size):
                return [Check("layout", "failed", "too_large", {"file": "zip"})]
            return _check(ZipBag(archive), trust)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, UnicodeDecodeError):
        return [Check("layout", "failed", "dossier.check_form_failed")]


def _check(bag: Bag, trust: _Trust) -> list[Check]:
    checks = check_bag(bag, verifier, trust.signer, trust.tsa_ca, trust.headers)
    return [*checks, _paper(bag)]


def _paper(bag: Bag) -> Check:
    try:
        signature = _signature(bag)
        signature.compute_integrity_info()  # type: ignore[no-untyped-call]  # pyHanko has no types here
        good = signature.coverage == SignatureCoverageLevel.ENTIRE_FILE and _holds(signature)
        shown = signature.signer_cert.subject.native["common_name"]
    except Exception:  # a broken PDF fails in the parser in countless ways; all mean that the signature does not hold
        good, shown = False, ""
    if not good:
        return Check("paper", "failed", "dossier.check_paper_failed", {"file": _paper_name(bag)})
    return Check("paper", "ok", "dossier.check_paper_ok", {"signer": shown})


def _paper_name(bag: Bag) -> str:
    return next((name for name in _PAPERS if name in bag.names), _PAPERS[0])


def _signature(bag: Bag) -> EmbeddedPdfSignature:
    with bag.open(_paper_name(bag)) as file:
        signature: EmbeddedPdfSignature
        (signature,) = PdfFileReader(BytesIO(file.read(LARGEST_TAG))).embedded_signatures
    return signature


def _holds(signature: EmbeddedPdfSignature) -> bool:
    """The bytes fit the digest, and the certificate's own key made the signature. Whose key it is, `signer` says."""
    intact, valid = validate_sig_integrity(
        signature.signer_info,
        signature.signer_cert,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    return bool(intact and valid)
