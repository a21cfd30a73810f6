"""Saved files at the command line: what was read, what is asked, and what is refused."""

from pathlib import Path

import pytest
from tests.cli.cli_desk import Desk
from tests.evidence.import_fixtures import FOLDER

pytestmark = [pytest.mark.django_db(transaction=True, databases=["default", "keys"]), pytest.mark.database]


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
