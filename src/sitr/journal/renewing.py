"""What a stored reply of a time authority says about how long it can be checked: its certificates and their revocation.

Here belong when the certificate that signed a reply ends, which revocation lists came inside it, and how long before
the end it is renewed. Asking for a stamp and for its renewal is in `authorities`, asking whether a certificate was
revoked in `revoking`; checking all of it is in `verifier`.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import core

from sitr.errors import Damaged
from sitr.journal.authorities import BadStamp, open_reply, parsed, signing_certificate

RENEW_BEFORE = timedelta(days=60)
"""How long before its certificate ends a reply is renewed: an authority may be silent for weeks."""


def stamp_ends(tsr: bytes) -> datetime:
    """When the certificate that signed this reply ends (aware, UTC). Raises Damaged for what is no reply."""
    certificate = _read(tsr, signing_certificate)
    end: datetime = certificate["tbs_certificate"]["validity"]["not_after"].native
    return end.astimezone(UTC)


def stamp_revocation(tsr: bytes) -> bytes:
    """The revocation lists that came inside a reply, as PEM; nothing when there was none. Raises Damaged."""
    return bytes(_read(tsr, lambda token: b"".join(map(_pem, _lists(token)))))


def _lists(token: Any) -> list[bytes]:
    found = token["crls"]
    return [] if isinstance(found, core.Void) else [bytes(one.chosen.dump()) for one in found if one.name == ""]


def _pem(der: bytes) -> bytes:
    body = base64.encodebytes(der).replace(b"\n", b"")
    lines = b"\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return b"-----BEGIN X509 CRL-----\n" + lines + b"\n-----END X509 CRL-----\n"


def _read(tsr: bytes, what: Any) -> Any:
    try:
        _, token = parsed(lambda: open_reply(tsr))
        if token is None:
            raise BadStamp("journal.stamp_garbage")
        return parsed(lambda: what(token))
    except BadStamp as error:
        raise Damaged("journal.stamp_unreadable") from error
