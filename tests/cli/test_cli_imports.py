"""Saved files at the command line: what was read, what is asked, and what is refused."""

from pathlib import Path

import pytest
from tests.cases.case_world import drawn
from tests.cli.cli_desk import Desk
from tests.evidence.import_fixtures import FOLDER, record, zipped

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


def test_an_unclear_chat_names_its_choices_and_takes_the_answer(desk: Desk) -> None:
    case = desk.case()
    made = desk.done("exhibit", "add", case, str(FOLDER / "wa-day-or-month.txt"))
    parsed = made["parsed"]
    assert (parsed["kind"], parsed["ambiguous"], parsed["choices"]) == ("whatsapp", True, ["dmy", "mdy"])
    assert [one["time"] for one in parsed["messages"]] == ["", ""]
    assert parsed["messages"][0]["readings"] == ["2024-02-03T21:05", "2024-03-02T21:05"]
    exhibit = made["exhibits"][0]["id"]
    shown = desk.type("exhibit", "read", case, exhibit)
    assert "date_order=dmy" in shown.out
    again = desk.done("exhibit", "read", case, exhibit, "--answer", "date_order=mdy", "--answer", "zone=+02:00")
    assert [one["time"] for one in again["parsed"]["messages"]] == ["2024-03-02T21:05+02:00", "2024-04-02T21:05+02:00"]
    assert desk.type("exhibit", "read", case, exhibit, "--answer", "date_order=zz").status == 2


def test_a_message_cannot_write_a_line_of_ours(desk: Desk, tmp_path: Path) -> None:
    chat = tmp_path / "WhatsApp Chat with A.txt"
    chat.write_text(
        "03/02/2024, 21:05 - A: one\u2029  ! \u0085  ! forged\n15/02/2024, 21:06 - A: two\n", encoding="utf-8"
    )
    case = desk.case()
    (exhibit,) = desk.done("exhibit", "add", case, str(chat))["exhibits"]
    shown = desk.type("exhibit", "read", case, exhibit["id"]).out
    (line,) = [line for line in shown.splitlines() if "forged" in line]
    assert "one\u21b5  ! \u21b5  ! forged\u2069" in line


def test_a_mail_tells_its_head_and_attachments_and_a_slip_keeps_nothing(desk: Desk) -> None:
    case = desk.case()
    parsed = desk.done("exhibit", "add", case, str(FOLDER / "mail-attachment.eml"))["parsed"]
    assert parsed["subject"] == "with picture"
    assert parsed["from"] == "Sara <sara@mail.example>"
    assert parsed["time"] == "2024-02-03T19:05:12Z"
    assert parsed["attachments"][0]["name"] == "صورة.png"
    for harmful in ("archive-traversal.zip", "archive-link.zip", "archive-bomb.zip", "empty.txt"):
        names = [str(Path(FOLDER) / "notes.txt"), str(FOLDER / harmful)]
        assert desk.type("exhibit", "add", case, *names).status == 2, harmful
    assert len(desk.done("exhibit", "list", case)["exhibits"]) == 1


def test_a_photo_added_later_is_looked_for_in_a_saved_page_and_its_proof_is_drawn(desk: Desk) -> None:
    case = desk.case()
    warc = record("https://leaks.example/mine.png", drawn(3), "Content-Type: image/png")
    page, photo, out = desk.folder / "page.wacz", desk.folder / "mine.png", desk.folder / "why.png"
    page.write_bytes(zipped({"datapackage.json": b"{}", "archive/data.warc": warc, "pages/pages.jsonl": b"{}"}))
    photo.write_bytes(drawn(3))
    desk.done("exhibit", "add", case, str(page))
    looked = desk.done("photo", "add", case, str(photo))["looked"]
    assert (looked["files"], looked["left"], looked["found"], len(looked["proposed"])) == (1, 0, 1, 1)
    assert desk.done("exhibit", "look", case)["looked"] == {"files": 0, "left": 0, "found": 0, "proposed": []}
    drawing = desk.done("sighting", "proof", case, looked["proposed"][0], "--out", str(out))
    assert drawing["match"]
    assert drawing["why"]
    assert out.read_bytes().startswith(b"\x89PNG")
    assert desk.type("sighting", "proof", case, looked["proposed"][0], "--out", str(out)).status == 2
    shown = desk.type("exhibit", "look", case)
    assert shown.status == 0
