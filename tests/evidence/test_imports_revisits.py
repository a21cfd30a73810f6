"""Records that name an earlier one instead of repeating it; and mails that are packed in ways nobody knows."""

import base64
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.evidence.import_fixtures import picture, zipped

from sitr.evidence.imports import Imported, Inside, Looked, read_import

FIRST, OTHER, HOUR = "https://a.example/1.png", "https://b.example/2.png", "2026-11-22T20:00:00Z"
PNG = picture()
DIGEST = "sha1:" + base64.b32encode(hashlib.sha1(PNG, usedforsecurity=False).digest()).decode()


def record(kind: str, url: str, body: bytes, *headers: str) -> bytes:
    http = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + body
    head = "\r\n".join(
        ("WARC/1.1", f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", f"WARC-Date: {HOUR}", *headers,
         "WARC-Record-ID: <urn:uuid:1b4e28ba-2fa1-11d2-883f-0016d3cca427>",
         "Content-Type: application/http; msgtype=response", f"Content-Length: {len(http)}", "", "")
    )  # fmt: skip
    return head.encode() + http + b"\r\n\r\n"


def read(data: bytes, name: str = "a.warc") -> tuple[Imported, list[tuple[str, bytes]]]:
    handed: list[tuple[str, bytes]] = []

    def look(inside: Inside) -> Looked:
        handed.append((inside.name, inside.data))
        return Looked.COMPARED

    now = datetime(2026, 11, 23, tzinfo=UTC)
    return read_import(io.BytesIO(data), name, now=now, workdir=Path("/dev/shm"), look=look), handed


def codes(made: Imported) -> set[str]:
    return {problem.code.removeprefix("evidence.import_") for problem in made.problems}


def test_a_revisit_stands_for_the_picture_that_it_names_by_its_digest() -> None:
    named = f"WARC-Payload-Digest: {DIGEST}"
    made, handed = read(record("response", FIRST, PNG, named) + record("revisit", OTHER, b"", named))
    assert handed == [(FIRST, PNG), (OTHER, PNG)]
    assert codes(made) == set()


def test_a_revisit_stands_for_the_picture_that_it_names_by_address_and_hour() -> None:
    refers = (f"WARC-Refers-To-Target-URI: {FIRST}", f"WARC-Refers-To-Date: {HOUR}")
    _, handed = read(record("response", FIRST, PNG) + record("revisit", OTHER, b"", *refers))
    assert handed == [(FIRST, PNG), (OTHER, PNG)]


def test_a_revisit_in_another_file_of_the_same_archive_is_understood() -> None:
    named = f"WARC-Payload-Digest: {DIGEST}"
    whole = zipped(
        {
            "datapackage.json": b"{}",
            "archive/1.warc": record("response", FIRST, PNG, named),
            "archive/2.warc": record("revisit", OTHER, b"", named),
        }
    )
    assert [name for name, _ in read(whole, "a.wacz")[1]] == [FIRST, OTHER]


def test_a_revisit_of_what_is_not_here_is_counted_and_said() -> None:
    made, handed = read(record("revisit", OTHER, b"", f"WARC-Payload-Digest: {DIGEST}"))
    assert handed == []
    assert codes(made) == {"not_all_compared"}


def test_a_digest_that_is_wrong_lends_its_picture_to_nobody() -> None:
    wrong = "WARC-Payload-Digest: sha1:" + "A" * 32
    made, handed = read(record("response", FIRST, PNG, wrong) + record("revisit", OTHER, b"", wrong))
    assert [name for name, _ in handed] == [FIRST]
    assert codes(made) == {"digests_wrong", "not_all_compared"}


@pytest.mark.parametrize(
    ("packing", "body", "said"),
    [
        ("x-zipped", b"whatever", True),
        ("x-uuencode", b"no beginning at all", True),
        ("x-uuencode", b"begin 644 a\n#86)C\n`\nend\n", False),
        ("7bit", b"plain", False),
        ("Base64", b"cGxhaW4=", False),
        ("quoted-printable", b"pl=61in", False),
    ],
)
def test_a_packing_that_is_not_known_or_cannot_be_undone_is_named(packing: str, body: bytes, *, said: bool) -> None:
    head = f"From: a@b.example\nDate: Sat, 3 Feb 2024 21:05:12 +0200\nContent-Transfer-Encoding: {packing}\n\n"
    made, _ = read(head.encode() + body, "a.eml")
    assert ("mail_packing" in codes(made)) is said
