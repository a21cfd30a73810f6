"""Two captures of one page beside each other: what came, what went, what became another thing. Pure: no browser, no
network; it reads what was sealed.

Compared are the text by its blocks, pictures by digest and (what differs) by PDQ distance, links, title, status, the
server's headers that tell something, addresses and certificates. What is not compared: looks, scripts, and what neither
capture kept; `conditions` says where the two were made under other conditions, since then a difference may be theirs.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from sitr.errors import BadInput, Damaged
from sitr.evidence.blocks import changes, surplus
from sitr.fingerprint import decode, pdq
from sitr.net.markup import Markup

_MOST_BLOCKS = 3000
_MOST_LINKS = 5000
_MOST_HTML = 8 * 2**20
_MOST_HASHED = 200
_LARGEST_PICTURE = 32 * 2**20
_SHOWN_TEXT = 1500
_INLINE = ("data:", "blob:", "canvas:")
# Headers that say who serves the page and when it was changed. What changes with every visit (dates, ids of caches and
# of connections) would only hide the rest.
HEADERS = (
    *("server", "content-type", "content-language", "last-modified", "etag", "x-powered-by", "via", "alt-svc"),
    *("x-robots-tag", "retry-after", "location", "x-frame-options", "strict-transport-security"),
)
_CONDITIONS = ("device", "locale", "timezone", "pictures", "session", "proxied", "expand", "scroll")


class Became(StrEnum):
    """What became of a picture. `reencoded`: other bytes, the same picture within 31 bits of PDQ."""

    ADDED = "added"
    REMOVED = "removed"
    REPLACED = "replaced"
    REENCODED = "reencoded"
    MOVED = "moved"


@dataclass(frozen=True)
class Picture:
    """One picture of a captured page."""

    url: str
    sha256: str

    @property
    def inline(self) -> bool:
        """Whether it has no address of its own: those of `blob:` are new with every visit."""
        return self.url.startswith(_INLINE)


@dataclass(frozen=True)
class PageState:
    """One captured page, as far as it is compared. `certificates`: host -> digests of the chain, leaf first."""

    url: str
    title: str
    status: int
    at: datetime | None
    partial: bool
    text: tuple[str, ...]
    links: tuple[str, ...]
    pictures: tuple[Picture, ...]
    way: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    certificates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True)
class Changed:
    """A named thing that was one and is another now; empty where there was none, or is none any more."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class TextChange:
    """One block of text: added (no `before`), removed (no `after`) or changed. Cut to 1500 signs each."""

    before: str
    after: str


@dataclass(frozen=True)
class PictureChange:
    """What became of one picture. `distance`: differing bits of PDQ (0 to 256), None where it is not known."""

    became: Became
    before: Picture | None
    after: Picture | None
    distance: int | None = None


@dataclass(frozen=True)
class Difference:
    """Everything that is another between two captures. `facts`: title, status, address, the way to it. `cut`: a page
    was too long to be compared to its end. `unread`: how many pictures could not be compared but by their digest."""

    before: PageState
    after: PageState
    facts: tuple[Changed, ...]
    text: tuple[TextChange, ...]
    pictures: tuple[PictureChange, ...]
    links_added: tuple[str, ...]
    links_removed: tuple[str, ...]
    headers: tuple[Changed, ...]
    addresses: tuple[Changed, ...]
    certificates: tuple[Changed, ...]
    conditions: tuple[Changed, ...]
    same_pictures: int
    unread: int
    cut: bool

    @property
    def nothing(self) -> bool:
        """Whether the page itself is the same: server and conditions may differ."""
        return not (self.facts or self.text or self.pictures or self.links_added or self.links_removed)


def read_state(record: bytes, text: bytes, html: bytes) -> PageState:
    """A page from its sealed record, text and DOM (these may be empty). Raises Damaged `evidence.record_unread`."""
    try:
        told = json.loads(record)
        source, collection = told["source"], told["collection"]
        return _state(told, source, collection, text.decode("utf-8", "replace"), html.decode("utf-8", "replace"))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Damaged("evidence.record_unread") from None


def _state(told: dict[str, Any], source: dict[str, Any], collection: dict[str, Any], text: str, html: str) -> PageState:
    blocks = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    links = list(dict.fromkeys(_links(html, source["url_final"])))
    tools = collection["tools"]
    conditions = {**tools, "pictures": collection["pictures"], "session": collection.get("login_used", False),
                  "proxied": str(collection.get("network", "")).startswith("by ")}  # fmt: skip
    return PageState(
        url=source["url_final"], title=source["title"], status=int(source["http_status"]),
        at=datetime.fromisoformat(collection["started_at"]), partial=bool(told["partial"]),
        text=tuple(blocks[:_MOST_BLOCKS]), links=tuple(links[:_MOST_LINKS]),
        pictures=tuple(Picture(one["url"], one.get("sha256", "")) for one in told["images"]),
        way=tuple(hop["url"] for hop in source["redirects"]), headers=_headers(told["exchanges"], source["url_final"]),
        addresses=dict(source["addresses"]),
        certificates={one["host"]: tuple(c["sha256"] for c in one["chain"]) for one in source["certificates"]},
        conditions={name: str(conditions.get(name, "")) for name in _CONDITIONS},
        cut=len(blocks) > _MOST_BLOCKS or len(links) > _MOST_LINKS or len(html) > _MOST_HTML,
    )  # fmt: skip


def _headers(exchanges: Iterable[dict[str, Any]], url: str) -> dict[str, str]:
    page = url.partition("#")[0]
    answer = next((e for e in exchanges if e["url"] == page and e["type"] == "Document" and e["status"]), None)
    pairs = {str(name).lower(): str(value) for name, value in (answer or {}).get("response_headers", ())}
    return {name: pairs[name] for name in HEADERS if name in pairs}


class _Anchors(Markup):
    """The addresses that a page links to."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "base" and href and not self.base:
            self.base = href
        elif tag in {"a", "area"} and href:
            self.found.append(href)


def _links(html: str, url: str) -> Iterator[str]:
    reader = _Anchors()
    reader.feed(html[:_MOST_HTML])
    for href in reader.found[: 4 * _MOST_LINKS]:
        try:
            found = urljoin(urljoin(url, reader.base), href.strip())
        except ValueError:
            continue
        if found.startswith(("http://", "https://", "mailto:", "tg:")):
            yield found


def digests_to_hash(before: PageState, after: PageState) -> set[str]:
    """The pictures that are not on both pages byte for byte: only these need to be looked at."""
    one, other = ({p.sha256 for p in page.pictures} for page in (before, after))
    return (one ^ other) - {""}


def hashes_in(wacz: Path, wanted: set[str]) -> dict[str, bytes]:
    """PDQ (32 bytes) of the wanted pictures of an archive of ours, by SHA-256 of their bytes. What cannot be decoded
    safely, or does not stand in the archive, has none."""
    from warcio.archiveiterator import ArchiveIterator

    found: dict[str, bytes] = {}
    with zipfile.ZipFile(wacz) as package, package.open("archive/capture.warc.gz") as file:
        for record in ArchiveIterator(file):
            if record.rec_type not in {"response", "resource"} or len(found) >= min(len(wanted), _MOST_HASHED):
                continue
            data = record.content_stream().read(_LARGEST_PICTURE)
            digest = hashlib.sha256(data).hexdigest()
            if digest in wanted and digest not in found and (made := picture_hash(data)) is not None:
                found[digest] = made
    return found


def picture_hash(data: bytes) -> bytes | None:
    """PDQ of a picture; None for what is none, and for one too flat to say anything."""
    try:
        bits, quality = pdq.reference(pdq.averaged(decode(data).grey))
    except BadInput:
        return None
    return bits.tobytes() if quality >= pdq.QUALITY else None


def compare_pages(before: PageState, after: PageState, hashes: Mapping[str, bytes]) -> Difference:
    """What is another in `after`. `hashes`: PDQ by digest, as far as known."""
    pictures, same = _pictures(before.pictures, after.pictures, hashes)
    hashed = [one for one in pictures if one.became in {Became.ADDED, Became.REMOVED, Became.REPLACED}]
    digests = {p.sha256 for one in hashed for p in (one.before, one.after) if p is not None}
    return Difference(
        before, after, facts=tuple(_facts(before, after)), text=tuple(_text(before.text, after.text)),
        pictures=tuple(pictures), links_added=_new(before.links, after.links),
        links_removed=_new(after.links, before.links), headers=tuple(_named(before.headers, after.headers)),
        addresses=tuple(_named(before.addresses, after.addresses)),
        certificates=tuple(_named(_chains(before), _chains(after), both=True)),
        conditions=tuple(_named(before.conditions, after.conditions)), same_pictures=same,
        unread=len(digests - hashes.keys()), cut=before.cut or after.cut,
    )  # fmt: skip


def _facts(before: PageState, after: PageState) -> Iterator[Changed]:
    pairs = (
        ("url", before.url, after.url), ("title", before.title, after.title),
        ("status", str(before.status), str(after.status)), ("way", "\n".join(before.way), "\n".join(after.way)),
    )  # fmt: skip
    return (Changed(*one) for one in pairs if one[1] != one[2])


def _text(before: Sequence[str], after: Sequence[str]) -> Iterator[TextChange]:
    """By blocks, in their order. Where as many went as came, they are taken for changed one by one."""
    for gone, come in changes(before, after):
        paired = min(len(gone), len(come))
        for one, other in zip(gone[:paired], come[:paired], strict=True):
            yield TextChange(one[:_SHOWN_TEXT], other[:_SHOWN_TEXT])
        yield from (TextChange(one[:_SHOWN_TEXT], "") for one in gone[paired:])
        yield from (TextChange("", one[:_SHOWN_TEXT]) for one in come[paired:])


def _pictures(
    before: Sequence[Picture], after: Sequence[Picture], hashes: Mapping[str, bytes]
) -> tuple[list[PictureChange], int]:
    # Pictures that do not stand on the other page under the same address with the same bytes.
    gone, come = surplus(before, after), surplus(after, before)
    same = len(before) - len(gone)
    changes: list[PictureChange] = []
    # In this order: the same bytes elsewhere, the same address with other bytes, the same look elsewhere.
    for became, fits in ((Became.MOVED, _same_bytes), (Became.REPLACED, _same_place), (Became.REENCODED, None)):
        for one in tuple(gone):
            two = next((each for each in come if (fits(one, each) if fits else _close(one, each, hashes))), None)
            if two is None:
                continue
            gone.remove(one)
            come.remove(two)
            if one.inline and two.inline and became is Became.MOVED:
                same += 1  # the same picture under this visit's blob: address
                continue
            apart = distance(one, two, hashes)
            alike = became is Became.REPLACED and apart is not None and apart <= pdq.RADIUS
            changes.append(PictureChange(Became.REENCODED if alike else became, one, two, apart))
    changes += [PictureChange(Became.REMOVED, one, None) for one in gone]
    changes += [PictureChange(Became.ADDED, None, one) for one in come]
    return changes, same


def _same_bytes(one: Picture, other: Picture) -> bool:
    return one.sha256 == other.sha256 != ""


def _same_place(one: Picture, other: Picture) -> bool:
    return one.url == other.url and not one.inline


def distance(one: Picture, other: Picture, hashes: Mapping[str, bytes]) -> int | None:
    """Differing bits of PDQ between two pictures; None where one of them has no hash."""
    first, second = hashes.get(one.sha256), hashes.get(other.sha256)
    if first is None or second is None:
        return None
    return (int.from_bytes(first) ^ int.from_bytes(second)).bit_count()


def _close(one: Picture, other: Picture, hashes: Mapping[str, bytes]) -> bool:
    apart = distance(one, other, hashes)
    return apart is not None and apart <= pdq.RADIUS


def _new(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    known = set(before)
    return tuple(one for one in after if one not in known)


def _named(before: Mapping[str, str], after: Mapping[str, str], *, both: bool = False) -> Iterator[Changed]:
    """`both`: only what stands on both sides; a host that was not visited says nothing of its certificate."""
    names = [n for n in before if n in after] if both else list(dict.fromkeys([*before, *after]))
    for name in names:
        if before.get(name, "") != after.get(name, ""):
            yield Changed(name, before.get(name, ""), after.get(name, ""))


def _chains(page: PageState) -> dict[str, str]:
    return {host: chain[0] if chain else "" for host, chain in page.certificates.items()}
