"""Whether the certificate of a time authority was revoked: asking its issuer, and keeping what was said with the stamp.

Here belong the addresses in a certificate, asking by OCSP (RFC 6960) and for a list (RFC 5280), and the form in which
the answer is kept. The addresses were written by somebody else, so they go through the door for visits, bounded; what
comes is judged by openssl, in the shipped `verifier`, before it is kept. An issuer learns which authority's certificate
is asked about, the hour and the address of who asks: nothing of a case. Not here: what a revocation means (`verifier`).
"""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any, Literal, Protocol
from urllib.parse import quote

from asn1crypto import ocsp, pem, x509

from sitr.errors import BadInput, Damaged, OutsideSilent
from sitr.journal import verifier
from sitr.journal.authorities import BadStamp, open_reply, parsed, signing_certificate
from sitr.net import Limits, Response

_ANSWER = Limits(seconds=15.0, bytes=65_536, redirects=2)
_LIST = Limits(seconds=30.0, bytes=5_000_000, redirects=2)  # lists of large issuers reach a few megabytes
_MOST_ADDRESSES = 3
_OCSP_LABEL = "OCSP RESPONSE"


class Visitor(Protocol):
    """What this room asks of the door: addresses that anybody may have written."""

    def get(self, url: str, limits: Limits, method: Literal["GET", "HEAD"] = "GET") -> Response:
        """See `sitr.net.Door.get`."""
        ...


def fetch_revocation(tsr: bytes, roots: bytes, door: Visitor) -> bytes:
    """What the issuer says now about the certificate that signed this reply: PEM blocks, or nothing where it was not to
    be had. `roots`: PEM certificates by which it is judged. Raises Damaged for what is no reply.
    """
    stamped, certificate = _read(tsr)
    for said in _answers(certificate, tsr, roots, door):
        if verifier.standing(tsr, stamped, [said], roots or None) is not None:
            return said if verifier.CRL.search(said) else pem.armor(_OCSP_LABEL, said)
    return b""


def revocation_files(kept: bytes) -> tuple[bytes, bytes]:
    """What was kept, as tools take it: the lists in PEM, and the OCSP answer in DER (empty when there is none)."""
    lists = b"".join(verifier.CRL.findall(kept))
    blocks = pem.unarmor(kept, multiple=True) if kept else ()
    return lists, next((der for label, _, der in blocks if label == _OCSP_LABEL), b"")


def signer_mark(tsr: bytes) -> str:
    """A digest of the certificate that signed a reply: replies of one authority share what is said about it."""
    return hashlib.sha256(_read(tsr)[1].dump()).hexdigest()


def _read(tsr: bytes) -> tuple[verifier.Stamped, Any]:
    try:
        _, token = parsed(lambda: open_reply(tsr))
        certificate = None if token is None else parsed(lambda: signing_certificate(token))
        if certificate is not None:
            return verifier.read_stamp(tsr), certificate
    except (BadStamp, verifier.MalformedError) as error:
        raise Damaged("journal.stamp_unreadable") from error
    raise Damaged("journal.stamp_unreadable")


def _answers(certificate: Any, tsr: bytes, roots: bytes, door: Visitor) -> Iterator[bytes]:
    """What each address in the certificate answers: OCSP first, since it is small and of this hour."""
    issuer = _issuer(certificate, tsr, roots)
    asked = base64.b64encode(_request(certificate, issuer)).decode() if issuer is not None else ""
    for url in _addresses(lambda: certificate.ocsp_urls) if asked else ():
        yield from _got(f"{url.rstrip('/')}/{quote(asked, safe='')}", _ANSWER, door)
    for url in _addresses(lambda: [point.url for point in certificate.crl_distribution_points]):
        for body in _got(url, _LIST, door):
            yield body if verifier.CRL.search(body) else pem.armor("X509 CRL", body)


def _addresses(read: Any) -> list[str]:
    try:
        return [str(url) for url in parsed(read) if url][:_MOST_ADDRESSES]
    except BadStamp:
        return []


def _got(url: str, limits: Limits, door: Visitor) -> Iterator[bytes]:
    try:
        answer = door.get(url, limits)
    except (OutsideSilent, BadInput):
        return  # not to be had, or at an address that Sitr does not visit: it stays unknown, and is said so
    if answer.status == 200 and answer.body:
        yield answer.body


def _issuer(certificate: Any, tsr: bytes, roots: bytes) -> Any:
    """The certificate of the issuer, among those that came with the reply and the roots."""
    for found in verifier.CERTIFICATE.findall(verifier.certificates_inside(tsr) + roots):
        candidate = x509.Certificate.load(pem.unarmor(found)[2])
        if candidate.subject == certificate.issuer:
            return candidate
    return None


def _request(certificate: Any, issuer: Any) -> bytes:
    """An OCSPRequest for one certificate. SHA-1 here only names the issuer; every responder knows it."""
    name = {
        "hash_algorithm": {"algorithm": "sha1"},
        "issuer_name_hash": hashlib.sha1(certificate.issuer.dump(), usedforsecurity=False).digest(),
        "issuer_key_hash": hashlib.sha1(bytes(issuer.public_key["public_key"]), usedforsecurity=False).digest(),
        "serial_number": certificate.serial_number,
    }
    return bytes(ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": name}]}}).dump())
