"""Each file of the museum is read as the JSON beside it says, which was written by hand."""

import base64
import gzip
import io
import json
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.evidence.import_fixtures import EXPECTED, FOLDER, KEY_RECORD_NAME, key_record, record, zipped

from sitr.errors import BadInput
from sitr.evidence import Wall, confinement
from sitr.evidence.imports import Imported, Inside, Looked, Where, as_json, from_json, read_import, tell_kind
from sitr.evidence.imports.limits import ImportLimits
from sitr.fingerprint import measure
from sitr.words import LANGS, say

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SPOKEN = {"message", "service", "mail"}


def records(name: str) -> bytes | None:
    """A name system that knows one key."""
    return key_record() if name == KEY_RECORD_NAME else None


def read(name: str, **given: Any) -> Imported:
    """A file of the museum, read."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work, (FOLDER / name).open("rb") as source:
        return read_import(source, name, now=NOW, workdir=Path(work), key_records=records, **given)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_file_is_read_as_the_json_beside_it_says(name: str) -> None:
    expected = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert expected == json.loads(json.dumps(EXPECTED[name])), "run python -m tests.evidence.import_fixtures"
    if "error" in expected:
        with pytest.raises(BadInput) as refused:
            read(name)
        assert refused.value.code == expected["error"]
        return
    made = read(name, answers=expected.get("answers", {}))
    assert made.kind == expected["kind"]
    assert [question.id for question in made.questions] == expected["questions"]
    assert [problem.code.removeprefix("evidence.import_") for problem in made.problems] == expected["problems"]
    _same_items(made, expected)
    for table, said in (("facts", made.facts), ("private", made.private)):
        assert {key: said.get(key) for key in expected.get(table, {})} == expected.get(table, {})
    assert made.ambiguous == expected.get("ambiguous", False)
    assert made.bytes == (FOLDER / name).stat().st_size


def _same_items(made: Imported, expected: dict[str, Any]) -> None:
    spoken = [item for item in made.items if item.kind in SPOKEN]
    seen = {
        "messages": [[item.time, item.sender, item.text] for item in spoken],
        "media": [list(item.media) for item in spoken],
        "readings": [list(item.readings) for item in spoken],
        "unparsed": [[line, text] for line, text in made.unparsed],
        "texts": [item.text for item in made.items if item.kind not in SPOKEN and item.kind != "attachment"],
        "times": [item.time for item in made.items],
        "attachments": [
            [item.text, item.extra["bytes"], item.extra["sha256"]] for item in made.items if item.kind == "attachment"
        ],
        "signed_within": [item.extra["dkim"] for item in spoken if "dkim" in item.extra],
        "frames": sum(item.kind == "frame" for item in made.items),
    }
    for name, value in seen.items():
        if name in expected:
            assert value == expected[name]


@pytest.mark.parametrize("name", [name for name, said in EXPECTED.items() if "error" not in said])
def test_the_kind_told_beforehand_is_the_one_read_and_items_go_through_json(name: str) -> None:
    with (FOLDER / name).open("rb") as source:
        assert tell_kind(source, name, ImportLimits()) == EXPECTED[name]["kind"]
    if EXPECTED[name]["kind"] in {"video", "pdf"}:
        return  # each starts processes; their items are like all others
    for item in read(name).items:
        assert from_json(json.loads(json.dumps(as_json(item)))) == item


def test_the_museum_is_large_enough() -> None:
    assert len(EXPECTED) >= 90


def test_what_is_asked_and_noticed_has_its_sentence_in_both_languages() -> None:
    for name, said in EXPECTED.items():
        if "error" in said or said["kind"] in {"video", "pdf"}:
            continue
        made = read(name)
        for lang in LANGS:
            assert all(say(problem.code, lang, **problem.data) for problem in made.problems)
            for question in made.questions:
                assert say(question.code, lang)
                assert all(say(f"evidence.answer_{option.id}", lang) for option in question.options)


def test_a_name_system_that_is_not_asked_or_silent_is_said() -> None:
    from sitr.errors import OutsideSilent

    def silent(_name: str) -> bytes | None:
        raise OutsideSilent("net.no_name_server")

    data = (FOLDER / "mail-signed.eml").read_bytes()
    for port in (None, silent):
        made = read_import(io.BytesIO(data), "m.eml", now=NOW, workdir=Path("/dev/shm"), key_records=port)
        assert made.facts["dkim"] == "not_asked"
        assert made.facts["dkim_1_domain"] == "mail.example"


def test_nothing_of_a_malformed_archive_is_written_to_logs_or_standard_error(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    data = (FOLDER / "page.warc").read_bytes()
    for broken in (
        data.replace(b"/p\r\n", b"/canary 77\r\n"),
        data.replace(b"</p>", b"</p>canary"),
        data[:-2] + b"canary",
    ):
        read_import(io.BytesIO(broken), "x.warc", now=NOW, workdir=Path("/dev/shm"))
    assert "canary" not in "".join(capfd.readouterr()) + caplog.text


def test_the_key_record_is_kept_as_it_came() -> None:
    assert str(read("mail-signed.eml").facts["dkim_1_record"]).encode() == key_record()


class Seen(list[Inside]):
    """Everything that was handed on to be compared."""

    def __call__(self, inside: Inside) -> Looked:
        self.append(inside)
        return Looked.COMPARED

    @property
    def places(self) -> list[tuple[str, str, int]]:
        return [(one.where.value, one.name, one.number) for one in self]


def handed(name: str, data: bytes, **given: Any) -> tuple[Imported, Seen]:
    """What a file made by a test hands on."""
    seen = Seen()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        made = read_import(io.BytesIO(data), name, now=NOW, workdir=Path(work), look=seen, **given)
    return made, seen


def test_pictures_of_archives_films_and_single_ones_are_handed_on_to_be_compared() -> None:
    for name, count in (("wa-android.zip", 1), ("photo-exif.jpg", 1), ("notes.txt", 0)):
        seen = Seen()
        read(name, look=seen)
        assert len(seen) == count, name
    film = Seen()
    made = read("film.avi", look=film)
    assert film
    assert {one.where for one in film} == {Where.FRAME}
    assert [one.number for one in film] == [item.extra["milliseconds"] for item in made.items]


def image(kind: str = "PNG", side: int = 100) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize((side, side)).save(out, kind)
    return out.getvalue()


def test_pictures_of_a_web_archive_are_handed_on_with_their_addresses_however_they_are_packed() -> None:
    png = image()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(png), png)
    data = b"".join((
        record("https://a.example/plain.png", png, "Content-Type: image/png"),
        record("https://a.example/gzip", gzip.compress(png), "Content-Type: image/png", "Content-Encoding: gzip"),
        record("https://a.example/chunked", chunked, "Content-Type: image/png", "Transfer-Encoding: chunked"),
        record("https://a.example/silent", png),
        record("https://a.example/lies", b"<html>" * 50, "Content-Type: image/png"),
        record("https://a.example/page", b"<p>words</p>", "Content-Type: text/html"),
    ))  # fmt: skip
    made, seen = handed("x.warc", data)
    assert seen.places == [
        ("address", f"https://a.example/{name}", 0) for name in ("plain.png", "gzip", "chunked", "silent")
    ]
    assert {one.data for one in seen} == {png}
    assert made.facts["compared"] == 4
    assert made.facts["records"] == 6


def test_a_package_of_one_page_says_on_which_page_its_pictures_are() -> None:
    warc = record("https://a.example/i.png", image(), "Content-Type: image/png")
    pages = b'{"format":"json-pages-1.0"}\n{"url":"https://a.example/page","ts":"2026-11-22T20:00:00Z"}\n'
    for more, page in ((b"", "https://a.example/page"), (b'{"url":"https://a.example/other"}\n', "")):
        data = zipped({"datapackage.json": b"{}", "archive/data.warc": warc, "pages/pages.jsonl": pages + more})
        _, seen = handed("x.wacz", data)
        assert [(one.name, one.page) for one in seen] == [("https://a.example/i.png", page)]


def test_pictures_of_mails_saved_pages_and_pages_with_pictures_in_them_are_handed_on() -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@b.example", "c@d.example", "x"
    letter.set_content("see")
    inline = f"<img src='data:image/png;base64,{base64.b64encode(image()).decode()}'>"
    letter.add_alternative(f"<p>{inline}</p>", subtype="html")
    letter.add_attachment(image("JPEG"), maintype="image", subtype="jpeg", filename="صورة.jpg")
    letter.add_attachment(image(), maintype="application", subtype="octet-stream", filename="nameless")
    letter.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="paper.pdf")
    made, seen = handed("x.eml", letter.as_bytes())
    assert sorted(seen.places) == [
        ("attachment", "inline-1", 0), ("attachment", "nameless", 0), ("attachment", "صورة.jpg", 0),
    ]  # fmt: skip
    assert [p.code for p in made.problems if "inner" in p.code] == ["evidence.import_inner_not_compared"]

    saved = EmailMessage()
    saved["From"], saved["Subject"] = "<Saved by Blink>", "x"
    saved["MIME-Version"], saved["Snapshot-Content-Location"] = "1.0", "https://a.example/page"
    saved.make_related()
    saved.add_related(image(), maintype="image", subtype="png", headers=["Content-Location: https://a.example/i.png"])
    _, seen = handed("page.mhtml.eml", saved.as_bytes())
    assert [(one.where, one.name, one.page) for one in seen] == [
        (Where.ADDRESS, "https://a.example/i.png", "https://a.example/page")
    ]

    _, seen = handed("saved.html", f"<!doctype html><p>a {inline}".encode())
    assert seen.places == [("attachment", "inline-1", 0)]

    named = inline.replace("<img", "<img data-address='https://a.example/i.png'")
    _, seen = handed("saved.html", f"<!doctype html><p>a {named} {inline.replace('iVBO', 'iVBP')}".encode())
    assert seen.places == [("address", "https://a.example/i.png", 0), ("attachment", "inline-1", 0)]


@pytest.mark.skipif(
    not shutil.which("pdfimages") or confinement().kind is Wall.NONE, reason="needs poppler and bubblewrap's namespaces"
)
def test_pictures_of_a_document_are_handed_on_with_their_pages() -> None:
    out = io.BytesIO()
    pages = [Image.open(io.BytesIO(image(side=side))).convert("RGB") for side in (100, 120)]
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:])
    made, seen = handed("x.pdf", out.getvalue())
    assert seen.places == [("page", "page-1", 1), ("page", "page-2", 2)]
    assert [measure(one.data)[:2] for one in seen] == [(100, 100), (120, 120)]
    assert made.facts["compared"] == 2


def test_what_is_not_compared_is_counted_and_said() -> None:
    many = {f"{n}.png": image(side=64 + n) for n in range(5)}
    limits = replace(ImportLimits(), compared=3)
    made, seen = handed("x.zip", zipped({**many, "film.mp4": b"x"}), limits=limits)
    assert (len(seen), made.facts["compared"]) == (3, 3)
    assert {p.code: p.data for p in made.problems} == {
        "evidence.import_not_all_compared": {"n": 2}, "evidence.import_inner_not_compared": {"n": 1},
    }  # fmt: skip
    large, none = handed("x.zip", zipped(many), limits=replace(ImportLimits(), compared_bytes=50))
    assert (none, [p.data for p in large.problems]) == ([], [{"n": 5}])
    with tempfile.TemporaryDirectory(dir="/dev/shm") as work:
        late = read_import(
            io.BytesIO(zipped(many)), "x.zip", now=NOW, workdir=Path(work), look=lambda _inside: Looked.LATE
        )
    assert (late.facts["compared"], [p.data for p in late.problems]) == (0, [{"n": 5}])


def test_a_wrong_answer_or_zone_is_refused() -> None:
    for answers in ({"date_order": "xyz"}, {"favourite": "dmy"}, {"zone": "Middle/Earth"}, {"zone": "+99:00"}):
        with pytest.raises(BadInput):
            read("wa-day-or-month.txt", answers=answers)
