"""The images that a page saved by a browser holds, each with the address it had. Nothing here is fetched or shown.

What belongs here: the two forms in which a browser saves a page whole. Everything is untrusted.
"""

from collections.abc import Iterator
from email import message_from_bytes, policy

from sitr.net.inline import decode_data_url
from sitr.net.markup import Markup

_MOST_IMAGES = 2000


def images_of(kind: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Address and bytes of each image in a page of this kind (`mhtml`, `html`); those without an address are not."""
    return _of_mhtml(data) if kind == "mhtml" else _of_html(data)


def _of_mhtml(data: bytes) -> Iterator[tuple[str, bytes]]:
    """RFC 2557, as Chromium writes it."""
    for part in message_from_bytes(data, policy=policy.compat32).walk():
        address = str(part.get("Content-Location", ""))
        image = part.get_payload(decode=True) if part.get_content_maintype() == "image" else None
        if isinstance(image, bytes) and _is_web(address):
            yield address, image


def _of_html(data: bytes) -> Iterator[tuple[str, bytes]]:
    """As our extension writes it where the browser makes no MHTML: the image inside, its address beside it."""
    reader = _Images()
    reader.feed(data.decode("utf-8", "replace"))
    for address, source in reader.found[:_MOST_IMAGES]:
        image = decode_data_url(source)
        if image:
            yield address, image


class _Images(Markup):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        address, source = named.get("data-address", ""), named.get("src", "")
        if tag == "img" and _is_web(address) and source[:11].lower() == "data:image/":
            self.found.append((address, source))

    handle_startendtag = handle_starttag


def _is_web(address: str) -> bool:
    return address.startswith(("http://", "https://"))
