"""Mails signed with Ed25519 (RFC 8463) are judged: the example of the RFC itself, and one that the test signs."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sitr.evidence.imports.signatures import check_signatures

# RFC 8463, appendix A: the key of A.2 and the signature of A.3.
RECORD = b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
SIGNED = b"""DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
"""
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def own_record() -> bytes:
    public = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)


def own_mail(algorithm: str = "ed25519-sha256") -> bytes:
    """Signed here, by the RFC's own words: simple body, relaxed headers, the key over the digest."""
    body = b"I will publish it.\r\n"
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    field = f"v=1; a={algorithm}; c=relaxed/simple; d=mail.example; s=test; h=from; bh={digest}; b="
    signed = f"from:Sara <sara@mail.example>\r\ndkim-signature:{field}".encode()
    mark = base64.b64encode(KEY.sign(hashlib.sha256(signed).digest())).decode()
    return f"DKIM-Signature: {field}{mark}\r\nFrom: Sara <sara@mail.example>\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("raw", "record", "state"),
    [
        (SIGNED, RECORD, "pass"),
        (SIGNED.replace(b"dinner", b"supper"), RECORD, "fail"),
        (SIGNED.replace(b"hungry", b"asleep"), RECORD, "fail"),
        (own_mail(), own_record(), "pass"),
        (own_mail(), RECORD, "fail"),
        (own_mail("rsa-sha256"), own_record(), "fail"),
        (own_mail(), own_record().replace(b"ed25519", b"rsa"), "fail"),
        (own_mail(), b"", "no_key"),
        (own_mail(), b"v=DKIM1; k=ed25519; p=AAAA", "broken"),
    ],
    ids=["RFC 8463", "subject", "body", "own", "another key", "called RSA", "key called RSA", "gone", "no key in it"],
)
def test_a_signature_with_an_ed25519_key_is_judged(raw: bytes, record: bytes, state: str) -> None:
    (found,) = check_signatures(raw, lambda _name: record)
    assert found.state == state
    assert found.record == record.decode()
