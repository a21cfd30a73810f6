"""One target for each reader of what strangers hand in: seeds, and a function that lets through only what is foreseen.

A target reads bytes as the product would. What a reader may raise is passed over here and nowhere else; anything more
is a find. Where a group of small parsers shares a target, the first byte of the input says which one is meant.
"""

import io
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rfc8785
from tests.evidence.import_fixtures import EXPECTED, FOLDER, MAKERS
from tests.evidence.signed_pictures import Made
from tests.fuzzing import seeds as made

from sitr.cases import bundles
from sitr.errors import SitrError
from sitr.evidence.comparing import read_state
from sitr.evidence.cookies import read_cookies
from sitr.evidence.imports import ImportLimits, Looked, as_json, is_plain_words, read_import, words_only
from sitr.evidence.imports.credentials import UNREADABLE, judge
from sitr.evidence.imports.jumbf import png_texts, read_cbor, read_manifest
from sitr.evidence.imports.moments import read_zone
from sitr.evidence.imports.texts import decoded, html_words
from sitr.finding import image_addresses, inline_pictures
from sitr.finding.exchange import read_list
from sitr.finding.exchange.stopncii import read_record
from sitr.finding.exchange.threat_updates import read_update
from sitr.finding.robots import Robots, read_robots
from sitr.finding.sweep.bodies import worth_reading
from sitr.finding.sweep.records import _from_record
from sitr.finding.sweep.warcs import Record, Warc
from sitr.finding.sweep.watchlist import read_watchlist
from sitr.fingerprint import Fingerprint, decode, screen
from sitr.journal import anchor_facts, verifier, verify_journal
from sitr.net.socks import read_proxy
from sitr.net.targets import read_target
from sitr.takedown import read_ledger, read_reply
from sitr.vault import LockedIdentity, ReceiptCode

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LIMITS = ImportLimits(text=2**20, items=2000, seconds=10)
SLOWEST = 10.0
"""Seconds of the processor for one damaged file of some kilobytes; processes apart have a limit of their own."""
IMPORTS = {
    "whatsapp": ("wa-",),
    "telegram": ("tg-",),
    "meta": ("ig-", "fb-"),
    "mail": ("mail-",),
    "pictures": ("picture", "photo", "Screenshot"),
    "zip": ("archive-", "wa-android.zip", "tg-folder.zip"),
    "tar": ("archive.tar", "archive-link.tar", "archive-traversal.tar"),
    "warc": ("page.w", "page-"),
    "voice": ("voice", "PTT"),
    "words": ("notes", "page.html", "deep", "anything"),
    "pdf": ("paper",),
    "film": ("film",),
}


@dataclass(frozen=True)
class Target:
    """`seeds` are whole inputs; `read` raises only where something was found."""

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes], None]


@contextmanager
def _foreseen(*more: type[Exception]) -> Iterator[None]:
    try:
        yield
    except SitrError as refused:
        if "." not in refused.code:
            raise
    except more:
        pass


# --- imports ----------------------------------------------------------------------------------------------------------


def import_seeds(reader: str) -> dict[str, bytes]:
    """The museum's files for one reader; bombs are made, since they are not kept."""
    names = [name for name in EXPECTED if name.startswith(IMPORTS[reader])]
    return {name: MAKERS[name]() if name.startswith("archive-bomb") else (FOLDER / name).read_bytes() for name in names}


def survives(name: str, data: bytes) -> None:
    """Read it as an import would; anything but a view or one of our errors fails."""
    began = time.process_time()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work, _foreseen():
        read = read_import(
            io.BytesIO(data),
            name,
            now=NOW,
            workdir=Path(work),
            limits=LIMITS,
            key_records=lambda _name: b"v=DKIM1; p=",
            answers={"zone": "Africa/Cairo"},
            look=lambda _inside: Looked.COMPARED,
        )
        for item in read.items[:200]:
            rfc8785.dumps(_clean(as_json(item)))
        if read.kind not in {"image", "video"}:
            words_only(read, name)
            is_plain_words(data, read)
    if time.process_time() - began > SLOWEST:
        raise AssertionError


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value


def _import_target(reader: str) -> Target:
    names = sorted(name for name in EXPECTED if name.startswith(IMPORTS[reader]))

    def read(data: bytes) -> None:
        if data:
            survives(names[data[0] % len(names)], data[1:])

    def seeds() -> list[bytes]:
        return [bytes([names.index(name)]) + one for name, one in import_seeds(reader).items()]

    return Target(seeds, read)


def _c2pa(data: bytes) -> None:
    read_manifest(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        png_texts(data)
    with suppress(ValueError, IndexError):
        read_cbor(data)
    with suppress(*UNREADABLE):
        judge(data)


def _c2pa_seeds() -> list[bytes]:
    files = [one for name, one in import_seeds("pictures").items() if "c2pa" in name or name.endswith(".webp")]
    signed = [Made(carrier=carrier).file() for carrier in ("png", "jpeg-cut", "webp")]
    return [*files, *signed, b"\xa2\x61a\x01\x61b\x82\x01\x9f\x01\xff"]


# --- small parsers, by the first byte ---------------------------------------------------------------------------------

Parser = Callable[[bytes], object]


def _group(parsers: Sequence[Parser], seeds: Callable[[], list[tuple[int, bytes]]], *more: type[Exception]) -> Target:
    def read(data: bytes) -> None:
        began = time.process_time()
        with _foreseen(*more):
            if data:
                parsers[data[0] % len(parsers)](data[1:])
        if time.process_time() - began > SLOWEST:
            raise AssertionError

    return Target(lambda: [bytes([place]) + one for place, one in seeds()], read)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _json(data: bytes) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(data)
    return None


def _state(data: bytes) -> object:
    record, _, rest = data.partition(b"\n\0\n")
    text, _, html = rest.partition(b"\n\0\n")
    return read_state(record, text, html)


def _page(data: bytes) -> object:
    text, _ = decoded(data)
    html_words(text)
    return image_addresses(text, "https://a.example/b/"), inline_pictures(text)


def _rules(data: bytes) -> None:
    rules = read_robots(data)
    rules.allows("https://a.example/b/c?d=%41%E2%80%8F#e")
    kept = rules.as_json()
    if kept is not None and Robots.of(kept) != rules:
        raise AssertionError


def _bundle(data: bytes) -> None:
    source = io.BytesIO(data)
    manifest = bundles.read_manifest(source, len(data), pictures=True)
    for part in manifest.parts:
        if part.kind == "text":
            bundles.text_of(source, part)
        else:
            reader = bundles.PartReader(source, part)
            while reader.read(65_536):
                pass


def _crawl(data: bytes) -> None:
    for one in Warc(io.BytesIO(data), worth_reading, size=len(data)):
        if isinstance(one, Record):
            list(_from_record(one, "crawl"))
    list(Warc(io.BytesIO(data), worth_reading, size=len(data), start=len(data) // 2))


def _whole_journal(data: bytes) -> None:
    lines, openings, checkpoint, consistency, renewal, anchor, stamp = (data.split(made.CUT) + [b""] * 7)[:7]
    opened = _json(openings)
    numbered = {int(n): one for n, one in opened.items() if n.isascii() and n.isdecimal() and len(n) < 9} if isinstance(
        opened, dict) else {}  # fmt: skip
    verify_journal(
        lines.split(b"\n")[:-1], numbered, [checkpoint], inside_signer=made.signer(), consistency=consistency or None,
        renewals=[(renewal, stamp)] if renewal else (), anchors=[anchor] if anchor else (),
        stamps=[stamp] if stamp else (),
    )  # fmt: skip


def _looked_into(data: bytes) -> None:
    decode(data)
    screen(data)


def _packed(data: bytes) -> None:
    Fingerprint.unpack(data).to_json()


def _shared(data: bytes) -> None:
    Fingerprint.from_shareable(data).pack()


TARGETS: dict[str, Target] = {
    **{reader: _import_target(reader) for reader in IMPORTS},
    "c2pa": Target(_c2pa_seeds, _c2pa),
    "bundle": _group([_bundle], made.bundle_seeds),
    "jar": _group(
        [lambda data: read_cookies(_text(data)), lambda data: read_cookies(_text(data), "a.example")], made.jar_seeds
    ),
    "states": _group([_state], made.state_seeds),
    "pages": _group([_page, _rules], made.page_seeds),
    "reply": _group([read_reply], made.reply_seeds),
    "decoding": _group([_looked_into], made.picture_seeds),
    "fingerprints": _group([_packed, _shared], made.fingerprint_seeds),
    "journal": _group(
        [
            verifier.read_json,
            verifier.read_line,
            verifier.read_opening,
            verifier.read_checkpoint,
            verifier.read_keys,
            verifier.read_headers,
            verifier.read_renewal,
        ],
        made.journal_seeds,
        verifier.MalformedError,
    ),
    "time_proofs": _group(
        [verifier.read_stamp, verifier.read_crl, verifier.read_ots, anchor_facts],
        made.proof_seeds,
        verifier.MalformedError,
    ),
    "whole_journal": _group([_whole_journal], made.whole_journal_seeds),
    "crawl": _group([_crawl], made.crawl_seeds),
    "lists": _group(
        [
            lambda data: list(read_list(io.BytesIO(data))),
            read_watchlist,
            read_ledger,
            lambda data: read_record(_json(data)),
            lambda data: read_update(_json(data)),
        ],
        made.list_seeds,
    ),
    "addresses": _group(
        [
            lambda data: read_target(_text(data)),
            lambda data: read_proxy(_text(data)),
            lambda data: made.identified(_text(data)),
            lambda data: ReceiptCode.read(_text(data)),
            LockedIdentity.unpack,
            lambda data: read_zone(_text(data)),
        ],
        made.address_seeds,
        ValueError,
    ),
}
