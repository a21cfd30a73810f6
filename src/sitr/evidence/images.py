"""The pictures of a captured page, each as a file with the exact address it came from. No browser here, and no
decoding.

Found are: what answered with a picture (whatever asked for it: `img`, `srcset`, CSS, a script), `data:` and `blob:`
pictures, canvases.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

from sitr.evidence.captured import BodyState, Exchange, PageImage
from sitr.evidence.recorder import whole_range
from sitr.evidence.seen import Reference
from sitr.net.inline import decode_data_url

_SHOWN = 120
_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)
_BOXES = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
}
_MOST_REDIRECTS = 20
_OWN = "urn:sitr:"
_OWN_NAME = re.compile(r"urn:sitr:inline-\d+-(data|blob|canvas):")


def page_images(
    exchanges: Sequence[Exchange],
    references: Iterable[Reference],
    inline: Mapping[str, str],
    drawn: Sequence[str],
    folder: Path,
) -> tuple[PageImage, ...]:
    """All pictures, in the order of the network, then inline ones, then canvases. `inline` maps blob: addresses to
    data: ones."""
    ways = Ways(exchanges)
    roles: dict[int, dict[str, set[str]]] = {}
    loose: dict[str, set[str]] = {}
    for reference in references:
        exchange = ways.end_of(reference.url)
        if exchange is not None:
            roles.setdefault(exchange.number, {}).setdefault(reference.url, set()).update(reference.roles)
        elif reference.url.startswith(("data:", "blob:")):
            loose.setdefault(reference.url, set()).update(reference.roles)
    from_network = [
        _of_exchange(e, roles.get(e.number, {})) for e in exchanges if e.body is not None and e.state is BodyState.KEPT
    ]
    data = [(url, tuple(sorted(r)), inline.get(url, url)) for url, r in loose.items()] + [
        ("canvas:", ("canvas",), one) for one in drawn
    ]
    return (*(one for one in from_network if one is not None), *_inline(data, folder))


def _of_exchange(exchange: Exchange, asked: Mapping[str, set[str]]) -> PageImage | None:
    if exchange.body is None or not exchange.length or not 200 <= exchange.status < 300:
        return None
    with exchange.body.open("rb") as file:
        mime = picture_type(file.read(32), exchange.mime)
    if mime is None:
        return None
    roles = tuple(sorted({role for each in asked.values() for role in each})) or ("network",)
    return PageImage(exchange.url, tuple(asked), roles, exchange.body, mime, exchange.length)


def _inline(found: Iterable[tuple[str, tuple[str, ...], str]], folder: Path) -> Iterator[PageImage]:
    for number, (url, roles, data) in enumerate(found, 1):
        content = decode_data_url(data)
        mime = picture_type(content[:32], data[5:].partition(",")[0].partition(";")[0]) if content else None
        if content and mime:
            path = folder / f"inline-{number:04d}"
            path.write_bytes(content)
            yield PageImage(url[:_SHOWN], (url[:_SHOWN],), roles, path, mime, len(content))


def own_picture(image: PageImage, page_url: str) -> str:
    """The address in our archives of a picture that has none of its own: as what it came, and on which page."""
    return f"{_OWN}{image.path.name}-{image.url.partition(':')[0]}:{page_url}"


def kind_of_own(address: str) -> str:
    """As what a picture of the page's own came (`data`, `blob`, `canvas`); empty for any other address."""
    found = _OWN_NAME.match(address)
    return found[1] if found else ""


def picture_type(start: bytes, told: str) -> str | None:
    """The media type by the first bytes, since leak sites serve pictures as anything; SVG and others by what the
    server told."""
    for magic, mime in _MAGIC:
        if start.startswith(magic):
            return mime
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    if start[4:8] == b"ftyp" and start[8:12] in _BOXES:
        return _BOXES[start[8:12]]
    return told if told.startswith("image/") else None


class Ways:
    """From an address to the exchange that answered it in the end, over the redirects that were recorded."""

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._by_url: dict[str, Exchange] = {}
        # A browser writes an address its own way before it goes there; the id of a request stays over its redirects.
        self._onward: dict[int, Exchange] = {}
        last: dict[str, Exchange] = {}
        for exchange in exchanges:
            before = last.get(exchange.network_id)
            if before is not None and before.location:
                self._onward[before.number] = exchange
            if exchange.network_id:
                last[exchange.network_id] = exchange
            known = self._by_url.get(exchange.url)
            if known is None or _worth(exchange) > _worth(known):
                self._by_url[exchange.url] = exchange

    def end_of(self, url: str) -> Exchange | None:
        """None when it was never asked for."""
        exchange = self._by_url.get(url.partition("#")[0])
        for _ in range(_MOST_REDIRECTS):
            if exchange is None or not exchange.location:
                break
            onward = self._onward.get(exchange.number)
            exchange = onward or self._by_url.get(_joined(exchange.url, exchange.location))
        return exchange


def _joined(base: str, location: str) -> str:
    return urljoin(base, location).partition("#")[0]


def _worth(exchange: Exchange) -> int:
    """Of several exchanges for one address the one that holds most: a whole body, then any answer, then none."""
    if exchange.state is BodyState.KEPT and exchange.status < 400:
        if exchange.status == 206 and not whole_range(exchange):
            return 2
        return 4 if exchange.method == "GET" else 3
    return 1 if exchange.status else 0
