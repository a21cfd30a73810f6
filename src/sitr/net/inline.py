"""Addresses that carry their own content (`data:`, RFC 2397): nothing is asked for, so no door is needed."""

import base64
import binascii
from urllib.parse import unquote_to_bytes


def decode_data_url(url: str) -> bytes | None:
    """The bytes of a `data:` address; None when it is none or is broken."""
    head, comma, body = url.partition(",")
    if not comma or not head.lower().startswith("data:"):
        return None
    raw = unquote_to_bytes(body)
    if not head.lower().endswith(";base64"):
        return raw
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=False)
    except (ValueError, binascii.Error):
        return None
