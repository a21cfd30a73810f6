"""Each file of the museum is read as the JSON beside it says, which was written by hand."""

import io
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.import_fixtures import EXPECTED, FOLDER, KEY_RECORD_NAME, key_record

from sitr.errors import BadInput
from sitr.evidence.imports import Imported, as_json, from_json, read_import, tell_kind
from sitr.evidence.imports.limits import ImportLimits
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
        "attachments": [
            [item.text, item.extra["bytes"], item.extra["sha256"]] for item in made.items if item.kind == "attachment"
        ],
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


def test_pictures_of_archives_films_and_single_ones_are_handed_on_to_be_compared() -> None:
    for name, count in (("wa-android.zip", 1), ("photo-exif.jpg", 1), ("film.avi", 12), ("notes.txt", 0)):
        seen: list[str] = []
        read(name, look=lambda named, data, seen=seen: seen.append(named) if data else None)
        assert len(seen) == count, name


def test_a_wrong_answer_or_zone_is_refused() -> None:
    for answers in ({"date_order": "xyz"}, {"favourite": "dmy"}, {"zone": "Middle/Earth"}, {"zone": "+99:00"}):
        with pytest.raises(BadInput):
            read("wa-day-or-month.txt", answers=answers)
