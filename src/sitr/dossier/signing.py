"""The signatures of a dossier: the Ed25519 key of the installation, and the paper's own PDF signature (PAdES B-B).

The signed list carries everything; the PDF signature is there because readers of PDF look for one. It names no person
and no machine. A time stamp inside the PDF is not made: the time proofs lie in the bag.
"""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Protocol

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

_LABEL = b"sitr-paper-key-v1\n"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256, SEC 2 section 2.4.2
_FIELD = "Sitr"
_YEARS = timedelta(days=3653)


class DossierSigner(Protocol):
    """What this needs of `sitr.journal.Signer`: an Ed25519 key that signs and shows its public half."""

    @property
    def public(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...
    def public_pem(self) -> bytes: ...


def installation_name(signer: DossierSigner) -> str:
    """`Sitr installation <8 hex>`: the first digits of SHA-256 of the public key, as `verify` shows them."""
    return f"Sitr installation {hashlib.sha256(signer.public).hexdigest()[:8]}"


def sign_paper(pdf: bytes, signer: DossierSigner, now: datetime) -> bytes:
    """`pdf` with a PAdES signature (ETSI.CAdES.detached, ECDSA P-256, SHA-256) dated `now`, in UTC."""
    key = paper_key(signer)
    made = signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate(signer, now)),
        signing_key=asn1_keys.PrivateKeyInfo.load(
            key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        ),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # pyHanko has no types here
    )
    meta = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=installation_name(signer),
        cades_signed_attr_spec=CAdESSignedAttrSpec(),
    )
    return asyncio.run(_sign(pdf, _PaperSigner(meta, signer=made), now.astimezone(UTC)))


class _PaperSigner(signers.PdfSigner):
    """Leaves the paper at PDF 1.7, on which PDF/A-3 stands: for ECDSA pyHanko would raise it to 2.0."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:  # noqa: ARG002  (given)
        pdf_out.register_extension(ESIC_EXTENSION_1)


async def _sign(pdf: bytes, signer: signers.PdfSigner, now: datetime) -> bytes:
    # pyHanko's own one-call way takes the machine's clock and writes its time zone into the file; its steps do not.
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    session = signer.init_signing_session(writer)
    session.system_time = now
    found = await session.perform_presign_validation(writer)
    room = await session.estimate_signature_container_size(found, tight=False)
    document = session.prepare_tbs_document(validation_info=found, bytes_reserved=room)
    output = BytesIO()
    digest, _ = document.digest_tbs_document(output=output)
    done = await document.perform_signature(
        document_digest=digest.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(
            signing_time=now, cades_signed_attrs=signer.signature_meta.cades_signed_attr_spec
        ),
    )
    await done.post_signature_processing(output)
    return output.getvalue()


def paper_key(signer: DossierSigner) -> ec.EllipticCurvePrivateKey:
    """The P-256 key for papers, always the same for one installation.

    Readers of PDF (poppler 22.12 with NSS) do not know Ed25519. Ed25519 signatures are deterministic (RFC 8032) and
    this one is never given out, so its digest serves as the seed: no second key file has to be kept and backed up.
    """
    seed = signer.sign(_LABEL)
    number = int.from_bytes(hashlib.sha512(_LABEL + seed).digest(), "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def certificate(signer: DossierSigner, now: datetime) -> bytes:
    """The self-made certificate of the paper key (DER). It names the installation: no person, no machine."""
    key = paper_key(signer)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, installation_name(signer))])
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    uses = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(
            int.from_bytes(hashlib.sha256(signer.public + day.isoformat().encode()).digest()[:16], "big") | 1
        )
        .not_valid_before(day)
        .not_valid_after(day + _YEARS)
        .add_extension(uses, critical=True)
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return made.public_bytes(serialization.Encoding.DER)
