"""Whatever bytes come in, a reader gives a view or refuses with one of our errors: no crash, no hang, no surprise.

With `--long` each reader is given ten minutes of random damage; without, some seconds with fixed seeds. Damage starts
from the museum, so that it gets past the first check.
"""

import io
import random
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evidence.import_fixtures import EXPECTED, FOLDER, MAKERS

from sitr.errors import SitrError
from sitr.evidence.imports import ImportLimits, as_json, is_plain_words, read_import, words_only
from sitr.evidence.imports.jumbf import read_cbor, read_manifest
from sitr.evidence.imports.moments import place_in, read_zone, visible
from sitr.evidence.imports.texts import decoded, html_words
from sitr.evidence.imports.whatsapp import header

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LIMITS = ImportLimits(text=2**20, items=2000, seconds=10)
SLOWEST = 10.0
"""Seconds for one damaged file of some kilobytes, on a busy machine; processes apart have their own limit."""
READERS = {
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
EXAMPLES = {"pdf": 4, "film": 4, "pictures": 25, "mail": 50, "voice": 25}
_WORDS = (
    b"\n",
    b"\r\n",
    b"[",
    b"]",
    b" - ",
    b": ",
    b"1/2/24, 9:05 PM - A: ",
    b"{",
    b"}",
    b'"',
    b"\\u0000",
    b"\x00",
    b"\xff",
    b"\xe2\x80\x8f",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"../",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"boundary=b",
    b"--b\r\n",
    b"\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"jumb",
    b"cbor",
    b"\x9f",
    b"99999999999999999999",
    b"1e999",
    b"WARC/1.0\r\n",
    "٣/٢/٢٠٢٤، ٩:٠٥ م - ".encode(),
    b"=?utf-8?B?=?=",
    b"OggS",
    b"moov",
    b"<svg>",
    b"ustar",
)


def _seeds(reader: str) -> list[str]:
    return [name for name in EXPECTED if name.startswith(READERS[reader])]


def damaged(data: bytes, edits: list[tuple[int, int, int]]) -> bytes:
    """The bytes after some edits: (place, what, how)."""
    out = bytearray(data)
    for place, what, how in edits:
        at = place % (len(out) + 1)
        length = 1 + how % 64
        word = _WORDS[how % len(_WORDS)]
        if what == 0 and at < len(out):
            out[at] ^= 1 + how % 255
        elif what == 1:
            out[at:at] = word
        elif what == 2:
            del out[at : at + length]
        elif what == 3:
            out[at:at] = out[at : at + length] * (1 + how % 5)
        elif what == 4:
            out[at : at + len(word)] = word
        else:
            del out[max(1, at) :]
    return bytes(out)


def survives(name: str, data: bytes) -> None:
    """Read it as an import would; anything but a view or one of our errors fails the test."""
    began = time.monotonic()
    seen: list[str] = []
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        try:
            made = read_import(
                io.BytesIO(data),
                name,
                now=NOW,
                workdir=Path(work),
                limits=LIMITS,
                key_records=lambda _name: b"v=DKIM1; p=",
                answers={"zone": "Africa/Cairo"},
                look=lambda named, _data: seen.append(named),
            )
        except SitrError as refused:
            if "." not in refused.code:
                raise
            return
    for item in made.items[:200]:
        rfc8785.dumps(_clean(as_json(item)))
    if made.kind not in {"image", "video"}:
        words_only(made, name)
        is_plain_words(data, made)
    assert time.monotonic() - began < SLOWEST + LIMITS.seconds


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, list | tuple) else value


EDITS = st.lists(st.tuples(st.integers(0, 2**17), st.integers(0, 5), st.integers(0, 2**16)), min_size=1, max_size=8)


@pytest.mark.parametrize("reader", sorted(READERS))
def test_damaged_files_are_read_or_refused(reader: str) -> None:
    seeds = _seeds(reader)
    assert seeds

    @settings(max_examples=EXAMPLES.get(reader, 100), derandomize=True, deadline=None, database=None)
    @given(st.sampled_from(seeds), EDITS)
    def run(name: str, edits: list[tuple[int, int, int]]) -> None:
        survives(name, damaged((FOLDER / name).read_bytes(), edits))

    run()


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("reader", sorted(READERS))
def test_ten_minutes_of_damage_for_each_reader(reader: str) -> None:
    dice, ends, runs = random.Random(), time.monotonic() + 600, 0  # noqa: S311  damage, not secrets
    seeds = {
        name: MAKERS[name]() if name.startswith("archive-bomb") else (FOLDER / name).read_bytes()
        for name in _seeds(reader)
    }
    while time.monotonic() < ends:
        name = dice.choice(sorted(seeds))
        edits = [(dice.randrange(2**17), dice.randrange(6), dice.randrange(2**16)) for _ in range(dice.randint(1, 12))]
        try:
            survives(name, damaged(seeds[name], edits))
        except BaseException as failed:
            failed.add_note(f"{name} {edits}")
            raise
        runs += 1
    assert runs > 10


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.binary(max_size=300))
def test_small_parsers_take_any_bytes(data: bytes) -> None:
    read_manifest(b"\x89PNG\r\n\x1a\n" + data)
    read_manifest(b"\xff\xd8" + data)
    text, _ = decoded(data)
    html_words(text)
    header(text, 1)
    with suppress(ValueError, IndexError):
        read_cbor(data)


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.text(max_size=120))
def test_what_is_visible_keeps_its_places(text: str) -> None:
    plain = visible(text)
    for length in range(len(plain) + 1):
        assert visible(text[: place_in(text, length)]) == plain[:length]
    with suppress(ValueError):
        read_zone(text)
